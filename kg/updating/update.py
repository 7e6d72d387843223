"""The next snapshot of a domain, made from the present one."""

import gzip
import re
import shutil
import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pyoxigraph as ox
from filelock import FileLock

from kg import artefacts
from kg import namespaces as ns
from kg.changes import Change, ChangeLog
from kg.domain import Domain, Domains
from kg.embeddings.graph.carrying import carry_embedding
from kg.embeddings.text import Encoder, carry_vectors
from kg.errors import GraphError, ThenceError
from kg.labels import update_labels
from kg.schema import SchemaCounts
from kg.snapshot import (
    GRAPH,
    ITEMS,
    LABELS,
    SCHEMA,
    SCHEMA_COUNTS,
    STORE,
    Progress,
    Snapshot,
    entity_relations,
    open_snapshot,
)
from kg.store import damaged_gzip, format_of, open_rdf
from kg.updating.adjacency import updated_adjacency
from kg.updating.delta import Delta, net_delta
from kg.updating.schema import update_counts

KEPT = 2
"""Snapshots made by earlier updates that stay: what reads one of them goes on reading."""

UPDATED_FROM = "updated_from.txt"
"""Marks a folder of artefacts that an update made, and can make again."""


@dataclass(frozen=True, slots=True)
class Update:
    """What an update did.

    Attributes:
        snapshot: The domain after it.
        delta: The triples that came and went; none of either where the graph said all that before.
        reread: Items whose text vectors were computed anew; None where the domain has no text vectors yet.
        refitted: Entities whose vectors of the graph were fitted anew; None where the domain has no graph embedding.
    """

    snapshot: Snapshot
    delta: Delta
    reread: int | None
    refitted: int | None


def update_domain(
    domains: Domains,
    domain: Domain,
    change: Change,
    *,
    kind: str,
    reason: str,
    encoder: Encoder | None = None,
    progress: Progress = lambda _: None,
) -> Update:
    """Change the graph of a domain, and log it so that it can be undone.

    The artefacts of the changed domain are made beside the present ones, from them, and then the log is replaced, which
    makes them count. Until that moment everybody reads the domain as it was; whoever opened it goes on with what he
    opened. An update that breaks off leaves the domain as it was. The ranker is fitted anew when it is next asked for;
    of a graph embedding the vectors stay, but for those of entities that the change is about.

    Args:
        domains: Where the artefacts are kept.
        domain: As it was found; it is read again under the lock of its log.
        change: Triples to take out, and to put in.
        kind: For the log, in a word.
        reason: For the log, in a sentence.
        encoder: Makes the text vectors of the items whose texts change; None leaves them to the next start.
        progress: Told what takes long.

    Raises:
        GraphError: Nothing would be left to recommend, or the store cannot be copied.
        InteractionsError: An item that users interacted with would be gone.
        ChangesError: Another process wrote the log meanwhile.
    """
    if domain.manifest.graph.endpoint is not None:
        raise GraphError(
            f"the graph of {domain.name} lies behind {domain.manifest.graph.endpoint}: change it there, then "
            f"`thence kg refresh --domain {domain.name}`."
        )
    domain.changes_file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(domain.changes_file.with_name(f".{domain.changes_file.name}.lock")):
        present = replace(domain)  # read anew
        old = open_snapshot(present, domains.fitted(present), progress)
        delta = net_delta(old.store, change)
        if not delta:
            return Update(old, delta, None, None)
        progress("Updating the graph")
        change = Change(delta.removed, delta.added)
        log = present.changes.with_batch([(kind, 1.0, reason, tuple(sorted(delta.degrees))[:20], change)])
        new = _build(domains, old, log, delta, progress)
        reread = None if encoder is None else carry_vectors(old, new, _renamed(old, delta), encoder)
        refitted = carry_embedding(old, new, progress)
        present.changes.replace(log)
        _prune(domains, new, old)
    return Update(new, delta, reread, refitted)


def read_triples(file: Path) -> tuple[ox.Triple, ...]:
    """Read the triples of a file; its format follows from its suffix.

    Raises:
        GraphError: It cannot be read, or names blank nodes, which no later change could name.
    """
    found: dict[ox.Triple, None] = {}
    try:
        with open_rdf(file) as stream:
            for quad in ox.parse(stream, format=format_of(file)):
                if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
                    raise GraphError(
                        f"{file} holds a blank node, in “{quad.triple}”; give it an IRI, as no undoing or later change "
                        "could name it."
                    )
                found[quad.triple] = None
    except SyntaxError as error:
        raise GraphError(f"{file}, line {error.lineno}: {error.msg}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged_gzip(file, error) from error
    except (OSError, ValueError) as error:
        raise GraphError(f"cannot read the graph file {file}: {error}") from error
    if not found:
        raise GraphError(f"{file} holds no triples.")
    return tuple(found)


def _build(domains: Domains, old: Snapshot, log: ChangeLog, delta: Delta, progress: Progress) -> Snapshot:
    domain = old.domain.with_changes(log)
    fitted = domains.fitted(domain)

    def build(folder: Path) -> None:
        _build_graph(old, delta, folder)
        (folder / UPDATED_FROM).write_text(old.folder.name, "utf-8")

    artefacts.stage(fitted / GRAPH, build)
    try:
        return open_snapshot(domain, fitted, progress)
    except ThenceError:
        shutil.rmtree(fitted, ignore_errors=True)  # an item was taken away that users interacted with
        raise


def _build_graph(old: Snapshot, delta: Delta, folder: Path) -> None:
    before, manifest, present = old.store, old.manifest, old.folder / GRAPH
    store = before.copy_to(folder / STORE)
    delta.apply(store)
    counts = SchemaCounts.load(present / SCHEMA_COUNTS)
    update_counts(counts, before, store, delta)
    counts.save(folder / SCHEMA_COUNTS)
    schema = counts.schema()
    schema.save(folder / SCHEMA)
    items = _updated_items(old, delta)
    (folder / ITEMS).write_text("\n".join(items), "utf-8")
    _copy_database(present / LABELS, folder / LABELS)
    update_labels(folder / LABELS, store, manifest.graph, delta.degrees)
    updated_adjacency(old.adjacency, entity_relations(manifest, schema), items, store, delta).save(folder)


def _updated_items(old: Snapshot, delta: Delta) -> list[str]:
    wanted, items = old.manifest.items.item_class, set(old.items)
    for triple, sign in delta.signed:
        subject, obj = triple.subject, triple.object
        if triple.predicate.value == ns.RDF_TYPE and obj == ox.NamedNode(wanted) and isinstance(subject, ox.NamedNode):
            (items.add if sign > 0 else items.discard)(subject.value)
    if not items:
        raise GraphError(f"the change would leave {old.manifest.name} without any {old.manifest.items.noun}.")
    return sorted(items)


def _renamed(old: Snapshot, delta: Delta) -> set[str]:
    """Return the entities whose own facts or names change."""
    return set(delta.degrees) | delta.relabelled((*old.manifest.graph.label, *old.manifest.graph.alias))


def _copy_database(source: Path, target: Path) -> None:
    address = f"{source.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _prune(domains: Domains, new: Snapshot, old: Snapshot) -> None:
    """Remove snapshots that older updates made; they are made again should an undo lead back to them."""
    pattern = re.compile(re.escape(new.manifest.name) + r"-[0-9a-f]{16}")
    made: Sequence[Path] = [
        folder
        for folder in (domains.home / "fitted").iterdir()
        if pattern.fullmatch(folder.name)
        and folder not in (new.folder, old.folder)
        and (folder / GRAPH / UPDATED_FROM).is_file()
    ]
    newest = sorted(made, key=lambda folder: (folder / GRAPH).stat().st_mtime, reverse=True)
    for folder in newest[KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
