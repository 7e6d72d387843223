"""Justifications to learn from: evidence of the graph for made-up histories, and one of the many ways to word it."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from agent.finding import EvidenceFinder
from agent.interpretation import Interpretation, Ref
from agent.justify import FIELDS, Justifier, Subject
from agent.sentences import Sentences
from agent.tune.dataset import Pair
from agent.verify import Verifier
from kg.snapshot import Snapshot
from kg.types import Iri
from prompts.phrases import TONES, Tone
from tools.paths import PathReasoner

TONE_WEIGHTS = {"plain": 5, "short": 1, "playful": 1, "expert": 1}
HISTORY = (3, 9)
"""Fewest and most items of a made-up history; about half of them are related to the item."""


@dataclass(frozen=True)
class _Graph:
    """What the finder needs of a toolbox."""

    snapshot: Snapshot
    paths: PathReasoner


class WritingMaker:
    """Makes pairs of evidence and its words; nobody's real history is read."""

    def __init__(self, snapshot: Snapshot, seed: int = 0) -> None:
        self._snapshot, self._rng = snapshot, random.Random(seed)
        self._finder = EvidenceFinder(_Graph(snapshot, PathReasoner(snapshot)))
        sentences = Sentences(snapshot)
        self._justifier = Justifier(sentences, Verifier(snapshot, sentences))
        self._items = [Iri(iri) for iri in snapshot.items]
        self._top = float(sentences.top or 1)

    def make(self, count: int) -> list[Pair]:
        """Return up to `count` pairs; an item without any fact gives none."""
        made = (self._one() for _ in range(count))
        return [one for one in made if one is not None]

    def _one(self) -> Pair | None:
        rng = self._rng
        item = rng.choice(self._items)
        known = self._history(item)
        history = {one: self._value() for one in known}
        scores = {one: round(rng.random(), 3) for one in known}
        moved = sorted(scores, key=lambda one: -scores[one])
        evidence = self._finder.choose(item, self._wish(item), history, moved)
        subject = Subject(item, evidence, history, scores, self._tone())
        options = self._justifier.options(subject, seed=str(rng.random()))
        if not options:
            return None
        answer = {field: rng.choice(ways) for field, ways in zip(FIELDS, options.values(), strict=False)}
        text = " ".join(answer.values())
        messages = tuple(self._justifier.prompt(subject))
        return Pair(messages, json.dumps(answer, ensure_ascii=False), "justify", text, one_right=False)

    def _history(self, item: Iri) -> list[Iri]:
        rng, columns = self._rng, self._snapshot.item_columns
        near = [one for one in self._near(item) if one in columns and one != item]
        size = rng.randint(*HISTORY)
        chosen = rng.sample(near, min(len(near), (size + 1) // 2)) + rng.sample(
            self._items, min(len(self._items), size)
        )
        return [one for one in dict.fromkeys(chosen) if one != item][:size]

    def _near(self, item: Iri) -> list[Iri]:
        """Return items that share an entity with one, of an entity's many only a few."""
        adjacency = self._snapshot.adjacency
        row = adjacency.row(item)
        found: list[Iri] = []
        for entity in [] if row is None else adjacency.edges(row)[0].tolist():
            rows: Sequence[int] = adjacency.edges(entity)[0].tolist()
            found += [Iri(adjacency.entities[one]) for one in self._rng.sample(rows, min(4, len(rows)))]
        return sorted(set(found))

    def _wish(self, item: Iri) -> Interpretation:
        rng, chance = self._rng, self._rng.random()
        facts = [one.object for one in self._snapshot.facts(item) if one.subject == item and not one.literal]
        if chance < 0.2:
            near = self._near(item)
            like = [Ref(iri=one, label="", text="") for one in rng.sample(near, min(1, len(near))) if one != item]
            return Interpretation(intent="recommend", like=like)
        if chance < 0.4 and facts:
            return Interpretation(intent="recommend", want=[Ref(iri=rng.choice(facts), label="", text="")])
        return Interpretation(intent="recommend")

    def _value(self) -> float:
        return self._top if self._top == 1 else self._rng.choice((self._top, self._top, self._top - 1, self._top - 2))

    def _tone(self) -> Tone:
        return self._rng.choices(TONES, [TONE_WEIGHTS[tone] for tone in TONES])[0]
