"""How well a relation path fits the words of a question: what is cued, in which order, and what is asked for."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from agent.reading import Name, Reading
from kg.asking import nouns_of
from kg.plurals import plural
from kg.schema import RelationSchema
from kg.snapshot import Snapshot
from kg.types import Iri, Step

Asks = Literal["who", "items", "when", "others"]

REPEATED = 0.3
"""What a second step by a relation is worth whose words came twice: "written by the writer of" may be one step."""

FOREIGN = 0.3
"""What a relation costs that no word speaks of, beside its being a step without one."""

ORDER = 0.4
"""What it is worth that a step is taken where the text, read from the topic outwards, speaks of it."""

_SHARE = re.compile(
    r"\b(?:same|shar(?:e[sd]?|ing)|common|also|other|another|together|alongside|jointly|whose|co-?\w+(?=.*\b(?:with|of)\b))\b",
    re.IGNORECASE,
)
_ASKED = re.compile(r"\b(?:who|whom|what|which|when|where)\b", re.IGNORECASE)
_NEXT = re.compile(r"(?:['’]s)?\s+")
"""Between a name and what it owns: "Alien's director"."""

_SAME_CUE = re.compile(r"\s*(?:the|an?|that|who|which|what|its)?\s*", re.IGNORECASE)
"""Between two words for one relation: they speak of one step ("screenwriter wrote the script")."""
_WHO = re.compile(r"\bwho(?:m|se)?\b|谁", re.IGNORECASE)
_WHEN = re.compile(
    r"\bwhen\b|\bwhat years?\b|\bwhich years?\b|\bhow old\b|release (?:dates?|years?)|哪年", re.IGNORECASE
)


class PathFit:
    """Scores relation paths of one domain.

    Args:
        snapshot: The domain.
        relations: Its relations that the graph holds, by name.
    """

    def __init__(self, snapshot: Snapshot, relations: Mapping[str, RelationSchema]) -> None:
        self._snapshot, self._relations = snapshot, relations
        items = snapshot.manifest.items
        self._item_class = items.item_class
        nouns = "|".join(re.escape(noun) for noun in (items.plural, items.noun, *items.synonyms))
        words = {word for one in snapshot.manifest.relations.values() for word in (one.noun, one.plural) if word}
        kinds = "|".join(map(re.escape, sorted(words)))
        self._item_noun = re.compile(
            r"(?:^\W*(?:(?:name|list|show|what|are|is|an?|the|me|all|any|some|other|of|can|you|give|tell|find)\s+)*"
            r"|\b(?:what|which|how many|number of(?: the)?|count(?: the)?)\s+(?:other\s+)?)"
            rf"(?:{nouns})\b(?!\s+(?:{kinds})\b)",
            re.IGNORECASE,
        )
        several = "|".join(map(re.escape, (items.plural, *map(plural, items.synonyms))))
        self._several = re.compile(rf"\b(?:{several})\b", re.IGNORECASE)
        self._symmetric = frozenset(name for name in relations if snapshot.manifest.relations[name].symmetric)
        self._called = {name: nouns_of(snapshot.manifest, name) for name in relations}

    @property
    def nouns(self) -> frozenset[str]:
        """What the objects of all relations are called."""
        return frozenset[str]().union(*self._called.values())

    def speaks_of_items(self, words: str) -> bool:
        """Tell whether words have the noun for several items."""
        return bool(self._several.search(words))

    def named_in(self, words: str) -> str | None:
        """Return the relation whose noun is in some words, the longest one."""
        said = f" {' '.join(words.lower().split())} "
        found = [(len(noun), name) for name, nouns in self._called.items() for noun in nouns if f" {noun} " in said]
        return max(found, default=(0, None))[1]

    def prepared(self, topic: Iri, reading: Reading) -> Reading:
        """Return a question with the cues that count: neighbours of one relation are one, and "when" dates an item."""
        return _collapsed(self._dated(topic, reading))

    def _dated(self, topic: Iri, reading: Reading) -> Reading:
        """Drop the verb of "when was it written": it dates the item and points at no relation."""
        numeric = [
            at for at, cue in enumerate(reading.cues) if cue in self._relations and self._relations[cue].is_numeric
        ]
        verb_only = len(reading.cues) == len(numeric) + 1 and topic in self._snapshot.item_columns
        verb_only = verb_only and not self._several.search(reading.text)
        return _kept(reading, numeric) if verb_only and _WHEN.search(reading.text) else reading

    def asked(self, reading: Reading, name: Name | None) -> "AskedFit":
        """Return how well paths fit a prepared question, read from a name in it."""
        question, cues = _question_part(reading)
        asks: Asks
        if _WHO.search(reading.text):
            asks = "who"
        elif self._item_noun.search(question):
            asks = "items"
        elif _WHEN.search(reading.text):
            asks = "when"
        else:
            asks = "others"
        return AskedFit(
            cued=Counter(reading.cues),
            cues=cues,
            asks=asks,
            shares=bool(_SHARE.search(reading.text)),
            outwards=self._outwards(reading, name),
            numeric=frozenset(one for one, entry in self._relations.items() if entry.is_numeric),
            of_items=frozenset(one for one, entry in self._relations.items() if self._item_class in entry.domain),
            symmetric=self._symmetric,
        )

    def _outwards(self, reading: Reading, name: Name | None) -> tuple[str, ...]:
        """Return the cues in the order of a walk from the topic: the one at it, those before it, the others."""
        placed = _placed(reading)
        if name is None:
            return tuple(cue for cue, _ in reversed(placed))
        end = name.start + len(name.text)
        near = [
            cue
            for cue, (start, stop) in placed
            if start >= end
            and _NEXT.fullmatch(reading.text[end:start])
            and reading.text[start:stop].lower() in self._called[cue]
        ]
        before = [cue for cue, (start, _) in placed if start < name.start]
        after = [cue for cue, (start, _) in placed if start >= end]
        return (*near, *reversed(before), *after[len(near) :])


@dataclass(frozen=True, slots=True)
class AskedFit:
    """What of a question decides how well a path fits it: thousands of paths are held against one question.

    Attributes:
        cued: How often words point at each relation.
        cues: The relations that the part which asks points at, in its order.
        asks: What for: "who", "items" ("which items"), "when" or "others".
        shares: Whether it speaks of what things have in common.
        outwards: The cues in the order of a walk from the topic.
        numeric: Relations whose ends are numbers.
        of_items: Relations that items have.
        symmetric: Relations whose facts hold in both directions.
    """

    cued: Counter[str]
    cues: tuple[str, ...]
    asks: Asks
    shares: bool
    outwards: tuple[str, ...]
    numeric: frozenset[str]
    of_items: frozenset[str]
    symmetric: frozenset[str]

    def of(self, steps: Sequence[Step]) -> float:
        """Score a path: cued relations count for it, unused cues and uncued steps against it."""
        cued, walked = self.cued, dict[str, int]()
        for step in steps:
            walked[step.relation] = walked.get(step.relation, 0) + 1
        used = foreign = again = uncued = 0
        for relation, times in walked.items():
            said = cued.get(relation, 0)
            used += said > 0
            foreign += said == 0
            again += min(times, said) - (said > 0)
            uncued += max(times - said, 0)
        if self.shares and any(one.relation == two.relation for one, two in pairwise(steps)):
            uncued -= 1
        ordered: float = _in_order([step.relation for step in steps], self.outwards)
        if len(steps) > 2 and steps[0].relation == steps[1].relation:
            ordered += 0.25  # mostly the topic itself is what shares
        return (
            2.0 * used
            + REPEATED * again
            - 2.0 * (len(cued) - used)
            - 1.2 * uncued
            - FOREIGN * foreign
            - 0.1 * len(steps)
            + ORDER * ordered
            + self._answer_fit(steps)
        )

    def _answer_fit(self, steps: Sequence[Step]) -> float:
        """Score the kind of answer: items for "which items", numbers for "when", else the relation asked for."""
        last, cues = steps[-1], self.cues
        gives_item = last.direction == "inverse" and last.relation in self.of_items
        is_number = last.relation in self.numeric
        if self.asks == "who":
            asked = last.relation in (cues[0], cues[-1]) if cues else False
            return -1.5 if gives_item or is_number else 1.5 * (asked and last.direction == "forward")
        if self.asks == "items":
            return 1.5 if gives_item or last.relation in self.symmetric & self.of_items else -1.5
        if self.asks == "when":
            return 1.5 if is_number else -1.5
        if is_number and last.relation not in self.cued:
            return -1.5
        if cues:
            # A relation that is spoken of once and leads here and back is not asked for: "what did X direct".
            once = self.cued[last.relation] < sum(step.relation == last.relation for step in steps)
            return 1.5 if last.relation == cues[0] and last.direction == "forward" and not once else 0.0
        return 0.0


def _question_part(reading: Reading) -> tuple[str, tuple[str, ...]]:
    """Return the text from the word that asks on, and the cues there: "the films of X were in WHICH GENRES"."""
    after = min((name.start + len(name.text) for name in reading.names), default=0)
    found = _ASKED.search(reading.text, after) if not _ASKED.search(reading.text[:after]) else None
    cues = tuple(cue for cue, (start, _) in _placed(reading) if found and start >= found.start())
    return (reading.text[found.start() :], cues or reading.cues) if found else (reading.text, reading.cues)


def _in_order(steps: Sequence[str], said: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of two sequences of relations."""
    lengths = [0] * (len(said) + 1)
    for step in steps:
        diagonal = 0
        for at, cue in enumerate(said, start=1):
            above = lengths[at]
            lengths[at] = diagonal + 1 if step == cue else max(above, lengths[at - 1])
            diagonal = above
    return lengths[-1]


def _placed(reading: Reading) -> list[tuple[str, tuple[int, int]]]:
    return [*zip(reading.cues, reading.cue_spans, strict=True)]


def _collapsed(reading: Reading) -> Reading:
    """Take neighbouring words for one relation as one cue."""
    placed, kept = _placed(reading), list[int]()
    for at, (cue, (start, _)) in enumerate(placed):
        before = placed[at - 1] if at else None
        if before is None or before[0] != cue or not _SAME_CUE.fullmatch(reading.text[before[1][1] : start]):
            kept.append(at)
    return _kept(reading, kept)


def _kept(reading: Reading, places: Sequence[int]) -> Reading:
    cues, spans = tuple(reading.cues[at] for at in places), tuple(reading.cue_spans[at] for at in places)
    return replace(reading, cues=cues, cue_spans=spans)
