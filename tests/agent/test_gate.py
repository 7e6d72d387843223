"""The way to the model: patient at first, then quick to say that it is gone, and open again when it is back."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from agent import gate as gates
from agent.errors import ModelUnreachableError, ServerStartError
from agent.gate import ModelGate
from agent.model import Message
from agent.server import ServerAddress
from agent.settings import Settings, load_settings
from tests.agent.model.fake_openai import serving

SCHEMA = {"type": "object", "properties": {"tool": {"const": "a"}}, "required": ["tool"]}
MESSAGES: list[Message] = [{"role": "user", "content": "Choose."}]
NOWHERE = "http://127.0.0.1:9/v1"


class Starts:
    """A server start that takes until it is let go; `urls` are where the servers are, one a start."""

    def __init__(self, *urls: str | Exception) -> None:
        self.urls = list(urls)
        self.count = 0
        self.may_end = threading.Event()
        self.may_end.set()

    def __call__(self, _: Settings, __: Callable[[str], None]) -> ServerAddress:
        url = self.urls[min(self.count, len(self.urls) - 1)]
        self.count += 1
        assert self.may_end.wait(10)
        if isinstance(url, Exception):
            raise url
        return ServerAddress(url, "fake", grammar=False)


@pytest.fixture
def opened() -> Iterator[Callable[..., ModelGate]]:
    """Make gates that are closed after the test."""
    made: list[tuple[ModelGate, Starts]] = []

    def make(starts: Starts, base_url: str | None = NOWHERE) -> ModelGate:
        gate = ModelGate(load_settings(request_timeout=5, base_url=base_url), lambda _: None, starts)
        made.append((gate, starts))
        return gate

    yield make
    for gate, starts in made:
        starts.may_end.set()
        gate.close()


async def choose(gate: ModelGate) -> object:
    async with gate.client() as client:
        return (await client.choose(MESSAGES, SCHEMA, max_tokens=9, name="act")).parsed


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.mark.slow
async def test_the_first_request_waits_for_the_server(opened: Callable[..., ModelGate]) -> None:
    with serving() as server:
        starts = Starts(server.base_url)
        starts.may_end.clear()
        gate = opened(starts)
        waiting = [asyncio.create_task(choose(gate)) for _ in range(3)]
        await eventually(lambda: starts.count == 1)
        await asyncio.sleep(0.05)
        assert not any(task.done() for task in waiting)
        starts.may_end.set()
        assert await asyncio.gather(*waiting) == [{"tool": "a"}] * 3
    assert starts.count == 1


async def test_after_a_loss_requests_fail_at_once_until_the_server_is_back(opened: Callable[..., ModelGate]) -> None:
    with serving() as server:
        starts = Starts(NOWHERE, server.base_url)
        gate = opened(starts)
        with pytest.raises(ModelUnreachableError, match="does not answer"):  # noqa: PT012 - the loss is inside the call
            starts.may_end.set()
            async with gate.client() as client:
                starts.may_end.clear()
                await client.choose(MESSAGES, SCHEMA, max_tokens=9, name="act")
        await eventually(lambda: starts.count == 2)
        for _ in range(3):
            async with asyncio.timeout(5):
                with pytest.raises(ModelUnreachableError, match="starting again"):
                    await choose(gate)
        starts.may_end.set()
        await eventually(lambda: gate._starting is not None and gate._starting.done())
        assert await choose(gate) == {"tool": "a"}
    assert starts.count == 2


async def test_many_calls_that_fail_together_begin_one_start(opened: Callable[..., ModelGate]) -> None:
    starts = Starts(NOWHERE)
    gate = opened(starts)
    failed = await asyncio.gather(*(choose(gate) for _ in range(6)), return_exceptions=True)
    assert {type(one) for one in failed} == {ModelUnreachableError}
    await asyncio.sleep(0.05)
    assert starts.count == 2


async def test_a_failed_start_is_told_and_tried_again(opened: Callable[..., ModelGate]) -> None:
    with serving() as server:
        starts = Starts(ServerStartError("no memory"), server.base_url)
        gate = opened(starts)
        told = await asyncio.gather(*(choose(gate) for _ in range(3)), return_exceptions=True)
        assert [str(one) for one in told] == ["no memory"] * 3
        with pytest.raises(ModelUnreachableError, match="starting again"):
            await choose(gate)
        await eventually(lambda: gate._starting is not None and gate._starting.done())
        assert await choose(gate) == {"tool": "a"}
    assert starts.count == 2


async def test_an_answer_that_is_no_loss_leaves_the_server_alone(opened: Callable[..., ModelGate]) -> None:
    with serving("ignores schemas") as server:
        starts = Starts(server.base_url)
        gate = opened(starts)
        for _ in range(2):
            with pytest.raises(Exception, match="must come as JSON"):
                await choose(gate)
    assert starts.count == 1


async def test_a_request_that_is_cancelled_does_not_stop_the_start(opened: Callable[..., ModelGate]) -> None:
    with serving() as server:
        starts = Starts(server.base_url)
        starts.may_end.clear()
        gate = opened(starts)
        impatient, patient = asyncio.create_task(choose(gate)), asyncio.create_task(choose(gate))
        await eventually(lambda: starts.count == 1)
        impatient.cancel()
        await asyncio.sleep(0.02)
        starts.may_end.set()
        assert await patient == {"tool": "a"}
        assert impatient.cancelled()


@pytest.mark.parametrize(("base_url", "running", "stops"), [(None, False, 1), (None, True, 0), (NOWHERE, False, 0)])
async def test_close_stops_a_server_of_ours_that_is_still_coming_up(
    opened: Callable[..., ModelGate], monkeypatch: pytest.MonkeyPatch, base_url: str | None, running: bool, stops: int
) -> None:
    stopped: list[Settings] = []
    monkeypatch.setattr(gates, "stop", stopped.append)
    starts = Starts(NOWHERE)
    if not running:
        starts.may_end.clear()
    gate = opened(starts, base_url=base_url)
    gate.begin()
    await eventually(lambda: starts.count == 1 and (not running or bool(gate._starting and gate._starting.done())))
    gate.close()
    assert len(stopped) == stops
