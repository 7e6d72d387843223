"""The tool `link_entities`: which entities a name may mean, with what tells them apart."""

from dataclasses import dataclass

from kg import namespaces as ns
from kg.linking import Candidate
from kg.snapshot import Snapshot
from kg.types import Iri, Triple
from tools.result import clipped


@dataclass(frozen=True, slots=True)
class LinkedEntity:
    """An entity that a name may mean; `told_apart` is its label with its class and the last part of its IRI."""

    iri: Iri
    label: str
    told_apart: str
    score: float
    match: str


@dataclass(frozen=True, slots=True)
class LinkResult:
    """The entities that a name may mean, best first, and the triples that name them so."""

    name: str
    entities: tuple[LinkedEntity, ...]
    triples: tuple[Triple, ...]

    @property
    def text(self) -> str:
        listed = "; ".join(f"{one.told_apart} {one.score:.2f}" for one in self.entities)
        return clipped(f"{self.name} may mean: {listed}" if listed else f"nothing is named {self.name}")

    @property
    def size(self) -> int:
        return len(self.entities)


class EntityFinder:
    """Links names and tells namesakes apart."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def link(self, name: str, limit: int = 5) -> LinkResult:
        """Return the entities that a name may mean, exactly, by an alias, by a prefix or by a near spelling."""
        found = self._snapshot.linker.link(name, limit)
        triples = tuple(triple for one in found for triple in self._naming(one))
        return LinkResult(name, tuple(self._entity(one) for one in found), triples)

    def told_apart(self, iri: str) -> str:
        """Return a label with the entity's class and IRI ending, so that namesakes differ."""
        return f"{self._snapshot.label(iri)} ({self._snapshot.entity_class(iri)} {ns.local_name(iri)})"

    def _entity(self, one: Candidate) -> LinkedEntity:
        label = self._snapshot.label(one.iri)
        return LinkedEntity(one.iri, label, self.told_apart(one.iri), one.score, one.match)

    def _naming(self, one: Candidate) -> list[Triple]:
        settings = self._snapshot.manifest.graph
        return [
            triple
            for predicate in (*settings.label, *settings.alias)
            for triple in self._snapshot.store.triples(subject=one.iri, predicate=predicate)
            if triple.object == one.label
        ]
