"""The best paths: the first of all paths in their documented order, or a result that says that it is truncated."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import PathQueryError
from kg.paths import Budget, Multigraph, PathCosts, PathQuery, all_paths, best, best_paths
from kg.paths.multigraph import Mask
from tests.kg.paths.graphs import EDGES, MASKS, N_RELATIONS, SETS, Edge, multigraph, ranked, walks

WEIGHTS = st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=N_RELATIONS, max_size=N_RELATIONS)
HOPS, K = st.integers(1, 4), st.integers(1, 8)


def hub_costs(graph: Multigraph, weights: list[float]) -> PathCosts:
    return PathCosts.penalising_hubs(np.array(weights), graph.degrees)


@pytest.mark.slow
@settings(deadline=None, max_examples=120)
@given(edges=EDGES, sources=SETS, targets=SETS, mask=MASKS, weights=WEIGHTS, max_hops=HOPS, k=K)
def test_the_best_are_the_first_of_all(
    *,
    edges: set[Edge],
    sources: set[int],
    targets: set[int],
    mask: Mask | None,
    weights: list[float],
    max_hops: int,
    k: int,
) -> None:
    graph = multigraph(edges)
    query, costs = (
        PathQuery.between(list(sources), list(targets), max_hops=max_hops, allowed=mask),
        hub_costs(graph, weights),
    )
    every = all_paths(graph, query)
    found = best_paths(graph, query, costs, k=k)
    assert list(found.paths) == ranked(walks(every), costs)[:k]
    assert (found.found, found.exhaustive, found.truncated) == (every.found, True, False)


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(edges=EDGES, targets=SETS, weights=WEIGHTS, k=K, mask=MASKS, thorough=st.integers(0, 12))
def test_passing_over_what_cannot_be_among_the_best_finds_the_same(
    *, edges: set[Edge], targets: set[int], weights: list[float], k: int, mask: Mask | None, thorough: int
) -> None:
    graph = multigraph(edges)
    query, costs = PathQuery.between([0, 1], list(targets), max_hops=4, allowed=mask), hub_costs(graph, weights)
    every = all_paths(graph, query)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best, "THOROUGH", thorough)
        found = best_paths(graph, query, costs, k=k)
    assert list(found.paths) == ranked(walks(every), costs)[:k]
    assert not found.truncated
    assert found.found <= every.found
    assert not found.exhaustive or found.found == every.found


@pytest.mark.slow
@settings(deadline=None, max_examples=200)
@given(edges=EDGES, targets=SETS, weights=WEIGHTS, k=K, limits=st.tuples(st.integers(0, 20), st.integers(0, 20)))
def test_what_does_not_say_that_it_is_truncated_is_exact(
    edges: set[Edge], targets: set[int], weights: list[float], k: int, limits: tuple[int, int]
) -> None:
    graph = multigraph(edges)
    query, costs = PathQuery.between([0], list(targets), max_hops=4), hub_costs(graph, weights)
    found = best_paths(graph, query, costs, k=k, budget=Budget(*limits))
    expected = ranked(walks(all_paths(graph, query)), costs)
    assert set(found.paths) <= set(expected)
    assert found.truncated or list(found.paths) == expected[:k]


def test_a_budget_that_left_out_only_worse_paths_is_exact() -> None:
    # By node 2 straight; node 3 is a hub whose edges do not fit the budget.
    edges = [(0, 2, 0), (2, 4, 0), (4, 1, 0), (0, 3, 0), (3, 4, 0), *((3, leaf, 0) for leaf in range(5, 60))]
    graph = multigraph(edges, 60, 1)
    query, costs = PathQuery.between([0], [1]), hub_costs(graph, [1.0])
    found = best_paths(graph, query, costs, k=1, budget=Budget(edges=20))
    assert [path.nodes for path in found.paths] == [(0, 2, 4, 1)]
    assert not found.truncated


def test_a_score_is_as_documented() -> None:
    # 0 -r0- 2 -r1- 1, where 2 has 3 edges: sqrt(1 * 0.25) * 1 / log2(5) * 0.5.
    graph = multigraph([(0, 2, 0), (1, 2, 1), (3, 2, 2)])
    found = best_paths(graph, PathQuery.between([0], [1]), hub_costs(graph, [1.0, 0.25, 1.0]), k=5)
    assert [path.score for path in found.paths] == pytest.approx([0.5 / math.log2(5) * 0.5])


def test_ties_do_not_depend_on_the_order_of_relations() -> None:
    # Weights 0.3, 0.7 and 0.9 by three ways in three orders: their product differs in the last bit as floats.
    ways = [(2, 3, (0, 1, 2)), (4, 5, (1, 2, 0)), (6, 7, (2, 0, 1))]
    edges = [
        edge
        for one, other, (first, second, third) in ways
        for edge in ((0, one, first), (one, other, second), (other, 1, third))
    ]
    graph = multigraph(edges, 8)
    found = best_paths(graph, PathQuery.between([0], [1]), hub_costs(graph, [0.3, 0.7, 0.9]), k=5)
    assert [path.nodes for path in found.paths] == [(0, 2, 3, 1), (0, 4, 5, 1), (0, 6, 7, 1)]
    assert len({path.cost for path in found.paths}) == 1


@pytest.mark.parametrize("weight", [0.0, -1.0, 1.5, math.nan])
def test_weights_out_of_range_are_refused(weight: float) -> None:
    with pytest.raises(PathQueryError, match=r"must be in \(0, 1\]"):
        PathCosts.penalising_hubs(np.array([weight]), np.array([1]))


def test_a_list_of_nothing_is_refused() -> None:
    graph = multigraph([(0, 1, 0)])
    with pytest.raises(PathQueryError, match="k must be at least 1, got 0"):
        best_paths(graph, PathQuery.between([0], [1]), hub_costs(graph, [1.0] * 3), k=0)
