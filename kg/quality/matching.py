"""How likely two entities are one, as the sum of what speaks for and against it (Fellegi and Sunter, 1969)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from kg import namespaces as ns
from kg.labels import fold
from kg.quality.similarity import EXCHANGED, name_similarity
from kg.quality.view import End, GraphView

PRIOR = 1.5
"""Bits for two entities of which only a name, which no third one has, is known to agree: more likely one than not."""

SPELLING = 25.0
"""Bits lost where names have nothing in common; a slip of the pen in a dozen letters costs two."""

LEAST_NAME = 0.7
"""Names less alike than this are of two entities, whatever they share: brothers share all their films."""

SHARED, MOST_SHARED = 0.8, 16.0
"""Facts are not independent (who shares a cast shares a studio), so each bit of agreement counts for less."""

LISTED_BOTH = 0.5
"""What is left of that where one subject names both, spelt unlike, by one relation: lists name what differs, too."""

OTHER_NUMBER, NEAR_NUMBER = 24.0, 2.0
"""Bits against, for another number (a remake's year), or one that is off by one, where there should be one only."""

OTHER_OBJECTS, OTHER_SINGLE = 1.5, 3.0
"""Bits against, for having objects by one relation and none in common; the second where each has one object only."""

TWO_SPELLINGS = 1.5
"""Bits for labels that differ in accents, case or points only: who knows two namesakes does not spell them apart so."""

MAX_NAMES = 6
"""Names of an entity that are compared."""

CERTAIN = 0.99


@dataclass(frozen=True, slots=True)
class Match:
    """What was found of a pair.

    Attributes:
        probability: That the two are one.
        name: How alike their names are, in [0, 1].
        shared: What both are connected to, rarest first.
        against: What they differ in, in words.
    """

    probability: float
    name: float
    shared: tuple[str, ...]
    against: tuple[str, ...]


class Matcher:
    """Compares entities of one graph."""

    def __init__(self, view: GraphView) -> None:
        self._view = view

    def comparable(self, one: str, other: str) -> bool:
        """Tell whether two entities may be one: they have a class in common, or one of them has none."""
        left, right = self._view.types.get(one), self._view.types.get(other)
        return not left or not right or not left.isdisjoint(right)

    def match(self, one: str, other: str) -> Match:
        """Compare two entities."""
        view = self._view
        name, text = self._best_names(one, other)
        if name < LEAST_NAME:
            return Match(0.0, name, (), ())
        against_bits, against = self._against(one, other)
        shared_bits, shared = self._shared(one, other, LISTED_BOTH if name < EXCHANGED else 1.0)
        called = len(view.by_name.get(text, ())) if name == 1.0 else 2
        bits = PRIOR - SPELLING * (1 - name) - math.log2(max(called, 2) / 2) + shared_bits - against_bits
        bits += TWO_SPELLINGS * self._spelt_apart(one, other)
        return Match(min(CERTAIN, 1 / (1 + 2.0**-bits)), name, shared, against)

    def _best_names(self, one: str, other: str) -> tuple[float, str]:
        pairs = product(self._view.names.get(one, ())[:MAX_NAMES], self._view.names.get(other, ())[:MAX_NAMES])
        return max(((name_similarity(left, right), left) for left, right in pairs), default=(0.0, ""))

    def _spelt_apart(self, one: str, other: str) -> bool:
        """Tell whether two labels fold to one name and are not the same text."""
        left, right = ({label.value for label in self._view.labels.get(iri, ())} for iri in (one, other))
        return left.isdisjoint(right) and not {fold(text) for text in left}.isdisjoint(map(fold, right))

    def _shared(self, one: str, other: str, listed: float) -> tuple[float, tuple[str, ...]]:
        """Return the bits for common neighbours and numbers; a neighbour in several roles counts in its rarest."""
        view = self._view
        bits: dict[str, float] = {}
        for end in set(view.ends.get(one, ())) & set(view.ends.get(other, ())):
            rarity = math.log2(max(1.0, self._populations[end[:2]] / view.end_sizes[end]))
            bits[end[2]] = max(bits.get(end[2], 0.0), rarity if end[1] else listed * rarity)
        for predicate, value in self._common_values(one, other):
            entities = self._with_values.get(predicate, 1)
            bits[value] = math.log2(max(1.0, entities / self._value_sizes[predicate, value]))
        order = sorted(bits, key=lambda key: (-bits[key], key))
        return min(MOST_SHARED, SHARED * sum(bits.values())), tuple(order)

    def _common_values(self, one: str, other: str) -> list[tuple[str, str]]:
        left, right = self._view.values.get(one, {}), self._view.values.get(other, {})
        return [(predicate, value) for predicate in left for value in left[predicate] & right.get(predicate, set())]

    def _against(self, one: str, other: str) -> tuple[float, tuple[str, ...]]:
        view, bits, words = self._view, 0.0, []
        left, right = view.values.get(one, {}), view.values.get(other, {})
        for predicate in left.keys() & right.keys():
            if left[predicate].isdisjoint(right[predicate]) and view.singular.get(predicate, 0) > 0.9:
                bits += NEAR_NUMBER if _near(left[predicate], right[predicate]) else OTHER_NUMBER
                words.append(ns.local_name(predicate))
        mine, theirs = _objects(view.ends.get(one, ())), _objects(view.ends.get(other, ()))
        for predicate in mine.keys() & theirs.keys():
            if mine[predicate].isdisjoint(theirs[predicate]):
                bits += OTHER_OBJECTS + OTHER_SINGLE * view.singular.get(predicate, 0)
                words.append(ns.local_name(predicate))
        return bits, tuple(sorted(words))

    @cached_property
    def _populations(self) -> dict[tuple[str, bool], int]:
        """How many entities have any connection by a predicate and role."""
        return {
            (predicate, forward): len({pair[0 if forward else 1] for pair in pairs})
            for predicate, pairs in self._view.links.items()
            for forward in (True, False)
        }

    @cached_property
    def _value_sizes(self) -> dict[tuple[str, str], int]:
        sizes: dict[tuple[str, str], int] = {}
        for values in self._view.values.values():
            for predicate, found in values.items():
                for value in found:
                    sizes[predicate, value] = sizes.get((predicate, value), 0) + 1
        return sizes

    @cached_property
    def _with_values(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for values in self._view.values.values():
            for predicate in values:
                counts[predicate] = counts.get(predicate, 0) + 1
        return counts


def _objects(ends: Iterable[End]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for predicate, forward, other in ends:
        if forward:
            found.setdefault(predicate, set()).add(other)
    return found


def _near(left: Iterable[str], right: Iterable[str]) -> bool:
    return any(abs(one - other) <= 1 for one in _floats(left) for other in _floats(right))


def _floats(values: Iterable[str]) -> Sequence[float]:
    found = []
    for value in values:
        try:
            found.append(float(value))
        except ValueError:  # an ill-typed literal is near to nothing
            continue
    return found
