"""Names that a wish gives by a relation: "something by the director of A", "like B, with the same author"."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kg.snapshot import Snapshot
from kg.types import Iri

_BY = r"\b(?:by|with|from|starring|featuring|of)\s+"


class Placed(Protocol):
    """A name at its place in the text."""

    @property
    def iri(self) -> Iri: ...
    @property
    def kind(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Derived:
    """An entity that is named by what it is to another.

    Attributes:
        start, end: Its place in the text.
        iris: What the graph states; any of them will do; empty where it states none.
        of: The entity that it is named by.
        keeps: Whether that is named for its own sake, too ("like A, by the same director").
        noun: The word for the relation.
    """

    start: int
    end: int
    iris: tuple[Iri, ...]
    of: Iri
    keeps: bool
    noun: str


class DerivedNames:
    """Finds such names in one domain.

    Args:
        snapshot: The domain.
        nouns: The relation by each word for its object, in lower case.
    """

    def __init__(self, snapshot: Snapshot, nouns: Mapping[str, str]) -> None:
        self._snapshot = snapshot
        schema = snapshot.schema.relations
        relations = {name: one.iri for name, one in snapshot.manifest.relations.items() if one.iri in schema}
        entities = {name for name, iri in relations.items() if not schema[iri].datatype}
        self._nouns = {noun: relations[name] for noun, name in nouns.items() if name in entities}
        said = "|".join(map(re.escape, sorted(self._nouns, key=len, reverse=True)))
        self._of = re.compile(
            rf"{_BY}((?:the|an?|one\s+of\s+the|any\s+of\s+the)\s+(?:same\s+)?({said})\s+(?:of|in|for|behind|as(?:\s+in)?)\s+(\x00+))",
            re.IGNORECASE,
        )
        self._owned = re.compile(rf"{_BY}((\x00+)['’]s\s+({said}))\b", re.IGNORECASE)
        self._same = re.compile(rf"{_BY}(the\s+same\s+({said}))\b(?!\s+as\b)", re.IGNORECASE)

    def find(self, masked: str, names: Sequence[Placed], negations: Iterable[int]) -> list[Derived]:
        """Return the names that are given by a relation, in the order of the text.

        Args:
            masked: The wish, its names masked by NULs.
            names: These names.
            negations: Where negations end; what one stands right before is no wish for it.
        """
        if not self._nouns:
            return []
        starts, found = {one.start: one for one in names}, list[Derived]()
        for match in self._of.finditer(masked):
            found += self._derived(match.span(1), match[2], starts.get(match.start(3)), keeps=False)
        for match in self._owned.finditer(masked):
            found += self._derived(match.span(1), match[3], starts.get(match.start(2)), keeps=False)
        for match in self._same.finditer(masked):
            items = [one for one in names if one.kind == "item" and one.start < match.start()]
            found += self._derived(match.span(1), match[2], items[-1] if items else None, keeps=True)
        ends = list(negations)
        free = [one for one in found if not any(end <= one.start <= end + len(" by ") for end in ends)]
        return sorted(free, key=lambda one: one.start)

    def _derived(self, span: tuple[int, int], noun: str, of: Placed | None, *, keeps: bool) -> list[Derived]:
        if of is None:
            return []
        triples = self._snapshot.live.triples(subject=of.iri, predicate=self._nouns[noun.lower()])
        iris = tuple(sorted({Iri(one.object) for one in triples if not one.literal}))
        return [Derived(*span, iris, of.iri, keeps, noun)]
