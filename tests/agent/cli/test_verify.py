"""The option --proof and the command verify, from an answer to the triple that is gone."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.cli import session
from agent.recommender import Recommender
from agent.settings import Settings
from tests.agent.cli.conftest import Outcome
from tests.agent.cli.fakes import FakeRecommender
from tests.agent.conftest import open_quietly
from tests.agent.fakes import ScriptedGate, unreachable

Thence = Callable[..., Outcome]


@pytest.fixture
def home(tmp_path: Path, tiny_domain: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose one domain is the bookshop, opened without a model and without weights."""
    shutil.copytree(tiny_domain, tmp_path / "home" / "domains" / "bookshop")

    def open_here(domain: str, settings: Settings, notices: object) -> Recommender:
        toolbox = open_quietly(settings.home / "domains" / domain, settings.home)
        return Recommender(toolbox, ScriptedGate(unreachable), settings)

    monkeypatch.setattr(session, "open_recommender", open_here)
    return tmp_path / "home"


@pytest.fixture
def proof(home: Path, thence: Thence, tmp_path: Path) -> Path:
    file = tmp_path / "answer.jsonld"
    got = thence("recommend", "-d", "bookshop", "-u", "ben", "-k", "5", "--proof", str(file), "--home", str(home))
    assert got.code == 0
    assert f"Writing the proof to {file}" in got.err
    return file


def lose(home: Path, pattern: str) -> None:
    """Take statements out of the bookshop's graph."""
    graph = home / "domains" / "bookshop" / "graph.ttl"
    text, count = re.subn(pattern, "", graph.read_text("utf-8"))
    assert count == 1
    graph.write_text(text, "utf-8")


def test_a_proof_of_a_list_holds(proof: Path, home: Path, thence: Thence) -> None:
    got = thence("verify", str(proof), "--home", str(home))
    assert got.code == 0
    lines = got.out.splitlines()
    assert lines[0].startswith("recommend: no wish in words for ben, ")
    assert re.fullmatch(r"The graph of bookshop is the one of the proof \([0-9a-f]{16}\)\.", lines[1])
    assert lines[2].startswith("The proof holds: ")
    assert len(lines) == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [("ask", "who wrote Emma?"), ("explain", "--item", "Dracula", "--user", "ben"), ("recommend", "--json")]
)
def test_the_other_answers_have_proofs_too(
    command: tuple[str, ...], home: Path, thence: Thence, tmp_path: Path
) -> None:
    file = tmp_path / "p.jsonld"
    got = thence(*command, "-d", "bookshop", "--home", str(home), "--proof", str(file))
    assert got.code == 0
    if "--json" in command:
        json.loads(got.out)
    assert thence("verify", str(file), "--home", str(home), "--json").code == 0


def test_a_triple_that_is_gone_is_named_with_the_claim_that_rests_on_it(
    proof: Path, home: Path, thence: Thence
) -> None:
    lose(home, r"(?<=:castle a v:Book, ex:CatalogItem ; rdfs:label \"The Castle\"@en ;) v:author p:kafka ;")
    got = thence("verify", str(proof), "--home", str(home))
    assert got.code == 1
    assert "is another one now" in got.out
    assert "The proof does not hold. These do: " in got.out
    (heading,) = [line for line in got.out.splitlines() if "The Castle, claim" in line]
    assert re.match(r"✗ [1-5]\. The Castle, claim 1: ", heading)
    assert "Franz Kafka" in heading
    assert "  it rests on a triple that supports nothing now" in got.out
    assert "  the graph does not state it: The Castle · author · Franz Kafka" in got.out
    shop = "http://shop.example/"
    assert f"{shop}book/castle {shop}vocab/author {shop}person/kafka" in got.out


def test_in_json_each_check_stands_with_what_it_lost(proof: Path, home: Path, thence: Thence) -> None:
    lose(home, r"(?<=:castle a v:Book, ex:CatalogItem ; rdfs:label \"The Castle\"@en ;) v:author p:kafka ;")
    got = thence("verify", str(proof), "--home", str(home), "--json")
    assert got.code == 1
    report: dict[str, Any] = json.loads(got.out)
    assert set(report) == {"proof", "domain", "graph", "holds", "counts", "failed", "checks"}
    assert (report["holds"], report["graph"]["same"]) == (False, False)
    (claim,) = [one for one in report["checks"] if "The Castle, claim" in one["where"] and one["lost"]]
    assert claim["lost"] == [
        {
            "subject": "http://shop.example/book/castle",
            "predicate": "http://shop.example/vocab/author",
            "object": "http://shop.example/person/kafka",
            "labels": ["The Castle", "author", "Franz Kafka"],
            "why": "the graph does not state it",
        }
    ]


def test_history_that_changed_is_told(proof: Path, home: Path, thence: Thence) -> None:
    assert thence("feedback", "rate", "Frankenstein", "1", "-u", "ben", "-d", "bookshop", "--home", str(home)).code == 0
    got = thence("verify", str(proof), "--home", str(home))
    assert got.code == 1
    assert "✗ ben on Frankenstein: 5" in got.out
    assert "  history changed: ben gave it 1 by now" in got.out


def test_an_edited_file_does_not_hold(proof: Path, home: Path, thence: Thence) -> None:
    proof.write_text(proof.read_text("utf-8").replace("Franz Kafka", "Jane Austen"), "utf-8")
    got = thence("verify", str(proof), "--home", str(home))
    assert got.code == 1
    assert "the file was changed after it was written" in got.out


def test_a_broken_file_is_an_error_with_2(proof: Path, home: Path, thence: Thence) -> None:
    proof.write_text(proof.read_text("utf-8")[:5000], "utf-8")
    got = thence("verify", str(proof), "--home", str(home))
    assert got.code == 2
    assert got.out == ""
    assert re.search(r"error: .*answer\.jsonld, line \d+, column \d+: .*cut off", got.err)
    told = json.loads(thence("verify", str(proof), "--home", str(home), "--json").err.splitlines()[-1])
    assert told["error"]["type"] == "ProofError"


def test_a_proof_names_a_domain_and_no_folder(proof: Path, home: Path, thence: Thence, tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    shutil.copytree(home / "domains" / "bookshop", evil)
    document = json.loads(proof.read_text("utf-8"))
    document["graph"]["domain"] = str(evil)
    proof.write_text(json.dumps(document), "utf-8")
    got = thence("verify", str(proof), "--home", str(home))
    assert got.code == 2
    assert "which is not here. Known: bookshop, films" in got.err


def test_another_domain_can_be_named_by_its_folder(proof: Path, tiny_domain: Path, thence: Thence) -> None:
    assert thence("verify", str(proof), "--domain", str(tiny_domain)).code == 0


def test_a_file_that_is_not_there_is_a_wrong_call(home: Path, thence: Thence, tmp_path: Path) -> None:
    got = thence("verify", str(tmp_path / "none.jsonld"))
    assert got.code == 2
    assert "does not exist" in got.err


def test_a_proof_that_cannot_be_written_is_told_before_the_answer(
    fake: FakeRecommender, thence: Thence, tmp_path: Path
) -> None:
    for file, told in ((tmp_path / "no" / "p.jsonld", "there is no folder"), (tmp_path, "is a folder")):
        got = thence("recommend", "--proof", str(file))
        assert got.code == 2
        assert told in got.err
    assert fake.asked == []


def test_no_control_of_a_proof_reaches_the_terminal(proof: Path, home: Path, thence: Thence) -> None:
    document = json.loads(proof.read_text("utf-8"))
    evil = "\x1b]0;owned\x07\x1b[2J\u202e"
    document["request"]["text"] = document["request"]["user"] = document["generatedAt"] = evil
    document["items"][0]["justification"]["claims"][0]["text"] = evil
    document["graph"]["fingerprint"] = evil
    proof.write_text(json.dumps(document), "utf-8")
    for option in ((), ("--json",)):
        got = thence("verify", str(proof), "--home", str(home), *option)
        assert got.code == 1
        assert not any(char in got.out + got.err for char in "\x1b\x07\u202e")
