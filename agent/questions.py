"""From a question to relation paths: which walks from its topic the schema allows, and which its words point at."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agent.reading import Name, Reading
from agent.walk_pattern import walk_pattern
from kg import namespaces as ns
from kg.asking import asked_of
from kg.plurals import plural
from kg.snapshot import Snapshot
from kg.types import Iri, Step
from tools.plans import CHECK, COUNT, LEAST, LIST, MOST

MAX_HOPS = 3
REPEATED = 0.3
"""What a second step by a relation is worth whose words came twice: "written by the writer of" may be one step."""

NEAR = 0.25
"""Paths whose words fit within this much of the best are choices; the others contradict the question."""

THING, NO_PART, UNWANTED = "is", "-", "not "
"""In place of a path: the name is what a question checks or compares; it is no part of it. Before one: not its ends."""

FOREIGN = 0.3
"""What a relation costs that no word speaks of, beside its being a step without one."""

ORDER = 0.4
"""What it is worth that a step is taken where the text, read from the topic outwards, speaks of it."""

_HOW_MANY = re.compile(r"\b(?:how many|number of|count)\b|多少|几", re.IGNORECASE)
_YES_NO = re.compile(r"^\W*(?:is|are|was|were|did|does|do|has|have)\b", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class RankedPath:
    """A relation path with how well the question's words fit it."""

    steps: tuple[Step, ...]
    fit: float

    @property
    def text(self) -> str:
        return "/".join(map(str, self.steps))


class PathPlanner:
    """Enumerates the relation paths that a question may mean."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
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
        schema = snapshot.schema.relations
        self._relations = {
            name: schema[relation.iri]
            for name, relation in snapshot.manifest.relations.items()
            if relation.iri in schema
        }
        words_for = {name: asked_of(snapshot.manifest, name) for name in self._relations}
        asked = {name: words_for[name] for name, one in self._relations.items() if one.is_numeric}
        self._called: dict[str, set[str]] = {}
        for name, one in words_for.items():
            relation = snapshot.manifest.relations[name]
            self._called[name] = {noun for said in (relation.noun, *one.nouns) for noun in (said, plural(said))}
        self._extremes = {
            f"{do} {name}": re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
            for name, one in asked.items()
            for do, words in ((MOST, (*one.most, *one.more)), (LEAST, (*one.least, *one.less)))
            if words
        }
        self.does = (LIST, COUNT, CHECK, *(f"{do} {name}" for name in asked for do in (MOST, LEAST)))
        self._walks_of: dict[frozenset[str], frozenset[str]] = {}
        self._patterns: dict[frozenset[str], str] = {}

    def first(self, reading: Reading) -> dict[str, str]:
        """Return what the rules take a question to mean: `do`, and a value for each name."""
        do = self._do(reading)
        planned = [(name, self.plan(name.iri, reading, name)) for name in reading.names]
        if do.startswith((MOST, LEAST)) and len(reading.names) > 1:
            return {"do": do, **{name.id: THING for name in reading.names}}
        best = max(planned, key=lambda one: one[1][0].fit if one[1] else -9.0, default=None)
        if do == CHECK:
            best = self._checked(planned, reading) or best
        chosen = {name.id: NO_PART for name in reading.names}
        if best is not None and best[1]:
            chosen[best[0].id] = best[1][0].text
        others = [name for name, _ in planned if best is not None and name is not best[0]]
        for name in others:
            chosen[name.id] = THING if do == CHECK else NO_PART
        return {"do": do, **chosen}

    def _checked(
        self, planned: Sequence[tuple[Name, list[RankedPath]]], reading: Reading
    ) -> tuple[Name, list[RankedPath]] | None:
        """Return the single step from one name that may end at the other: "is Alien a comedy" asks for its genre."""
        if len(planned) != 2:
            return None
        found: list[tuple[float, Name, RankedPath]] = []
        for (name, _), (other, _) in (planned, planned[::-1]):
            ends = {step for (step,) in self._begin(self._classes(other.iri))}
            for step in self._starts(name.iri):
                back = Step(step.relation, "inverse" if step.direction == "forward" else "forward")
                if back in ends and back in self._starts(other.iri):
                    fit = self._fit((step,), reading, name)
                    found.append((fit, name, RankedPath((step,), fit)))
        best = max(found, key=lambda one: one[0], default=None)
        return None if best is None else (best[1], [best[2]])

    def walks(self, topic: Iri) -> frozenset[str]:
        """Return every relation path from an entity that the schema allows, whether or not the graph has such facts."""
        classes = self._classes(topic)
        if classes not in self._walks_of:
            self._walks_of[classes] = frozenset(
                "/".join(map(str, steps)) for steps in self._longer(self._begin(classes))
            )
        return self._walks_of[classes]

    def pattern(self, walks: frozenset[str]) -> str:
        """Return the regular expression of what a plan may say of a name: one of the walks from it, or none."""
        if walks not in self._patterns:
            part = rf"({UNWANTED})?{walk_pattern(walks)}|" if walks else ""
            self._patterns[walks] = rf"^({part}{THING}|{NO_PART})$"
        return self._patterns[walks]

    def _classes(self, topic: Iri) -> frozenset[str]:
        return frozenset(one.object for one in self._snapshot.store.triples(subject=topic, predicate=ns.RDF_TYPE))

    def _do(self, reading: Reading) -> str:
        text = reading.marked()  # "The Last of the Mohicans" asks for no last one
        if _HOW_MANY.search(text):
            return COUNT
        extreme = next((do for do, words in self._extremes.items() if words.search(text)), None)
        if extreme is not None:
            return extreme
        return CHECK if _YES_NO.search(text) and len(reading.names) > 1 else LIST

    def _begin(self, classes: frozenset[str]) -> list[tuple[Step, ...]]:
        first: list[tuple[Step, ...]] = []
        for name, entry in self._relations.items():
            if not classes or classes & set(entry.domain):
                first.append((Step(name, "forward"),))
            if not entry.datatype and (not classes or classes & set(entry.range)):
                first.append((Step(name, "inverse"),))
        return first

    def plan(self, topic: Iri, reading: Reading, name: Name | None = None) -> list[RankedPath]:
        """Return the paths that fit a question best, best first; empty if the topic has no facts.

        Args:
            topic: Where they begin.
            reading: The question.
            name: The topic's place in it; the first of its names if not given.
        """
        reading = _collapsed(self._dated(topic, reading))
        name = name or next(iter(reading.names), None)
        walks = (*self._walks(topic), *self._missing(topic, reading))
        paths = [RankedPath(steps, self._fit(steps, reading, name)) for steps in walks]
        best = max((path.fit for path in paths), default=0.0)
        near = [path for path in paths if path.fit >= best - NEAR]
        return sorted(near, key=lambda path: (-path.fit, len(path.steps), path.text))[:6]

    def _dated(self, topic: Iri, reading: Reading) -> Reading:
        """Drop the verb of "when was it written": it dates the item and points at no relation."""
        numeric = [
            at for at, cue in enumerate(reading.cues) if cue in self._relations and self._relations[cue].is_numeric
        ]
        verb_only = len(reading.cues) == len(numeric) + 1 and topic in self._snapshot.item_columns
        verb_only = verb_only and not self._several.search(reading.text)
        return _kept(reading, numeric) if verb_only and _WHEN.search(reading.text) else reading

    def _walks(self, topic: Iri) -> Iterator[tuple[Step, ...]]:
        yield from self._longer([(step,) for step in self._starts(topic)])

    def _missing(self, topic: Iri, reading: Reading) -> Iterator[tuple[Step, ...]]:
        """Yield the steps that a question names and the topic might have, though it has no such fact.

        Without them the answer would be to another question: "who publishes Emma?" is not who wrote it.
        """
        classes, stated = self._classes(topic), {step.relation for step in self._starts(topic)}
        if classes and stated:
            named = set(reading.cues) - stated
            yield from (steps for steps in self._begin(classes) if steps[0].relation in named)

    def stated(self, topic: Iri) -> list[str]:
        """Return the first steps of the walks from an entity that the graph has facts for."""
        return [str(step) for step in self._starts(topic)]

    def _starts(self, topic: Iri) -> list[Step]:
        """Return the steps that the topic itself has facts for."""
        relations = self._relations.items()
        return [step for name, entry in relations for step in self._first(topic, name, entry.predicate)]

    def _longer(self, level: list[tuple[Step, ...]]) -> Iterator[tuple[Step, ...]]:
        for _ in range(MAX_HOPS):
            yield from level
            level = [(*steps, step) for steps in level for step in self._after(steps[-1])]

    def _first(self, topic: Iri, name: str, predicate: str) -> Iterator[Step]:
        """Yield the directions in which the topic itself has this relation."""
        store = self._snapshot.store
        if next(store.triples(subject=topic, predicate=predicate), None) is not None:
            yield Step(name, "forward")
        if next(store.triples(predicate=predicate, obj=topic), None) is not None:
            yield Step(name, "inverse")

    def _after(self, step: Step) -> Iterator[Step]:
        entry = self._relations[step.relation]
        reached = set(entry.range if step.direction == "forward" else entry.domain)
        for name, relation in self._relations.items():
            if reached & set(relation.domain):
                yield Step(name, "forward")
            if reached & set(relation.range):
                yield Step(name, "inverse")

    def _fit(self, steps: Sequence[Step], reading: Reading, name: Name | None) -> float:
        """Score a path: cued relations count for it, unused cues and steps without a cue against it."""
        walked, cued = Counter(step.relation for step in steps), Counter(reading.cues)
        used = len(walked.keys() & cued.keys())
        again = sum((walked & cued).values()) - used
        unused = len(set(cued) - set(walked))
        uncued = sum((walked - cued).values())
        foreign = sum(name not in cued for name in walked)
        if _SHARE.search(reading.text) and any(one.relation == two.relation for one, two in pairwise(steps)):
            uncued -= 1
        ordered: float = _in_order([step.relation for step in steps], self._outwards(reading, name))
        if len(steps) > 2 and steps[0].relation == steps[1].relation:
            ordered += 0.25  # mostly the topic itself is what shares
        return (
            2.0 * used
            + REPEATED * again
            - 2.0 * unused
            - 1.2 * uncued
            - FOREIGN * foreign
            - 0.1 * len(steps)
            + ORDER * ordered
            + self._answer_fit(steps, reading)
        )

    def _answer_fit(self, steps: Sequence[Step], reading: Reading) -> float:
        """Score the kind of answer: items for "which items", numbers for "when", else the relation asked for."""
        last, (question, cues) = steps[-1], _question_part(reading)
        entry = self._relations[last.relation]
        gives_item = last.direction == "inverse" and self._item_class in entry.domain
        if _WHO.search(reading.text):
            asked = last.relation in (cues[0], cues[-1]) if cues else False
            return -1.5 if gives_item or entry.is_numeric else 1.5 * (asked and last.direction == "forward")
        if self._item_noun.search(question):
            return 1.5 if gives_item else -1.5
        if _WHEN.search(reading.text):
            return 1.5 if entry.is_numeric else -1.5
        if entry.is_numeric and last.relation not in reading.cues:
            return -1.5
        if cues:
            # A relation that is spoken of once and leads here and back is not asked for: "what did X direct".
            once = reading.cues.count(last.relation) < sum(step.relation == last.relation for step in steps)
            return 1.5 if last.relation == cues[0] and last.direction == "forward" and not once else 0.0
        return 0.0

    def _outwards(self, reading: Reading, name: Name | None) -> list[str]:
        """Return the cues in the order of a walk from the topic: the one at it, those before it, the others."""
        placed = _placed(reading)
        if name is None:
            return [cue for cue, _ in reversed(placed)]
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
        return [*near, *reversed(before), *after[len(near) :]]


def is_claim(reading: Reading) -> bool:
    """Tell whether a question says something and asks if it is so: "is A older than B", not "is A or B older"."""
    return bool(_YES_NO.search(reading.marked())) and not any(name.alternative for name in reading.names)


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
