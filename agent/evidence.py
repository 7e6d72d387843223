"""Evidence: typed pieces of what connects an item to the request and the user's history, before a word is written."""

from dataclasses import dataclass

from kg.types import Iri, Triple


@dataclass(frozen=True, slots=True)
class Fact:
    """One triple about the item.

    Attributes:
        item: The recommended item; it is the triple's subject or its object.
        wished: Whether the request asked for it.
    """

    relation: str
    triple: Triple
    item: Iri
    wished: bool = False

    @property
    def triples(self) -> tuple[Triple, ...]:
        return (self.triple,)

    @property
    def others(self) -> tuple[Iri, ...]:
        """Items beside the recommended one that the piece speaks of by the user's history."""
        return ()


@dataclass(frozen=True, slots=True)
class Shared:
    """An entity that the item and another one have in common by one relation.

    Attributes:
        other: The other item; an example of the request, or one of the user's history.
        value: The user's own value of the other item; None where it is not in the history.
    """

    relation: str
    item: Iri
    other: Iri
    shared: str
    triples: tuple[Triple, ...]
    value: float | None = None

    @property
    def others(self) -> tuple[Iri, ...]:
        return (self.other,)


@dataclass(frozen=True, slots=True)
class Several:
    """An entity that the item has in common with several liked items of the history, by one relation.

    Attributes:
        others: All liked items of the history that are so related to the entity.
        triples: The item's own first, then one for each of the others.
    """

    relation: str
    item: Iri
    shared: str
    others: tuple[Iri, ...]
    triples: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """Two years: the item's and that of an example or a liked item of the history.

    Attributes:
        triples: The item's, and the other one's.
        value: The user's own value of the other item; None where it is not in the history.
    """

    relation: str
    item: Iri
    other: Iri
    triples: tuple[Triple, Triple]
    value: float | None = None

    @property
    def others(self) -> tuple[Iri, ...]:
        return (self.other,)

    @property
    def years(self) -> tuple[int, int]:
        """The item's year and the other one's."""
        return year_of(self.triples[0].object), year_of(self.triples[1].object)


@dataclass(frozen=True, slots=True)
class Moved:
    """The item of the history that adds most to the item's score."""

    item: Iri
    other: Iri
    value: float | None = None

    @property
    def triples(self) -> tuple[Triple, ...]:
        return ()

    @property
    def others(self) -> tuple[Iri, ...]:
        return (self.other,)


Evidence = Fact | Shared | Several | Dated | Moved


def year_of(literal: str) -> int:
    """Return the year that a literal begins with ("1979", "1979-05-25"); 0 where it is none."""
    head = literal.split("-", maxsplit=1)[0].removesuffix(".0")
    return int(head) if head.isascii() and head.isdigit() and len(head) == 4 else 0
