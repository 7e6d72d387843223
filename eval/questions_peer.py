"""The peer in questions: LangChain's prebuilt agent, with our tools and the model that we use, task by task."""

import math
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from agent.gate import ModelGate
from agent.prebuilt import Attempt, PrebuiltAgent
from agent.toolbox import Toolbox
from eval.questions import Outcome, Question
from eval.turns import Tell, in_turn
from kg.labels import fold
from kg.snapshot import Snapshot

FREE, HELD = "create_agent, free calls", "create_agent, calls held to the schemas"
_NUMBER = re.compile(r"\b\d{1,4}\b")


@dataclass(frozen=True, slots=True)
class Task:
    """One question as the agent answered it.

    Attributes:
        f1, exact, any: Of the names and numbers in its last words, by IRI, whichever owner of a name is right.
        seen: Whether everything that is asked for stands in what its tools told it, whatever it said then.
    """

    question: Question
    attempt: Attempt
    f1: float
    exact: bool
    any: bool
    seen: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class AgentRow:
    """Means of one way over the tasks; `half` is half of the 95 % interval of `solved`, by Wilson's formula.

    Attributes:
        solved: Share of tasks whose answer is exactly the set asked for.
        valid: Share of the written calls that name a tool and meet its schema; None where none was written.
        tool_calls, calls: Written calls of tools, and turns of the model, a task.
    """

    name: str
    n: int
    solved: float
    half: float
    f1: float
    any: float
    seen: float | None
    valid: float | None
    tool_calls: float
    calls: float
    ended: float
    p50: float


async def run_agent(
    toolbox: Toolbox,
    gate: ModelGate,
    questions: Sequence[Question],
    *,
    held: bool,
    concurrency: int,
    tell: Tell,
) -> list[Task]:
    """Let the agent answer every question, `concurrency` at a time.

    Args:
        toolbox: The tools.
        gate: The way to the model.
        questions: The tasks.
        held: Whether its turns are decoded under the tools' schemas.
        concurrency: Tasks at a time.
        tell: Told how many are done.
    """
    agent = PrebuiltAgent(toolbox, gate, held=held)

    async def one(question: Question) -> Task:
        begun = time.perf_counter()
        attempt = await agent.ask(question.text)
        return judged(question, attempt, time.perf_counter() - begun, toolbox.snapshot)

    return await in_turn(one, questions, concurrency, tell)


def judged(question: Question, attempt: Attempt, seconds: float, snapshot: Snapshot) -> Task:
    """Compare an agent's last words with the known answer.

    It is judged kindly: a name counts for the owner that is right, and a name of the question for nothing.
    """
    found = named(attempt.text, question, snapshot)
    hits = len(question.gold & found)
    results = f" {fold(' '.join(attempt.results))} "
    return Task(
        question=question,
        attempt=attempt,
        f1=2 * hits / (len(question.gold) + len(found)) if found else 0.0,
        exact=found == question.gold,
        any=hits > 0,
        seen=all(f" {fold(_label(snapshot, one))} " in results for one in question.gold),
        seconds=seconds,
    )


def named(text: str, question: Question, snapshot: Snapshot) -> set[str]:
    """Return what an answer names: IRIs of entities, and numbers where numbers are asked for."""
    if all(one.isdecimal() for one in question.gold):
        return set(_NUMBER.findall(text))
    asked = {one.iri for mention in snapshot.linker.spot(question.text) for one in mention.candidates}
    found = set[str]()
    for mention in snapshot.linker.spot(text):
        owners = [one.iri for one in mention.candidates]
        right = next((iri for iri in owners if iri in question.gold), None)
        if right is not None or owners[0] not in asked:
            found.add(right or owners[0])
    return found


def agent_row(name: str, tasks: Sequence[Task]) -> AgentRow:
    """Return the means of the agent."""
    written = sum(one.attempt.tool_calls for one in tasks)
    return AgentRow(
        name=name,
        n=len(tasks),
        solved=_mean([one.exact for one in tasks]),
        half=wilson_half(sum(one.exact for one in tasks), len(tasks)),
        f1=_mean([one.f1 for one in tasks]),
        any=_mean([one.any for one in tasks]),
        seen=_mean([one.seen for one in tasks]),
        valid=sum(one.attempt.valid for one in tasks) / written if written else None,
        tool_calls=written / len(tasks),
        calls=_mean([one.attempt.calls for one in tasks]),
        ended=_mean([one.attempt.ended for one in tasks]),
        p50=statistics.median(one.seconds for one in tasks),
    )


def our_row(name: str, outcomes: Sequence[Outcome]) -> AgentRow:
    """Return the same means of our own loop, in which a question is one call: a plan, which the schema must allow."""
    right = sum(one.exact for one in outcomes)
    return AgentRow(
        name=name,
        n=len(outcomes),
        solved=right / len(outcomes),
        half=wilson_half(right, len(outcomes)),
        f1=_mean([one.f1 for one in outcomes]),
        any=_mean([one.any for one in outcomes]),
        seen=None,
        valid=1.0 - _mean([one.invalid for one in outcomes]),
        tool_calls=1.0,
        calls=_mean([one.calls for one in outcomes]),
        ended=1.0,
        p50=statistics.median(one.seconds for one in outcomes),
    )


def wilson_half(right: int, n: int, z: float = 1.96) -> float:
    """Return half the width of Wilson's interval of a share.

    >>> round(wilson_half(0, 50), 4)
    0.0357
    >>> round(wilson_half(25, 50), 4)
    0.1336
    """
    share = right / n
    return z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))


def _label(snapshot: Snapshot, one: str) -> str:
    return one if one.isdecimal() else snapshot.label(one)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
