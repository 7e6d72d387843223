"""Ask for what free text cannot meet: proof that a server decodes under the schema that it is given."""

import secrets
from dataclasses import dataclass

from pydantic import JsonValue

from agent.errors import InvalidOutputError, RefusedRequestError, UnconstrainedError
from agent.model.client import Message, ModelClient, Schema
from agent.model.deciding import first_decision
from agent.schemas import any_of, closed_object

# A nonce is about 12 tokens of a small vocabulary, the object around it as many; free text runs into the limit.
MAX_TOKENS = 60
MESSAGES: tuple[Message, ...] = ({"role": "user", "content": "Write one line about the sea."},)


@dataclass(frozen=True)
class Capabilities:
    """What a server that enforces JSON schemas can do beyond it.

    Attributes:
        grammar: Decodes under an EBNF grammar and a regular expression (`structured_outputs`, vLLM).
        goes_on: Goes on from a begun answer, under a regular expression for the rest of it.
    """

    grammar: bool
    goes_on: bool = False


async def check_constrained(client: ModelClient) -> Capabilities:
    """Return what the server can do, having proved that it enforces JSON schemas.

    Raises:
        UnconstrainedError: An answer came back that the schema does not allow, or the server refuses the schema.
        ModelUnreachableError: No answer came.
    """
    await _check_enum(client)
    await _check_any_of(client)
    return Capabilities(grammar=await _takes_grammar(client), goes_on=await _goes_on(client))


async def _check_enum(client: ModelClient) -> None:
    code = _nonce()
    await _check(client, closed_object({"code": {"enum": [code]}}), allowed=[{"code": code}])


async def _check_any_of(client: ModelClient) -> None:
    """Check a choice between tagged objects, the form of every turn of the loop."""
    left, right = _nonce(), _nonce()
    branches = [
        closed_object({"tool": {"const": left}, "k": {"enum": [7]}}),
        closed_object({"tool": {"const": right}, "k": {"enum": [9]}}),
    ]
    await _check(client, any_of(branches), allowed=[{"tool": left, "k": 7}, {"tool": right, "k": 9}])


async def _takes_grammar(client: ModelClient) -> bool:
    code = _nonce()
    try:
        answer = await client.write(MESSAGES, grammar=f'root ::= "{code}"', max_tokens=MAX_TOKENS)
    except (RefusedRequestError, InvalidOutputError):
        return False
    return answer.text == code


async def _goes_on(client: ModelClient) -> bool:
    codes = [_nonce(), _nonce()]
    choice = first_decision(closed_object({"code": {"enum": [*codes]}}))
    assert choice is not None
    try:
        answer = await client.go_on(MESSAGES, choice, max_tokens=MAX_TOKENS, name="canary")
    except (RefusedRequestError, InvalidOutputError):
        return False
    return answer.parsed in [{"code": code} for code in codes]


async def _check(client: ModelClient, schema: Schema, *, allowed: list[JsonValue]) -> None:
    try:
        answer = await client.choose(MESSAGES, schema, max_tokens=MAX_TOKENS, name="canary")
    except (InvalidOutputError, RefusedRequestError) as error:
        raise UnconstrainedError(_explained(client, str(error))) from error
    if answer.parsed not in allowed:
        raise UnconstrainedError(_explained(client, f"asked for {allowed}, got {answer.text!r}"))


def _explained(client: ModelClient, found: str) -> str:
    return (
        f"{client.base_url} does not enforce the JSON schema of a request ({found}). Without it the model can say "
        "anything, so Thence does not go on. Use a server that decodes under `response_format` json_schema (vLLM does, "
        "from 0.12), or leave --base-url out and Thence starts its own."
    )


def _nonce() -> str:
    return secrets.token_hex(6)
