"""The prebuilt agent over the bookshop's tools, with a scripted model: what it calls, what counts, when it ends."""

import asyncio
import json

import pytest
from langchain_core.messages import HumanMessage

from agent.errors import InvalidOutputError, ModelUnreachableError
from agent.prebuilt import Attempt, PrebuiltAgent, ToolCallingModel
from agent.prebuilt.agent import MAX_CALLS
from agent.toolbox import Toolbox
from tests.agent.prebuilt.conftest import Script

QUERY = "SELECT ?o WHERE { <http://shop.example/book/emma> <http://shop.example/vocab/author> ?o }"


def called(tool: str, **arguments: object) -> str:
    return f"<tool_call>{json.dumps({'name': tool, 'arguments': arguments})}</tool_call>"


def attempt(toolbox: Toolbox, script: Script, *, held: bool = False) -> Attempt:
    return asyncio.run(PrebuiltAgent(toolbox, script, held=held).ask("Who wrote Emma?"))


@pytest.mark.slow
def test_it_calls_a_tool_and_answers(toolbox: Toolbox) -> None:
    script = Script(called("sparql", query=QUERY), "Jane Austen")
    got = attempt(toolbox, script)
    assert (got.text, got.calls, got.tool_calls, got.valid, got.ended) == ("Jane Austen", 2, 1, 1, True)
    assert got.tokens == 220
    assert "Jane Austen" in got.results[0]
    first, second = script.model.asked
    assert "author: <http://shop.example/vocab/author>" in first[1]["content"]
    assert "Question: Who wrote Emma?" in first[1]["content"]
    assert all(f'"name": "{tool}"' in first[0]["content"] for tool in ("sparql", "link_entities", "find_paths"))
    assert second[-1]["content"].startswith("<tool_response>")


def test_its_turns_may_be_held_to_the_tools(toolbox: Toolbox) -> None:
    script = Script(
        json.dumps({"name": "link_entities", "arguments": {"text": "Emma"}}), json.dumps({"answer": ["Jane Austen"]})
    )
    got = attempt(toolbox, script, held=True)
    assert (got.text, got.tool_calls, got.valid, got.ended) == ("Jane Austen", 1, 1, True)
    names = [one["properties"]["name"]["const"] for one in script.model.schemas[0]["anyOf"][:-1]]
    assert names == ["sparql", "link_entities", "nearest_items", "find_paths", "rank_items", "infer_facts"]


def test_calls_that_no_tool_takes_are_counted_and_told(toolbox: Toolbox) -> None:
    script = Script(
        called("look_up", name="Emma"),
        called("link_entities", name="Emma"),
        called("nearest_items", text="x", k=900),
        "no",
    )
    got = attempt(toolbox, script)
    assert (got.tool_calls, got.valid, got.text) == (3, 0, "no")
    assert len(got.results) == 3
    assert "look_up" in got.results[0]


def test_an_unreadable_turn_ends_it_without_an_answer(toolbox: Toolbox) -> None:
    for script in (Script(InvalidOutputError("cut off")), Script("<tool_call>what")):
        got = attempt(toolbox, script)
        assert (got.text, got.tool_calls, got.valid, got.calls) == ("", 1, 0, 1)


def test_it_does_not_go_on_for_ever(toolbox: Toolbox) -> None:
    got = attempt(toolbox, Script(called("link_entities", text="Emma")))
    assert (got.ended, got.text) == (False, "")
    assert got.tool_calls == got.valid == got.calls == MAX_CALLS


def test_a_lost_model_ends_it(toolbox: Toolbox) -> None:
    got = attempt(toolbox, Script(called("link_entities", text="Emma"), ModelUnreachableError("gone")))
    assert (got.ended, got.calls, got.tool_calls) == (False, 2, 1)


def test_the_chat_model_works_alone_and_in_step(toolbox: Toolbox) -> None:
    model = ToolCallingModel(gate=Script("Good day."))
    assert model.invoke([HumanMessage("Hello")]).text == "Good day."
    assert model.tally.calls == 1
    bound = model.bind_tools([])
    assert bound.tally is model.tally
