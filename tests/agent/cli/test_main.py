"""The command as a whole: help, version, errors, pipes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from agent.cli.main import app
from agent.cli.options import complete_domain
from tests.agent.cli.conftest import Outcome

Thence = Callable[..., Outcome]
COMMANDS = [
    (),
    ("recommend",),
    ("ask",),
    ("explain",),
    ("chat",),
    ("verify",),
    ("domain",),
    *(("domain", name) for name in ("list", "show", "users", "items", "import")),
    ("feedback",),
    *(
        ("feedback", name)
        for name in ("rate", "like", "dislike", "seen", "avoid", "prefer", "list", "undo", "export", "refit", "erase")
    ),
    ("model",),
    *(("model", name) for name in ("prepare", "start", "stop", "status", "logs")),
    ("eval",),
    *(("eval", name) for name in ("questions", "ranking", "tune", "scale", "cleaning", "extraction", "grounding")),
    ("tune",),
    ("bench",),
    ("bench", "kg"),
    ("kg",),
    *(("kg", name) for name in ("build", "map", "extract", "accept", "clean", "shapes", "validate", "report")),
    *(("kg", name) for name in ("add", "remove", "refresh", "embed", "derive", "infer", "rules", "near")),
]
MAIN = "import sys; from agent.cli.main import run; sys.exit(run())"


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_every_command_works(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--help"], prog_name="thence")
    assert result.exit_code == 0
    assert f"Usage: {' '.join(('thence', *command))}" in result.output


def test_the_list_of_commands_is_whole() -> None:
    assert {command for command in COMMANDS if command} == set(walk(get_command(app), ()))


def walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    children = command.list_commands(None) if hasattr(command, "list_commands") else []
    for name in children:
        yield (*path, name)
        yield from walk(command.get_command(None, name), (*path, name))  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_help_reads_no_library_but_those_that_draw_it() -> None:
    """Reading libraries is what a help takes its time for; a time itself would depend on the machine."""
    drawing = packages_after("import typer, rich.console, typer.rich_utils")
    ours = packages_after("from agent.cli.main import run; run(['--help'])")
    assert {"agent", "eval", "typer", "rich"} <= ours
    assert ours - drawing - sys.stdlib_module_names - {"agent", "eval", "kg"} == set()


def packages_after(code: str) -> set[str]:
    """Return the top-level packages that Python has read when the code ends."""
    report = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); "
    done = subprocess.run([sys.executable, "-c", report + code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_no_command_shows_the_help(thence: Thence) -> None:
    got = thence()
    assert got.code == 2
    assert "Usage: thence" in got.out + got.err


def test_version_is_printed(thence: Thence) -> None:
    got = thence("--version")
    assert got.code == 0
    assert got.out.startswith("thence ")


@pytest.mark.parametrize("arguments", [("recomend",), ("recommend", "--colour"), ("ask",), ("domain", "show")])
def test_a_wrong_call_is_one_line_and_2(thence: Thence, arguments: tuple[str, ...]) -> None:
    got = thence(*arguments)
    assert got.code == 2
    assert got.out == ""
    assert got.err.startswith("error: ")
    assert got.err.count("\n") == 1


def test_a_wrong_call_with_json_is_told_in_json(thence: Thence) -> None:
    got = thence("recommend", "--json", "-k", "0")
    assert json.loads(got.err)["error"]["type"] == "BadParameter"
    assert got.out == ""


def test_a_folder_that_cannot_be_written_is_one_message(thence: Thence, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    got = thence("domain", "users", "films", "--home", str(tmp_path / "file"))
    assert got.code == 1
    assert got.err.splitlines()[-1].startswith("error: ")


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("domain", "list"), ("domain", "list", "--json"), ("--help",)])
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *arguments], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert done.stderr == ""
    assert done.returncode == 1


@pytest.mark.slow
def test_output_is_utf8_whatever_the_locale(tiny_domain: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "domain", "items", str(tiny_domain), "--limit", "1"],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert "· Reading the graph of A small bookshop…" in done.stderr.decode("utf-8")


def test_domain_names_complete(tmp_path: Path) -> None:
    assert complete_domain("fi") == ["films"]
    assert complete_domain("zz") == []


@pytest.mark.slow
def test_a_shell_can_ask_for_domain_names() -> None:
    environment = {**os.environ, "_THENCE_COMPLETE": "complete_bash", "COMP_WORDS": "thence recommend --domain fi"}
    done = subprocess.run(
        [sys.executable, "-c", MAIN], env={**environment, "COMP_CWORD": "3"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["films"]


def test_completion_says_nothing_where_the_settings_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_DEVICE", "abacus")
    assert complete_domain("fi") == []
