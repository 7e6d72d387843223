"""What users made of a domain and what stays of it when a newer graph takes its place: nothing of it is lost.

The change log is gone through once more: a change whose triples the new graph has is kept and applies there, any other
is set aside in a file beside it. Shapes, rules, settings and whatever else lies in the folder go along; a manifest that
was edited by hand stays beside the new one.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

import pyoxigraph as ox

from kg import namespaces as ns
from kg.changes import CHANGES_FILE, Change, ChangeLog
from kg.domain import Domain
from kg.errors import InteractionsError, ManifestError
from kg.manifest import MANIFEST_FILE, load_manifest
from kg.store import GraphStore

SET_ASIDE_FILE = "changes.set-aside.jsonl"


@dataclass(frozen=True, slots=True)
class Carried:
    """What came along.

    Attributes:
        changes: How many changes of the log still apply.
        set_aside: How many do not; they are in `SET_ASIDE_FILE`.
        files: Names of the files and folders that came along.
        log: The former log as it was read.
        manifest: Name under which the former manifest lies there; empty where the new one is the same.
    """

    changes: int = 0
    set_aside: int = 0
    files: tuple[str, ...] = ()
    manifest: str = ""
    log: bytes = field(default=b"", repr=False)


def carry_over(old: Path, fresh: Domain, store: GraphStore, catalogue: Sequence[str]) -> Carried:
    """Bring what users made of a domain into the folder of its successor, which is whole but for that.

    Args:
        old: The former domain's folder.
        fresh: The successor, not in its place yet.
        store: The successor's graph, without any change.
        catalogue: Its items.

    Raises:
        ChangesError: The change log cannot be read; the message names the line.
        InteractionsError: The successor's interactions do not fit its graph.
    """
    log = ChangeLog(old / CHANGES_FILE, log_of(old))
    files = _copy_others(old, fresh.folder)
    manifest = _copy_manifest(old, fresh.folder)
    kept, items = _still_valid(log, store, fresh.manifest.items.item_class, catalogue)
    try:
        _check(_with_log(fresh, log, kept), items)
    except InteractionsError:
        if not kept:
            raise
        kept = set()  # a change takes an item away that the new interactions need
        _check(_with_log(fresh, log, kept), catalogue)
    gone = {one.id for one in log.changes} - kept
    if gone:
        with (fresh.folder / SET_ASIDE_FILE).open("ab") as aside:
            aside.write(log.lines_of(gone))
    return Carried(len(kept), len(gone), files, manifest, log.data)


def log_of(folder: Path) -> bytes:
    """Return what the change log of a domain's folder holds now."""
    path = folder / CHANGES_FILE
    return path.read_bytes() if path.is_file() else b""


def _check(domain: Domain, items: Sequence[str]) -> None:
    domain.history(items)
    domain.held_out(items)


def _with_log(fresh: Domain, log: ChangeLog, kept: set[int]) -> Domain:
    data = log.lines_of(kept)
    if data:
        fresh.changes_file.write_bytes(data)
    else:
        fresh.changes_file.unlink(missing_ok=True)
    return Domain(fresh.folder, fresh.manifest)


def _still_valid(
    log: ChangeLog, store: GraphStore, item_class: str, catalogue: Sequence[str]
) -> tuple[set[int], list[str]]:
    """Return the ids of the changes that apply to a graph as they did, and its items after them."""
    graph, kept, items = _Ahead(store), set(), dict.fromkeys(catalogue)
    membership = ox.NamedNode(ns.RDF_TYPE), ox.NamedNode(item_class)
    for one in log.changes:
        if graph.allows(one.change):
            graph.apply(one.change)
            kept.add(one.id)
            for triple in one.change.remove:
                if (triple.predicate, triple.object) == membership:
                    items.pop(_iri(triple.subject), None)
            for triple in one.change.add:
                if (triple.predicate, triple.object) == membership:
                    items[_iri(triple.subject)] = None
    return kept, sorted(items)


class _Ahead:
    """A graph as changes would leave it, without changing the store."""

    def __init__(self, store: GraphStore) -> None:
        self._engine = store.engine
        self._there: dict[ox.Triple, bool] = {}

    def allows(self, change: Change) -> bool:
        """Tell whether a change finds all that it takes out, and leaves nothing said of an entity that it merges."""
        if not all(self._has(triple) for triple in change.remove):
            return False
        return change.merged is None or self._about(change.merged[0]) <= set(change.remove)

    def apply(self, change: Change) -> None:
        self._there |= dict.fromkeys(change.remove, False) | dict.fromkeys(change.add, True)

    def _has(self, triple: ox.Triple) -> bool:
        return self._there.get(triple, ox.Quad(*triple) in self._engine)

    def _about(self, iri: str) -> set[ox.Triple]:
        node, graph = ox.NamedNode(iri), ox.DefaultGraph()
        quads = chain(
            self._engine.quads_for_pattern(node, None, None, graph),
            self._engine.quads_for_pattern(None, None, node, graph),
        )
        stated = {quad.triple for quad in quads} | {one for one in self._there if node in (one.subject, one.object)}
        return {triple for triple in stated if self._has(triple)}


def _iri(node: ox.NamedNode | ox.BlankNode | ox.Triple) -> str:
    return node.value if isinstance(node, ox.NamedNode) else str(node)


def _copy_others(old: Path, fresh: Path) -> tuple[str, ...]:
    """Copy what is neither a source of the former graph, nor made by the build, nor the log."""
    known = {MANIFEST_FILE, CHANGES_FILE, *_sources(old)}
    copied = []
    for entry in sorted(old.iterdir()):
        if entry.name in known or entry.name.startswith(".") or (fresh / entry.name).exists():
            continue
        if entry.is_dir():
            shutil.copytree(entry, fresh / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, fresh / entry.name)
        copied.append(entry.name)
    return tuple(copied)


def _sources(folder: Path) -> set[str]:
    """Return what the files of a domain's graph and interactions may be called; nothing if its manifest is broken."""
    try:
        manifest = load_manifest(folder)
    except ManifestError:
        return set()
    tables = manifest.interactions
    named = [*manifest.graph.files, *tables.history, *tables.held_out, tables.items or "", tables.users or ""]
    return {*named, *(f"{name}.gz" for name in named)}


def _copy_manifest(old: Path, fresh: Path) -> str:
    said = (old / MANIFEST_FILE).read_bytes()
    if said == (fresh / MANIFEST_FILE).read_bytes():
        return ""
    stem, suffix = Path(MANIFEST_FILE).stem, Path(MANIFEST_FILE).suffix
    names = (f"{stem}.replaced{f'-{number}' if number > 1 else ''}{suffix}" for number in count(1))
    name = next(one for one in names if not (fresh / one).exists())
    (fresh / name).write_bytes(said)
    return name
