"""The commands recommend, ask and explain."""

import json
import signal
from collections.abc import Callable, Iterator

import pytest

import agent.errors
from agent.answer import Answer, Justification, StageEvent
from agent.cli.options import MAX_K
from kg.errors import ThenceError
from tests.agent.cli.conftest import Outcome
from tests.agent.cli.fakes import FakeRecommender, question, ranked, recommendation

Thence = Callable[..., Outcome]
REACHES_A_TERMINAL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp\x00"


def kinds(parent: type[ThenceError]) -> Iterator[type[ThenceError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from kinds(child)


def test_recommend_asks_for_what_the_options_say(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation()]
    thence("recommend", "--domain", "bookshop", "--user", "ann", "--query", "gothic", "-k", "2", "--model", "big")
    assert fake.asked == [{"message": "gothic", "user": "ann", "k": 2, "thread": None, "intent": "recommend"}]
    assert fake.opened["domain"] == "bookshop"
    assert fake.opened["settings"].model == "big"


def test_the_manner_is_passed_on(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation(), recommendation(ranked(), intent="explain")]
    assert thence("recommend", "--tone", "short", "--language", "zh", "--steer", "etd").code == 0
    assert fake.asked[0] | {"tone": "short", "language": "zh", "steer": "etd"} == fake.asked[0]
    assert thence("explain", "--item", "Frankenstein", "--tone", "expert").code == 0
    assert fake.asked[1] == {"item": "Frankenstein", "user": None, "tone": "expert"}


def test_a_tone_that_there_is_not_is_refused_with_those_that_there_are(thence: Thence, fake: FakeRecommender) -> None:
    refused = thence("recommend", "--tone", "rude")
    assert refused.code == 2
    assert "playful" in refused.err
    assert fake.asked == []


def test_the_overview_stands_over_the_list(thence: Thence, fake: FakeRecommender) -> None:
    overview = Justification(text="Two of them have Mary Shelley as author.", claims=[], written_by="model")
    fake.script = [recommendation(overview=overview)]
    out = thence("recommend").out
    assert out.index("Two of them have Mary Shelley as author.") < out.index("Frankenstein")


def test_recommend_without_user_and_query_leaves_the_choice_to_the_recommender(
    thence: Thence, fake: FakeRecommender
) -> None:
    fake.script = [recommendation()]
    assert thence("recommend").code == 0
    assert fake.asked == [{"message": "", "user": None, "k": 5, "thread": None, "intent": "recommend"}]
    assert fake.opened["domain"] == "films"


def test_recommend_prints_rank_label_prose_path_and_cost(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation()]
    lines = [line.rstrip() for line in thence("recommend").out.splitlines()]
    assert lines == [
        "Two books that fit.",
        "",
        "1  Frankenstein",
        "   Frankenstein, like Dracula, is gothic horror.",
        "   Dracula — genre — Gothic horror — genre — Frankenstein",
        "2  Carmilla",
        "   Carmilla, like Dracula, is gothic horror.",
        "   Dracula — genre — Gothic horror — genre — Carmilla",
        "",
        "Left out by your wishes: 1,200 by “no romance”",
        "",
        "1.2 s · 3 calls to the model, 2,100 tokens",
    ]


def test_evidence_shows_the_claims_with_their_triples(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation(ranked())]
    out = thence("recommend", "--evidence").out
    assert "▸ both are gothic horror" in out
    assert "Frankenstein · genre · gothic horror" in out
    assert "your history · Dracula · 5" in out


def test_trace_shows_who_decided_what(thence: Thence, fake: FakeRecommender) -> None:
    failed = recommendation().trace[0].model_copy(update={"step": 2, "decided_by": "code", "error": "no such genre"})
    fake.script = [recommendation(trace=[*recommendation().trace, failed])]
    out = thence("recommend", "--trace").out
    assert "1  nearest  model · 0.50 s · 120 tokens" in out
    assert 'text="gothic"' in out
    assert "→ 2: 2 books" in out
    assert "2  nearest  code" in out
    assert "error: no such genre" in out


def test_a_degraded_answer_says_what_stood_in(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation(degraded=True, degraded_because=["the model server is down"], calls=0)]
    out = thence("recommend").out
    assert "Note: the model server is down" in out
    assert "no call to the model" in out


@pytest.mark.parametrize("command", [("recommend",), ("ask", "who?"), ("explain", "--item", "Emma")])
def test_json_is_the_answer_and_nothing_else(thence: Thence, fake: FakeRecommender, command: tuple[str, ...]) -> None:
    answer = recommendation(ranked(label="“Émile” 审判"))
    fake.script = [answer]
    got = thence(*command, "--json")
    assert got.out == answer.model_dump_json(indent=2) + "\n"
    assert got.code == 0


def test_json_escapes_what_some_terminals_obey_and_reads_back_equal(thence: Thence, fake: FakeRecommender) -> None:
    answer = recommendation(ranked(label=REACHES_A_TERMINAL))
    fake.script = [answer]
    out = thence("recommend", "--json").out
    assert not any(char in out for char in "\x1b\x9b\x07\u202e\x00")
    assert Answer.model_validate_json(out) == answer


def test_progress_goes_to_standard_error_as_plain_lines(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation()]
    assert thence("recommend", "--json").err == "· Starting the model server…\n· Writing…\n"


def test_ask_prints_the_words_and_every_answer(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [question("Bram Stoker", "Mary Shelley")]
    out = thence("ask", "who wrote gothic horror?").out
    assert fake.asked == [
        {"message": "who wrote gothic horror?", "user": None, "k": 5, "thread": None, "intent": "ask"}
    ]
    assert out.splitlines()[:4] == ["2 people.", "", "• Bram Stoker", "• Mary Shelley"]


def test_ask_says_how_many_answers_it_leaves_out(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [question(*(f"Person {number}" for number in range(60)))]
    out = thence("ask", "who?").out
    assert "• Person 49" in out
    assert "• Person 50" not in out
    assert "and 10 more" in out


def test_explain_draws_parts_and_contributions_as_bars(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation(ranked(), intent="explain")]
    out = thence("explain", "--user", "ann", "--item", "Frankenstein").out
    assert fake.asked == [{"item": "Frankenstein", "user": "ann"}]
    assert f"collaborative  {'█' * 24}  +0.500" in out
    assert "text           ██▍                       -0.050" in out
    assert f"Dracula  {'█' * 24}  +0.300" in out


@pytest.mark.parametrize("option", [(), ("--evidence", "--trace")])
def test_no_control_of_a_label_or_a_query_reaches_the_terminal(
    thence: Thence, fake: FakeRecommender, option: tuple[str, ...]
) -> None:
    item = ranked(label=REACHES_A_TERMINAL)
    step = (
        recommendation()
        .trace[0]
        .model_copy(
            update={
                "arguments": {"text": REACHES_A_TERMINAL},
                "result": REACHES_A_TERMINAL,
                "error": REACHES_A_TERMINAL,
            }
        )
    )
    fake.script = [
        recommendation(
            item,
            text=REACHES_A_TERMINAL,
            trace=[step],
            degraded=True,
            degraded_because=[REACHES_A_TERMINAL],
            removed_by={REACHES_A_TERMINAL: 1},
        )
    ]
    got = thence("recommend", "--query", REACHES_A_TERMINAL, *option)
    assert not any(char in got.out + got.err for char in "\x1b\x9b\x07\u202e\x00")
    assert "1  gnp" in got.out


def test_markup_in_a_label_is_only_text(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation(ranked(label="[bold red]Emma[/] :smile: [/nope]"))]
    assert "1  [bold red]Emma[/] :smile: [/nope]" in thence("recommend").out


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(dict.fromkeys(kinds(ThenceError))))
def test_every_error_is_one_message_and_an_exit_code(
    thence: Thence, fake: FakeRecommender, kind: type[ThenceError]
) -> None:
    fake.script = [kind("the shelf is empty"), kind("the shelf is empty")]
    assert thence("recommend") == Outcome(kind.exit_code, "", "error: the shelf is empty\n")
    got = thence("recommend", "--json")
    assert json.loads(got.err) == {"error": {"type": kind.__name__, "message": "the shelf is empty"}}
    assert (got.code, got.out) == (kind.exit_code, "")
    assert fake.closed


def test_an_error_keeps_its_lines_and_loses_its_controls(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [agent.errors.ServerStartError("no memory; its log ends:\n  \x1b[31mKilled\x1b[0m")]
    assert thence("recommend").err == "error: no memory; its log ends:\n  Killed\n"


def test_an_answer_that_never_ends_is_an_error(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [[StageEvent(text="Thinking")]]
    got = thence("recommend")
    assert got.code == 2
    assert "error: the answer broke off" in got.err


@pytest.mark.parametrize("value", ["0", "-1", str(MAX_K + 1), "10000000", "two", "1e3", "9" * 5000, "\x1b[2J"])
def test_k_out_of_range_says_what_came_and_what_was_expected(thence: Thence, fake: FakeRecommender, value: str) -> None:
    got = thence("recommend", "-k", value)
    assert got.code == 2
    assert f"expected a whole number from 1 to {MAX_K}, got {value[:40]!r}" in got.err
    assert "\x1b" not in got.err
    assert fake.asked == []


@pytest.mark.parametrize("value", ["1", str(MAX_K)])
def test_k_may_be_one_and_the_most(thence: Thence, fake: FakeRecommender, value: str) -> None:
    fake.script = [recommendation()]
    assert thence("recommend", "-k", value).code == 0
    assert fake.asked[0]["k"] == int(value)


@pytest.mark.parametrize(
    "command", [("recommend", "-q"), ("recommend", "-u"), ("ask",), ("explain", "-i"), ("chat", "--thread")]
)
def test_bytes_that_are_no_text_are_refused(thence: Thence, fake: FakeRecommender, command: tuple[str, ...]) -> None:
    got = thence(*command, "caf\udce9", *(["--json"] if command[0] != "chat" else []))
    assert got.code == 2
    assert "not UTF-8" in got.err
    assert fake.asked == []


def test_a_setting_that_cannot_be_is_an_error(thence: Thence, fake: FakeRecommender) -> None:
    got = thence("recommend", "--device", "abacus")
    assert got.code == 2
    assert "setting `device`" in got.err
    assert "abacus" in got.err


def test_ctrl_c_ends_with_130_and_one_line(thence: Thence, fake: FakeRecommender) -> None:
    fake.script = [recommendation()]
    fake.before = lambda: signal.raise_signal(signal.SIGINT)
    assert thence("recommend") == Outcome(130, "", "error: stopped by Ctrl-C\n")
    assert fake.closed
