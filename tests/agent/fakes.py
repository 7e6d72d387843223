"""A model that answers by a function of what it is asked, in the place of the gate to a real one."""

import asyncio
import itertools
import json
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import JsonValue

from agent.errors import InvalidOutputError, ModelUnreachableError
from agent.gate import ModelGate
from agent.model import Completion, Message, ModelClient

PROMPT_TOKENS, ANSWER_TOKENS = 100, 10
GONE = "http://127.0.0.1:9/v1 does not answer"
ROLES = {"like", "want", "prefer", "avoid"}
MOST_INSTANCES = 3000
TOOLS = {
    "finish": set[str](),
    "rank_items": set[str](),
    "nearest_items": {"item", "text"},
    "link_entities": {"name", "as"},
    "find_paths": {"from", "to"},
    "sparql": {"facts", "items_with"},
    "answer_question": {"plan"},
}


@dataclass(frozen=True)
class Call:
    """One request to the model."""

    name: str
    messages: list[Message]
    schema: Mapping[str, Any]
    max_tokens: int
    temperature: float

    @property
    def prompt(self) -> str:
        return "\n".join(message["content"] for message in self.messages)

    @property
    def choices(self) -> list[dict[str, str]]:
        return instances(self.schema)


Choose = Callable[[Call], object]


def instances(schema: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the instances of a schema of the loop, of a pattern a sample; it must be closed and hold nothing else."""
    if "anyOf" in schema:
        assert set(schema) == {"anyOf"}
        assert len(schema["anyOf"]) > 1
        return [one for branch in schema["anyOf"] for one in instances(branch)]
    properties: Mapping[str, Mapping[str, Any]] = schema["properties"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert schema["required"] == list(properties)
    values = [_values(part) for part in properties.values()]
    assert all(one for one in values)
    combined = itertools.islice(itertools.product(*values), MOST_INSTANCES)
    return [dict(zip(properties, combination, strict=True)) for combination in combined]


def _values(part: Mapping[str, Any]) -> list[str]:
    """Return the values of a field; of a pattern of relation paths one each of what it is made for."""
    if "pattern" not in part:
        assert set(part) in ({"enum"}, {"const"})
        return list(part["enum"]) if "enum" in part else [part["const"]]
    assert set(part) == {"type", "pattern"}
    steps = list(dict.fromkeys(one.replace("\\", "") for one in re.findall(r"(?:\\\^)?[a-z]\w*", part["pattern"])))
    walks = ("/".join(one) for n_hops in (1, 2, 3) for one in itertools.product(steps, repeat=n_hops))
    ways = ((walk, f"not {walk}") for walk in walks if walk != "is")
    walk = next(walk for walk, unwanted in ways if any(re.fullmatch(part["pattern"], one) for one in (walk, unwanted)))
    return [one for one in (walk, f"not {walk}", "is", "-") if re.fullmatch(part["pattern"], one)]


def check(call: Call) -> None:
    """Fail if a schema admits anything that the loop has no use for, or one thing twice."""
    choices = call.choices
    assert choices
    assert len({json.dumps(one, sort_keys=True) for one in choices}) == len(choices)
    assert all(isinstance(value, str) and value for one in choices for value in one.values())
    checks = {
        "interpret": _check_meanings,
        "act": _check_actions,
        "justify": _check_sentences,
        "overview": _check_overview,
    }
    checks[call.name](choices)


def _check_meanings(choices: Sequence[dict[str, str]]) -> None:
    for one in choices:
        assert one["intent"] in {"recommend", "refine", "ask", "explain", "why_not", "feedback", "small_talk"}
        names = set(one) - {"intent", "topic", "do"}
        assert all(name[0] == "m" and name[1:].isdigit() for name in names)
        assert one["intent"] == "ask" or all(one[name] in ROLES for name in names)


def _check_actions(choices: Sequence[dict[str, str]]) -> None:
    for one in choices:
        assert set(one) - {"tool"} <= TOOLS[one["tool"]]


def _check_sentences(choices: Sequence[dict[str, str]]) -> None:
    for one in choices:
        assert list(one) in (["first"], ["first", "second"])
        assert all(value[-1] in ".。" and value[0] == value[0].upper() for value in one.values())


def _check_overview(choices: Sequence[dict[str, str]]) -> None:
    assert all(list(one) == ["overview"] and one["overview"][-1] in ".。" for one in choices)


def first(call: Call) -> object:
    return call.choices[0]


def planned(do: str = "list", **paths: str) -> Choose:
    """Return a model that reads questions so, and takes what is first of all else."""
    return lambda call: {"intent": "ask", "do": do, **paths} if "do" in call.choices[0] else call.choices[0]


def last(call: Call) -> object:
    return call.choices[-1]


def any_of(seed: int) -> Choose:
    """Return a model that picks at random."""
    rng = random.Random(seed)
    return lambda call: rng.choice(call.choices)


def prose(_: Call) -> object:
    """Answer what is no JSON."""
    raise InvalidOutputError("`act` must come as JSON, got 'Once upon a time'")


def outside(_: Call) -> object:
    """Answer JSON that the schema does not admit."""
    return {"tool": "delete_everything", "intent": "obey", "first": "It won an award."}


def unreachable(_: Call) -> object:
    raise ModelUnreachableError(GONE)


def dies_after(calls: int, then: Choose = unreachable, before: Choose = first) -> Choose:
    """Return a model that is lost after some calls."""
    count = itertools.count()
    return lambda call: before(call) if next(count) < calls else then(call)


def by_step(**steps: Choose) -> Choose:
    """Return a model that behaves differently in each step; the first choice where none is given."""
    return lambda call: steps.get(call.name, first)(call)


class ScriptedClient(ModelClient):
    """Answers by a function, as surely as is given; keeps what it was asked."""

    def __init__(self, choose: Choose, probability: float | None = None) -> None:
        self.answer = choose
        self.probability = probability
        self.calls: list[Call] = []
        self.cancelled = 0
        self.waiting = 0
        self.most_waiting = 0

    async def choose(
        self,
        messages: Sequence[Message],
        schema: Mapping[str, Any],
        *,
        max_tokens: int,
        name: str,
        temperature: float = 0.0,
    ) -> Completion:
        call = Call(name, list(messages), schema, max_tokens, temperature)
        check(call)
        self.calls.append(call)
        value = self.answer(call)
        if isinstance(value, Pause):
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            try:
                await asyncio.sleep(value.seconds)
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
            finally:
                self.waiting -= 1
            value = value.then(call)
        counts, parsed = (PROMPT_TOKENS, ANSWER_TOKENS), cast(JsonValue, value)
        return Completion(json.dumps(value), *counts, 0.01, "stop", parsed=parsed, probability=self.probability)


@dataclass(frozen=True)
class Pause:
    """An answer that takes its time."""

    seconds: float
    then: Choose = field(default=first)


class ScriptedGate(ModelGate):
    """A gate that is always open, to a model that plays a script."""

    def __init__(self, choose: Choose = first, *, probability: float | None = None) -> None:
        self.model = ScriptedClient(choose, probability)
        self.closed = False

    @property
    def calls(self) -> list[Call]:
        return self.model.calls

    def named(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    def begin(self) -> None:
        """Nothing is to be started."""

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ModelClient]:
        yield self.model

    def close(self) -> None:
        self.closed = True


def about_tokens(call: Call) -> float:
    """Return about how many tokens a prompt has."""
    return 1.5 * len(call.prompt.split())
