"""Multi-hop path reasoning between entities: patterns of relations, hubs penalised, the best paths as text."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from kg.adjacency import Adjacency
from kg.errors import PathQueryError
from kg.paths import BestPaths, Budget, PathCosts, PathQuery, RankedPath, best_paths, mask_of, parse_pattern
from kg.snapshot import Snapshot
from kg.types import Hop, Iri, Path, Step, Triple
from kg.users import user_of
from tools.errors import ToolError, UnknownNameError
from tools.result import MAX_TEXT, clipped

DEFAULT_HOPS = 3

LIKES_WEIGHT = 0.5
"""Of the relation between users and items, which no manifest speaks of: a taste in common says less than a fact."""


@dataclass(frozen=True, slots=True)
class PathsResult:
    """Paths, best first, ties in the order of their entities.

    Attributes:
        found: How many paths there are, those beyond the limit too; at least so many where it is not `exhaustive`.
        texts: Each path as text.
        asked: Which paths were asked for, as text.
        exhaustive: Whether every path was looked at. Without it the list is exact all the same, unless `truncated`.
        truncated: Whether the budget ended the search before it was sure that no better path is left.
    """

    paths: tuple[Path, ...]
    found: int
    texts: tuple[str, ...]
    asked: str = f"of up to {DEFAULT_HOPS} hops"
    exhaustive: bool = True
    truncated: bool = False

    @property
    def text(self) -> str:
        if not self.truncated:
            return clipped("; ".join(self.texts) or f"no path {self.asked}")
        note = " (the search was cut short; there may be better paths)"
        return clipped("; ".join(self.texts) or "no path found", MAX_TEXT - len(note)) + note

    @property
    def size(self) -> int:
        return len(self.paths)

    @property
    def triples(self) -> tuple[Triple, ...]:
        return tuple(dict.fromkeys(triple for path in self.paths for triple in path.triples))


class PathReasoner:
    """The tool `find_paths`.

    A path's score is the product of its relations' weights (geometric mean), of 1 / log2(2 + degree) for each entity
    between its ends, and of `kg.paths.costs.LENGTH_PENALTY` for each hop after the first.

    Args:
        snapshot: Labels and weights of relations.
        adjacency: The edges to walk, if not the snapshot's sound ones; with those of `kg.users.with_users` paths lead
            through users, too.
        budget: What one search may take.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        adjacency: Adjacency | None = None,
        *,
        budget: Budget = Budget(),  # noqa: B008 - frozen
    ) -> None:
        self._snapshot = snapshot
        self._adjacency = snapshot.sound if adjacency is None else adjacency
        self._budget = budget
        self._graph = self._adjacency.graph
        relations = snapshot.manifest.relations
        weights = [relations[name].weight if name in relations else LIKES_WEIGHT for name in self._adjacency.relations]
        self._costs = PathCosts.penalising_hubs(np.maximum(weights, 1e-3), self._graph.degrees)

    def between(
        self,
        source: Iri | Collection[Iri],
        target: Iri | Collection[Iri],
        *,
        max_hops: int = DEFAULT_HOPS,
        limit: int = 10,
        pattern: str | None = None,
        relations: Collection[str] | None = None,
    ) -> PathsResult:
        """Return the best simple paths from one entity, or any of several, to another, or any of several.

        Args:
            source: Where a path begins.
            target: Where it ends.
            max_hops: Most hops, 1..4; a pattern says itself how many there are.
            limit: Length of the list.
            pattern: What each hop may be, as `kg.paths.parse_pattern` reads it: "author/^author", "genre|^genre/*".
            relations: The relations that any hop may be, in either direction; None: all.

        Raises:
            UnknownNameError: An entity has no edges in the graph.
            ToolError: A number is out of its range, or a pattern or a relation is unknown.
        """
        if limit < 1:
            raise ToolError(f"limit must be at least 1, got {limit}")
        try:
            query, asked = self._query(self._rows(source), self._rows(target), max_hops, pattern, relations)
            best = best_paths(self._graph, query, self._costs, k=limit, budget=self._budget)
        except PathQueryError as error:
            raise ToolError(str(error)) from error
        return self._result(best, asked)

    def say(self, path: Path) -> str:
        """Return a path as text: labels joined by arrows that name the relation and point from subject to object."""
        parts = [self._label(path.entities[0])]
        for hop, entity in zip(path.hops, path.entities[1:], strict=True):
            arrow = f"-{hop.relation}->" if hop.direction == "forward" else f"<-{hop.relation}-"
            parts += [arrow, self._label(entity)]
        return " ".join(parts)

    def _query(
        self,
        sources: list[int],
        targets: list[int],
        max_hops: int,
        pattern: str | None,
        relations: Iterable[str] | None,
    ) -> tuple[PathQuery, str]:
        names = self._adjacency.relations
        if pattern is not None:
            if relations is not None:
                raise ToolError("give a pattern or relations, not both: a pattern names its relations")
            hops = [mask_of(hop, names) for hop in parse_pattern(pattern)]
            return PathQuery.along(sources, targets, hops), f"along {pattern}"
        steps = None if relations is None else [s for name in relations for s in (Step(name), Step(name, "inverse"))]
        query = PathQuery.between(sources, targets, max_hops=max_hops, allowed=mask_of(steps, names))
        return query, f"of up to {max_hops} hops"

    def _result(self, best: BestPaths, asked: str) -> PathsResult:
        paths = tuple(self._path(one) for one in best.paths)
        texts = tuple(self.say(path) for path in paths)
        return PathsResult(paths, best.found, texts, asked, best.exhaustive, best.truncated)

    def _rows(self, entities: Iri | Collection[Iri]) -> list[int]:
        return [self._row(iri) for iri in ([Iri(entities)] if isinstance(entities, str) else entities)]

    def _row(self, iri: Iri) -> int:
        row = self._adjacency.row(iri)
        if row is None:
            raise UnknownNameError(f"{iri} has no relations in this graph")
        return row

    def _label(self, iri: Iri) -> str:
        user = user_of(iri)
        return self._snapshot.label(iri) if user is None else f"user {user}"

    def _path(self, found: RankedPath) -> Path:
        adjacency = self._adjacency
        hops = tuple(
            Hop(
                adjacency.relations[label if label >= 0 else ~label],
                "forward" if label >= 0 else "inverse",
                adjacency.triple(found.nodes[at], label, found.nodes[at + 1]),
            )
            for at, label in enumerate(found.labels)
        )
        return Path(tuple(Iri(adjacency.entities[row]) for row in found.nodes), hops, found.score)
