"""The values that every floor speaks of."""

from dataclasses import dataclass
from typing import Literal, NewType

Iri = NewType("Iri", str)
"""A full IRI, never abbreviated."""

Row = NewType("Row", int)
"""A dense number of an entity or an item, valid within one snapshot only."""

Direction = Literal["forward", "inverse"]


@dataclass(frozen=True, slots=True, order=True)
class Triple:
    """One statement of the graph.

    Attributes:
        subject: An IRI.
        predicate: An IRI.
        object: An IRI, or the lexical form of a literal.
        literal: Whether `object` is a literal.
    """

    subject: Iri
    predicate: Iri
    object: str
    literal: bool = False

    @property
    def row(self) -> tuple[str, str, str]:
        return self.subject, self.predicate, self.object


@dataclass(frozen=True, slots=True)
class Step:
    """One relation of a relation path, walked forward (subject to object) or inverse."""

    relation: str
    direction: Direction = "forward"

    def __str__(self) -> str:
        return self.relation if self.direction == "forward" else f"^{self.relation}"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a path between two entities, with the triple that it rests on."""

    relation: str
    direction: Direction
    triple: Triple


@dataclass(frozen=True, slots=True)
class Path:
    """A simple path between two entities.

    Attributes:
        entities: Entities along the path, first to last; one more than `hops`.
        hops: The steps between them.
        score: Higher is better; in (0, 1].
    """

    entities: tuple[Iri, ...]
    hops: tuple[Hop, ...]
    score: float

    @property
    def triples(self) -> tuple[Triple, ...]:
        return tuple(hop.triple for hop in self.hops)
