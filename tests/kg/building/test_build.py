"""A build takes the place of a domain whole, or not at all; one that broke off is gone on with."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.building import BuildError, plan_sources
from kg.building.provenance import PROVENANCE
from kg.domain import Domains
from kg.errors import DomainError, GraphError, InteractionsError
from tests.kg.building.conftest import Build, Silent

A = "http://a.example/"
TRAIN = "user_id\titem_id\trating\nann\ti1\t5\nben\ti2\t3\n"


def write(file: Path, first: int, last: int) -> Path:
    item = "http://example.org/vocab/CatalogItem"
    file.write_text("".join(f"<{A}i{n}> a <{item}> ; <{A}by> <{A}m{n % 3}> .\n" for n in range(first, last)))
    return file


def seen(domains: Domains) -> list[str]:
    return sorted(path.name for path in domains.imported.glob("*") if path.suffix != ".lock")


def test_a_build_leaves_a_domain_and_nothing_else(tmp_path: Path, build: Build, domains: Domains) -> None:
    built = build(write(tmp_path / "a.ttl", 0, 4), write(tmp_path / "b.ttl", 4, 6))
    assert (built.triples, len(built.snapshot.items)) == (12, 6)
    assert seen(domains) == ["shop"]
    assert (domains.find("shop").folder / PROVENANCE).read_text().count("prov:wasDerivedFrom") == 2
    assert domains.fitted(domains.find("shop")) == built.snapshot.folder


def test_interactions_find_items_by_the_end_of_their_iris(tmp_path: Path, build: Build) -> None:
    (tmp_path / "train.tsv").write_text(TRAIN)
    built = build(write(tmp_path / "a.ttl", 0, 4), tmp_path / "train.tsv")
    assert built.snapshot.interactions.history("ann") == {1: 5.0}


@pytest.mark.slow
def test_a_failed_build_leaves_the_old_graph_and_keeps_what_was_done(
    tmp_path: Path, build: Build, domains: Domains, told: Silent
) -> None:
    build(write(tmp_path / "old.ttl", 0, 2))
    before = domains.find("shop").fingerprint
    good, bad = write(tmp_path / "a.ttl", 0, 4), tmp_path / "b.ttl"
    bad.write_text("broken")
    with pytest.raises(GraphError, match=r"b.ttl, line 1"):
        build(good, bad, replace=True)
    assert domains.find("shop").fingerprint == before
    write(bad, 4, 6)
    built = build(good, bad, replace=True)
    assert told.kept == ["a.ttl"]
    assert [kept for _, _, kept in built.sources] == [True, False]
    assert (len(built.snapshot.items), seen(domains)) == (6, ["shop"])


def test_a_source_that_changed_since_is_read_again(tmp_path: Path, build: Build, told: Silent) -> None:
    good, bad = write(tmp_path / "a.ttl", 0, 4), tmp_path / "b.ttl"
    bad.write_text("broken")
    with pytest.raises(GraphError):
        build(good, bad)
    write(good, 0, 3)
    write(bad, 4, 5)
    assert len(build(good, bad).snapshot.items) == 4
    assert told.kept == []


def test_wrong_interactions_leave_the_old_graph(tmp_path: Path, build: Build, domains: Domains) -> None:
    build(write(tmp_path / "a.ttl", 0, 2))
    before = domains.find("shop").fingerprint
    (tmp_path / "train.tsv").write_text(TRAIN)
    with pytest.raises(InteractionsError, match=r"train.tsv, line 3: expected a user and a known item"):
        build(tmp_path / "a.ttl", tmp_path / "train.tsv", replace=True)
    assert domains.find("shop").fingerprint == before


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["converting", "say"])
def test_a_build_that_is_stopped_leaves_the_old_graph(
    moment: str, tmp_path: Path, build: Build, told: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    domains = Domains(tmp_path / "home")
    build(write(tmp_path / "a.ttl", 0, 2))
    before = domains.find("shop").fingerprint

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(told, moment, stop)
    with pytest.raises(KeyboardInterrupt):
        build(write(tmp_path / "b.ttl", 0, 4), replace=True)
    assert domains.find("shop").fingerprint == before
    monkeypatch.undo()
    assert len(build(tmp_path / "b.ttl", replace=True).snapshot.items) == 4
    assert seen(domains) == ["shop"]


CHILD = """
import sys, time
from pathlib import Path
from kg.building import build_domain, plan_sources
from kg.domain import Domains
from tests.kg.building.conftest import Silent

class Slow(Silent):
    def converted(self, source, done, *, kept):
        print(source.name, flush=True)
        if source.name == "b.ttl":
            time.sleep(60)

build_domain(plan_sources(sys.argv[2:], [], "http://a.example/"), "shop", Domains(Path(sys.argv[1])), Slow())
"""


@pytest.mark.slow
def test_a_build_that_was_killed_is_gone_on_with(tmp_path: Path, build: Build, told: Silent) -> None:
    files = [write(tmp_path / f"{name}.ttl", 3 * at, 3 * at + 3) for at, name in enumerate("abc")]
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "home"), *map(str, files)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert child.stdout is not None
    assert [child.stdout.readline().strip() for _ in range(2)] == ["a.ttl", "b.ttl"]
    child.send_signal(signal.SIGKILL)
    child.wait(30)
    child.stdout.close()
    built = build(*files)
    assert told.kept == ["a.ttl", "b.ttl"]
    assert len(built.snapshot.items) == 9


def test_a_name_that_is_taken_is_told_before_anything_is_read(tmp_path: Path, build: Build, told: Silent) -> None:
    build(write(tmp_path / "a.ttl", 0, 2))
    told.shares.clear()
    with pytest.raises(DomainError, match="there is a domain 'shop' already"):
        build(tmp_path / "a.ttl")
    assert told.shares == []


def test_a_folder_elsewhere_can_be_named(tmp_path: Path, build: Build, domains: Domains) -> None:
    built = build(write(tmp_path / "a.ttl", 0, 2), folder=tmp_path / "out" / "mine")
    assert built.domain.folder == tmp_path / "out" / "mine"
    assert domains.find(str(tmp_path / "out" / "mine")).name == "shop"
    with pytest.raises(DomainError, match="is there already"):
        build(tmp_path / "a.ttl", folder=tmp_path / "out" / "mine")


def test_a_folder_that_is_no_domain_is_never_replaced(tmp_path: Path, build: Build) -> None:
    (tmp_path / "precious").mkdir()
    with pytest.raises(DomainError, match="is there already"):
        build(write(tmp_path / "a.ttl", 0, 2), folder=tmp_path / "precious", replace=True)


def test_the_class_of_the_items_can_be_named(tmp_path: Path, build: Build) -> None:
    (tmp_path / "a.ttl").write_text(
        "@prefix : <http://a.example/> . :a a :Song . :b a :Singer ; :sings :a . :c a :Singer ."
    )
    with pytest.raises(GraphError, match=r"say which class it is. Classes of the graph: http://a.example/Singer \(2\)"):
        build(tmp_path / "a.ttl")
    with pytest.raises(GraphError, match="no entity is of class 'Sing'"):
        build(tmp_path / "a.ttl", item_class="Sing")
    built = build(tmp_path / "a.ttl", item_class="Song")
    assert built.snapshot.items == ["http://a.example/a"]
    assert built.domain.manifest.items.noun == "song"


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.ttl", "there is no file"), ("notes.doc", "expected one of"), ("m.yml", "given with --mapping")],
)
def test_what_no_graph_can_be_built_from_is_told(name: str, message: str, tmp_path: Path) -> None:
    if name != "none.ttl":
        (tmp_path / name).write_text("x")
    with pytest.raises(BuildError, match=message):
        plan_sources([str(tmp_path / name)], [], "http://a.example/")


@pytest.mark.slow
def test_the_memory_of_a_build_does_not_hold_its_sources(tmp_path: Path) -> None:
    """The triples of a source pass one by one: a generator that fails late has had its first ones written."""
    from kg.building.source import PART, Run  # noqa: PLC0415

    source = plan_sources([str(write(tmp_path / "a.ttl", 0, 60_000))], [], "http://a.example/")[0]
    sizes: list[int] = []
    started = time.perf_counter()
    source.convert(tmp_path, Run(lambda _: sizes.append((tmp_path / PART).stat().st_size)))
    assert sizes[0] > 0
    assert sizes == sorted(sizes)
    assert len(sizes) >= 6, f"{time.perf_counter() - started:.1f} s"
