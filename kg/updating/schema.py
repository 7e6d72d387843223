"""The counts of the schema after a change."""

import pyoxigraph as ox

from kg import namespaces as ns
from kg.schema import SchemaCounts, TypesOf, number_of
from kg.store import GraphStore
from kg.updating.delta import Delta


def update_counts(counts: SchemaCounts, before: GraphStore, after: GraphStore, delta: Delta) -> None:
    """Bring the counts of a graph to what it holds after a change.

    Of an entity whose classes change, every triple that stays counts anew.
    """
    old, new = _types_in(before), _types_in(after)
    for statement in _around(before, delta):
        counts.add(statement, old, -1)
        counts.add(statement, new)
    for statement, sign in delta.signed:
        counts.add(statement, new if sign > 0 else old, sign)
        if statement.predicate.value == ns.RDF_TYPE and isinstance(statement.object, ox.NamedNode):
            cls = statement.object.value
            counts.classes[cls] += sign
            if not counts.classes[cls]:
                del counts.classes[cls]
    for predicate in _lost_extremes(counts, delta):
        _recount_extremes(counts, after, predicate)


def _around(store: GraphStore, delta: Delta) -> list[ox.Triple]:
    """Return the triples that stay and touch an entity whose classes change, each once."""
    gone = set(delta.removed)
    found = dict.fromkeys(
        one
        for entity in sorted(delta.retyped)
        for one in (*store.statements(subject=entity), *store.statements(obj=entity))
        if one not in gone
    )
    return list(found)


def _types_in(store: GraphStore) -> TypesOf:
    known: dict[str, tuple[str, ...]] = {}

    def types_of(iri: str) -> tuple[str, ...]:
        if iri not in known:
            known[iri] = tuple(one.object for one in store.triples(iri, ns.RDF_TYPE))
        return known[iri]

    return types_of


def _lost_extremes(counts: SchemaCounts, delta: Delta) -> set[str]:
    """Return the predicates that lost a number that was their smallest or largest."""
    lost: set[str] = set()
    for statement in delta.removed:
        predicate, obj = statement.predicate.value, statement.object
        relation, number = counts.relations.get(predicate), number_of(obj) if isinstance(obj, ox.Literal) else None
        if relation is not None and number is not None and number in (relation.minimum, relation.maximum):
            lost.add(predicate)
    return lost


def _recount_extremes(counts: SchemaCounts, store: GraphStore, predicate: str) -> None:
    literals = (one.object for one in store.statements(predicate=predicate) if isinstance(one.object, ox.Literal))
    numbers = [number for literal in literals if (number := number_of(literal)) is not None]
    relation = counts.relations[predicate]
    relation.minimum, relation.maximum = min(numbers, default=float("inf")), max(numbers, default=-float("inf"))
