"""A domain that replaces another keeps what users made of that one: what still applies, and the rest beside it."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from kg.changes import CHANGES_FILE, Change, ChangeLog
from kg.domain import Domain, Domains
from kg.errors import ChangesError
from kg.manifest import MANIFEST_FILE
from kg.snapshot import Snapshot
from kg.succession import SET_ASIDE_FILE, Carried
from tests.kg.building.conftest import Build

A, ITEM = "http://a.example/", "http://example.org/vocab/CatalogItem"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def triple(subject: str, predicate: str, obj: str) -> ox.Triple:
    return ox.Triple(*(ox.NamedNode(one if "://" in one else A + one) for one in (subject, predicate, obj)))


def write(file: Path, *triples: ox.Triple, items: int = 3) -> Path:
    stated = [triple(f"i{n}", TYPE, ITEM) for n in range(items)] + [triple(f"i{n}", "by", "m") for n in range(items)]
    file.write_text("".join(f"{one} .\n" for one in (*stated, *triples)))
    return file


def log(domains: Domains, *changes: Change) -> None:
    domains.find("shop").changes.append([("kind", 1.0, "reason", (), one) for one in changes])


def holds(snapshot: Snapshot, *triples: ox.Triple) -> list[bool]:
    return [ox.Quad(*one) in snapshot.store.engine for one in triples]


def counts(carried: Carried) -> tuple[int, int]:
    return carried.changes, carried.set_aside


def test_nothing_comes_along_where_nothing_was(tmp_path: Path, build: Build) -> None:
    assert build(write(tmp_path / "a.ttl")).carried == Carried()
    assert build(tmp_path / "a.ttl", replace=True).carried == Carried()


@pytest.mark.slow
def test_changes_that_apply_are_kept_and_applied_and_the_others_set_aside(
    tmp_path: Path, build: Build, domains: Domains
) -> None:
    by, wrong = triple("i0", "by", "m"), triple("i1", "by", "n")
    added, fixed = triple("i0", "by", "p"), triple("i1", "by", "q")
    build(write(tmp_path / "a.ttl", wrong))
    log(domains, Change((by,), (added,)), Change((wrong,), (fixed,)), Change((fixed,), ()))
    built = build(write(tmp_path / "a.ttl"), replace=True)
    assert counts(built.carried) == (1, 2)
    assert holds(built.snapshot, by, added, wrong, fixed) == [False, True, False, False]
    folder = domains.find("shop").folder
    aside = ChangeLog(folder / SET_ASIDE_FILE)
    assert [one.change.remove for one in aside.changes] == [(wrong,), (fixed,)]
    assert [one.id for one in domains.find("shop").changes.changes] == [1]
    assert counts(build(write(tmp_path / "a.ttl"), replace=True).carried) == (1, 0)
    assert len(ChangeLog(folder / SET_ASIDE_FILE).changes) == 2
    domains.find("shop").changes.undo()
    assert not (folder / CHANGES_FILE).exists()


@pytest.mark.slow
def test_a_merge_is_kept_only_where_nothing_is_left_of_what_was_merged(
    tmp_path: Path, build: Build, domains: Domains
) -> None:
    old = (triple("i1", TYPE, ITEM), triple("i1", "by", "m"))
    new = triple("i1", "of", "x")
    build(write(tmp_path / "a.ttl"))
    log(domains, Change(old, (), (A + "i1", A + "i0")))
    same = build(tmp_path / "a.ttl", replace=True)
    assert (counts(same.carried), same.snapshot.current(A + "i1")) == ((1, 0), A + "i0")
    other = build(write(tmp_path / "a.ttl", new), replace=True)
    assert (counts(other.carried), other.snapshot.current(A + "i1")) == ((0, 1), A + "i1")
    assert holds(other.snapshot, *old, new) == [True, True, True]


@pytest.mark.slow
def test_a_change_that_takes_away_what_new_interactions_need_is_set_aside(
    tmp_path: Path, build: Build, domains: Domains
) -> None:
    build(write(tmp_path / "a.ttl"))
    log(domains, Change((triple("i1", TYPE, ITEM), triple("i1", "by", "m"))))
    assert len(build(tmp_path / "a.ttl", replace=True).snapshot.items) == 2
    (tmp_path / "train.tsv").write_text("user_id\titem_id\trating\nann\ti1\t5\nben\ti2\t3\n")
    built = build(tmp_path / "a.ttl", tmp_path / "train.tsv", replace=True)
    assert (counts(built.carried), len(built.snapshot.items)) == ((0, 1), 3)


@pytest.mark.slow
def test_shapes_rules_settings_and_an_edited_manifest_come_along(
    tmp_path: Path, build: Build, domains: Domains
) -> None:
    (tmp_path / "train.tsv").write_text("user_id\titem_id\trating\nann\ti1\t5\nben\ti2\t3\n")
    folder = build(write(tmp_path / "a.ttl"), tmp_path / "train.tsv").domain.folder
    (folder / "rules").mkdir()
    (folder / "rules" / "one.rq").write_text("CONSTRUCT {} WHERE {}")
    for name in ("shapes.ttl", "ranking.toml"):
        (folder / name).write_text("")
    manifest = (folder / MANIFEST_FILE).read_text("utf-8")
    (folder / MANIFEST_FILE).write_text(manifest + "\n# by hand\n", "utf-8")
    carried = build(tmp_path / "a.ttl", replace=True).carried
    assert (carried.files, carried.manifest) == (("ranking.toml", "rules", "shapes.ttl"), "domain.replaced.toml")
    assert (folder / carried.manifest).read_text("utf-8").endswith("# by hand\n")
    assert (folder / "rules" / "one.rq").is_file()
    assert not (folder / "train.tsv").exists()
    (folder / MANIFEST_FILE).write_text("broken", "utf-8")
    again = build(tmp_path / "a.ttl", replace=True).carried
    assert again.manifest == "domain.replaced-2.toml"
    assert "domain.replaced.toml" in again.files


def test_a_damaged_log_stops_the_build_and_leaves_all_as_it_is(tmp_path: Path, build: Build, domains: Domains) -> None:
    folder = build(write(tmp_path / "a.ttl")).domain.folder
    (folder / CHANGES_FILE).write_text("{}\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ChangesError, match=r"changes.jsonl, line 1"):
        build(tmp_path / "a.ttl", replace=True)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.slow
def test_a_change_that_another_process_logs_meanwhile_is_not_lost(
    tmp_path: Path, build: Build, domains: Domains, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(write(tmp_path / "a.ttl"))
    history = Domain.history

    def slow(self: Domain, catalogue: list[str]) -> object:
        log(domains, Change((), (triple("i0", "by", "late"),)))
        return history(self, catalogue)

    with monkeypatch.context() as patched:
        patched.setattr(Domain, "history", slow)
        with pytest.raises(ChangesError, match="changed by another process"):
            build(tmp_path / "a.ttl", replace=True)
    assert len(domains.find("shop").changes.changes) == 1
    assert counts(build(tmp_path / "a.ttl", replace=True).carried) == (1, 0)
