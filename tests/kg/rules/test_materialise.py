"""What follows from small ontologies, worked by hand and beside owlrl, and the laws of a fixpoint."""

from pathlib import Path

import owlrl  # type: ignore[import-untyped]
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ArtefactError, RuleError
from kg.rules.construct import parse_rule
from kg.rules.derived import DERIVATIONS, GRAPH, QUADS, DerivedFacts, derive_facts, load_derived
from kg.rules.materialise import Derivation, materialise
from kg.store import GraphStore

PREFIXES = """@prefix : <http://e/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
"""
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
SUB = "<http://www.w3.org/2000/01/rdf-schema#subClassOf>"


def graph(turtle: str) -> ox.Store:
    store = ox.Store()
    store.load((PREFIXES + turtle).encode(), format=ox.RdfFormat.TURTLE)
    return store


def short(term: str) -> str:
    for long, brief in (("<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", "a"), ("<http://e/", ":")):
        term = term.replace(long, brief)
    return term.removesuffix(">").replace("<http://www.w3.org/2002/07/owl#", "owl:")


def derived(turtle: str) -> set[str]:
    return {" ".join(map(short, one.triple)) for one in materialise(graph(turtle))}


@pytest.mark.parametrize(
    ("axioms", "expected"),
    [
        (":A rdfs:subClassOf :B . :x a :A .", {":x a :B"}),
        (":p rdfs:subPropertyOf :q . :x :p :y .", {":x :q :y"}),
        (":p rdfs:subPropertyOf :q . :x :p 5 .", {':x :q "5"^^<http://www.w3.org/2001/XMLSchema#integer'}),
        (":p rdfs:domain :A . :x :p :y .", {":x a :A"}),
        (":p rdfs:range :A . :x :p :y . :x :p 5 .", {":y a :A"}),
        (":p owl:inverseOf :q . :x :p :y . :u :q :v .", {":y :q :x", ":v :p :u"}),
        (":p a owl:SymmetricProperty . :x :p :y .", {":y :p :x"}),
        (":p a owl:TransitiveProperty . :x :p :y . :y :p :z . :z :p :w .", {":x :p :z", ":y :p :w", ":x :p :w"}),
        (":p owl:propertyChainAxiom (:q :r) . :x :q :y . :y :r :z .", {":x :p :z"}),
        (":p owl:propertyChainAxiom (:q :q :q) . :x :q :y . :y :q :z . :z :q :w .", {":x :p :w"}),
        (":p a owl:FunctionalProperty . :x :p :y, :z .", {":y owl:sameAs :z", ":z owl:sameAs :y"}),
        (":x owl:sameAs :y . :x :p :z .", {":y owl:sameAs :x", ":y :p :z"}),
        (":A owl:unionOf (:B :C) . :x a :C .", {":x a :A"}),
        (":A owl:intersectionOf (:B :C) . :x a :A .", {":x a :B", ":x a :C"}),
        (":A owl:onProperty :p ; owl:hasValue :v . :x a :A . :y :p :v .", {":x :p :v", ":y a :A"}),
        (":A owl:onProperty :p ; owl:someValuesFrom :B . :x :p :y . :y a :B .", {":x a :A"}),
        (":A owl:onProperty :p ; owl:allValuesFrom :B . :x :p :y . :x a :A .", {":y a :B"}),
        (":x :p :y .", set()),
    ],
)
def test_each_rule_gives_what_its_table_says(axioms: str, expected: set[str]) -> None:
    ignored = (SUB.removesuffix(">"), ":x :p :y", ":x :p :z")
    found = {line for line in derived(axioms) if ignored[0] not in line}
    assert expected <= found
    assert len(found - expected) <= (2 if "Functional" in axioms else 0), found - expected


def test_equivalent_classes_and_properties_are_each_others() -> None:
    found = derived(":A owl:equivalentClass :B . :p owl:equivalentProperty :q . :x a :B . :x :p :y . :u :q :v .")
    assert {":x a :A", ":x :q :y", ":u :p :v"} <= found


def test_a_derivation_names_its_rule_and_its_premises_in_the_order_of_their_making() -> None:
    found = materialise(graph(":A rdfs:subClassOf :B . :p rdfs:domain :A . :x :p :y ."))
    told = [(" ".join(map(short, one.triple)), one.rule, len(one.premises)) for one in found]
    assert told == [(":x a :A", "prp-dom", 2), (":x a :B", "cax-sco", 2)]
    assert found[1].premises == (("<http://e/x>", TYPE, "<http://e/A>"), ("<http://e/A>", SUB, "<http://e/B>"))


def test_the_users_rules_and_the_entailment_feed_each_other() -> None:
    rule = parse_rule(
        "PREFIX : <http://e/> CONSTRUCT { ?x :peer ?y . ?y :peer ?x } WHERE { ?x a :B . ?y a :B . FILTER(?x != ?y) }",
        "peers", "peers.rq",
    )  # fmt: skip
    store = graph(":A rdfs:subClassOf :B . :x a :A . :y a :A . :peer rdfs:domain :C .")
    found = {" ".join(map(short, one.triple)): one.rule for one in materialise(store, [rule])}
    assert found[":x :peer :y"] == found[":y :peer :x"] == "peers"
    assert found[":x a :C"] == "prp-dom"
    assert ":x :peer :x" not in found


def test_the_stated_graph_stays_as_it_is() -> None:
    store = graph(":A rdfs:subClassOf :B . :x a :A .")
    before = set(store)
    materialise(store)
    assert set(store) == before


def test_a_rule_that_never_ends_is_an_error() -> None:
    counting = parse_rule(
        "CONSTRUCT { ?x <http://e/n> ?m } WHERE { ?x <http://e/n> ?n BIND(?n + 1 AS ?m) }", "count", "count.rq"
    )
    with pytest.raises(RuleError, match="still derive after 100 rounds"):
        materialise(graph(":x :n 1 ."), [counting])
    with pytest.raises(RuleError, match="the rule count derives too much"):
        materialise(graph(":x :n 1 ."), [counting], limit=5)


NAMES = st.sampled_from(["a", "b", "c", "d"])
AXIOMS = st.sampled_from(
    [
        ":p a owl:TransitiveProperty .", ":p a owl:SymmetricProperty .", ":p rdfs:subPropertyOf :q .",
        ":q owl:inverseOf :r .",
        ":p rdfs:domain :A .", ":q rdfs:range :B .", ":A rdfs:subClassOf :B .", ":B rdfs:subClassOf :C .",
        ":r owl:propertyChainAxiom (:p :q) .", ":A owl:equivalentClass :C .",
    ]
)  # fmt: skip
FACTS = st.tuples(NAMES, st.sampled_from(["p", "q", "r"]), NAMES).map(lambda one: f":{one[0]} :{one[1]} :{one[2]} .")
ONTOLOGIES = st.builds(
    lambda axioms, facts: "\n".join(sorted(axioms) + sorted(facts)),
    st.sets(AXIOMS, max_size=5),
    st.sets(FACTS, min_size=1, max_size=5),
)


def together(turtle: str) -> tuple[ox.Store, list[Derivation]]:
    store = graph(turtle)
    found = materialise(store)
    for one in found:
        store.load((" ".join(one.triple) + " .").encode(), format=ox.RdfFormat.N_TRIPLES)
    return store, found


@settings(max_examples=25)
@given(ONTOLOGIES)
def test_a_fixpoint_is_reached_and_each_premise_stands_before_what_follows_from_it(turtle: str) -> None:
    store, found = together(turtle)
    assert materialise(store) == [], "nothing new follows from all that follows"
    assert materialise(graph(turtle)) == found, "twice the same, in the same order"
    standing = {(str(q.subject), str(q.predicate), str(q.object)) for q in graph(turtle)}
    for one in found:
        assert one.triple not in standing
        assert {premise for premise in one.premises if not any(part.startswith("_:") for part in premise)} <= standing
        standing.add(one.triple)


@pytest.mark.slow
@settings(max_examples=10)
@given(ONTOLOGIES)
def test_what_follows_of_entities_is_what_owlrl_says(turtle: str) -> None:
    mine = {tuple(one.triple) for one in materialise(graph(turtle))}
    reference = rdflib.Graph().parse(data=PREFIXES + turtle, format="turtle")
    stated = {tuple(term.n3() for term in triple) for triple in reference}
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(reference)
    closed = {tuple(term.n3() for term in triple) for triple in reference}
    assert {one for one in mine if not any(part.startswith("_:") for part in one)} <= closed
    people = {f"<http://e/{name}>" for name in "abcd"}
    told = {
        one
        for one in closed - stated
        if one[0] in people and "/e/" in one[1] + one[2] and one[2].startswith("<http://e/")
    }
    assert {one for one in told if one[1] != "<http://www.w3.org/2002/07/owl#sameAs>"} <= mine


def facts_of(tmp_path: Path, rules: str = "") -> DerivedFacts:
    store = GraphStore()
    text = PREFIXES + ":A rdfs:subClassOf :B . :p rdfs:domain :A . :x :p :y ."
    store.engine.load(text.encode(), format=ox.RdfFormat.TURTLE)
    if rules:
        (tmp_path / "rules").mkdir(exist_ok=True)
        (tmp_path / "rules" / "own.rq").write_text(rules, "utf-8")
    return derive_facts(tmp_path / "fitted", tmp_path, store)


def test_what_is_derived_is_kept_in_a_graph_of_its_own(tmp_path: Path) -> None:
    found = facts_of(tmp_path)
    quads = ox.Store()
    quads.load((found.folder / QUADS).read_bytes(), format=ox.RdfFormat.N_QUADS)
    assert {quad.graph_name for quad in quads} == {ox.NamedNode(GRAPH)}
    assert len(quads) == len(found.derivations) == 2


def test_a_proof_goes_back_to_what_is_stated(tmp_path: Path) -> None:
    found = facts_of(tmp_path)
    last = found.derivations[-1]
    assert [one.rule for one in found.proof(last.triple)] == ["prp-dom", "cax-sco"]
    assert found.proof(("<http://e/x>", "<http://e/p>", "<http://e/y>")) == []


def test_other_rules_are_derived_anew(tmp_path: Path) -> None:
    first = facts_of(tmp_path)
    other = facts_of(tmp_path, "CONSTRUCT { ?y <http://e/of> ?x } WHERE { ?x <http://e/p> ?y }")
    assert other.folder != first.folder
    assert {one.rule for one in other.derivations} == {"prp-dom", "cax-sco", "own"}


def test_a_damaged_artefact_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    found = facts_of(tmp_path)
    (found.folder / DERIVATIONS).write_text('{"triple": ["a"]', "utf-8")
    with pytest.raises(ArtefactError, match="remove the folder"):
        load_derived(found.folder)
