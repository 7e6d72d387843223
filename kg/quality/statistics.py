"""What a graph is made of, in numbers: counts, coverage, degrees, components."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from kg.quality.view import GraphView

MOST_CLASSES = 12


@dataclass(frozen=True, slots=True)
class RelationStatistics:
    """One predicate: its triples, distinct subjects and objects, and the share of subjects with one object."""

    predicate: str
    literal: bool
    triples: int
    subjects: int
    objects: int
    singular: float


@dataclass(frozen=True, slots=True)
class GraphStatistics:
    """A graph in numbers.

    Attributes:
        classes: Sizes by class, largest first.
        coverage: Share of a class's entities that are the subject of a predicate, by class, then predicate; the
            largest classes, and predicates that any of their entities has.
        degrees: How many entities have how many links.
        components: Sizes of the weakly connected components, largest first; entities with links only.
        labelled: Share of the typed entities that have a label.
    """

    entities: int
    links: int
    literals: int
    labelled: float
    classes: dict[str, int]
    relations: list[RelationStatistics]
    coverage: dict[str, dict[str, float]]
    degrees: dict[int, int]
    components: list[int]


def measure(view: GraphView) -> GraphStatistics:
    """Return the numbers of a graph."""
    classes = {cls: len(view.members[cls]) for cls in sorted(view.members, key=lambda c: (-len(view.members[c]), c))}
    entities = view.types.keys() | view.ends.keys() | view.labels.keys()
    return GraphStatistics(
        entities=len(entities),
        links=sum(map(len, view.links.values())),
        literals=sum(map(len, view.literals.values())),
        labelled=sum(iri in view.labels for iri in view.types) / max(1, len(view.types)),
        classes=classes,
        relations=_relations(view),
        coverage=_coverage(view, list(classes)[:MOST_CLASSES]),
        degrees=dict(sorted(Counter(view.degrees.values()).items())),
        components=_components(view),
    )


def _relations(view: GraphView) -> list[RelationStatistics]:
    pairs = [(predicate, False, found) for predicate, found in view.links.items()]
    pairs += [
        (predicate, True, [(subject, literal.value) for subject, literal in found])
        for predicate, found in view.literals.items()
    ]
    relations = [
        RelationStatistics(
            predicate,
            literal,
            len(found),
            len({subject for subject, _ in found}),
            len({obj for _, obj in found}),
            view.singular[predicate],
        )
        for predicate, literal, found in pairs
    ]
    return sorted(relations, key=lambda one: (-one.triples, one.predicate, one.literal))


def _coverage(view: GraphView, classes: list[str]) -> dict[str, dict[str, float]]:
    subjects = {predicate: {subject for subject, _ in pairs} for predicate, pairs in view.links.items()}
    for predicate, entries in view.literals.items():
        subjects.setdefault(predicate, set()).update(subject for subject, _ in entries)
    found: dict[str, dict[str, float]] = {}
    for cls in classes:
        members = view.members[cls]
        shares = {predicate: len(having & members) / len(members) for predicate, having in subjects.items()}
        found[cls] = {predicate: share for predicate, share in sorted(shares.items()) if share > 0}
    return found


def _components(view: GraphView) -> list[int]:
    rows = {iri: row for row, iri in enumerate(view.ends)}
    pairs = [(rows[subject], rows[obj]) for entries in view.links.values() for subject, obj in entries]
    if not pairs:
        return []
    table = np.array(pairs)
    matrix = sparse.coo_matrix((np.ones(len(table), np.int8), (table[:, 0], table[:, 1])), shape=(len(rows), len(rows)))
    _, labels = connected_components(matrix, directed=False)
    return sorted(np.bincount(labels).tolist(), reverse=True)
