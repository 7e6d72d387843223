"""Questions and noun phrases in words: one of many ways to say a walk through the graph."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.tune.ways import Ways, agreeing, base_form
from kg.types import Step


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase for what a walk reaches, and whether it speaks of one thing or several."""

    text: str
    is_one: bool


class Phraser:
    """Says walks, one way out of many at each turn.

    Args:
        ways: The ways to say each relation.
        rng: Chooses among them.
    """

    def __init__(self, ways: Mapping[str, Ways], rng: random.Random) -> None:
        self._ways, self._rng = ways, rng

    def asked(self, steps: Sequence[Step], topic: str) -> str:
        """Ask for the end of a walk."""
        way, last = self._ways[steps[-1].relation], steps[-1]
        if len(steps) > 1 and self._rng.random() < 0.55:
            folded = self._folded(steps, topic)
            if folded is not None:
                return self.list_of(folded)
        inner = (
            self.phrase(steps[:-1], topic) if len(steps) > 1 else Phrase(self._decorated(topic, steps[0]), is_one=True)
        )
        if self._rng.random() < 0.25:
            return self.list_of(self.phrase(steps, topic))
        return self._for_object(way, inner) if last.direction == "forward" else self._for_subject(way, inner)

    def _decorated(self, topic: str, first: Step) -> str:
        """Name the topic, sometimes with what it is or in quotes."""
        way, rng = self._ways[first.relation], self._rng
        noun = rng.choice(way.subject) if first.direction == "forward" else way.nouns[0]
        chance = rng.random()
        if chance < 0.15 and noun != "thing":
            return f"the {noun} {topic}"
        return f'"{topic}"' if chance < 0.2 else topic

    def _for_object(self, way: Ways, inner: Phrase) -> str:
        """Ask what a relation leads to from the subjects `inner`."""
        rng, text = self._rng, inner.text
        noun, nouns = self.noun(way)
        who = (
            rng.choice(("who", "who", "which person", "which people"))
            if way.is_person
            else rng.choice(("what", "which"))
        )
        does = "does" if inner.is_one else "do"
        asked = [f"{who} {agent} {text}" for agent in way.agents]
        asked += [f"which {rng.choice((noun, nouns))} {agent} {text}" for agent in way.agents]
        plain = [
            f"{'who' if way.is_person else 'what'} is the {noun} of {text}",
            f"{'who' if way.is_person else 'what'} are the {nouns} of {text}",
            f"name the {nouns} of {text}",
            f"{nouns} of {text}",
            f"the {noun} of {text}",
            f"which {nouns} {does} {text} have",
            f"what {noun} {does} {text} have",
            f"list the {nouns} of {text}",
            f"tell me the {noun} of {text}",
            f"I need the {noun} of {text}",
            f"what is known about the {nouns} of {text}",
            f"what {'is' if inner.is_one else 'are'} the {noun} for {text}",
        ]
        if len(text) < 24 or text.startswith("{"):
            plain += [
                f"{text}'s {noun}",
                f"what {'is' if not way.is_person else 'about'} {text}'s {noun}",
                f"{text} {noun}",
                f"{text}: which {noun}",
                f"{text}, {'who is' if way.is_person else 'what is'} the {noun}",
            ]
        stranded = [self._stranded(verb, text, way, noun, nouns, one=inner.is_one) for verb in way.verbs]
        whole = [self._agreed(one.replace("{s}", text), text, inner) for one in way.about_subject]
        groups = [group for group in (asked, plain, [one for one in stranded if one], whole) if group]
        weights = [{id(asked): 3.0, id(plain): 2.0, id(whole): 3.0}.get(id(group), 2.0) for group in groups]
        return rng.choice(rng.choices(groups, weights)[0])

    def _stranded(self, verb: str, text: str, way: Ways, noun: str, nouns: str, *, one: bool) -> str | None:
        """Turn "SUBJECT was directed by OBJECT" into a question for the object."""
        first, _, rest = verb.partition(" ")
        asked = self._rng.choice(
            ("who", f"which {noun}", f"which {nouns}") if way.is_person else ("what", f"which {noun}", f"what {noun}")
        )
        rest = rest.removesuffix(f" the {way.nouns[0]}")
        if self._rng.random() < 0.3:
            return f"{text} {verb if one else agreeing(verb)} {asked}"
        if first in ("was", "is"):
            turned = f"{first if one else agreeing(first)} {text} {rest}"
            stem, _, tail = rest.rpartition(" ")
            if tail in ("by", "in", "from") and stem and self._rng.random() < 0.25:
                return f"{tail} {'whom' if asked == 'who' else asked} {first if one else agreeing(first)} {text} {stem}"
            return f"{asked} {turned}"
        base = base_form(verb.removesuffix(f" the {way.nouns[0]}"))
        return f"{asked} {'does' if one else 'do'} {text} {base}" if base else None

    def _for_subject(self, way: Ways, inner: Phrase) -> str:
        """Ask what has the objects `inner`."""
        rng, text = self._rng, inner.text
        nouns, noun = rng.choice(way.subjects), rng.choice(way.subject)
        which = rng.choice(("which", "what"))
        asked = [f"{which} {nouns} did {text} {base}" for base in self.bases(way)]
        asked += [f"{which} {nouns} does {text} {base}" for base in self.bases(way) if inner.is_one]
        asked += [f"what did {text} {base}" for base in self.bases(way)]
        asked += [f"{which} {nouns} has {text} {agent}" for agent in way.agents if agent.split()[0].endswith("ed")]
        asked += [f"in {which} {nouns} did {text} {base[:-3]}" for base in self.bases(way) if base.endswith(" in")]
        told = [f"{which} {nouns} {agreeing(verb)} {text}" for verb in way.verbs]
        told += [f"{which} {noun} {verb} {text}" for verb in way.verbs]
        told += [
            f"{which} {nouns} {'are' if rng.random() < 0.6 else 'were'} {attribute.replace('{o}', text)}"
            for attribute in way.attributes
        ]
        whole = [one.replace("{o}", text) for one in way.about_object]
        listed = [self.list_of(Phrase(self.modified(way, nouns, text), is_one=False)) for _ in range(2)]
        groups = [group for group in (asked, told, whole, listed) if group]
        weights = [4.0 if group is listed else 2.0 for group in groups]
        return rng.choice(rng.choices(groups, weights)[0])

    def list_of(self, phrase: Phrase) -> str:
        """Ask for what a noun phrase names."""
        text, are = phrase.text, "is" if phrase.is_one else "are"
        asked = [
            text,
            f"list {text}",
            f"name {text}",
            f"who or what {are} {text}",
            f"give the names of {text}",
            f"{text}, please",
            f"I am after {text}",
            f"I would like to know {text}",
        ]
        if phrase.is_one or text.startswith(("the ", "those ", "whoever ")):
            return self._rng.choice([*asked, f"who {are} {text}", f"what {are} {text}", f"tell me {text}"])
        asked += [
            f"the {text}",
            f"name all {text}",
            f"list the {text}",
            f"what are the {text}",
            f"which are the {text}",
            f"tell me all {text}",
            f"what {text} are there",
            f"which {text} are there",
        ]
        asked += [
            f"what {text} do you know",
            f"all {text}",
            f"enumerate {text}",
            f"which {text} exist",
            f"what are some {text}",
            f"find {text}",
            f"an overview of {text}",
            f"what were the {text}",
        ]
        return self._rng.choice(asked)

    def phrase(self, steps: Sequence[Step], topic: str) -> Phrase:
        """Name the end of a walk by a noun phrase."""
        if len(steps) > 1 and self._rng.random() < 0.5:
            folded = self._folded(steps, topic)
            if folded is not None:
                return folded
        way, last = self._ways[steps[-1].relation], steps[-1]
        inner = (
            self.phrase(steps[:-1], topic) if len(steps) > 1 else Phrase(self._decorated(topic, steps[0]), is_one=True)
        )
        if last.direction == "inverse":
            return Phrase(self.modified(way, self._rng.choice(way.subjects), inner.text), is_one=False)
        return self._objects(way, inner)

    def _objects(self, way: Ways, inner: Phrase) -> Phrase:
        """Name what a relation leads to: "the director of X", "whoever wrote X"."""
        rng, text = self._rng, inner.text
        noun, nouns = self.noun(way)
        said = [
            Phrase(f"the {noun} of {text}", inner.is_one),
            Phrase(f"the {nouns} of {text}", is_one=False),
            Phrase(f"the {noun} of {text}", inner.is_one),
        ]
        said += (
            [Phrase(f"{text}'s {noun}", is_one=True), Phrase(f"{text}'s {nouns}", is_one=False)]
            if text.startswith("{")
            else []
        )
        if way.is_person and way.agents:
            agent = rng.choice(way.agents)
            ones, many = (
                ("the person who", "whoever", f"the {noun} who"),
                ("the people who", "those who", f"the {nouns} who"),
            )
            said += [Phrase(f"{who} {agent} {text}", is_one=True) for who in ones]
            said += [Phrase(f"{who} {agreeing(agent)} {text}", is_one=False) for who in many]
        return rng.choice(said)

    def _folded(self, steps: Sequence[Step], topic: str) -> Phrase | None:
        """Say two last steps by one relation, there and back, as sharing: "films with the same director as X"."""
        first, last = steps[-2], steps[-1]
        way, rng = self._ways[first.relation], self._rng
        if first.relation != last.relation or first.direction == last.direction:
            return self._colleagues(steps, topic)
        inner = (
            self.phrase(steps[:-2], topic) if len(steps) > 2 else Phrase(self._decorated(topic, steps[0]), is_one=True)
        )
        text, (noun, nouns) = inner.text, self.noun(way)
        if first.direction == "forward":
            items, item = rng.choice(way.subjects), rng.choice(way.subject)
            said = [
                f"{items} with the same {noun} as {text}",
                f"{items} that share {with_article(noun)} with {text}",
                f"{items} that share {nouns} with {text}",
                f"other {self.modified(way, items, f'the {noun} of {text}')}",
                f"{items} that have the same {noun} as {text}",
                f"other {items} by the {noun} of {text}" if way.is_person else f"other {items} of the {noun} of {text}",
                f"{items} that have {with_article(noun)} in common with {text}",
                f"{items} whose {noun} is the one of {text}",
                f"{items} which {text} shares {with_article(noun)} with",
                f"{items} sharing {nouns} with {text}",
                f"{items} by the same {noun} as {text}" if way.is_person else f"{items} of the same {noun} as {text}",
                f"more {self.modified(way, items, f'the {noun} of {text}')}",
            ]
            said += [
                f"other {items} that {rng.choice(('the', 'that'))} {noun} of {text} {agent}" for agent in way.agents[:6]
            ]
            said += [f"{items} {agent} by the same person as {text}" for agent in ("made",) if way.is_person]
            said += [f"{items} with {with_article(noun)} that {item} {text} has too"]
        else:
            agent = rng.choice(way.agents) if way.agents else None
            items = rng.choice(way.subjects)
            said = [
                f"co-{nouns} of {text}",
                f"fellow {nouns} of {text}",
                f"other {nouns} of the {items} of {text}",
                f"{nouns} that {text} shares {with_article(way.subject[0])} with",
            ]
            if way.is_person:
                said += [f"{nouns} who worked with {text}", f"people that {text} worked with as {with_article(noun)}"]
            if agent is not None and way.is_person:
                said += [
                    f"people who {agent} the same {items} as {text}",
                    f"{nouns} who {agent} {items} together with {text}",
                    f"people who {agent} {items} with {text}",
                    f"those who {agent} {items} alongside {text}",
                    f"others who {agent} what {text} {agent}",
                    f"{nouns} who also {agent} {items} that {text} {agent}",
                ]
                verb, _, rest = agent.partition(" ")
                said += (
                    [f"people who co-{verb} {rest + ' ' if rest else ''}{items} with {text}"]
                    if verb.endswith(("ed", "te"))
                    else []
                )
        return Phrase(rng.choice(said), is_one=False)

    def _colleagues(self, steps: Sequence[Step], topic: str) -> Phrase | None:
        """Say a walk from a person over items to other persons as working together."""
        first, last = steps[-2], steps[-1]
        one, two, rng = self._ways[first.relation], self._ways[last.relation], self._rng
        if not (first.direction == "inverse" and last.direction == "forward" and one.is_person and two.is_person):
            return None
        inner = self.phrase(steps[:-2], topic) if len(steps) > 2 else Phrase(topic, is_one=True)
        text, nouns = inner.text, self.noun(two)[1]
        role = rng.choice(one.nouns)
        said = [
            f"{nouns} who worked with {text} as {role}",
            f"{nouns} that {text} worked with as {with_article(role)}",
            f"{nouns} for {text} as {role}",
            f"{nouns} of the {rng.choice(one.subjects)} with {text} as {role}",
        ]
        return Phrase(rng.choice(said), is_one=False)

    def modified(self, way: Ways, nouns: str, text: str) -> str:
        """Add to a noun that it has the object `text`: "films directed by X", "films that X directed"."""
        rng = self._rng
        is_many = nouns in way.subjects
        attributes = [f"{nouns} {one.replace('{o}', text)}" for one in way.attributes]
        clauses = [
            f"{nouns} {rng.choice(('that', 'which', ''))} {text} {agent}".replace("  ", " ") for agent in way.agents
        ]
        verbs = [
            f"{nouns} {rng.choice(('that', 'which'))} {agreeing(verb) if is_many else verb} {text}"
            for verb in way.verbs
        ]
        named = [
            f"{nouns} with {text} as {self.noun(way)[0]}",
            f"{nouns} whose {self.noun(way)[0]} is {text}",
            f"{nouns} that have {text} as {with_article(self.noun(way)[0])}",
        ]
        named += [f"{text} {nouns}", f"{nouns} of the {way.nouns[0]} {text}"] if text.startswith("{") else []
        groups = [group for group in (attributes, clauses, verbs, named) if group]
        return rng.choice(
            rng.choices(groups, [3.0 if group is attributes else 2.0 if group is clauses else 1.0 for group in groups])[
                0
            ]
        )

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

    def _agreed(self, question: str, text: str, inner: Phrase) -> str:
        """Put the verb before a plural phrase into the plural."""
        if inner.is_one:
            return question
        for one, many in (("is", "are"), ("was", "were"), ("does", "do"), ("has", "have")):
            question = question.replace(f" {one} {text}", f" {many} {text}")
        return question


def with_article(noun: str) -> str:
    """Return a noun with "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
