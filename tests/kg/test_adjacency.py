"""The integer adjacency, on the bookshop and against a plain set on random graphs."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.adjacency import Adjacency, build_adjacency
from kg.errors import ArtefactError
from kg.snapshot import Snapshot
from kg.store import GraphStore
from kg.types import Direction, Iri, Step, Triple

RELATIONS = {"r0": "http://a.example/r0", "r1": "http://a.example/r1"}
Edge = tuple[int, int, int]


def entity(number: int) -> str:
    return f"http://a.example/e{number}"


def built(edges: set[Edge], items: tuple[str, ...] = ()) -> Adjacency:
    store = GraphStore()
    lines = "".join(f"<{entity(s)}> <{RELATIONS[f'r{r}']}> <{entity(o)}> .\n" for s, r, o in edges)
    store.engine.update(f"INSERT DATA {{ {lines} }}")
    return build_adjacency(store, RELATIONS, items)


def stated(adjacency: Adjacency) -> list[Triple]:
    return [
        adjacency.triple(row, int(label), int(neighbour))
        for row in range(len(adjacency.entities))
        for neighbour, label in zip(*adjacency.edges(row), strict=True)
    ]


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 5)), max_size=40))
def test_each_triple_is_seen_from_both_ends(edges: set[Edge]) -> None:
    expected = [
        Triple(Iri(entity(s)), Iri(RELATIONS[f"r{r}"]), entity(o)) for s, r, o in edges if s != o for _ in range(2)
    ]
    assert sorted(stated(built(edges))) == sorted(expected)


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 5)), max_size=40))
def test_neighbours_are_sorted_and_degrees_add_up(edges: set[Edge]) -> None:
    adjacency = built(edges)
    for row in range(len(adjacency.entities)):
        neighbours = adjacency.edges(row)[0].tolist()
        assert neighbours == sorted(neighbours)
    assert int(adjacency.degrees.sum()) == len(adjacency.neighbours) == 2 * sum(s != o for s, _, o in edges)


def test_a_direction_shows_in_the_label() -> None:
    adjacency = built({(0, 1, 1)})
    assert [part.tolist() for part in adjacency.edges(0)] == [[1], [1]]
    assert [part.tolist() for part in adjacency.edges(1)] == [[0], [~1]]


def test_parallel_relations_are_kept_apart() -> None:
    assert built({(0, 0, 1), (0, 1, 1), (1, 0, 0)}).edges(0)[1].tolist() == [~0, 0, 1]


def test_an_item_without_edges_has_a_row() -> None:
    adjacency = built({(0, 0, 1)}, items=(entity(9),))
    row = adjacency.row(entity(9))
    assert row is not None
    assert adjacency.degrees[row] == 0


def test_a_graph_without_edges_can_be_saved_and_loaded(tmp_path: Path) -> None:
    built(set(), items=(entity(1),)).save(tmp_path)
    loaded = Adjacency.load(tmp_path, RELATIONS)
    assert loaded.entities == [entity(1)]
    assert loaded.degrees.tolist() == [0]


def test_an_unknown_entity_has_no_row(tiny: Snapshot) -> None:
    assert tiny.adjacency.row("http://a.example/absent") is None


def test_the_bookshop_has_every_edge_twice(tiny: Snapshot) -> None:
    # 8 authors, 9 genres, 3 publishers, 2 influences.
    assert len(tiny.adjacency.neighbours) == 2 * 22
    assert len(tiny.adjacency.entities) == 19
    assert tiny.adjacency.relations == ["author", "genre", "publisher", "influence"]


def test_equal_graphs_give_equal_arrays() -> None:
    edges = {(0, 0, 1), (1, 1, 2), (2, 0, 0)}
    left, right = built(edges, (entity(7), entity(8))), built(edges, (entity(8), entity(7)))
    assert left.entities == right.entities
    for name in ("indptr", "neighbours", "labels"):
        np.testing.assert_array_equal(getattr(left, name), getattr(right, name))


@pytest.mark.parametrize("name", ["entities.txt", "indptr.npy", "neighbours.npy", "labels.npy"])
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    built({(0, 0, 1)}).save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ArtefactError, match="cannot read the adjacency"):
        Adjacency.load(tmp_path, RELATIONS)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    built({(0, 0, 1)}).save(tmp_path)
    (tmp_path / "labels.npy").write_bytes(b"no array")
    with pytest.raises(ArtefactError, match="cannot read the adjacency"):
        Adjacency.load(tmp_path, RELATIONS)


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 1), st.integers(0, 5)), max_size=40))
def test_relations_meet_at_the_entities_that_one_leads_to_and_the_other_from(edges: set[Edge]) -> None:
    meetings, edges = built(edges).meetings(), {one for one in edges if one[0] != one[2]}
    directions: tuple[Direction, ...] = ("forward", "inverse")
    steps = [Step(f"r{relation}", direction) for relation in (0, 1) for direction in directions]
    for one in steps:
        for two in steps:
            forward, back = one.direction == "forward", two.direction == "inverse"
            ends = [edge[2 if forward else 0] for edge in edges if f"r{edge[1]}" == one.relation]
            starts = [edge[2 if back else 0] for edge in edges if f"r{edge[1]}" == two.relation]
            shares = [sum(at in to for at in ats) / max(1, len(ats)) for ats, to in ((ends, starts), (starts, ends))]
            assert meetings.share(one, two) == min(shares)


def test_one_entity_of_two_kinds_is_no_meeting_of_all_facts() -> None:
    # Entity 9 is what four entities have by r0, and one of four that another has by r1.
    edges = {(one, 0, 9) for one in range(4)} | {(5, 1, tail) for tail in (6, 7, 8, 9)}
    meetings = built(edges).meetings()
    assert meetings.share(Step("r0"), Step("r1", "inverse")) == 0.25
    assert meetings.share(Step("r1"), Step("r0", "inverse")) == 0.25


def test_of_what_leads_to_no_entities_nothing_is_said() -> None:
    assert built({(0, 0, 1)}).meetings().share(Step("r0"), Step("year")) is None
