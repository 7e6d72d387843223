"""Questions with known answers: the measures by hand, files that are none, and the command from end to end."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from agent import recommender as module
from agent.answer import Answer, AnswerEntity, TraceStep
from agent.cli.main import run
from agent.model.adapters import WEIGHTS, adapters_home
from agent.settings import Settings, load_settings
from agent.toolbox import open_toolbox
from eval.errors import EvaluationError
from eval.questions import (
    FIRST_PLANS,
    UNTUNED_FIRST_PLANS,
    NoModel,
    Outcome,
    Question,
    as_lines,
    disagreement,
    load_questions,
    measured,
    score,
    summarised,
)
from eval.questions_tables import view
from kg.snapshot import Snapshot
from tests.agent.model.fake_openai import Body, serving
from tests.conftest import write_bookshop
from tests.fakes import BagOfWordsEncoder

SHOP = "http://shop.example/"
VOCAB = SHOP + "vocab/"
QUESTION = Question("who wrote it?", 1, "who", frozenset({"a", "b"}), "Dracula", "list Dracula author")


def answered(*found: str, plan: str = "list Dracula author", by: str = "model", error: str | None = None) -> Answer:
    """Return an answer; what begins with an upper-case letter is a literal."""
    trace = [
        TraceStep.model_validate({"step": 1, "action": "interpret", "decided_by": by, "error": error}),
        TraceStep(step=2, action="answer_question", arguments={"plan": plan}, decided_by="code"),
    ]
    entities = [AnswerEntity(iri=None if one[0].isdigit() else one, label=one) for one in found]
    return Answer(
        domain="shop",
        user=None,
        request="who wrote it?",
        intent="ask",
        text="",
        answers=entities,
        trace=trace,
        calls=1,
        tokens=100,
    )


def outcome(*found: str, **told: Any) -> Outcome:
    return measured(QUESTION, answered(*found, **told), 0.5)


@pytest.mark.parametrize(
    ("found", "f1", "exact", "first", "lenient"),
    [
        (("a", "b"), 1.0, True, True, True),
        (("b", "a"), 1.0, True, True, True),
        (("a",), 2 / 3, False, True, True),
        (("a", "b", "c"), 0.8, False, True, True),
        (("c", "a", "b"), 0.8, False, False, True),
        (("c", "a"), 0.5, False, False, True),
        (("c",), 0.0, False, False, False),
        ((), 0.0, False, False, False),
        (("a", "a", "b"), 1.0, True, True, True),
    ],
)
def test_measures_of_one_answer(found: tuple[str, ...], f1: float, exact: bool, first: bool, lenient: bool) -> None:
    got = outcome(*found)
    assert got.f1 == pytest.approx(f1)
    assert (got.exact, got.first, got.any) == (exact, first, lenient)


def test_a_literal_is_compared_by_its_form() -> None:
    dated = Question("when was it?", 1, "when", frozenset({"1897"}), "", "")
    assert measured(dated, answered("1897"), 0.1).exact
    assert not measured(dated, answered("1898"), 0.1).exact


@pytest.mark.parametrize(
    ("found", "text", "right"),
    [
        ((), "I cannot tell: I know of nothing in the graph that “budget” asks about.", True),
        ((), "I cannot tell what the question asks of “Emma”.", True),
        ((), "I found no name in the question that the graph holds.", True),
        ((), "The graph knows none: the writers of “Emma”.", False),
        (("a",), "The year of “Emma”: 1815.", False),
    ],
)
def test_where_no_answer_is_known_it_is_right_to_say_so(found: tuple[str, ...], text: str, right: bool) -> None:
    asked = Question("what is the budget of Emma?", 0, "unanswerable", frozenset(), "", "")
    got = measured(asked, answered(*found).model_copy(update={"text": text}), 0.1)
    assert (got.exact, got.f1, got.refused) == (right, float(right), right)
    other = measured(QUESTION, answered(*found).model_copy(update={"text": text}), 0.1)
    assert not other.exact or found
    assert other.refused == right


def test_shares_of_what_is_refused_are_told() -> None:
    asked = Question("what is the budget of Emma?", 0, "unanswerable", frozenset(), "", "")
    silent = answered().model_copy(update={"text": "I cannot tell."})
    outcomes = [measured(asked, silent, 0.1), measured(asked, answered("a"), 0.1), measured(QUESTION, silent, 0.1)]
    row = summarised("model", [*outcomes, outcome("a", "b")], 1.0)
    assert (row.told_apart, row.refused) == (0.5, 0.5)
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(view([row], []))
    assert (
        'model says "I cannot tell" to 50.0% of the unanswerable, and to 50.0% of the others.' in console.export_text()
    )
    assert summarised("model", [outcome("a")], 1.0).told_apart is None


@given(st.sets(st.integers(0, 30), min_size=1), st.sets(st.integers(0, 30)))
def test_dropping_a_right_answer_lowers_f1_and_adding_a_wrong_one_too(gold: set[int], wrong: set[int]) -> None:
    question = Question("?", 1, "", frozenset(f"g{one}" for one in gold), "", "")
    found = sorted(question.gold) + [f"w{one}" for one in wrong]
    whole = measured(question, answered(*found), 0.1).f1
    assert 0 < whole <= 1
    assert measured(question, answered(*found[1:]), 0.1).f1 < whole
    assert measured(question, answered(*found, "another"), 0.1).f1 < whole


@pytest.mark.parametrize(
    ("plan", "link", "path"),
    [
        ("list Dracula author", False, False),
        ("list Dracula genre", False, True),
        ("count Dracula author", False, True),
        ("list Emma author", True, False),
        ("", True, False),
    ],
)
def test_what_went_wrong_is_told_apart(plan: str, link: bool, path: bool) -> None:
    got = outcome("c", plan=plan)
    assert (got.wrong_link, got.wrong_path) == (link, path)


def test_who_answered_is_counted() -> None:
    rows = [outcome("a", "b"), outcome("c", by="code", error="no JSON"), outcome("a", by="code")]
    row = summarised("model", rows, 2.0)
    assert row.by_rules == pytest.approx(2 / 3)
    assert row.overruled == row.invalid == pytest.approx(1 / 3)
    assert (row.calls, row.tokens, row.per_second) == (1.0, 100.0, 1.5)
    assert (row.p50, row.p95) == (0.5, 0.5)


def test_means_and_their_interval_by_hand() -> None:
    got = score([outcome("a", "b"), outcome("c"), outcome("c", "a")])
    assert got.n == 3
    assert got.f1 == pytest.approx(0.5)
    assert got.half == pytest.approx(1.96 * 0.5 / 3**0.5)
    assert got.exact == got.first == pytest.approx(1 / 3)
    assert got.any == pytest.approx(2 / 3)
    assert score([outcome("a")]).half == 0.0


def test_ways_are_compared_where_they_differ() -> None:
    first = [outcome("a", "b"), outcome("a", "b"), outcome("c"), outcome("c")]
    other = [outcome("b", "a"), outcome("c"), outcome("a", "b"), outcome("d")]
    got = disagreement(first, other, "rules")
    assert got.share == 0.75
    assert got.first_right == got.other_right == pytest.approx(1 / 3)


def test_only_what_was_wrong_is_written() -> None:
    (line,) = as_lines([outcome("a", "b"), outcome("c", "a")]).splitlines()
    assert json.loads(line) == {
        "question": "who wrote it?",
        "f1": 0.5,
        "answers": ["a", "c"],
        "plan": "list Dracula author",
        "right_plan": "list Dracula author",
    }


def hop(relation: str, direction: str = "forward") -> dict[str, str]:
    return {"predicate": VOCAB + relation, "direction": direction}


def line(question: str, *answers: dict[str, object], topic: str = "", path: list[dict[str, str]] | None = None) -> str:
    told = {"question": question, "answers": [*answers], "hops": len(path or []), "qtype": "kind"}
    return json.dumps(told | {"topic_entity_iri": SHOP + topic if topic else "", "relation_path": path or []})


LINES = [
    line(
        "Who wrote Dracula?",
        {"iri": SHOP + "person/stoker", "label": "Stoker"},
        topic="book/dracula",
        path=[hop("author")],
    ),
    line(
        "Who wrote books that share an author with Emma?",
        {"iri": SHOP + "person/austen"},
        topic="book/emma",
        path=[hop("author"), hop("author", "inverse")],
    ),
    line("Who wrote The Trial and The Castle in the end?", {"iri": SHOP + "person/wells"}),
]


def test_lines_become_questions_with_plans(tiny: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join([*LINES[:2], "", line("When?", {"literal": 1897})]), "utf-8")
    one, two, when = load_questions(file, tiny)
    assert one == Question(
        "Who wrote Dracula?", 1, "kind", frozenset({SHOP + "person/stoker"}), "Dracula", "list Dracula author"
    )
    assert two.plan == "list Emma author/^author"
    assert (when.gold, when.plan) == (frozenset({"1897"}), "")


def test_a_limit_chooses_evenly(tiny: Snapshot, tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text("\n".join(line(f"q{at}", {"iri": "a"}) for at in range(10)), "utf-8")
    assert [one.text for one in load_questions(file, tiny, 5)] == ["q0", "q2", "q4", "q6", "q8"]
    assert len(load_questions(file, tiny, 100)) == 10
    assert [one.text for one in load_questions(file, tiny, 4)] == ["q0", "q2", "q5", "q7"]
    assert all(len(load_questions(file, tiny, limit)) == limit for limit in range(1, 11))


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "Invalid JSON"),
        ("[]", "object"),
        ('{"question": "q"}', "answers: Field required"),
        ('{"question": "", "answers": [{"iri": "a"}]}', "question"),
        ('{"question": "q", "answers": [{"iri": 1}]}', "answers.0.iri"),
    ],
)
def test_a_malformed_line_is_named(tiny: Snapshot, tmp_path: Path, bad: str, told: str) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(f"{LINES[0]}\n{bad}\n", "utf-8")
    with pytest.raises(EvaluationError, match=r"questions\.jsonl, line 2: expected a question.*" + told):
        load_questions(file, tiny)


def test_a_file_without_questions_is_an_error(tiny: Snapshot, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n\n")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe")
    for name, told in (("absent", "cannot read"), ("empty", "holds no question"), ("bytes", "cannot read")):
        with pytest.raises(EvaluationError, match=told):
            load_questions(tmp_path / f"{name}.jsonl", tiny)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with questions, and the bookshop among the domains of `home`."""

    def quietly(domain: str, domains: object, **told: Any) -> object:
        return open_toolbox(domain, domains, **(told | {"encoder": BagOfWordsEncoder(), "device": "cpu"}))  # type: ignore[arg-type]

    write_bookshop(tmp_path / "home" / "domains" / "bookshop")
    (tmp_path / "questions.jsonl").write_text("\n".join(LINES), "utf-8")
    monkeypatch.setattr(module, "open_toolbox", quietly)
    return tmp_path


def test_a_domain_given_by_its_path_has_the_adapter_of_its_name(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, used = load_settings(home=files / "home"), list[str]()
    own = adapters_home(settings) / "bookshop"
    own.mkdir(parents=True)
    (own / WEIGHTS).write_bytes(b"")

    def gate(settings: Settings, say: Callable[[str], None]) -> NoModel:
        used.append(settings.adapter)
        return NoModel(settings, say)

    monkeypatch.setattr(module, "ModelGate", gate)
    for domain in ("bookshop", str(files / "home" / "domains" / "bookshop")):
        module.Recommender.load(domain, settings=settings).close()
    assert used == [str(own), str(own)]


Evaluate = Callable[..., tuple[dict[str, Any], list[Body]]]


@pytest.fixture
def evaluate(files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """Return how the command, with an obedient model, is run: what it tells as JSON, and what the model was asked."""

    def evaluated(*options: str) -> tuple[dict[str, Any], list[Body]]:
        where = ["--file", str(files / "questions.jsonl"), "--domain", "bookshop", "--home", str(files / "home")]
        with serving() as server:
            monkeypatch.setenv("THENCE_BASE_URL", server.base_url)
            assert run(["eval", "questions", *where, "--json", *options]) == 0
        return json.loads(capsys.readouterr().out), server.bodies

    return evaluated


def test_a_row_in_full_gives_the_model_nothing(evaluate: Evaluate) -> None:
    told, bodies = evaluate("--in-full")
    assert [row["name"] for row in told["rows"]] == ["model", "model, in full", "rules alone"]
    assert told["disagreements"][0] == {"other": "model, in full", "share": 0, "first_right": 0, "other_right": 0}
    asked = [body for body in bodies if "sea" not in json.dumps(body)]
    begun = ["continue_final_message" in body for body in asked]
    assert begun == sorted(begun, reverse=True)
    assert sum(begun) == sum(row["calls"] * row["overall"]["n"] for row in told["rows"][:1]) > 0
    assert len(begun) == 2 * sum(begun)


def test_first_plans_have_rows_of_their_own(evaluate: Evaluate) -> None:
    told, _ = evaluate("--first-plans", "--untuned")
    rows = {row["name"]: row for row in told["rows"]}
    assert [*rows] == ["model", "rules alone", FIRST_PLANS, "untuned model", UNTUNED_FIRST_PLANS]
    for name in (FIRST_PLANS, UNTUNED_FIRST_PLANS):
        assert (rows[name]["overruled"], rows[name]["calls"] <= 1) == (0.0, True)


def test_how_often_the_models_are_right_by_themselves_is_told() -> None:
    ours, half = outcome("a", "b"), [outcome("a", "b"), outcome("c")]
    named = {"model": [ours] * 2, FIRST_PLANS: [ours] * 2, UNTUNED_FIRST_PLANS: half}
    rows = [summarised(name, outcomes, 1.0) for name, outcomes in named.items()]
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(view(rows, []))
    told = "By its first plan the model is right in 100.0%, without its adapter in 50.0%: 2.0 times as often."
    assert told in console.export_text()
    console.print(view(rows[:2], []))
    assert "By its first plan" not in console.export_text()


def test_the_rules_alone_are_asked_from_end_to_end(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--domain", "bookshop", "--home", str(files / "home"), "--only-rules"]
    command = ["eval", "questions", "--file", str(files / "questions.jsonl"), *options]
    assert run([*command, "--json", "--wrong", str(files / "wrong.jsonl")]) == 0
    told = json.loads(capsys.readouterr().out)
    (row,) = told["rows"]
    assert (row["name"], told["disagreements"]) == ("rules alone", [])
    assert row["by_rules"] == 1.0
    assert row["by_hops"]["1"] == {"n": 1, "f1": 1.0, "half": 0.0, "exact": 1.0, "first": 1.0, "any": 1.0}
    assert row["by_hops"]["0"]["f1"] == 0.0
    wrong = [json.loads(one)["question"] for one in (files / "wrong.jsonl").read_text("utf-8").splitlines()]
    assert "Who wrote Dracula?" not in wrong
    assert "Who wrote The Trial and The Castle in the end?" in wrong
    assert run(command) == 0
    table = capsys.readouterr().out
    assert "rules alone, all" in table
    assert "F1 by kind" in table
