"""Wishes that compare: "like A but shorter", "older than B", as a range of the number that the graph states."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.asking import asked_of, known_asked
from kg.namespaces import local_name
from kg.snapshot import Snapshot
from kg.types import Iri
from tools.constraints import RangeConstraint

_THAN = re.compile(r"\s+than\s+(?:the\s+)?(\x00+)")
_SMALL = r"(?:(?:much|even|far|rather|somewhat|slightly|a\s+(?:bit|little|lot))\s+)*"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparative of a wish.

    Attributes:
        word: As it stands in the request.
        noun: What is compared ("year", "running time").
        relation: The numeric relation that states it; None where the graph has none.
        more: Whether the larger number is wanted.
        than: Place of the name after "than"; None: there is none.
    """

    word: str
    noun: str
    relation: str | None
    more: bool
    start: int
    end: int
    than: int | None = None


class Comparatives:
    """Finds the comparatives that a domain can, or cannot, answer to."""

    def __init__(self, snapshot: Snapshot) -> None:
        manifest, schema = snapshot.manifest, snapshot.schema.relations
        known = [(iri, asked) for iri, asked in known_asked().items() if asked.more or asked.less]
        self._meant: dict[str, tuple[str, str | None, bool]] = {}
        for _, asked in known:
            for word in (*asked.more, *asked.less):
                alike = [one.nouns for _, one in known if word in (*one.more, *one.less)]
                shared = [noun for noun in alike[0] if all(noun in nouns for nouns in alike)]
                self._meant[word] = ((shared or alike[0])[0], None, word in asked.more)
        for name, relation in manifest.relations.items():
            if relation.iri in schema and schema[relation.iri].is_numeric:
                by_noun = [asked for iri, asked in known if relation.noun in (local_name(iri), *asked.nouns)]
                for asked in (*by_noun, asked_of(manifest, name)):
                    self._meant |= dict.fromkeys(asked.more, (relation.noun, name, True))
                    self._meant |= dict.fromkeys(asked.less, (relation.noun, name, False))
        words = "|".join(map(re.escape, sorted(self._meant, key=len, reverse=True)))
        self._pattern = re.compile(rf"\b{_SMALL}({words})\b", re.IGNORECASE) if words else None

    def read(self, masked: str) -> Iterator[Comparison]:
        """Yield the comparatives of a wish whose names are masked by NULs."""
        for match in self._pattern.finditer(masked) if self._pattern else ():
            noun, relation, more = self._meant[match[1].lower()]
            than = _THAN.match(masked, match.end())
            yield Comparison(
                match[1], noun, relation, more, match.start(), match.end(), than.start(1) if than is not None else None
            )


def compared(snapshot: Snapshot, one: Comparison, examples: Iterable[str]) -> tuple[RangeConstraint | None, str | None]:
    """Return the range that a comparison asks for, and what is to be told where there is none.

    Of several examples each is to be surpassed; one whose number the graph does not state is passed over.

    Args:
        snapshot: The domain.
        one: The comparison.
        examples: IRIs of the items that it compares with.
    """
    said = f"so I leave “{one.word}” out"
    if one.relation is None:
        return None, f"The graph holds no {one.noun} of {snapshot.manifest.items.plural}, {said}."
    columns, numbers = snapshot.item_columns, snapshot.numbers[one.relation]
    known = [iri for iri in examples if iri in columns]
    if not known:
        return None, f"I do not know what is to be compared, {said}."
    values = [float(numbers[columns[iri]]) for iri in known]
    values = [value for value in values if not math.isnan(value)]
    if not values:
        named = ", ".join(f"“{snapshot.label(Iri(iri))}”" for iri in known)
        return None, f"The graph states no {one.noun} for {named}, {said}."
    bound = max(values) if one.more else min(values)
    low, high = (_next(bound, 1), math.inf) if one.more else (-math.inf, _next(bound, -1))
    return RangeConstraint(one.relation, low, high), None


def _next(value: float, step: int) -> float:
    """Return the next number: of years and minutes the next whole one, since that is how they are told."""
    return value + step if value.is_integer() else math.nextafter(value, step * math.inf)
