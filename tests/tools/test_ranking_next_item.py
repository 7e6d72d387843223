"""What comes next: the ridge of the formula, and nothing without an order."""

import numpy as np
import pytest
from scipy import sparse

from kg.interactions import Interactions
from tools.ranking.next_item import EARLIEST, WINDOW, fit_next_item
from tools.ranking.settings import TIMED_RATINGS, RankingSettings

TIMELESS = TIMED_RATINGS.model_copy(update={"next_recency": 0.0, "next_l2": 2.0, "next_seen": 0.0, "seen": 0.0})


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
    assert (EARLIEST, WINDOW) == (5, 3)
    order = [3, 1, 4, 0, 5, 9, 2, 6, 8, 7]
    moments = [(order[:end], order[end : end + 3]) for end in (5, 6, 7, 8, 9)]
    expected = ridge([past for past, _ in moments], [future for _, future in moments], 12, 2.0)
    long, recent = fit_next_item(watched(order), TIMELESS)
    np.testing.assert_allclose(long, expected, atol=1e-6)
    assert not recent.any()


def test_what_is_not_liked_is_neither_in_the_taste_nor_in_what_comes_next() -> None:
    long, _ = fit_next_item(watched([0, -2, 2, 3, 4, -6, 6]), TIMELESS)
    np.testing.assert_allclose(long, ridge([[0, 2, 3, 4]] * 2, [[6]] * 2, 12, 2.0), atol=1e-6)


def test_what_came_next_and_was_not_liked_counts_as_much_as_it_is_told_to() -> None:
    # Columns 5 and 6 are liked by the second user, so that they have weights at all.
    shown = watched([0, 1, 2, 3, 4, -6, 6], [5, 6])
    weights = [fit_next_item(shown, TIMELESS.model_copy(update={"next_seen": share}))[0] for share in (0.0, 0.4, 1.0)]
    without, some, whole = (one[0] for one in weights)
    assert without[5] == 0.0
    assert 0.0 < some[5] < whole[5]
    assert some[5] == pytest.approx(0.4 * whole[5], rel=1e-5)
    assert some[6] == pytest.approx(without[6], rel=1e-5)


def test_what_was_seen_just_now_counts_whether_it_was_liked_or_not() -> None:
    # Columns 1 and 5 are liked by the second user, so that they have weights at all.
    shown = watched([0, 2, 3, 4, -6, 6], [1, 5, 1])
    recent = TIMELESS.model_copy(update={"next_recency": 10.0, "next_span": 0.3})
    long, short = fit_next_item(shown, recent)
    assert short[5, 6] > 5 * np.abs(np.delete(short[:, 6], 5)).max()
    assert long[5, 6] == 0


def test_both_weights_solve_one_regression() -> None:
    # One moment, after 5 of 6 items: x has the five, r how recent each is, and X'X + l2 I has rank one beside l2 I.
    settings = TIMELESS.model_copy(update={"next_recency": 2.0, "next_span": 1.0})
    long, short = fit_next_item(watched([0, 1, 2, 3, 4, 5]), settings)
    x = np.concatenate([np.ones(5), 2 * (1 - settings.newness(5)) * np.exp(-np.arange(4.0, -1, -1))])
    expected = x / (2.0 + x @ x)
    np.testing.assert_allclose(np.concatenate([long[:5, 5], short[:5, 5]]), expected, rtol=1e-4)


def test_it_learns_an_order() -> None:
    weights, _ = fit_next_item(watched(*[[0, 1, 2, 3, 4, 5, 6]] * 4), TIMELESS)
    assert weights[4, 5] > 0
    assert weights[5, 4] == 0


def test_the_order_within_one_moment_is_drawn_and_one_seed_draws_the_same() -> None:
    page = watched([0, 1, 2, 3, 4, 5, 6, 7, 8])
    assert page.times is not None
    page.times.data[:] = 1.0
    first = fit_next_item(page, TIMELESS, seed=1)[0]
    np.testing.assert_array_equal(first, fit_next_item(page, TIMELESS, seed=1)[0])
    assert any((fit_next_item(page, TIMELESS, seed=seed)[0] != first).any() for seed in range(2, 8))


@pytest.mark.parametrize("settings", [TIMELESS, TIMED_RATINGS])
def test_without_an_order_nothing_comes_next(settings: RankingSettings) -> None:
    short = watched([0, 1, 2], [3, 4, 5])
    untimed = Interactions(short.users, short.items, short.values, short.liked_from)
    for nothing in (short, untimed, watched([0, 1, 2, 3, 4, 5, 6, 7], rating=1.0)):
        assert not any(weights.any() for weights in fit_next_item(nothing, settings))
