"""A server that is ended in the middle of an answer is one without an answer, and no error."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.server import watchdog
from agent.server.probe import fetch

BROKEN_OFF = [
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Length: 59\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 59\r\n\r\nvllm:num_requests",
    b"not HTTP at all\r\n\r\n",
]


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """Listen for one request, send these bytes and hang up."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("answer", BROKEN_OFF, ids=["nothing", "no body", "half a body", "no HTTP"])
def test_answer_that_breaks_off_is_none(answer: bytes) -> None:
    with answering(answer) as port:
        assert fetch(f"http://127.0.0.1:{port}/metrics") is None
    with answering(answer) as port:
        assert watchdog._counters(port) is None


def test_whole_answer_is_returned() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready") as port:
        assert fetch(f"http://127.0.0.1:{port}/metrics") == "ready"
