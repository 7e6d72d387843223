"""Rules as SPARQL: a WHERE that gives solutions, and patterns of what then holds; read from CONSTRUCT queries."""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyparsing import ParseBaseException, ParseResults
from rdflib.plugins.sparql.algebra import translatePName, translatePrologue, traverse
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, Identifier

from kg.errors import RuleError

RULES_FOLDER = "rules"
"""Folder of a domain with the user's rules, one CONSTRUCT query a file that ends in `.rq`."""

MAX_CHARS = 10_000

Pattern = tuple[str, str, str]
"""Subject, predicate and object as SPARQL writes them: `?x`, `<iri>` or a literal."""

FORBIDDEN = {
    "DatasetClause": "FROM: a rule reads the domain's graph alone",
    "ServiceGraphPattern": "SERVICE: a rule reads the domain's graph alone",
    "GraphGraphPattern": "GRAPH: a rule reads the domain's graph alone",
    "MinusGraphPattern": "MINUS: what is derived later could make it false",
    "Builtin_NOTEXISTS": "NOT EXISTS: what is derived later could make it false",
    "Builtin_EXISTS": "EXISTS: write the pattern itself",
    "OptionalGraphPattern": "OPTIONAL: write two rules",
    "SubSelect": "a SELECT within: write two rules",
    "LimitOffsetClauses": "LIMIT and OFFSET: a rule holds for all that it matches",
    "GroupClause": "GROUP BY: what is derived later would change the group",
    "HavingClause": "HAVING: what is derived later would change the group",
    "Builtin_RAND": "RAND: a rule must say the same each time",
    "Builtin_NOW": "NOW: a rule must say the same each time",
    "Builtin_UUID": "UUID: a rule must say the same each time",
    "Builtin_STRUUID": "STRUUID: a rule must say the same each time",
    "Builtin_BNODE": "BNODE: a rule must not make up entities",
}
"""What a rule must not hold: it must be local, monotone and say the same each time, so that there is one fixpoint."""

# What a brace may stand in without being one: comments, IRIs and strings.
_TOKEN = re.compile(r'"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|<[^<>\s]*>|#[^\n]*|[{}]', re.DOTALL)  # fmt: skip # noqa: E501
_CONSTRUCT = re.compile(r"\bCONSTRUCT\b", re.IGNORECASE)
_ESCAPE = re.compile(r"\\u[0-9a-f]{4}", re.IGNORECASE)

_parsing = threading.Lock()
"""rdflib's grammar is shared and fails when several threads parse with it."""


@dataclass(frozen=True, slots=True)
class ConstructRule:
    """One rule.

    Attributes:
        name: Of the file, or of the entailment regime's table.
        prologue: PREFIX and BASE.
        where: What stands between the braces of WHERE.
        template: What then holds.
        patterns: The triple patterns of `where`, from which premises are told; those over property paths are not.
    """

    name: str
    prologue: str
    where: str
    template: tuple[Pattern, ...]
    patterns: tuple[Pattern, ...]


def load_rules(folder: Path) -> list[ConstructRule]:
    """Return the rules of a domain's folder, by file name; none where it has no `rules`.

    Raises:
        RuleError: A file is no rule; the message names it and says what is valid.
    """
    return [read_rule(path) for path in sorted((folder / RULES_FOLDER).glob("*.rq"))]


def read_rule(path: Path) -> ConstructRule:
    """Read one rule.

    Raises:
        RuleError: The file cannot be read, or is no CONSTRUCT query that may be a rule.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"cannot read the rule {path}: {error}") from error
    return parse_rule(text, path.stem, str(path))


def parse_rule(text: str, name: str, source: str) -> ConstructRule:
    """Return the rule in a CONSTRUCT query; `source` is what errors name."""
    # rdflib ends a comment at \n alone, the engine at \r as well: what one skips, the other would run.
    query = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(query) > MAX_CHARS:
        raise RuleError(f"{source}: a rule has at most {MAX_CHARS} characters, this has {len(query)}")
    if _ESCAPE.search(query):  # the two parsers read them differently
        raise RuleError(f"{source}: write the characters themselves, not \\u escapes")
    tree = _parse(query, source)
    body = tree[1]
    if body.name != "ConstructQuery":
        raise RuleError(f"{source}: expected a CONSTRUCT query, got {body.name.removesuffix('Query').upper()}")
    if not body.template:
        raise RuleError(f"{source}: expected CONSTRUCT {{ what holds }} WHERE {{ if this does }}")
    for node in _nodes(body):
        if node.name in FORBIDDEN:
            raise RuleError(f"{source}: a rule must not hold {FORBIDDEN[node.name]}")
    prologue, where = _cut(query, source)
    template = tuple(_patterns_of(body.template))
    if any(term.startswith("_:") for pattern in template for term in pattern):
        raise RuleError(f"{source}: a rule must not make up entities: write no blank node into the template")
    patterns = (
        pattern for node in _nodes(body.where) if node.name == "TriplesBlock" for pattern in _patterns_of(node.triples)
    )
    return ConstructRule(name, prologue, where, template, tuple(patterns))


def _parse(query: str, source: str) -> ParseResults:
    try:
        with _parsing:
            tree = parseQuery(query)
            prologue = translatePrologue(tree[0], None)
            body = traverse(tree[1], visitPost=lambda node: translatePName(node, prologue))
    except ParseBaseException as error:
        raise RuleError(f"{source}, line {error.lineno}: {error.msg}; expected a CONSTRUCT query") from error
    except RecursionError as error:
        raise RuleError(f"{source}: nested too deeply") from error
    except Exception as error:
        if "Unknown namespace prefix" in str(error):  # rdflib raises a bare Exception
            raise RuleError(f"{source}: {error}; declare it with PREFIX") from error
        raise
    return ParseResults([tree[0], body])


def _cut(query: str, source: str) -> tuple[str, str]:
    """Return what stands before CONSTRUCT, and what stands between the braces of WHERE."""
    braces = [match for match in _TOKEN.finditer(query) if match.group() in "{}"]
    depths, depth = list[int](), 0
    for match in braces:
        depth += 1 if match.group() == "{" else -1
        depths.append(depth)
    before = query[: braces[0].start()] if braces else ""
    places = [match.start() for match in _CONSTRUCT.finditer(before)]
    if len(braces) < 4 or not places or depths.count(0) != 2:
        raise RuleError(f"{source}: expected CONSTRUCT {{ what holds }} WHERE {{ if this does }}, and no brace after")
    return before[: places[-1]], query[braces[2].end() : braces[-1].start()]


def _patterns_of(triples: Sequence[Any]) -> Iterator[Pattern]:
    flat: list[Any] = []
    for one in triples:
        flat += list(one) if isinstance(one, list | ParseResults) else [one]
    terms = [_term(one) for one in flat]
    for subject, predicate, obj in zip(terms[::3], terms[1::3], terms[2::3], strict=True):
        if subject is not None and predicate is not None and obj is not None:
            yield subject, predicate, obj


def _term(value: Any) -> str | None:
    """Return a term as SPARQL writes it; a property path of one step as its IRI, a longer one as None."""
    while (
        isinstance(value, CompValue) and value.name in ("PathAlternative", "PathSequence", "PathElt") and not value.mod
    ):
        parts = value.part if isinstance(value.part, list | ParseResults) else [value.part]
        if len(parts) != 1:
            return None
        value = parts[0]
    if isinstance(value, BNode):
        return f"_:{value}"
    return value.n3() if isinstance(value, Identifier) else None


def _nodes(tree: object) -> Iterator[CompValue]:
    if isinstance(tree, CompValue):
        yield tree
        tree = list(tree.values())
    if isinstance(tree, list | tuple | ParseResults):
        for child in tree:
            yield from _nodes(child)
