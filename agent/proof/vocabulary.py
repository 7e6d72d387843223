"""The words of a proof: which property each key of the document stands for, all in the document, nothing fetched."""

from typing import Any

from kg import namespaces as ns

FORMAT = 1
"""Raised when the keys of a proof change their meaning."""

NAME = "urn:thence:proof:"
"""A proof is named after its content: this and a digest."""

HERE = "here"
"""The prefix of what is named within one proof: its triples, history entries and claims."""

PROV = "http://www.w3.org/ns/prov#"
PROOF = ns.VOCAB + "proof#"

Context = dict[str, Any]


def _link(iri: str) -> Context:
    return {"@id": iri, "@type": "@id"}


def _in_order(iri: str) -> Context:
    return {"@id": iri, "@container": "@list"}


def _number(iri: str) -> Context:
    return {"@id": iri, "@type": ns.XSD + "double"}


def context(name: str) -> Context:
    """Return the JSON-LD context of the proof of that name.

    Standard terms where there are some (PROV-O, RDF reification, schema.org), ours for the rest.
    """
    return {
        "@version": 1.1,
        HERE: f"{name}#",
        "rdf": ns.RDF,
        "rdfs": ns.RDFS,
        "xsd": ns.XSD,
        "prov": PROV,
        "schema": ns.SCHEMA,
        "thence": PROOF,
        "format": {"@id": "thence:format", "@type": ns.XSD + "integer"},
        "generatedAt": {"@id": "prov:generatedAtTime", "@type": ns.XSD + "dateTime"},
        "software": "prov:wasAttributedTo",
        "name": "schema:name",
        "version": "schema:softwareVersion",
        "graph": "prov:hadPrimarySource",
        "domain": "schema:name",
        "fingerprint": "schema:identifier",
        "request": "thence:request",
        "intent": "thence:intent",
        "user": "thence:user",
        "k": {"@id": "thence:listLength", "@type": ns.XSD + "integer"},
        "explore": _number("thence:explore"),
        "diversity": _number("thence:diversity"),
        "again": {"@id": "thence:canBeRankedAgain", "@type": ns.XSD + "boolean"},
        "meaning": {"@id": "thence:meaning", "@type": "@json"},
        "whatIf": {"@id": "thence:whatIf", "@type": "@json"},
        "text": "schema:text",
        "label": "rdfs:label",
        "rank": {"@id": "schema:position", "@type": ns.XSD + "integer"},
        "score": _number("thence:score"),
        "value": _number("rdf:value"),
        "items": _in_order("thence:recommendation"),
        "item": _link("thence:item"),
        "parts": "thence:part",
        "part": "thence:partName",
        "contributions": "thence:contribution",
        "complete": {"@id": "thence:contributionsAreComplete", "@type": ns.XSD + "boolean"},
        "of": _link("thence:of"),
        "via": _link("thence:via"),
        "justification": "thence:justification",
        "writtenBy": "thence:writtenBy",
        "claims": _in_order("thence:claim"),
        "citesTriples": _link("prov:wasDerivedFrom"),
        "citesHistory": _link("prov:wasDerivedFrom"),
        "citesScores": "thence:restsOnShare",
        "wishes": "thence:meetsWish",
        "overview": "thence:overview",
        "paths": _in_order("thence:path"),
        "entities": _in_order("thence:passes") | {"@type": "@id"},
        "hops": _in_order("thence:hop") | {"@type": "@id"},
        "answers": _in_order("thence:answer"),
        "answer": "thence:is",
        "verdict": {"@id": "thence:verdict", "@type": ns.XSD + "boolean"},
        "triples": "thence:states",
        "subject": _link("rdf:subject"),
        "predicate": _link("rdf:predicate"),
        "object": "rdf:object",
        "history": "thence:restsOn",
        "labels": "thence:names",
    }
