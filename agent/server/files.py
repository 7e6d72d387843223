"""The files of the one server below a cache folder: its state, its log, and the right to replace it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from agent.errors import ServerStartError
from agent.server.state import StateFile
from agent.settings import Settings

Progress = Callable[[str], None]


class ServerFiles:
    """Where the server of ours keeps what outlives a command."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.cache / "server"
        self.state = StateFile(self.folder)
        self.log = self.folder / "server.log"
        self._patience = settings.start_timeout

    @contextmanager
    def locked(self, progress: Progress) -> Iterator[None]:
        """Hold the right to start and replace the server; wait while another process has it.

        Raises:
            ServerStartError: Another process has it for longer than a start may take.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lock")
        self._acquire(lock, progress)
        try:
            yield
        finally:
            lock.release()

    def new_log(self) -> None:
        """Keep the last server's log aside and begin an empty one."""
        if self.log.exists():
            os.replace(self.log, self.log.with_name("server.previous.log"))
        self.log.touch()

    def _acquire(self, lock: FileLock, progress: Progress) -> None:
        try:
            lock.acquire(timeout=0)
            return
        except Timeout:
            progress("another process is starting the model server")
        try:
            lock.acquire(timeout=self._patience)
        except Timeout as error:
            raise ServerStartError(
                f"another process has been starting the model server for {self._patience:g} s. "
                "Stop it with `thence model stop`, then try again."
            ) from error
