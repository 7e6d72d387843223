"""The peer in questions: how its words are judged, by hand, and the command that prints it beside ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent import recommender as module
from agent.cli.main import run
from agent.prebuilt import Attempt
from agent.settings import Settings
from agent.toolbox import open_toolbox
from eval.questions import NoModel, Question
from eval.questions_peer import Task, agent_row, judged, named, our_row
from kg.snapshot import Snapshot
from tests.agent.prebuilt.conftest import Script
from tests.conftest import write_bookshop
from tests.eval.test_questions import LINES, outcome
from tests.fakes import BagOfWordsEncoder

SHOP = "http://shop.example/"
BOOKS = Question(
    "Which books did Franz Kafka write?",
    1,
    "",
    frozenset({SHOP + "book/trial", SHOP + "book/castle"}),
    "Franz Kafka",
    "list Franz Kafka ^author",
)
DATED = Question("When was Emma written?", 1, "", frozenset({"1815"}), "Emma", "")


def attempt(text: str, *results: str, calls: int = 2, valid: int = 1, ended: bool = True) -> Attempt:
    return Attempt(text, results, calls, 100 * calls, len(results), valid, ended)


@pytest.mark.parametrize(
    ("text", "f1", "exact"),
    [
        ("The Trial\nThe Castle", 1.0, True),
        ("Franz Kafka wrote The Castle and The Trial.", 1.0, True),
        ("The Trial", 2 / 3, False),
        ("The Trial, The Castle and Dracula", 0.8, False),
        ("Dracula", 0.0, False),
        ("I do not know.", 0.0, False),
        ("", 0.0, False),
    ],
)
def test_its_words_are_linked_and_compared(tiny: Snapshot, text: str, f1: float, exact: bool) -> None:
    got = judged(BOOKS, attempt(text), 1.0, tiny)
    assert got.f1 == pytest.approx(f1)
    assert got.exact == exact
    assert got.any == (f1 > 0)


def test_the_right_owner_of_a_name_counts(tiny: Snapshot) -> None:
    house = Question("Who published Frankenstein?", 1, "", frozenset({SHOP + "house/emma"}), "Frankenstein", "")
    assert named("Emma", house, tiny) == {SHOP + "house/emma"}


def test_numbers_are_read_where_numbers_are_asked_for(tiny: Snapshot) -> None:
    assert judged(DATED, attempt("Emma came out in 1815."), 1.0, tiny).exact
    assert not judged(DATED, attempt("1815 or 1816"), 1.0, tiny).exact
    assert named("The Trial, 1815", BOOKS, tiny) == {SHOP + "book/trial"}


def test_what_the_tools_told_is_told_apart_from_what_it_said(tiny: Snapshot) -> None:
    got = judged(BOOKS, attempt("no idea", "2 rows: The Trial", "The Castle"), 1.0, tiny)
    assert (got.seen, got.exact) == (True, False)
    assert not judged(BOOKS, attempt("no idea", "2 rows: The Trial"), 1.0, tiny).seen


def test_means_by_hand() -> None:
    def task(right: bool, made: Attempt) -> Task:
        return Task(BOOKS, made, float(right), right, right, right, 2.0 if right else 4.0)

    row = agent_row(
        "peer", [task(True, attempt("x", "a", "b")), task(False, attempt("", "a", calls=8, valid=0, ended=False))]
    )
    assert (row.n, row.solved, row.seen, row.ended, row.p50) == (2, 0.5, 0.5, 0.5, 3.0)
    assert row.valid == pytest.approx(1 / 3)
    assert (row.tool_calls, row.calls) == (1.5, 5.0)
    assert agent_row("peer", [task(False, attempt("", valid=0))]).valid is None
    ours = our_row("ours", [outcome("a", "b"), outcome("c", error="no JSON")])
    assert (ours.solved, ours.valid, ours.calls, ours.seen) == (0.5, 0.5, 1.0, None)


def test_it_is_printed_beside_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def quietly(domain: str, domains: object, **told: Any) -> object:
        return open_toolbox(domain, domains, **(told | {"encoder": BagOfWordsEncoder(), "device": "cpu"}))  # type: ignore[arg-type]

    def gate(settings: Settings, say: Callable[[str], None], *ensure: object) -> "NoModel | Played":
        """Only we say how a server is found; the peer's model is played."""
        return NoModel(settings, say) if ensure else Played()

    write_bookshop(tmp_path / "home" / "domains" / "bookshop")
    (tmp_path / "questions.jsonl").write_text("\n".join(LINES), "utf-8")
    monkeypatch.setattr(module, "open_toolbox", quietly)
    monkeypatch.setattr("agent.toolbox.open_toolbox", quietly)
    monkeypatch.setattr("agent.gate.ModelGate", gate)
    command = ["eval", "questions", "--domain", "bookshop", "--home", str(tmp_path / "home"), "--agent-questions", "1"]
    assert run([*command, "--file", str(tmp_path / "questions.jsonl"), "--json"]) == 0
    ours, free, held = json.loads(capsys.readouterr().out)["agents"]
    assert (ours["name"], ours["n"], ours["solved"]) == ("Thence", 1, 1.0)
    assert (free["name"], free["solved"], free["valid"]) == ("create_agent, free calls", 0.0, None)
    assert (held["solved"], held["valid"], held["tool_calls"], held["calls"]) == (1.0, 1.0, 1.0, 2.0)


class Played(Script):
    """A script in the place of the gate: a free turn, then the two of calls that are held."""

    def __init__(self, *_: object) -> None:
        call = '{"name": "link_entities", "arguments": {"text": "Dracula"}}'
        super().__init__("I cannot say.", call, '{"answer": ["Bram Stoker"]}')

    def close(self) -> None:
        """Nothing is open."""
