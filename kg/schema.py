"""The schema of a graph, inferred from its triples: classes, relations, their domains and ranges."""

import json
import math
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kg import namespaces as ns
from kg.store import GraphStore

MINOR_SHARE = 0.01
"""A class that fewer of a relation's ends belong to is noise (a band among 5,000 actors), not its domain or range."""


@dataclass(frozen=True, slots=True)
class RelationSchema:
    """What the triples of one predicate look like.

    Attributes:
        predicate: IRI.
        count: Number of triples.
        domain, range: Classes of subjects and objects, most frequent first; `range` is empty for literals.
        datatype: Datatype IRI of literal objects; empty for a relation between entities.
        minimum, maximum: Smallest and largest value of a numeric literal.
    """

    predicate: str
    count: int
    domain: tuple[str, ...]
    range: tuple[str, ...]
    datatype: str = ""
    minimum: float | None = None
    maximum: float | None = None

    @property
    def is_numeric(self) -> bool:
        return self.minimum is not None


@dataclass(frozen=True, slots=True)
class GraphSchema:
    """Classes with their counts, and relations by predicate, both most frequent first."""

    classes: dict[str, int]
    relations: dict[str, RelationSchema]

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1), "utf-8")

    @classmethod
    def load(cls, path: Path) -> "GraphSchema":
        data = json.loads(path.read_text("utf-8"))
        return cls(data["classes"], {iri: _relation_from(entry) for iri, entry in data["relations"].items()})


def infer_schema(store: GraphStore) -> GraphSchema:
    """Read every triple once and return what the graph is made of."""
    types = entity_types(store)
    sizes = Counter(cls for classes in types.values() for cls in classes)
    seen: dict[str, _Seen] = defaultdict(_Seen)
    for quad in store.engine.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        if quad.predicate.value != ns.RDF_TYPE and isinstance(quad.subject, ox.NamedNode):
            seen[quad.predicate.value].add(quad.subject.value, quad.object, types)
    relations = {predicate: entry.summary(predicate) for predicate, entry in seen.items()}
    ordered = dict(sorted(relations.items(), key=lambda pair: (-pair[1].count, pair[0])))
    return GraphSchema(dict(sorted(sizes.items(), key=lambda pair: (-pair[1], pair[0]))), ordered)


def entity_types(store: GraphStore) -> dict[str, tuple[str, ...]]:
    """Return the classes of every typed entity, in the order of their IRIs."""
    types: dict[str, list[str]] = defaultdict(list)
    for triple in store.triples(predicate=ns.RDF_TYPE):
        types[triple.subject].append(triple.object)
    return {iri: tuple(sorted(classes)) for iri, classes in types.items()}


@dataclass(slots=True)
class _Seen:
    count: int = 0
    domain: Counter[str] = field(default_factory=Counter)
    range: Counter[str] = field(default_factory=Counter)
    datatypes: Counter[str] = field(default_factory=Counter)
    numbers: list[float] = field(default_factory=list)

    def add(self, subject: str, obj: object, types: dict[str, tuple[str, ...]]) -> None:
        self.count += 1
        self.domain.update(types.get(subject, ()))
        if isinstance(obj, ox.NamedNode):
            self.range.update(types.get(obj.value, ()))
        elif isinstance(obj, ox.Literal):
            self._add_literal(obj)

    def _add_literal(self, literal: ox.Literal) -> None:
        self.datatypes[literal.datatype.value] += 1
        if literal.datatype.value in ns.NUMERIC_TYPES:
            try:
                number = float(literal.value)
            except ValueError:  # "1990s"^^xsd:gYear: an ill-typed literal is no number
                return
            if math.isfinite(number):
                self.numbers.append(number)

    def summary(self, predicate: str) -> RelationSchema:
        literal = sum(self.datatypes.values()) > self.count / 2
        numeric = literal and len(self.numbers) > self.count / 2
        return RelationSchema(
            predicate,
            self.count,
            _major(self.domain, self.count),
            () if literal else _major(self.range, self.count),
            self.datatypes.most_common(1)[0][0] if literal else "",
            min(self.numbers) if numeric else None,
            max(self.numbers) if numeric else None,
        )


def _major(classes: Counter[str], total: int) -> tuple[str, ...]:
    kept = [(cls, count) for cls, count in classes.items() if count >= MINOR_SHARE * total]
    return tuple(cls for cls, _ in sorted(kept, key=lambda pair: (-pair[1], pair[0])))


def _relation_from(entry: dict[str, Any]) -> RelationSchema:
    return RelationSchema(**{**entry, "domain": tuple(entry["domain"]), "range": tuple(entry["range"])})
