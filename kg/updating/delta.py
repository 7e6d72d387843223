"""What a change does to a graph in the end: the triples that come and those that go."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pyoxigraph as ox

from kg import namespaces as ns
from kg.changes import Change
from kg.store import GraphStore


@dataclass(frozen=True)
class Delta:
    """Triples that a graph holds after a change and not before, and the other way round."""

    added: tuple[ox.Triple, ...]
    removed: tuple[ox.Triple, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def apply(self, store: GraphStore) -> None:
        for triple in self.removed:
            store.engine.remove(ox.Quad(*triple))
        store.engine.extend(ox.Quad(*triple) for triple in self.added)
        store.engine.flush()

    @cached_property
    def signed(self) -> tuple[tuple[ox.Triple, int], ...]:
        """Triples without blank nodes, those that go with -1, those that come with 1."""
        both = [*((one, -1) for one in self.removed), *((one, 1) for one in self.added)]
        return tuple((one, sign) for one, sign in both if _is_plain(one))

    @cached_property
    def retyped(self) -> frozenset[str]:
        """Entities whose classes change."""
        return frozenset(subject.value for subject, predicate, _ in self._all() if predicate.value == ns.RDF_TYPE)

    @cached_property
    def degrees(self) -> dict[str, int]:
        """Every entity in a triple that comes or goes, with how many more triples between entities it then has."""
        changes: dict[str, int] = {}
        for triple, sign in self.signed:
            subject, obj = triple.subject, triple.object
            counts = sign if isinstance(obj, ox.NamedNode) and triple.predicate.value != ns.RDF_TYPE else 0
            for end in (subject, obj):
                if isinstance(end, ox.NamedNode):
                    changes[end.value] = changes.get(end.value, 0) + counts
        return changes

    def relabelled(self, predicates: tuple[str, ...]) -> set[str]:
        """Return the entities whose names change, given the predicates that name."""
        return {subject.value for subject, predicate, _ in self._all() if predicate.value in predicates}

    def _all(self) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, object]]:
        for triple, _ in self.signed:
            if isinstance(triple.subject, ox.NamedNode):
                yield triple.subject, triple.predicate, triple.object


def net_delta(store: GraphStore, change: Change) -> Delta:
    """Return what a change, first its removals and then its additions, does to a store."""
    wanted = set(change.add)
    removed = [one for one in dict.fromkeys(change.remove) if one not in wanted and ox.Quad(*one) in store.engine]
    added = [one for one in dict.fromkeys(change.add) if ox.Quad(*one) not in store.engine]
    return Delta(tuple(added), tuple(removed))


def _is_plain(triple: ox.Triple) -> bool:
    return isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.NamedNode | ox.Literal)
