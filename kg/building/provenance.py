"""Where a graph comes from, in PROV-O: beside the graph, not in it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from kg import namespaces as ns
from kg.building.source import Converted, Source

PROVENANCE = "provenance.ttl"
PROV = "http://www.w3.org/ns/prov#"
THENCE = "urn:thence:"
PREFIXES = {"prov": PROV, "rdfs": ns.RDFS, "xsd": ns.XSD, "dct": ns.DCT, "thence": THENCE}


def prov(name: str) -> ox.NamedNode:
    return ox.NamedNode(PROV + name)


def moment(when: datetime) -> ox.Literal:
    return ox.Literal(when.isoformat(timespec="seconds"), datatype=ox.NamedNode(ns.XSD + "dateTime"))


def describe_build(name: str, sources: Sequence[tuple[Source, str, Converted]], file: Path) -> None:
    """Write who made a graph of what: each source with its files, its digest and how many triples it gave."""
    graph, activity = ox.NamedNode(f"{THENCE}graph:{name}"), ox.NamedNode(f"{THENCE}build:{name}")
    rdf_type = ox.NamedNode(ns.RDF_TYPE)
    triples = [
        ox.Triple(graph, rdf_type, prov("Entity")),
        ox.Triple(graph, prov("wasGeneratedBy"), activity),
        ox.Triple(activity, rdf_type, prov("Activity")),
        ox.Triple(activity, prov("endedAtTime"), moment(datetime.now(UTC))),
    ]
    for source, digest, done in sources:
        node = ox.NamedNode(f"{THENCE}source:{digest}")
        label = f"{source.kind}: {', '.join(file.name for file in source.files)}"
        count = ox.Literal(str(done.triples), datatype=ox.NamedNode(ns.XSD + "integer"))
        triples += [
            ox.Triple(activity, prov("used"), node),
            ox.Triple(graph, prov("wasDerivedFrom"), node),
            ox.Triple(node, rdf_type, prov("Entity")),
            ox.Triple(node, ox.NamedNode(ns.RDFS_LABEL), ox.Literal(label)),
            ox.Triple(node, ox.NamedNode(THENCE + "triples"), count),
        ]
    ox.serialize(triples, file, ox.RdfFormat.TURTLE, prefixes=PREFIXES)
