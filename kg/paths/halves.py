"""Partial paths from both sides of a query, grown hop by hop within a budget."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kg.paths.multigraph import Int16, Int32, Int64, Mask, Multigraph, gathered, ranges
from kg.paths.query import Budget, PathQuery


@dataclass(frozen=True, slots=True)
class Half:
    """Partial simple paths that begin at one side, one a row, as columns.

    Attributes:
        nodes: A column for each node from the side on; one more than `labels`.
        labels: A column for each hop, as seen from the side.
    """

    nodes: tuple[Int32, ...]
    labels: tuple[Int16, ...] = ()

    @property
    def size(self) -> int:
        return len(self.nodes[0])

    @property
    def hops(self) -> int:
        return len(self.labels)

    @property
    def ends(self) -> Int32:
        return self.nodes[-1]

    def take(self, rows: Int64) -> "Half":
        return Half(tuple(one.take(rows) for one in self.nodes), tuple(one.take(rows) for one in self.labels))


Priority = Callable[[Half], npt.NDArray[np.integer]]
"""Which partial paths are grown where not all can be: first those of the lowest number."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Partial paths that were not grown further, as the budget did not allow it.

    Attributes:
        shortest: The fewest hops of the paths that may be missing for it.
    """

    half: Half
    shortest: int


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a query, as deep as it needs.

    `near` has the busier surroundings, and goes one hop less where that is possible. A path of one hop is one of
    `far`; one of two or three is one of `near` and the others of `far`; one of four is two of each.

    Attributes:
        near, far: Partial paths by number of hops, each from its own side.
        turned: Whether `near` begins at the targets.
        cut: What the budget left out.
        n_nodes: Of the graph.
    """

    near: tuple[Half, ...]
    far: tuple[Half, ...]
    turned: bool
    cut: tuple[Cut, ...]
    n_nodes: int

    def meeting(self, length: int) -> tuple[Half, Half]:
        """Return the two halves of the paths of a length."""
        own = {1: 0, 2: 1, 3: 1, 4: 2}[length]
        return self.near[own], self.far[length - own]


def grow_sides(graph: Multigraph, query: PathQuery, budget: Budget, priority: Priority) -> Sides:
    """Walk from both sides until they can meet; of the two, the one with fewer edges within reach walks further.

    So a busy node beside one end costs little as long as the other end is a quiet one.
    """
    grower = _Grower(graph, budget.edges, priority)
    sides = [[Half((query.sources,))], [Half((query.targets,))]]
    queries = query, query.turned()
    most = query.lengths[-1]
    if most > 1:
        for side, asked in zip(sides, queries, strict=True):
            side.append(grower.grow(side[0], asked.allowed[0], 1))
    turned = _reach(graph, sides[0][-1]) < _reach(graph, sides[1][-1])
    near, far = sides[turned], sides[not turned]
    masks = queries[not turned].allowed
    if most == 1:
        far.append(grower.grow(far[0], masks[0], 1, near[0].ends))
    if most > 2:
        far.append(grower.grow(far[1], masks[1], 3, near[1].ends if most == 3 else None))
    if most > 3:
        near.append(grower.grow(near[1], queries[turned].allowed[1], 4, far[2].ends))
    return Sides(tuple(near), tuple(far), turned, tuple(grower.cut), graph.n_nodes)


@dataclass(slots=True)
class _Grower:
    graph: Multigraph
    max_edges: int
    priority: Priority
    cut: list[Cut] = field(default_factory=list)

    def grow(self, half: Half, allowed: Mask | None, shortest: int, meeting: Int32 | None = None) -> Half:
        """Add one hop to each partial path, to nodes that are not on it, and to those of `meeting` if given."""
        first, counts = self.graph.spans(half.ends)
        if int(counts.sum()) > self.max_edges:
            kept = self._affordable(half, counts)
            self.cut.append(Cut(half.take(np.flatnonzero(~kept)), shortest))
            half, first, counts = half.take(np.flatnonzero(kept)), first[kept], counts[kept]
        at, edges, reached = self._edges(first, counts) if meeting is None else self._meeting(first, counts, meeting)
        labels = self.graph.labels.take(edges)
        # No edge is a loop, so that the node just left needs no look.
        tests = [column.take(at) != reached for column in half.nodes[:-1]]
        tests += [] if allowed is None else [allowed[labels]]
        if tests:
            fresh = np.flatnonzero(np.logical_and.reduce(tests))
            at, reached, labels = at.take(fresh), reached.take(fresh), labels.take(fresh)
        before = half.take(at)
        return Half((*before.nodes, reached), (*before.labels, labels))

    def _edges(self, first: Int32, counts: Int32) -> tuple[Int64, Int64, Int32]:
        """Return the edges of several nodes: the place of the node, the number of the edge and where it leads."""
        edges = ranges(first, counts)
        return np.repeat(np.arange(len(counts)), counts), edges, self.graph.neighbours.take(edges)

    def _meeting(self, first: Int32, counts: Int32, meeting: Int32) -> tuple[Int64, Int64, Int32]:
        """Return the edges that lead to the nodes of `meeting`; they are few, so that only these are numbered."""
        wanted = np.zeros(self.graph.n_nodes, bool)
        wanted[meeting] = True
        reached = gathered(self.graph.neighbours, first, counts)
        found = np.flatnonzero(wanted.take(reached))
        ends = counts.cumsum(dtype=np.int64)
        found_before = np.searchsorted(found, ends)
        at = np.repeat(np.arange(len(counts)), np.diff(found_before, prepend=0))
        return at, found + (first - ends + counts).take(at), reached.take(found)

    def _affordable(self, half: Half, counts: Int32) -> Mask:
        order = np.argsort(self.priority(half), kind="stable")
        kept = np.zeros(half.size, bool)
        kept[order[counts[order].cumsum() <= self.max_edges]] = True
        return kept


def _reach(graph: Multigraph, half: Half) -> int:
    """Return over how many edges the next hop would walk."""
    return int(graph.spans(half.ends)[1].sum())
