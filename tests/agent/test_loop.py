"""The loop when something is spent or missing: code finishes the request, and says so in plain words."""

import re

import pytest

from agent.answer import Answer
from tests.agent.conftest import Make
from tests.agent.fakes import (
    GONE,
    Choose,
    Pause,
    ScriptedGate,
    by_step,
    dies_after,
    first,
    last,
    outside,
    prose,
    unreachable,
)

REQUEST = "books like Dracula with sci-fi and horror"


def assert_complete(answer: Answer, n_items: int = 1) -> None:
    """Check that an answer lacks nothing but the model."""
    assert len(answer.items) >= n_items
    for item in answer.items:
        assert item.justification is not None
        assert item.justification.text
        assert item.justification.claims
        assert all(claim.triples or claim.history or claim.wishes for claim in item.justification.claims)


def writers(answer: Answer) -> set[str]:
    return {item.justification.written_by for item in answer.items if item.justification}


async def test_a_request_with_a_willing_model_is_not_degraded(bookshop: Make) -> None:
    gate = ScriptedGate(first)
    answer = await bookshop(gate).arecommend(query=REQUEST)
    assert_complete(answer)
    assert writers(answer) == {"model"}
    assert (answer.degraded, answer.degraded_because) == (False, [])
    assert answer.calls == len(gate.calls)
    assert answer.tokens == 110 * len(gate.calls)
    assert {call.name for call in gate.calls} == {"interpret", "act", "justify"}


@pytest.mark.parametrize("choose", [first, last])
async def test_one_step_is_enough(bookshop: Make, choose: Choose) -> None:
    answer = await bookshop(choose, max_steps=1).arecommend(query="books like Dracula")
    assert_complete(answer)
    tools = [step for step in answer.trace if step.action not in ("interpret", "justify")]
    assert tools[0].decided_by == "model"
    assert [step.decided_by for step in tools[1:]] == ["code"] * len(tools[1:])
    assert answer.degraded_because == ["the plan finished the request: 1 steps were spent"]
    assert writers(answer) == {"model"}  # steps are spent on actions, words are not steps


async def test_spent_tokens_end_the_questions_to_the_model(bookshop: Make) -> None:
    gate = ScriptedGate(last)
    answer = await bookshop(gate, max_tokens=1).arecommend(query=REQUEST)
    assert_complete(answer)
    assert [call.name for call in gate.calls] == ["interpret"]
    assert [step.decided_by for step in answer.trace] == ["model", "code", "code"]
    assert writers(answer) == {"code"}
    assert answer.degraded_because[0] == "the plan finished the request: 1 tokens were spent"
    assert answer.degraded_because[-1].endswith("justifications: 1 tokens were spent")


async def test_spent_time_ends_the_questions_to_the_model(bookshop: Make) -> None:
    gate = ScriptedGate(last)
    answer = await bookshop(gate, max_seconds=1e-6).arecommend(query="books like Dracula")
    assert_complete(answer)
    assert gate.calls == []
    assert {step.decided_by for step in answer.trace} == {"code"}
    assert answer.degraded
    assert all("1e-06 seconds were spent" in reason for reason in answer.degraded_because)


async def test_a_model_that_never_was_costs_no_answer(bookshop: Make) -> None:
    answer = await bookshop(unreachable).arecommend(query=REQUEST, user="ann")
    assert_complete(answer)
    assert writers(answer) == {"code"}
    assert answer.degraded
    assert answer.degraded_because == [f"the rules read the request: {GONE}"]
    assert (answer.calls, answer.tokens) == (0, 0)
    assert answer.trace[0].error == GONE
    assert all(step.decided_by == "code" for step in answer.trace)


@pytest.mark.parametrize("calls", range(4))
async def test_a_model_lost_in_the_middle_is_not_waited_for_again(bookshop: Make, calls: int) -> None:
    waited: list[str] = []

    def slow_death(call: object) -> object:
        waited.append("waited")
        return Pause(0.02, then=unreachable)

    gate = ScriptedGate(dies_after(calls, then=slow_death))
    answer = await bookshop(gate).arecommend(query=REQUEST)
    assert_complete(answer)
    assert answer.degraded
    assert GONE in answer.degraded_because[0]
    assert [call.name for call in gate.calls] == ["interpret", "act", "act", "justify"][: calls + 1]
    assert waited == ["waited"]


@pytest.mark.slow
async def test_a_model_that_hangs_is_given_up_for_all_items_together(bookshop: Make) -> None:
    """Requests of the justify step run at once, so five of them hang no longer than one."""
    gate = ScriptedGate(by_step(justify=lambda _: Pause(0.3, then=unreachable)))
    answer = await bookshop(gate).arecommend(query="books like Dracula", k=5)
    assert len(gate.named("justify")) == gate.model.most_waiting == 5
    assert_complete(answer, 5)
    assert answer.degraded_because == [f"code worded 5 of 5 justifications: {GONE}"]


@pytest.mark.parametrize("choose", [outside, prose])
async def test_a_model_that_talks_nonsense_changes_no_recommendation(bookshop: Make, choose: Choose) -> None:
    good = await bookshop(first).arecommend(query=REQUEST)
    gate = ScriptedGate(choose)
    answer = await bookshop(gate).arecommend(query=REQUEST)
    assert_complete(answer)
    assert writers(answer) == {"code"}
    assert [(item.iri, item.score) for item in answer.items] == [(item.iri, item.score) for item in good.items]
    assert answer.degraded
    assert len(answer.degraded_because) == 3
    assert answer.calls == len(gate.calls) == 2 * len({call.prompt for call in gate.calls})  # each is tried twice


async def test_reasons_are_in_plain_words(bookshop: Make) -> None:
    for choose in (unreachable, outside, prose, dies_after(2)):
        answer = await bookshop(choose).arecommend(query=REQUEST)
        for reason in answer.degraded_because:
            assert re.match(r"(the rules read the request|the plan chose the next action|code worded \d of \d)", reason)
            assert "Traceback" not in reason
            assert "Error" not in reason
            assert "\n" not in reason


async def test_one_bad_sentence_does_not_condemn_the_others(bookshop: Make) -> None:
    def one_bad(call: object) -> object:
        return outside(call) if "Item: Frankenstein" in call.prompt else first(call)  # type: ignore[attr-defined,arg-type]

    answer = await bookshop(by_step(justify=one_bad)).arecommend(query="books like Dracula", k=5)
    assert_complete(answer, 5)
    by_code = [item.label for item in answer.items if item.justification and item.justification.written_by == "code"]
    assert by_code == ["Frankenstein"]
    assert answer.degraded_because[0].startswith("code worded 1 of 5 justifications: ")


async def test_a_question_is_answered_without_the_model(bookshop: Make) -> None:
    answer = await bookshop(unreachable).aask("who wrote the books in the genre horror?")
    assert {one.label for one in answer.answers} == {"Bram Stoker", "Mary Shelley"}
    assert all(one.triples for one in answer.answers)
