"""A domain opened for reading: graph, labels, adjacency, catalogue and interactions that belong together."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kg import artefacts
from kg import namespaces as ns
from kg.adjacency import Adjacency, build_adjacency
from kg.asking import PERSONS, asked_of
from kg.domain import Domain
from kg.errors import EndpointError, GraphError, StoreVersionError, UnknownEntityError, suggestion
from kg.interactions import Interactions
from kg.labels import LabelIndex, build_labels, fold
from kg.linking import EntityLinker
from kg.loading import load_graph, open_endpoint
from kg.manifest import Manifest
from kg.quality.validation import flagged_facts
from kg.remote import RemoteStore
from kg.schema import GraphSchema, count_schema
from kg.store import GraphStore, TripleStore
from kg.types import Iri, Triple

Progress = Callable[[str], None]
GRAPH, STORE, LABELS, ITEMS = "graph", "store", "labels.sqlite", "items.txt"
SCHEMA, SCHEMA_COUNTS = "schema.json", "schema_counts.json"


@dataclass(frozen=True)
class Snapshot:
    """Everything known about one domain, immutable.

    Attributes:
        folder: The fitted artefacts; later stages (text vectors, ranking) lie beside the graph's.
        items: Item IRIs by column, sorted.
        remote: The endpoint that holds the graph, where it is one and answers; `store` is then what was read out of it
            when the snapshot was built.
        flagged: Facts that the domain's SHACL shapes refuse. They are in the graph, and look-ups tell them with a mark;
            paths, answers, numbers and the ranker do without them, as each of these is told as a reason.
    """

    folder: Path
    manifest: Manifest
    store: GraphStore
    schema: GraphSchema
    labels: LabelIndex
    adjacency: Adjacency
    items: list[str]
    interactions: Interactions
    domain: Domain = field(repr=False)
    flagged: frozenset[Triple] = frozenset()
    remote: RemoteStore | None = field(default=None, repr=False)

    @property
    def live(self) -> TripleStore:
        """What look-ups ask: the endpoint where there is one, so that they see its graph as it is now."""
        return self.store if self.remote is None else self.remote

    @cached_property
    def item_columns(self) -> dict[str, int]:
        return {iri: column for column, iri in enumerate(self.items)}

    @cached_property
    def item_rows(self) -> npt.NDArray[np.int32]:
        """Shape (n_items,): the adjacency row of each item."""
        return np.array([self.adjacency.rows[iri] for iri in self.items], np.int32)

    @cached_property
    def columns_of_rows(self) -> npt.NDArray[np.int32]:
        """Shape (n_entities,): the item column of each adjacency row, -1 where it is no item."""
        columns = np.full(len(self.adjacency.entities), -1, np.int32)
        columns[self.item_rows] = np.arange(len(self.items), dtype=np.int32)
        return columns

    @cached_property
    def linker(self) -> EntityLinker:
        """Links names; among equally good ones an item comes first, then the better connected entity."""
        items = self.manifest.items
        relations = self.manifest.relations
        nouns = [word for relation in relations.values() for word in (relation.noun, relation.plural)]
        asked = [asked_of(self.manifest, name) for name in relations]
        cues = [cue for relation in relations.values() for cue in relation.cues]
        columns = self.item_columns
        return EntityLinker(
            self.labels,
            prior=lambda iri: 1.0 if iri in columns else 0.0,
            has_name=lambda iri: iri in columns or self.is_somebody(iri),
            is_somebody=self.is_somebody,
            plain_words=[items.noun, items.plural, *items.synonyms, *nouns],
            cues=[*cues, *(word for one in asked for word in (*one.most, *one.least))],
        )

    @cached_property
    def symmetric_relations(self) -> tuple[int, ...]:
        """Ids, as the adjacency has them, of the relations whose facts hold in both directions."""
        relations = self.manifest.relations
        return tuple(at for at, name in enumerate(self.adjacency.relations) if relations[name].symmetric)

    @cached_property
    def sound(self) -> Adjacency:
        """The adjacency without flagged facts, of the same entities and relations."""
        return self.adjacency.without(self.flagged) if self.flagged else self.adjacency

    @cached_property
    def doubts(self) -> str:
        """Names the flagged facts, for what is fitted without them; empty where there are none."""
        if not self.flagged:
            return ""
        rows = "\n".join("\t".join(one.row) for one in sorted(self.flagged))
        return f"f{hashlib.blake2b(rows.encode(), digest_size=4).hexdigest()}"

    @cached_property
    def numbers(self) -> dict[str, npt.NDArray[np.float64]]:
        """Numeric facts of the items by relation name, shape (n_items,), NaN where there is none that is sound."""
        return {
            name: self._numbers_of(relation.iri)
            for name, relation in self.manifest.relations.items()
            if relation.iri in self.schema.relations and self.schema.relations[relation.iri].is_numeric
        }

    def is_flagged(self, triple: Triple) -> bool:
        """Tell whether a fact fails the domain's shapes, so that nothing may rest on it."""
        return triple in self.flagged

    def current(self, iri: str) -> Iri:
        """Return the entity that an IRI stands for by now: itself, or the one that it was merged into."""
        return Iri(self.domain.changes.merged.get(iri, iri))

    def label(self, iri: str, languages: Sequence[str] = ("en",)) -> str:
        return self.labels.label(iri, languages)

    def facts(self, iri: str) -> list[Triple]:
        """Return the triples about an entity that the domain speaks of, by relation, either end, in a stable order."""
        known = {relation.iri: at for at, relation in enumerate(self.manifest.relations.values())}
        found = [
            triple
            for triple in (*self.live.triples(subject=iri), *self.live.triples(obj=iri))
            if triple.predicate in known
        ]
        return sorted(
            found, key=lambda triple: (known[triple.predicate], triple.subject != iri, triple.subject, triple.object)
        )

    def description(self, iri: str) -> str:
        """Return the entity's description in the graph, or an empty string."""
        for predicate in self.manifest.graph.description:
            for triple in self.store.triples(subject=iri, predicate=predicate):
                return triple.object
        return ""

    def entity_class(self, iri: str) -> str:
        """Return the rarest class of an entity that is not the catalogue's, by its local name; empty if it has none."""
        classes = [t.object for t in self.store.triples(subject=iri, predicate=ns.RDF_TYPE)]
        telling = [cls for cls in classes if cls != self.manifest.items.item_class] or classes
        return ns.local_name(min(telling, key=lambda cls: (self.schema.classes.get(cls, 0), cls))) if telling else ""

    def is_somebody(self, iri: str) -> bool:
        """Tell whether an entity is a person or a group of them."""
        types = self.store.triples(subject=iri, predicate=ns.RDF_TYPE)
        return any(ns.local_name(one.object) in PERSONS for one in types)

    def item(self, name: str) -> Iri:
        """Return the item that an IRI, a short item id or a name means.

        Raises:
            UnknownEntityError: None does; the message names near items.
        """
        iri = self.domain.item_ids.get(name, name)
        if iri in self.item_columns:
            return Iri(iri)
        found = [one for one in self.linker.link(name[:200]) if one.iri in self.item_columns]
        if found and found[0].score >= 0.95:
            return found[0].iri
        near = [
            self.label(hit.iri) for hit, _ in self.labels.similar(fold(name[:200]), 20) if hit.iri in self.item_columns
        ]
        noun = self.manifest.items.noun
        raise UnknownEntityError(
            f"there is no {noun} {name[:100]!r} in {self.manifest.name}.{suggestion(list(dict.fromkeys(near)))}"
        )

    def _numbers_of(self, predicate: str) -> npt.NDArray[np.float64]:
        values = np.full(len(self.items), np.nan)
        for triple in self.store.triples(predicate=predicate):
            column = self.item_columns.get(triple.subject)
            if column is not None and not self.is_flagged(triple):
                try:
                    values[column] = float(triple.object)
                except ValueError:  # an ill-typed literal is no number; `thence kg` reports it
                    continue
        return values


def open_snapshot(
    domain: Domain, fitted: Path, progress: Progress = lambda _: None, *, loaded: Path | None = None
) -> Snapshot:
    """Open a domain, building its graph artefacts first where they are missing.

    Args:
        domain: The domain.
        fitted: Folder of its fitted artefacts.
        progress: Told what takes long.
        loaded: A store on disk that holds the domain's graph files already; it is moved where it is of use.

    Raises:
        GraphError: A graph file cannot be read, or the graph holds no item of the manifest's class.
        InteractionsError: A table does not fit.
    """
    if not (fitted / GRAPH).is_dir():
        progress(f"Reading the graph of {domain.manifest.title}")
    folder = artefacts.stage(fitted / GRAPH, lambda partial: _build_graph(domain, partial, loaded))
    store = _open_store(folder)
    schema = GraphSchema.load(folder / SCHEMA)
    items = (folder / ITEMS).read_text("utf-8").split("\n")
    adjacency = Adjacency.load(folder, entity_relations(domain.manifest, schema))
    interactions = domain.history(items)
    labels = LabelIndex(folder / LABELS)
    flagged = flagged_facts(domain, fitted, store, progress)
    remote = _reach(domain, progress)
    return Snapshot(
        fitted, domain.manifest, store, schema, labels, adjacency, items, interactions, domain, flagged, remote
    )


def _open_store(folder: Path) -> GraphStore:
    """Open the store of fitted artefacts; one of another version can be made anew from the domain's own files."""
    try:
        return GraphStore(folder / STORE, read_only=True)
    except StoreVersionError as error:
        raise StoreVersionError(
            f"{error} The domain's own files are whole: remove {folder}, and it is made anew when the domain is opened."
        ) from error


def _reach(domain: Domain, progress: Progress) -> RemoteStore | None:
    """Return the endpoint of a domain; None where it has none, or the copy is asked instead, as progress is told.

    A change log is about the copy: the endpoint does not know of it.
    """
    endpoint = domain.manifest.graph.endpoint
    if endpoint is None or domain.changes.changes:
        return None
    remote = open_endpoint(domain, endpoint)
    try:
        remote.check()
    except EndpointError as error:
        remote.close()
        progress(f"Going on with what was read before: {error}")
        return None
    return remote


def _build_graph(domain: Domain, folder: Path, loaded: Path | None) -> None:
    if loaded is None:
        store = load_graph(domain, folder / STORE)
    else:
        store = GraphStore(loaded.replace(folder / STORE))
        domain.changes.apply(store)
    counts = count_schema(store)
    counts.save(folder / SCHEMA_COUNTS)
    schema = counts.schema()
    schema.save(folder / SCHEMA)
    item_class = domain.manifest.items.item_class
    items = sorted(triple.subject for triple in store.triples(predicate=ns.RDF_TYPE, obj=item_class))
    if not items:
        raise GraphError(
            f"the graph of {domain.name} holds no entity of class {item_class}; see [items] in its domain.toml."
        )
    (folder / ITEMS).write_text("\n".join(items), "utf-8")
    build_labels(folder / LABELS, store, domain.manifest.graph)
    build_adjacency(store, entity_relations(domain.manifest, schema), items).save(folder)


def entity_relations(manifest: Manifest, schema: GraphSchema) -> dict[str, str]:
    """Return the predicates between entities, by name, that the domain speaks of and the graph holds."""
    return {
        name: relation.iri
        for name, relation in manifest.relations.items()
        if relation.iri in schema.relations and not schema.relations[relation.iri].datatype
    }
