"""A mapping to start from, written from a table's header and its first rows; every guess stands in a comment."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kg import namespaces as ns
from kg.building.columns import DELIMITED, JSON, Row, kind_of, read_columns, read_rows
from kg.building.errors import BuildError
from kg.drafting import read_phrasebook

LOOKED_AT = 5_000
"""Rows that a guess rests on."""

LONG_TEXT = 80
"""Mean length, in characters, from which a text tells of a thing rather than naming it."""

REPEATS = 0.9
"""Texts with fewer distinct values than this share of the rows name things that rows have in common."""

SEPARATORS, MANY = ("|", ";"), 0.1
"""A column of which this share of the values holds a separator has many values in one field."""

_KEYS = ("iri", "uri", "id", "key")
_LABELS, _TEXTS = ("title", "name", "label"), ("description", "abstract", "overview", "plot", "summary", "text")
_INTEGER, _DECIMAL = re.compile(r"[+-]?\d{1,18}"), re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_PREFIXES = {"ex": ns.VOCAB, "rdfs": ns.RDFS, "dct": ns.DCT, "xsd": ns.XSD}


@dataclass(frozen=True, slots=True)
class Table:
    """What is known of a table: its name in the mapping, its columns and its first rows."""

    file: Path
    name: str
    columns: Sequence[str]
    rows: Sequence[Row]
    key: str

    @property
    def class_name(self) -> str:
        return "".join(word.capitalize() for word in self.name.split("_"))

    def values(self, column: str) -> list[str]:
        """Return the values of a column that are not empty."""
        return [value for row in self.rows if (value := row.get(column, "").strip())]


def starter_mapping(files: Sequence[Path], mapping: Path) -> str:
    """Return a YARRRML mapping of tables; the first holds what may be recommended.

    Args:
        files: Tables; columns of one that hold keys of another are mapped as links between them.
        mapping: Where the mapping will lie; the tables are named from there.

    Raises:
        BuildError: A table cannot be read, has no rows, or no column whose values tell its rows apart.
    """
    tables = [_look_at(file) for file in files]
    blocks = [block for table in tables for block in _blocks(table, tables, mapping)]
    predicates = [line for block in blocks for line in block]
    prefixes = _PREFIXES | ({"dbo": _DBO} if any("dbo:" in line for line in predicates) else {})
    names = " ".join(file.name for file in files)
    head = [
        f"# A mapping to start from, guessed from the headers and up to {LOOKED_AT:,} rows of: {names}",
        "# $(column) is the value of a column. Check the lines with a question mark, then:",
        f"#   thence kg build {names} --mapping {mapping.name} --name NAME",
        "prefixes:",
        *(f"  {prefix}: {iri}" for prefix, iri in prefixes.items()),
        "",
        "mappings:",
    ]
    return "\n".join(head + predicates) + "\n"


_DBO = "http://dbpedia.org/ontology/"


def _look_at(file: Path) -> Table:
    columns = read_columns(file)
    rows = list(read_rows(file, LOOKED_AT))
    if not rows:
        raise BuildError(f"{file} has no rows below its header; there is nothing to guess from.")
    if kind_of(file) in JSON:
        columns = list(rows[0])
    odd = [column for column in columns if not column.strip() or ")" in column]
    if odd:
        raise BuildError(f"{file}, line 1: a mapping cannot name the column {odd[0]!r}; give it another name.")
    name = _name(Path(file.name.removesuffix(".gz")).stem)
    singular = name[:-1] if name.endswith("s") and not name.endswith("ss") else name
    return Table(file, singular, columns, rows, _key(file, singular, columns, rows))


def _key(file: Path, name: str, columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Return the column that tells rows apart: one that is called a key first, then the leftmost."""
    unique = [
        column
        for column in columns
        if all(row.get(column, "").strip() for row in rows) and len({row[column] for row in rows}) == len(rows)
    ]
    if not unique:
        raise BuildError(
            f"{file}: no column has another value in each row, so that none can name a thing; add an id, or write the "
            "mapping by hand."
        )
    wanted = [*_KEYS, *(f"{name}_{key}" for key in _KEYS), *(f"{name}{key}" for key in _KEYS)]
    return min(unique, key=lambda one: wanted.index(one.lower()) if one.lower() in wanted else len(wanted))


def _blocks(table: Table, tables: Sequence[Table], mapping: Path) -> Iterable[list[str]]:
    """Yield the lines of a table's own block, then those of what its columns name."""
    lines, others = [], []
    for column in table.columns:
        if column != table.key:
            line, other = _column(table, column, tables, mapping)
            lines.append(line)
            others += other
    yield [
        *_head(table.name, _source(table, mapping), _subject(table)),
        f"      - [a, ex:{table.class_name}]",
        *(["      - [a, ex:CatalogItem]  # what may be recommended"] if table is tables[0] else []),
        *lines,
        "",
    ]
    yield from others


def _column(table: Table, column: str, tables: Sequence[Table], mapping: Path) -> tuple[str, list[list[str]]]:
    """Return the line of a column, and the blocks of the things that it names."""
    values, lower, name = table.values(column), column.lower(), _name(column)
    predicate = _predicate(name)
    if not values:
        return f"      # {column}: empty in every row", []
    foreign = _foreign(values, column, tables, table)
    if foreign is not None:
        stem = re.sub(r"_(id|key)$", "", name)
        iri = _subject(foreign).replace(f"$({foreign.key})", f"$({column})")
        return f"      - [{_predicate(stem)}, {iri}~iri]  # the key of {foreign.file.name}", []
    if lower.endswith(_LABELS) and not any(lower == other.lower() for other in _entity_labels(table)):
        return f"      - [rdfs:label, $({column})]", []
    datatype = _datatype(values)
    if lower.endswith(("_id", "_key")):
        stem = _name(re.sub(r"_(id|key)$", "", lower))
        iri = f"http://example.org/{stem}/$({column})"
        return f"      - [{_predicate(stem)}, {iri}~iri]  # ? a key of a table of {stem}s, which is not here", []
    if datatype:
        return f"      - [{predicate}, $({column}), xsd:{datatype}]", []
    return _of_text(table, column, values, mapping)


def _of_text(table: Table, column: str, values: Sequence[str], mapping: Path) -> tuple[str, list[list[str]]]:
    name = _name(column)
    predicate, count, distinct = _predicate(name), len(values), len(set(values))
    if column.lower() in _TEXTS or sum(map(len, values)) / count >= LONG_TEXT:
        return f"      - [dct:description, $({column})]", []
    several = next((sep for sep in SEPARATORS if sum(sep in value for value in values) >= MANY * count), None)
    if several and kind_of(table.file) in DELIMITED:
        return _of_many(table, column, several, mapping)
    if distinct >= REPEATS * count and count > 1 and predicate.startswith("ex:"):
        return f"      - [{predicate}, $({column})]  # ? a text; nearly every row has another", []
    iri = f"http://example.org/{name}/$({column})"
    block = [
        *_head(f"{table.name}_{name}", _source(table, mapping), iri),
        f"      - [a, ex:{_class(name)}]",
        f"      - [rdfs:label, $({column})]",
        "",
    ]
    return f"      - [{predicate}, {iri}~iri]  # {distinct:,} things that {count:,} rows name", [block]


def _of_many(table: Table, column: str, separator: str, mapping: Path) -> tuple[str, list[list[str]]]:
    """Return the blocks of a column with many values in one field: a query takes them apart."""
    name, file = _name(column), _from(table.file, mapping)
    query = (
        f'SELECT \\"{table.key}\\", trim(unnest(string_split(\\"{column}\\", \'{separator}\'))) AS part '
        f"FROM '{file}' WHERE \\\"{column}\\\" <> ''"
    )
    source = [f'      - query: "{query}"', "        referenceFormulation: csv"]
    thing = f"http://example.org/{name}/$(part)"
    link = [*_head(f"{table.name}_{name}", source, _subject(table)), f"      - [{_predicate(name)}, {thing}~iri]", ""]
    told = [*_head(name, source, thing), f"      - [a, ex:{_class(name)}]", "      - [rdfs:label, $(part)]", ""]
    return f"      # {column}: many values, parted by {separator}; see {table.name}_{name}", [link, told]


def _head(name: str, source: Sequence[str], subject: str) -> list[str]:
    return [f"  {name}:", "    sources:", *source, f"    s: {subject}", "    po:"]


def _source(table: Table, mapping: Path) -> list[str]:
    json = kind_of(table.file) in JSON
    formulation = "jsonpath" if json else "csv"
    lines = [f"      - access: {_from(table.file, mapping)}", f"        referenceFormulation: {formulation}"]
    return [*lines, '        iterator: "$[*]"'] if json else lines


def _from(file: Path, mapping: Path) -> str:
    """Return how a mapping names a file."""
    home, file = mapping.resolve().parent, file.resolve()
    return file.relative_to(home).as_posix() if file.is_relative_to(home) else file.as_posix()


def _subject(table: Table) -> str:
    if all(value.startswith(("http://", "https://")) for value in table.values(table.key)):
        return f"$({table.key})"
    return f"http://example.org/{table.name}/$({table.key})"


def _foreign(values: Sequence[str], column: str, tables: Sequence[Table], own: Table) -> Table | None:
    """Return the table whose keys a column holds and is named after, since small numbers are keys of anything."""
    for table in tables:
        named = table.name in column.lower() or column.lower() == table.key.lower() != "id"
        if table is not own and named and set(values) <= set(table.values(table.key)):
            return table
    return None


def _entity_labels(table: Table) -> list[str]:
    """Return columns that end like a label, but not the table's own: `author_name` beside `title`."""
    found = [column for column in table.columns if column != table.key and column.lower().endswith(_LABELS)]
    exact = [column for column in found if column.lower() in (*_LABELS, *(f"{table.name}_{one}" for one in _LABELS))]
    first = (exact or found)[:1]
    return [column for column in found if column not in first]


def _datatype(values: Sequence[str]) -> str:
    checks: Mapping[str, re.Pattern[str]] = {"integer": _INTEGER, "decimal": _DECIMAL}
    for name, pattern in checks.items():
        if all(pattern.fullmatch(value) for value in values):
            return "double" if name == "decimal" and any("e" in value.lower() for value in values) else name
    if {value.lower() for value in values} <= {"true", "false"}:
        return "boolean"
    return "date" if all(_is_date(value) for value in values) else ""


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return len(value) == len("2000-01-01")


def _predicate(name: str) -> str:
    """Return the predicate for a column; one that Thence has phrases for, where the name says so."""
    for predicate, said in read_phrasebook().items():
        if predicate != "class" and name in (said["name"], said.get("plural")):
            return predicate.replace(_DBO, "dbo:").replace(ns.VOCAB, "ex:")
    words = name.split("_")
    return f"ex:{words[0]}{''.join(word.capitalize() for word in words[1:])}"


def _class(name: str) -> str:
    singular = name[:-1] if name.endswith("s") and not name.endswith("ss") else name
    return "".join(word.capitalize() for word in singular.split("_"))


def _name(text: str) -> str:
    """Return a name that YAML, IRIs and Turtle take as it is."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    kept = re.sub(r"[^A-Za-z0-9]+", "_", spaced).strip("_").lower()
    return kept if kept and not kept[0].isdigit() else f"c_{kept}" if kept else "column"
