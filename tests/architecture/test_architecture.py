"""The shape of the code: who imports whom, where LangChain may appear, and what no file may say."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
PACKAGES = ("agent", "tools", "kg", "prompts", "eval")
TEXTS = {".py", ".toml", ".md", ".txt", ".ttl", ".tsv", ".json", ".jsonl", ".html", ".yml", ".yaml", ".sh"}

FILM_WORD = re.compile(r"(?<![a-z])(films?|movies?|directors?|actors?|actress(es)?|cinemas?)(?![a-z])", re.IGNORECASE)
# The words of English that name nothing by themselves; a list of them does not make the code speak of films.
MAY_LIST_WORDS = {"kg/linking.py"}
SAMPLE = "films"
"""The name of the sample domain, which is the default where none is named."""

# In an address of the web a name comes before the slash; in a path on a machine none does.
MACHINE_PATH = re.compile(r"(?<![\w.})>~-])/(?:" + "|".join(("work", "root", "home", "Users")) + r")/\w")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def test_imports_never_climb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    broken = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert not broken, capsys.readouterr().out


@pytest.mark.slow
def test_langchain_appears_in_the_agent_and_the_toolset_only() -> None:
    users = {
        name(path)
        for path in sources(*PACKAGES)
        if any(module.split(".")[0].startswith(("langchain", "langgraph")) for module in imported(path))
    }
    assert {user for user in users if not user.startswith("agent/")} <= {"tools/toolset.py"}


@pytest.mark.slow
def test_relative_imports_are_not_used() -> None:
    relative = [
        name(path)
        for path in sources(*PACKAGES, "tests")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


@pytest.mark.slow
def test_every_file_says_first_what_is_in_it() -> None:
    silent = [
        name(path) for path in sources(*PACKAGES) if not ast.get_docstring(ast.parse(path.read_text("utf-8") or "0"))
    ]
    assert silent == []


def test_no_file_is_named_for_nothing() -> None:
    names = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert [name(path) for path in sources(*PACKAGES, "tests") if path.name in names] == []


IMPORT_ALL = """
import importlib, logging, pkgutil, sys
for package in sys.argv[1:]:
    importlib.import_module(package)
    for module in pkgutil.walk_packages([package], package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(len(logging.getLogger().handlers))
"""


@pytest.mark.timeout(120)
@pytest.mark.slow
def test_importing_does_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LD_LIBRARY_PATH")}
    places = dict.fromkeys(("HOME", "THENCE_HOME", "THENCE_CACHE", "XDG_CACHE_HOME", "XDG_DATA_HOME"), str(home))
    imported_all = subprocess.run(
        [sys.executable, "-B", "-c", IMPORT_ALL, *PACKAGES],
        cwd=ROOT,
        env=kept | places,
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported_all.returncode == 0, imported_all.stderr[-2_000:]
    assert imported_all.stdout == "0\n"
    assert list(home.iterdir()) == []


def words_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the names and the strings of a file, but no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname"):
            if isinstance(value := getattr(node, field, None), str):
                yield getattr(node, "lineno", 0), value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


@pytest.mark.slow
def test_the_code_does_not_speak_of_films() -> None:
    code = [*sources("agent", "tools", "prompts", "eval"), *sorted((ROOT / "kg").glob("*.py"))]
    found = [
        f"{name(path)}:{line}: {words[:60]}"
        for path in code
        if name(path) not in MAY_LIST_WORDS
        for line, words in words_of(path)
        if words != SAMPLE and FILM_WORD.search(words)
    ]
    assert found == []


def test_the_prompts_do_not_speak_of_films() -> None:
    texts = [path for path in (ROOT / "prompts").rglob("*") if path.suffix in TEXTS - {".py"}]
    assert [name(path) for path in texts if FILM_WORD.search(path.read_text("utf-8"))] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    files = [path for folder in (*PACKAGES, "tests", "docs", ".ci") for path in sorted((ROOT / folder).rglob("*"))]
    files += [path for path in sorted(ROOT.iterdir()) if path.is_file()]
    found = [
        f"{name(path)}:{number}"
        for path in files
        if path.suffix in TEXTS and path.is_file()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "is_path"),
    [
        ("open('" + "/".join(("", "root", "x")) + "')", True),
        ("cd " + "/".join(("", "home", "ann")), True),
        ("https://a.example/home/page", False),
        ("domains.home / 'built_in'", False),
        ("<http://dbpedia.org/ontology/work/runtime>", False),
    ],
)
def test_a_machine_path_is_told_from_an_address(line: str, is_path: bool) -> None:
    assert bool(MACHINE_PATH.search(line)) is is_path
