"""Newcomers: who is left out, what is shown of them, and what is asked."""

from itertools import pairwise

import numpy as np
import pytest

from eval.errors import NothingToScoreError
from eval.few_shot import SHOTS, split_newcomers
from kg.interactions import Interactions
from tests.eval.conftest import interactions

N_USERS, N_ITEMS = 20, 12


def crowd(*, timed: bool = True) -> tuple[Interactions, Interactions]:
    """Users who liked items 0-9 in falling order of their columns, and then items 10 and 11."""
    row = [5.0] * 10 + [0.0] * 2
    times = [float(100 - column) for column in range(10)] + [0.0] * 2
    fit = interactions([row] * N_USERS, times=[times] * N_USERS if timed else None)
    return fit, interactions([[0.0] * 10 + [5.0, 3.0]] * N_USERS)


def test_newcomers_are_not_fitted_on() -> None:
    task = split_newcomers(*crowd(), seed=0).task
    assert len(task.users) == 4
    assert len(task.fit.users) == 16
    assert not set(task.users) & set(task.fit.users)


def test_the_first_n_by_time_are_shown() -> None:
    newcomers = split_newcomers(*crowd(), seed=0)
    shown = {n: split.histories.values[0].indices.tolist() for n, split in newcomers.by_shots.items()}
    assert shown == {0: [], 1: [9], 2: [8, 9], 5: [5, 6, 7, 8, 9]}


def test_at_every_length_the_same_is_asked() -> None:
    splits = list(split_newcomers(*crowd(), seed=0).by_shots.values())
    assert all(split.relevant is splits[0].relevant and split.seen is splits[0].seen for split in splits)
    assert splits[0].relevant[0].indices.tolist() == [0, 1, 2, 3, 4, 10]
    assert splits[0].seen[0].indices.tolist() == [5, 6, 7, 8, 9]


def test_without_times_the_seed_orders_and_less_is_part_of_more() -> None:
    newcomers = split_newcomers(*crowd(timed=False), seed=0)
    shown = [set(newcomers.by_shots[n].histories.values[0].indices.tolist()) for n in SHOTS]
    assert [len(one) for one in shown] == list(SHOTS)
    assert all(less <= more for less, more in pairwise(shown))
    again = split_newcomers(*crowd(timed=False), seed=0)
    assert np.array_equal(again.task.seen.toarray(), newcomers.task.seen.toarray())


def test_too_short_histories_say_so() -> None:
    fit = interactions([[5.0, 4.0, 0.0]] * 5)
    with pytest.raises(NothingToScoreError, match="too small"):
        split_newcomers(fit, interactions([[0.0, 0.0, 1.0]] * 5), seed=0)
