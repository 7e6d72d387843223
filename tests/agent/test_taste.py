"""Taste: the latest word counts, and a liking is never called a rating."""

import pytest

from agent.ledger import Kind
from agent.taste import Taste, Told, overlay
from kg.types import Iri

A, B, C, X, Y = (Iri(f"urn:{name}") for name in "abcxy")
ITEMS: dict[str, int] = {A: 0, B: 1, C: 2}


def taste(*told: tuple[Kind, Iri, float | None], known: dict[Iri, float], liked_from: float | None = 4.0) -> Taste:
    return overlay([Told(*one) for one in told], ITEMS).over(known, liked_from)


def test_nothing_said_leaves_the_history() -> None:
    assert taste(known={A: 5.0}) == Taste({A: 5.0}, {A: 5.0}, frozenset({A}))


def test_a_rating_takes_the_place_of_the_one_before() -> None:
    got = taste(("rating", A, 2.0), ("rating", A, 3.0), known={A: 5.0})
    assert (got.history, got.rated) == ({A: 3.0}, {A: 3.0})


@pytest.mark.parametrize(("kind", "value"), [("like", 4.0), ("dislike", 2.0)])
def test_a_liking_ranks_and_is_no_rating(kind: Kind, value: float) -> None:
    got = taste((kind, B, None), known={A: 5.0})
    assert (got.history, got.rated) == ({A: 5.0, B: value}, {A: 5.0})
    assert got.gone == {A, B}


def test_a_liking_that_agrees_leaves_the_rating() -> None:
    assert taste(("like", A, None), known={A: 5.0}).rated == {A: 5.0}


def test_a_liking_that_disagrees_silences_the_rating() -> None:
    got = taste(("dislike", A, None), known={A: 5.0})
    assert (got.history, got.rated) == ({A: 2.0}, {})


def test_the_latest_of_a_rating_and_a_liking_counts() -> None:
    assert taste(("rating", A, 2.0), ("like", A, None), known={}).rated == {}
    assert taste(("like", A, None), ("rating", A, 2.0), known={}).rated == {A: 2.0}


def test_what_is_seen_is_gone_and_moves_nothing() -> None:
    got = taste(("seen", B, None), known={A: 5.0})
    assert got.history == {A: 5.0}
    assert got.gone == {A, B}


def test_without_a_threshold_a_disliked_item_is_gone_and_moves_nothing() -> None:
    got = taste(("dislike", A, None), ("like", B, None), known={A: 1.0, C: 1.0}, liked_from=None)
    assert got.history == {C: 1.0, B: 1.0}
    assert got.gone == {A, B, C}


def test_the_latest_word_on_an_entity_counts() -> None:
    got = taste(("avoid", X, None), ("prefer", Y, None), ("prefer", X, None), ("avoid", Y, None), known={})
    assert (got.avoid, got.prefer) == ((Y,), (X,))


def test_an_item_that_left_the_catalogue_is_passed_over() -> None:
    assert taste(("like", X, None), ("rating", Y, 5.0), known={}) == Taste()
