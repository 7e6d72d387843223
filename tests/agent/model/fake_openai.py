"""An OpenAI-compatible server that behaves as told: in a thread, or run as a file for a process of its own."""

import json
import math
import re
import select
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]
PROSE = "Once upon a time"
LIKELY = (0.9, 0.6)
"""How likely the tokens of an answer are said to be, where that is asked for."""

WORDS = ("Once ", "upon ", "a ", "time")
METRICS = "vllm:num_requests_running 0.0\nvllm:prompt_tokens_total 0.0\n"


class FakeServer(ThreadingHTTPServer):
    """Answers in the way of its behaviour, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, behaviour: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.behaviour = behaviour
        self.bodies: list[Body] = []
        self.asked = threading.Event()
        self.disconnected = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def serving(behaviour: str = "obedient") -> Iterator[FakeServer]:
    with FakeServer(behaviour) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


class Handler(BaseHTTPRequestHandler):
    server: FakeServer

    def do_GET(self) -> None:
        pages = {"/health": "", "/metrics": METRICS, "/v1/models": json.dumps({"data": [{"id": "fake"}]})}
        self._send(200 if self.path in pages else 404, pages.get(self.path, "{}"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.asked.set()
        BEHAVIOURS[self.server.behaviour](self, body)

    def answer(self, text: str, finish_reason: str = "stop") -> None:
        message = {"role": "assistant", "content": text}
        choice: dict[str, object] = {"index": 0, "message": message, "finish_reason": finish_reason}
        if self.server.bodies[-1].get("logprobs"):
            tokens: list[Body] = [
                {"token": "", "logprob": math.log(one), "bytes": None, "top_logprobs": []} for one in LIKELY
            ]
            choice["logprobs"] = {"content": tokens}
        self._send(200, json.dumps({"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}))

    def answer_with_tokens(self, tokens: dict[str, float]) -> None:
        """Answer with the log-probabilities of some first tokens."""
        top = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in tokens.items()]
        content = [{"token": "", "logprob": 0.0, "bytes": None, "top_logprobs": top}]
        message = {"role": "assistant", "content": ""}
        choice = {"index": 0, "message": message, "finish_reason": "length", "logprobs": {"content": content}}
        self._send(200, json.dumps({"choices": [choice]}))

    def refuse(self, status: int, text: str) -> None:
        self._send(status, json.dumps({"error": {"message": text}}))

    def stream(self, words: tuple[str, ...]) -> None:
        """Send words as chunks, without an end."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for word in words:
            self._event({"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]})

    def end_stream(self) -> None:
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self._event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}})
        self.wfile.write(b"data: [DONE]\n\n")

    def cut(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def wait_for_disconnect(self) -> None:
        select.select([self.connection], [], [], 10)
        if not self.connection.recv(1, socket.MSG_PEEK):
            self.server.disconnected.set()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def _event(self, chunk: Body) -> None:
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def obey(handler: Handler, body: Body) -> None:
    if body.get("stream"):
        handler.stream(WORDS)
        handler.end_stream()
    else:
        handler.answer(_obedient(body))


def refuse_grammars(handler: Handler, body: Body) -> None:
    if "structured_outputs" in body:
        handler.refuse(400, "unknown field structured_outputs")
    else:
        obey(handler, body)


def refuse_beginnings(handler: Handler, body: Body) -> None:
    if body.get("continue_final_message"):
        handler.refuse(400, "the template ends every message")
    else:
        obey(handler, body)


def ignore_any_of(handler: Handler, body: Body) -> None:
    if "anyOf" in json.dumps(body):
        handler.answer("{}")
    else:
        obey(handler, body)


def die_in_stream(handler: Handler, _body: Body) -> None:
    handler.stream(WORDS[:2])
    handler.cut()


def hang(handler: Handler, body: Body) -> None:
    if body.get("stream"):
        handler.stream(WORDS[:1])
    handler.wait_for_disconnect()


BEHAVIOURS: dict[str, Callable[[Handler, Body], None]] = {
    "obedient": obey,
    "refuses grammars": refuse_grammars,
    "refuses beginnings": refuse_beginnings,
    "ignores anyOf": ignore_any_of,
    "ignores schemas": lambda handler, _: handler.answer(PROSE),
    "answers other JSON": lambda handler, _: handler.answer('{"code": "sea"}'),
    "white space until length": lambda handler, _: handler.answer("{" + " " * 50, "length"),
    "dies in stream": die_in_stream,
    "ends stream early": lambda handler, _: handler.stream(WORDS[:2]),
    "cuts": lambda handler, _: handler.cut(),
    "hangs": hang,
    "fails": lambda handler, _: handler.refuse(500, "engine dead"),
    "hesitates": lambda handler, _: handler.answer_with_tokens({" Yes": -1.0, "no": -2.0, "yes": -3.0, "The": -0.5}),
    "says neither": lambda handler, _: handler.answer_with_tokens({"The": -0.1, "": -0.2}),
    "refuses": lambda handler, _: handler.refuse(400, "schema not supported"),
}


def _obedient(body: Body) -> str:
    if "response_format" in body:
        return json.dumps(_instance(body["response_format"]["json_schema"]["schema"]))
    bounds = body.get("structured_outputs", {})
    if "regex" in bounds:
        return _first_match(bounds["regex"])
    literal = re.search(r'"(\w+)"', bounds.get("grammar", ""))
    return literal[1] if literal else PROSE


def _instance(schema: Body) -> Any:
    if "anyOf" in schema:
        return _instance(schema["anyOf"][0])
    if "properties" in schema:
        return {name: _instance(part) for name, part in schema["properties"].items()}
    if "pattern" in schema:
        return _first_match(schema["pattern"].removeprefix("^").removesuffix("$"))
    return schema["const"] if "const" in schema else schema["enum"][0]


def _first_match(pattern: str) -> str:
    """Return the first alternative of each choice, and no option; for patterns of literals, groups and escapes."""
    group = re.compile(r"(?<!\\)\(((?:\\.|[^()|\\])*)((?:\\.|[^()\\])*)\)(\??)")
    while group.search(pattern):
        pattern = group.sub(lambda found: "" if found[3] else found[1], pattern)
    return re.sub(r"\\(.)", r"\1", pattern)


if __name__ == "__main__":
    FakeServer(sys.argv[2], int(sys.argv[1])).serve_forever()
