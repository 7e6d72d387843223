"""All paths: exactly the simple ones that networkx finds, between pairs and sets, with and without patterns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import GraphError, PathQueryError
from kg.paths import Budget, Multigraph, PathQuery, all_paths
from kg.paths.multigraph import Mask
from kg.snapshot import Snapshot
from kg.users import with_users
from tests.kg.paths.graphs import EDGES, MASKS, SETS, Edge, allowed, multigraph, network, networkx_walks, walks


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(edges=EDGES, sources=SETS, targets=SETS, max_hops=st.integers(1, 4))
def test_the_paths_are_those_of_networkx(edges: set[Edge], sources: set[int], targets: set[int], max_hops: int) -> None:
    graph = multigraph(edges)
    found = all_paths(graph, PathQuery.between(list(sources), list(targets), max_hops=max_hops))
    assert walks(found) == networkx_walks(network(graph), sources, targets, max_hops)
    assert not found.truncated
    assert [table.hops for table in found.tables] == list(range(1, max_hops + 1))


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(edges=EDGES, sources=SETS, targets=SETS, hops=st.lists(MASKS, min_size=1, max_size=4))
def test_a_pattern_keeps_the_paths_that_it_allows(
    edges: set[Edge], sources: set[int], targets: set[int], hops: list[Mask | None]
) -> None:
    graph = multigraph(edges)
    found = all_paths(graph, PathQuery.along(list(sources), list(targets), hops))
    every = networkx_walks(network(graph), sources, targets, len(hops))
    assert walks(found) == [walk for walk in every if len(walk[1]) == len(hops) and allowed(walk, hops)]


@settings(deadline=None, max_examples=60)
@given(edges=EDGES, targets=SETS, mask=MASKS, max_hops=st.integers(1, 4))
def test_one_mask_holds_for_every_hop(edges: set[Edge], targets: set[int], mask: Mask | None, max_hops: int) -> None:
    graph = multigraph(edges)
    found = all_paths(graph, PathQuery.between([0], list(targets), max_hops=max_hops, allowed=mask))
    every = networkx_walks(network(graph), [0], targets, max_hops)
    assert walks(found) == [walk for walk in every if allowed(walk, [mask] * max_hops)]


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(edges=EDGES, targets=SETS, max_hops=st.integers(1, 4), limits=st.tuples(st.integers(0, 12), st.integers(0, 12)))
def test_a_budget_leaves_paths_out_and_says_so(
    edges: set[Edge], targets: set[int], max_hops: int, limits: tuple[int, int]
) -> None:
    graph, query = multigraph(edges), PathQuery.between([0, 1], list(targets), max_hops=max_hops)
    every, some = all_paths(graph, query), all_paths(graph, query, Budget(*limits))
    assert set(walks(some)) <= set(walks(every))
    assert some.found <= limits[1]
    assert some.truncated or walks(some) == walks(every)


def test_a_hub_is_walked_through_and_not_left_out() -> None:
    graph = multigraph([(node, 0, 0) for node in range(1, 500)], 500, 1)
    assert walks(all_paths(graph, PathQuery.between([1], [2], max_hops=4))) == [((1, 0, 2), (0, ~0))]


@pytest.mark.slow
@pytest.mark.parametrize("most", [2_000_000, 150_000])
def test_of_as_many_paths_as_take_large_pages_none_is_missing_or_said_twice(most: int) -> None:
    graph = multigraph({(one, other, 0) for one in range(62) for other in range(one)}, 62, 1)
    found = all_paths(graph, PathQuery.between([0], [61], max_hops=4), Budget(paths=most))
    last = min(60 * 59 * 58, most - 1 - 60 - 60 * 59)
    assert [len(table) for table in found.tables] == [1, 60, 60 * 59, last]
    assert found.truncated == (found.found == most)
    nodes = found.tables[-1].nodes
    assert len(np.unique(nodes, axis=0)) == last
    assert (np.diff(np.sort(nodes, axis=1)) > 0).all()
    assert (found.tables[-1].labels == np.where(np.diff(nodes) < 0, 0, ~0)).all()


def test_equal_queries_give_equal_arrays(rng: np.random.Generator) -> None:
    table = rng.integers(0, 40, (300, 3))
    graph = Multigraph.from_triples(table, 40, 40)
    shuffled = Multigraph.from_triples(rng.permutation(np.concatenate([table, table[:50]])), 40, 40)
    query = PathQuery.between([3, 1], [9, 2], max_hops=3)
    for one, other in zip(all_paths(graph, query).tables, all_paths(shuffled, query).tables, strict=True):
        np.testing.assert_array_equal(one.nodes, other.nodes)
        np.testing.assert_array_equal(one.labels, other.labels)


@pytest.mark.parametrize("max_hops", [0, 5])
def test_other_lengths_are_refused(max_hops: int) -> None:
    with pytest.raises(PathQueryError, match=rf"max_hops must be in 1\.\.4, got {max_hops}"):
        PathQuery.between([0], [1], max_hops=max_hops)
    with pytest.raises(PathQueryError, match=rf"1\.\.4 hops, got {max_hops}"):
        PathQuery.along([0], [1], [None] * max_hops)


def test_what_does_not_fit_the_graph_is_refused() -> None:
    graph = multigraph([(0, 1, 0)])
    with pytest.raises(PathQueryError, match=r"nodes must be in 0\.\.6, got 0\.\.7"):
        all_paths(graph, PathQuery.between([0], [7, 0]))
    with pytest.raises(PathQueryError, match=r"shape \(6,\), got \(4,\)"):
        all_paths(graph, PathQuery.between([0], [1], allowed=np.ones(4, bool)))
    with pytest.raises(GraphError, match=r"at most .* relations, got 1 and 40,000"):
        Multigraph.from_triples(np.array([[0, 1, 0]]), 2, 40_000)


@pytest.fixture(scope="module")
def users_graph(ml100k: Snapshot) -> Multigraph:
    return with_users(ml100k.adjacency, ml100k.interactions).graph


@pytest.mark.slow
@pytest.mark.parametrize(("max_hops", "n_pairs", "busiest"), [(2, 40, 1_000), (3, 12, 40)])
def test_real_pairs_with_users_have_the_paths_of_networkx(
    ml100k: Snapshot, users_graph: Multigraph, max_hops: int, n_pairs: int, busiest: int
) -> None:
    chosen, n_entities = np.random.default_rng(5), len(ml100k.adjacency.entities)
    quiet = np.flatnonzero((users_graph.degrees > 0) & (users_graph.degrees <= busiest))
    sources = chosen.choice(quiet[quiet >= n_entities], n_pairs)
    targets = chosen.choice(np.intersect1d(quiet, ml100k.item_rows), n_pairs)
    graph, n_found = network(users_graph), 0
    for source, target in zip(sources.tolist(), targets.tolist(), strict=True):
        expected = networkx_walks(graph, [source], [target], max_hops)
        assert walks(all_paths(users_graph, PathQuery.between([source], [target], max_hops=max_hops))) == expected
        n_found += len(expected)
    assert n_found > 0
