"""The best simple paths between two sets of nodes, without putting all of them together where there are many."""

from dataclasses import dataclass

from kg.errors import PathQueryError
from kg.paths.costs import LENGTHS, PathCosts, score_of
from kg.paths.multigraph import Multigraph
from kg.paths.query import Budget, PathQuery

THOROUGH = 32_768
"""Edges walked over for one length, and paths put together, up to which all are looked at and counted."""


@dataclass(frozen=True, slots=True, order=True)
class RankedPath:
    """One path as plain numbers; the order of paths is that of the fields.

    Attributes:
        cost: See `PathCosts`; the lower, the better.
    """

    cost: int
    nodes: tuple[int, ...]
    labels: tuple[int, ...]

    @property
    def score(self) -> float:
        return score_of(self.cost)


@dataclass(frozen=True, slots=True)
class BestPaths:
    """The best paths of a query.

    Attributes:
        paths: Best first; equal ones in the order of their nodes, then of their labels.
        found: How many paths were put together.
        exhaustive: Whether these are all that there are; otherwise there are at least so many.
        truncated: Whether the budget ended the search before it was sure that no better path is left.
    """

    paths: tuple[RankedPath, ...]
    found: int
    exhaustive: bool
    truncated: bool


def best_paths(
    graph: Multigraph,
    query: PathQuery,
    costs: PathCosts,
    *,
    k: int,
    budget: Budget = Budget(),  # noqa: B008 - frozen
) -> BestPaths:
    """Find the `k` best simple paths of all lengths asked for.

    The result is exact unless it says that it is truncated. Where there are many paths, those that cannot be among the
    best are passed over; what the budget left out makes the result truncated only if it might have been. Safe for use
    from many threads, which run at the same time.

    Raises:
        PathQueryError: The query does not fit the graph, or `k` is below 1.
    """
    from kg.paths import kernels  # noqa: PLC0415 - numba takes a second to import

    if k < 1:
        raise PathQueryError(f"k must be at least 1, got {k}")
    sides = kernels.sides_of(query.checked(graph), graph.n_relations)
    limits = kernels.Limits(budget.edges, budget.paths, THOROUGH, k)
    prices = kernels.Prices(costs.labels, costs.nodes, costs.hop, costs.least_node, LENGTHS)
    arrays = kernels.Graph(graph.indptr, graph.neighbours, graph.labels)
    best = kernels.rank_paths(arrays, sides, query.span, limits, prices)
    found, filled, _, left_out, passed = best.tally.tolist()
    rows = sorted(zip(*(part[:filled].tolist() for part in (best.costs, best.nodes, best.labels)), strict=True))
    truncated = left_out < kernels.NEVER and (filled < k or left_out <= rows[-1][0])
    return BestPaths(tuple(_path(*row) for row in rows), found, not passed, truncated)


def _path(cost: int, nodes: list[int], labels: list[int]) -> RankedPath:
    hops = sum(node >= 0 for node in nodes) - 1
    return RankedPath(cost, tuple(nodes[: hops + 1]), tuple(labels[:hops]))
