"""Running the checks over a graph, and applying what they propose."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kg import namespaces as ns
from kg.changes import Change, LoggedChange
from kg.domain import Domain
from kg.errors import ChangesError, suggestion
from kg.loading import load_graph
from kg.quality.blocking import Encode
from kg.quality.finding import Finder, Finding, Progress, finders
from kg.quality.kinds import Duplicates
from kg.quality.merging import merge
from kg.quality.view import GraphView, read_view
from kg.store import GraphStore


@dataclass(frozen=True, slots=True)
class Applied:
    """What was changed, and what could not be: a finding that an earlier change made void."""

    logged: list[LoggedChange]
    void: list[Finding]


def open_effective(domain: Domain, path: Path | None = None) -> GraphStore:
    """Return a new store of a domain's graph as its change log has it, in memory or in a folder.

    Raises:
        GraphError: A graph file cannot be read.
        ChangesError: The log cannot be read.
    """
    return load_graph(domain, path)


def find(
    view: GraphView,
    kinds: Collection[str] = (),
    *,
    encode: Encode | None = None,
    progress: Progress = lambda _: None,
) -> list[Finding]:
    """Run checks and return what they found, the surest of each kind first.

    Args:
        view: The graph.
        kinds: Names of checks; none: all of them.
        encode: Text embeddings that help to choose pairs of entities to compare.
        progress: Told what is being looked for.

    Raises:
        ChangesError: There is no check of that name.
    """
    known = finders()
    for kind in kinds:
        if kind not in known:
            near = [name for name in known if kind[:3] in name]
            raise ChangesError(f"there is no check {kind[:60]!r}.{suggestion(near)} Known: {', '.join(known)}.")
    found: list[Finding] = []
    for kind, cls in known.items():
        if not kinds or kind in kinds:
            findings = _make(cls, encode).find(view, progress)
            found += sorted(findings, key=lambda one: (-one.confidence, one.entities))
    return found


def apply(domain: Domain, findings: Iterable[Finding]) -> Applied:
    """Write the changes that findings propose into the domain's log, the surest first.

    Each is worked out on the graph that the earlier ones leave: of three entities that are one, the third goes where
    the second went. Findings that propose nothing are passed over.

    Raises:
        ChangesError: The log was changed by another process meanwhile.
    """
    store = open_effective(domain)
    merged: dict[str, str] = {}
    rows: list[tuple[str, float, str, tuple[str, ...], Change]] = []
    void: list[Finding] = []
    for finding in sorted(findings, key=lambda one: (-one.confidence, one.kind, one.entities)):
        if finding.change:
            change = _on(store, finding, domain, merged)
            if not change:
                void.append(finding)
                continue
            change.apply(store)
            if change.merged is not None:
                merged[change.merged[0]] = change.merged[1]
            rows.append((finding.kind, finding.confidence, finding.reason, finding.entities, change))
    return Applied(domain.changes.append(rows), void)


def clean_view(domain: Domain) -> GraphView:
    """Return the view of a domain's graph as its change log has it."""
    return read_view(open_effective(domain), domain)


def _make(cls: type[Finder], encode: Encode | None) -> Finder:
    return Duplicates(encode) if cls is Duplicates else cls()


def _on(store: GraphStore, finding: Finding, domain: Domain, merged: dict[str, str]) -> Change:
    if finding.change.merged is None:
        removed, added = (
            [_renamed(one, merged) for one in side] for side in (finding.change.remove, finding.change.add)
        )
        present = tuple(one for one in removed if _holds(store, one))
        fresh = tuple(one for one in added if not _holds(store, one))
        whole = len(present) == len(finding.change.remove)
        return Change(present, fresh) if whole else Change()
    one, other = (_last(iri, merged) for iri in finding.change.merged)
    if one == other:
        return Change()
    kept, old = sorted((one, other), key=lambda iri: _preference(store, iri, domain.manifest.items.item_class))
    return merge(store, old, kept, domain.manifest.graph)


def _preference(store: GraphStore, iri: str, item_class: str) -> tuple[bool, int, str]:
    """Sort key that puts first what is kept, as `GraphView.preference` does, in the graph as it is by now."""
    node = ox.NamedNode(iri)
    graph = ox.DefaultGraph()
    facts = [
        *store.engine.quads_for_pattern(node, None, None, graph),
        *store.engine.quads_for_pattern(None, None, node, graph),
    ]
    links = sum(isinstance(quad.object, ox.NamedNode) and quad.predicate.value != ns.RDF_TYPE for quad in facts)
    is_item = ox.Quad(node, ox.NamedNode(ns.RDF_TYPE), ox.NamedNode(item_class)) in store.engine
    return not is_item, -links, iri


def _holds(store: GraphStore, triple: ox.Triple) -> bool:
    return ox.Quad(*triple) in store.engine


def _renamed(triple: ox.Triple, merged: dict[str, str]) -> ox.Triple:
    """Return a triple with what entities were merged into in their place."""
    subject, obj = triple.subject, triple.object
    if isinstance(subject, ox.NamedNode):
        subject = ox.NamedNode(_last(subject.value, merged))
    if isinstance(obj, ox.NamedNode):
        obj = ox.NamedNode(_last(obj.value, merged))
    return ox.Triple(subject, triple.predicate, obj)


def _last(iri: str, merged: dict[str, str]) -> str:
    while iri in merged:
        iri = merged[iri]
    return iri
