"""Users as entities beside those of the graph."""

from dataclasses import replace

import pytest

from kg.errors import PathQueryError
from kg.snapshot import Snapshot
from kg.types import Triple
from kg.users import LIKES_IRI, user_iri, user_of, with_users

BOOK = "http://shop.example/book/"


def test_a_user_has_an_edge_to_each_liked_item(tiny: Snapshot) -> None:
    adjacency = with_users(tiny.adjacency, tiny.interactions)
    row = adjacency.rows[user_iri("ann")]
    assert adjacency.entities[: len(tiny.adjacency.entities)] == list(tiny.adjacency.entities)
    assert [
        adjacency.triple(row, int(label), int(neighbour))
        for neighbour, label in zip(*adjacency.edges(row), strict=True)
    ] == [Triple(user_iri("ann"), LIKES_IRI, BOOK + name) for name in ("emma", "persuasion")]


def test_the_edges_of_the_graph_are_kept(tiny: Snapshot) -> None:
    adjacency = with_users(tiny.adjacency, tiny.interactions)
    n_likes = tiny.interactions.liked.nnz
    assert len(adjacency.labels) == len(tiny.adjacency.labels) + 2 * n_likes
    assert int((adjacency.labels == len(tiny.adjacency.relations)).sum()) == n_likes


@pytest.mark.parametrize("user", ["ann", "a b/c", "é:1", ""])
def test_a_user_is_read_back_from_the_iri(user: str) -> None:
    assert user_of(user_iri(user)) == user


def test_an_entity_is_no_user() -> None:
    assert user_of(BOOK + "emma") is None


def test_a_relation_of_the_same_name_is_refused(tiny: Snapshot) -> None:
    taken = replace(tiny.adjacency, relations=["likes", *tiny.adjacency.relations[1:]])
    with pytest.raises(PathQueryError, match="a relation 'likes' already"):
        with_users(taken, tiny.interactions)
