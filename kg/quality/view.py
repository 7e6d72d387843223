"""A graph laid out for the checks: links between entities, literals, names and classes, each read once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pyoxigraph as ox

from kg import namespaces as ns
from kg.domain import Domain
from kg.labels import fold
from kg.manifest import GraphSettings
from kg.store import GraphStore

Pair = tuple[str, str]
End = tuple[str, bool, str]
"""How an entity is connected: predicate, whether the entity is the subject, and the other end."""


@dataclass(frozen=True)
class GraphView:
    """The triples of one graph without blank nodes; see `read_view`.

    Attributes:
        links: Subject and object by predicate, of triples between entities; without types and identity statements.
        literals: Subject and literal by predicate; without labels and aliases.
        types: Classes of every typed entity.
        labels, aliases: The literals that name an entity.
        identities: Subject, predicate and object of triples that say that two IRIs mean one thing.
        item_class: The class of what is recommended.
        spoken: Predicates that the domain speaks of; of two that say the same such a one is kept.
        item_ids: IRIs by the short item ids of the interactions.
    """

    links: Mapping[str, list[Pair]]
    literals: Mapping[str, list[tuple[str, ox.Literal]]]
    types: Mapping[str, frozenset[str]]
    labels: Mapping[str, list[ox.Literal]]
    aliases: Mapping[str, list[ox.Literal]]
    identities: list[tuple[str, str, str]]
    settings: GraphSettings
    item_class: str = ns.CATALOG_ITEM
    spoken: frozenset[str] = frozenset()
    item_ids: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def ends(self) -> dict[str, list[End]]:
        """The connections of every entity that has any."""
        found: dict[str, list[End]] = defaultdict(list)
        for predicate, pairs in self.links.items():
            for subject, obj in pairs:
                found[subject].append((predicate, True, obj))
                found[obj].append((predicate, False, subject))
        return dict(found)

    @cached_property
    def end_sizes(self) -> Counter[End]:
        """How many entities have a connection."""
        return Counter(end for ends in self.ends.values() for end in ends)

    @cached_property
    def values(self) -> dict[str, dict[str, set[str]]]:
        """Lexical forms of an entity's numeric literals by predicate."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for predicate, pairs in self.literals.items():
            for subject, literal in pairs:
                if literal.datatype.value in ns.NUMERIC_TYPES:
                    found[subject][predicate].add(literal.value)
        return {subject: dict(values) for subject, values in found.items()}

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """Folded labels, then aliases, of every entity that has any."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        for source in (self.labels, self.aliases):
            for iri, literals in source.items():
                found[iri].update((fold(one.value), None) for one in literals)
        return {iri: [name for name in names if name] for iri, names in found.items()}

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """Entities by folded label or alias."""
        found: dict[str, list[str]] = defaultdict(list)
        for iri, names in self.names.items():
            for name in names:
                found[name].append(iri)
        return dict(found)

    @cached_property
    def degrees(self) -> dict[str, int]:
        return {iri: len(ends) for iri, ends in self.ends.items()}

    @cached_property
    def members(self) -> dict[str, set[str]]:
        """Entities by class."""
        found: dict[str, set[str]] = defaultdict(set)
        for iri, classes in self.types.items():
            for cls in classes:
                found[cls].add(iri)
        return dict(found)

    @cached_property
    def singular(self) -> dict[str, float]:
        """The share of a predicate's subjects that have one object only."""
        shares: dict[str, float] = {}
        pairs: Mapping[str, Iterable[tuple[str, object]]]
        for pairs in (self.links, self.literals):
            for predicate, entries in pairs.items():
                counts = Counter(subject for subject, _ in entries)
                if counts:
                    shares[predicate] = sum(count == 1 for count in counts.values()) / len(counts)
        return shares

    def name(self, iri: str) -> str:
        """Return what to call an entity in a reason."""
        literals = self.labels.get(iri) or self.aliases.get(iri)
        return literals[0].value if literals else ns.local_name(iri).replace("_", " ")

    def is_item(self, iri: str) -> bool:
        return self.item_class in self.types.get(iri, ())

    def preference(self, iri: str) -> tuple[bool, int, str]:
        """Sort key by which, of two entities that are one, the first is kept: items, then the better connected."""
        return not self.is_item(iri), -self.degrees.get(iri, 0), iri


def read_view(store: GraphStore, domain: Domain) -> GraphView:
    """Return the view of a domain's graph, as a store holds it."""
    manifest = domain.manifest
    reader = _Reader(manifest.graph)
    for quad in store.engine.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        if isinstance(quad.subject, ox.NamedNode):
            reader.read(quad.subject.value, quad.predicate.value, quad.object)
    return GraphView(
        {predicate: sorted(pairs) for predicate, pairs in sorted(reader.links.items())},
        {predicate: sorted(pairs, key=_by_text) for predicate, pairs in sorted(reader.literals.items())},
        {iri: frozenset(classes) for iri, classes in sorted(reader.types.items())},
        {iri: sorted(found, key=reader.label_order) for iri, found in sorted(reader.labels.items())},
        {iri: sorted(found, key=reader.label_order) for iri, found in sorted(reader.aliases.items())},
        sorted(reader.identities),
        manifest.graph,
        manifest.items.item_class,
        frozenset(relation.iri for relation in manifest.relations.values()),
        domain.listed_items,
    )


class _Reader:
    def __init__(self, settings: GraphSettings) -> None:
        self._labels, self._aliases = frozenset(settings.label), frozenset(settings.alias)
        self.links: dict[str, list[Pair]] = defaultdict(list)
        self.literals: dict[str, list[tuple[str, ox.Literal]]] = defaultdict(list)
        self.types: dict[str, set[str]] = defaultdict(set)
        self.labels: dict[str, list[ox.Literal]] = defaultdict(list)
        self.aliases: dict[str, list[ox.Literal]] = defaultdict(list)
        self.identities: list[tuple[str, str, str]] = []

    def read(self, subject: str, predicate: str, obj: object) -> None:
        if isinstance(obj, ox.Literal):
            if predicate in self._labels:
                self.labels[subject].append(obj)
            elif predicate in self._aliases:
                self.aliases[subject].append(obj)
            else:
                self.literals[predicate].append((subject, obj))
        elif isinstance(obj, ox.NamedNode):
            if predicate == ns.RDF_TYPE:
                self.types[subject].add(obj.value)
            elif predicate in ns.SAME_AS_PREDICATES:
                self.identities.append((subject, predicate, obj.value))
            else:
                self.links[predicate].append((subject, obj.value))

    @staticmethod
    def label_order(literal: ox.Literal) -> tuple[bool, str, str]:
        """English and untagged labels first, since reasons are told in English."""
        return literal.language not in (None, "en"), literal.language or "", literal.value


def _by_text(pair: tuple[str, ox.Literal]) -> tuple[str, str, str]:
    return pair[0], pair[1].value, pair[1].datatype.value


def link(subject: str, predicate: str, obj: str) -> ox.Triple:
    """Return the triple of three IRIs."""
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), ox.NamedNode(obj))


def literal_of(subject: str, predicate: str, literal: ox.Literal) -> ox.Triple:
    """Return the triple of two IRIs and a literal."""
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), literal)
