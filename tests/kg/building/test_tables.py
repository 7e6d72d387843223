"""Tables become graphs through mappings; what does not fit is told with file and line."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet  # type: ignore[import-untyped]
import pytest

from kg.building import BuildError, MappingError
from kg.building.columns import read_rows
from kg.building.source import Run
from kg.building.tables import TableSource
from tests.kg.building.conftest import BOOKS, MAPPING, Build

ITEMS = [f"http://example.org/book/{number}" for number in (1, 2, 3)]
RML = """
@prefix rml: <http://w3id.org/rml/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix ex: <http://example.org/vocab/> .
<#book> a rml:TriplesMap ;
  rml:logicalSource [ rml:source "books.csv" ; rml:referenceFormulation rml:CSV ] ;
  rml:subjectMap [ rml:template "http://example.org/book/{id}" ; rml:class ex:CatalogItem ] ;
  rml:predicateObjectMap [ rml:predicate rdfs:label ; rml:objectMap [ rml:reference "title" ] ] .
"""


EVERY_KIND = """prefixes:
  ex: http://example.org/vocab/
mappings:
""" + "".join(
    f"""  {kind}:
    sources:
      - {source}
    s: http://{kind}.example/$(id)
    po:
      - [a, ex:CatalogItem]
      - [rdfs:label, $(title)]
      - [ex:year, $(year), xsd:integer]
"""
    for kind, source in {
        "csv": "{access: books.csv, referenceFormulation: csv}",
        "packed": "{access: books.csv.gz, referenceFormulation: csv}",
        "tsv": "{access: books.tsv, referenceFormulation: csv}",
        "semicolons": "{access: semicolons.csv, referenceFormulation: csv}",
        "json": '{access: books.json, referenceFormulation: jsonpath, iterator: "$[*]"}',
        "parquet": "{access: books.parquet, referenceFormulation: csv}",
    }.items()
)


SQL = MAPPING.replace("access: books.csv\n        referenceFormulation: csv", "table: books").replace(
    "http://example.org/book/", "http://sql.example/"
)


def write_every_kind(shop: Path) -> None:
    rows = list(read_rows(shop / "books.csv"))
    (shop / "books.csv.gz").write_bytes(gzip.compress(BOOKS.encode()))
    for name, delimiter in (("books.tsv", "\t"), ("semicolons.csv", ";")):
        lines = [list(rows[0]), *(list(row.values()) for row in rows)]
        (shop / name).write_text("".join(delimiter.join(line) + "\n" for line in lines))
    (shop / "books.json").write_text(json.dumps(rows))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), shop / "books.parquet")
    with closing(sqlite3.connect(shop / "books.sqlite")) as connection, connection:
        connection.execute("CREATE TABLE books (id TEXT, title TEXT, author TEXT, genres TEXT, year TEXT, house TEXT)")
        connection.executemany("INSERT INTO books VALUES (?, ?, ?, ?, ?, ?)", [tuple(row.values()) for row in rows])


@pytest.mark.slow
def test_every_kind_of_table_gives_the_same_graph(shop: Path, build: Build) -> None:
    write_every_kind(shop)
    (shop / "every.yml").write_text(EVERY_KIND)
    (shop / "sql.yml").write_text(SQL)
    snapshot = build(shop / "books.sqlite", mappings=(shop / "every.yml", shop / "sql.yml")).snapshot
    graphs: dict[str, set[tuple[str, ...]]] = {}
    for triple in snapshot.store.triples():
        kind, number = triple.subject.removeprefix("http://").split(".example/")
        graphs.setdefault(kind, set()).add((number, triple.predicate, triple.object))
    assert len(graphs) == 7
    assert len(graphs["csv"]) == 9
    assert all(graph == graphs["csv"] for graph in graphs.values())


@pytest.mark.slow
def test_rml_in_turtle_is_read_too(shop: Path, build: Build) -> None:
    (shop / "mapping.ttl").write_text(RML)
    built = build(shop / "books.csv", mappings=(shop / "mapping.ttl",))
    assert (built.snapshot.items, built.triples) == (ITEMS, 6)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "$(title)",
            "$(Title)",
            r"mapping.yml, line 11: .* no column 'Title'. Did you mean title\? It has: id",
        ),
        ("s: http://example.org/book/$(id)", "s: http://e.example/$(isbn)", "mapping.yml, line 8: .*no column 'isbn'"),
        ("books.csv", "book.csv", "mapping.yml, line 6: there is no table .*book.csv"),
        ("access: books.csv", "access: http://a.example/b.csv", "line 6: expected a file beside the mapping"),
        ("    s: ", "    s ", r"mapping.yml, line \d+: no valid YAML"),
        ("    s: http://example.org/book/$(id)\n", "", "mapping.yml, line 4: the block `book` has no subject"),
        ("    po:\n", "    pox:\n", "mapping.yml, line 4: the block `book` says nothing .*, got sources, s, pox"),
        ("books.csv", "bocks.csv", "line 6: there is no table .*bocks.csv. Did you mean books.csv"),
        ("mappings:", "maps:", "mapping.yml, line 1: expected a key `mappings`"),
        ("access: books.csv\n        referenceFormulation: csv", "table: books", "line 6: .*name the database"),
    ],
)
def test_a_wrong_mapping_is_told_with_its_line(old: str, new: str, message: str, shop: Path) -> None:
    (shop / "mapping.yml").write_text(MAPPING.replace(old, new))
    with pytest.raises(BuildError, match=message):
        TableSource(shop / "mapping.yml").check()


def test_files_and_a_database_in_one_mapping_are_refused(shop: Path) -> None:
    write_every_kind(shop)
    (shop / "both.yml").write_text(EVERY_KIND + SQL.partition("mappings:\n")[2])
    with pytest.raises(MappingError, match="need a mapping each"):
        TableSource(shop / "both.yml", str(shop / "books.sqlite")).check()


def test_a_table_that_the_database_lacks_is_told(shop: Path) -> None:
    write_every_kind(shop)
    (shop / "sql.yml").write_text(SQL.replace("table: books", "table: book"))
    with pytest.raises(BuildError, match="has no table 'book'; it has books"):
        TableSource(shop / "sql.yml", str(shop / "books.sqlite")).check()


@pytest.mark.slow
def test_a_triple_that_cannot_be_is_told(shop: Path) -> None:
    (shop / "mapping.yml").write_text(MAPPING.replace("ex:year, $(year), xsd:integer", "ex:by, $(title)~iri"))
    with pytest.raises(
        BuildError, match=r"makes a triple that cannot be: <http://example.org/book/\d> .*(scheme|code point)"
    ):
        TableSource(shop / "mapping.yml").convert(shop, Run(lambda _: None))


def test_wrong_turtle_is_told_with_its_line(shop: Path) -> None:
    (shop / "mapping.ttl").write_text(RML.replace('"title"', '"titel"'))
    with pytest.raises(MappingError, match=r"mapping.ttl, line 8: books.csv has no column 'titel'"):
        TableSource(shop / "mapping.ttl").check()
    (shop / "mapping.ttl").write_text(RML.replace("rml:class ex:CatalogItem ]", "rml:class ]"))
    with pytest.raises(MappingError, match=r"mapping.ttl, line 7: "):
        TableSource(shop / "mapping.ttl").check()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOOKS.replace("Dracula,", "Dracula,and,"), "books.csv, line 4: expected 6 fields as in the header, got 7"),
        (BOOKS.replace("title", "id"), "books.csv, line 1: two columns are called id"),
        (BOOKS.replace("Emma", "Emm\udcff"), "books.csv, after line 0: expected UTF-8"),
        ("", "books.csv has no column|books.csv, line 1: "),
    ],
)
def test_a_damaged_table_is_told_with_its_line(content: str, message: str, shop: Path) -> None:
    (shop / "books.csv").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(BuildError, match=message):
        TableSource(shop / "mapping.yml").check()


def test_a_mapping_that_names_another_table_is_what_is_wrong(shop: Path, build: Build) -> None:
    (shop / "mapping.yml").write_text(MAPPING.replace("books.csv", "bocks.csv"))
    with pytest.raises(BuildError, match=r"mapping.yml, line 6: there is no table .*bocks.csv"):
        build(shop / "books.csv", mappings=(shop / "mapping.yml",))


def test_a_table_without_a_mapping_is_told_how_to_get_one(shop: Path, build: Build) -> None:
    with pytest.raises(BuildError, match=r"`thence kg map .*books.csv --out mapping.yml` writes one"):
        build(shop / "books.csv")
