"""Asking the model: one typed choice at a time, counted, retried once, and never trusted without validation."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from agent.errors import InvalidOutputError, ModelError
from agent.gate import ModelGate
from agent.model import Message
from agent.untrusted import plain

RETRY_TEMPERATURE = 0.5
"""A second try at temperature 0 would say the same again."""

MAX_REASON = 300
UNREADABLE = "the model's answer was cut off or is no JSON"
INVALID = "the model's answer is not one of the valid ones"


@dataclass
class Spent:
    """What a step cost."""

    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Asked:
    """The model's choice, or why there is none: `reason` then says so, and `down` whether it was out of reach.

    `probability` is that of the least likely token of the choice, where the server tells it.
    """

    value: JsonValue
    spent: Spent
    reason: str | None = None
    down: bool = False
    probability: float | None = None


async def ask(
    gate: ModelGate,
    name: str,
    messages: list[Message],
    schema: Mapping[str, Any],
    valid: Callable[[JsonValue], bool],
    *,
    max_tokens: int,
    temperature: float = 0.0,
) -> Asked:
    """Return the model's choice under a schema, if it validates at the first or the second try.

    Args:
        gate: The way to the model.
        name: The step, for the server's log.
        messages: The prompt.
        schema: What the server decodes under.
        valid: Checks the value again; a server is not trusted.
        max_tokens: Longest answer.
        temperature: Of the first try.
    """
    spent, started, reason = Spent(), time.perf_counter(), ""
    for attempt in range(2):
        try:
            async with gate.client() as client:
                completion = await client.choose(
                    messages,
                    schema,
                    max_tokens=max_tokens,
                    name=name,
                    temperature=temperature + attempt * RETRY_TEMPERATURE,
                )
        except InvalidOutputError:  # it quotes the model, whose words nobody may see unread
            spent.calls, reason = spent.calls + 1, UNREADABLE
            continue
        except ModelError as error:
            spent.seconds = time.perf_counter() - started
            return Asked(None, spent, plain(str(error), MAX_REASON), down=True)
        spent.calls += 1
        spent.tokens += completion.prompt_tokens + completion.completion_tokens
        spent.seconds = time.perf_counter() - started
        if valid(completion.parsed):
            return Asked(completion.parsed, spent, probability=completion.probability)
        reason = INVALID
    return Asked(None, spent, reason)
