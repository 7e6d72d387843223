"""The measures against numbers worked by hand, and laws that they must keep."""

import math
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.accuracy import accuracy, hits, recall_by_frequency
from eval.lists import NONE, Lists
from eval.split import Split
from tests.eval.conftest import split


def lists(columns: list[list[int]]) -> Lists:
    placed = np.array(columns, np.int64)
    scores = np.tile(-np.arange(placed.shape[1], dtype=np.float32), (len(columns), 1))
    return Lists(placed, scores, 0.0)


def of_one(listed: list[int], relevant: list[int], k: int) -> dict[str, float]:
    values = accuracy(split([relevant]), lists([listed]), k)
    return {name.partition("@")[0]: float(value[0]) for name, value in values.items()}


def test_first_and_third_of_two_relevant() -> None:
    got = of_one([0, 1, 2], [1, 0, 1, 0], 3)
    ideal = 1 + 1 / math.log2(3)
    assert got == pytest.approx(
        {"NDCG": (1 + 1 / math.log2(4)) / ideal, "Recall": 1.0, "P": 2 / 3, "MRR": 1.0, "Success": 1.0}
    )


def test_second_of_three_relevant() -> None:
    got = of_one([0, 1], [0, 1, 1, 1], 2)
    ideal = 1 + 1 / math.log2(3)
    assert got == pytest.approx(
        {"NDCG": (1 / math.log2(3)) / ideal, "Recall": 1 / 3, "P": 1 / 2, "MRR": 1 / 2, "Success": 1.0}
    )


def test_all_relevant_is_one() -> None:
    assert set(of_one([2, 1, 0], [1, 1, 1], 3).values()) == {1.0}


def test_none_relevant_listed_is_zero() -> None:
    assert set(of_one([0, 1], [0, 0, 1], 2).values()) == {0.0}


def test_what_lies_beyond_k_does_not_count() -> None:
    assert set(of_one([0, 1, 2], [0, 0, 1], 2).values()) == {0.0}


def test_an_empty_list_is_zero() -> None:
    assert set(of_one([NONE, NONE], [0, 0, 1], 2).values()) == {0.0}


def test_a_short_list_is_divided_by_k() -> None:
    assert of_one([2, NONE], [0, 0, 1], 2)["P"] == 0.5


def test_hits_are_where_relevant_items_stand() -> None:
    found = hits(split([[1, 0, 1]]), np.array([[2, 1, NONE]]))
    assert found.tolist() == [[True, False, False]]


def test_recall_by_frequency_pools_users() -> None:
    task = split([[0, 1, 0], [1, 1, 0]], seen=[[0, 0, 5], [0, 0, 5]])
    told = recall_by_frequency(task, lists([[0], [1]]), 1)
    assert told == {"0": (1 / 3, 3), "1-4": (None, 0), "5-19": (None, 0), "20-99": (None, 0), "100+": (None, 0)}


N_ITEMS, K = 8, 4
Case = tuple[list[list[int]], list[list[int]]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    n_users = draw(st.integers(1, 4))
    row = st.lists(st.integers(0, 1), min_size=N_ITEMS, max_size=N_ITEMS).filter(any)
    listed = st.permutations(range(N_ITEMS)).map(lambda order: order[:K])
    return [draw(row) for _ in range(n_users)], [list(draw(listed)) for _ in range(n_users)]


def values(task: Split, columns: list[list[int]]) -> npt.NDArray[np.float64]:
    return np.stack(list(accuracy(task, lists(columns), K).values()))


@given(cases(), st.integers(0, K - 1))
def test_a_corrupted_item_lowers_no_measure_upwards(case: Case, place: int) -> None:
    relevant, columns = case
    task = split(relevant)
    worst = next((one for one in range(N_ITEMS) if not relevant[0][one] and one not in columns[0]), NONE)
    corrupted = [[*columns[0][:place], worst, *columns[0][place + 1 :]], *columns[1:]]
    if worst == NONE:  # every other item is relevant or listed: nothing to corrupt with
        return
    before, after = values(task, columns), values(task, corrupted)
    assert (after <= before + 1e-12).all()
    if relevant[0][columns[0][place]]:
        assert after[0, 0] < before[0, 0]


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_users_changes_nothing(case: Case, random: Random) -> None:
    relevant, columns = case
    order = list(range(len(relevant)))
    random.shuffle(order)
    straight = values(split(relevant), columns)
    turned = values(split([relevant[row] for row in order]), [columns[row] for row in order])
    assert np.array_equal(turned, straight[:, order])
