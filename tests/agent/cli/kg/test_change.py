"""The commands `thence kg add` and `remove`."""

import json
from pathlib import Path

import pytest

from agent.cli.main import run
from kg.domain import Domains
from kg.snapshot import open_snapshot
from tests.conftest import write_bookshop

TURTLE = """
@prefix v: <http://shop.example/vocab/> .
<http://shop.example/book/ulysses> a v:Book, <http://example.org/vocab/CatalogItem> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "Ulysses"@en ; v:year 1922 .
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_bookshop(tmp_path / "home" / "domains" / "bookshop")
    (tmp_path / "more.ttl").write_text(TURTLE, "utf-8")
    return tmp_path / "home"


def items(home: Path) -> list[str]:
    domains = Domains(home)
    domain = domains.find("bookshop")
    return open_snapshot(domain, domains.fitted(domain)).items


@pytest.mark.slow
def test_what_is_added_is_there_and_can_be_taken_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--domain", "bookshop", "--home", str(home), "--json"]
    assert run(["kg", "add", str(home.parent / "more.ttl"), *more]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["added"], told["removed"], told["items"], told["texts_embedded"]) == (4, 0, 9, None)
    assert "http://shop.example/book/ulysses" in items(home)
    assert run(["kg", "clean", "--undo", "last", *more]) == 0
    assert len(items(home)) == 8


@pytest.mark.slow
def test_what_is_removed_is_gone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--domain", "bookshop", "--home", str(home)]
    run(["kg", "add", str(home.parent / "more.ttl"), *more])
    assert run(["kg", "remove", str(home.parent / "more.ttl"), *more]) == 0
    assert "0 triples added, 4 removed" in capsys.readouterr().out
    assert len(items(home)) == 8
    assert run(["kg", "remove", str(home.parent / "more.ttl"), *more]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_a_broken_file_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home.parent / "more.ttl").write_text("<http://a.example/s> <p", "utf-8")
    assert run(["kg", "add", str(home.parent / "more.ttl"), "--domain", "bookshop", "--home", str(home)]) == 2
    assert "more.ttl, line 1" in capsys.readouterr().err
    assert not (home / "domains" / "bookshop" / "changes.jsonl").exists()
