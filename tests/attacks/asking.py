"""Asking a recommender as a face does."""

from typing import Any

from agent.answer import Answer, FinishedEvent
from agent.recommender import Recommender


async def answered(recommender: Recommender, message: str, **knobs: Any) -> Answer:
    """Return the whole answer to a message."""
    async for event in recommender.stream(message, **knobs):
        if isinstance(event, FinishedEvent):
            return event.answer
    raise AssertionError("no answer came")
