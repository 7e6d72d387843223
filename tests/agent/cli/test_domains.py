"""The commands about domains, on a real tiny one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kg import namespaces as ns
from tests.agent.cli.conftest import Outcome

Thence = Callable[..., Outcome]
SHOP = "http://shop.example/"
GRAPH = f"""
<{SHOP}emma> <{ns.RDF_TYPE}> <{ns.CATALOG_ITEM}> .
<{SHOP}emma> <{ns.RDFS_LABEL}> "Emma" .
<{SHOP}emma> <{SHOP}author> <{SHOP}austen> .
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "kg.nt").write_text(GRAPH)
    (folder / "train.tsv").write_text(f"user_id\titem_iri\trating\nann\t{SHOP}emma\t5\n")
    return folder


def test_list_names_the_samples(thence: Thence) -> None:
    got = thence("domain", "list")
    assert got.code == 0
    assert "films" in got.out
    assert "sample" in got.out


def test_list_shows_an_imported_domain_and_one_that_is_broken(thence: Thence, source: Path, tmp_path: Path) -> None:
    assert thence("domain", "import", str(source), "--name", "shop").code == 0
    broken = tmp_path / "thence_home" / "domains" / "broken"
    broken.mkdir()
    (broken / "domain.toml").write_text("name = ")
    rows = {row["name"]: row for row in json.loads(thence("domain", "list", "--json").out)}
    assert rows["shop"]["imported"]
    assert rows["shop"]["error"] is None
    assert "not valid TOML" in rows["broken"]["error"]
    assert not rows["films"]["imported"]


def test_show_counts_what_is_in_a_domain(thence: Thence, tiny_domain: Path) -> None:
    got = json.loads(thence("domain", "show", str(tiny_domain), "--json").out)
    assert (got["items"], got["users"], got["interactions"]) == (8, 6, 16)
    assert got["relations"][0] == {"name": "author", "noun": "author", "weight": 1.0, "triples": 8}


def test_show_reads_like_a_page(thence: Thence, tiny_domain: Path) -> None:
    out = thence("domain", "show", str(tiny_domain)).out
    assert "A small bookshop  bookshop" in out
    assert "8 books" in out
    assert "16 (from 1 to 5, liked from 4)" in out
    assert "Something like Dracula" in out


def test_users_come_in_the_order_of_the_data(thence: Thence, tiny_domain: Path) -> None:
    got = json.loads(thence("domain", "users", str(tiny_domain), "--limit", "2", "--json").out)
    assert got == [
        {"user": "ann", "interactions": 3, "liked": 2},
        {"user": "ben", "interactions": 3, "liked": 3},
    ]


def test_users_say_how_many_there_are(thence: Thence, tiny_domain: Path) -> None:
    assert "6 users; --limit shows more than 2" in thence("domain", "users", str(tiny_domain), "--limit", "2").out


def test_items_come_most_liked_first(thence: Thence, tiny_domain: Path) -> None:
    got = json.loads(thence("domain", "items", str(tiny_domain), "--limit", "2", "--json").out)
    assert [(row["label"], row["liked_by"]) for row in got] == [("Frankenstein", 3), ("Dracula", 2)]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("the", ["Frankenstein", "The War of the Worlds", "The Castle", "The Last Man", "The Trial"]),
        ("PROMETHEUS", ["Frankenstein"]),
        ("审判", ["The Trial"]),
        ("Frankenstien", ["Frankenstein"]),
        ("Jane Austen", []),
        ("no such", []),
    ],
)
def test_search_finds_names_and_aliases(thence: Thence, tiny_domain: Path, text: str, labels: list[str]) -> None:
    got = json.loads(thence("domain", "items", str(tiny_domain), "--search", text, "--json").out)
    assert [row["label"] for row in got] == labels


def test_labels_with_controls_and_markup_are_only_text(thence: Thence, tiny_domain: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_domain, tmp_path / "copy")
    graph = (folder / "graph.ttl").read_text("utf-8")
    (folder / "graph.ttl").write_text(graph.replace('"Emma"@en ; v:author', '"[red]E\\u001B[2Jmma"@en ; v:author'))
    out = thence("domain", "items", str(folder)).out
    assert "[red]Emma" in out
    assert "\x1b" not in out


def test_import_adds_a_domain_that_can_be_shown(thence: Thence, source: Path) -> None:
    got = thence("domain", "import", str(source), "--name", "shop")
    assert got.code == 0
    assert "thence recommend --domain shop" in got.out
    assert "1 items" in thence("domain", "show", "shop").out


def test_import_replaces_only_when_told(thence: Thence, source: Path) -> None:
    for arguments, code in (((), 0), ((), 2), (("--replace",), 0)):
        assert thence("domain", "import", str(source), "--name", "shop", *arguments, "--json").code == code


def test_import_prints_json(thence: Thence, source: Path) -> None:
    got = json.loads(thence("domain", "import", str(source), "--name", "shop", "--json").out)
    assert got["name"] == "shop"
    assert got["said_twice"] == {}
    assert Path(got["folder"]).is_dir()


def test_an_unknown_domain_names_near_ones(thence: Thence) -> None:
    got = thence("domain", "show", "filmz", "--json")
    assert got.code == 2
    assert json.loads(got.err)["error"]["type"] == "UnknownDomainError"
    assert "Did you mean films?" in got.err


def test_a_limit_below_one_is_refused(thence: Thence) -> None:
    assert (
        "expected a whole number from 1 to 1000000, got '0'" in thence("domain", "users", "films", "--limit", "0").err
    )
