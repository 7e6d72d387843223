"""vLLM itself: it starts, keeps to schemas, drops what was cancelled, and is gone when it was stopped."""

import asyncio
import time

import psutil
import pytest

from agent import server
from agent.model import Capabilities, Message, ModelClient, check_constrained
from agent.server import open_client
from agent.server.processes import is_living
from agent.server.status import running_requests
from agent.settings import Settings
from tests.e2e.conftest import show
from tests.e2e.processes import processes_of, wait_for

pytestmark = [pytest.mark.llm, pytest.mark.timeout(600)]

MESSAGES: list[Message] = [{"role": "user", "content": "Which tool finds films like Alien?"}]
SCHEMA = {
    "type": "object",
    "properties": {"tool": {"enum": ["nearest", "paths"]}, "k": {"type": "integer", "minimum": 1, "maximum": 9}},
    "required": ["tool", "k"],
    "additionalProperties": False,
}


def client_of(settings: Settings) -> ModelClient:
    return open_client(server.ensure(settings, show), settings)


def api_of(settings: Settings) -> psutil.Process:
    """Return the process that answers: the watchdog's child."""
    address = server.ensure(settings, show)
    assert address.pid is not None
    return psutil.Process(address.pid).children()[0]


def test_second_command_reuses_the_server_at_once(model_server: Settings) -> None:
    begun = time.monotonic()
    assert server.ensure(model_server, show).pid == server.ensure(model_server, show).pid
    assert time.monotonic() - begun < 5
    found = server.status(model_server)
    assert (found.phase, found.model, found.running_requests) == ("running", "smollm2-135m-instruct", 0)


async def test_canary_passes_with_grammars_and_beginnings(model_server: Settings) -> None:
    async with client_of(model_server) as client:
        assert await check_constrained(client) == Capabilities(grammar=True, goes_on=True)


async def test_choice_is_decoded_under_its_schema(model_server: Settings) -> None:
    async with client_of(model_server) as client:
        completion = await client.choose(MESSAGES, SCHEMA, max_tokens=40, name="action")
    assert isinstance(completion.parsed, dict)
    assert completion.parsed["tool"] in {"nearest", "paths"}
    assert completion.prompt_tokens > 0
    assert completion.completion_tokens > 0


ODD = [
    'a "quoted" one',
    "back\\slash",
    "映画の題",
    "🎬 (1999)",
    "a.b|c*[d]{2}^$?+",
    "two\nlines\x01",
    "-",
    "",
    "It’s – é",
    "</s>",
]


async def test_what_is_decided_step_by_step_may_hold_any_text(model_server: Settings) -> None:
    long = [f"{one} {'and on ' * 12}" for one in ODD]
    walk = {"type": "string", "pattern": r"^((not )?(\^director(/genre)?|writer)|-)$"}
    async with client_of(model_server) as client:
        for left in (ODD[at:] for at in range(len(ODD))):
            properties = {"first": {"enum": long}, "m1": walk, "second": {"enum": left}}
            schema = SCHEMA | {"properties": properties, "required": [*properties]}
            completion = await client.choose(MESSAGES, schema, max_tokens=60, name="odd", temperature=1.0)
            assert isinstance(completion.parsed, dict)
            assert completion.parsed["first"] in long
            assert completion.parsed["second"] in left
            assert completion.completion_tokens < 40, "the long text was written, not given"


async def test_prose_is_decoded_under_a_grammar_and_streamed(model_server: Settings) -> None:
    grammar = 'root ::= name " is " adjective "."\nname ::= "Alien" | "Aliens"\nadjective ::= [a-z]{3,12}'
    pieces: list[str] = []
    async with client_of(model_server) as client:
        completion = await client.write(MESSAGES, grammar=grammar, max_tokens=40, on_token=pieces.append)
    assert completion.text.startswith(("Alien is ", "Aliens is "))
    assert completion.text.endswith(".")
    assert "".join(pieces) == completion.text


async def test_prose_is_decoded_under_a_regex(model_server: Settings) -> None:
    async with client_of(model_server) as client:
        completion = await client.write(MESSAGES, regex="(?:yes|no) to [A-C]{2}", max_tokens=20)
    assert completion.text.partition(" to ")[0] in {"yes", "no"}


@pytest.mark.parametrize("streamed", [False, True])
async def test_cancelled_request_is_aborted_in_the_server(model_server: Settings, streamed: bool) -> None:
    pieces: list[str] = []
    root = server.ensure(model_server, show).base_url.removesuffix("/v1")
    async with client_of(model_server) as client:
        # Digits without end: the model cannot stop by itself before the limit, which takes minutes.
        writing = client.write(
            MESSAGES, regex="[0-9]{3500}", max_tokens=3600, on_token=pieces.append if streamed else None
        )
        task = asyncio.create_task(writing)
        await asyncio.to_thread(wait_for, lambda: running_requests(root) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(wait_for, lambda: running_requests(root) == 0, 5)


def test_killed_front_ends_the_server_and_the_next_command_recovers(model_server: Settings) -> None:
    """The death of the engine is told in the chat's test: both ends of the server are lost once."""
    before = server.ensure(model_server, show)
    found = processes_of(model_server)
    api_of(model_server).kill()
    wait_for(lambda: server.status(model_server).phase == "ended")
    wait_for(lambda: not any(map(is_living, found)))
    after = server.ensure(model_server, show)
    assert after.pid != before.pid
    assert server.status(model_server).phase == "running"


def test_stop_leaves_no_process_behind(model_server: Settings) -> None:
    server.ensure(model_server, show)
    found = processes_of(model_server)
    tree = {process.pid for head in found for process in head.children(recursive=True)}
    assert tree <= {process.pid for process in found}
    assert server.stop(model_server)
    assert not any(map(is_living, found))
    assert server.status(model_server).phase == "stopped"
