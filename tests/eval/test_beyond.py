"""Measures of lists as a whole, by hand; each one's docstring holds an example that runs here."""

import doctest

import numpy as np
import pytest
from scipy import sparse

from eval import beyond, lists, significance
from eval.beyond import coverage, diversity, gini, novelty
from eval.lists import NONE


@pytest.mark.parametrize("module", [beyond, significance, lists], ids=lambda module: str(module.__name__))
def test_examples_in_docstrings(module: object) -> None:
    outcome = doctest.testmod(module)  # type: ignore[arg-type]
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_nothing_listed() -> None:
    empty = np.full((2, 3), NONE)
    assert coverage(empty, 4) == 0.0
    assert novelty(empty, np.zeros(4, np.int64), 2) == 0.0
    assert diversity(empty, sparse.csr_matrix((4, 2))) == 0.0
    assert gini(empty, 4) == 0.0


def test_everything_listed_equally_has_gini_0() -> None:
    assert gini(np.array([[0, 1], [2, 3]]), 4) == 0.0


def test_one_item_of_many_has_gini_near_1() -> None:
    assert gini(np.array([[0]]), 100) == pytest.approx(0.99)


def test_an_item_that_all_had_is_not_novel() -> None:
    assert novelty(np.array([[0]]), np.array([9]), 9) == 0.0


def test_diversity_is_averaged_over_lists_of_two_or_more() -> None:
    attributes = sparse.csr_matrix(np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]]))
    columns = np.array([[0, 1], [0, 2], [1, NONE]])
    assert diversity(columns, attributes) == pytest.approx(((1 - 0.6) + 1.0) / 2)
