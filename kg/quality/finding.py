"""What a check of a graph finds: the entities or triples concerned, why, how sure, and what would mend it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import pyoxigraph as ox

from kg.changes import Change
from kg.quality.view import GraphView

Progress = Callable[[str], None]

NO_CHANGE = Change()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that seems wrong.

    Attributes:
        kind: The name of the check.
        entities: IRIs concerned, the one at fault first; predicates where relations are at fault.
        confidence: How likely it is a fault, in (0, 1).
        reason: In words, for whoever decides.
        triples: The triples concerned, where they are few enough to name.
        change: What would mend it; empty where only a person can say.
    """

    kind: str
    entities: tuple[str, ...]
    confidence: float
    reason: str
    triples: tuple[ox.Triple, ...] = ()
    change: Change = NO_CHANGE

    @property
    def key(self) -> tuple[str, frozenset[str], frozenset[ox.Triple]]:
        """What makes two findings the same one, whatever else is said of it."""
        return self.kind, frozenset(self.entities), frozenset(self.triples)


class Finder(ABC):
    """Looks for one kind of fault; a subclass with a `kind` is in the registry by being defined."""

    kind: ClassVar[str]
    title: ClassVar[str]
    """What the kind is called where it is counted, in the plural."""

    @abstractmethod
    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        """Yield what is wrong, in a stable order."""


def finders() -> dict[str, type[Finder]]:
    """Return the kinds of checks there are, by name, in the order of their definition."""
    return {cls.kind: cls for cls in Finder.__subclasses__()}
