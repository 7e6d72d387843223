"""The specialist is taught from the graph alone: no question of the evaluation is among what it learns."""

import json
from pathlib import Path

import pytest

from agent.tune.dataset import PairMaker, training_examples, training_pairs
from kg.labels import fold
from kg.snapshot import Snapshot

SHIPPED_SEED = 1
"""With this seed and this many requests the shipped adapter was trained."""


def folded(text: str) -> str:
    """Return a text without case, accents and punctuation."""
    return " ".join(fold(text).split())


@pytest.mark.slow
def test_no_question_of_the_evaluation_is_taught(films: Snapshot, shared_data: Path) -> None:
    file = shared_data / "questions" / "dev.jsonl"
    if not file.is_file():
        pytest.skip(f"needs the questions in {file}")
    asked = {folded(json.loads(line)["question"]) for line in file.read_text("utf-8").splitlines()}
    assert len(asked) > 100
    maker = PairMaker(films, SHIPPED_SEED)
    taught = {folded(maker.written(one)[0]) for one in training_examples(films, 6000, seed=SHIPPED_SEED)}
    assert len(taught) > 3000
    assert not asked & taught


@pytest.mark.slow
def test_the_texts_of_the_examples_are_all_that_the_pairs_hold(films: Snapshot) -> None:
    """So the test above may leave out the reading of them, which takes minutes."""
    maker = PairMaker(films, SHIPPED_SEED)
    written = {maker.written(one)[0] for one in training_examples(films, 200, seed=SHIPPED_SEED)}
    assert {pair.text for pair in training_pairs(films, 200, seed=SHIPPED_SEED)} <= written
