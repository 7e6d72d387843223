"""Questions with known answers: how many are answered with exactly the right set, by whom, and what went wrong."""

import json
import math
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.answer import Answer
from agent.errors import ModelError, ModelUnreachableError
from agent.gate import ModelGate
from agent.model import ModelClient
from agent.recommender import Recommender
from agent.server import ServerAddress, ensure
from agent.settings import Settings
from agent.wording import is_refusal
from eval.errors import EvaluationError
from eval.turns import Tell, in_turn
from kg.snapshot import Snapshot
from kg.types import Direction, Step

Z95 = 1.96

FIRST_PLANS, UNTUNED_FIRST_PLANS = "model, first plans", "untuned, first plans"
"""Names of the rows in which nothing is asked again or mended by code."""


class _Hop(BaseModel):
    model_config = ConfigDict(extra="ignore")
    predicate: str
    direction: Direction


class _Gold(BaseModel):
    model_config = ConfigDict(extra="ignore")
    iri: str | None = None
    literal: str | int | float | None = None

    @property
    def key(self) -> str:
        return self.iri if self.iri is not None else str(self.literal)


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")
    question: str = Field(min_length=1)
    hops: int = 0
    qtype: str = ""
    topic_entity_iri: str = ""
    relation_path: list[_Hop] = []
    answers: list[_Gold]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its complete answer, by IRI or literal.

    Attributes:
        gold: Empty where the graph states nothing of what is asked, so that the right answer is to say so.
        plan: What its plan says, where the file tells the topic and the path; else empty.
    """

    text: str
    hops: int
    kind: str
    gold: frozenset[str]
    topic: str
    plan: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer, measured.

    Attributes:
        f1: Of the answer set, by IRI.
        exact: Whether the set is exactly right.
        first: Whether the first answer is right; `any` whether one of them is (lenient, reported beside).
        refused: Whether there is no answer but why there is none; where none is known, that alone is right.
        by_rules: Whether the rules' plan was carried out, for whatever reason.
        overruled: Whether it was so although the model's plan could be used: that began with what the graph never
            states, or stopped before what the question asks for.
        invalid: Whether the model's answer could not be used.
        wrong_link, wrong_path: Which part of the plan differs from the known one.
        plan: What was carried out; empty where nothing was.
    """

    question: Question
    f1: float
    exact: bool
    first: bool
    any: bool
    refused: bool
    by_rules: bool
    overruled: bool
    invalid: bool
    wrong_link: bool
    wrong_path: bool
    seconds: float
    calls: int
    tokens: int
    answers: tuple[str, ...] = field(repr=False)
    plan: str


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the questions of a group; `half` is half of the 95 % interval of `f1`."""

    n: int
    f1: float
    half: float
    exact: float
    first: float
    any: float


@dataclass(frozen=True, slots=True)
class Row:
    """One way to answer, over all questions.

    Attributes:
        told_apart: Share of the questions without an answer in the graph of which that is said; None: there are none.
        refused: Share of those with an answer of which it is said, too.
    """

    name: str
    overall: Score
    by_hops: dict[str, Score]
    by_kind: dict[str, Score]
    told_apart: float | None
    refused: float | None
    by_rules: float
    overruled: float
    invalid: float
    wrong_link: float
    wrong_path: float
    calls: float
    tokens: float
    p50: float
    p95: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where the first row and another gave different sets: how often, and who was right."""

    other: str
    share: float
    first_right: float
    other_right: float


class NoModel(ModelGate):
    """A way to no model, so that the rules answer alone."""

    def begin(self) -> None:
        """Start nothing."""

    @asynccontextmanager
    async def client(self) -> AsyncIterator[ModelClient]:
        """Refuse every call.

        Raises:
            ModelUnreachableError: Always.
        """
        raise ModelUnreachableError("the rules are asked alone")
        yield


def ensure_in_full(settings: Settings, progress: Callable[[str], None]) -> ServerAddress:
    """Return a running server as one that cannot go on from a begun answer: the model writes every answer in full."""
    return replace(ensure(settings, progress), goes_on=False)


async def wait_for_model(gate: ModelGate) -> None:
    """Return when the model's server is up, or cannot be had: a start is no part of an answer's time."""
    with suppress(ModelError):
        async with gate.client():
            pass


def load_questions(path: Path, snapshot: Snapshot, limit: int | None = None) -> list[Question]:
    """Read questions from JSON lines; exactly `limit` of them, evenly chosen, where there are more.

    Raises:
        EvaluationError: The file cannot be read, a line is not a question, or there is none.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"cannot read the questions {path}: {error}") from error
    questions: list[Question] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                questions.append(_question(_Line.model_validate_json(line), snapshot))
            except ValidationError as error:
                told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
                raise EvaluationError(f"{path}, line {number}: expected a question with its answers: {told}") from error
    if not questions:
        raise EvaluationError(f"{path} holds no question.")
    return evenly(questions, limit or len(questions))


def evenly(questions: Sequence[Question], count: int) -> list[Question]:
    """Return `count` of the questions, or all where there are fewer, evenly chosen."""
    n_asked = min(count, len(questions))
    return [questions[at * len(questions) // n_asked] for at in range(n_asked)]


async def ask_all(
    recommender: Recommender, questions: Sequence[Question], concurrency: int, tell: Tell
) -> tuple[list[Outcome], float]:
    """Ask every question, `concurrency` at a time; return the outcomes in order, and the seconds that it took."""
    started = time.perf_counter()

    async def one(question: Question) -> Outcome:
        begun = time.perf_counter()
        answer = await recommender.aask(question.text)
        return measured(question, answer, time.perf_counter() - begun)

    outcomes = await in_turn(one, questions, concurrency, tell)
    return outcomes, time.perf_counter() - started


def measured(question: Question, answer: Answer, seconds: float) -> Outcome:
    """Compare an answer with the known one."""
    found = tuple(one.iri or one.label for one in answer.answers)
    hits = len(question.gold & set(found))
    f1 = 2 * hits / (len(question.gold) + len(set(found))) if found else 0.0
    refused = not found and is_refusal(answer.text)
    right = refused and not question.gold
    step = next(one for one in answer.trace if one.action == "interpret")
    plan = next((str(one.arguments.get("plan", "")) for one in answer.trace if one.action == "answer_question"), "")
    differs = bool(question.plan) and plan != question.plan
    linked = question.topic in plan
    return Outcome(
        question=question,
        f1=1.0 if right else f1,
        exact=right or (set(found) == question.gold and bool(found)),
        first=right or (bool(found) and found[0] in question.gold),
        any=right or hits > 0,
        refused=refused,
        by_rules=step.decided_by == "code",
        overruled=step.decided_by == "code" and step.error is None and answer.calls > 0,
        invalid=step.error is not None and answer.calls > 0,  # without a call there was no answer to be invalid
        wrong_link=differs and not linked,
        wrong_path=differs and linked,
        seconds=seconds,
        calls=answer.calls,
        tokens=answer.tokens,
        answers=tuple(sorted(found)),
        plan=plan,
    )


def summarised(name: str, outcomes: Sequence[Outcome], seconds: float) -> Row:
    """Return the means of one way to answer."""
    times = sorted(one.seconds for one in outcomes)
    hops = sorted({one.question.hops for one in outcomes})
    kinds = sorted({one.question.kind for one in outcomes})
    return Row(
        name=name,
        overall=score(outcomes),
        by_hops={str(hop): score([one for one in outcomes if one.question.hops == hop]) for hop in hops},
        by_kind={kind: score([one for one in outcomes if one.question.kind == kind]) for kind in kinds},
        told_apart=_refused(one for one in outcomes if not one.question.gold),
        refused=_refused(one for one in outcomes if one.question.gold),
        by_rules=_mean(one.by_rules for one in outcomes),
        overruled=_mean(one.overruled for one in outcomes),
        invalid=_mean(one.invalid for one in outcomes),
        wrong_link=_mean(one.wrong_link for one in outcomes),
        wrong_path=_mean(one.wrong_path for one in outcomes),
        calls=_mean(one.calls for one in outcomes),
        tokens=_mean(one.tokens for one in outcomes),
        p50=times[len(times) // 2],
        p95=times[min(len(times) - 1, math.floor(0.95 * len(times)))],
        per_second=len(outcomes) / seconds,
    )


def score(outcomes: Sequence[Outcome]) -> Score:
    """Return the means over a group; the interval is that of a mean of independent questions."""
    values = [one.f1 for one in outcomes]
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    return Score(
        n=len(values),
        f1=_mean(values),
        half=Z95 * spread / math.sqrt(len(values)),
        exact=_mean(one.exact for one in outcomes),
        first=_mean(one.first for one in outcomes),
        any=_mean(one.any for one in outcomes),
    )


def disagreement(first: Sequence[Outcome], other: Sequence[Outcome], name: str) -> Disagreement:
    """Return how often two ways to answer the same questions differ, and how often each was right then."""
    pairs = [(one, two) for one, two in zip(first, other, strict=True) if one.answers != two.answers]
    right = (_mean(one.exact for one, _ in pairs), _mean(two.exact for _, two in pairs))
    return Disagreement(name, len(pairs) / len(first), *right)


def _question(line: _Line, snapshot: Snapshot) -> Question:
    label = snapshot.label(line.topic_entity_iri) if line.topic_entity_iri else ""
    names = [snapshot.manifest.relation_of(hop.predicate) for hop in line.relation_path]
    steps = [Step(name, hop.direction) for name, hop in zip(names, line.relation_path, strict=True) if name]
    path = "/".join(str(snapshot.manifest.canonical(step)) for step in steps) if all(names) else ""
    plan = f"list {label} {path}" if label and path else ""
    gold = frozenset(one.key for one in line.answers)
    return Question(line.question, line.hops, line.qtype, gold, label, plan)


def _refused(outcomes: Iterable[Outcome]) -> float | None:
    listed = list(outcomes)
    return _mean(one.refused for one in listed) if listed else None


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def as_lines(outcomes: Sequence[Outcome]) -> str:
    """Return the wrong answers as JSON lines, to be read by a person."""
    wrong = [one for one in outcomes if not one.exact]
    told = [
        {
            "question": one.question.text,
            "f1": round(one.f1, 3),
            "answers": list(one.answers)[:20],
            "plan": one.plan,
            "right_plan": one.question.plan,
        }
        for one in wrong
    ]
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told)
