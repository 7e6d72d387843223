"""The rules of RDFS and of OWL 2 RL that derive facts about entities, named as in the W3C's tables."""

from functools import cache

from kg import namespaces as ns
from kg.rules.construct import ConstructRule, parse_rule

OWL = "http://www.w3.org/2002/07/owl#"
_PREFIXES = f"PREFIX rdf: <{ns.RDF}>\nPREFIX rdfs: <{ns.RDFS}>\nPREFIX owl: <{OWL}>\n"

# What is left out adds no fact about entities (axiomatic triples, reflexive ones, datatypes), tells contradictions, or
# makes every entity a member of owl:Thing.
TABLE: dict[str, tuple[str, str]] = {
    "scm-sco": ("?a rdfs:subClassOf ?c", "?a rdfs:subClassOf ?b . ?b rdfs:subClassOf ?c . FILTER(?a != ?c)"),
    "scm-spo": ("?a rdfs:subPropertyOf ?c", "?a rdfs:subPropertyOf ?b . ?b rdfs:subPropertyOf ?c . FILTER(?a != ?c)"),
    "scm-eqc1": ("?a rdfs:subClassOf ?b . ?b rdfs:subClassOf ?a", "?a owl:equivalentClass ?b"),
    "scm-eqp1": ("?a rdfs:subPropertyOf ?b . ?b rdfs:subPropertyOf ?a", "?a owl:equivalentProperty ?b"),
    "scm-int": ("?c rdfs:subClassOf ?d", "?c owl:intersectionOf ?l . ?l rdf:rest*/rdf:first ?d"),
    "scm-uni": ("?d rdfs:subClassOf ?c", "?c owl:unionOf ?l . ?l rdf:rest*/rdf:first ?d"),
    "cax-sco": ("?x a ?b", "?x a ?a . ?a rdfs:subClassOf ?b"),
    "prp-dom": ("?x a ?c", "?p rdfs:domain ?c . ?x ?p ?y"),
    "prp-rng": ("?y a ?c", "?p rdfs:range ?c . ?x ?p ?y . FILTER(!isLiteral(?y))"),
    "prp-spo1": ("?x ?q ?y", "?p rdfs:subPropertyOf ?q . ?x ?p ?y"),
    "prp-inv1": ("?y ?q ?x", "?p owl:inverseOf ?q . ?x ?p ?y . FILTER(!isLiteral(?y))"),
    "prp-inv2": ("?y ?p ?x", "?p owl:inverseOf ?q . ?x ?q ?y . FILTER(!isLiteral(?y))"),
    "prp-symp": ("?y ?p ?x", "?p a owl:SymmetricProperty . ?x ?p ?y . FILTER(!isLiteral(?y))"),
    "prp-trp": ("?x ?p ?z", "?p a owl:TransitiveProperty . ?x ?p ?y . ?y ?p ?z"),
    "prp-fp": (
        "?y owl:sameAs ?z",
        "?p a owl:FunctionalProperty . ?x ?p ?y . ?x ?p ?z . FILTER(isIRI(?y) && isIRI(?z) && ?y != ?z)",
    ),
    "prp-ifp": (
        "?x owl:sameAs ?z",
        "?p a owl:InverseFunctionalProperty . ?x ?p ?y . ?z ?p ?y . FILTER(isIRI(?x) && isIRI(?z) && ?x != ?z)",
    ),
    "eq-sym": ("?y owl:sameAs ?x", "?x owl:sameAs ?y"),
    "eq-trans": ("?x owl:sameAs ?z", "?x owl:sameAs ?y . ?y owl:sameAs ?z . FILTER(?x != ?z)"),
    "eq-rep-s": ("?z ?p ?y", "?x owl:sameAs ?z . ?x ?p ?y . FILTER(?p != owl:sameAs)"),
    "eq-rep-o": ("?y ?p ?z", "?x owl:sameAs ?z . ?y ?p ?x . FILTER(?p != owl:sameAs)"),
    "cls-hv1": ("?x ?p ?v", "?c owl:hasValue ?v . ?c owl:onProperty ?p . ?x a ?c"),
    "cls-hv2": ("?x a ?c", "?c owl:hasValue ?v . ?c owl:onProperty ?p . ?x ?p ?v"),
    "cls-svf1": ("?x a ?c", "?c owl:someValuesFrom ?d . ?c owl:onProperty ?p . ?x ?p ?y . ?y a ?d"),
    "cls-avf": ("?y a ?d", "?c owl:allValuesFrom ?d . ?c owl:onProperty ?p . ?x a ?c . ?x ?p ?y"),
}


@cache
def entailment_rules() -> tuple[ConstructRule, ...]:
    """Return the rules of the table."""
    return tuple(
        parse_rule(f"{_PREFIXES}CONSTRUCT {{ {head} }} WHERE {{ {body} }}", name, name)
        for name, (head, body) in TABLE.items()
    )


def chain_rule(prop: str, chain: list[str]) -> ConstructRule:
    """Return the rule prp-spo2 of one axiom: a walk along `chain` is a fact of `prop`."""
    steps = " . ".join(f"?x{at} <{step}> ?x{at + 1}" for at, step in enumerate(chain))
    query = f"CONSTRUCT {{ ?x0 <{prop}> ?x{len(chain)} }} WHERE {{ {steps} }}"
    return parse_rule(query, "prp-spo2", "prp-spo2")
