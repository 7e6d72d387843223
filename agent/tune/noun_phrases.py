"""Noun phrases in words: one of many ways to name what a walk through the graph reaches."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.tune.ways import Ways
from kg.types import Step
from kg.verbs import agreeing, base_form

_DETERMINED = re.compile(r"(?:the|those|whoever|other|more|co-\w+|fellow)\b|[{\"]")
_BARE = re.compile(r'"?\{\d\}"?')
_CLAUSE = re.compile(r"((?:the |other )?\w+) ((?:that|which|whose|who) .+)")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase for what a walk reaches, and whether it speaks of one thing or several."""

    text: str
    is_one: bool

    @property
    def definite(self) -> str:
        """The phrase with "the" where it has no word of that kind: "the films by X"."""
        return self.text if self.is_one or _DETERMINED.match(self.text) else f"the {self.text}"

    @property
    def parted(self) -> tuple[str, str] | None:
        """The noun and the clause that says which are meant, where one can be moved away from the other."""
        found = _CLAUSE.fullmatch(self.text)
        return (found[1], found[2]) if found and not self.is_one else None


class NounPhraser:
    """Names the ends of walks, one way out of many at each turn.

    Args:
        ways: The ways to say each relation.
        rng: Chooses among them.
    """

    def __init__(self, ways: Mapping[str, Ways], rng: random.Random) -> None:
        self._ways, self._rng = ways, rng

    def phrase(self, steps: Sequence[Step], topic: str) -> Phrase:
        """Name the end of a walk by a noun phrase."""
        if len(steps) > 1 and self._rng.random() < 0.5:
            folded = self.folded(steps, topic)
            if folded is not None:
                return folded
        inner = self.inner(steps, topic)
        way = self._ways[steps[-1].relation]
        if steps[-1].direction == "forward":
            return self._object(way, inner)
        return Phrase(self.modified(way, self._rng.choice(way.subjects), inner.text, is_one=inner.is_one), is_one=False)

    def inner(self, steps: Sequence[Step], topic: str) -> Phrase:
        """Name what the last step of a walk begins from."""
        if len(steps) > 1:
            return self.phrase(steps[:-1], topic)
        return Phrase(self.decorated(topic, steps[0]), is_one=True)

    def decorated(self, topic: str, first: Step) -> str:
        """Name the topic, sometimes with what it is or in quotes."""
        way, rng = self._ways[first.relation], self._rng
        noun = rng.choice(way.subject if first.direction == "forward" else way.nouns)
        chance = rng.random()
        if chance < 0.18 and noun != "thing":
            return f"the {noun} {topic}"
        return f'"{topic}"' if chance < 0.22 else topic

    def _object(self, way: Ways, inner: Phrase) -> Phrase:
        """Name what a relation leads to: "the director of X", "X's writers", "whoever directed X"."""
        rng, text, (noun, nouns) = self._rng, inner.text, self.noun(way)
        of = self.preposition(way)
        named = [
            Phrase(f"the {noun} {of} {text}", inner.is_one),
            Phrase(f"the {nouns} {of} {text}", is_one=False),
            Phrase(f"the {noun} of {text}", inner.is_one),
            Phrase(f"{nouns} {of} {text}", is_one=False),
        ]
        if text.startswith("{"):
            whose = f"{text}'s" if inner.is_one or not text.endswith("s") else f"{text}'"
            named += [
                Phrase(f"{whose} {noun}", inner.is_one),
                Phrase(f"{whose} {nouns}", is_one=False),
            ]
        if is_bare(text):
            named += [
                Phrase(f"the {text} {noun}", is_one=True),
                Phrase(f"the {text} {nouns}", is_one=False),
                Phrase(f"{text} {nouns}", is_one=False),
            ]
        if way.is_person and way.agents and rng.random() < 0.35:
            agent = rng.choice(way.agents)
            ones = ("the person who", "whoever", f"the {noun} who")
            many = ("the people who", "those who", f"the {nouns} who", f"{nouns} who")
            named = [Phrase(f"{who} {agent} {text}", is_one=True) for who in ones]
            named += [Phrase(f"{who} {agreeing(agent)} {text}", is_one=False) for who in many]
        return rng.choice(named)

    def preposition(self, way: Ways) -> str:
        """Choose what joins the noun of a relation to its subject: "of", or what its verbs end with ("acts in")."""
        ends = {agent.rpartition(" ")[2] for agent in way.agents} & {"in", "for", "on"} if way.is_person else set[str]()
        return self._rng.choice(("of", "of", *sorted(ends)))

    def folded(self, steps: Sequence[Step], topic: str) -> Phrase | None:
        """Say two last steps by one relation, there and back, as sharing: "films with the same director as X"."""
        first, last = steps[-2], steps[-1]
        way = self._ways[first.relation]
        if first.relation != last.relation or first.direction == last.direction:
            return None
        if way.is_symmetric and first.direction == "inverse":
            return None  # its partners have no subject in common that were other than a partner
        inner = self.inner(steps[:-1], topic)
        said = self._sharing(way, inner) if first.direction == "forward" else self._fellows(way, inner)
        return Phrase(self._rng.choice(said), is_one=False)

    def _sharing(self, way: Ways, inner: Phrase) -> list[str]:
        """Return phrases for the subjects that have an object in common with `inner`."""
        rng, text, (noun, nouns) = self._rng, inner.text, self.noun(way)
        items, item, of = rng.choice(way.subjects), rng.choice(way.subject), self.preposition(way)
        that = rng.choice(("that", "which"))
        said = [
            f"{items} with the same {noun} as {text}",
            f"{items} {that} share {with_article(noun)} with {text}",
            f"{items} {that} share {nouns} with {text}",
            f"{items} {that} share their {noun} with {text}",
            f"other {self.modified(way, items, f'the {noun} {of} {text}')}",
            f"{items} {that} have the same {noun} as {text}",
            f"other {items} by the {noun} of {text}" if way.is_person else f"other {items} of the {noun} of {text}",
            f"{items} {that} have {with_article(noun)} in common with {text}",
            f"{items} {that} have {nouns} in common with {text}",
            f"{items} whose {noun} is the one of {text}",
            f"{items} which {text} shares {with_article(noun)} with",
            f"{items} sharing {nouns} with {text}",
            f"{items} by the same {noun} as {text}" if way.is_person else f"{items} of the same {noun} as {text}",
            f"more {self.modified(way, items, f'the {noun} of {text}')}",
        ]
        said += [f"{items} with {with_article(noun)} that {item} {text} has too"] if is_bare(text) else []
        if way.agents:
            agent = rng.choice(way.agents)
            also = [
                f"{items} whose {noun} also {agent} {text}",
                f"{items} whose {nouns} also {agreeing(agent)} {text}",
                f"{items} whose {nouns} {agreeing(agent)} {text} as well",
                f"{items} with {nouns} who {agreeing(agent)} {text} too",
                f"other {items} that {rng.choice(('the', 'that'))} {noun} of {text} {agent}",
            ]
            said += also * 2 if way.is_person else also[4:]
        return said

    def _fellows(self, way: Ways, inner: Phrase) -> list[str]:
        """Return phrases for the objects that have a subject in common with `inner`."""
        text = inner.text
        rng, nouns, items = self._rng, self.noun(way)[1], self._rng.choice(way.subjects)
        said = [f"other {nouns} of the {items} of {text}", f"{nouns} that go together with {text}"]
        if not way.is_person:
            return said
        said = [
            said[0],
            f"co-{nouns} of {text}",
            f"fellow {nouns} of {text}",
            f"{nouns} that {text} shares {with_article(way.subject[0])} with",
        ]
        said += [f"{nouns} who worked with {text}", f"people that {text} worked with as {with_article(way.nouns[0])}"]
        if way.agents:
            agent = rng.choice(way.agents)
            said += [
                f"people who {agreeing(agent)} the same {items} as {text}",
                f"{nouns} who {agreeing(agent)} {items} together with {text}",
                f"people who {agreeing(agent)} {items} with {text}",
                f"those who {agreeing(agent)} {items} alongside {text}",
                f"others who {agreeing(agent)} what {text} {agent if inner.is_one else agreeing(agent)}",
                f"{nouns} who also {agreeing(agent)} {items} that {text} {agent if inner.is_one else agreeing(agent)}",
            ]
        return said

    def modified(self, way: Ways, nouns: str, text: str, *, is_one: bool = True) -> str:
        """Add to a noun that it has the object `text`: "films directed by X", "films that X directed"."""
        rng, is_many = self._rng, nouns in way.subjects
        noun, plural = self.noun(way)
        attributes = [f"{nouns} {self._filled(one, text, is_many=is_many)}" for one in way.attributes]
        agents = way.agents if is_one else tuple(map(agreeing, way.agents))
        clauses = [f"{nouns} {rng.choice(('that ', 'which ', ''))}{text} {agent}" for agent in agents]
        verbs = [
            f"{nouns} {rng.choice(('that', 'which'))} {agreeing(verb) if is_many else verb} {text}"
            for verb in way.verbs
        ]
        named = [
            f"{nouns} with {text} as {noun}",
            f"{nouns} whose {noun} is {text}" if is_one else f"{nouns} whose {plural} are {text}",
            f"{nouns} whose {plural} include {text}",
            f"{nouns} that {'have' if is_many else 'has'} {text} as {with_article(noun)}",
        ]
        before = [f"{text} {one} {nouns}" for one in way.participles]
        if is_bare(text):
            named += [f"{text} {nouns}", f"{nouns} of the {way.nouns[0]} {text}"]
        groups = {3.0: attributes, 2.0: clauses, 1.0: verbs, 0.9: named, 0.6: before if is_bare(text) else []}
        kept = {weight: group for weight, group in groups.items() if group}
        return rng.choice(rng.choices([*kept.values()], [*kept])[0])

    def _filled(self, attribute: str, text: str, *, is_many: bool) -> str:
        filled = attribute.replace("{o}", text)
        return f"{filled[:-3]} them" if is_many and filled.endswith(" in it") else filled

    def described(self, way: Ways, text: str) -> str:
        return self.modified(way, self._rng.choice(way.subjects), text)

    def attribute(self, way: Ways, text: str) -> str:
        attributes = [one.replace("{o}", text) for one in way.attributes] or [f"with {text} as {way.nouns[0]}"]
        return self._rng.choice(attributes)

    def noun(self, way: Ways) -> tuple[str, str]:
        """Choose a noun with its plural, the usual one half of the time."""
        at = 0 if self._rng.random() < 0.5 else self._rng.randrange(len(way.nouns))
        return way.nouns[at], way.plurals[at]

    def bases(self, way: Ways) -> list[str]:
        return [base for agent in way.agents if (base := base_form(agent))]


def is_bare(text: str) -> bool:
    """Tell whether a phrase is a name alone, so that a noun may stand beside it: "Alien director"."""
    return _BARE.fullmatch(text) is not None


def with_article(noun: str) -> str:
    """Return a noun with "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
