"""Where two halves meet: the places of the rows that end at the same node, and the paths that they make."""

from dataclasses import dataclass

import numpy as np

from kg.paths.halves import Half, Sides
from kg.paths.multigraph import Int16, Int32, Int64, Mask, ranges

SPARSE = 32
"""Nodes of the graph a look-up from which on searching is faster than a table with a place for every node."""


@dataclass(frozen=True, slots=True)
class PathTable:
    """Simple paths of one length, one a row.

    Attributes:
        nodes: Shape (n_paths, n_hops + 1), from source to target.
        labels: Shape (n_paths, n_hops), as seen from the source; see `Multigraph.labels`.
    """

    nodes: Int32
    labels: Int16

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def hops(self) -> int:
        return int(self.labels.shape[1])

    def take(self, rows: Int64 | Mask) -> "PathTable":
        return PathTable(self.nodes[rows], self.labels[rows])


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two halves of the paths of one length; the `inner` one is sorted by its ends, the `outer` one is gone through.

    Attributes:
        outer_is_near: Which of the two is which.
        turned: Whether the near half begins at the targets.
        first, last: Shape (n_outer,); each outer row meets `inner[first:last]`.
    """

    outer: Half
    inner: Half
    outer_is_near: bool
    turned: bool
    first: Int64
    last: Int64

    @property
    def counts(self) -> Int64:
        return self.last - self.first

    def pairs(self, rows: Int64, first: Int64, counts: Int64) -> tuple[Int64, Int64]:
        """Return outer and inner rows that together are simple paths: `counts` inner ones from `first` on for each."""
        if not len(rows):
            return rows, first
        inner = ranges(first, counts)
        outer = np.repeat(rows, counts)
        others = [other.take(inner) for other in self.inner.nodes[:-1]]
        tests = [one.take(outer) != other for one in self.outer.nodes[:-1] for other in others]
        if not tests:
            return outer, inner
        fresh = np.flatnonzero(np.logical_and.reduce(tests))
        return outer.take(fresh), inner.take(fresh)

    def table(self, outer: Int64, inner: Int64) -> PathTable:
        """Return the paths that pairs of rows make."""
        if not len(outer):
            hops = self.outer.hops + self.inner.hops
            return PathTable(np.empty((0, hops + 1), np.int32), np.empty((0, hops), np.int16))
        own, other = self.outer.take(outer), self.inner.take(inner)
        near, far = (own, other) if self.outer_is_near else (other, own)
        start, end = (far, near) if self.turned else (near, far)
        nodes = (*start.nodes, *end.nodes[-2::-1])
        labels = (*start.labels, *(~one for one in reversed(end.labels)))
        return PathTable(_stacked(nodes, len(outer), np.int32), _stacked(labels, len(outer), np.int16))


def meet(sides: Sides, length: int) -> Meeting:
    """Find which rows of both halves of a length end at the same node."""
    near, far = sides.meeting(length)
    # Whichever is sorted already is searched in; a hop from a single node comes sorted out of the graph.
    outer_is_near = (near.hops, -near.size) > (far.hops, -far.size)
    outer, inner = (near, far) if outer_is_near else (far, near)
    if inner.hops and bool((inner.ends[1:] < inner.ends[:-1]).any()):
        inner = inner.take(np.argsort(inner.ends, kind="stable"))
    first, last = _runs(inner.ends, outer.ends, sides.n_nodes)
    return Meeting(outer, inner, outer_is_near, sides.turned, first, last)


def _runs(inner: Int32, outer: Int32, n_nodes: int) -> tuple[Int64, Int64]:
    """Return where in `inner`, which is sorted, the values equal to each of `outer` begin and end."""
    if len(outer) * SPARSE < n_nodes or not len(inner):
        return np.searchsorted(inner, outer, "left"), np.searchsorted(inner, outer, "right")
    begins = np.flatnonzero(np.diff(inner, prepend=-1))
    first, last = np.zeros(n_nodes, np.int64), np.zeros(n_nodes, np.int64)
    first[inner[begins]] = begins
    last[inner[begins]] = np.append(begins[1:], len(inner))
    return first.take(outer), last.take(outer)


def _stacked(columns: tuple[np.ndarray, ...], n_rows: int, dtype: type[np.integer]) -> np.ndarray:
    table = np.empty((n_rows, len(columns)), dtype)
    for place, column in enumerate(columns):
        table[:, place] = column
    return table
