"""Where a model answers, and the client that asks it there."""

from dataclasses import dataclass

from agent.model import ModelClient
from agent.settings import Settings


@dataclass(frozen=True)
class ServerAddress:
    """A server of which it is known how far it keeps to a schema.

    Attributes:
        base_url: Address of its OpenAI-compatible API, up to and with `/v1`.
        model: Name under which it serves the model.
        grammar: It decodes under grammars and regular expressions, too.
        goes_on: It goes on from a begun answer.
        pid: Process at the head of a server of ours; None for a foreign one.
    """

    base_url: str
    model: str
    grammar: bool
    goes_on: bool = False
    pid: int | None = None


def open_client(address: ServerAddress, settings: Settings) -> ModelClient:
    """Return a client for the model at `address`; close it, or use it in an `async with`."""
    return ModelClient(
        address.base_url,
        address.model,
        api_key=settings.api_key,
        timeout=settings.request_timeout,
        seed=settings.seed,
        goes_on=address.goes_on,
    )
