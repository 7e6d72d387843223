"""A mapping to start from holds what a table's header and values show, and can be built with as it is."""

from pathlib import Path

import pytest

from kg.building import BuildError
from kg.building.starter import starter_mapping
from tests.kg.building.conftest import Build


def test_a_shop_of_two_tables_is_mapped(shop: Path) -> None:
    text = starter_mapping([shop / "books.csv", shop / "publishers.csv"], shop / "new.yml")
    for line in (
        "      - access: books.csv",
        "    s: http://example.org/book/$(id)",
        "      - [a, ex:CatalogItem]  # what may be recommended",
        "      - [rdfs:label, $(title)]",
        "      - [dbo:author, http://example.org/author/$(author)~iri]  # 3 things that 3 rows name",
        "      # genres: many values, parted by |; see book_genres",
        "      - [ex:year, $(year), xsd:integer]",
        "      - [ex:publisher, http://example.org/publisher/$(publisher_id)~iri]  # the key of publishers.csv",
    ):
        assert line in text.splitlines()


@pytest.mark.slow
def test_the_mapping_can_be_built_with_as_it_is(shop: Path, build: Build) -> None:
    files = shop / "books.csv", shop / "publishers.csv"
    (shop / "new.yml").write_text(starter_mapping(files, shop / "new.yml"))
    snapshot = build(*files, mappings=(shop / "new.yml",)).snapshot
    assert len(snapshot.items) == 3
    assert set(snapshot.manifest.relations) == {"author", "genre", "year", "publisher", "country"}
    emma = snapshot.item("Emma")
    said = {snapshot.label(t.object) for t in snapshot.store.triples(emma) if not t.literal}
    assert {"romance", "comedy", "Jane Austen", "John Murray"} <= said


@pytest.mark.parametrize(
    ("column", "values", "line"),
    [
        ("price", ["1.5", "2", "3.25"], "[ex:price, $(price), xsd:decimal]"),
        ("sold", ["true", "false", "true"], "[ex:sold, $(sold), xsd:boolean]"),
        ("released", ["2001-02-03", "1999-12-31", ""], "[ex:released, $(released), xsd:date]"),
        ("plot", ["a", "b", "c"], "[dct:description, $(plot)]"),
        ("blurb", ["long " * 20, "words " * 20, "text " * 20], "[dct:description, $(blurb)]"),
        (
            "colour",
            ["red", "blue", "red"],
            "[ex:colour, http://example.org/colour/$(colour)~iri]  # 2 things that 3 rows name",
        ),
        (
            "maker_id",
            ["7", "8", "7"],
            "[ex:maker, http://example.org/maker/$(maker_id)~iri]  # ? a key of a table of makers",
        ),
        ("serial", ["a1", "b2", "c3"], "[ex:serial, $(serial)]  # ? a text; nearly every row has another"),
        ("void", ["", "", ""], "# void: empty in every row"),
    ],
)
def test_what_a_column_holds_is_guessed(column: str, values: list[str], line: str, tmp_path: Path) -> None:
    rows = "".join(f"{at}\t{value}\n" for at, value in enumerate(values))
    (tmp_path / "things.tsv").write_text(f"id\t{column}\n{rows}")
    assert line in starter_mapping([tmp_path / "things.tsv"], tmp_path / "m.yml")


def test_a_table_without_a_key_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,1\n1,2\n2,2\n")
    with pytest.raises(BuildError, match="no column has another value in each row"):
        starter_mapping([tmp_path / "a.csv"], tmp_path / "m.yml")
