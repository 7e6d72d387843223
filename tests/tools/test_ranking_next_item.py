"""What comes next: the ridge of the formula, and nothing without an order."""

import numpy as np
import pytest
from scipy import sparse

from kg.interactions import Interactions
from tools.ranking.next_item import EARLIEST, STEP, WINDOW, fit_next_item
from tools.ranking.settings import TIMED_RATINGS, RankingSettings

FLAT = TIMED_RATINGS.model_copy(update={"item_recency": 0.0, "next_l2": 2.0})


def watched(*users: list[int], n_items: int = 12, rating: float = 5.0) -> Interactions:
    """Users who rated items one a second, in the order given; a negative one is column -n - 1, not liked."""
    values, times = np.zeros((len(users), n_items), np.float32), np.zeros((len(users), n_items))
    for row, columns in enumerate(users):
        for second, column in enumerate(columns, start=1):
            at = column if column >= 0 else -column - 1
            values[row, at], times[row, at] = rating if column >= 0 else 3.0, second
    names = [f"u{row}" for row in range(len(users))], [f"i{column}" for column in range(n_items)]
    return Interactions(*names, sparse.csr_matrix(values), 4.0, sparse.csr_matrix(times))


def ridge(before: list[list[int]], after: list[list[int]], n_items: int, l2: float) -> np.ndarray:
    x, y = np.zeros((len(before), n_items)), np.zeros((len(after), n_items))
    for row, (past, future) in enumerate(zip(before, after, strict=True)):
        x[row, past], y[row, future] = 1.0, 1.0
    return np.asarray(np.linalg.solve(x.T @ x + l2 * np.eye(n_items), x.T @ y))


def test_each_moment_is_a_row_of_the_regression() -> None:
    assert (EARLIEST, STEP, WINDOW) == (5, 3, 6)
    order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    moments = [(order[:5], order[5:]), (order[:8], order[8:])]  # after 5 and 8 of 10
    expected = ridge([past for past, _ in moments], [future for _, future in moments], 12, 2.0)
    np.testing.assert_allclose(fit_next_item(watched(order), FLAT), expected, atol=1e-6)


def test_what_is_not_liked_is_neither_before_nor_after() -> None:
    got = fit_next_item(watched([0, -2, 2, 3, 4, -6, 6]), FLAT)
    np.testing.assert_allclose(got, ridge([[0, 2, 3, 4]], [[6]], 12, 2.0), atol=1e-6)


def test_it_learns_an_order() -> None:
    weights = fit_next_item(watched(*[[0, 1, 2, 3, 4, 5, 6]] * 4), FLAT)
    assert weights[4, 5] > 0
    assert weights[5, 4] == 0


def test_recent_items_weigh_as_they_would_have_then() -> None:
    recent = FLAT.model_copy(update={"item_recency": 100.0, "item_recency_span": 0.5})
    weights = fit_next_item(watched([0, 1, 2, 3, 4, 5, 6], [0, 1, 2, 3, 7, 8, 9]), recent)
    assert weights[4, 5] > 5 * weights[3, 5] > 0


@pytest.mark.parametrize("settings", [FLAT, TIMED_RATINGS])
def test_without_an_order_nothing_comes_next(settings: RankingSettings) -> None:
    short = watched([0, 1, 2], [3, 4, 5])
    assert not fit_next_item(short, settings).any()
    untimed = Interactions(short.users, short.items, short.values, short.liked_from)
    assert not fit_next_item(untimed, settings).any()
    assert not fit_next_item(watched([0, 1, 2, 3, 4, 5, 6, 7], rating=1.0), settings).any()
