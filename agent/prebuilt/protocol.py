"""Tool calls as text: the tools in the system message, calls between tags, or held to the tools' schemas.

A server without a tool parser passes the model's words on as they are, so that they are taken apart here. The tags are
those that Hermes models and the makers of SmolLM2 train with.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

from agent.model import Message
from agent.schemas import closed_object

Tool = Mapping[str, Any]
"""A tool in the form of OpenAI's API: `{"type": "function", "function": {"name", "description", "parameters"}}`."""

MAX_STRING, MAX_ANSWERS = 200, 30
"""What a held call may hold: a string is bounded, else the model may write until the tokens end."""

FREE = (
    "You can call these tools:\n<tools>\n{tools}\n</tools>\n"
    'To call one, write <tool_call>{{"name": "TOOL", "arguments": {{...}}}}</tool_call> and nothing else. '
    "You are then told its result. When you know the answer, write it without a tag."
)
HELD = (
    "You can call these tools:\n<tools>\n{tools}\n</tools>\n"
    'To call one, write {{"name": "TOOL", "arguments": {{...}}}}. You are then told its result. '
    'When you know the answer, write {{"answer": ["...", "..."]}}.'
)
_CALL = re.compile(r"<tool_call>\s*(.*?)\s*(?:</tool_call>|$)", re.DOTALL)
_KEPT = frozenset({"type", "properties", "required", "items", "anyOf", "enum", "const", "minimum", "maximum"})


def as_messages(messages: Iterable[BaseMessage], tools: Sequence[Tool], *, held: bool) -> list[Message]:
    """Return a conversation as plain messages: the tools stand in the first one, results are told by the user."""
    told: list[Message] = []
    for message in messages:
        if isinstance(message, SystemMessage):
            told.append({"role": "system", "content": str(message.text)})
        elif isinstance(message, HumanMessage):
            told.append({"role": "user", "content": str(message.text)})
        elif isinstance(message, ToolMessage):
            told.append({"role": "user", "content": f"<tool_response>{message.text}</tool_response>"})
        elif isinstance(message, AIMessage):
            told.append({"role": "assistant", "content": _said(message, held=held)})
    if not tools:
        return told
    frame = (HELD if held else FREE).format(tools="\n".join(json.dumps(one["function"]) for one in tools))
    system = told.pop(0)["content"] if told and told[0]["role"] == "system" else ""
    return [{"role": "system", "content": f"{system}\n\n{frame}".strip()}, *told]


def call_schema(tools: Sequence[Tool]) -> dict[str, Any]:
    """Return the JSON schema of one turn: a call of one of the tools with its arguments, or the answer."""
    calls = [
        closed_object({"name": {"const": one["function"]["name"]}, "arguments": _tidy(one["function"]["parameters"])})
        for one in tools
    ]
    strings = {"type": "array", "items": {"type": "string", "maxLength": MAX_STRING}, "maxItems": MAX_ANSWERS}
    return {"anyOf": [*calls, closed_object({"answer": strings})]}


def read_free(text: str, number: int) -> AIMessage:
    """Return what the model said: calls between the tags, or an answer; a call that is no JSON is kept as invalid."""
    calls: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for at, found in enumerate(_CALL.finditer(text)):
        for one in _loaded(found[1]):
            call_id = f"call_{number}_{at}_{len(calls) + len(invalid)}"
            call = _call(one, call_id)
            if call is None:
                invalid.append(_invalid(found[1], call_id))
            else:
                calls.append(call)
    return AIMessage(_CALL.sub("", text).strip(), tool_calls=calls, invalid_tool_calls=invalid)


def read_held(value: object, number: int) -> AIMessage:
    """Return what the model said under `call_schema`."""
    if isinstance(value, dict) and isinstance(value.get("answer"), list):
        return AIMessage("\n".join(map(str, value["answer"])))
    call = _call(value, f"call_{number}")
    if call is None:
        return unreadable(str(value), number)
    return AIMessage("", tool_calls=[call])


def unreadable(text: str, number: int) -> AIMessage:
    """Return a turn that was cut off or is no JSON: it calls nothing, and counts as a call that is invalid."""
    return AIMessage("", invalid_tool_calls=[_invalid(text, f"call_{number}")])


def _loaded(text: str) -> list[object]:
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return [None]
    return value if isinstance(value, list) else [value]


def _call(value: object, call_id: str) -> ToolCall | None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", {})
    return ToolCall(name=value["name"], args=arguments, id=call_id) if isinstance(arguments, dict) else None


def _invalid(text: str, call_id: str) -> InvalidToolCall:
    return InvalidToolCall(type="invalid_tool_call", name=None, args=text[:MAX_STRING], id=call_id, error="no call")


def _said(message: AIMessage, *, held: bool) -> str:
    calls = [json.dumps({"name": one["name"], "arguments": one["args"]}) for one in message.tool_calls]
    return "".join([str(message.text), *(one if held else f"<tool_call>{one}</tool_call>" for one in calls)])


def _tidy(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a schema that a decoder holds to, with every string and list bounded."""
    tidy: dict[str, Any] = {key: value for key, value in schema.items() if key in _KEPT}
    if "properties" in tidy:
        tidy["properties"] = {name: _tidy(one) for name, one in tidy["properties"].items()}
        tidy["additionalProperties"] = False
    if "items" in tidy:
        tidy |= {"items": _tidy(tidy["items"]), "maxItems": min(schema.get("maxItems", 5), 5)}
    if "anyOf" in tidy:
        tidy["anyOf"] = [_tidy(one) for one in tidy["anyOf"]]
    if tidy.get("type") == "string":
        tidy["maxLength"] = min(schema.get("maxLength", MAX_STRING), MAX_STRING)
    return tidy
