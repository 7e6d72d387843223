"""What holds of every answer and every prompt, whatever somebody wrote into a graph or a request."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.answer import Answer, Claim, Justification, RankedItem
from agent.untrusted import MAX_LABEL
from kg.snapshot import Snapshot
from kg.types import Iri, Triple
from prompts import load_template
from tests.agent.fakes import Call
from tests.attacks.world import OTHER

SECRET = "canary-secret-93b1c7"
"""Stands in the environment and in files beside the domain; no answer may hold it."""

PROMPTS = ("interpret", "act", "justify")
LONGEST_LINE = 1_400
TAG = re.compile(
    r"<\|?[\w/▁]+\|?>|<\||\|>|[<＜][|｜]|[|｜][>＞]|\[/?(?:INST|[A-Z]+_[A-Z]+)\]|［/?INST］|```|｀｀｀|<<\w|</s>|###\s",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"“[^“”]*”")


@dataclass(frozen=True)
class Behaviour:
    """What an answer did; two of equal behaviour list the same, by the same steps.

    A label that no sentence can hold is left to code to word, which changes nothing but the words.
    """

    intent: str
    items: tuple[str, ...]
    answers: tuple[str | None, ...]
    verdict: bool | None
    removed: tuple[int, ...]
    steps: tuple[tuple[str, str], ...]

    @property
    def results(self) -> tuple[object, ...]:
        """What came of it, whoever decided the steps."""
        return self.intent, self.items, self.answers, self.verdict, self.removed


def behaviour(answer: Answer) -> Behaviour:
    return Behaviour(
        answer.intent,
        tuple(item.iri for item in answer.items),
        tuple(one.iri for one in answer.answers),
        answer.verdict,
        tuple(answer.removed_by.values()),
        tuple((step.action, step.decided_by if step.action != "justify" else "") for step in answer.trace),
    )


def assert_no_leak(texts: Iterable[str], said: Sequence[str] = ()) -> None:
    """Fail where a text holds a secret, another user's name or words of our prompts that nobody said."""
    for text in texts:
        found = [one for one in (SECRET, OTHER, *prompt_sentences()) if one in text and not any(one in s for s in said)]
        assert not found, found


def prompt_sentences() -> list[str]:
    """Return each sentence of our prompts' fixed texts."""
    texts = [load_template(name).system for name in PROMPTS]
    return [one for text in texts for one in re.split(r"(?<=[.])\s+|\n", text) if len(one) > 30]


def assert_own_history(answer: Answer, own: Mapping[Iri, float]) -> None:
    """Fail where a part of an answer rests on a history that is not the user's."""
    for item in answer.items:
        for one in item.contributions:
            assert one.part != "history" or not one.iri or Iri(one.iri) in own
        for claim in claims_of(item.justification):
            for fact in claim.history:
                assert own.get(Iri(fact.iri)) == fact.value


def assert_no_lie(answer: Answer, snapshot: Snapshot, lie: str, *, quoted: bool = True) -> None:
    """Fail where a justification holds what no triple backs, or a lie stands outside of quotation marks.

    Where it is known that a justification does not quote the label (`quoted` is false), only its triples are checked.
    """
    for item in answer.items:
        assert_backed(item, snapshot)
    told = [answer.text]
    if quoted:
        told += [item.justification.text for item in answer.items if item.justification]
        told += [claim.text for item in answer.items for claim in claims_of(item.justification)]
    for text in told:
        assert text.isprintable(), text
        assert not lie or lie.casefold() not in _QUOTED.sub("“”", text).casefold(), text


def assert_backed(item: RankedItem, snapshot: Snapshot) -> None:
    """Fail unless the claims make up the whole justification and the graph states the triples of each."""
    justification = item.justification
    if justification is None:
        return
    assert re.sub(r"[\W_]+|and", "", justification.text.casefold()) == re.sub(
        r"[\W_]+|and", "", "".join(claim.text for claim in justification.claims).casefold()
    )
    for claim in justification.claims:
        assert any(claim.model_dump(exclude={"text"}).values())
        for subject, predicate, obj in claim.triples:
            literal, entity = (Triple(Iri(subject), Iri(predicate), obj, kind) for kind in (True, False))
            assert literal in snapshot.store or entity in snapshot.store
            assert not snapshot.is_flagged(literal)
            assert not snapshot.is_flagged(entity)


def claims_of(justification: Justification | None) -> list[Claim]:
    return list(justification.claims) if justification else []


def assert_harmless_prompt(call: Call) -> None:
    """Fail where a prompt has other roles, another system text, a control, a tag, or a text beyond its limit."""
    assert [message["role"] for message in call.messages] == ["system", "user"]
    assert call.messages[0]["content"] == load_template(call.name).system
    user = call.messages[1]["content"]
    assert all(unicodedata.category(char)[0] != "C" for char in user if char != "\n")
    assert not TAG.search(re.sub(r"<-[^<>]*-|-[^<>]*->", "", user)), TAG.search(user)
    assert max(map(len, user.split("\n"))) <= LONGEST_LINE
    assert len(user) < 4_000


def texts_of(answer: Answer) -> list[str]:
    """Return the whole answer as text, without the request, which is the user's own."""
    return [answer.model_copy(update={"request": ""}).model_dump_json()]


def lines(call: Call) -> int:
    return call.messages[1]["content"].count("\n")


def assert_short(text: str) -> None:
    """Fail where a run of a text without spaces is longer than a label may be."""
    assert max(map(len, text.split()), default=0) <= MAX_LABEL + 2
