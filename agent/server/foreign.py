"""A server that is not ours: which model to ask there, and does it enforce schemas; found out once a process."""

import asyncio
from functools import cache

from agent.errors import ModelUnreachableError, RefusedRequestError
from agent.model import ModelClient, check_constrained
from agent.server.address import ServerAddress
from agent.settings import DEFAULT_MODEL


@cache
def address(base_url: str, model: str, api_key: str, timeout: float) -> ServerAddress:
    """Return where and what to ask at `base_url`.

    Args:
        base_url: Address of an OpenAI-compatible API, up to and with `/v1`.
        model: Name of a model there; the default name stands for the only model that the server has.
        api_key: Key for it.
        timeout: Longest wait for one answer, seconds.

    Raises:
        ModelUnreachableError: It does not answer, or has no such model.
        UnconstrainedError: It ignores schemas.
    """
    return asyncio.run(_address(base_url.rstrip("/"), model, api_key, timeout))


async def _address(base_url: str, model: str, api_key: str, timeout: float) -> ServerAddress:
    async with ModelClient(base_url, model, api_key=api_key, timeout=timeout) as client:
        served = _chosen(model, await _served(client), base_url)
    async with ModelClient(base_url, served, api_key=api_key, timeout=timeout) as client:
        capabilities = await check_constrained(client)
    return ServerAddress(base_url, served, capabilities.grammar, capabilities.goes_on)


async def _served(client: ModelClient) -> list[str]:
    try:
        return await client.models()
    except RefusedRequestError as error:
        raise ModelUnreachableError(
            f"{error}. --base-url takes the address of an OpenAI-compatible API, as a rule with /v1 at its end; "
            "a key goes in THENCE_API_KEY."
        ) from error


def _chosen(model: str, served: list[str], base_url: str) -> str:
    if model in served:
        return model
    if model == DEFAULT_MODEL and len(served) == 1:
        return served[0]
    raise ModelUnreachableError(
        f"{base_url} serves {', '.join(served) or 'no model'}, not {model}. Choose with --model."
    )
