"""Questions made from the graph's schema: a walk through it, said in one of many ways, about an entity that exists."""

import random
import re
from collections.abc import Callable, Sequence

from agent.errors import RequestError
from agent.interpretation import step_of
from agent.questions import THING, UNWANTED
from agent.tune.draws import Draws
from agent.tune.examples import Example, Slot
from agent.tune.noun_phrases import Phrase, with_article
from agent.tune.phrasing import Phraser
from agent.tune.ways import all_ways
from kg.snapshot import Snapshot
from kg.types import Iri, Step
from kg.verbs import base_form

HOPS = (0.22, 0.34, 0.44)
"""Shares of one, two and three hops; the longer ones have the more ways to go wrong."""

_TWICE = re.compile(r"\b(the|that|which) (?=\1\b)")
_SHAPES = {"list": 0.7, "both": 0.07, "without": 0.05, "count": 0.05, "check": 0.05, "compare": 0.03, "extreme": 0.05}


class QuestionMaker:
    """Makes questions about one domain.

    Args:
        snapshot: The domain.
        seed: The same seed gives the same questions.
        held_out: Phrases that are not to be used.
        only: The only phrases of relations to be used; none: all.

    Raises:
        RequestError: `only` leaves no relation a noun.
    """

    def __init__(
        self, snapshot: Snapshot, seed: int = 0, held_out: Sequence[str] = (), *, only: Sequence[str] | None = None
    ) -> None:
        self._rng, self._canonical = random.Random(seed), snapshot.manifest.canonical
        self._ways = all_ways(snapshot, held_out, only)
        if not self._ways:
            raise RequestError(f"no relation of {snapshot.manifest.name} can be asked about in the words given.")
        self._drawn = Draws(snapshot, self._ways, self._rng)
        self._words = Phraser(self._ways, self._rng)
        shapes: dict[str, Callable[[], Example | None]] = {
            "list": self._listing,
            "both": self._both,
            "without": self._without,
            "count": self._counting,
            "check": self._checking,
            "compare": self._comparing,
            "extreme": self._extreme,
        }
        self._shapes = [(shapes[name], share) for name, share in _SHAPES.items()]

    def make(self, count: int) -> list[Example]:
        """Return different questions."""
        made: dict[tuple[str, tuple[Slot, ...]], Example] = {}
        makers, weights = [one for one, _ in self._shapes], [share for _, share in self._shapes]
        for _ in range(count * 20):
            if len(made) == count:
                break
            example = self._rng.choices(makers, weights)[0]()
            if example is not None:
                made[example.text, example.slots] = example
        return list(made.values())

    def _listing(self) -> Example | None:
        n_hops = self._rng.choices((1, 2, 3), HOPS)[0]
        steps = self._drawn.walk(n_hops)
        topic = self._drawn.topic(steps)
        if topic is None:
            return None
        return self._example(self._words.asked(steps, "{0}"), [(topic, _said(steps))], kind=f"{n_hops} hop")

    def _both(self) -> Example | None:
        """Ask for what two walks share: items by two of their relations, or the persons that two items share."""
        rng = self._rng
        if rng.random() < 0.4:
            return self._shared_object()
        first, second = self._drawn.inverse(), self._drawn.inverse()
        if first.subjects != second.subjects:
            return None
        item = rng.choice(self._drawn.entities[first.name][0]) if rng.random() < 0.8 else None
        one, two = self._drawn.object_of(first, item), self._drawn.object_of(second, item)
        if one is None or two is None or one == two:
            return None
        first_part = self._words.described(first, "{0}")
        joint = rng.choice(("and", "and also", "that are also", "") if rng.random() < 0.8 else ("but also",))
        phrase = f"{first_part} {joint} {self._words.attribute(second, '{1}')}"
        legs = [(one, f"^{first.name}"), (two, f"^{second.name}")]
        if first.name == second.name and rng.random() < 0.5:
            pair = rng.choice(("{0} and {1}", "both {0} and {1}", "{0} together with {1}", "{0} as well as {1}"))
            phrase = self._words.described(first, pair)
        return self._example(self._words.list_of(Phrase(phrase, is_one=False)), legs, kind="both")

    def _shared_object(self) -> Example | None:
        rng, way = self._rng, self._drawn.pick(lambda one: not one.is_value)
        target = rng.choice(self._drawn.entities[way.name][1])
        subjects = self._drawn.subjects_of(way, target)
        if len(subjects) < 2:
            return None
        one, two = rng.sample(subjects, 2)
        noun, nouns = self._words.noun(way)
        pair = rng.choice(("{0} and {1}", "both {0} and {1}"))
        texts = [
            f"which {nouns} do {{0}} and {{1}} share",
            f"what {nouns} do {{0}} and {{1}} have in common",
            f"the {nouns} that {{0}} and {{1}} have in common",
        ]
        texts += [f"which {noun} is in {pair}"] if way.is_person and way.name else []
        texts += [f"{'who' if way.is_person else 'what'} {rng.choice(way.agents)} {pair}"] if way.agents else []
        texts += [f"{nouns} who {rng.choice(way.agents)} {pair}"] if way.agents and way.is_person else []
        return self._example(rng.choice(texts), [(one, way.name), (two, way.name)], kind="both")

    def _without(self) -> Example | None:
        rng, first, second = self._rng, self._drawn.inverse(), self._drawn.inverse()
        if first.subjects != second.subjects:
            return None
        one, two = rng.choice(self._drawn.entities[first.name][1]), rng.choice(self._drawn.entities[second.name][1])
        items = self._drawn.subjects_of(first, one)
        found = self._drawn.object_of(second, rng.choice(items)) if items and rng.random() < 0.6 else two
        if found is None or found == one:
            return None
        attribute = self._words.attribute(second, "{1}")
        joined = [f"that are not {attribute}", f"but not {attribute}", f"not {attribute}", f"that were not {attribute}"]
        joined += [
            "without {1}",
            "but without {1}",
            "except those " + attribute,
            "excluding {1}",
            "other than those " + attribute,
        ]
        phrase = f"{self._words.described(first, '{0}')} {rng.choice(joined)}"
        legs = [(one, f"^{first.name}"), (found, f"not ^{second.name}")]
        return self._example(self._words.list_of(Phrase(phrase, is_one=False)), legs, kind="without")

    def _counting(self) -> Example | None:
        rng = self._rng
        steps = self._drawn.walk(rng.choice((1, 1, 2)))
        topic = self._drawn.topic(steps)
        if topic is None or self._ways[steps[-1].relation].is_number:
            return None
        last, way = steps[-1], self._ways[steps[-1].relation]
        inner = self._words.phrase(steps[:-1], "{0}") if len(steps) > 1 else Phrase("{0}", is_one=True)
        if last.direction == "inverse":
            nouns = rng.choice(way.subjects)
            texts = [
                f"how many {self._words.modified(way, nouns, inner.text, is_one=inner.is_one)} are there",
                f"what is the number of {self._words.modified(way, nouns, inner.text, is_one=inner.is_one)}",
            ]
            texts += [f"how many {nouns} did {inner.text} {base}" for base in self._words.bases(way)]
            texts += [
                f"in how many {nouns} did {inner.text} {base[:-3]}"
                for base in self._words.bases(way)
                if base.endswith(" in")
            ]
            texts += [f"count the {self._words.modified(way, nouns, inner.text, is_one=inner.is_one)}"]
        else:
            nouns = self._words.noun(way)[1]
            have = "does" if inner.is_one else "do"
            texts = [
                f"how many {nouns} {have} {inner.text} have",
                f"how many different {nouns} are there in {inner.text}",
                f"number of {nouns} of {inner.text}",
            ]
            texts += [f"how many people {rng.choice(way.agents)} {inner.text}"] if way.agents and way.is_person else []
        return self._example(rng.choice(texts), [(topic, _said(steps))], do="count", kind="count")

    def _checking(self) -> Example | None:
        """Ask whether a fact holds; half of the time it does not."""
        rng = self._rng
        way = self._drawn.pick(lambda one: not one.is_value)
        subject = rng.choice(self._drawn.entities[way.name][0])
        holds = rng.random() < 0.5
        target = self._drawn.object_of(way, subject) if holds else rng.choice(self._drawn.entities[way.name][1])
        if target is None or target == subject:
            return None
        noun = self._words.noun(way)[0]
        texts = [
            f"is {{o}} {with_article(noun)} of {{s}}",
            f"is {{o}} one of the {self._words.noun(way)[1]} of {{s}}",
            f"does {{s}} have {{o}} as {noun}",
            f"is it true that {{o}} {rng.choice(way.agents)} {{s}}" if way.agents else "is {s} by {o}",
        ]
        texts += [f"did {{o}} {base} {{s}}" for base in self._words.bases(way)]
        texts += [f"does {{o}} {base} {{s}}" for base in self._words.bases(way)]
        texts += [
            f"{verb.split()[0]} {{s}} {verb.split(' ', 1)[1]} {{o}}"
            for verb in way.verbs
            if verb.split()[0] in ("was", "is")
        ]
        texts += [f"does {{s}} {base} {{o}}" for verb in way.verbs if (base := base_form(verb))]
        texts += [
            f"{verb.split()[0]} {{o}} {verb.split(' ', 1)[1]} {{s}}"
            for verb in way.agents
            if verb.split()[0] in ("was", "is")
        ]
        text = rng.choice(texts)
        order = sorted(
            (("{s}", (subject, "is")), ("{o}", (target, f"^{way.name}"))), key=lambda one: text.index(one[0])
        )
        for at, (place, _) in enumerate(order):
            text = text.replace(place, f"{{{at}}}")
        return self._example(text, [leg for _, leg in order], do="check", kind="check")

    def _comparing(self) -> Example | None:
        """Ask which of two things has more or less of a number."""
        rng = self._rng
        numbers = [one for one in self._ways.values() if one.is_number]
        if not numbers:
            return None
        way = rng.choice(numbers)
        one, two = rng.sample(self._drawn.entities[way.name][0], 2)
        side = rng.choice(("more", "less"))
        words = way.comparing[side] or (f"{'higher' if side == 'more' else 'lower'} in {way.nouns[0]}",)
        word = rng.choice(words)
        texts = [
            f"which is {word}, {{0}} or {{1}}",
            f"is {{0}} {word} than {{1}}",
            f"which one is {word}: {{0}} or {{1}}",
            f"what is {word}, {{0}} or {{1}}",
            f"which of {{0}} and {{1}} is {word}",
            f"{{0}} or {{1}}, which is {word}",
            f"which {way.subject[0]} is {word}, {{0}} or {{1}}",
        ]
        if way.comparing["least"] and side == "less":
            texts += ["which came first, {0} or {1}", "which was first, {0} or {1}", "what came out first, {0} or {1}"]
        do = f"{'most' if side == 'more' else 'least'} {way.name}"
        return self._example(rng.choice(texts), [(one, "is"), (two, "is")], do=do, kind="compare")

    def _extreme(self) -> Example | None:
        rng = self._rng
        numbers = [one for one in self._ways.values() if one.is_number]
        if not numbers:
            return None
        number, way = rng.choice(numbers), self._drawn.inverse()
        target = rng.choice(self._drawn.entities[way.name][1])
        if not self._drawn.subjects_of(way, target):
            return None
        side = rng.choice(("most", "least"))
        word = rng.choice(number.comparing[side] or (f"{'highest' if side == 'most' else 'lowest'}-{number.nouns[0]}",))
        noun, nouns = rng.choice(way.subject), rng.choice(way.subjects)
        texts = [
            f"what is the {word} {self._words.modified(way, noun, '{0}')}",
            f"which of the {self._words.modified(way, nouns, '{0}')} is the {word}",
            f"the {word} {self._words.modified(way, noun, '{0}')}",
            f"name the {word} {self._words.modified(way, noun, '{0}')}",
        ]
        texts += [f"what is the {word} {noun} that {{0}} {agent}" for agent in way.agents[:4]]
        texts += [
            f"what was {{0}}'s {word} {noun} as {with_article(way.nouns[0])}",
            f"which {self._words.modified(way, noun, '{0}')} is the {word}",
        ]
        return self._example(rng.choice(texts), [(target, f"^{way.name}")], do=f"{side} {number.name}", kind="extreme")

    def _example(self, text: str, legs: Sequence[tuple[Iri, str]], *, do: str = "list", kind: str) -> Example:
        slots = tuple(Slot(iri, self._written(value)) for iri, value in legs)
        return Example(_TWICE.sub("", " ".join(text.split())), slots, {"intent": "ask", "do": do}, kind)

    def _written(self, value: str) -> str:
        """Return the value of a name as a plan has it: a symmetric relation is written forward."""
        unwanted, path = value.startswith(UNWANTED), value.removeprefix(UNWANTED)
        if path == THING:
            return value
        return f"{UNWANTED if unwanted else ''}{_said([self._canonical(step_of(one)) for one in path.split('/')])}"


def _said(steps: Sequence[Step]) -> str:
    return "/".join(map(str, steps))
