"""From examples to prompts with their answers, through the very code that reads requests at run time."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.answer import Intent
from agent.interpret_prompt import InterpretPrompt
from agent.interpretation import Meanings, possible_meanings
from agent.questions import NO_PART, PathPlanner
from agent.reading import Reader, Reading
from agent.tune.examples import Example
from agent.tune.questions import QuestionMaker
from agent.tune.wishes import WishMaker
from kg.snapshot import Snapshot
from prompts.phrases import load_frames

QUESTIONS_SHARE = 0.85


@dataclass(frozen=True, slots=True)
class Pair:
    """A prompt and the answer that the specialist should give to it.

    Attributes:
        one_right: Whether no other answer is right; a justification has many.
    """

    messages: tuple[dict[str, str], ...]
    answer: str
    kind: str
    text: str
    one_right: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    """An example as it was written, with all that it may mean and the choice that is right."""

    text: str
    meanings: Meanings
    choice: dict[str, str]


class PairMaker:
    """Turns examples of a domain into prompts and answers; drops those that cannot be read as they are meant."""

    def __init__(self, snapshot: Snapshot, seed: int = 0) -> None:
        self._snapshot = snapshot
        self._reader = Reader(snapshot)
        self._planner = PathPlanner(snapshot)
        self._prompt = InterpretPrompt(snapshot)
        self._rng, self._around = random.Random(seed), load_frames("around")

    def pairs(self, examples: Iterable[Example]) -> list[Pair]:
        """Return the pairs of those examples whose names the linker finds."""
        found = (self.pair(one) for one in examples)
        return [one for one in found if one is not None]

    def pair(self, example: Example) -> Pair | None:
        """Return the prompt and answer of an example; None where it cannot be read, or is read without a model."""
        read = self.read(example)
        if read is None or read.meanings.only is not None:
            return None
        messages = self._prompt.messages(read.meanings.reading)
        return Pair(tuple(messages), json.dumps(read.choice), example.kind, read.text)

    def read(self, example: Example) -> Read | None:
        """Write an example down and read it; None where a name is not found or the meaning is not allowed."""
        text, spans = self.written(example)
        asks = example.meaning["intent"] == "ask"
        reading = self._reader.read(text, asks=asks)
        chosen = _chosen(example, reading, spans)
        if chosen is None:
            return None
        intent: Intent | None = "ask" if asks else None
        has_wish = example.meaning["intent"] == "refine"
        meanings = possible_meanings(reading, self._planner, intent=intent, has_wish=has_wish)
        branch = next((one for one in meanings.branches if one.intent == example.meaning["intent"]), None)
        if branch is None:
            return None
        values: dict[str, str] = {"intent": branch.intent}
        for name, field in branch.fields.items():
            spare = NO_PART if branch.intent == "ask" else field.first
            values[name] = example.meaning.get(name) or chosen.get(name, spare)
        return Read(text, meanings, values) if branch.allows(values) else None

    def written(self, example: Example) -> tuple[str, list[tuple[int, int]]]:
        """Write an example as people type, and tell where its names are."""
        rng = self._rng
        labels = [self._snapshot.label(slot.iri) for slot in example.slots]
        pattern = example.text
        if rng.random() < 0.12:
            pattern = f"{rng.choice(self._around['before'])} {pattern}"
        if rng.random() < 0.5:
            pattern = f"{pattern[0].upper()}{pattern[1:]}"
        if rng.random() < 0.08:
            pattern = _slip(pattern, rng)
        if rng.random() < 0.05:
            pattern = f"{pattern} {rng.choice(self._around['after'])}".rstrip()
        pattern += rng.choice(self._around["end"])
        if rng.random() < 0.08:
            labels = [label.lower() for label in labels]
        text, spans, at = "", [(0, 0)] * len(labels), 0
        while at < len(pattern):
            number = int(pattern[at + 1]) if pattern[at] == "{" else None
            if number is None:
                text, at = text + pattern[at], at + 1
                continue
            spans[number] = (len(text), len(text) + len(labels[number]))
            text, at = text + labels[number], at + 3
        return text, spans


def training_examples(snapshot: Snapshot, count: int, *, seed: int, held_out: Sequence[str] = ()) -> list[Example]:
    """Return the examples that `training_pairs` makes its prompts of."""
    questions = QuestionMaker(snapshot, seed, held_out).make(round(count * QUESTIONS_SHARE))
    return [*questions, *WishMaker(snapshot, seed).make(count - len(questions))]


def training_pairs(snapshot: Snapshot, count: int, *, seed: int, held_out: Sequence[str] = ()) -> list[Pair]:
    """Return about `count` prompts and answers made from a domain's graph alone, shuffled.

    Args:
        snapshot: The domain.
        count: How many examples are made; a few of them cannot be read and are dropped.
        seed: The same seed gives the same pairs.
        held_out: Phrases not to use.
    """
    pairs = PairMaker(snapshot, seed).pairs(training_examples(snapshot, count, seed=seed, held_out=held_out))
    random.Random(seed).shuffle(pairs)
    return pairs


def _chosen(example: Example, reading: Reading, spans: Sequence[tuple[int, int]]) -> dict[str, str] | None:
    """Return the value of each name that stands for a slot; None where a slot has none."""
    chosen: dict[str, str] = {}
    for slot, (start, end) in zip(example.slots, spans, strict=True):
        at = [one for one in reading.names if one.start < end and one.start + len(one.text) > start]
        name = next((one for one in at if slot.iri in (one.iri, *(iri for iri, _ in one.rivals))), None)
        if name is None:
            return None
        chosen[name.id] = slot.value
    return chosen


def _slip(text: str, rng: random.Random) -> str:
    """Make a typing mistake outside the names."""
    places = [
        at for at in range(1, len(text) - 1) if text[at - 1 : at + 2].isalpha() and text[at - 1 : at + 2].isascii()
    ]
    if not places:
        return text
    at = rng.choice(places)
    kind = rng.randrange(3)
    if kind == 0:
        return f"{text[:at]}{text[at + 1 :]}"
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}" if kind == 1 else f"{text[:at]}{text[at]}{text[at:]}"
