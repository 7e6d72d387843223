"""Multi-hop path reasoning on the integer adjacency: all simple paths between two entities, hubs penalised."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.snapshot import Snapshot
from kg.types import Hop, Iri, Path, Triple
from tools.errors import ToolError, UnknownNameError
from tools.result import clipped

MAX_HOPS = 3
LENGTH_PENALTY = 0.5
"""Factor for each hop after the first: an explanation of three hops is worth half of one of two."""

Int = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PathsResult:
    """Paths, best first, ties in the order of their entities; `found` counts those beyond the limit too."""

    paths: tuple[Path, ...]
    found: int
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        return clipped("; ".join(self.texts) or "no path of up to 3 hops")

    @property
    def size(self) -> int:
        return len(self.paths)

    @property
    def triples(self) -> tuple[Triple, ...]:
        return tuple(dict.fromkeys(triple for path in self.paths for triple in path.triples))


class PathReasoner:
    """The tool `find_paths`.

    A path's score is the product of its relations' weights (geometric mean), of 1 / log2(2 + degree) for each entity
    between its ends, and of `LENGTH_PENALTY` for each hop after the first.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._adjacency = snapshot.adjacency
        relations = snapshot.manifest.relations
        self._weights = np.array([max(relations[name].weight, 1e-3) for name in self._adjacency.relations])
        self._specific = 1.0 / np.log2(2.0 + self._adjacency.degrees)

    def between(self, source: Iri, target: Iri, *, max_hops: int = MAX_HOPS, limit: int = 10) -> PathsResult:
        """Return the best simple paths from one entity to another.

        Raises:
            UnknownNameError: An entity has no edges in the graph.
            ToolError: `max_hops` is not in 1..3, or `limit` is below 1.
        """
        if not 1 <= max_hops <= MAX_HOPS:
            raise ToolError(f"max_hops must be in 1..{MAX_HOPS}, got {max_hops}")
        if limit < 1:
            raise ToolError(f"limit must be at least 1, got {limit}")
        start, end = self._row(source), self._row(target)
        nodes, labels = self.rows_between(start, end, max_hops) if start != end else ([], [])
        scored = [self._scores(*table) for table in zip(nodes, labels, strict=True)]
        ranked = sorted(
            (
                (-float(scores[at]), tuple(nodes[length][at].tolist()), tuple(labels[length][at].tolist()))
                for length, scores in enumerate(scored)
                for at in _top(scores, limit)
            ),
        )[:limit]
        paths = tuple(self._path(rows, edges, -score) for score, rows, edges in ranked)
        return PathsResult(paths, sum(map(len, scored)), tuple(self.say(path) for path in paths))

    def rows_between(self, start: int, end: int, max_hops: int) -> tuple[list[Int], list[Int]]:
        """Return all simple paths as arrays, one pair a length: rows (n, hops + 1) and edge labels (n, hops)."""
        if self._adjacency.degrees[end] > self._adjacency.degrees[start]:
            nodes, labels = self._expanded(end, start, max_hops)
            return [table[:, ::-1] for table in nodes], [~table[:, ::-1] for table in labels]
        return self._expanded(start, end, max_hops)

    def say(self, path: Path) -> str:
        """Return a path as text: labels joined by arrows that name the relation and point from subject to object."""
        parts = [self._snapshot.label(path.entities[0])]
        for hop, entity in zip(path.hops, path.entities[1:], strict=True):
            arrow = f"-{hop.relation}->" if hop.direction == "forward" else f"<-{hop.relation}-"
            parts += [arrow, self._snapshot.label(entity)]
        return " ".join(parts)

    def _row(self, iri: Iri) -> int:
        row = self._adjacency.row(iri)
        if row is None:
            raise UnknownNameError(f"{iri} has no relations in this graph")
        return row

    def _expanded(self, start: int, end: int, max_hops: int) -> tuple[list[Int], list[Int]]:
        """Walk from the better connected end; the last hop is a look-up among the other end's neighbours."""
        nodes = np.array([[start]], np.int64)
        labels = np.empty((1, 0), np.int64)
        found_nodes, found_labels = [], []
        before_end = np.zeros(len(self._adjacency.entities), bool)
        before_end[self._adjacency.edges(end)[0]] = True
        for hop in range(1, max_hops + 1):
            closing = before_end[nodes[:, -1]]
            last_nodes, last_labels = self._closed(nodes[closing], labels[closing], end)
            found_nodes.append(last_nodes)
            found_labels.append(last_labels)
            if hop < max_hops:
                nodes, labels = self._grown(nodes, labels, end, before_end if hop == max_hops - 1 else None)
        return found_nodes, found_labels

    def _grown(self, nodes: Int, labels: Int, end: int, kept: Mask | None) -> tuple[Int, Int]:
        at, edges = self._edges_of(nodes[:, -1])
        reached = self._adjacency.neighbours[edges].astype(np.int64)
        fresh = (reached != end) & (nodes[at] != reached[:, None]).all(axis=1)
        if kept is not None:
            fresh &= kept[reached]
        at, edges, reached = at[fresh], edges[fresh], reached[fresh]
        step = self._adjacency.labels[edges].astype(np.int64)
        return np.column_stack([nodes[at], reached]), np.column_stack([labels[at], step])

    def _closed(self, nodes: Int, labels: Int, end: int) -> tuple[Int, Int]:
        neighbours, edge_labels = self._adjacency.edges(end)
        first = np.searchsorted(neighbours, nodes[:, -1], "left")
        counts = np.searchsorted(neighbours, nodes[:, -1], "right") - first
        at = np.repeat(np.arange(len(nodes)), counts)
        offsets = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        step = ~edge_labels[first[at] + offsets].astype(np.int64)
        return np.column_stack([nodes[at], np.full(len(at), end)]), np.column_stack([labels[at], step])

    def _edges_of(self, rows: Int) -> tuple[Int, Int]:
        first = self._adjacency.indptr[rows].astype(np.int64)
        counts = self._adjacency.indptr[rows + 1] - first
        at = np.repeat(np.arange(len(rows)), counts)
        offsets = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        return at, first[at] + offsets

    def _scores(self, nodes: Int, labels: Int) -> npt.NDArray[np.float64]:
        # Sorted: a sum depends on its order in the last bit, and paths of the same relations must tie.
        weights = np.sort(self._weights[np.where(labels >= 0, labels, ~labels)], axis=1)
        hubs = self._specific[nodes[:, 1:-1]].prod(axis=1)
        scores: npt.NDArray[np.float64] = (
            np.exp(np.log(weights).mean(axis=1)) * hubs * LENGTH_PENALTY ** (labels.shape[1] - 1)
        )
        return scores

    def _path(self, rows: tuple[int, ...], labels: tuple[int, ...], score: float) -> Path:
        adjacency = self._adjacency
        hops = tuple(
            Hop(
                adjacency.relations[label if label >= 0 else ~label],
                "forward" if label >= 0 else "inverse",
                adjacency.triple(rows[at], label, rows[at + 1]),
            )
            for at, label in enumerate(labels)
        )
        return Path(tuple(Iri(adjacency.entities[row]) for row in rows), hops, score)


def _top(scores: npt.NDArray[np.float64], limit: int) -> Int:
    """Return where the best scores are, with every one that ties with the last, so that ties are cut in one order."""
    if len(scores) <= limit:
        return np.arange(len(scores))
    threshold = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return np.flatnonzero(scores >= threshold)
