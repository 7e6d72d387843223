"""Lists of unlike items, worked by hand on four of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tests.tools.catalogues import random_attributes
from tools.ranking.diversity import POOL, rerank

# A and B are alike, C shares nothing with them, D has cosine 0.6 to A and B and 0.8 to C.
ATTRIBUTES = sparse.csr_matrix(np.array([[1, 0], [1, 0], [0, 1], [0.6, 0.8]], np.float32))
A, B, C, D = range(4)
TOTALS = np.array([4.0, 3.0, 2.0, 0.0])  # relevance: 1, 3/4, 1/2, 0


def listed(
    diversity: float, k: int = 4, ordered: tuple[int, ...] = (A, B, C, D), totals: np.ndarray = TOTALS
) -> list[int]:
    return [int(one) for one in rerank(np.array(ordered, np.int64), totals, ATTRIBUTES, k, diversity)]


def test_without_diversity_the_score_decides() -> None:
    assert listed(0.0) == [A, B, C, D]
    assert listed(0.0, k=2) == [A, B]


def test_half_and_half() -> None:
    # After A: B 3/8 - 1/2, C 1/4 - 0, D 0 - 0.3. After C: B 3/8 - 1/2, D 0 - 0.4.
    assert listed(0.5) == [A, C, B, D]


def test_a_little_diversity_leaves_clear_scores() -> None:
    # After A: B 0.675 - 0.1, C 0.45.
    assert listed(0.1) == [A, B, C, D]


def test_with_diversity_alone_the_most_unlike_comes_next() -> None:
    # After A: C 0, D -0.6, B -1. After C: D -0.8, B -1.
    assert listed(1.0) == [A, C, D, B]


def test_a_shorter_list_is_the_beginning() -> None:
    assert [listed(0.5, k) for k in (1, 2, 3)] == [[A], [A, C], [A, C, B]]


def test_only_what_may_be_listed_is() -> None:
    # Relevance between D and B now: B 1, C 2/3, D 0. After B: C 1/3, D -0.3.
    assert listed(0.5, ordered=(B, C, D)) == [B, C, D]
    assert listed(1.0, ordered=(D, B), k=4) == [D, B]


def test_equal_scores_leave_it_to_the_likeness_and_then_to_the_order() -> None:
    level = np.zeros(4)
    assert listed(0.5, totals=level) == [A, C, D, B]
    assert listed(0.5, totals=level, ordered=(B, A, D, C)) == [B, C, D, A]
    # A and B are equally unlike C.
    assert listed(0.5, 2, (C, A, B), level) == [C, A]
    assert listed(0.5, 2, (C, B, A), level) == [C, B]


@pytest.mark.parametrize("diversity", [0.0, 0.5, 1.0])
def test_of_nothing_and_of_one_there_is_one_list(diversity: float) -> None:
    assert listed(diversity, ordered=()) == []
    assert listed(diversity, ordered=(D,)) == [D]


def test_only_the_best_are_chosen_from() -> None:
    # All alike but the last, which is one place too far behind.
    n_items = POOL + 1
    attributes = sparse.csr_matrix(np.array([[1, 0]] * POOL + [[0, 1]], np.float32))
    ordered, totals = np.arange(n_items), -np.arange(n_items, dtype=np.float64)
    assert rerank(ordered, totals, attributes, 2, 1.0).tolist() == [0, 1]
    assert rerank(ordered[1:], totals, attributes, 2, 1.0).tolist() == [1, POOL]
    assert rerank(ordered, totals, attributes, n_items, 1.0).tolist()[:2] == [0, POOL]


@settings(deadline=None, max_examples=40, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 12), diversity=st.sampled_from([0.0, 0.2, 0.6, 1.0]))
def test_each_place_has_the_most_worth_of_what_is_left(seed: int, k: int, diversity: float) -> None:
    rng = np.random.default_rng(seed)
    attributes, totals = random_attributes(rng, 12, 6), rng.normal(size=12)
    allowed = rng.permutation(12)[:9]
    ordered = allowed[np.argsort(-totals[allowed])]
    relevance = (totals - totals[ordered[-1]]) / (totals[ordered[0]] - totals[ordered[-1]])
    alike = (attributes @ attributes.T).toarray()
    found = rerank(ordered, totals, attributes, k, diversity).tolist()
    assert len(set(found)) == len(found) == min(k, 9)
    for place, chosen in enumerate(found):
        worth = {
            one: (1 - diversity) * relevance[one] - diversity * max(alike[one, found[:place]], default=0.0)
            for one in set(ordered.tolist()) - set(found[:place])
        }
        assert worth[chosen] == pytest.approx(max(worth.values()), abs=1e-6)
