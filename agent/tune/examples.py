"""What the specialist learns from: requests whose meaning is known, because they were made from it."""

from dataclasses import dataclass, field

from kg.types import Iri


@dataclass(frozen=True, slots=True)
class Slot:
    """A place of a text where an entity is named, and the value that a plan gives to that name."""

    iri: Iri
    value: str


@dataclass(frozen=True, slots=True)
class Example:
    """A request and its meaning.

    Attributes:
        text: The request; `{0}`, `{1}`, ... stand for the names.
        slots: The entities, in the order of the numbers.
        meaning: The fields of the meaning beside the names.
        kind: What it teaches, for reports: "1 hop", "count", "wish".
    """

    text: str
    slots: tuple[Slot, ...]
    meaning: dict[str, str] = field(default_factory=dict)
    kind: str = ""
