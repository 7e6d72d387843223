"""Lists: what is in them, ties, and what no model may give."""

import numpy as np
import pytest

from eval.errors import EvaluationError
from eval.lists import NONE, make_lists, strictly_falling
from eval.models import Scores
from kg.interactions import Interactions
from tests.eval.conftest import split


class Given:
    name = "given"

    def __init__(self, scores: list[list[float]]) -> None:
        self._scores = np.array(scores, np.float32)

    def fit(self, interactions: Interactions) -> None: ...

    def score(self, histories: Interactions) -> Scores:
        return self._scores[[int(user[1:]) for user in histories.users]]


def test_best_come_first_and_seen_are_left_out() -> None:
    made = make_lists(Given([[3, 9, 5, 4]]), split([[1, 0, 0, 0]], seen=[[0, 2, 0, 0]]), 2)
    assert made.columns.tolist() == [[2, 3]]


def test_ties_keep_catalogue_order_and_scores_fall() -> None:
    made = make_lists(Given([[1, 2, 1, 2]]), split([[1, 0, 0, 0]]), 4)
    assert made.columns.tolist() == [[1, 3, 0, 2]]
    assert (np.diff(made.scores) < 0).all()


def test_a_list_ends_where_nothing_is_left() -> None:
    made = make_lists(Given([[1, 2, 3]]), split([[1, 0, 0]], seen=[[0, 1, 1]]), 3)
    assert made.columns.tolist() == [[0, NONE, NONE]]


def test_more_users_than_a_batch(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = rng.random((7, 5)).tolist()
    whole = make_lists(Given(scores), split([[1] * 5] * 7), 5)
    monkeypatch.setattr("eval.lists.BATCH", 3)
    parted = make_lists(Given(scores), split([[1] * 5] * 7), 5)
    assert np.array_equal(whole.columns, parted.columns)


def test_a_score_that_is_no_number_names_the_user() -> None:
    with pytest.raises(EvaluationError, match="given gave user 'u1'"):
        make_lists(Given([[1, 2], [np.nan, 1]]), split([[1, 0], [1, 0]]), 2)


def test_falling_scores_move_by_the_least_that_can_be() -> None:
    got = strictly_falling(np.array([[2, 2, 1]], np.float32))
    assert got[0, 0] == 2
    assert got[0, 1] == np.nextafter(np.float32(2), np.float32(0))
    assert got[0, 2] == 1
