"""The served model as a LangChain chat model that can call tools, over the project's own client."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field

from agent.errors import InvalidOutputError
from agent.gate import ModelGate
from agent.model import Completion
from agent.prebuilt.protocol import as_messages, call_schema, read_free, read_held, unreadable


@dataclass
class Tally:
    """What a model was asked for."""

    calls: int = 0
    tokens: int = 0


class ToolCallingModel(BaseChatModel):
    """A chat model that calls tools in words, because the server that it asks has no parser for calls.

    Attributes:
        gate: The way to the model.
        held: Whether each turn is decoded under the schemas of the tools; else the model writes freely.
        tools: In the form of OpenAI's API; `bind_tools` sets them.
        max_tokens: Longest turn; one that reaches it is an unreadable call.
        tally: Counts the calls of this model and of those made from it.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    gate: ModelGate
    held: bool = False
    tools: tuple[dict[str, Any], ...] = ()
    max_tokens: int = 300
    tally: Tally = Field(default_factory=Tally)

    @property
    def _llm_type(self) -> str:
        return "thence-tool-calling"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,  # noqa: ARG002 - the agent's choice is the model's
        **_: Any,
    ) -> "ToolCallingModel":
        """Return this model with tools to call."""
        return self.model_copy(update={"tools": tuple(convert_to_openai_tool(one) for one in tools)})

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **_: Any,
    ) -> ChatResult:
        """Return the model's turn.

        Raises:
            ModelUnreachableError: No answer came, or not in time.
            RefusedRequestError: The conversation has grown beyond what the model reads.
        """
        self.tally.calls += 1
        try:
            said = await self._turn(messages)
        except InvalidOutputError as error:
            said = unreadable(str(error), self.tally.calls)
        return ChatResult(generations=[ChatGeneration(message=said)])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **_: Any,
    ) -> ChatResult:
        return asyncio.run(self._agenerate(messages, stop))

    async def _turn(self, messages: list[BaseMessage]) -> AIMessage:
        asked = as_messages(messages, self.tools, held=self.held)
        async with self.gate.client() as client:
            if self.held and self.tools:
                answer = await client.choose(asked, call_schema(self.tools), max_tokens=self.max_tokens, name="call")
            else:
                answer = await client.write(asked, max_tokens=self.max_tokens)
        self._count(answer)
        number = self.tally.calls
        return read_held(answer.parsed, number) if self.held and self.tools else read_free(answer.text, number)

    def _count(self, answer: Completion) -> None:
        self.tally.tokens += answer.prompt_tokens + answer.completion_tokens
