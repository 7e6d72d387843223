"""Justifications as they leave the loop: whole lists for seeded users, and every text judged by the same yardsticks."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.answer import Answer, Claim, FinishedEvent, Justification, ProseEvent, RankedEvent, RankedItem, TraceStep
from agent.recommender import Recommender
from agent.verify import Verdict
from eval.errors import EvaluationError
from eval.grounding_checks import mentions, n_words, sentences, skeleton, unsupported_words
from eval.grounding_claims import CitationCheck
from eval.grounding_evidence import Brief, Evidences
from eval.turns import Tell, in_turn
from kg.interactions import Interactions
from kg.types import Iri
from tools.path_quality import LinkedPath

OURS = "Thence"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a text, judged.

    Attributes:
        strict: Whether the verifier finds cited facts that entail it.
        unsupported: What the lenient yardstick finds nowhere in the evidence; empty where the sentence passes.
        says: Whether it names or praises anything; what does not ("You may like it", a piece of JSON) is neither true
            nor false, and counts by neither yardstick.
    """

    text: str
    strict: bool
    unsupported: tuple[str, ...]
    says: bool = True


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """One claim of ours; `problem` is what the independent yardstick says against it, empty where it says nothing."""

    text: str
    strict: bool
    problem: str

    @property
    def entailed(self) -> bool:
        return self.strict and not self.problem


@dataclass(frozen=True, slots=True)
class Text:
    """Why one item suits one user, as one writer put it.

    Attributes:
        writer: Thence, or a peer.
        facts: What the writer was given.
        by_code: Whether code wrote it in the model's place.
        cut: Whether the model had to be stopped.
        seconds: From the ranked list (ours), or from the request (a peer), to the text.
        tokens: Of prompts and answers.
        claims: Of ours; a peer cites nothing.
    """

    writer: str
    user: str
    item: str
    text: str
    facts: tuple[str, ...]
    by_code: bool
    cut: bool
    seconds: float
    tokens: float
    words: int
    skeleton: str
    sentences: tuple[Sentence, ...]
    claims: tuple[JudgedClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class ListRun:
    """One whole list.

    Attributes:
        ranked: Seconds from the request to the ranked list with its evidence.
        seconds: Seconds to the last word.
        refusals: Why texts of the model were not shown, as far as the loop tells.
        paths: Each item's paths as they are shown, best first.
        overview: The claims of what is said of the whole list; none where nothing is.
    """

    user: str
    texts: tuple[Text, ...]
    ranked: float
    seconds: float
    calls: int
    tokens: int
    refusals: tuple[str, ...]
    degraded: tuple[str, ...]
    paths: tuple[tuple[LinkedPath, ...], ...]
    overview: tuple[JudgedClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """An item of a list with all that a writer needs."""

    user: str
    item: RankedItem
    brief: Brief


def draw_users(interactions: Interactions, count: int, seed: int) -> list[str]:
    """Return users with a history, drawn with a seed, in the order of the draw; all of them where there are fewer.

    Raises:
        EvaluationError: Nobody has a history.
    """
    known = sorted(user for user in interactions.users if interactions.history(user))
    if not known:
        raise EvaluationError("no user of this domain has a history; justifications are measured on lists for users.")
    return random.Random(seed).sample(known, min(count, len(known)))


async def run_lists(
    recommender: Recommender, evidences: Evidences, users: Sequence[str], k: int, *, concurrency: int, tell: Tell
) -> tuple[list[ListRun], list[list[Work]]]:
    """Ask for a list of each user, `concurrency` at a time; return the runs and the same items' work for the peers."""

    async def one(user: str) -> tuple[ListRun, list[Work]]:
        answer, ranked, seconds, written = await _followed(recommender, user, k)
        briefs = await asyncio.to_thread(evidences.briefs, user, answer.items)
        work = [Work(user, item, brief) for item, brief in zip(answer.items, briefs, strict=True)]
        step = next((one for one in answer.trace if one.action == "justify"), None)
        tokens = step.tokens / len(work) if step and work else 0.0
        added = await asyncio.to_thread(evidences.added, user, answer.items)
        texts = tuple(
            _ours(one, written.get(one.item.rank, seconds), tokens, evidences.citations, sums)
            for one, sums in zip(work, added, strict=True)
        )
        run = ListRun(
            user=user,
            texts=texts,
            ranked=ranked,
            seconds=seconds,
            calls=answer.calls,
            tokens=answer.tokens,
            refusals=_refusals(step, texts),
            degraded=tuple(answer.degraded_because),
            paths=tuple(tuple(evidences.linked(path) for path in item.paths) for item in answer.items),
            overview=await asyncio.to_thread(_overview, user, answer, evidences, added),
        )
        return run, work

    found = await in_turn(one, users, concurrency, tell)
    return [run for run, _ in found], [work for _, work in found]


def judged(text: str, brief: Brief) -> tuple[Sentence, ...]:
    """Return the sentences of a text, each judged strictly and leniently."""
    found = []
    for one in sentences(text, brief.names):
        unsupported = tuple(unsupported_words(one, [*brief.names, *brief.facts]))
        says = bool(unsupported) or mentions(one, brief.names)
        found.append(Sentence(one, brief.check(one).holds, unsupported, says))
    return tuple(found)


def _ours(work: Work, seconds: float, tokens: float, citations: CitationCheck, added: Mapping[Iri, float]) -> Text:
    told = work.item.justification or Justification(text="", claims=[], written_by="code")
    brief = work.brief
    problems = citations.problems(told.claims, brief.label, brief.history, [added])
    claims = _judged_claims(told.claims, brief.check(told.text), problems)
    return Text(
        writer=OURS,
        user=work.user,
        item=work.item.label,
        text=told.text,
        facts=brief.facts,
        by_code=told.written_by == "code",
        cut=False,
        seconds=seconds,
        tokens=tokens,
        words=n_words(told.text),
        skeleton=skeleton(told.text, brief.names),
        sentences=judged(told.text, brief),
        claims=claims,
    )


def _overview(
    user: str, answer: Answer, evidences: Evidences, added: Sequence[Mapping[Iri, float]]
) -> tuple[JudgedClaim, ...]:
    told = answer.overview
    if told is None or not told.text:
        return ()
    problems = evidences.citations.problems(told.claims, "", evidences.history(user), added)
    return _judged_claims(told.claims, evidences.check_overview(user, answer.items, told.text), problems)


def _judged_claims(claims: Sequence[Claim], verdict: Verdict, problems: Sequence[str]) -> tuple[JudgedClaim, ...]:
    """Join both yardsticks; of a text that the verifier refuses no claim is upheld."""
    upheld = {claim.text for claim in verdict.claims} if verdict.holds else set()
    return tuple(JudgedClaim(one.text, one.text in upheld, said) for one, said in zip(claims, problems, strict=True))


async def _followed(recommender: Recommender, user: str, k: int) -> tuple[Answer, float, float, Mapping[int, float]]:
    """Return an answer, seconds to its list and its end, and from the list to each text by rank."""
    begun = time.perf_counter()
    ranked, written = 0.0, dict[int, float]()
    answer: Answer | None = None
    async for event in recommender.stream("", user=user, k=k, intent="recommend"):
        now = time.perf_counter() - begun
        if isinstance(event, RankedEvent):
            ranked = now
        elif isinstance(event, ProseEvent):
            written[event.rank] = now - ranked
        elif isinstance(event, FinishedEvent):
            answer = event.answer
    if answer is None:
        raise EvaluationError(f"the list of user {user} broke off; run it again.")
    return answer, ranked, time.perf_counter() - begun, written


def _refusals(step: TraceStep | None, texts: Sequence[Text]) -> tuple[str, ...]:
    """Return why the model's texts were not shown; the loop tells the first reason of a list."""
    if step is None or step.error is None or not any(one.by_code and one.text for one in texts):
        return ()
    return (step.error,)
