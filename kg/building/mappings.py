"""Mappings from tables to RDF, as far as they must be known before they run: which tables and which columns they use.

Morph-KGC reads RML and R2RML in Turtle and YARRRML; its errors name neither file nor line, so what can be checked
beforehand is checked here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kg.building.errors import MappingError

YARRRML, RML = (".yml", ".yaml"), (".ttl",)
BASE = "http://example.org/mapping"
"""Of the names of blocks, such as `<#book>`; it never reaches the graph."""

_REFERENCE = re.compile(r"\$\(([^)]+)\)")
_TEMPLATE = re.compile(r"(?<!\\)\{([^{}]+)\}")
_STATEMENTS = ("po", "predicateobject", "predicateobjects")
_ACCESS, _COLUMN, _TEXT = ("source",), ("reference", "column", "child", "parent"), ("template",)


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that a mapping names, and where."""

    column: str
    line: int


@dataclass
class LogicalSource:
    """A table that a mapping reads.

    Attributes:
        file: As the mapping names it; None for a table of a database or a query.
        table: Of a database.
        line: Where the mapping names it.
        references: The columns that it uses, where they are known to be of this table.
        is_query: Whether the columns come from a query and cannot be checked here.
    """

    file: str | None
    table: str | None
    line: int
    references: list[Reference] = field(default_factory=list)
    is_query: bool = False


def read_mapping(mapping: Path) -> list[LogicalSource]:
    """Return the tables that a mapping reads.

    Raises:
        MappingError: The mapping is missing, of an unknown form, has a syntax error, or maps nothing.
    """
    suffix = mapping.suffix.lower()
    if suffix not in YARRRML + RML:
        raise MappingError.at(mapping, None, "expected a mapping in YARRRML (.yml) or in RML or R2RML (.ttl).")
    try:
        text = mapping.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError.at(mapping, None, f"cannot be read: {error}") from error
    sources = _of_yarrrml(mapping, text) if suffix in YARRRML else _of_rml(mapping, text)
    if not sources:
        raise MappingError.at(mapping, None, "it names no table: expected `mappings`, each with `sources`.")
    return sources


def _of_yarrrml(mapping: Path, text: str) -> list[LogicalSource]:
    try:
        told = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise MappingError.at(mapping, line, f"no valid YAML: {error.problem or error.context}.") from error
    except YAMLError as error:
        raise MappingError.at(mapping, None, f"no valid YAML: {error}") from error
    blocks = told.get("mappings", told.get("mapping")) if isinstance(told, dict) else None
    if not isinstance(blocks, dict):
        raise MappingError.at(mapping, 1, "expected a key `mappings` with a block for each class of things.")
    named = told.get("sources") or {}
    return [source for name, block in blocks.items() for source in _of_block(mapping, blocks, name, block, named)]


def _of_block(mapping: Path, blocks: Any, name: str, block: Any, named: Any) -> Iterator[LogicalSource]:
    line = blocks.lc.key(name)[0] + 1
    if not isinstance(block, dict):
        raise MappingError.at(mapping, line, f"the block `{name}` holds nothing; expected `sources`, `s` and `po`.")
    if not any(key in block for key in ("s", "subject", "subjects")):
        raise MappingError.at(mapping, line, f"the block `{name}` has no subject; expected `s: http://.../$(column)`.")
    if not any(key in block for key in _STATEMENTS):
        keys = ", ".join(map(str, block))
        raise MappingError.at(
            mapping, line, f"the block `{name}` says nothing of its subject; expected `po`, got {keys}."
        )
    found = block.get("sources", block.get("source"))
    if not found:
        raise MappingError.at(mapping, line, f"the block `{name}` has no `sources`.")
    listed: list[Any] = found if isinstance(found, list) else [found]
    references = [one for key in block if key not in ("sources", "source") for one in _references(block, key)]
    for entry in listed:
        source = named.get(entry, entry) if isinstance(entry, str) else entry
        yield _logical_source(mapping, line, source, references)


def _logical_source(mapping: Path, line: int, told: Any, references: list[Reference]) -> LogicalSource:
    if isinstance(told, list) and told:  # the short form: [books.csv~csv, iterator]
        told = told[0]
    if isinstance(told, str):
        return LogicalSource(told.rpartition("~")[0] or told, None, line, references)
    if isinstance(told, dict):
        line = _line(told)
        if "query" in told:
            return LogicalSource(None, None, line, references, is_query=True)
        if "table" in told:
            return LogicalSource(None, str(told["table"]), line, references)
        if "access" in told:
            return LogicalSource(str(told["access"]), None, line, references)
    raise MappingError.at(mapping, line, "a source needs `access` (a file), `table` or `query`.")


def _line(node: Any) -> int:
    """Return the line of a YAML map."""
    return int(node.lc.line) + 1


def _references(node: Any, key: Any) -> Iterator[Reference]:
    """Yield the references below one entry of a YAML map or list, with their lines."""
    value = node[key]
    if isinstance(value, dict | list):
        for inner in value if isinstance(value, dict) else range(len(value)):
            yield from _references(value, inner)
    elif isinstance(value, str):
        marks = node.lc  # what ruamel.yaml adds to its maps and lists
        line = (marks.value(key) if isinstance(node, dict) else marks.item(key))[0] + 1
        yield from (Reference(column, line) for column in _REFERENCE.findall(value))


def _of_rml(mapping: Path, text: str) -> list[LogicalSource]:
    """Read Turtle; its parser forgets lines, so each text is looked up again where it first stands in quotes."""
    try:
        triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE, base_iri=BASE)]
    except SyntaxError as error:
        raise MappingError.at(mapping, error.lineno, f"{error.msg}.") from error

    def line_of(value: str) -> int:
        return next((at for at, line in enumerate(text.splitlines(), 1) if f'"{value}"' in line), 1)

    said: dict[str, list[tuple[object, str]]] = {}
    for triple in triples:
        if isinstance(triple.object, ox.Literal):
            local = re.split(r"[#/]", triple.predicate.value)[-1]
            said.setdefault(local, []).append((triple.subject, triple.object.value))
    queried = {subject for name in ("query", "sqlQuery") for subject, _ in said.get(name, [])}
    references = [
        Reference(column, line_of(value))
        for name in (*_COLUMN, *_TEXT)
        for _, value in said.get(name, [])
        for column in (_TEMPLATE.findall(value) if name in _TEXT else [value])
    ]
    sources = [
        LogicalSource(value, None, line_of(value), [], is_query=subject in queried)
        for subject, value in said.get("source", [])
    ]
    sources += [LogicalSource(None, value, line_of(value)) for _, value in said.get("tableName", [])]
    sources += [LogicalSource(None, None, 1, is_query=True) for _ in queried]
    if len(sources) == 1:  # with several, Turtle's blocks would have to be followed to know whose a column is
        sources[0].references = references
    return sources
