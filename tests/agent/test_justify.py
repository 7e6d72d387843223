"""Justifications: what the model words is checked, and what it may not say, code says."""

import pytest

from agent.evidence import Evidence, EvidenceFinder, Fact, Shared
from agent.interpretation import Interpretation, Ref
from agent.justify import Justifier, Written
from agent.sentences import Sentences
from agent.toolbox import Toolbox
from agent.verify import Verifier
from kg.types import Iri, Triple
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
    return Justifier(toolbox.snapshot, sentences, Verifier(toolbox.snapshot, sentences))


async def written(justifier: Justifier, choose: Choose, evidence: tuple[Evidence, ...]) -> Written:
    return await justifier.write(ScriptedGate(choose), CASTLE, evidence, HISTORY)


@pytest.mark.parametrize("choose", [first, last, *(any_of(seed) for seed in range(12))])
async def test_what_the_model_words_is_accepted(
    justifier: Justifier, evidence: tuple[Evidence, ...], choose: Choose
) -> None:
    result = await written(justifier, choose, evidence)
    assert result.justification.written_by == "model"
    assert result.reason is None
    assert result.justification.claims
    assert result.spent.calls == 1


async def test_the_words_of_the_first_choice(justifier: Justifier, evidence: tuple[Evidence, ...]) -> None:
    result = await written(justifier, first, evidence)
    assert result.justification.text == (
        "The Castle and The Trial were both written by Franz Kafka, and you rated The Trial 5 out of 5. "
        "The Castle and The Trial share Absurdist fiction as genre."
    )
    shared, rated, genre = result.justification.claims
    assert shared.text == "The Castle and The Trial were both written by Franz Kafka"
    assert shared.triples == [
        (CASTLE, VOCAB + "author", "http://shop.example/person/kafka"),
        (TRIAL, VOCAB + "author", "http://shop.example/person/kafka"),
    ]
    assert [(one.iri, one.value) for one in rated.history] == [(TRIAL, 5.0)]
    assert len(genre.triples) == 2


@pytest.mark.parametrize(("choose", "down"), [(outside, False), (prose, False), (unreachable, True)])
async def test_what_the_model_may_not_say_code_says(
    justifier: Justifier, evidence: tuple[Evidence, ...], choose: Choose, down: bool
) -> None:
    result = await written(justifier, choose, evidence)
    assert result.justification.written_by == "code"
    assert result.justification.text.startswith("The Castle and The Trial were both written by Franz Kafka")
    assert result.reason
    assert result.down is down


async def test_without_a_model_code_says_the_same(justifier: Justifier, evidence: tuple[Evidence, ...]) -> None:
    result = await justifier.write(None, CASTLE, evidence, HISTORY)
    assert result.justification == justifier.in_plain_words(CASTLE, evidence, HISTORY)
    assert (result.spent.calls, result.spent.tokens) == (0, 0)


async def test_a_sentence_that_the_schema_allows_is_verified_all_the_same(
    justifier: Justifier, toolbox: Toolbox
) -> None:
    """Evidence that the graph does not hold is said by nobody, not even by code."""
    false = Fact("author", Triple(CASTLE, Iri(VOCAB + "author"), "http://shop.example/person/austen"), CASTLE)
    result = await justifier.write(ScriptedGate(first), CASTLE, [false], HISTORY)
    assert (result.justification.text, result.justification.claims) == ("", [])
    assert result.justification.written_by == "code"
    assert result.reason == "no cited fact supports: The Castle was written by Jane Austen"


async def test_no_evidence_no_words_no_cost(justifier: Justifier) -> None:
    gate = ScriptedGate(first)
    result = await justifier.write(gate, CASTLE, (), HISTORY)
    assert (result.justification.text, result.justification.claims, result.reason) == ("", [], None)
    assert gate.calls == []


async def test_two_sentences_at_most_and_the_item_named(toolbox: Toolbox, justifier: Justifier) -> None:
    finder = EvidenceFinder(toolbox)
    for item in map(Iri, toolbox.snapshot.items):
        others = [Iri(one) for one in toolbox.snapshot.items if one != item]
        meaning = Interpretation(intent="recommend", like=[Ref(iri=one, label="", text="") for one in others])
        evidence = finder.choose(item, meaning, dict.fromkeys(others, 5.0), others)
        for gate in (None, ScriptedGate(first), ScriptedGate(last)):
            result = await justifier.write(gate, item, evidence, dict.fromkeys(others, 5.0))
            text = result.justification.text
            assert 1 <= text.replace("H. G. Wells", "Wells").count(".") <= 2
            assert toolbox.snapshot.label(item) in text


async def test_a_rating_is_told_once(justifier: Justifier, evidence: tuple[Evidence, ...]) -> None:
    assert all(isinstance(piece, Shared) and piece.other == TRIAL for piece in evidence[:2])
    for gate in (None, ScriptedGate(first), ScriptedGate(last)):
        result = await justifier.write(gate, CASTLE, evidence, HISTORY)
        assert result.justification.text.count("out of 5") == 1


async def test_the_second_sentence_may_refer_to_the_item(toolbox: Toolbox, justifier: Justifier) -> None:
    facts = EvidenceFinder(toolbox).choose(CASTLE, Interpretation(intent="recommend"), {}, [])
    result = await justifier.write(None, CASTLE, facts, {})
    assert result.justification.text == "The Castle was written by Franz Kafka. It has Absurdist fiction as genre."


async def test_when_the_first_sentence_falls_the_next_names_the_item(toolbox: Toolbox, justifier: Justifier) -> None:
    false = Fact("author", Triple(CASTLE, Iri(VOCAB + "author"), "http://shop.example/person/austen"), CASTLE)
    (_, true) = EvidenceFinder(toolbox).choose(CASTLE, Interpretation(intent="recommend"), {}, [])
    text = justifier.in_plain_words(CASTLE, [false, true], {}).text
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
    assert len(set(offered)) == 3
    assert all(verifier.check(one, CASTLE, evidence, HISTORY).holds for one in offered)
