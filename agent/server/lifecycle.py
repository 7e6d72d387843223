"""Start the server when it is needed, reuse it while it runs, stop it without a trace."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil

from agent.model import Weights, check_constrained, prepare
from agent.model.adapters import chosen_adapter, fingerprint
from agent.server import foreign, watchdog
from agent.server.address import ServerAddress, open_client
from agent.server.command import Command, device_of, vllm_command
from agent.server.files import Progress, ServerFiles
from agent.server.probe import is_healthy
from agent.server.processes import end_all
from agent.server.readiness import PortTakenError, wait_until_ready
from agent.server.state import ServerState
from agent.settings import Settings

MakeCommand = Callable[[Settings, Weights, int], Command]

# A free port may be taken between our look and the server's bind.
PORT_ATTEMPTS = 3


def ensure(settings: Settings, progress: Progress, *, make_command: MakeCommand = vllm_command) -> ServerAddress:
    """Return a server for `settings`: the foreign one, the one that runs already, or one that is started now.

    It blocks: from a coroutine, call it through `asyncio.to_thread`. Interrupted during the wait, it stops what it
    started.

    Args:
        settings: A running server is reused if its `model`, `max_model_len` and `device` fit, and replaced if not.
        progress: Told the stage, once a second at most.
        make_command: Says how to start a server.

    Raises:
        ModelNotPreparedError: The weights are missing and cannot be made.
        ServerStartError: The server did not come up.
        UnconstrainedError: The server ignores schemas.
        ModelUnreachableError: The foreign server, or the canary's answer, did not come.
    """
    if settings.base_url is not None:
        return foreign.address(settings.base_url, settings.model, settings.api_key, settings.request_timeout)
    files = ServerFiles(settings)
    running = _reusable(files, settings)
    if running is None:
        with files.locked(progress):
            # Whoever held the lock may have started it.
            running = _reusable(files, settings) or _replace(files, settings, progress, make_command)
    return running.address


def stop(settings: Settings) -> bool:
    """Stop the server of ours with all its processes, also one that another command is starting.

    Returns:
        Whether there was anything to stop.

    Raises:
        ModelError: Processes are left that cannot be killed.
    """
    return _end(ServerFiles(settings))


def _reusable(files: ServerFiles, settings: Settings) -> ServerState | None:
    state = files.state.read()
    fits = state is not None and state.ready and _fits(state, settings)
    return state if state is not None and fits and state.is_alive() and is_healthy(state.root) else None


def _fits(state: ServerState, settings: Settings) -> bool:
    same_device = settings.device in ("auto", state.device)
    return same_device and (state.asked, state.max_model_len) == (_asked(settings), settings.max_model_len)


def _asked(settings: Settings) -> str:
    """Return what a server was started for: a model, and the very adapter."""
    adapter = chosen_adapter(settings)
    return settings.model if adapter is None else f"{settings.model}+{fingerprint(adapter)}"


def _replace(files: ServerFiles, settings: Settings, progress: Progress, make_command: MakeCommand) -> ServerState:
    progress("preparing the model")
    weights = prepare(settings, progress, on_cuda=device_of(settings) == "cuda")
    if files.state.read() is not None:
        progress("stopping the server that ran before")
        _end(files)
    for _ in range(PORT_ATTEMPTS - 1):
        with suppress(PortTakenError):
            return _start(files, settings, weights, progress, make_command)
    return _start(files, settings, weights, progress, make_command)


def _start(
    files: ServerFiles, settings: Settings, weights: Weights, progress: Progress, make_command: MakeCommand
) -> ServerState:
    port = _free_port()
    command = make_command(settings, weights, port)
    files.new_log()
    with ExitStack() as undo:
        scratch = Path(tempfile.mkdtemp(prefix="thence-"))
        process = _spawn(command, port, settings, scratch=scratch, log=files.log)
        state = _state(process, settings, weights, port=port, device=command.device, scratch=scratch)
        undo.callback(_end, files)
        files.state.write(state)
        wait_until_ready(process, state.root, files.log, timeout=settings.start_timeout, tell=progress)
        progress("checking that it keeps to a schema")
        ready = asyncio.run(_proven(state, settings))
        files.state.write(ready)
        undo.pop_all()
    return ready


def _spawn(command: Command, port: int, settings: Settings, *, scratch: Path, log: Path) -> "subprocess.Popen[bytes]":
    guard = [sys.executable, "-P", watchdog.__file__, str(port), str(settings.idle_stop_minutes * 60)]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*guard, str(settings.start_timeout), *command.argv],
            # Unix sockets want a short path; in a folder of its own nothing of the user's shadows a module.
            env=os.environ | command.env | {"TMPDIR": str(scratch)},
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _state(
    process: "subprocess.Popen[bytes]", settings: Settings, weights: Weights, *, port: int, device: str, scratch: Path
) -> ServerState:
    return ServerState(
        pid=process.pid,
        created=psutil.Process(process.pid).create_time(),
        port=port,
        asked=_asked(settings),
        served=weights.name,
        max_model_len=settings.max_model_len,
        device=device,
        scratch=scratch,
    )


async def _proven(state: ServerState, settings: Settings) -> ServerState:
    async with open_client(state.address, settings) as client:
        capabilities = await check_constrained(client)
    found = {"grammar": capabilities.grammar, "goes_on": capabilities.goes_on}
    return state.model_copy(update={"ready": True} | found)


def _end(files: ServerFiles) -> bool:
    state = files.state.read()
    if state is None:
        return False
    end_all(state)
    files.state.forget()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
