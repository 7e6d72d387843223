"""Justifications: what the model words is checked, and what it may not say, code says."""

from collections.abc import Mapping, Sequence

import pytest

from agent.evidence import Evidence, Fact, Moved, Shared
from agent.finding import EvidenceFinder
from agent.interpretation import Interpretation, Ref
from agent.justify import Justifier, Subject, Written
from agent.sentences import Sentences
from agent.toolbox import Toolbox
from agent.verify import Grounds, Verdict, Verifier
from kg.types import Iri, Triple
from prompts.phrases import Tone, load_wording
from tests.agent.fakes import Call, Choose, ScriptedGate, any_of, first, last, outside, prose, unreachable

BOOK, VOCAB = "http://shop.example/book/", "http://shop.example/vocab/"
CASTLE, TRIAL = Iri(BOOK + "castle"), Iri(BOOK + "trial")
HISTORY = {TRIAL: 5.0}


@pytest.fixture
def evidence(toolbox: Toolbox) -> tuple[Evidence, ...]:
    """The Castle for somebody who rated The Trial 5."""
    return EvidenceFinder(toolbox).choose(CASTLE, Interpretation(intent="recommend"), HISTORY, [TRIAL])


@pytest.fixture
def justifier(toolbox: Toolbox) -> Justifier:
    sentences = Sentences(toolbox.snapshot)
    return Justifier(sentences, Verifier(toolbox.snapshot, sentences))


def castle(evidence: Sequence[Evidence], history: Mapping[Iri, float] = HISTORY, tone: Tone = "plain") -> Subject:
    return Subject(CASTLE, evidence, history, dict.fromkeys(history, 0.5), tone)


async def written(justifier: Justifier, choose: Choose, evidence: tuple[Evidence, ...]) -> Written:
    return await justifier.write(ScriptedGate(choose), castle(evidence))


@pytest.mark.parametrize("choose", [first, last, *(any_of(seed) for seed in range(12))])
async def test_what_the_model_words_is_accepted(
    justifier: Justifier, evidence: tuple[Evidence, ...], choose: Choose
) -> None:
    result = await written(justifier, choose, evidence)
    assert result.justification.written_by == "model"
    assert result.reason is None
    assert result.justification.claims
    assert result.spent.calls == 1


async def test_every_statement_is_a_claim_with_what_it_rests_on(
    justifier: Justifier, evidence: tuple[Evidence, ...]
) -> None:
    result = await written(justifier, first, evidence)
    by_text = {claim.text: claim for claim in result.justification.claims}
    shared = next(claim for claim in by_text.values() if len(claim.triples) == 2)
    assert shared.triples == [
        (CASTLE, VOCAB + "author", "http://shop.example/person/kafka"),
        (TRIAL, VOCAB + "author", "http://shop.example/person/kafka"),
    ]
    rated = next(claim for claim in by_text.values() if claim.history)
    assert [(one.iri, one.value) for one in rated.history] == [(TRIAL, 5.0)]
    words = result.justification.text.lower()
    assert all(text.lower() in words for text in by_text)


@pytest.mark.parametrize(("choose", "down"), [(outside, False), (prose, False), (unreachable, True)])
async def test_what_the_model_may_not_say_code_says(
    justifier: Justifier, evidence: tuple[Evidence, ...], choose: Choose, down: bool
) -> None:
    result = await written(justifier, choose, evidence)
    assert result.justification.written_by == "code"
    assert "The Castle and The Trial were both written by Franz Kafka" in result.justification.text
    assert result.reason
    assert result.down is down


async def test_without_a_model_code_says_the_same(justifier: Justifier, evidence: tuple[Evidence, ...]) -> None:
    result = await justifier.write(None, castle(evidence))
    assert result.justification == justifier.in_plain_words(castle(evidence))
    assert (result.spent.calls, result.spent.tokens) == (0, 0)


async def test_a_sentence_that_the_schema_allows_is_verified_all_the_same(
    justifier: Justifier, toolbox: Toolbox
) -> None:
    """Evidence that the graph does not hold is said by nobody, not even by code."""
    false = Fact("author", Triple(CASTLE, Iri(VOCAB + "author"), "http://shop.example/person/austen"), CASTLE)
    result = await justifier.write(ScriptedGate(first), castle([false]))
    assert (result.justification.text, result.justification.claims) == ("", [])
    assert result.justification.written_by == "code"
    assert result.reason is not None
    assert result.reason.startswith("no cited fact supports: The Castle ")
    assert "Jane Austen" in result.reason


async def test_no_evidence_no_words_no_cost(justifier: Justifier) -> None:
    gate = ScriptedGate(first)
    result = await justifier.write(gate, castle(()))
    assert (result.justification.text, result.justification.claims, result.reason) == ("", [], None)
    assert gate.calls == []


async def test_two_sentences_at_most_and_the_item_named(toolbox: Toolbox, justifier: Justifier) -> None:
    finder = EvidenceFinder(toolbox)
    for item in map(Iri, toolbox.snapshot.items):
        others = [Iri(one) for one in toolbox.snapshot.items if one != item]
        meaning = Interpretation(intent="recommend", like=[Ref(iri=one, label="", text="") for one in others])
        moved = sorted(others)
        evidence = finder.choose(item, meaning, dict.fromkeys(others, 5.0), moved)
        for gate in (None, ScriptedGate(first), ScriptedGate(last)):
            history = dict.fromkeys(others, 5.0)
            result = await justifier.write(gate, Subject(item, evidence, history, dict.fromkeys(moved, 1.0)))
            text = result.justification.text
            assert 1 <= text.replace("H. G. Wells", "Wells").count(".") <= 2
            assert toolbox.snapshot.label(item) in text


async def test_a_rating_is_told_once(justifier: Justifier, evidence: tuple[Evidence, ...]) -> None:
    assert isinstance(evidence[0], Shared)
    for gate in (None, ScriptedGate(first), ScriptedGate(last)):
        result = await justifier.write(gate, castle(evidence))
        told = [claim for claim in result.justification.claims if claim.history and not claim.scores]
        assert len(told) == 1


async def test_a_refused_text_is_asked_for_again_with_the_reason(
    justifier: Justifier, toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = EvidenceFinder(toolbox).choose(CASTLE, Interpretation(intent="recommend"), {}, [])
    true = Verifier.check
    verdicts = iter([Verdict((), "no cited fact supports: it")])

    def once_refused(self: Verifier, text: str, grounds: Grounds) -> Verdict:
        return next(verdicts, None) or true(self, text, grounds)

    monkeypatch.setattr(Verifier, "check", once_refused)
    gate = ScriptedGate(first)
    result = await justifier.write(gate, castle(evidence, {}))
    assert result.justification.written_by == "model"
    assert result.spent.calls == 2
    prompts = [call.messages[-1]["content"] for call in gate.calls]
    assert "refused" not in prompts[0]
    assert prompts[1].startswith("The last text was refused: no cited fact supports: it")


@pytest.mark.parametrize(
    ("tone", "sentences"), [("plain", {1, 2}), ("short", {1}), ("playful", {1, 2}), ("expert", {1, 2})]
)
async def test_the_tone_is_followed(
    justifier: Justifier, evidence: tuple[Evidence, ...], tone: Tone, sentences: set[int]
) -> None:
    openers = load_wording().tones[tone].openers
    for choose in (first, last):
        text = (await justifier.write(ScriptedGate(choose), castle(evidence, tone=tone))).justification.text
        assert text.count(".") in sentences
        assert not openers or text.startswith(openers)


async def test_what_moved_the_score_most_may_be_said_and_nothing_else(justifier: Justifier, toolbox: Toolbox) -> None:
    emma = Iri(BOOK + "emma")
    moved = Moved(CASTLE, TRIAL, 5.0)
    history = {TRIAL: 5.0, emma: 4.0}
    true = Subject(CASTLE, [moved], history, {TRIAL: 0.5, emma: 0.1})
    assert "The Trial" in (await justifier.write(ScriptedGate(first), true)).justification.text
    false = Subject(CASTLE, [moved], history, {TRIAL: 0.1, emma: 0.5})
    assert (await justifier.write(ScriptedGate(first), false)).justification.text == ""
    nobody = Subject(CASTLE, [moved], history, {TRIAL: -0.1, emma: -0.5})
    assert (await justifier.write(ScriptedGate(first), nobody)).justification.text == ""


async def test_when_the_first_sentence_falls_the_next_names_the_item(toolbox: Toolbox, justifier: Justifier) -> None:
    false = Fact("author", Triple(CASTLE, Iri(VOCAB + "author"), "http://shop.example/person/austen"), CASTLE)
    (_, true, *_) = EvidenceFinder(toolbox).choose(CASTLE, Interpretation(intent="recommend"), {}, [])
    text = justifier.in_plain_words(castle([false, true], {})).text
    assert text == "The Castle has Absurdist fiction as genre."


async def test_every_sentence_offered_is_true(
    toolbox: Toolbox, justifier: Justifier, evidence: tuple[Evidence, ...]
) -> None:
    offered: list[str] = []

    def keep(call: Call) -> object:
        offered.extend(value for one in call.choices for value in one.values())
        return first(call)

    await written(justifier, keep, evidence)
    verifier = Verifier(toolbox.snapshot, Sentences(toolbox.snapshot))
    assert len(set(offered)) > 10
    assert all(verifier.check(one, castle(evidence).grounds).holds for one in offered)
