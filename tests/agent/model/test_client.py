"""The client over a real socket: what it asks, what it makes of the answer, and how it fails."""

import asyncio
import math

import pytest

from agent.errors import InvalidOutputError, ModelUnreachableError, RefusedRequestError
from agent.model import Message, ModelClient
from tests.agent.model.fake_openai import LIKELY, FakeServer, serving

MESSAGES: list[Message] = [{"role": "system", "content": "Choose."}, {"role": "user", "content": "Now."}]
SCHEMA = {"type": "object", "properties": {"tool": {"enum": ["nearest", "paths"]}}, "required": ["tool"]}


def client_for(server: FakeServer, timeout: float = 5, *, goes_on: bool = False) -> ModelClient:
    return ModelClient(server.base_url, "fake", timeout=timeout, seed=3, goes_on=goes_on)


async def test_choose_parses_the_answer_and_counts_tokens() -> None:
    with serving() as server:
        async with client_for(server) as client:
            completion = await client.choose(MESSAGES, SCHEMA, max_tokens=20, name="action")
    assert completion.parsed == {"tool": "nearest"}
    assert completion.text == '{"tool": "nearest"}'
    assert (completion.prompt_tokens, completion.completion_tokens, completion.finish_reason) == (7, 5, "stop")
    assert completion.seconds > 0


async def test_choose_sends_schema_seed_and_limit() -> None:
    with serving() as server:
        async with client_for(server) as client:
            await client.choose(MESSAGES, SCHEMA, max_tokens=20, name="action")
    assert server.bodies == [
        {
            "model": "fake",
            "messages": MESSAGES,
            "max_tokens": 20,
            "temperature": 0.0,
            "seed": 3,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "action", "schema": SCHEMA, "strict": True},
            },
        }
    ]


CLOSED = {
    "type": "object",
    "properties": {"tool": {"const": "rank"}, "why": {"enum": ["It is " + "so " * 20, "No"]}, "k": {"enum": [5, 7]}},
    "required": ["tool", "why", "k"],
    "additionalProperties": False,
}


async def test_where_the_server_goes_on_from_a_beginning_only_decisions_are_asked_for() -> None:
    with serving() as server:
        async with client_for(server, goes_on=True) as client:
            completion = await client.choose(MESSAGES, CLOSED, max_tokens=20, name="action")
    assert completion.parsed == {"tool": "rank", "why": "It is " + "so " * 20, "k": 5}
    assert (completion.prompt_tokens, completion.completion_tokens) == (7, 5)
    assert completion.probability == pytest.approx(min(LIKELY))
    first, second = server.bodies
    assert [body["messages"][:2] for body in server.bodies] == [MESSAGES, MESSAGES]
    assert first["messages"][2] == {"role": "assistant", "content": '{"tool": "rank", "why": "'}
    assert first["structured_outputs"] == {"regex": "(It|No)"}
    assert (first["continue_final_message"], first["add_generation_prompt"]) == (True, False)
    assert second["messages"][2]["content"] == '{"tool": "rank", "why": "It is ' + "so " * 20 + '", "k": '
    assert second["structured_outputs"] == {"regex": "(5|7)"}


async def test_a_schema_that_is_not_flat_goes_to_the_server_as_it_is() -> None:
    with serving() as server:
        async with client_for(server, goes_on=True) as client:
            await client.choose(MESSAGES, SCHEMA, max_tokens=20, name="action")
    assert server.bodies[0]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert server.bodies[0]["messages"] == MESSAGES


async def test_a_decision_that_a_server_ignores_is_invalid() -> None:
    with serving("ignores schemas") as server:
        async with client_for(server, goes_on=True) as client:
            with pytest.raises(InvalidOutputError, match="`action` must come as JSON"):
                await client.choose(MESSAGES, CLOSED, max_tokens=20, name="action")
    assert len(server.bodies) == 1


@pytest.mark.parametrize("bound", ["grammar", "regex"])
async def test_write_sends_its_bound(bound: str) -> None:
    with serving() as server:
        async with client_for(server) as client:
            await client.write(MESSAGES, max_tokens=20, **{bound: "[a-z]+"})  # type: ignore[arg-type]
    assert server.bodies[0]["structured_outputs"] == {bound: "[a-z]+"}


async def test_write_takes_one_bound_only() -> None:
    with serving() as server:
        async with client_for(server) as client:
            with pytest.raises(ValueError, match="grammar or a regex"):
                await client.write(MESSAGES, max_tokens=20, grammar="a", regex="b")


async def test_write_streams_pieces_that_add_up_to_the_text() -> None:
    pieces: list[str] = []
    with serving() as server:
        async with client_for(server) as client:
            completion = await client.write(MESSAGES, max_tokens=20, on_token=pieces.append)
    assert pieces == ["Once ", "upon ", "a ", "time"]
    assert completion.text == "Once upon a time"
    assert (completion.prompt_tokens, completion.completion_tokens, completion.finish_reason) == (7, 5, "stop")


async def test_options_are_weighed_by_their_first_tokens() -> None:
    with serving("hesitates") as server:
        async with client_for(server) as client:
            weights = await client.weigh(MESSAGES, ("yes", "no"))
    yes, no = math.exp(-1.0) + math.exp(-3.0), math.exp(-2.0)
    assert weights == pytest.approx({"yes": yes / (yes + no), "no": no / (yes + no)})
    assert (server.bodies[0]["logprobs"], server.bodies[0]["max_tokens"]) == (True, 1)


@pytest.mark.parametrize("behaviour", ["says neither", "obedient"])
async def test_an_answer_that_begins_no_option_is_invalid(behaviour: str) -> None:
    with serving(behaviour) as server:
        async with client_for(server) as client:
            with pytest.raises(InvalidOutputError, match="expected one of yes, no"):
                await client.weigh(MESSAGES, ("yes", "no"))


async def test_answer_cut_off_at_the_limit_is_invalid() -> None:
    with serving("white space until length") as server:
        async with client_for(server) as client:
            with pytest.raises(InvalidOutputError, match="cut off after 5 tokens"):
                await client.choose(MESSAGES, SCHEMA, max_tokens=5, name="action")


async def test_answer_that_is_not_json_is_invalid() -> None:
    with serving("ignores schemas") as server:
        async with client_for(server) as client:
            with pytest.raises(InvalidOutputError, match="`action` must come as JSON, got 'Once upon a time'"):
                await client.choose(MESSAGES, SCHEMA, max_tokens=20, name="action")


@pytest.mark.parametrize(("behaviour", "said"), [("cuts", "does not answer"), ("fails", "HTTP 500")])
async def test_broken_server_is_unreachable(behaviour: str, said: str) -> None:
    with serving(behaviour) as server:
        async with client_for(server) as client:
            with pytest.raises(ModelUnreachableError, match=said) as caught:
                await client.choose(MESSAGES, SCHEMA, max_tokens=20, name="action")
    assert server.base_url in str(caught.value)
    assert "thence model status" in str(caught.value)


async def test_refused_connection_is_unreachable() -> None:
    with serving() as server:
        pass
    async with client_for(server) as client:
        with pytest.raises(ModelUnreachableError, match="does not answer"):
            await client.write(MESSAGES, max_tokens=20)


@pytest.mark.parametrize("behaviour", ["dies in stream", "ends stream early"])
async def test_stream_that_breaks_off_is_unreachable(behaviour: str) -> None:
    pieces: list[str] = []
    with serving(behaviour) as server:
        async with client_for(server) as client:
            with pytest.raises(ModelUnreachableError):
                await client.write(MESSAGES, max_tokens=20, on_token=pieces.append)
    assert pieces == ["Once ", "upon "]


async def test_refused_request_is_told_as_such() -> None:
    with serving("refuses") as server:
        async with client_for(server) as client:
            with pytest.raises(RefusedRequestError, match="schema not supported"):
                await client.choose(MESSAGES, SCHEMA, max_tokens=20, name="action")


@pytest.mark.slow
async def test_time_out_is_unreachable_and_closes_the_request() -> None:
    with serving("hangs") as server:
        async with client_for(server, timeout=0.3) as client:
            with pytest.raises(ModelUnreachableError, match=r"within 0\.3 s"):
                await client.write(MESSAGES, max_tokens=20)
            assert await asyncio.to_thread(server.disconnected.wait, 5)


@pytest.mark.parametrize("streamed", [False, True])
async def test_cancelling_the_task_closes_the_request(streamed: bool) -> None:
    with serving("hangs") as server:
        async with client_for(server) as client:
            pieces: list[str] = []
            on_token = pieces.append if streamed else None
            task = asyncio.create_task(client.write(MESSAGES, max_tokens=20, on_token=on_token))
            assert await asyncio.to_thread(server.asked.wait, 5)
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.disconnected.wait, 5)


async def test_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving() as server:
        async with client_for(server) as client:
            assert (await client.write(MESSAGES, max_tokens=20)).text == "Once upon a time"
