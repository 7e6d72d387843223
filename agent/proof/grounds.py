"""What a proof cites, looked up in the graph as it is now."""

from collections.abc import Sequence
from dataclasses import replace

import pyoxigraph as ox

from agent.proof.document import Proof
from agent.proof.parts import CitedTriple, IriTerm, Json, LiteralTerm
from agent.proof.report import LostTriple
from kg import namespaces as ns
from kg.snapshot import Snapshot
from kg.store import GraphStore
from kg.types import Iri, Triple

NOT_STATED = "the graph does not state it"
REFUSED = "the graph states it, but the domain's shapes refuse it"


class CitedGraph:
    """The triples that a proof cites, against the graph of a domain."""

    def __init__(self, proof: Proof, snapshot: Snapshot) -> None:
        self._proof = proof
        self._snapshot = snapshot
        self._nouns = {one.iri: one.noun for one in snapshot.manifest.relations.values()}
        self._lost = {one.id: self._why_lost(one) for one in proof.triples}

    def triples(self, ids: Sequence[str]) -> list[Triple]:
        """Return cited triples, whether or not the graph states them."""
        return [as_triple(self._proof.triple_of[one]) for one in ids]

    def lost(self, ids: Sequence[str]) -> tuple[LostTriple, ...]:
        """Return those of the cited triples that support nothing now."""
        found = [(self._proof.triple_of[one], self._lost[one]) for one in dict.fromkeys(ids)]
        return tuple(self._told(cited, why) for cited, why in found if why)

    def label(self, iri: str) -> str:
        """Return what the proof calls an entity or a relation, or else the graph."""
        return self._proof.label_of.get(iri) or self.label_now(iri)

    def label_now(self, iri: str) -> str:
        """Return what the graph calls an entity, or the domain a relation."""
        return self._nouns.get(iri) or self._snapshot.label(iri)

    def renamed(self, ids: Sequence[str], others: Sequence[str] = ()) -> list[str]:
        """Return, in words, what has another name now of the entities and relations of cited triples, and of others."""
        told = []
        for iri in dict.fromkeys([*(part for one in self.triples(ids) for part in one.row), *others]):
            then, now = self._proof.label_of.get(iri), self.label_now(iri)
            told += [f"“{then}” is “{now}”"] if then is not None and then != now else []
        return told

    def alone(self) -> Snapshot:
        """Return the domain with a graph that states what the proof cites and nothing else."""
        store = GraphStore()
        for one in self._proof.triples:
            terms = ox.NamedNode(one.subject), ox.NamedNode(one.predicate), _as_term(one.object)
            store.engine.add(ox.Quad(*terms))
        return replace(self._snapshot, store=store, remote=None, flagged=frozenset())

    def _why_lost(self, cited: CitedTriple) -> str:
        stated = self._snapshot.live.statements(subject=cited.subject, predicate=cited.predicate)
        if _as_term(cited.object) not in {one.object for one in stated}:
            return NOT_STATED
        return REFUSED if self._snapshot.is_flagged(as_triple(cited)) else ""

    def _told(self, cited: CitedTriple, why: str) -> LostTriple:
        said = as_triple(cited)
        end = said.object if said.literal else self.label(said.object)
        labels = (self.label(said.subject), self.label(said.predicate), end)
        return LostTriple(said.subject, said.predicate, said.object, labels, why)


def as_triple(cited: CitedTriple) -> Triple:
    """Return a cited triple as the tools know it."""
    term = cited.object
    value, literal = (term.id, False) if isinstance(term, IriTerm) else (term.value, True)
    return Triple(Iri(cited.subject), Iri(cited.predicate), value, literal)


def as_json(term: object) -> Json:
    """Return a term as JSON-LD has it."""
    if isinstance(term, ox.NamedNode):
        return {"@id": term.value}
    assert isinstance(term, ox.Literal)  # a store yields no other object
    if term.language:
        return {"@value": term.value, "@language": term.language}
    plain = term.datatype.value == ns.XSD + "string"
    return {"@value": term.value} | ({} if plain else {"@type": term.datatype.value})


def _as_term(term: IriTerm | LiteralTerm) -> ox.NamedNode | ox.Literal:
    if isinstance(term, IriTerm):
        return ox.NamedNode(term.id)
    if term.language is not None:
        return ox.Literal(term.value, language=term.language)
    return ox.Literal(term.value, datatype=None if term.type is None else ox.NamedNode(term.type))
