"""Justifications to learn from: each is true of its prompt, of a made-up history, and like what run time asks for."""

import json
import re

import pytest

from agent.sentences import Sentences
from agent.toolbox import Toolbox
from agent.tune.dataset import Pair
from agent.tune.tuner import WRITING_SHARE, data
from agent.tune.writing import TONE_WEIGHTS, WritingMaker
from kg.snapshot import Snapshot
from prompts import load_template

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(films: Snapshot) -> list[Pair]:
    return WritingMaker(films, 5).make(150)


def test_they_are_asked_for_as_at_run_time(made: list[Pair]) -> None:
    assert len(made) > 140
    for pair in made:
        assert pair.messages[0] == {"role": "system", "content": load_template("justify").system}
        assert set(json.loads(pair.answer)) in ({"first"}, {"first", "second"})
        assert re.search(r"Tone: (\w+)", pair.messages[1]["content"])[1] in TONE_WEIGHTS  # type: ignore[index]


def test_every_name_of_an_answer_is_in_its_prompt(made: list[Pair], films: Snapshot) -> None:
    sentences = Sentences(films)
    labels = {sentences.label(iri) for iri in films.adjacency.entities}
    labels = {label for label in labels if label[:1].isupper() and len(label) > 5}
    for pair in made:
        prompt = pair.messages[1]["content"]
        for label in labels:
            if label in pair.text and re.search(rf"(?<!\w){re.escape(label)}(?!\w)", pair.text):
                assert label in prompt, f"{label}: {pair.text}"


def test_one_seed_makes_the_same_and_another_does_not(films: Snapshot) -> None:
    assert WritingMaker(films, 1).make(10) == WritingMaker(films, 1).make(10)
    assert WritingMaker(films, 1).make(10) != WritingMaker(films, 2).make(10)


def test_they_are_taught_and_not_checked(toolbox: Toolbox) -> None:
    taught, checked = data(toolbox, 60, 3)
    assert sum(not pair.one_right for pair in taught) == round(60 * WRITING_SHARE)
    assert all(pair.one_right for pair in checked)
