"""The parent's side of the query worker: starts it when it is needed, asks it, and ends it."""

import contextlib
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

from kg.errors import GraphError
from tools.errors import QueryRefusedError, QueryTimeoutError
from tools.sparql_worker import Answer, Request

_ROOT = Path(__file__).resolve().parents[1]
_TIMED_OUT = -signal.SIGALRM


class QueryProcess:
    """One worker process over a store on disk; threads take turns.

    A query that takes too long, or too much memory, ends the worker; the next query starts another.

    Args:
        store: Folder of the store.
    """

    def __init__(self, store: Path) -> None:
        self._store = store.resolve()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None while there is none."""
        return None if self._process is None else self._process.pid

    def run(self, request: Request) -> Answer:
        """Return the worker's answer.

        Raises:
            QueryRefusedError: The query is refused, or broke the worker.
            QueryTimeoutError: It took longer than the request allows.
            GraphError: The worker cannot open the store.
        """
        with self._lock, contextlib.ExitStack() as unless_answered:
            unless_answered.callback(self._end)
            process = self._started()
            line = _ask(process, json.dumps(request))
            if not line:
                raise _broken_off(process.wait(), request)
            unless_answered.pop_all()
        answer: Answer = json.loads(line)
        if answer["refused"]:
            raise QueryRefusedError(answer["refused"])
        return answer

    def close(self) -> None:
        """End the worker; a later query starts a new one."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            # Run from the folder of our packages: another folder's `tools` must not be imported instead.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tools.sparql_worker", str(self._store)],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                start_new_session=True,
            )
            if not _ask(self._process, None):
                raise GraphError(f"the query worker cannot open {self._store}; fit the domain anew.")
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _ask(process: subprocess.Popen[str], message: str | None) -> str:
    """Send a line and return the next one; empty when the worker has ended."""
    if process.stdin is None or process.stdout is None:
        return ""
    with contextlib.suppress(BrokenPipeError):
        if message is not None:
            process.stdin.write(message + "\n")
            process.stdin.flush()
    return process.stdout.readline()


def _broken_off(code: int, request: Request) -> QueryTimeoutError | QueryRefusedError:
    if code == _TIMED_OUT:
        return QueryTimeoutError(
            f"the query took longer than {request['timeout']:g} s and was ended. "
            "Name an entity or a relation in every pattern, and leave out patterns that share no variable."
        )
    return QueryRefusedError(
        "the query broke the engine: it needs too much memory, or is nested too deeply. Ask for less."
    )
