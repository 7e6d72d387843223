"""The change that makes two entities one."""

import pyoxigraph as ox

from kg import namespaces as ns
from kg.changes import Change
from kg.labels import fold
from kg.manifest import GraphSettings
from kg.store import GraphStore


def merge(store: GraphStore, old: str, kept: str, settings: GraphSettings) -> Change:
    """Return the change after which everything that was said of `old` is said of `kept`.

    The labels of `old` become aliases where they are spelt otherwise; its descriptions, and its numbers where `kept`
    has some by the same predicate, are dropped; so is what would relate `kept` to itself.
    """
    gone, left = ox.NamedNode(old), ox.NamedNode(kept)
    out = list(store.engine.quads_for_pattern(gone, None, None, ox.DefaultGraph()))
    into = list(store.engine.quads_for_pattern(None, None, gone, ox.DefaultGraph()))
    own = list(store.engine.quads_for_pattern(left, None, None, ox.DefaultGraph()))
    has = {quad.predicate.value for quad in own if isinstance(quad.object, ox.Literal)}
    naming = {*settings.label, *settings.alias}
    names = {
        fold(quad.object.value)
        for quad in own
        if quad.predicate.value in naming and isinstance(quad.object, ox.Literal)
    }
    added = [
        triple
        for quad in out
        if (triple := _said_of(left, quad.triple, has, names, settings)) is not None
        and triple.object not in (gone, left)
    ]
    added += [ox.Triple(quad.subject, quad.predicate, left) for quad in into if quad.subject not in (gone, left)]
    removed = dict.fromkeys(quad.triple for quad in (*out, *into))
    fresh = dict.fromkeys(triple for triple in added if ox.Quad(*triple) not in store.engine)
    return Change(tuple(sorted(removed, key=str)), tuple(sorted(fresh, key=str)), (old, kept))


def _said_of(
    kept: ox.NamedNode, triple: ox.Triple, has: set[str], names: set[str], settings: GraphSettings
) -> ox.Triple | None:
    predicate, obj = triple.predicate, triple.object
    if not isinstance(obj, ox.Literal):
        return ox.Triple(kept, predicate, obj)
    if predicate.value in {*settings.label, *settings.alias}:
        if fold(obj.value) in names:
            return None
        alias = predicate if predicate.value in settings.alias else ox.NamedNode(settings.alias[0])
        return ox.Triple(kept, alias if has & set(settings.label) else predicate, obj)
    single = predicate.value in settings.description or obj.datatype.value in ns.NUMERIC_TYPES
    return None if single and predicate.value in has else ox.Triple(kept, predicate, obj)
