"""Relation walks: the entities or values at the end of a path of relations, each with the triples that lead there."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kg.snapshot import Snapshot
from kg.types import Iri, Step, Triple
from tools.errors import ToolError, UnknownNameError
from tools.result import clipped, marked

MAX_STEPS = 5

Int = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Answer:
    """One end of a walk.

    Attributes:
        witness: The triples of one way there, from the start on.
        flagged: Whether no way leads there but by a fact that the domain's shapes refuse.
    """

    iri_or_literal: str
    label: str
    is_literal: bool
    witness: tuple[Triple, ...]
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class WalkResult:
    """Where a path ends: entities by IRI, values by size; `found` counts those beyond the limit too."""

    start: Iri
    path: tuple[Step, ...]
    answers: tuple[Answer, ...]
    found: int

    @property
    def truncated(self) -> bool:
        return self.found > len(self.answers)

    @property
    def text(self) -> str:
        told = f"{self.found} found: {', '.join(marked(one.label, flagged=one.flagged) for one in self.answers)}"
        return clipped(told if self.found else f"nothing is found along {' / '.join(map(str, self.path))}")

    @property
    def size(self) -> int:
        return len(self.answers)

    @property
    def triples(self) -> tuple[Triple, ...]:
        return tuple(dict.fromkeys(triple for answer in self.answers for triple in answer.witness))


@dataclass(frozen=True, slots=True)
class _Hop:
    """Rows reached, sorted; for each the first row that it was reached from, and the label of the edge between."""

    reached: Int
    sources: Int
    labels: Int


class RelationWalker:
    """Follows relation paths on the integer adjacency; literals, which it lacks, are looked up in the store.

    Args:
        snapshot: The domain.
        trusting: Whether flagged facts count like others. Without it what only they lead to comes last, and is marked.
    """

    def __init__(self, snapshot: Snapshot, *, trusting: bool = False) -> None:
        self._snapshot = snapshot
        self._trusting = trusting
        self._adjacency = snapshot.adjacency if trusting else snapshot.sound
        self._trustful = RelationWalker(snapshot, trusting=True) if snapshot.flagged and not trusting else None
        self._relation_ids = {name: at for at, name in enumerate(snapshot.adjacency.relations)}

    def walk(self, start: Iri, path: Sequence[Step], limit: int) -> WalkResult:
        """Follow a path; see `SparqlTool.walk`."""
        self._check(path)
        if self._trustful is None:
            return WalkResult(start, tuple(path), *self._ends(start, path, limit))
        sound, n_sound = self._ends(start, path, sys.maxsize)
        ends = {one.iri_or_literal for one in sound}
        everything = self._trustful.walk(start, path, sys.maxsize).answers
        doubtful = [replace(one, flagged=True) for one in everything if one.iri_or_literal not in ends]
        return WalkResult(start, tuple(path), (*sound, *doubtful)[:limit], n_sound + len(doubtful))

    def _ends(self, start: Iri, path: Sequence[Step], limit: int) -> tuple[tuple[Answer, ...], int]:
        to_literal = self._is_literal(path[-1])
        hops = self._hops(start, path[:-1] if to_literal else path)
        return self._values(start, hops, path[-1], limit) if to_literal else self._entities(hops, limit)

    def _check(self, path: Sequence[Step]) -> None:
        if not 1 <= len(path) <= MAX_STEPS:
            raise ToolError(f"a path has 1..{MAX_STEPS} steps, got {len(path)}")
        known = self._snapshot.manifest.relations
        for step in path:
            if step.relation not in known:
                raise UnknownNameError(f"there is no relation {step.relation[:60]!r}. Valid: {', '.join(known)}.")
        for at, step in enumerate(path):
            if self._is_literal(step) and (at < len(path) - 1 or step.direction == "inverse"):
                raise ToolError(f"{step.relation} leads to a value, so it can only be the last step, forward")

    def _is_literal(self, step: Step) -> bool:
        schema = self._snapshot.schema.relations.get(self._snapshot.manifest.relations[step.relation].iri)
        return schema is not None and bool(schema.datatype)

    def _hops(self, start: Iri, path: Sequence[Step]) -> list[_Hop]:
        row = self._adjacency.row(start)
        frontier = np.array([] if row is None else [row], np.int64)
        hops: list[_Hop] = []
        for step in path:
            hops.append(self._hop(frontier, step, without=row if hops else None))
            frontier = hops[-1].reached
        return hops

    def _hop(self, frontier: Int, step: Step, *, without: int | None) -> _Hop:
        """Reach what one relation leads to, a symmetric one both ways; one without a triple leads nowhere."""
        relation = self._relation_ids.get(step.relation)
        if relation is None:
            return _Hop(*(np.array([], np.int64) for _ in range(3)))
        label = relation if step.direction == "forward" else ~relation
        first = self._adjacency.indptr[frontier].astype(np.int64)
        counts = self._adjacency.indptr[frontier + 1] - first
        at = np.repeat(np.arange(len(frontier)), counts)
        edges = first[at] + np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        reached = self._adjacency.neighbours[edges].astype(np.int64)
        labels = self._adjacency.labels[edges].astype(np.int64)
        kept = labels == label
        if self._snapshot.manifest.relations[step.relation].symmetric:
            kept |= labels == ~label
        if without is not None:
            kept &= reached != without
        ends, earliest = np.unique(reached[kept], return_index=True)
        return _Hop(ends, frontier[at[kept][earliest]], labels[kept][earliest])

    def _entities(self, hops: Sequence[_Hop], limit: int) -> tuple[tuple[Answer, ...], int]:
        ends = hops[-1].reached
        return tuple(self._entity(int(end), hops) for end in ends[:limit]), len(ends)

    def _entity(self, end: int, hops: Sequence[_Hop]) -> Answer:
        iri = self._adjacency.entities[end]
        return Answer(iri, self._snapshot.label(iri), False, self._chain(end, hops))

    def _values(self, start: Iri, hops: Sequence[_Hop], last: Step, limit: int) -> tuple[tuple[Answer, ...], int]:
        predicate = self._snapshot.manifest.relations[last.relation].iri
        sources = [self._adjacency.entities[row] for row in hops[-1].reached] if hops else [start]
        stated: dict[str, Triple] = {}
        for source in sources:
            for triple in self._snapshot.live.triples(subject=source, predicate=predicate):
                if triple.literal and (self._trusting or not self._snapshot.is_flagged(triple)):
                    stated.setdefault(triple.object, triple)
        values = sorted(stated, key=_by_size)
        return tuple(self._value(stated[value], hops) for value in values[:limit]), len(values)

    def _value(self, triple: Triple, hops: Sequence[_Hop]) -> Answer:
        before = self._chain(self._adjacency.rows[triple.subject], hops) if hops else ()
        return Answer(triple.object, triple.object, True, (*before, triple))

    def _chain(self, end: int, hops: Sequence[_Hop]) -> tuple[Triple, ...]:
        chain: list[Triple] = []
        for hop in reversed(hops):
            at = np.searchsorted(hop.reached, end)
            source = int(hop.sources[at])
            chain.append(self._adjacency.triple(source, int(hop.labels[at]), end))
            end = source
        return tuple(reversed(chain))


def _by_size(value: str) -> tuple[bool, float, str]:
    try:
        return False, float(value), value
    except ValueError:
        return True, 0.0, value
