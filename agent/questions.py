"""From a question to relation paths: which walks from its topic the schema allows, and which its words point at."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.fitting import PathFit
from agent.reading import Name, Reading
from agent.rivals import Rivals
from agent.walk_pattern import walk_pattern
from kg import namespaces as ns
from kg.asking import asked_of
from kg.manifest import Asked
from kg.snapshot import Snapshot
from kg.types import Direction, Iri, Step
from tools.plans import CHECK, COUNT, LEAST, LIST, MOST

MAX_HOPS = 3
NEAR = 0.25
"""Paths whose words fit within this much of the best are choices; the others contradict the question."""

THING, NO_PART, UNWANTED = "is", "-", "not "
"""In place of a path: the name is what a question checks or compares; it is no part of it. Before one: not its ends."""

_HOW_MANY = re.compile(r"\b(?:how many|number of|count)\b|多少|几", re.IGNORECASE)
_YES_NO = re.compile(r"^\W*(?:is|are|was|were|did|does|do|has|have)\b", re.IGNORECASE)
_COMPARES = re.compile(rf"{_YES_NO.pattern}|\b(?:which|what)\s+(?:one\s+)?(?:of|is|was|came)\b", re.IGNORECASE)


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
        schema = snapshot.schema.relations
        self._relations = {
            name: schema[relation.iri]
            for name, relation in snapshot.manifest.relations.items()
            if relation.iri in schema
        }
        words_for = {name: asked_of(snapshot.manifest, name) for name in self._relations}
        asked = {name: words_for[name] for name, one in self._relations.items() if one.is_numeric}
        self._fit = PathFit(snapshot, self._relations)
        self._superlatives = _patterns(asked, lambda one: (one.most, one.least))
        self._comparatives = _patterns(asked, lambda one: ((*one.more, *one.beyond), (*one.less, *one.short)))
        self.does = (LIST, COUNT, CHECK, *(f"{do} {name}" for name in asked for do in (MOST, LEAST)))
        self._rivals = Rivals(snapshot, self._fit, self._starts, self.kinds)
        self._meetings = snapshot.adjacency.meetings()
        both: tuple[Direction, ...] = ("forward", "inverse")
        steps = self._canonical(Step(name, direction) for name in self._relations for direction in both)
        self._followers = {step: tuple(self._after(step)) for step in steps}
        self._walks_from: dict[Step, tuple[tuple[Step, ...], ...]] = {}
        self._walks_of: dict[frozenset[str], frozenset[str]] = {}
        self._patterns: dict[frozenset[str], str] = {}

    def first(self, reading: Reading) -> dict[str, str]:
        """Return what the rules take a question to mean: `do`, and a value for each name."""
        do = self._do(reading)
        planned = [(name, self.plan(name.iri, reading, name)) for name in reading.names]
        if do.startswith((MOST, LEAST)) and self._compares(reading):
            return {"do": do, **{name.id: THING for name in reading.names}}
        if do in (LIST, COUNT, CHECK) and (rivals := self._rivals.plan(reading)):
            return rivals
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
            ends = {step for (step,) in self._begin(self.classes(other.iri))}
            for step in self._starts(name.iri):
                back = Step(step.relation, "inverse" if step.direction == "forward" else "forward")
                if back in ends and back in self._starts(other.iri):
                    fit = self._fit.asked(reading, name).of((step,))
                    found.append((fit, name, RankedPath((step,), fit)))
        best = max(found, key=lambda one: one[0], default=None)
        return None if best is None else (best[1], [best[2]])

    def walks(self, topic: Iri) -> frozenset[str]:
        """Return every relation path from an entity that the schema allows, whether or not the graph has such facts."""
        classes = self.classes(topic)
        if classes not in self._walks_of:
            self._walks_of[classes] = frozenset(
                "/".join(map(str, steps)) for (step,) in self._begin(classes) for steps in self._longer(step)
            )
        return self._walks_of[classes]

    def pattern(self, walks: frozenset[str]) -> str:
        """Return the regular expression of what a plan may say of a name: one of the walks from it, or none."""
        if walks not in self._patterns:
            part = rf"({UNWANTED})?{walk_pattern(walks)}|" if walks else ""
            self._patterns[walks] = rf"^({part}{THING}|{NO_PART})$"
        return self._patterns[walks]

    def classes(self, topic: Iri) -> frozenset[str]:
        """Return the classes of an entity as the graph states them."""
        return frozenset(one.object for one in self._snapshot.store.triples(subject=topic, predicate=ns.RDF_TYPE))

    def _do(self, reading: Reading) -> str:
        text = reading.marked()  # "The Last of the Mohicans" asks for no last one
        if _HOW_MANY.search(text):
            return COUNT
        extreme = next((do for do, words in self._superlatives.items() if words.search(text)), None)
        if extreme is None and self._compares(reading):
            found = [do for do, words in self._comparatives.items() if words.search(text)]
            extreme = found[0] if len(found) == 1 else None  # "before or after" claims neither
        if extreme is not None:
            return extreme
        return CHECK if _YES_NO.search(text) and len(reading.names) > 1 else LIST

    def _compares(self, reading: Reading) -> bool:
        """Tell whether all that a question names are items that it compares with each other, or with an unknown one."""
        items = self._snapshot.item_columns
        if not reading.names or any(name.iri not in items for name in reading.names):
            return False
        others = len(reading.names) > 1 or bool(reading.unknown)
        either = any(name.alternative for name in reading.names)
        return others and (either or bool(_COMPARES.search(reading.marked())))

    def _begin(self, classes: frozenset[str]) -> list[tuple[Step, ...]]:
        first: list[Step] = []
        for name, entry in self._relations.items():
            if not classes or classes & set(entry.domain):
                first.append(Step(name, "forward"))
            if not entry.datatype and (not classes or classes & set(entry.range)):
                first.append(Step(name, "inverse"))
        return [(step,) for step in self._canonical(first)]

    def _canonical(self, steps: Iterable[Step]) -> list[Step]:
        return list(dict.fromkeys(map(self._snapshot.manifest.canonical, steps)))

    def plan(self, topic: Iri, reading: Reading, name: Name | None = None) -> list[RankedPath]:
        """Return the paths that fit a question best, best first; empty if the topic has no facts.

        Args:
            topic: Where they begin.
            reading: The question.
            name: The topic's place in it; the first of its names if not given.
        """
        reading = self._fit.prepared(topic, reading)
        asked = self._fit.asked(reading, name or next(iter(reading.names), None))
        walks = (*self._walks(topic), *self._missing(topic, reading))
        paths = [RankedPath(steps, asked.of(steps)) for steps in walks]
        best = max((path.fit for path in paths), default=0.0)
        near = [path for path in paths if path.fit >= best - NEAR]
        return sorted(near, key=lambda path: (-path.fit, len(path.steps), path.text))[:6]

    def _walks(self, topic: Iri) -> Iterator[tuple[Step, ...]]:
        for step in self._starts(topic):
            yield from self._longer(step)

    def _missing(self, topic: Iri, reading: Reading) -> Iterator[tuple[Step, ...]]:
        """Yield the steps that a question names and the topic might have, though it has no such fact.

        Without them the answer would be to another question: "who publishes Emma?" is not who wrote it.
        """
        classes, stated = self.classes(topic), {step.relation for step in self._starts(topic)}
        if classes and stated:
            named = set(reading.cues) - stated
            yield from (steps for steps in self._begin(classes) if steps[0].relation in named)

    def stated(self, topic: Iri) -> list[str]:
        """Return the first steps of the walks from an entity that the graph has facts for."""
        return [str(step) for step in self._starts(topic)]

    def _starts(self, topic: Iri) -> list[Step]:
        """Return the steps that the topic itself has facts for."""
        relations = self._relations.items()
        return self._canonical(step for name, entry in relations for step in self._first(topic, name, entry.predicate))

    def _longer(self, first: Step) -> tuple[tuple[Step, ...], ...]:
        """Return the walks that begin with a step, the step itself among them."""
        if first not in self._walks_from:
            level: list[tuple[Step, ...]] = [(first,)]
            found = level
            for _ in range(MAX_HOPS - 1):
                level = [(*steps, step) for steps in level for step in self._followers[steps[-1]]]
                found = found + level
            self._walks_from[first] = tuple(found)
        return self._walks_from[first]

    def _first(self, topic: Iri, name: str, predicate: str) -> Iterator[Step]:
        """Yield the directions in which the topic itself has this relation."""
        store = self._snapshot.store
        if next(store.triples(subject=topic, predicate=predicate), None) is not None:
            yield Step(name, "forward")
        if next(store.triples(predicate=predicate, obj=topic), None) is not None:
            yield Step(name, "inverse")

    def _after(self, step: Step) -> list[Step]:
        """Return the steps that may follow one: the classes allow them, and there is an entity where they meet."""
        return self._canonical(
            after
            for one in self._directions(step)
            for after in self._allowed_after(one)
            if self._meetings.share(one, after) != 0.0
        )

    def _directions(self, step: Step) -> tuple[Step, ...]:
        """Return the steps that a written one stands for: both ways of a symmetric relation."""
        symmetric = self._snapshot.manifest.relations[step.relation].symmetric
        return (step, Step(step.relation, "inverse")) if symmetric else (step,)

    def kinds(self, step: Step) -> frozenset[str]:
        """Return the classes that a written step leads to; of one that leads to values its relation's name."""
        return frozenset(kind for one in self._directions(step) for kind in self._reached(one)) or frozenset(
            {step.relation}
        )

    def _reached(self, step: Step) -> tuple[str, ...]:
        entry = self._relations[step.relation]
        return entry.range if step.direction == "forward" else entry.domain

    def _allowed_after(self, step: Step) -> Iterator[Step]:
        reached = set(self._reached(step))
        for name, relation in self._relations.items():
            if reached & set(relation.domain):
                yield Step(name, "forward")
            if reached & set(relation.range):
                yield Step(name, "inverse")


def _patterns(
    asked: Mapping[str, Asked], words: Callable[[Asked], tuple[Sequence[str], Sequence[str]]]
) -> dict[str, re.Pattern[str]]:
    """Return what the words for the larger and the smaller number of each relation ask to be done."""
    found: dict[str, re.Pattern[str]] = {}
    for name, one in asked.items():
        for do, said in zip((MOST, LEAST), words(one), strict=True):
            if said:
                found[f"{do} {name}"] = re.compile(rf"\b(?:{'|'.join(map(re.escape, said))})\b", re.IGNORECASE)
    return found


def is_claim(reading: Reading) -> bool:
    """Tell whether a question says something and asks if it is so: "is A older than B", not "is A or B older"."""
    return bool(_YES_NO.search(reading.marked())) and not any(name.alternative for name in reading.names)
