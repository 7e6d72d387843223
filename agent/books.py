"""The books of a request: its trace, what it spent, and what stood in for the model."""

import time
from collections.abc import Sequence
from typing import cast

from langgraph.config import get_stream_writer

from agent.answer import Decider, Event, StepEvent, TraceStep
from agent.asking import Asked, Spent
from agent.justify import Written
from agent.settings import Settings
from agent.state import Json, State


def with_reason(state: State, reason: str | None) -> list[str]:
    return [*state["reasons"], reason] if reason and reason not in state["reasons"] else state["reasons"]


def marked(state: State, stage: str) -> dict[str, float]:
    return {**state["timings"], stage: round(time.time() - state["started"], 3)}


def total(written: Sequence[Written | Asked]) -> Spent:
    return Spent(sum(one.spent.calls for one in written), sum(one.spent.tokens for one in written))


def stepped(
    state: State,
    action: str,
    asked: Asked,
    started: float,
    *,
    result: str,
    decided_by: str,
    arguments: Json,
    size: int = 1,
) -> TraceStep:
    step = TraceStep(
        step=len(state["trace"]) + 1,
        action=action,
        arguments=arguments,
        result=result,
        size=size,
        decided_by=cast(Decider, decided_by),
        seconds=round(time.perf_counter() - started, 4),
        tokens=asked.spent.tokens,
        error=asked.reason,
    )
    emit(StepEvent(step=step))
    return step


def accounted(state: State, step: TraceStep, asked: Asked, stood_in: str | None, stage: str | None) -> Json:
    """Return what a step that may have asked the model changes in the books."""
    reason = f"{stood_in}: {asked.reason}" if stood_in else None
    return {
        "trace": [*state["trace"], step.model_dump()],
        "reasons": with_reason(state, reason),
        "model_down": state["model_down"] or asked.down,
        "calls": state["calls"] + asked.spent.calls,
        "tokens": state["tokens"] + asked.spent.tokens,
        "timings": marked(state, stage) if stage else state["timings"],
    }


def emit(event: Event) -> None:
    get_stream_writer()(event.model_dump())


def spent_budget(state: State, settings: Settings) -> str | None:
    """Return which budget is spent, in words; None while there is some left of each."""
    if len(state["done"]) >= settings.max_steps:
        return f"{settings.max_steps} steps"
    return spent_on_model(state, settings)


def spent_on_model(state: State, settings: Settings) -> str | None:
    """Return whether the tokens or the seconds are spent, in words; no budget of steps ends the writing."""
    if state["tokens"] >= settings.max_tokens:
        return f"{settings.max_tokens} tokens"
    return f"{settings.max_seconds:g} seconds" if time.time() - state["started"] >= settings.max_seconds else None
