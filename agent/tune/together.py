"""Questions about those who worked together: who shares an item with a person, in the same role or in another."""

import random
import re

from agent.tune.noun_phrases import NounPhraser, Phrase, with_article
from agent.tune.ways import Ways
from kg.verbs import agreeing, base_form

_COMPANY = ("with", "together with", "alongside", "along with", "jointly with")
_TRAILING = re.compile(r" (?:in|on|for)$")
_NAME = re.compile(r"\{\d\}")
_PREFIXED = re.compile(r"(\w+(?:ed|te))(?: (?:in|on|for))?")
"""A past verb that "co-" may stand before: "directed", "wrote", "starred in"."""


class Together:
    """Says a walk from a person over items to persons, or from an item over a person to items.

    Args:
        words: Names nouns.
        rng: Chooses.
    """

    def __init__(self, words: NounPhraser, rng: random.Random) -> None:
        self._words, self._rng = words, rng

    def fellows(self, way: Ways, inner: Phrase) -> list[str]:
        """Ask for those who did the same for the same items as `inner`."""
        rng, text, (noun, nouns) = self._rng, inner.text, self._words.noun(way)
        items, company, whom = rng.choice(way.subjects), rng.choice(_COMPANY), self._whom(nouns)
        are = "is" if inner.is_one else "are"
        asked = [
            f"{text} {are} {f'a co-{noun}' if inner.is_one else f'co-{nouns}'} of {whom}",
            f"who are the co-{nouns} of {text}",
            f"of whom {are} {text} {f'a co-{noun}' if inner.is_one else f'co-{nouns}'}",
            f"which {nouns} share {items} with {text}",
            f"{text} shares {items} with {whom}" if inner.is_one else f"{text} share {items} with {whom}",
            f"who worked with {text} as {with_article(noun)} on the same {items}",
            f"{text} worked on {items} with which other {nouns}",
            f"who {'was' if inner.is_one else 'were'} {text} {with_article(noun)} together with",
            f"who else is among the {nouns} of the {items} of {text}",
        ]
        for agent in rng.sample(way.agents, min(4, len(way.agents))):
            asked += self._by_agent(agent, inner, items, company, whom)
        return asked

    def _by_agent(self, agent: str, inner: Phrase, items: str, company: str, whom: str) -> list[str]:
        """Ask by one verb of the relation: "who acted in films with X", "with whom did X co-direct films"."""
        bare, text, base = _TRAILING.sub("", agent), inner.text, base_form(agent)
        does = agent if inner.is_one else agreeing(agent)
        asked = [
            f"who {agent} {items} {company} {text}",
            f"who {agent} the same {items} as {text}",
            f"who else {agent} the {items} of {text}",
            f"{text} {does} {items} {company} {whom}",
            f"{text} and who else {agreeing(agent)} the same {items}",
        ]
        if base is None and agent.split(maxsplit=1)[0].endswith("ed"):
            asked.append(f"with whom {'has' if inner.is_one else 'have'} {text} {agent} {items}")
        if bare != agent and " " not in bare:
            does = _TRAILING.sub("", does)
            asked += [f"who {bare} {company} {text}", f"{text} {does} {company} {whom}"]
        if base is not None:
            short = _TRAILING.sub("", base)
            asked += [f"who did {text} {base} {items} with", f"with whom did {text} {base} {items}"]
            asked += [f"who did {text} {short} with", f"{company} whom did {text} {short}"] if short != base else []
        found = _PREFIXED.fullmatch(agent)
        if found is not None:
            asked += [f"who co-{agent} {items} with {text}", f"{text} co-{agent} {items} with {whom}"]
            asked += [f"which people have co-{agent} {items} with {text}"] if found[1].endswith("ed") else []
            asked += [f"{text} co-{found[1]} with {whom}"] if found[1] != agent else []
        return asked

    def in_roles(self, one: Ways, two: Ways, inner: Phrase) -> list[str]:
        """Ask for those who did the second for the items of whom did the first: "who wrote for the director X"."""
        rng, (noun, nouns) = self._rng, self._words.noun(two)
        role = rng.choice(one.nouns)
        text = f"the {role} {inner.text}" if _NAME.fullmatch(inner.text) else inner.definite
        items, whom = rng.choice(one.subjects), self._whom(nouns)
        asked = [
            f"who are the {nouns} of {text}",
            f"who was the {noun} for {text}",
            f"{nouns} of {text}",
            f"which {nouns} worked for {text}",
            f"which {nouns} did {text} work with",
            f"{text} worked with which {nouns}",
            f"the {nouns} that {text} worked with",
            f"which {nouns} worked with {text}",
            f"{nouns} for {inner.text} as {role}",
            f"{text} had {whom} as {noun}",
        ]
        for agent in rng.sample(two.agents, min(4, len(two.agents))):
            asked += [f"who {agent} {items} for {text}", f"who {agent} {items} of {text}"]
            asked += [f"which {nouns} {agent} {items} for {text}"] if not base_form(agent) else []
            bare = _TRAILING.sub("", agent)
            asked += [f"who {bare} for {text}"] if bare != agent and " " not in bare else []
        return asked

    def again(self, way: Ways, inner: Phrase) -> list[str]:
        """Ask what else those did whom `inner` names: "the director of X also directed which films"."""
        rng, text = self._rng, inner.text
        items, which = rng.choice(way.subjects), rng.choice(("which", "what"))
        asked = [f"which other {items} are there by {text}", f"what else is there by {text}"]
        for agent in rng.sample(way.agents, min(5, len(way.agents))):
            asked += [f"{text} also {agent} {which} {items}", f"{text} also {agent} what"] if inner.is_one else []
            base = base_form(agent)
            if base is not None:
                asked += [f"what else did {text} {base}", f"{which} other {items} did {text} {base}"]
                asked += [f"{text} also {base} {which} {items}"] if not inner.is_one else []
        noun = self._words.noun(way)[0]
        are = "is" if inner.is_one else "are"
        return [
            *asked,
            f"{text} {are} also the {noun} of {which} {items}",
            f"{which} {items} {are} {text} the {noun} of too",
        ]

    def _whom(self, nouns: str) -> str:
        return self._rng.choice(("who", "whom", "who", "which people", f"which {nouns}", f"which other {nouns}"))
