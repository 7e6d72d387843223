"""The adjacency after a change."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyoxigraph as ox

from kg.adjacency import Adjacency
from kg.paths import Multigraph
from kg.store import GraphStore
from kg.updating.delta import Delta

Fact = tuple[str, str, int]
"""Subject, object and relation id of the new adjacency."""


def updated_adjacency(
    old: Adjacency, relations: Mapping[str, str], items: Sequence[str], store: GraphStore, delta: Delta
) -> Adjacency:
    """Return the adjacency that `build_adjacency` would make of a changed graph, from the one before the change.

    Args:
        old: Before the change.
        relations: Names to predicates of the changed graph; those that are new are read from the store.
        items: Of the changed graph.
        store: The changed graph.
        delta: The change.
    """
    names = list(relations)
    kept = _known_edges(old, names)
    gone = {fact for fact in _facts(delta.removed, relations) if names[fact[2]] in old.relations}
    fresh = [fact for fact in _facts(delta.added, relations) if names[fact[2]] in old.relations]
    fresh += [
        (one.subject, one.object, relation)
        for relation, (name, predicate) in enumerate(relations.items())
        if name not in old.relations
        for one in store.triples(predicate=predicate)
        if not one.literal and one.subject != one.object
    ]
    kept = _without(kept, gone, old, len(names))
    used = np.zeros(len(old.entities), bool)
    used[kept[:, :2].ravel()] = True
    left = {old.entities[row] for row in np.flatnonzero(used)}
    entities = sorted(left.union(items, (one[0] for one in fresh), (one[1] for one in fresh)))
    rows = {iri: row for row, iri in enumerate(entities)}
    moved = np.array([rows.get(iri, -1) for iri in old.entities], np.int32)
    kept = np.stack([moved[kept[:, 0]], moved[kept[:, 1]], kept[:, 2]], axis=1)
    more = np.array([(rows[s], rows[o], relation) for s, o, relation in fresh], np.int32).reshape(-1, 3)
    graph = Multigraph.from_triples(np.concatenate([kept, more]), len(entities), len(names))
    return Adjacency(entities, rows, names, list(relations.values()), graph.indptr, graph.neighbours, graph.labels)


def _known_edges(old: Adjacency, names: Sequence[str]) -> npt.NDArray[np.int32]:
    """Return the edges of relations that stay, as rows (subject, object, new relation id)."""
    subjects = np.repeat(np.arange(len(old.entities), dtype=np.int32), old.degrees)
    forward = old.labels >= 0
    ids = np.array([names.index(name) if name in names else -1 for name in old.relations], np.int32)
    table = np.stack([subjects[forward], old.neighbours[forward], ids[old.labels[forward]]], axis=1)
    return table[table[:, 2] >= 0]


def _without(
    edges: npt.NDArray[np.int32], gone: Iterable[Fact], old: Adjacency, n_relations: int
) -> npt.NDArray[np.int32]:
    n_entities = len(old.entities)
    rows = [(old.rows[s] * n_entities + old.rows[o]) * n_relations + r for s, o, r in gone]
    wide = edges.astype(np.int64)
    keys = (wide[:, 0] * n_entities + wide[:, 1]) * n_relations + wide[:, 2]
    return edges[~np.isin(keys, np.array(rows, np.int64))]


def _facts(triples: Iterable[ox.Triple], relations: Mapping[str, str]) -> list[Fact]:
    """Return the triples between two entities, once for each relation that stands for their predicate."""
    ids: dict[str, list[int]] = {}
    for relation, predicate in enumerate(relations.values()):
        ids.setdefault(predicate, []).append(relation)
    return [
        (one.subject.value, one.object.value, relation)
        for one in triples
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.NamedNode) and one.subject != one.object
        for relation in ids.get(one.predicate.value, ())
    ]
