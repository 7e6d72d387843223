"""The commands about a graph's quality, as a user calls them: what they print, write, refuse and take back."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from tests.conftest import write_bookshop

DOUBLE = """
<http://shop.example/book/dracula2> a <http://shop.example/vocab/Book>, <http://example.org/vocab/CatalogItem> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "Dracula" ; <http://www.w3.org/2002/07/owl#sameAs>
    <http://shop.example/book/dracula> ; <http://shop.example/vocab/author> <http://shop.example/person/nobody> .
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = write_bookshop(tmp_path / "shop")
    with (folder / "graph.ttl").open("a", encoding="utf-8") as file:
        file.write(DOUBLE)
    return folder


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, object]:
    assert run([*arguments, "--json"]) == code
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_clean_proposes_applies_and_takes_back(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {path: path.read_bytes() for path in shop.iterdir()}
    proposed = told(capsys, "kg", "clean", "--domain", str(shop))
    assert proposed["counts"] == {"dangling": 1, "same-as": 1}
    assert {path: path.read_bytes() for path in shop.iterdir()} == files
    applied = told(capsys, "kg", "clean", "--domain", str(shop), "--apply")
    assert len(applied["applied"]) == 2  # type: ignore[arg-type]
    assert told(capsys, "kg", "clean", "--domain", str(shop))["counts"] == {}
    undone = told(capsys, "kg", "clean", "--domain", str(shop), "--undo", "last")
    assert len(undone["undone"]) == 2  # type: ignore[arg-type]
    assert {path: path.read_bytes() for path in shop.iterdir()} == files


def test_an_unknown_kind_is_told_with_the_known_ones(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kg", "clean", "--domain", str(shop), "--kind", "dublicate"]) == 2
    assert "no check 'dublicate'" in capsys.readouterr().err


def test_shapes_are_written_once_and_checked(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "kg", "shapes", "--domain", str(shop))["file"] == str(shop / "shapes.ttl")
    assert run(["kg", "shapes", "--domain", str(shop)]) == 2
    assert "--replace" in capsys.readouterr().err
    (shop / "shapes.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> .\n<urn:s> a sh:NodeShape ;\n"
        "  sh:targetClass <http://shop.example/vocab/Book> ;\n"
        "  sh:property [ sh:path <http://shop.example/vocab/author> ; sh:class <http://shop.example/vocab/Person> ] .",
        "utf-8",
    )
    found = told(capsys, "kg", "validate", "--domain", str(shop), code=1)
    assert found["flagged"] == [
        [
            "http://shop.example/book/dracula2",
            "http://shop.example/vocab/author",
            "http://shop.example/person/nobody",
        ]
    ]


def test_without_shapes_it_is_told_how_to_get_some(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["kg", "validate", "--domain", str(shop)]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert f"bookshop has no shapes to check against: run `thence kg shapes --domain {shop}`" in said


def test_broken_shapes_name_file_and_line(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "shapes.ttl").write_text("@prefix sh: <http://www.w3.org/ns/shacl#> .\n\n<urn:s> a sh:NodeShape", "utf-8")
    assert run(["kg", "validate", "--domain", str(shop)]) == 2
    assert "shapes.ttl, line 3" in " ".join(capsys.readouterr().err.split())


def test_the_report_is_one_page(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "page.html"
    assert told(capsys, "kg", "report", "--domain", str(shop), "--out", str(out))["file"] == str(out)
    html = out.read_text("utf-8")
    assert html.startswith("<!DOCTYPE html>")
    assert "A small bookshop" in html
    assert "dangling references" in html
