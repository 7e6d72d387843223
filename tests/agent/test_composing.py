"""Composed justifications: every one of them is accepted by the verifier, none sounds like a mould."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast, get_args

import pytest

from agent.composing import Composer
from agent.evidence import Dated, Evidence, Fact, Moved, Several, Shared
from agent.finding import EvidenceFinder
from agent.interpretation import Interpretation, Ref
from agent.justify import Justifier, Subject
from agent.sentences import Sentences
from agent.toolbox import Toolbox
from agent.verify import Verifier
from kg.snapshot import Snapshot
from kg.types import Iri
from prompts.phrases import TONES, Tone
from tools.paths import PathReasoner

pytestmark = pytest.mark.slow

USERS = ("u01", "u02", "u03", "u04", "u05", "u06")


@pytest.fixture(scope="module")
def subjects(films: Snapshot) -> list[Subject]:
    """Films that are new to a user, with the evidence that speaks for them."""
    return list(subjects_of(films, USERS, step=3))


def subjects_of(snapshot: Snapshot, users: tuple[str, ...], step: int, tone: Tone = "plain") -> Iterator[Subject]:
    finder = EvidenceFinder(cast(Toolbox, SimpleNamespace(snapshot=snapshot, paths=PathReasoner(snapshot))))
    for user in users:
        known = snapshot.interactions.history(user)
        history = {Iri(snapshot.items[column]): value for column, value in known.items()}
        moved = sorted((one for one, value in history.items() if value >= 4), key=lambda one: (-history[one], one))
        scores = {one: 1 / (at + 1) for at, one in enumerate(moved)}
        told: Counter[str] = Counter()
        for at, item in enumerate(map(Iri, snapshot.items[::step])):
            if item not in history:
                like = [Ref(iri=moved[-1], label="", text="")] if at % 4 == 0 else []
                wanted = [one.object for one in snapshot.facts(item) if not one.literal and one.subject == item]
                want = [Ref(iri=wanted[0], label="", text="")] if at % 4 == 1 and wanted else []
                meaning = Interpretation(intent="recommend", like=like, want=want)
                chosen = finder.choose(item, meaning, history, moved, told=told if at % 5 else None)
                yield Subject(item, chosen, history, scores, tone)


def texts_of(sentences: Sentences, subject: Subject, seed: str = "0") -> list[str]:
    """Return texts that each use one offered sentence a field, and every offered sentence once at least."""
    options = Composer(sentences).options(subject.evidence, subject.tone, seed)
    most = max(map(len, options), default=0)
    return [sentences.wording.space.join(field[at % len(field)] for field in options) for at in range(most)]


def test_every_kind_of_evidence_is_found(subjects: list[Subject]) -> None:
    kinds = {type(piece) for subject in subjects for piece in subject.evidence}
    assert kinds == set(get_args(Evidence)) == {Fact, Shared, Several, Dated, Moved}


@pytest.mark.parametrize("tone", TONES)
def test_every_composed_text_is_accepted(films: Snapshot, subjects: list[Subject], tone: Tone) -> None:
    sentences = Sentences(films)
    verifier = Verifier(films, sentences)
    said = 0
    for subject in subjects[:: 1 if tone == "plain" else 3]:
        toned = Subject(subject.item, subject.evidence, subject.history, subject.scores, tone)
        for text in texts_of(sentences, toned)[::3]:
            verdict = verifier.check(text, toned.grounds)
            assert verdict.holds, f"{text}: {verdict.reason}"
            said += 1
    assert said > 150


def test_most_texts_have_twenty_to_forty_five_words(films: Snapshot, subjects: list[Subject]) -> None:
    lengths = [len(text.split()) for subject in subjects for text in texts_of(Sentences(films), subject)[:2]]
    assert sum(20 <= length <= 45 for length in lengths) > 0.95 * len(lengths)
    assert max(lengths) <= 60


def test_three_hundred_justifications_are_no_mould(films: Snapshot, subjects: list[Subject]) -> None:
    sentences = Sentences(films)
    justifier = Justifier(sentences, Verifier(films, sentences))
    skeletons: Counter[str] = Counter()
    for subject in subjects[:300]:
        skeletons[skeleton(justifier.in_plain_words(subject).text, sentences, subject)] += 1
    assert skeletons.total() == 300
    assert len(skeletons) >= 60
    assert max(skeletons.values()) <= 0.08 * 300


def skeleton(text: str, sentences: Sentences, subject: Subject) -> str:
    ends = [end for piece in subject.evidence for one in piece.triples for end in (one.subject, one.object)]
    names = {sentences.label(one) for one in (subject.item, *ends)}
    names |= {sentences.label(one) for piece in subject.evidence for one in piece.others}
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "X").replace(name[:1].upper() + name[1:], "X")
    return re.sub(r"\d+", "0", text)


def test_the_same_seed_gives_the_same_sentences(films: Snapshot, subjects: list[Subject]) -> None:
    sentences, subject = Sentences(films), subjects[0]
    assert texts_of(sentences, subject) == texts_of(sentences, subject)
    assert texts_of(sentences, subject) != texts_of(sentences, subject, "1")


def test_chinese_is_worded_from_the_domain_and_verified(films: Snapshot, subjects: list[Subject]) -> None:
    sentences = Sentences(films, "zh")
    verifier = Verifier(films, sentences)
    justifier = Justifier(sentences, verifier)
    told = 0
    for subject in subjects[::9]:
        text = asyncio.run(justifier.write(None, subject)).justification.text
        assert verifier.check(text, subject.grounds).holds, text
        assert text.endswith("。")
        assert re.search(r"[\u4e00-\u9fff]", text)
        assert "个影片" not in text  # films have a measure word of their own
        told += 1
    assert told > 20
    assert sentences.plural == "部影片"
    books = films.manifest.items.model_copy(update={"nouns": {"zh": "书"}, "plurals": {}})
    spare = replace(films, manifest=films.manifest.model_copy(update={"items": books}))
    assert Sentences(spare, "zh").plural == "个书"


def test_chinese_corruptions_are_refused(films: Snapshot, subjects: list[Subject]) -> None:
    sentences = Sentences(films, "zh")
    verifier = Verifier(films, sentences)
    justifier = Justifier(sentences, verifier)
    for subject in subjects[::29]:
        text = justifier.in_plain_words(subject).text
        for changed in (text.replace("。", "，很经典。", 1), text.replace("是", "不是", 1), f"{text}它获得了奖项。"):
            assert changed == text or not verifier.check(changed, subject.grounds).holds, changed


def test_a_domain_with_a_pronoun_of_its_own_never_says_it(films: Snapshot, tmp_path: Path) -> None:
    items = films.manifest.items.model_copy(update={"pronoun": "this artist", "noun": "artist"})
    named = replace(films, manifest=films.manifest.model_copy(update={"items": items}))
    sentences = Sentences(named)
    for subject in subjects_of(named, USERS[:1], step=5):
        assert not any(re.search(r"\b[Ii]t\b", text) for text in texts_of(sentences, subject))
