"""End every process of a server, and only those."""

import os
import shutil
import time
from collections.abc import Iterator

import psutil

from agent.errors import ModelError
from agent.server.state import ServerState

# vLLM needs about a second to end; a busy machine gets more before the rest is killed.
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.05


def end_all(state: ServerState) -> None:
    """End the server of `state` with all its processes, and remove its scratch folder.

    Raises:
        ModelError: Processes are left that cannot be killed.
    """
    found = list(members(state))
    for process in found:
        _signal(process, force=False)
    _wait_for_end(found)
    left = list(members(state))
    for process in left:
        _signal(process, force=True)
    if immortal := _wait_for_end(left):
        raise ModelError(f"processes {[process.pid for process in immortal]} of the model server cannot be ended.")
    shutil.rmtree(state.scratch, ignore_errors=True)


def members(state: ServerState) -> Iterator[psutil.Process]:
    """Yield the living processes in the server's session, also when the one at its head is dead.

    The system gives no new process a pid that is still a session's id: where the pid went to a stranger, none is left.
    """
    if state.is_recycled():
        return
    for process in psutil.process_iter():
        if _session(process.pid) == state.pid and is_living(process):
            yield process


def is_living(process: psutil.Process) -> bool:
    """Say whether a process still runs; one that ended and that nobody has collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_for_end(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that still live after the grace."""
    deadline = time.monotonic() + GRACE_SECONDS
    while (living := [process for process in processes if is_living(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return living


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _signal(process: psutil.Process, *, force: bool) -> None:
    try:
        if force:
            process.kill()
        else:
            process.terminate()
    except psutil.NoSuchProcess:
        return
