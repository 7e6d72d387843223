"""IRIs that the code itself speaks of; everything else comes from a domain's manifest."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
DCT = "http://purl.org/dc/terms/"
SCHEMA = "http://schema.org/"
XSD = "http://www.w3.org/2001/XMLSchema#"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
VOCAB = "http://example.org/vocab/"

RDF_TYPE = RDF + "type"
RDFS_LABEL = RDFS + "label"
SKOS_PREF_LABEL = SKOS + "prefLabel"
SKOS_ALT_LABEL = SKOS + "altLabel"
SKOS_HIDDEN_LABEL = SKOS + "hiddenLabel"
OWL_SAME_AS = OWL + "sameAs"
SKOS_EXACT_MATCH = SKOS + "exactMatch"
DCT_DESCRIPTION = DCT + "description"
CATALOG_ITEM = VOCAB + "CatalogItem"

LABEL_PREDICATES = (RDFS_LABEL, SKOS_PREF_LABEL)
ALIAS_PREDICATES = (SKOS_ALT_LABEL, SKOS_HIDDEN_LABEL)
DESCRIPTION_PREDICATES = (DCT_DESCRIPTION, RDFS + "comment", SCHEMA + "description")
SAME_AS_PREDICATES = (OWL_SAME_AS, SKOS_EXACT_MATCH)

NUMERIC_TYPES = frozenset(XSD + name for name in ("integer", "int", "long", "decimal", "double", "float", "gYear"))


def local_name(iri: str) -> str:
    """Return what follows the last `#`, `/` or `:` of an IRI."""
    return iri.rstrip("#/:").replace("#", "/").replace(":", "/").rsplit("/", 1)[-1]
