"""The guard before the free query: finds the query in a model's words and lets only read-only, local ones through."""

import re
import threading
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pyparsing import ParseBaseException, ParseResults
from rdflib.plugins.sparql.algebra import translatePName, translatePrologue, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import Identifier

from kg import namespaces as ns
from tools.errors import QueryRefusedError

MAX_CHARS = 10_000
"""Longest query; a longer one is not a question but a load."""

PREFIXES = {
    "rdf": ns.RDF,
    "rdfs": ns.RDFS,
    "skos": ns.SKOS,
    "dct": ns.DCT,
    "schema": ns.SCHEMA,
    "xsd": ns.XSD,
    "owl": "http://www.w3.org/2002/07/owl#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "dbo": "http://dbpedia.org/ontology/",
    "dbr": "http://dbpedia.org/resource/",
}
"""Prefixes that a query may use without declaring them."""

VALID = (
    "Valid is one SELECT, ASK, CONSTRUCT or DESCRIBE query, as in SELECT ?s WHERE { ?s rdfs:label ?label } LIMIT 10."
)

_FENCE = re.compile(r"```[ \t]*(?:\w+[ \t]*\n)?(.*?)(?:```|\Z)", re.DOTALL)
_HEAD = re.compile(r"^[ \t]*`?(?=(?:PREFIX|BASE|SELECT|ASK|CONSTRUCT|DESCRIBE)\b)", re.IGNORECASE | re.MULTILINE)
_MODIFIER = re.compile(r"\s*(?:#|(?:GROUP|HAVING|ORDER|LIMIT|OFFSET|VALUES)\b)", re.IGNORECASE)
_UPDATE = re.compile(r"\s*(?:INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|ADD|MOVE|COPY|WITH)\b", re.IGNORECASE)
_ESCAPE = re.compile(r"\\u[0-9a-f]{4}", re.IGNORECASE)

_parsing = threading.Lock()
"""rdflib's grammar is shared and fails when several threads parse with it."""

Pattern = tuple[Identifier, Identifier, Identifier]


@dataclass(frozen=True, slots=True)
class GuardedQuery:
    """A query that may run; `patterns` are its triple patterns, without those over property paths."""

    text: str
    patterns: tuple[Pattern, ...]


def extract_query(text: str) -> str:
    """Return the query in a model's words, without code fences and the prose around it."""
    fenced = _FENCE.search(text)
    text = (fenced.group(1) if fenced else text).strip()
    head = _HEAD.search(text)
    # An update before the query is no prose: left where it is, it makes the whole fail.
    if head and "{" not in text[: head.start()] and not _UPDATE.match(text):
        text = text[head.end() :]
    return _without_tail(text).strip().strip("`").strip()


def check_query(text: str, graphs: Collection[str] = ()) -> GuardedQuery:
    """Return a query that only reads what the store holds.

    The decision rests on the parsed query, never on its words: a literal may say "SERVICE".

    Args:
        text: As the model wrote it.
        graphs: IRIs of the named graphs that the store holds.

    Raises:
        QueryRefusedError: The text holds no query, or one that updates, reads another source, or is too long.
    """
    if len(text) > MAX_CHARS:
        raise QueryRefusedError(f"the query has {len(text)} characters, at most {MAX_CHARS} are valid. Ask for less.")
    # rdflib ends a comment at \n alone, the engine at \r as well: what one skips, the other would run.
    query = extract_query(text.replace("\r\n", "\n").replace("\r", "\n"))
    _check_characters(query)
    if _UPDATE.match(query):
        raise QueryRefusedError(f"the graph is read-only, so an update is refused. {VALID}")
    tree = _parse(query)
    nodes = list(_nodes(tree))
    _check_sources(nodes, graphs)
    return GuardedQuery(query, tuple(pattern for node in nodes for pattern in _patterns(node)))


def _without_tail(text: str) -> str:
    """Drop what follows the last brace, from the next line on, unless it modifies the query."""
    body, brace, tail = text.rpartition("}")
    if not brace:
        return text
    line, newline, rest = tail.partition("\n")
    first = re.split(r"(?<=\S)\s*\n\s*\n", rest, maxsplit=1)[0]
    return body + brace + line + (newline + first if _MODIFIER.match(first) else "")


def _check_characters(query: str) -> None:
    if not query:
        raise QueryRefusedError(f"there is no query in the text. {VALID}")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in query):
        raise QueryRefusedError("the query holds control characters; write it in plain text.")
    if _ESCAPE.search(query):  # the two parsers read them differently
        raise QueryRefusedError("the query holds \\u escapes; write the characters themselves.")


def _parse(query: str) -> ParseResults:
    try:
        with _parsing:
            tree = parseQuery(query)
            _check_prefixes(tree)
            prologue = translatePrologue(tree[0], None, PREFIXES)
            resolved: ParseResults = traverse(tree[1], visitPost=lambda node: translatePName(node, prologue))
    except ParseBaseException as error:
        where = f"line {error.lineno}, column {error.column}"
        raise QueryRefusedError(f"the query cannot be read at {where}: {error.msg}. {VALID}") from error
    except RecursionError as error:
        raise QueryRefusedError("the query is nested too deeply; write it flat.") from error
    return resolved


def _check_prefixes(tree: ParseResults) -> None:
    declared = {node.prefix or "" for node in _nodes(tree[0]) if node.name == "PrefixDecl"}
    used = {node.prefix or "" for node in _nodes(tree[1]) if node.name == "pname"}
    unknown = sorted(used - declared - PREFIXES.keys())
    if unknown:
        raise QueryRefusedError(
            f"the prefix {unknown[0]!r} is not declared. Write full IRIs in <>, declare it with PREFIX, "
            f"or use one of {', '.join(PREFIXES)}."
        )


def _check_sources(nodes: list[CompValue], graphs: Collection[str]) -> None:
    for node in nodes:
        if node.name == "DatasetClause":
            raise QueryRefusedError("FROM is refused: the query always reads this domain's graph. Leave FROM out.")
        if node.name == "ServiceGraphPattern":
            raise QueryRefusedError("SERVICE is refused: the query reads this domain's graph alone. Leave SERVICE out.")
        if node.name == "GraphGraphPattern":
            _check_graph(str(node.term.n3()), graphs)


def _check_graph(term: str, graphs: Collection[str]) -> None:
    if not term.startswith("?") and term.strip("<>") not in graphs:
        valid = f"Valid: {', '.join(sorted(graphs)[:5])}." if graphs else "Leave GRAPH out."
        raise QueryRefusedError(f"there is no graph {term[:100]}. {valid}")


def _nodes(tree: object) -> Iterator[CompValue]:
    if isinstance(tree, CompValue):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list | tuple | ParseResults):
        for child in tree:
            yield from _nodes(child)


def _patterns(node: CompValue) -> Iterator[Pattern]:
    if node.name != "TriplesBlock":
        return
    terms = [_plain(term) for triples in node.triples for term in triples]
    for pattern in zip(terms[::3], terms[1::3], terms[2::3], strict=True):
        if all(isinstance(term, Identifier) for term in pattern):
            yield pattern


def _plain(term: Any) -> Any:
    """Return the IRI in a property path of one step, as which the grammar reads every predicate."""
    while isinstance(term, CompValue) and term.name in ("PathAlternative", "PathSequence", "PathElt") and not term.mod:
        parts = term.part if isinstance(term.part, list | ParseResults) else [term.part]
        if len(parts) != 1:
            break
        term = parts[0]
    return term
