"""SPARQL results in JSON: their terms as RDF terms."""

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from kg import namespaces as ns

Term = ox.NamedNode | ox.Literal | ox.BlankNode

_BOOLEAN = {"1": "true", "0": "false"}
"""Virtuoso keeps a boolean as a number and says it so."""


def read_term(cell: Mapping[str, Any] | None) -> Term | None:
    """Return a cell of a result as a term; None where it is unbound, or is an IRI that is none.

    `typed-literal` is what older drafts, and Virtuoso still, call a literal with a datatype.

    Raises:
        KeyError, TypeError: The cell is no term of the format.
    """
    if cell is None:
        return None
    kind, value = cell["type"], cell["value"]
    try:
        if kind == "uri":
            return None if value.startswith("nodeID://") else ox.NamedNode(value)
        if kind == "bnode":
            return ox.BlankNode()
        return _literal(value, cell.get("xml:lang"), cell.get("datatype"))
    except ValueError:  # a server may hold what is no IRI, or no language tag
        return None


def _literal(value: str, language: str | None, datatype: str | None) -> ox.Literal:
    if language:
        return ox.Literal(value, language=language)
    if not datatype:
        return ox.Literal(value)
    if datatype == ns.XSD + "boolean":
        value = _BOOLEAN.get(value, value)
    return ox.Literal(value, datatype=ox.NamedNode(datatype))
