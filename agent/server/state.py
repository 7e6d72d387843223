"""What is remembered of the server of ours between two commands: one small file, written whole."""

import os
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from agent.server.address import ServerAddress

# The system counts creation times from its boot, so a correction of the clock moves them a little.
CLOCK_STEP = 2.0


class ServerState(BaseModel):
    """A server that was started, whether or not it still runs.

    Attributes:
        pid: The watchdog, which leads the session that every process of the server is in.
        created: When the system says that `pid` was created, seconds; tells it from a later process with the same pid.
        port: Where it listens on 127.0.0.1.
        asked: The model, and the adapter if there is one, that it was started for.
        served: Name under which it serves that model.
        max_model_len: Context window, tokens.
        device: `cpu` or `cuda`.
        scratch: Folder of its sockets.
        ready: It came up and passed the canary.
        grammar: It decodes under grammars, too.
        goes_on: It goes on from a begun answer, too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pid: int
    created: float
    port: int
    asked: str
    served: str
    max_model_len: int
    device: str
    scratch: Path
    ready: bool = False
    grammar: bool = False
    goes_on: bool = False

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> ServerAddress:
        return ServerAddress(f"{self.root}/v1", self.served, self.grammar, self.goes_on, self.pid)

    def is_alive(self) -> bool:
        """Say whether the very process that was started still runs."""
        found = _process(self.pid)
        return found is not None and self._is(found) and found.status() != psutil.STATUS_ZOMBIE

    def is_recycled(self) -> bool:
        """Say whether the pid has gone to a process that is not ours."""
        found = _process(self.pid)
        return found is not None and not self._is(found)

    def _is(self, process: psutil.Process) -> bool:
        return bool(abs(process.create_time() - self.created) < CLOCK_STEP)


class StateFile:
    """The file that holds the state of the one server below a cache folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state.json"

    def read(self) -> ServerState | None:
        """Return the last state, or None if there is none or it was written by another version."""
        try:
            return ServerState.model_validate_json(self._path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def write(self, state: ServerState) -> None:
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(state.model_dump_json(indent=1))
        os.replace(temporary, self._path)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
