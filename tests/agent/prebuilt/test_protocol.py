"""Tool calls as text: what is written to the model, and what is read from it."""

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from agent.prebuilt.protocol import as_messages, call_schema, read_free, read_held, unreadable
from agent.toolbox import Toolbox
from tools.toolset import Toolset

LOOK_UP: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look a name up.",
        "parameters": {
            "type": "object",
            "title": "Arguments",
            "properties": {
                "name": {"type": "string", "description": "A name", "maxLength": 10_000},
                "k": {"type": "integer", "minimum": 1, "default": 3},
                "of": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            },
            "required": ["name"],
        },
    },
}
CALL = ToolCall(name="look_up", args={"name": "Emma"}, id="call_1")


def test_a_conversation_is_told_in_plain_messages() -> None:
    said = as_messages(
        [
            SystemMessage("Be brief."),
            HumanMessage("Who wrote Emma?"),
            AIMessage("", tool_calls=[CALL]),
            ToolMessage("Jane Austen", tool_call_id="call_1"),
        ],
        [LOOK_UP],
        held=False,
    )
    assert [one["role"] for one in said] == ["system", "user", "assistant", "user"]
    assert said[0]["content"].startswith("Be brief.\n\nYou can call these tools:\n<tools>\n")
    assert '"name": "look_up"' in said[0]["content"]
    assert '<tool_call>{"name": "TOOL", "arguments": {...}}</tool_call>' in said[0]["content"]
    assert said[2]["content"] == '<tool_call>{"name": "look_up", "arguments": {"name": "Emma"}}</tool_call>'
    assert said[3]["content"] == "<tool_response>Jane Austen</tool_response>"
    held = as_messages([HumanMessage("Who?"), AIMessage("", tool_calls=[CALL])], [LOOK_UP], held=True)
    assert held[2]["content"] == '{"name": "look_up", "arguments": {"name": "Emma"}}'
    assert "<tool_call>" not in held[0]["content"]
    assert as_messages([HumanMessage("Who?")], [], held=False) == [{"role": "user", "content": "Who?"}]


@pytest.mark.parametrize(
    ("text", "calls", "invalid", "rest"),
    [
        ('<tool_call>{"name": "a", "arguments": {"b": 1}}</tool_call>', [("a", {"b": 1})], 0, ""),
        ('<tool_call>\n{"name": "a"}\n</tool_call>', [("a", {})], 0, ""),
        ('<tool_call>[{"name": "a"}, {"name": "b"}]</tool_call>', [("a", {}), ("b", {})], 0, ""),
        ('Let me see. <tool_call>{"name": "a"}', [("a", {})], 0, "Let me see."),
        ('<tool_call>{"name": "a"}</tool_call><tool_call>{"name": "b"}</tool_call>', [("a", {}), ("b", {})], 0, ""),
        ("<tool_call>look_up(Emma)</tool_call>", [], 1, ""),
        ('<tool_call>{"name": 3}</tool_call>', [], 1, ""),
        ('<tool_call>{"name": "a", "arguments": "Emma"}</tool_call>', [], 1, ""),
        ("<tool_call>" + "[" * 3000 + "</tool_call>", [], 1, ""),
        ("Jane Austen", [], 0, "Jane Austen"),
        ("", [], 0, ""),
    ],
)
def test_free_calls_are_read(text: str, calls: list[tuple[str, dict[str, int]]], invalid: int, rest: str) -> None:
    said = read_free(text, 3)
    assert [(one["name"], one["args"]) for one in said.tool_calls] == calls
    assert len(said.invalid_tool_calls) == invalid
    assert said.text == rest
    ids = [one["id"] for one in (*said.tool_calls, *said.invalid_tool_calls)]
    assert len(set(ids)) == len(ids)


def test_held_turns_are_read() -> None:
    assert read_held({"answer": ["Jane Austen", "Emma"]}, 1).text == "Jane Austen\nEmma"
    (call,) = read_held({"name": "look_up", "arguments": {"name": "Emma"}}, 1).tool_calls
    assert (call["name"], call["args"]) == ("look_up", {"name": "Emma"})
    assert read_held([], 1).invalid_tool_calls
    assert unreadable("x" * 900, 2).invalid_tool_calls[0]["args"] == "x" * 200


def test_the_schema_of_a_turn_is_closed_and_bounded() -> None:
    call, answer = call_schema([LOOK_UP])["anyOf"]
    assert call["properties"]["name"] == {"const": "look_up"}
    assert call["properties"]["arguments"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 200},
            "k": {"type": "integer", "minimum": 1},
            "of": {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]},
        },
        "required": ["name"],
        "additionalProperties": False,
    }
    assert answer["required"] == ["answer"]


def test_every_tool_of_ours_has_such_a_schema(toolbox: Toolbox) -> None:
    one = toolbox
    tools = Toolset(one.snapshot, one.sparql, one.nearest, one.paths, one.ranker).tools()
    schema = call_schema([convert_to_openai_tool(tool) for tool in tools])
    assert len(schema["anyOf"]) == len(tools) + 1
    told = json.dumps(schema)
    assert "$ref" not in told
    assert "10000" not in told
