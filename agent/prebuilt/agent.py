"""A question answered by LangChain's prebuilt agent: it calls the domain's tools until it answers in words."""

from dataclasses import dataclass
from typing import Any, cast

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.errors import GraphRecursionError
from pydantic import BaseModel, ValidationError

from agent.errors import ModelError
from agent.gate import ModelGate
from agent.prebuilt.model import Tally, ToolCallingModel
from agent.toolbox import Toolbox
from prompts import load_template
from tools.toolset import Toolset

MAX_CALLS = 8
"""Calls of the model in one task; our own loop has six steps."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the agent made of a question.

    Attributes:
        text: Its last words; empty where there are none.
        results: What the tools told it.
        calls: Of the model.
        tool_calls: How many calls of tools it wrote, and `valid` how many of them name a tool and meet its schema.
        ended: Whether it answered by itself, before the calls were spent or the model failed.
    """

    text: str
    results: tuple[str, ...]
    calls: int
    tokens: int
    tool_calls: int
    valid: int
    ended: bool


class PrebuiltAgent:
    """Answers questions about one domain with `langchain.agents.create_agent`.

    Args:
        toolbox: Its tools are the agent's, as LangChain hosts get them.
        gate: The way to the model.
        held: Whether its turns are decoded under the tools' schemas.
    """

    def __init__(self, toolbox: Toolbox, gate: ModelGate, *, held: bool) -> None:
        self._gate, self._held = gate, held
        one = toolbox
        self._tools = Toolset(one.snapshot, one.sparql, one.nearest, one.paths, one.ranker).tools()
        self._template = load_template("peer_tools")
        manifest, schema = toolbox.snapshot.manifest, toolbox.snapshot.schema.relations
        told = [f"{name}: <{one.iri}>" for name, one in manifest.relations.items() if one.iri in schema]
        self._relations, self._items = "\n".join(told), manifest.items.plural

    async def ask(self, question: str) -> Attempt:
        """Return what the agent makes of a question; a model that fails ends the attempt."""
        system, asked = self._template.messages(question=question, items=self._items, relations=self._relations)
        tally, ended, said = Tally(), True, list[BaseMessage]()
        model = ToolCallingModel(gate=self._gate, held=self._held, tally=tally)
        agent = create_agent(model, self._tools, system_prompt=system["content"])
        limit = RunnableConfig(recursion_limit=2 * MAX_CALLS)
        begin: Any = {"messages": [HumanMessage(asked["content"])]}
        try:
            async for state in agent.astream(begin, limit, stream_mode="values"):
                said = state["messages"]
        except (GraphRecursionError, ModelError):
            ended = False
        return self._attempt(said, tally, ended=ended)

    def _attempt(self, said: list[BaseMessage], tally: Tally, *, ended: bool) -> Attempt:
        turns = [one for one in said if isinstance(one, AIMessage)]
        calls = [call for turn in turns for call in turn.tool_calls]
        by_name = {tool.name: tool for tool in self._tools}
        last = turns[-1] if turns else None
        return Attempt(
            text=str(last.text) if last is not None and not last.tool_calls else "",
            results=tuple(str(one.text) for one in said if isinstance(one, ToolMessage)),
            calls=tally.calls,
            tokens=tally.tokens,
            tool_calls=len(calls) + sum(len(turn.invalid_tool_calls) for turn in turns),
            valid=sum(_meets(by_name.get(call["name"]), call["args"]) for call in calls),
            ended=ended,
        )


def _meets(tool: BaseTool | None, arguments: dict[str, object]) -> bool:
    if tool is None:
        return False
    try:
        cast(type[BaseModel], tool.args_schema).model_validate(arguments)
    except ValidationError:
        return False
    return True
