"""Literals where a relation has entities."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pyoxigraph as ox

from kg import namespaces as ns
from kg.changes import Change
from kg.labels import fold
from kg.quality.finding import Finder, Finding, Progress
from kg.quality.view import GraphView, link, literal_of

BETWEEN_ENTITIES = 0.8
"""A predicate of whose objects this share are entities is a relation between entities."""


class LiteralsForEntities(Finder):
    """Finds literal objects of relations between entities; the entity so called, if it is one, would take the place."""

    kind = "literal"
    title = "literals where entities belong"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Looking for literals where entities belong")
        for predicate, pairs in view.literals.items():
            between = len(view.links.get(predicate, ()))
            share = between / (between + len(pairs))
            if share >= BETWEEN_ENTITIES:
                named = _objects_by_name(view, predicate)
                for subject, literal in pairs:
                    yield self._finding(view, (subject, predicate, literal), named, share)

    def _finding(
        self, view: GraphView, fact: tuple[str, str, ox.Literal], named: dict[str, Counter[str]], share: float
    ) -> Finding:
        subject, predicate, literal = fact
        triple = literal_of(*fact)
        meant = _meant(view, literal, named)
        said = f"{meant} is called so" if meant else "no one entity is called so"
        reason = (
            f"{ns.local_name(predicate)} of {view.name(subject)} is the text {literal.value!r}, while {share:.1%} of "
            f"its objects are entities; {said}."
        )
        change = Change((triple,), (link(subject, predicate, meant),) if meant else ())
        return Finding(self.kind, (subject, predicate), 0.99 if meant else 0.9, reason, (triple,), change)


def _objects_by_name(view: GraphView, predicate: str) -> dict[str, Counter[str]]:
    """Return how often each object of a relation is pointed at, by its folded names."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for obj, count in Counter(obj for _, obj in view.links.get(predicate, ())).items():
        for name in view.names.get(obj, ()):
            found[name][obj] = count
    return found


def _meant(view: GraphView, literal: ox.Literal, named: dict[str, Counter[str]]) -> str | None:
    """Return the entity that a literal spells out as an IRI or as its name; None where several are called so."""
    if literal.value in view.types:
        return literal.value
    candidates = named.get(fold(literal.value), Counter())
    if not candidates:
        candidates = Counter(dict.fromkeys(view.by_name.get(fold(literal.value), ()), 1))
    return next(iter(candidates)) if len(candidates) == 1 else None
