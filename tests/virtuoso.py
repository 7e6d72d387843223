"""A real Virtuoso on the loopback interface, in a folder of its own, for the tests of remote graphs."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

import httpx

SERVER, CLIENT = "virtuoso-t", "isql-vt"
PACKAGE = "virtuoso-opensource-7-bin"
STARTING = 60.0
MAX_ROWS = 1_000
"""Its cap on an answer; 10,000 is usual, and takes the tests longer."""
USER, PASSWORD = "dba", "dba"  # of a fresh database

_INI = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
TempStorage = TempDatabase

[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 2000

[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
ServerThreads = 10
CheckpointInterval = 0
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
CaseMode = 2
AllowOSCalls = 0
DirsAllowed = {folder}

[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 8
MaxClientConnections = 8
KeepAliveTimeout = 10

[SPARQL]
ResultSetMaxRows = {rows}
MaxQueryExecutionTime = 60
"""


def is_installed() -> bool:
    return shutil.which(SERVER) is not None and shutil.which(CLIENT) is not None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Virtuoso:
    """A server that ends with its context.

    Args:
        folder: Where it keeps its database; must be empty.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sql, self._http = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._http}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/sparql"

    @property
    def guarded_url(self) -> str:
        """The endpoint that asks for a password, by digest."""
        return f"http://{self.host}/sparql-auth"

    def __enter__(self) -> Self:
        ini = self._folder / "virtuoso.ini"
        ini.write_text(_INI.format(folder=self._folder, sql=self._sql, http=self._http, rows=MAX_ROWS), "utf-8")
        self._process = subprocess.Popen(
            [SERVER, "+foreground", "+configfile", str(ini)],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def load(self, turtle: str, graph: str) -> None:
        """Add triples to a named graph."""
        file = self._folder / "load.ttl"
        file.write_text(turtle, "utf-8")
        self._sql_command(f"DB.DBA.TTLP(file_to_string_output('{file}'), '', '{graph}')")

    def _sql_command(self, command: str) -> None:
        done = subprocess.run(
            [CLIENT, f"127.0.0.1:{self._sql}", USER, PASSWORD, f"exec={command};"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        if "*** Error" in done.stdout + done.stderr:
            raise RuntimeError(f"Virtuoso refused {command[:60]}: {done.stdout} {done.stderr}")

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            try:
                if httpx.get(self.url, params={"query": "ASK {}"}, timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        log = self._folder / "virtuoso.log"
        raise RuntimeError(f"Virtuoso did not start: {log.read_text() if log.exists() else 'no log'}")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()  # nothing of it is kept
            self._process.wait()
            self._process = None
