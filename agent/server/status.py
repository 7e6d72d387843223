"""What the server of ours does now, and what it said."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from agent.server.files import ServerFiles
from agent.server.probe import fetch, is_healthy
from agent.server.processes import members
from agent.server.readiness import stage, text_of
from agent.server.state import ServerState
from agent.settings import Settings

FOLLOW_SECONDS = 0.5
RUNNING = re.compile(r"^vllm:num_requests_running\b.* (\S+)$", re.MULTILINE)
# The watchdog's lines in the log.
GUARD_MARK = "thence: "

Phase = Literal["running", "starting", "unhealthy", "ended", "stopped"]


@dataclass(frozen=True)
class ServerStatus:
    """The server of ours at one moment.

    Attributes:
        phase: `running`; `starting`; `unhealthy`: it lives and does not answer; `ended`: it was started and is gone;
            `stopped`: none was started, or it was stopped on request.
        detail: Why, in words.
        log: File that it writes to.
        base_url: Its address; None when `stopped`.
        model: Name under which it serves the model.
        device: `cpu` or `cuda`.
        max_model_len: Context window, tokens.
        grammar: It decodes under grammars.
        pids: Its living processes, the watchdog among them.
        uptime: Seconds since it was started.
        memory: Resident memory of its processes, bytes; what they share counts more than once.
        running_requests: Requests that it works on.
    """

    phase: Phase
    detail: str
    log: Path
    base_url: str | None = None
    model: str | None = None
    device: str | None = None
    max_model_len: int | None = None
    grammar: bool = False
    pids: tuple[int, ...] = ()
    uptime: float | None = None
    memory: int = 0
    running_requests: int | None = None


def status(settings: Settings) -> ServerStatus:
    """Return what the server of ours does; starts and stops nothing."""
    files = ServerFiles(settings)
    state = files.state.read()
    if state is None:
        return ServerStatus("stopped", "no server runs; commands start one when they need it", files.log)
    phase, detail = _phase(state, files.log)
    processes = list(members(state))
    return ServerStatus(
        phase,
        detail,
        files.log,
        base_url=state.address.base_url,
        model=state.served,
        device=state.device,
        max_model_len=state.max_model_len,
        grammar=state.grammar,
        pids=tuple(process.pid for process in processes),
        uptime=time.time() - state.created if processes else None,
        memory=sum(map(_memory, processes)),
        running_requests=running_requests(state.root) if phase == "running" else None,
    )


def logs(settings: Settings, lines: int) -> list[str]:
    """Return the last `lines` lines of the server's log; an empty list if there is none."""
    return text_of(ServerFiles(settings).log).splitlines()[-lines:]


def follow(settings: Settings, lines: int) -> Iterator[str]:
    """Yield the last `lines` lines of the log, then each new one as it comes; nothing if there is no log."""
    log = ServerFiles(settings).log
    if not log.exists():
        return
    yield from logs(settings, lines)
    with log.open(errors="replace") as opened:
        opened.seek(0, 2)
        while True:
            line = opened.readline()
            if line:
                yield line.rstrip("\n")
            else:
                time.sleep(FOLLOW_SECONDS)


def running_requests(root: str) -> int | None:
    """Return how many requests the server at `root` works on, or None if it does not say."""
    found = RUNNING.search(fetch(f"{root}/metrics") or "")
    return int(float(found[1])) if found else None


def _phase(state: ServerState, log: Path) -> tuple[Phase, str]:
    if not state.is_alive():
        return "ended", _last_words(log)
    if not state.ready:
        return "starting", stage(log)
    if not is_healthy(state.root):
        return "unhealthy", "it lives and does not answer; the next command that needs it starts a new one"
    return "running", "answers"


def _last_words(log: Path) -> str:
    said = [line for line in text_of(log).splitlines() if line.startswith(GUARD_MARK)]
    return said[-1].removeprefix(GUARD_MARK) if said else "it was killed"


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
