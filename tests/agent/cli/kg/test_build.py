"""`thence kg build` and `thence kg map` as a user calls them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.domain_rows import CarriedRow, carried_lines
from tests.agent.cli.conftest import Outcome
from tests.kg.building.conftest import BOOKS

Thence = Callable[..., Outcome]


@pytest.fixture
def books(tmp_path: Path) -> Path:
    (tmp_path / "books.csv").write_text(BOOKS)
    return tmp_path / "books.csv"


@pytest.mark.slow
def test_from_a_table_to_a_domain(thence: Thence, books: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.yml"
    made = thence("kg", "map", str(books), "--out", str(mapping))
    assert made.code == 0
    assert "Check it, then: thence kg build" in made.out
    got = thence("kg", "build", str(books), "--mapping", str(mapping), "--name", "shop", "--json")
    told = json.loads(got.out)
    assert (got.code, told["items"], told["sources"][0]["kind"]) == (0, 3, "tables")
    rows = json.loads(thence("domain", "items", "shop", "--json").out)
    assert {row["label"] for row in rows} == {"Emma", "The Trial, a novel", "Dracula"}


@pytest.mark.slow
def test_a_build_tells_what_it_does_on_standard_error(thence: Thence, tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<http://a.example/a> a <http://example.org/vocab/CatalogItem> .")
    got = thence("kg", "build", str(tmp_path / "a.ttl"), "--name", "tiny")
    assert got.code == 0
    assert "Reading a.ttl" in got.err
    assert "1 triples, 1 items, 0 users" in got.out
    assert "thence recommend --domain tiny" in got.out


def test_an_error_is_one_message_and_json_where_it_was_asked_for(thence: Thence, books: Path) -> None:
    got = thence("kg", "build", str(books), "--name", "shop", "--json")
    assert (got.code, got.out) == (2, "")
    assert "no mapping says" in json.loads(got.err.splitlines()[-1])["error"]["message"]


def test_a_mapping_is_not_written_over(thence: Thence, books: Path, tmp_path: Path) -> None:
    (tmp_path / "mapping.yml").write_text("mine")
    assert thence("kg", "map", str(books), "--out", str(tmp_path / "mapping.yml")).code == 2
    assert (tmp_path / "mapping.yml").read_text() == "mine"


def test_a_mapping_is_printed_where_no_file_is_named(thence: Thence, books: Path) -> None:
    assert thence("kg", "map", str(books)).out.startswith("# A mapping to start from")
    assert json.loads(thence("kg", "map", str(books), "--json").out)["file"] is None


@pytest.mark.slow
def test_what_a_replaced_domain_leaves_is_told(thence: Thence, tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<http://a.example/a> a <http://example.org/vocab/CatalogItem> .")
    (tmp_path / "b.ttl").write_text("<http://a.example/a> a <http://a.example/Thing> .")
    build = ("kg", "build", str(tmp_path / "a.ttl"), "--name", "tiny")
    assert thence(*build).code == 0
    assert thence("kg", "add", str(tmp_path / "b.ttl"), "--domain", "tiny").code == 0
    got = thence(*build, "--replace")
    assert "Kept 1 changes of the graph that was there." in got.out
    assert json.loads(thence(*build, "--replace", "--json").out)["carried"] == {
        "changes": 1,
        "set_aside": 0,
        "files": [],
        "manifest": "",
    }


def test_what_comes_along_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert carried_lines(CarriedRow(0, 0, (), "")) == []
    told = carried_lines(CarriedRow(1200, 2, ("rules", "shapes.ttl"), "domain.replaced.toml"))
    assert told == [
        "Kept 1,200 changes of the graph that was there.",
        "Set aside 2 changes that the new graph does not admit as they are: changes.set-aside.jsonl; "
        "`thence kg clean` finds what is still to do.",
        "Kept rules, shapes.ttl.",
        "domain.toml is drafted anew; the one that was there is domain.replaced.toml.",
    ]
