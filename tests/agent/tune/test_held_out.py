"""Phrases kept out of a training: chosen by a seed, with all that says the same, taught nowhere, asked alone."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.errors import RequestError
from agent.settings import Settings
from agent.toolbox import Toolbox
from agent.tune import tuner
from agent.tune.dataset import Pair, training_pairs
from agent.tune.held_out import FILE, HeldOut, hold_out, read_held_out
from agent.tune.questions import QuestionMaker
from agent.tune.training import TrainingSettings
from kg.asking import asked_of, wording
from kg.snapshot import Snapshot
from tests.agent.tune.test_tuner import FakeTrainer, settings  # noqa: F401 - a fixture


def test_a_seed_chooses_the_same_phrases_and_another_others(films: Snapshot) -> None:
    one = hold_out(films, 0.2, 1)
    assert hold_out(films, 0.2, 1) == one
    assert set(hold_out(films, 0.2, 2).phrases) != set(one.phrases)
    assert len(hold_out(films, 0.4, 1).phrases) > len(one.phrases)


def test_each_relation_loses_a_noun_and_keeps_its_usual_one(films: Snapshot) -> None:
    phrases = set(hold_out(films, 0.2, 1).phrases)
    for name, relation in films.manifest.relations.items():
        asked = asked_of(films.manifest, name)
        assert phrases & set(asked.nouns) or not asked.nouns, name
        assert relation.noun not in phrases
        assert len(phrases & {*asked.said, *asked.questions}) < len({*asked.said, *asked.questions})


def test_what_is_said_in_the_same_words_goes_together(films: Snapshot) -> None:
    phrases = set(hold_out(films, 0.3, 1).phrases)
    for name in films.manifest.relations:
        asked = asked_of(films.manifest, name)
        ways = {*asked.said, *asked.questions}
        kept = {wording(one) for one in ways - phrases}
        nouns = [one for one in asked.nouns if one in phrases]
        shared = {one for other in films.manifest.relations if other != name for one in _phrases(films, other)}
        for phrase in ways & phrases:
            assert wording(phrase) not in kept or any(noun in phrase for noun in nouns), phrase
            assert phrase not in shared


def _phrases(snapshot: Snapshot, name: str) -> set[str]:
    asked = asked_of(snapshot.manifest, name)
    return {*asked.nouns, *asked.said, *asked.questions}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{s} hails from {o}", "where does {s} hail from"),
        ("{s} was directed by {o}", "who is {s} directed by"),
        ("{s} playing {o}", "what does {s} play"),
        ("who is signed to {o}", "{s} is signed to {o}"),
    ],
)
def test_endings_and_small_words_do_not_count(one: str, other: str) -> None:
    assert wording(one) == wording(other)
    assert wording(one) != wording("{s} is based in {o}")


@pytest.mark.slow
def test_nothing_kept_out_is_taught(films: Snapshot) -> None:
    held_out = hold_out(films, 0.2, 1)
    texts = [pair.text.lower() for pair in training_pairs(films, 800, seed=0, held_out=held_out.phrases)]
    nouns = [one for one in held_out.phrases if "{" not in one]
    said = [one.removeprefix("{o} ").removesuffix(" {s}") for one in held_out.phrases if one.startswith("{o} ")]
    assert len(texts) > 600
    assert nouns
    for words in (*nouns, *said):
        others = " | ".join(one for name in films.manifest.relations for one in _told(films, name, held_out))
        if not re.search(rf"\b{re.escape(words)}", others):  # "actor" may be part of a phrase that is taught
            assert not [text for text in texts if re.search(rf"\b{re.escape(words)}\b", text)], words


def _told(snapshot: Snapshot, name: str, held_out: HeldOut) -> set[str]:
    relation = snapshot.manifest.relations[name]
    return ({*_phrases(snapshot, name), *relation.said().fact} - set(held_out.phrases)) | {relation.noun}


@pytest.mark.slow
def test_questions_may_be_asked_in_such_words_alone(films: Snapshot) -> None:
    held_out = hold_out(films, 0.2, 1)
    asked = QuestionMaker(films, 5, only=held_out.phrases).make(300)
    assert len(asked) > 250
    used = " | ".join(held_out.phrases)
    for one in asked:
        for relation in films.manifest.relations.values():
            said = re.search(rf"\b{relation.noun}s?\b", one.text)
            assert said is None or relation.noun in used, one.text
    with pytest.raises(RequestError, match="in the words given"):
        QuestionMaker(films, 5, only=["scribbler"])


def test_a_domain_without_words_to_spare_is_told(tiny: Snapshot) -> None:
    with pytest.raises(RequestError, match="no phrase can be kept out"):
        hold_out(tiny, 0.2, 0)


@pytest.mark.slow
def test_they_are_written_beside_the_adapter(
    films: Snapshot,
    toolbox: Toolbox,
    settings: Settings,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held_out, without = hold_out(films, 0.2, 1), list[Sequence[str]]()

    def data(_: Toolbox, pairs: int, seed: int, phrases: Sequence[str]) -> tuple[list[Pair], list[Pair]]:
        without.append(phrases)
        return [], []

    monkeypatch.setattr(tuner, "data", data)
    told: dict[str, object] = {"say": lambda _: None, "tell": lambda _: None, "training": TrainingSettings(seed=1)}
    done = tuner.tune(toolbox, settings, held_out=held_out, out=tmp_path / "own", **told)  # type: ignore[arg-type]
    assert read_held_out(done.folder / FILE) == held_out
    plain = tuner.tune(toolbox, settings, out=tmp_path / "plain", **told)  # type: ignore[arg-type]
    assert not (plain.folder / FILE).exists()
    assert without == [held_out.phrases, ()]
    works = {str(one["work"]) for one in tuner.Trainer.made}  # type: ignore[attr-defined]
    assert len(works) == 2, "one training never goes on from the other"
    assert isinstance(FakeTrainer.accuracy, float)


@pytest.mark.parametrize("text", ["", "{", '{"share": 0.2, "seed": 1, "phrases": []}', '{"share": 2, "seed": 1}'])
def test_a_file_with_something_else_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    with pytest.raises(RequestError, match=r"held_out\.json holds no phrases kept out"):
        read_held_out(tmp_path / FILE)
    with pytest.raises(RequestError, match="cannot read"):
        read_held_out(tmp_path / "absent.json")
