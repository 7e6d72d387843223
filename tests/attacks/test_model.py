"""A hostile model, or a hostile server in its place: the rules' answer comes, and none of its words."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.gate import ModelGate
from agent.recommender import Recommender
from agent.server import ServerAddress
from agent.settings import load_settings
from agent.toolbox import Toolbox
from kg.types import Iri
from tests.agent.fakes import Call, ScriptedGate, first
from tests.attacks.asking import answered
from tests.attacks.attack import InputAttack
from tests.attacks.checks import Behaviour, assert_no_leak, assert_no_lie, assert_own_history, behaviour, texts_of
from tests.attacks.conftest import Make, params
from tests.attacks.file_attacks import REPLIES
from tests.attacks.world import OTHER, USER

MESSAGES = ("something like Dracula, preferably Gothic", "who wrote Emma?")
WRONG = [
    pytest.param({"choices": []}, id="no choice"),
    pytest.param({"choices": None}, id="choices are null"),
    pytest.param({}, id="empty"),
    pytest.param([OTHER], id="a list"),
    pytest.param(
        {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "system", "content": OTHER}}]},
        id="another role",
    ),
    pytest.param(
        {"choices": [{"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": OTHER}}]},
        id="cut off",
    ),
    pytest.param(
        {
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "tool_calls",
                    "message": {
                        "role": "assistant",
                        "content": None,
                        "tool_calls": [{"id": "1", "type": "function", "function": {"name": OTHER, "arguments": "{}"}}],
                    },
                }
            ]
        },
        id="a tool call",
    ),
    pytest.param({"choices": [{"index": 0, "finish_reason": "stop", "message": None}]}, id="no message"),
]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = body


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def answering(body: bytes) -> Iterator[ModelGate]:
    """Yield the way to a server whose every answer is this."""
    with _Server(body) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        settings = load_settings(base_url=url, request_timeout=5)
        gate = ModelGate(settings, lambda _: None, lambda *_: ServerAddress(url, "hostile", grammar=False))
        yield gate
        gate.close()
        server.shutdown()


def completion(content: str) -> bytes:
    message = {"role": "assistant", "content": content}
    whole: dict[str, Any] = {"id": "x", "object": "chat.completion", "created": 0, "model": "hostile"}
    whole["choices"] = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return json.dumps(whole).encode()


@pytest.fixture(scope="module")
async def by_rules(clean: Toolbox, over: Make) -> list[Behaviour]:
    """What the requests do where the rules' choice is taken."""
    return [behaviour(await answered(over(clean, first), message, user=USER, k=2)) for message in MESSAGES]


async def assert_harmless(toolbox: Toolbox, recommender: Recommender, by_rules: list[Behaviour]) -> None:
    """Ask, and compare with what the rules make of the same requests."""
    own = {Iri(toolbox.snapshot.items[at]): value for at, value in toolbox.snapshot.interactions.history(USER).items()}
    for message, plain in zip(MESSAGES, by_rules, strict=True):
        answer = await answered(recommender, message, user=USER, k=2)
        assert behaviour(answer).results == plain.results
        assert answer.degraded
        assert_no_leak(texts_of(answer))
        assert_own_history(answer, own)
        assert_no_lie(answer, toolbox.snapshot, "won ten Oscars")
        assert all(item.justification and item.justification.written_by == "code" for item in answer.items)
        assert all(reason.isprintable() and len(reason) < 500 for reason in answer.degraded_because)


@pytest.mark.parametrize("reply", params(REPLIES))
async def test_what_is_no_valid_choice_is_not_taken_and_not_told(
    clean: Toolbox, over: Make, by_rules: list[Behaviour], reply: InputAttack
) -> None:
    with answering(completion(reply.text)) as gate:
        await assert_harmless(clean, over(clean, gate), by_rules)


@pytest.mark.parametrize("body", WRONG)
async def test_what_is_no_answer_of_a_model_is_not_taken(
    clean: Toolbox, over: Make, by_rules: list[Behaviour], body: object
) -> None:
    with answering(json.dumps(body).encode()) as gate:
        await assert_harmless(clean, over(clean, gate), by_rules)


def _hostile_label(call: Call) -> object:
    return {"first": call.messages[1]["content"].splitlines()[0], "intent": "recommend", "tool": "finish"}


def _prompt_itself(call: Call) -> object:
    return {"first": call.messages[0]["content"], "second": call.prompt}


def _other_item(call: Call) -> object:
    return {"first": "Alien was written by Jane Austen.", "m1": "like", "tool": "rank_items", "user": OTHER}


def _schema_itself(call: Call) -> object:
    return dict(call.schema)


@pytest.mark.parametrize("says", [_hostile_label, _prompt_itself, _other_item, _schema_itself])
async def test_a_model_that_knows_the_prompt_gets_nothing_out(
    poisoned: Toolbox, over: Make, tmp_path: Path, says: Any
) -> None:
    gate = ScriptedGate(says)
    own = {
        Iri(poisoned.snapshot.items[at]): value for at, value in poisoned.snapshot.interactions.history(USER).items()
    }
    for message in MESSAGES:
        answer = await answered(over(poisoned, gate, home=tmp_path / "home"), message, user=USER, k=2)
        assert not any(step.decided_by == "model" for step in answer.trace)
        assert_no_leak(texts_of(answer))
        assert_own_history(answer, own)
        assert_no_lie(answer, poisoned.snapshot, "Alien was written by")


async def test_an_address_with_a_password_is_told_without_it(clean: Toolbox, over: Make, tmp_path: Path) -> None:
    url = "http://uma:canary-secret-93b1c7@127.0.0.1:9/v1"
    settings = load_settings(base_url=url, api_key="canary-secret-93b1c7", request_timeout=5)
    gate = ModelGate(settings, lambda _: None, lambda *_: ServerAddress(url, "away", grammar=False))
    answer = await answered(over(clean, gate, home=tmp_path / "home"), MESSAGES[0], user=USER, k=2)
    gate.close()
    assert "http://127.0.0.1:9/v1 does not answer" in answer.degraded_because[0]
    assert_no_leak(texts_of(answer))
