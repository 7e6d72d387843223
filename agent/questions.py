"""From a question to relation paths: which walks from its topic the schema allows, and which its words point at."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agent.reading import Reading
from kg import namespaces as ns
from kg.asking import asked_of
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

_HOW_MANY = re.compile(r"\b(?:how many|number of|count)\b|多少|几", re.IGNORECASE)
_YES_NO = re.compile(r"^\W*(?:is|are|was|were|did|does|do|has|have)\b", re.IGNORECASE)
_SHARE = re.compile(r"\b(?:same|share[sd]?|common|also|other|another)\b", re.IGNORECASE)
_WHO = re.compile(r"\bwho(?:m|se)?\b|谁", re.IGNORECASE)
_WHEN = re.compile(r"\bwhen\b|\bwhat years?\b|\bwhich years?\b|\bhow old\b|release dates?|哪年", re.IGNORECASE)


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
        self._item_noun = re.compile(
            rf"(?:^\W*(?:(?:name|list|show|what|are|the|me|all|any|of)\s+)*|\b(?:what|which)\s+)(?:{nouns})\b",
            re.IGNORECASE,
        )
        schema = snapshot.schema.relations
        self._relations = {
            name: schema[relation.iri]
            for name, relation in snapshot.manifest.relations.items()
            if relation.iri in schema
        }
        asked = {name: asked_of(snapshot.manifest, name) for name, one in self._relations.items() if one.is_numeric}
        self._extremes = {
            f"{do} {name}": re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
            for name, one in asked.items()
            for do, words in ((MOST, (*one.most, *one.more)), (LEAST, (*one.least, *one.less)))
            if words
        }
        self.does = (LIST, COUNT, CHECK, *(f"{do} {name}" for name in asked for do in (MOST, LEAST)))
        names = "|".join(sorted(self._relations, key=len, reverse=True))
        self.pattern = rf"^(({UNWANTED})?\^?({names})(/\^?({names})){{0,{MAX_HOPS - 1}}}|{THING}|{NO_PART})$"
        self._walks_of: dict[frozenset[str], frozenset[str]] = {}

    def first(self, reading: Reading) -> dict[str, str]:
        """Return what the rules take a question to mean: `do`, and a value for each name."""
        do = self._do(reading)
        planned = [(name, self.plan(name.iri, reading)) for name in reading.names]
        if do.startswith((MOST, LEAST)) and len(reading.names) > 1:
            return {"do": do, **{name.id: THING for name in reading.names}}
        best = max(planned, key=lambda one: one[1][0].fit if one[1] else -9.0, default=None)
        chosen = {name.id: NO_PART for name in reading.names}
        if best is not None and best[1]:
            chosen[best[0].id] = best[1][0].text
        others = [name for name, _ in planned if best is not None and name is not best[0]]
        for name in others:
            chosen[name.id] = THING if do == CHECK else NO_PART
        return {"do": do, **chosen}

    def walks(self, topic: Iri) -> frozenset[str]:
        """Return every relation path from an entity that the schema allows, whether or not the graph has such facts."""
        store = self._snapshot.store
        classes = frozenset(one.object for one in store.triples(subject=topic, predicate=ns.RDF_TYPE))
        if classes not in self._walks_of:
            self._walks_of[classes] = frozenset(
                "/".join(map(str, steps)) for steps in self._longer(self._begin(classes))
            )
        return self._walks_of[classes]

    def _do(self, reading: Reading) -> str:
        if _HOW_MANY.search(reading.text):
            return COUNT
        extreme = next((do for do, words in self._extremes.items() if words.search(reading.text)), None)
        if extreme is not None:
            return extreme
        return CHECK if _YES_NO.search(reading.text) and len(reading.names) > 1 else LIST

    def _begin(self, classes: frozenset[str]) -> list[tuple[Step, ...]]:
        first: list[tuple[Step, ...]] = []
        for name, entry in self._relations.items():
            if not classes or classes & set(entry.domain):
                first.append((Step(name, "forward"),))
            if not entry.datatype and (not classes or classes & set(entry.range)):
                first.append((Step(name, "inverse"),))
        return first

    def plan(self, topic: Iri, reading: Reading) -> list[RankedPath]:
        """Return the paths that fit a question best, best first; empty if the topic has no facts."""
        reading = self._dated(topic, reading)
        paths = [RankedPath(steps, self._fit(steps, reading)) for steps in self._walks(topic)]
        best = max((path.fit for path in paths), default=0.0)
        near = [path for path in paths if path.fit >= best - NEAR]
        return sorted(near, key=lambda path: (-path.fit, len(path.steps), path.text))[:6]

    def _dated(self, topic: Iri, reading: Reading) -> Reading:
        """Drop the verb of "when was it written": it dates the item and points at no relation."""
        numeric = tuple(cue for cue in reading.cues if cue in self._relations and self._relations[cue].is_numeric)
        verb_only = len(reading.cues) == len(numeric) + 1 and topic in self._snapshot.item_columns
        return replace(reading, cues=numeric) if verb_only and _WHEN.search(reading.text) else reading

    def _walks(self, topic: Iri) -> Iterator[tuple[Step, ...]]:
        first = [step for name, entry in self._relations.items() for step in self._first(topic, name, entry.predicate)]
        yield from self._longer([(step,) for step in first])

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

    def _fit(self, steps: Sequence[Step], reading: Reading) -> float:
        """Score a path: cued relations count for it, unused cues and steps without a cue against it."""
        walked, cued = Counter(step.relation for step in steps), Counter(reading.cues)
        used = len(walked.keys() & cued.keys())
        again = sum((walked & cued).values()) - used
        unused = len(set(cued) - set(walked))
        uncued = sum((walked - cued).values())
        if _SHARE.search(reading.text) and any(count > 1 for count in walked.values()):
            uncued -= 1
        return (
            2.0 * used
            + REPEATED * again
            - 2.0 * unused
            - 1.2 * uncued
            - 0.1 * len(steps)
            + self._answer_fit(steps[-1], reading)
        )

    def _answer_fit(self, last: Step, reading: Reading) -> float:
        """Score the kind of answer: items for "which items", numbers for "when", else the first relation asked for."""
        entry = self._relations[last.relation]
        gives_item = last.direction == "inverse" and self._item_class in entry.domain
        if _WHO.search(reading.text):
            asked = last.relation in (reading.cues[0], reading.cues[-1]) if reading.cues else False
            return -1.5 if gives_item or entry.is_numeric else 1.5 * (asked and last.direction == "forward")
        if self._item_noun.search(reading.text):
            return 1.5 if gives_item else -1.5
        if _WHEN.search(reading.text):
            return 1.5 if entry.is_numeric else -1.5
        if entry.is_numeric and last.relation not in reading.cues:
            return -1.5
        if reading.cues:
            return 1.5 if last.relation == reading.cues[0] and last.direction == "forward" else 0.0
        return 0.0
