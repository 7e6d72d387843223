"""The processes of the real server, and waiting for what they do."""

import time
from collections.abc import Callable

import psutil

from agent import server
from agent.settings import Settings


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.2)


def processes_of(settings: Settings) -> list[psutil.Process]:
    return [psutil.Process(pid) for pid in server.status(settings).pids]


def engine_of(settings: Settings) -> psutil.Process:
    """Return the process that holds the model: the largest."""
    return max(processes_of(settings), key=lambda process: process.memory_info().rss)
