"""One typed choice: asked twice at most, validated here, and its failures told apart."""

from collections.abc import Callable

import pytest
from pydantic import JsonValue

from agent.asking import INVALID, RETRY_TEMPERATURE, Asked, ask
from agent.gate import ModelGate
from agent.model import Message
from agent.server import ServerAddress
from agent.settings import load_settings
from tests.agent.fakes import ANSWER_TOKENS, PROMPT_TOKENS, Call, Choose, ScriptedGate, outside, prose, unreachable
from tests.agent.model.fake_openai import serving

MESSAGES: list[Message] = [{"role": "user", "content": "Choose."}]
SCHEMA = {
    "type": "object",
    "properties": {"tool": {"enum": ["a", "b"]}},
    "required": ["tool"],
    "additionalProperties": False,
}


def is_valid(value: JsonValue) -> bool:
    return value in ({"tool": "a"}, {"tool": "b"})


async def asked(gate: ModelGate, valid: Callable[[JsonValue], bool] = is_valid, temperature: float = 0.0) -> Asked:
    return await ask(gate, "act", MESSAGES, SCHEMA, valid, max_tokens=20, temperature=temperature)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedGate]:
    """Make a gate to a model that plays its choices in turn; the schema is none of the loop's."""
    monkeypatch.setattr("tests.agent.fakes.check", lambda _: None)

    def make(*script: Choose) -> ScriptedGate:
        turns = iter(script)
        return ScriptedGate(lambda call: next(turns)(call))  # noqa: PLW0108 - each call takes the next turn

    return make


def good(_: Call) -> object:
    return {"tool": "b"}


async def test_a_valid_answer_is_returned_with_its_cost(scripted: Callable[..., ScriptedGate]) -> None:
    result = await asked(scripted(good))
    assert result.value == {"tool": "b"}
    assert (result.reason, result.down) == (None, False)
    assert (result.spent.calls, result.spent.tokens) == (1, PROMPT_TOKENS + ANSWER_TOKENS)


@pytest.mark.parametrize("failure", [outside, prose])
@pytest.mark.parametrize("temperature", [0.0, 0.7])
async def test_the_second_try_is_hotter(
    scripted: Callable[..., ScriptedGate], failure: Choose, temperature: float
) -> None:
    gate = scripted(failure, good)
    result = await asked(gate, temperature=temperature)
    assert result.value == {"tool": "b"}
    assert result.reason is None
    assert result.spent.calls == 2
    assert [call.temperature for call in gate.calls] == [temperature, temperature + RETRY_TEMPERATURE]


async def test_there_is_no_third_try(scripted: Callable[..., ScriptedGate]) -> None:
    gate = scripted(prose, outside, good)
    result = await asked(gate)
    assert (result.value, result.down, len(gate.calls)) == (None, False, 2)
    assert result.reason is not None
    assert result.reason == INVALID


async def test_a_lost_model_is_not_asked_again(scripted: Callable[..., ScriptedGate]) -> None:
    gate = scripted(unreachable)
    result = await asked(gate)
    assert (result.value, result.down, result.spent.calls) == (None, True, 0)
    assert result.reason is not None
    assert "does not answer" in result.reason


async def test_a_model_lost_between_the_tries_is_down(scripted: Callable[..., ScriptedGate]) -> None:
    result = await asked(scripted(outside, unreachable))
    assert (result.value, result.down, result.spent.calls) == (None, True, 1)


def real_gate(base_url: str, timeout: float = 5) -> ModelGate:
    address = ServerAddress(base_url, "fake", grammar=False)
    return ModelGate(load_settings(request_timeout=timeout), lambda _: None, lambda *_: address)


async def test_an_answer_cut_off_at_its_limit_is_a_failure() -> None:
    with serving("white space until length") as server:
        gate = real_gate(server.base_url)
        result = await asked(gate)
        gate.close()
    assert (result.value, result.down, len(server.bodies)) == (None, False, 2)
    assert result.reason is not None
    assert "cut off" in result.reason


@pytest.mark.parametrize(("behaviour", "tries"), [("ignores schemas", 2), ("answers other JSON", 2), ("obedient", 1)])
async def test_a_server_is_not_trusted_to_keep_to_the_schema(behaviour: str, tries: int) -> None:
    with serving(behaviour) as server:
        gate = real_gate(server.base_url)
        result = await asked(gate)
        gate.close()
    assert len(server.bodies) == tries
    assert result.value == ({"tool": "a"} if behaviour == "obedient" else None)
    assert not result.down


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", ["cuts", "fails", "refuses", "hangs"])
async def test_a_server_that_gives_no_answer_is_down(behaviour: str) -> None:
    with serving(behaviour) as server:
        gate = real_gate(server.base_url, timeout=0.3)
        result = await asked(gate)
        gate.close()
    assert (result.value, result.down, len(server.bodies)) == (None, True, 1)
    assert result.reason is not None
    assert server.base_url in result.reason
