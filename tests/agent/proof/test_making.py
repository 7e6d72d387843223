"""A proof holds what the answer states, each thing once, and no more of the user than the claims cite."""

import json

import pytest
from rdflib import RDF, RDFS, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from agent.answer import Answer, Claim
from agent.errors import ProofError
from agent.proof import Proof, make_proof
from agent.proof.vocabulary import PROOF, PROV
from agent.toolbox import Toolbox
from kg import namespaces as ns

T, P, S = Namespace(PROOF), Namespace(PROV), Namespace(ns.SCHEMA)


def list_of(graph: Graph, node: Node, predicate: URIRef) -> list[Node]:
    (found,) = graph.objects(node, predicate)
    return list(Collection(graph, found))


def as_rdf(proof: Proof) -> Graph:
    return Graph().parse(data=proof.to_json(), format="json-ld")


@pytest.mark.parametrize("name", ["by history", "by wish", "explained", "question", "year", "none"])
def test_the_document_is_sound_rdf(name: str, proofs: dict[str, Proof]) -> None:
    proof = proofs[name]
    graph = as_rdf(proof)
    node = URIRef(proof.id)
    assert (node, RDF.type, T.Proof) in graph
    stated = set(graph.subjects(RDF.type, RDF.Statement))
    assert len(stated) == len(proof.triples)
    for one in stated:
        assert isinstance(graph.value(one, RDF.subject, any=False), URIRef)
        assert isinstance(graph.value(one, RDF.predicate, any=False), URIRef)
        assert graph.value(one, RDF.object, any=False) is not None
    assert {str(one).partition(":")[0] for one in graph.predicates()} <= {"http", "https"}
    assert not list(graph.subject_objects(URIRef("")))
    source = graph.value(node, P.hadPrimarySource, any=False)
    assert graph.value(source, S.identifier) == Literal(proof.graph.fingerprint)


def test_a_claim_in_rdf_is_derived_from_its_statements(proofs: dict[str, Proof]) -> None:
    proof = proofs["by history"]
    graph = as_rdf(proof)
    listed = list_of(graph, URIRef(proof.id), T.recommendation)
    assert [str(graph.value(one, S.position)) for one in listed] == [str(item.rank) for item in proof.items]
    (written,) = graph.objects(listed[0], T.justification)
    claims = list_of(graph, written, T.claim)
    assert proof.items[0].justification is not None
    assert [str(graph.value(one, S.text)) for one in claims] == [
        one.text for one in proof.items[0].justification.claims
    ]
    cited = proof.items[0].justification.claims[0].cites_triples
    assert len(set(graph.objects(claims[0], P.wasDerivedFrom))) == len(cited) > 0
    for one in graph.objects(claims[0], P.wasDerivedFrom):
        assert (one, RDF.type, RDF.Statement) in graph
        assert graph.value(graph.value(one, RDF.subject), RDFS.label) is not None


def test_a_number_in_rdf_keeps_its_type(proofs: dict[str, Proof]) -> None:
    (said,) = as_rdf(proofs["year"]).objects(None, RDF.object)
    assert said == Literal("1815", datatype=URIRef(ns.XSD + "integer"))


def test_nothing_has_to_be_fetched(proofs: dict[str, Proof]) -> None:
    assert isinstance(json.loads(proofs["by history"].to_json())["@context"], dict)


def test_a_triple_that_is_cited_twice_stands_there_once(proofs: dict[str, Proof]) -> None:
    for proof in proofs.values():
        rows = [(one.subject, one.predicate, one.object) for one in proof.triples]
        assert len(rows) == len(set(map(str, rows)))


def test_of_the_history_only_what_is_cited_is_told(proofs: dict[str, Proof], toolbox: Toolbox) -> None:
    proof = proofs["by history"]
    cited = {
        entry
        for item in proof.items
        if item.justification
        for claim in item.justification.claims
        for entry in claim.cites_history
    }
    assert {one.id for one in proof.history} == cited
    assert len(toolbox.snapshot.interactions.history("ben")) == 3
    assert len(proof.history) < 3


def test_the_same_answer_has_the_same_name(answers: dict[str, Answer], toolbox: Toolbox) -> None:
    first, second = (make_proof(answers["year"], toolbox.snapshot) for _ in range(2))
    if first.generated_at == second.generated_at:
        assert first.id == second.id
    assert first.id.startswith("urn:thence:proof:")


def test_an_answer_that_states_nothing_has_no_proof(answers: dict[str, Answer], toolbox: Toolbox) -> None:
    talk = answers["year"].model_copy(update={"intent": "small_talk"})
    with pytest.raises(ProofError, match="nothing to prove"):
        make_proof(talk, toolbox.snapshot)


def test_an_answer_that_no_proof_can_hold_is_refused(answers: dict[str, Answer], toolbox: Toolbox) -> None:
    item = answers["by history"].items[0].model_copy(update={"score": float("nan")})
    with pytest.raises(ProofError, match=r"items\.0\.score"):
        make_proof(answers["by history"].model_copy(update={"items": [item]}), toolbox.snapshot)


def test_an_answer_of_another_domain_is_refused(answers: dict[str, Answer], toolbox: Toolbox) -> None:
    with pytest.raises(ProofError, match="about films"):
        make_proof(answers["year"].model_copy(update={"domain": "films"}), toolbox.snapshot)


def test_an_answer_that_cites_what_the_graph_does_not_state_is_refused(
    answers: dict[str, Answer], toolbox: Toolbox
) -> None:
    answer = answers["by history"]
    item = answer.items[0]
    assert item.justification is not None
    false = Claim(text="It has X as genre", triples=[("http://shop.example/a", "http://shop.example/b", "c")])
    written = item.justification.model_copy(update={"claims": [false]})
    changed = answer.model_copy(update={"items": [item.model_copy(update={"justification": written})]})
    with pytest.raises(ProofError, match=r"does not state http://shop\.example/a"):
        make_proof(changed, toolbox.snapshot)
