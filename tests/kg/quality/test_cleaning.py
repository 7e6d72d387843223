"""Applying what is proposed, and taking it back: the effective graph, the catalogue, the interactions."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.changes import Change, ChangeLog
from kg.domain import BUILT_IN, Domain, Domains
from kg.errors import ChangesError
from kg.quality import apply, clean_view, find, open_effective
from kg.quality.view import link
from kg.snapshot import open_snapshot
from kg.types import Triple
from tests.kg.quality.conftest import WriteDomain
from tests.kg.quality.test_kinds import BOOKS, PEOPLE, A

DOUBLE = ':x a :Book, ex:CatalogItem ; rdfs:label "Volume of Ash!" ; :author :p0 ; :year 1900 ; :note "kept" .'
LOOP = " :b3 :author :b3 ."
ITEMS = f"1 {A}b0\n2 {A}x\n3 {A}b5\n"
TRAIN = "ann 1 2\nann 2 5\nben 2 4\nben 3 5\n"


def reopen(domain: Domain) -> Domain:
    return Domain(domain.folder, domain.manifest, domain.overlay)


def statements(domain: Domain) -> set[str]:
    return {str(quad.triple) for quad in open_effective(domain).engine}


def clean(domain: Domain) -> Domain:
    apply(domain, [one for one in find(clean_view(domain)) if one.confidence >= 0.8])
    return reopen(domain)


def test_merged_items_are_one_for_the_graph_and_for_the_users(write_domain: WriteDomain, tmp_path: Path) -> None:
    domain = clean(write_domain(BOOKS + PEOPLE + DOUBLE + LOOP, ITEMS, TRAIN))
    snapshot = open_snapshot(domain, tmp_path / "fitted")
    assert A + "x" not in snapshot.items
    assert len(snapshot.items) == 12
    assert snapshot.item("2") == snapshot.item(A + "x") == A + "b0"
    column = snapshot.item_columns[A + "b0"]
    assert snapshot.interactions.history("ann")[column] == 5.0  # the later row counts
    assert snapshot.interactions.history("ben")[column] == 4.0
    assert Triple(A + "b0", A + "note", "kept", True) in snapshot.store  # type: ignore[arg-type]
    assert not [one for one in snapshot.store.triples() if A + "x" in (one.subject, one.object)]


def test_undo_restores_the_bytes_and_the_graph(write_domain: WriteDomain) -> None:
    domain = write_domain(BOOKS + PEOPLE + DOUBLE + LOOP, ITEMS, TRAIN)
    files = {path: path.read_bytes() for path in domain.folder.iterdir()}
    before, print_before = statements(domain), domain.fingerprint
    changed = clean(domain)
    assert statements(changed) != before
    assert changed.fingerprint != print_before
    assert len(changed.changes.undo()) == 2  # a self-loop, and the double
    restored = reopen(domain)
    assert {path: path.read_bytes() for path in domain.folder.iterdir()} == files
    assert (statements(restored), restored.fingerprint) == (before, print_before)


def test_undoing_one_change_takes_back_what_rests_on_it(tmp_path: Path) -> None:
    log = ChangeLog(tmp_path / "changes.jsonl")
    first, second, other = link(A + "a", A + "p", A + "b"), link(A + "a", A + "p", A + "c"), link(A + "d", A + "p", A)
    rows = [
        ("literal", 0.9, "first", ("a",), Change((), (first,))),
        ("literal", 0.9, "rests on it", ("a",), Change((first,), (second,))),
        ("literal", 0.9, "does not", ("d",), Change((other,), ())),
    ]
    log.append(rows)
    assert [one.id for one in ChangeLog(log.path).undo(1)] == [1, 2]
    assert [one.reason for one in ChangeLog(log.path).changes] == ["does not"]


def test_an_unknown_id_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ChangesError, match="holds no change 7; the latest are: none"):
        ChangeLog(tmp_path / "changes.jsonl").undo(7)


def test_a_damaged_log_names_its_line(write_domain: WriteDomain) -> None:
    domain = clean(write_domain(BOOKS + PEOPLE + DOUBLE + LOOP, ITEMS, TRAIN))
    path = domain.changes_file
    path.write_bytes(path.read_bytes() + b"{oops\n")
    with pytest.raises(ChangesError, match=r"changes\.jsonl, line 3"):
        ChangeLog(path)


def test_a_log_that_changed_meanwhile_is_not_overwritten(write_domain: WriteDomain) -> None:
    domain = write_domain(BOOKS + PEOPLE + DOUBLE + LOOP, ITEMS, TRAIN)
    early = ChangeLog(domain.changes_file)
    clean(domain)
    with pytest.raises(ChangesError, match="changed by another process"):
        early.append([("literal", 0.9, "late", (), Change((), (link(A, A, A),)))])


def test_three_that_are_one_end_in_one(write_domain: WriteDomain) -> None:
    same = ':x a :Person ; rdfs:label "X" ; owl:sameAs :y . :y a :Person ; rdfs:label "Y" ; owl:sameAs :p0 .'
    domain = clean(write_domain(BOOKS + PEOPLE + same + " :b1 :author :x ."))
    assert domain.changes.merged == {A + "x": A + "p0", A + "y": A + "p0"}
    assert f"<{A}b1> <{A}author> <{A}p0>" in statements(domain)


def test_a_sample_keeps_its_changes_under_the_home(tmp_path: Path) -> None:
    domain = Domains(tmp_path).find("films")
    assert domain.folder.parent == BUILT_IN
    assert domain.changes_file == tmp_path / "overlays" / "films" / "changes.jsonl"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.booleans()), max_size=12))
def test_applying_and_undoing_all_is_nothing(write_domain: WriteDomain, steps: list[tuple[str, str, bool]]) -> None:
    domain = write_domain(BOOKS)
    before = statements(domain)
    for subject, obj, adds in steps:
        triple = (link(A + subject, A + "p", A + obj),)
        ChangeLog(domain.changes_file).append(
            [("literal", 0.9, "step", (), Change((), triple) if adds else Change(triple))]
        )
    for _ in steps:
        ChangeLog(domain.changes_file).undo()
    assert not domain.changes_file.exists()
    assert statements(reopen(domain)) == before
