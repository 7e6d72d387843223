"""The canary sings only where schemas are enforced."""

import pytest

from agent.errors import ModelUnreachableError, UnconstrainedError
from agent.model import Capabilities, ModelClient, check_constrained
from tests.agent.model.fake_openai import serving


async def checked(behaviour: str) -> Capabilities:
    with serving(behaviour) as server:
        async with ModelClient(server.base_url, "fake", timeout=5) as client:
            return await check_constrained(client)


async def test_server_that_enforces_schemas_and_grammars_passes() -> None:
    assert await checked("obedient") == Capabilities(grammar=True, goes_on=True)


async def test_server_without_grammars_passes() -> None:
    assert await checked("refuses grammars") == Capabilities(grammar=False)


async def test_server_that_begins_every_answer_itself_passes() -> None:
    assert await checked("refuses beginnings") == Capabilities(grammar=True, goes_on=False)


@pytest.mark.parametrize(
    "behaviour", ["ignores schemas", "answers other JSON", "white space until length", "ignores anyOf", "refuses"]
)
async def test_server_that_does_not_enforce_schemas_is_refused(behaviour: str) -> None:
    with pytest.raises(UnconstrainedError, match="does not enforce the JSON schema"):
        await checked(behaviour)


async def test_server_that_does_not_answer_is_not_called_unconstrained() -> None:
    with pytest.raises(ModelUnreachableError):
        await checked("fails")


async def test_nonce_differs_from_check_to_check() -> None:
    with serving() as server:
        async with ModelClient(server.base_url, "fake", timeout=5) as client:
            await check_constrained(client)
            await check_constrained(client)
    first, second = (server.bodies[turn]["response_format"]["json_schema"]["schema"] for turn in (0, 4))
    assert first != second
