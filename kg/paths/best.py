"""The best simple paths between two sets of nodes, without putting all of them together where there are many."""

from dataclasses import dataclass, field, replace

import numpy as np

from kg.errors import PathQueryError
from kg.paths.costs import LENGTHS, PathCosts, score_of
from kg.paths.halves import Cut, Half, grow_sides
from kg.paths.meeting import Meeting, PathTable, meet
from kg.paths.multigraph import Int64, Multigraph
from kg.paths.query import Budget, PathQuery

BATCH = 32_768
"""Paths put together at once: fewer, and the calls cost more than the paths; more, and most are looked at in vain."""

WINDOW = 64
"""Paths of one partial path that are put together at once, the cheapest first."""

NEVER = np.iinfo(np.int64).max


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

    The result is exact unless it says that it is truncated. Where there are many paths, partial ones are put together
    in the order of what they can cost at least, until no other can be among the best; partial paths that the budget
    left out make the result truncated only if one of them might have been.

    Raises:
        PathQueryError: The query does not fit the graph, or `k` is below 1.
    """
    if k < 1:
        raise PathQueryError(f"k must be at least 1, got {k}")

    def dear(half: Half) -> Int64:
        return costs.of_half(half, 1) + LENGTHS * costs.nodes[half.ends] * (half.hops > 0)

    sides = grow_sides(graph, query.checked(graph), budget, dear)
    search = _Search(costs, k, budget.paths)
    for length in query.lengths:
        search.add(meet(sides, length), length)
    left_out = min([search.left_out, *(_least(costs, cut, query.lengths) for cut in sides.cut)])
    truncated = left_out < NEVER and left_out <= search.worst
    return BestPaths(tuple(search.best), search.found, search.exhaustive and not sides.cut, truncated)


def _least(costs: PathCosts, cut: Cut, lengths: tuple[int, ...]) -> int:
    """Return what a path costs at least that goes on from one of the partial ones that were cut."""
    through = LENGTHS * costs.nodes[cut.half.ends] if cut.half.hops else 0
    return min(
        int((costs.of_half(cut.half, length) + through).min()) + costs.of_length(length)
        for length in lengths
        if length >= cut.shortest
    )


@dataclass(slots=True)
class _Search:
    """The best paths so far.

    Attributes:
        budget: How many more paths may be put together.
        left_out: The least that a path can cost that the budget left out.
    """

    costs: PathCosts
    k: int
    budget: int
    best: list[RankedPath] = field(default_factory=list)
    found: int = 0
    exhaustive: bool = True
    left_out: int = NEVER

    @property
    def worst(self) -> int:
        """What a path may cost at most to be among the best."""
        return self.best[-1].cost if len(self.best) == self.k else NEVER

    def add(self, meeting: Meeting, length: int) -> None:
        """Look for better paths where two halves meet."""
        inner, outer = (self.costs.of_half(half, length) for half in (meeting.inner, meeting.outer))
        inner += self.costs.of_length(length)
        if meeting.inner.hops and meeting.outer.hops:
            outer += LENGTHS * self.costs.nodes[meeting.outer.ends]
        rows = np.flatnonzero(meeting.counts)
        if int(meeting.counts.sum()) <= min(BATCH, self.budget):
            pairs = meeting.pairs(rows, meeting.first[rows], meeting.counts[rows])
            self._join(meeting, (outer, inner), pairs)
            return
        order = np.lexsort((inner, meeting.inner.ends))
        meeting, inner = replace(meeting, inner=meeting.inner.take(order)), inner[order]
        position = meeting.first.copy()
        while len(rows):
            least = outer[rows] + inner[position[rows]]
            hopeful = least <= self.worst
            self.exhaustive &= bool(hopeful.all())
            batch, counts = _batch(rows[hopeful], least[hopeful], (meeting.last - position)[rows[hopeful]])
            if int(counts.sum()) > self.budget:
                self.left_out = min(self.left_out, int(least[hopeful].min()))
                self.exhaustive = False
                return
            self._join(meeting, (outer, inner), meeting.pairs(batch, position[batch], counts))
            position[batch] += counts
            rows = rows[hopeful][(position < meeting.last)[rows[hopeful]]]

    def _join(self, meeting: Meeting, costs: tuple[Int64, Int64], pairs: tuple[Int64, Int64]) -> None:
        """Keep the best of what the pairs of rows make, and of what was kept before."""
        total = costs[0].take(pairs[0]) + costs[1].take(pairs[1])
        self.found += len(total)
        self.budget -= len(total)
        limit = self.worst
        if len(total) > self.k:
            limit = min(limit, int(np.partition(total, self.k - 1)[self.k - 1]))
        kept = np.flatnonzero(total <= limit)
        if not len(kept):
            return
        table = meeting.table(pairs[0][kept], pairs[1][kept])
        fresh = _first(total[kept], table, self.k)
        self.best = sorted([*self.best, *fresh])[: self.k]


def _batch(rows: Int64, least: Int64, counts: Int64) -> tuple[Int64, Int64]:
    """Return which outer rows go next, the most hopeful first, and how many of their paths."""
    if int(counts.sum()) <= BATCH:
        return rows, counts
    counts = np.minimum(counts, WINDOW)
    order = np.argsort(least, kind="stable")
    order = order[: int(np.searchsorted(counts[order].cumsum(), BATCH, "right"))]
    return rows[order], counts[order]


def _first(costs: Int64, table: PathTable, k: int) -> list[RankedPath]:
    """Return the first `k` of the paths; those of equal cost are cut in the order of their nodes and labels."""
    columns = [*table.labels.T[::-1], *table.nodes.T[::-1], costs]
    order = np.lexsort(columns)[:k] if len(costs) > k else np.arange(len(costs))
    best = table.take(order)
    return [
        RankedPath(cost, tuple(nodes), tuple(labels))
        for cost, nodes, labels in zip(costs[order].tolist(), best.nodes.tolist(), best.labels.tolist(), strict=True)
    ]
