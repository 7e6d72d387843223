"""A SPARQL endpoint on the loopback interface, over a store in memory, that can be told to misbehave."""

import io
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs

import pyoxigraph as ox

Reply = tuple[int, dict[str, str], bytes]
RESULTS = {"Content-Type": "application/sparql-results+json"}


class Endpoint:
    """Answers queries by POST until its context ends.

    Attributes:
        store: What it answers from.
        queries: What it was asked, first to last.
        faults: Taken from the front, one a request: what to reply instead; None lets a request through.
        authorization: The header that every request must carry; None lets everybody in.
        cap: The most rows of an answer, cut without a word.
    """

    def __init__(self, store: ox.Store | None = None) -> None:
        self.store = ox.Store() if store is None else store
        self.queries: list[str] = []
        self.faults: list[Callable[[], Reply] | None] = []
        self.authorization: str | None = None
        self.cap: int | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/sparql"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply(self, query: str, authorization: str | None) -> Reply:
        self.queries.append(query)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            return fault()
        if self.authorization is not None and authorization != self.authorization:
            return 401, {"WWW-Authenticate": 'Basic realm="graph"'}, b""
        try:
            return 200, RESULTS, self._answer(query)
        except SyntaxError as error:
            return 400, {"Content-Type": "text/plain"}, str(error).encode()

    def _answer(self, query: str) -> bytes:
        if self.cap is not None and query.startswith("SELECT"):
            query = f"SELECT * {{ {{ {query} }} }} LIMIT {self.cap}"
        found, out = self.store.query(query), io.BytesIO()
        if isinstance(found, ox.QueryTriples):
            raise SyntaxError("this endpoint answers SELECT and ASK alone")
        found.serialize(out, format=ox.QueryResultsFormat.JSON)
        return out.getvalue()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, headers, body = endpoint.reply(form["query"][0], self.headers.get("Authorization"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                return

        return Handler
