"""Extracted triples on disk: each in a named graph of its own, with its provenance, until someone accepts it.

The file is TriG. The graph `urn:thence:extraction:ID` holds one triple; the default graph says of it, in PROV-O, which
sentence (`prov:value`) of which item it was read in, by whom, when and how surely, and what became of it.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast, get_args

import pyoxigraph as ox

from kg import namespaces as ns
from kg.building.errors import BuildError
from kg.building.provenance import PREFIXES, THENCE, moment, prov
from kg.building.text import ExtractedTriple
from kg.changes import Change
from kg.domain import Domain
from kg.types import Iri, Triple

EXTRACTED = "extracted.trig"
Status = Literal["proposed", "accepted", "rejected"]

_GRAPH = THENCE + "extraction:"
_CONFIDENCE, _STATUS, _RELATION = (ox.NamedNode(THENCE + name) for name in ("confidence", "status", "relation"))
_AGENT = THENCE + "extractor:"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An extracted triple and what became of it; `when` is ISO 8601, UTC."""

    extracted: ExtractedTriple
    status: Status
    when: str

    @property
    def id(self) -> str:
        return self.extracted.id


class ExtractedGraph:
    """The extracted triples of one domain.

    Raises:
        BuildError: The file cannot be read; the message names the line where there is one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._proposals = {one.id: one for one in _read(path)} if path.is_file() else {}

    @classmethod
    def of(cls, domain: Domain) -> "ExtractedGraph":
        """Open the one of a domain, which need not have any yet."""
        return cls((domain.overlay or domain.folder) / EXTRACTED)

    def proposals(self, status: Status | None = None) -> list[Proposal]:
        """Return what was extracted, the surest first."""
        found = [one for one in self._proposals.values() if status in (None, one.status)]
        return sorted(found, key=lambda one: (-one.extracted.confidence, one.extracted.triple, one.id))

    def add(self, found: Iterable[ExtractedTriple]) -> int:
        """Add what was extracted and return how much of it is new; what was decided on stays decided."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        fresh = {one.id: Proposal(one, "proposed", now) for one in found}
        new = [key for key in fresh if key not in self._proposals]
        undecided = {key: one for key, one in self._proposals.items() if one.status != "proposed"}
        self._proposals |= fresh | undecided
        self._save()
        return len(new)

    def choose(self, ids: Sequence[str]) -> list[Proposal]:
        """Return proposals by the beginnings of their ids.

        Raises:
            BuildError: None begins so, or several do.
        """
        return [self._one(wanted) for wanted in ids]

    def decide(self, chosen: Iterable[Proposal], status: Status) -> None:
        """Note what became of proposals."""
        self._proposals |= {one.id: replace(one, status=status) for one in chosen}
        self._save()

    def _one(self, wanted: str) -> Proposal:
        found = [one for key, one in self._proposals.items() if key.startswith(wanted)] if wanted else []
        if len(found) != 1:
            said = f"{len(found)} begin" if found else "none begins"
            raise BuildError(f"{self.path}: expected one extracted triple whose id begins with {wanted!r}; {said} so.")
        return found[0]

    def _save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            quads = [quad for one in self._proposals.values() for quad in _quads(one)]
            ox.serialize(quads, beside, ox.RdfFormat.TRIG, prefixes=PREFIXES)
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)


def accept(domain: Domain, graph: ExtractedGraph, chosen: Sequence[Proposal]) -> int:
    """Put proposals into the domain's graph, as one batch of its log of changes, and return how many.

    `thence kg clean --undo` takes them out again.
    """
    waiting = [one for one in chosen if one.status != "accepted"]
    domain.changes.append(
        (
            "extracted",
            one.extracted.confidence,
            f"{one.extracted.extractor} read: {one.extracted.sentence}",
            _entities(one.extracted.triple),
            Change(add=(statement_of(one.extracted.triple),)),
        )
        for one in waiting
    )
    graph.decide(waiting, "accepted")
    return len(waiting)


def statement_of(triple: Triple) -> ox.Triple:
    """Return a triple in RDF terms; numbers are integers, since no others are extracted."""
    obj = (
        ox.Literal(triple.object, datatype=ox.NamedNode(ns.XSD + "integer"))
        if triple.literal
        else ox.NamedNode(triple.object)
    )
    return ox.Triple(ox.NamedNode(triple.subject), ox.NamedNode(triple.predicate), obj)


def _entities(triple: Triple) -> tuple[str, ...]:
    return (triple.subject,) if triple.literal else (triple.subject, triple.object)


def _quads(one: Proposal) -> list[ox.Quad]:
    told, graph = one.extracted, ox.NamedNode(_GRAPH + one.id)
    stated = statement_of(told.triple)
    decimal = ox.NamedNode(ns.XSD + "decimal")
    about = (
        (ox.NamedNode(ns.RDF_TYPE), prov("Entity")),
        (prov("value"), ox.Literal(told.sentence)),
        (prov("wasDerivedFrom"), stated.subject),
        (prov("wasAttributedTo"), ox.NamedNode(_AGENT + _slug(told.extractor))),
        (prov("generatedAtTime"), moment(datetime.fromisoformat(one.when))),
        (_CONFIDENCE, ox.Literal(str(told.confidence), datatype=decimal)),
        (_STATUS, ox.Literal(one.status)),
        (_RELATION, ox.Literal(told.relation)),
    )
    agent = ox.NamedNode(_AGENT + _slug(told.extractor))
    return [
        ox.Quad(stated.subject, stated.predicate, stated.object, graph),
        *(ox.Quad(graph, predicate, obj) for predicate, obj in about),
        ox.Quad(agent, ox.NamedNode(ns.RDF_TYPE), prov("SoftwareAgent")),
        ox.Quad(agent, ox.NamedNode(ns.RDFS_LABEL), ox.Literal(told.extractor)),
    ]


def _slug(name: str) -> str:
    return "".join(char if char.isalnum() else "-" for char in name)


def _read(path: Path) -> list[Proposal]:
    try:
        store = ox.Store()
        store.load(path=path, format=ox.RdfFormat.TRIG)
        graphs = [graph for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)]
        return [_proposal(store, graph) for graph in graphs if graph.value.startswith(_GRAPH)]
    except SyntaxError as error:
        raise BuildError(f"{path}, line {error.lineno}: {error.msg}.") from error
    except (OSError, ValueError, StopIteration) as error:
        raise BuildError(f"cannot read the extracted triples {path}: {error}") from error


def _proposal(store: ox.Store, graph: ox.NamedNode) -> Proposal:
    quad: Any = next(store.quads_for_pattern(None, None, None, graph))

    def said(predicate: ox.NamedNode, of: ox.NamedNode = graph) -> str:
        found: Any = next(store.quads_for_pattern(of, predicate, None, ox.DefaultGraph()))
        return str(found.object.value)

    literal = isinstance(quad.object, ox.Literal)
    triple = Triple(Iri(quad.subject.value), Iri(quad.predicate.value), quad.object.value, literal)
    agent = said(ox.NamedNode(ns.RDFS_LABEL), ox.NamedNode(said(prov("wasAttributedTo"))))
    told = ExtractedTriple(triple, said(_RELATION), said(prov("value")), agent, float(said(_CONFIDENCE)))
    status = said(_STATUS)
    if status not in get_args(Status):
        raise ValueError(f"{graph.value} has the status {status!r}; expected one of {', '.join(get_args(Status))}")
    return Proposal(told, cast("Status", status), said(prov("generatedAtTime")))
