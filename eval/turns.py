"""Many tasks of one kind, a few at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

Tell = Callable[[int], None]
"""Told how many are done."""


async def in_turn(work: Callable[[T], Awaitable[R]], tasks: Sequence[T], concurrency: int, tell: Tell) -> list[R]:
    """Do the work of each task, `concurrency` at a time; return the results in the order of the tasks."""
    gate, done = asyncio.Semaphore(concurrency), 0

    async def one(task: T) -> R:
        nonlocal done
        async with gate:
            result = await work(task)
        done += 1
        tell(done)
        return result

    return list(await asyncio.gather(*(one(task) for task in tasks)))
