"""One model behind an OpenAI-compatible address: constrained choices, streamed prose, errors that say what to do."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessageParam
from openai.types.chat.chat_completion import Choice
from pydantic import JsonValue

from agent.errors import InvalidOutputError, ModelUnreachableError, RefusedRequestError
from agent.model.deciding import Decision, first_decision

TOP_TOKENS = 20
"""Tokens whose log-probabilities a server tells, at most."""

Message = Mapping[str, str]
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Completion:
    """One whole answer of the model.

    Attributes:
        text: The answer as the model wrote it.
        prompt_tokens: Tokens of the prompt as the server counted them, chat template included.
        completion_tokens: Tokens of the answer.
        seconds: Time from the request to the last token.
        finish_reason: Why the model stopped, in the server's word; never `length`.
        parsed: The value that `text` holds, when it was asked for under a schema.
        probability: Of the least likely token that the model decided on, in [0, 1], before a schema ruled others out;
            None where the server was not asked, or does not tell.
    """

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    finish_reason: str
    parsed: JsonValue = None
    probability: float | None = None


class ModelClient:
    """Ask one model on one server; holds no state but the connections.

    Cancelling the task that awaits an answer closes its connection, and vLLM then aborts the request.

    Args:
        base_url: Address of the OpenAI-compatible API, up to and with `/v1`; errors tell it without credentials.
        model: Name under which the server serves the model.
        api_key: Key for the server; any text for a server of ours.
        timeout: Longest wait for one whole answer, seconds.
        seed: Seed of the sampling, sent with every request.
        goes_on: The server goes on from a begun answer (`Capabilities.goes_on`); half of its steps are saved then.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "none",
        timeout: float = 30,
        seed: int = 0,
        goes_on: bool = False,
    ) -> None:
        self.base_url = _without_credentials(base_url)
        self.model = model
        self._timeout = timeout
        self._seed = seed
        self._goes_on = goes_on
        # On this machine a proxy of the environment is in the way, and certificates are loaded for nothing.
        away = not _is_local(base_url)
        self._api = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            max_retries=0,
            http_client=openai.DefaultAsyncHttpxClient(trust_env=away, verify=away),
        )

    async def __aenter__(self) -> "ModelClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the client cannot be used afterwards."""
        await self._api.close()

    async def models(self) -> list[str]:
        """Return the names of the models that the server has.

        Raises:
            ModelUnreachableError: No answer came, or not in time.
            RefusedRequestError: The server does not take the request: address or key.
        """
        async with self._reaching():
            return [model.id async for model in self._api.models.list()]

    async def choose(
        self, messages: Sequence[Message], schema: Schema, *, max_tokens: int, name: str, temperature: float = 0.0
    ) -> Completion:
        """Return an answer decoded under a JSON schema, with its value in `parsed`.

        Args:
            messages: Chat messages, each with `role` and `content`.
            schema: JSON schema of the answer; keep it flat and its strings bounded.
            max_tokens: Longest answer; one that reaches it is a failure.
            name: What is chosen, for the server's log.
            temperature: 0 for the likeliest answer.

        Raises:
            InvalidOutputError: The answer was cut off or is not JSON.
            ModelUnreachableError: No answer came, or not in time.
            RefusedRequestError: The server does not take the request: schema, length or key.
        """
        choice = first_decision(schema) if self._goes_on else None
        if choice is not None:
            return await self.go_on(messages, choice, max_tokens=max_tokens, name=name, temperature=temperature)
        response_format = {"type": "json_schema", "json_schema": {"name": name, "schema": dict(schema), "strict": True}}
        request = self._request(messages, max_tokens, temperature) | {"response_format": response_format}
        completion = await self._answer(request)
        return replace(completion, parsed=_parsed(completion.text, name))

    async def go_on(
        self, messages: Sequence[Message], choice: Decision, *, max_tokens: int, name: str, temperature: float = 0.0
    ) -> Completion:
        """Return an answer of which the model writes what it decides, and no more (vLLM only).

        Its tokens are counted once: those that are given, with those before the last decision, as part of the prompt.

        Args:
            messages: Chat messages, each with `role` and `content`.
            choice: The first decision.
            max_tokens: Most tokens that the model adds at a time; an answer that reaches them is a failure.
            name: What is chosen, for an error.
            temperature: 0 for the likeliest answer.

        Raises:
            InvalidOutputError: The answer was cut off or is not JSON.
            ModelUnreachableError: No answer came, or not in time.
            RefusedRequestError: The server does not take the request: the beginning, the expression, length or key.
        """
        begun, step, likely = time.monotonic(), choice, list[float]()
        while True:
            so_far = [*messages, {"role": "assistant", "content": step.begun}]
            request = self._request(so_far, max_tokens, temperature) | {"logprobs": True}
            request["extra_body"] = {
                "add_generation_prompt": False,
                "continue_final_message": True,
                "structured_outputs": {"regex": step.pattern},
            }
            completion = await self._answer(request)
            likely += [] if completion.probability is None else [completion.probability]
            after = step.after(completion.text)
            if isinstance(after, str):
                break
            step = after
        seconds = time.monotonic() - begun
        probability = min(likely, default=None)
        return replace(completion, text=after, parsed=_parsed(after, name), seconds=seconds, probability=probability)

    async def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        grammar: str | None = None,
        regex: str | None = None,
        temperature: float = 0.0,
        on_token: Callable[[str], None] | None = None,
    ) -> Completion:
        """Return prose, free or under a grammar or a regular expression (vLLM only).

        Args:
            messages: Chat messages, each with `role` and `content`.
            max_tokens: Longest answer; one that reaches it is a failure.
            grammar: EBNF grammar whose rule `root` the answer meets.
            regex: Regular expression that the whole answer meets; not together with `grammar`.
            temperature: 0 for the likeliest answer.
            on_token: Called with each piece of text as it comes.

        Raises:
            InvalidOutputError: The answer was cut off.
            ModelUnreachableError: No answer came, not in time, or it broke off.
            RefusedRequestError: The server does not take the request: grammar, length or key.
        """
        bounds = {kind: bound for kind, bound in (("grammar", grammar), ("regex", regex)) if bound is not None}
        if len(bounds) > 1:
            raise ValueError("write takes a grammar or a regex, got both")
        request = self._request(messages, max_tokens, temperature)
        if bounds:
            request["extra_body"] = {"structured_outputs": bounds}
        return await (self._answer(request) if on_token is None else self._stream(request, on_token))

    async def weigh(self, messages: Sequence[Message], options: Sequence[str]) -> dict[str, float]:
        """Return how likely each of some one-word answers is, from the log-probabilities of the first token.

        Args:
            messages: Chat messages that ask for one of the options.
            options: Words that begin differently.

        Returns:
            Probabilities that add up to 1; of tokens, case and a leading space do not count.

        Raises:
            InvalidOutputError: None of the likeliest tokens begins an option, or the server sends no log-probabilities.
            ModelUnreachableError: No answer came, or not in time.
            RefusedRequestError: The server does not take the request.
        """
        request = self._request(messages, 1, 0.0) | {"logprobs": True, "top_logprobs": TOP_TOKENS}
        async with self._reaching():
            answer: ChatCompletion = await self._api.chat.completions.create(**request)
        logprobs = self._choice(answer).logprobs
        first = logprobs.content[0].top_logprobs if logprobs and logprobs.content else []
        weights = dict.fromkeys(options, 0.0)
        for token in first:
            word = token.token.strip().casefold()
            for option in options:
                if word and option.casefold().startswith(word):
                    weights[option] += math.exp(token.logprob)
        total = sum(weights.values())
        if not total:
            said = ", ".join(repr(token.token) for token in first[:5]) or "no log-probabilities"
            raise InvalidOutputError(f"expected one of {', '.join(options)}, got {said}")
        return {option: weight / total for option, weight in weights.items()}

    def _request(self, messages: Sequence[Message], max_tokens: int, temperature: float) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": cast("Iterable[ChatCompletionMessageParam]", [dict(message) for message in messages]),
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": self._seed,
        }

    async def _answer(self, request: dict[str, Any]) -> Completion:
        begun = time.monotonic()
        async with self._reaching():
            answer: ChatCompletion = await self._api.chat.completions.create(**request)
        choice = self._choice(answer)
        usage = answer.usage
        return _whole(
            Completion(
                text=choice.message.content or "",
                prompt_tokens=usage.prompt_tokens if usage else 0,
                completion_tokens=usage.completion_tokens if usage else 0,
                seconds=time.monotonic() - begun,
                finish_reason=choice.finish_reason,
                probability=_least_likely(choice),
            )
        )

    def _choice(self, answer: ChatCompletion) -> Choice:
        """Return the one answer; the SDK builds its models without checking what came."""
        choices = getattr(answer, "choices", None)
        if not choices or getattr(choices[0], "message", None) is None:
            raise InvalidOutputError(f"{self.base_url} answers with what is no chat completion. {_REMEDY}")
        return cast("Choice", choices[0])

    async def _stream(self, request: dict[str, Any], on_token: Callable[[str], None]) -> Completion:
        begun = time.monotonic()
        pieces = _Pieces(on_token)
        options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
        async with self._reaching(), await self._api.chat.completions.create(**request, **options) as chunks:
            async for chunk in chunks:
                pieces.take(chunk)
        if pieces.finish_reason is None:
            raise ModelUnreachableError(f"{self.base_url} broke off in the middle of an answer. {_REMEDY}")
        return _whole(pieces.completion(time.monotonic() - begun))

    @asynccontextmanager
    async def _reaching(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout):
                with self._translated():
                    yield
        except TimeoutError as error:
            raise ModelUnreachableError(
                f"{self.base_url} gave no whole answer within {self._timeout:g} s. "
                "Raise THENCE_REQUEST_TIMEOUT, or see `thence model status` for what keeps it busy."
            ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except openai.APITimeoutError as error:
            raise TimeoutError from error
        except (openai.APIConnectionError, httpx.TransportError) as error:
            raise ModelUnreachableError(f"{self.base_url} does not answer ({_cause(error)}). {_REMEDY}") from error
        except openai.InternalServerError as error:
            raise ModelUnreachableError(f"{self.base_url} failed with HTTP {error.status_code}. {_REMEDY}") from error
        except openai.APIStatusError as error:
            raise RefusedRequestError(f"{self.base_url} refuses the request: {error.message}") from error
        except openai.APIError as error:
            raise ModelUnreachableError(f"{self.base_url} broke off: {error.message}. {_REMEDY}") from error


_REMEDY = "See `thence model status` and `thence model logs`, or give another address with --base-url."


def _least_likely(choice: Choice) -> float | None:
    tokens = (choice.logprobs.content if choice.logprobs else None) or []
    return min((math.exp(token.logprob) for token in tokens), default=None)


class _Pieces:
    """What came of a streamed answer so far."""

    def __init__(self, on_token: Callable[[str], None]) -> None:
        self._on_token = on_token
        self._texts: list[str] = []
        self._tokens = (0, 0)
        self.finish_reason: str | None = None

    def take(self, chunk: ChatCompletionChunk) -> None:
        if chunk.usage:
            self._tokens = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        for choice in chunk.choices:
            self.finish_reason = choice.finish_reason or self.finish_reason
            if choice.delta.content:
                self._texts.append(choice.delta.content)
                self._on_token(choice.delta.content)

    def completion(self, seconds: float) -> Completion:
        return Completion("".join(self._texts), *self._tokens, seconds, self.finish_reason or "")


def _without_credentials(base_url: str) -> str:
    """Return an address as errors may tell it: without user and password."""
    parts = urlsplit(base_url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _is_local(base_url: str) -> bool:
    return urlsplit(base_url).hostname in {"127.0.0.1", "localhost", "::1"}


def _whole(completion: Completion) -> Completion:
    if completion.finish_reason == "length":
        raise InvalidOutputError(
            f"the answer was cut off after {completion.completion_tokens} tokens: {_clipped(completion.text)}. "
            "Bound its strings or raise max_tokens."
        )
    return completion


def _parsed(text: str, name: str) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidOutputError(f"`{name}` must come as JSON, got {_clipped(text)} ({error})") from error


def _clipped(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}...")


def _cause(error: BaseException) -> str:
    """Return the innermost reason: httpx and openai wrap "connection refused" two or three times."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error) or type(error).__name__
