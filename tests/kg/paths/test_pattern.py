"""Patterns as text, and the labels that they allow."""

import doctest

import pytest

from kg.errors import PathQueryError
from kg.paths import mask_of, parse_pattern, pattern
from kg.types import Step


def test_the_example_holds() -> None:
    assert doctest.testmod(pattern).failed == 0


def test_hops_alternatives_and_any() -> None:
    assert parse_pattern("^starring / * / genre|^starring") == (
        (Step("starring", "inverse"),),
        None,
        (Step("genre"), Step("starring", "inverse")),
    )


@pytest.mark.parametrize("text", ["", "a/", "/a", "a||b", "^", "a/^/b", "a*", "*|a"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(PathQueryError, match="a pattern is hops like"):
        parse_pattern(text)


def test_a_mask_is_indexed_by_label() -> None:
    mask = mask_of([Step("b"), Step("c", "inverse")], ["a", "b", "c"])
    assert mask is not None
    assert [bool(mask[label]) for label in (0, 1, 2, ~0, ~1, ~2)] == [False, True, False, False, False, True]


def test_an_unknown_relation_is_told_with_those_that_there_are() -> None:
    with pytest.raises(PathQueryError, match=r"no relation 'autor' .* Did you mean author.* Known: author, genre"):
        mask_of([Step("autor")], ["author", "genre"])
