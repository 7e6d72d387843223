"""The schema of a graph, inferred from its triples: classes, relations, their domains and ranges."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kg import namespaces as ns
from kg.errors import ArtefactError
from kg.store import TripleStore

TypesOf = Callable[[str], Sequence[str]]
"""Gives the classes of an entity."""

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


def infer_schema(store: TripleStore) -> GraphSchema:
    """Read every triple once and return what the graph is made of; triples with blank nodes are left out."""
    return count_schema(store).schema()


def count_schema(store: TripleStore) -> "SchemaCounts":
    """Read every triple once and count what a schema rests on."""
    types, counts = entity_types(store), SchemaCounts()
    counts.classes.update(cls for classes in types.values() for cls in classes)
    for statement in store.statements():
        counts.add(statement, lambda iri: types.get(iri, ()))
    return counts


def entity_types(store: TripleStore) -> dict[str, tuple[str, ...]]:
    """Return the classes of every typed entity, in the order of their IRIs."""
    types: dict[str, list[str]] = defaultdict(list)
    for triple in store.triples(predicate=ns.RDF_TYPE):
        types[triple.subject].append(triple.object)
    return {iri: tuple(sorted(classes)) for iri, classes in types.items()}


@dataclass(slots=True)
class RelationCounts:
    """What is counted of one predicate; `minimum` and `maximum` are those of `n_numbers` numbers."""

    count: int = 0
    domain: Counter[str] = field(default_factory=Counter)
    range: Counter[str] = field(default_factory=Counter)
    datatypes: Counter[str] = field(default_factory=Counter)
    n_numbers: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, statement: ox.Triple, types_of: TypesOf, times: int = 1) -> None:
        """Count a statement, or take it out again with `times` -1; the extremes stay as they are then."""
        subject, obj = statement.subject, statement.object
        self.count += times
        if isinstance(subject, ox.NamedNode):
            _count(self.domain, types_of(subject.value), times)
        if isinstance(obj, ox.NamedNode):
            _count(self.range, types_of(obj.value), times)
        elif isinstance(obj, ox.Literal):
            _count(self.datatypes, [obj.datatype.value], times)
            number = number_of(obj)
            if number is not None:
                self.n_numbers += times
                if times > 0:
                    self.minimum, self.maximum = min(self.minimum, number), max(self.maximum, number)

    def summary(self, predicate: str) -> RelationSchema:
        literal = self.datatypes.total() > self.count / 2
        numeric = literal and self.n_numbers > self.count / 2
        return RelationSchema(
            predicate,
            self.count,
            _major(self.domain, self.count),
            () if literal else _major(self.range, self.count),
            min(self.datatypes, key=lambda name: (-self.datatypes[name], name)) if literal else "",
            self.minimum if numeric else None,
            self.maximum if numeric else None,
        )


@dataclass(slots=True)
class SchemaCounts:
    """Counts from which a schema follows, and which change with each triple: a schema itself does not say enough."""

    classes: Counter[str] = field(default_factory=Counter)
    relations: dict[str, RelationCounts] = field(default_factory=dict)

    def add(self, statement: ox.Triple, types_of: TypesOf, times: int = 1) -> None:
        """Count a statement, or take it out with `times` -1; one that says a class counts in `classes` alone."""
        predicate = statement.predicate.value
        if predicate == ns.RDF_TYPE:
            return
        counts = self.relations.setdefault(predicate, RelationCounts())
        counts.add(statement, types_of, times)
        if not counts.count:
            del self.relations[predicate]

    def schema(self) -> GraphSchema:
        relations = {predicate: counts.summary(predicate) for predicate, counts in self.relations.items()}
        ordered = dict(sorted(relations.items(), key=lambda pair: (-pair[1].count, pair[0])))
        return GraphSchema(dict(sorted(self.classes.items(), key=lambda pair: (-pair[1], pair[0]))), ordered)

    def save(self, path: Path) -> None:
        relations = {
            predicate: {one.name: getattr(counts, one.name) for one in fields(counts)}
            for predicate, counts in self.relations.items()
        }
        path.write_text(json.dumps({"classes": self.classes, "relations": relations}), "utf-8")

    @classmethod
    def load(cls, path: Path) -> "SchemaCounts":
        """Read saved counts.

        Raises:
            ArtefactError: The file is missing or damaged.
        """
        try:
            told = json.loads(path.read_text("utf-8"))
            relations = {predicate: _counts_from(entry) for predicate, entry in told["relations"].items()}
            return cls(Counter(told["classes"]), relations)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ArtefactError(f"cannot read the counts in {path}: {error}; remove its folder.") from error


def number_of(literal: ox.Literal) -> float | None:
    """Return the number that a literal stands for; None where it stands for none."""
    if literal.datatype.value not in ns.NUMERIC_TYPES:
        return None
    try:
        number = float(literal.value)
    except ValueError:  # "1990s"^^xsd:gYear: an ill-typed literal is no number
        return None
    return number if math.isfinite(number) else None


def _count(counter: Counter[str], names: Iterable[str], times: int) -> None:
    for name in names:
        counter[name] += times
        if not counter[name]:
            del counter[name]


def _counts_from(entry: dict[str, Any]) -> RelationCounts:
    counters = {name: Counter(entry[name]) for name in ("domain", "range", "datatypes")}
    return RelationCounts(**{**entry, **counters})


def _major(classes: Counter[str], total: int) -> tuple[str, ...]:
    kept = [(cls, count) for cls, count in classes.items() if count >= MINOR_SHARE * total]
    return tuple(cls for cls, _ in sorted(kept, key=lambda pair: (-pair[1], pair[0])))


def _relation_from(entry: dict[str, Any]) -> RelationSchema:
    return RelationSchema(**{**entry, "domain": tuple(entry["domain"]), "range": tuple(entry["range"])})
