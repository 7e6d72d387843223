"""Doubts of what a plan ends at: not at what its question asks for."""

import re
from collections import Counter
from collections.abc import Set

from agent.interpretation import Interpretation, Meanings, Route, step_of
from agent.reading import Reading
from agent.rereading.narrowing import noun_pattern
from agent.rereading.spoken import BEGINS
from agent.rereading.walks import Walks, likely_of, mark_of, turned
from kg.asking import PERSONS
from kg.namespaces import local_name
from kg.types import Iri, Step
from tools.plans import LIST

_WHO = re.compile(r"\W*(?:(?:and|so|but|ok|okay|then)\W+)*(?:who|whom)\b(?! or what)", re.IGNORECASE)
_BY_WHOM = re.compile(r"\b(?:who|whom)\W*$", re.IGNORECASE)
_SAYS = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|how|is|are|was|were|do|does|did|has|have|had|can|would|their|its|each)\b|\bto\s*\W*$",
    re.IGNORECASE,
)
"""With one of these a question says or asks more than a noun phrase."""


class Ends:
    """Finds what is left to mean where a plan does not end at what the words of its question ask for."""

    def __init__(self, walks: Walks) -> None:
        self._walks = walks
        others = (
            rf"(?:^|[,;.!?]){BEGINS}(?:else|(?<=\bother )(?:{walks.items}))\b|\banything else\b"
            r"|^\W*(?:besides|(?:apart|aside) from|other than|in addition to)\b[^,]*,\s*what\s+(?:ha[sd]|have|did|do)\b"
            rf"|\b(?:his|her|their)\s+other\s+(?:{walks.items})\b|\bmore (?:\w+ ){{0,2}}by (?:the|whoever|that)\b"
            r"|^\W*(?:the\s+)?same\s+(?:\w+\s+){1,3}as\b"
        )
        nouns = "|".join(noun_pattern(walks.manifest, name) for name in walks.manifest.relations)
        theirs = (
            rf"^{BEGINS}(?:{walks.items})\s+(?:\w+ed\s+|made\s+)?(?:by|from|of|with)\s+"
            rf"(?:(?:the|an?|any|all|those|other)\s+)*(?:{nouns})\b"
        )
        which = rf"(?:which|what)\s+(?:other\s+)?(?:{walks.items})\b(?!['’]|\s+(?:{nouns})\b)"
        self._which = re.compile(
            rf"^\W*(?:in\s+)?{which}|^(?!\W*(?:who|which|what|when|where)\b).*\b(?:are|is|in|to|on|for|with|as)\s+{which}",
            re.IGNORECASE,
        )
        self._others, self._theirs = re.compile(others, re.IGNORECASE), re.compile(theirs, re.IGNORECASE)

    def ending_as_asked(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at what a question begins with ("which directors ...", "who directed ...").

        Only a plan that begins with what the graph never states of any name is doubted.
        """
        if not meaning.routes or meaning.things or any(map(self._walks.is_stated, meaning.routes)):
            return None
        asked = self._asked_for(meanings.reading, meaning)
        if asked is None or any(route.steps[-1] == Step(asked, "forward") for route in meaning.routes):
            return None
        walks = {
            route.ref.text: {
                walk for walk in self._walks.stated_walks(meanings, route.ref) if walk.rpartition("/")[2] == asked
            }
            for route in meaning.routes
        }
        return self._walks.held(meanings, meaning, walks)

    def _asked_for(self, reading: Reading, meaning: Interpretation) -> str | None:
        """Return the relation by whose noun a question begins; of "who" that which a plan takes the wrong way."""
        marked = reading.marked()
        nouns = ((name, noun_pattern(self._walks.manifest, name)) for name in self._walks.manifest.relations)
        named = (name for name, said in nouns if re.match(rf"{BEGINS}(?:{said})\b", marked, re.IGNORECASE))
        taken = {route.steps[0].relation for route in meaning.routes if len(route.path) == 1}
        who = taken.pop() if len(taken) == 1 and len(meaning.routes) > 1 and _WHO.match(marked) else None
        return next(named, who)

    def no_farther_than_its_noun(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the one step that a question asks for with a noun and a name, and nothing else ("producers of A")."""
        if len(meaning.routes) != 1 or meaning.things or len(meaning.routes[0].path) == 1:
            return None
        (route,) = meaning.routes
        mark, text = mark_of(meanings.reading, route), meanings.reading.marked()
        for step in self._walks.planner.stated(Iri(route.ref.iri)):
            if "/" in step or step.startswith("^"):
                continue
            noun = noun_pattern(self._walks.manifest, step)
            if re.fullmatch(rf"{BEGINS}(?:{noun})\s+(?:of|in|for|on)\s+{mark}\W*", text, re.IGNORECASE):
                return self._walks.held(meanings, meaning, {route.ref.text: {step}})
        return None

    def ending_at_its_noun(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at what a question begins with the noun of, where the walk of a plan does not.

        "Imprints of the bands on A" asks for record labels.
        """
        heard = self._walks.without_descriptions(self._walks.spoken.heard(meanings.reading))
        asked = Step(self._walks.spoken.asked_for(heard), "forward")
        if not asked.relation or len(meaning.routes) != 1 or meaning.things or meaning.routes[0].steps[-1] == asked:
            return None
        (route,) = meaning.routes
        walks = {
            one for one in self._walks.stated_walks(meanings, route.ref) if step_of(one.rpartition("/")[2]) == asked
        }
        likely = walks.intersection(self._walks.fitting(heard, route.ref))
        same = {walk for walk in walks if walk.count("/") + 1 == len(route.path)}
        return self._walks.held(meanings, meaning, {route.ref.text: likely or same})

    def ending_at_items(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at items, which a question of nothing else begins with ("films with A")."""
        item_class = self._walks.manifest.items.item_class
        if meaning.do != LIST or len(meaning.routes) != 1 or meaning.things or not self._only_items(meanings.reading):
            return None
        (route,) = meaning.routes
        last = route.steps[-1]
        named = re.search(
            rf"\b(?:{noun_pattern(self._walks.manifest, last.relation)})\b", meanings.reading.marked(), re.IGNORECASE
        )
        if named or item_class in self._walks.planner.kinds(last):
            return None
        longest = len(route.path) - 1
        ending = self._walks.ending_at(meanings, route.ref, frozenset({item_class}))
        ending = {walk for walk in ending if walk.count("/") <= longest}
        likely = ending.intersection(self._walks.fitting(self._walks.spoken.heard(meanings.reading), route.ref))
        return self._walks.held(meanings, meaning, {route.ref.text: likely or likely_of(meanings.reading, ending)})

    def ending_at_which_items(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at items, which a question asks for, where a plan stops before or goes beyond.

        "Which films were directed by the director of A" does not ask who that is, nor "the films that share directors
        with A are which films" who directed them.
        """
        item_class = self._walks.manifest.items.item_class
        if meaning.do != LIST or len(meaning.routes) != 1 or meaning.things:
            return None
        (route,) = meaning.routes
        marked = meanings.reading.marked()
        asks = self._which.search(marked) and not _BY_WHOM.search(marked)
        if not asks or item_class in self._walks.planner.kinds(route.steps[-1]):
            return None
        path = "/".join(route.path)
        ending = self._walks.ending_at(meanings, route.ref, frozenset({item_class}))
        near = {walk for walk in ending if walk.rpartition("/")[0] == path or path.rpartition("/")[0] == walk}
        heard = self._walks.spoken.heard(meanings.reading)
        likely = _by_unused_words(heard, route, near) or near.intersection(self._walks.fitting(heard, route.ref))
        return self._walks.held(meanings, meaning, {route.ref.text: likely or likely_of(meanings.reading, near)})

    def _only_items(self, reading: Reading) -> bool:
        """Tell whether a question is no more than the noun for items, and which they are ("the films with A")."""
        marked = reading.marked()
        begins = re.match(rf"{BEGINS}(?:{self._walks.items})\b(?!['’])", marked, re.IGNORECASE)
        return begins is not None and not _SAYS.search(marked)

    def going_on_to_items(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that go on to items, where others are asked for and a plan stops at somebody.

        "What else did the editor of A edit" and "films by the editor of A" are not answered by the editor.
        """
        item_class, text = self._walks.manifest.items.item_class, meanings.reading.marked()
        theirs = self._theirs.search(text)
        if len(meaning.routes) != 1 or meaning.things or not (theirs or self._others.search(text)):
            return None
        (route,) = meaning.routes
        ends = self._walks.planner.kinds(route.steps[-1])
        if item_class in ends or not PERSONS & set(map(local_name, ends)):
            return None
        path = "/".join(route.path)
        ending = self._walks.ending_at(meanings, route.ref, frozenset({item_class}))
        further = {walk for walk in ending if walk.rpartition("/")[0] == path}
        heard = self._walks.spoken.heard(meanings.reading)
        said = _by_unused_words(heard, route, further)
        alike = further & {f"{path}/{turned(route.path[-1])}"}
        likely = (
            (alike if theirs else set()) or further.intersection(self._walks.fitting(heard, route.ref)) or said or alike
        )
        return self._walks.held(meanings, meaning, {route.ref.text: likely or likely_of(meanings.reading, further)})

    def ending_at_somebody(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that do not end at items where "who" is asked for and items are no people.

        "Who directed films for the writer of A" is not answered by what this writer directed. A plan that only stops
        before somebody is gone on with (see `stops_early`).
        """
        item_class = self._walks.manifest.items.item_class
        if not _asks_who(meanings.reading) or len(meaning.routes) != 1 or meaning.things:
            return None
        (route,) = meaning.routes
        ends = self._walks.planner.kinds(route.steps[-1])
        if item_class not in ends or PERSONS & set(map(local_name, ends)):
            return None
        readings = meanings.reading, self._walks.spoken.heard(meanings.reading)
        fitting = self._walks.fitting(max(readings, key=lambda one: len(one.cues)), route.ref)
        further = f"{'/'.join(route.path)}/"
        if fitting[:1] and fitting[0].startswith(further):
            return None
        stated = self._walks.stated_walks(meanings, route.ref).intersection(fitting)
        others = {walk for walk in stated if not walk.startswith(further)}
        walks = {
            walk for walk in others if item_class not in self._walks.planner.kinds(step_of(walk.rpartition("/")[2]))
        }
        return self._walks.held(meanings, meaning, {route.ref.text: walks})

    def with_who_did_it(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at whoever did what a question begins with ("who released films with A")."""
        did = self._walks.spoken.done_by_whom(meanings.reading)
        if len(meaning.routes) != 1 or meaning.things or not did:
            return None
        (route,) = meaning.routes
        if route.steps[-1] == Step(did, "forward"):
            return None
        walks = {walk for walk in self._walks.stated_walks(meanings, route.ref) if walk.rpartition("/")[2] == did}
        likely = walks.intersection(self._walks.fitting(self._walks.spoken.heard(meanings.reading), route.ref))
        same = {walk for walk in walks if walk.count("/") + 1 == len(route.path)}
        return self._walks.held(meanings, meaning, {route.ref.text: likely or same})


def _by_unused_words(heard: Reading, route: Route, walks: Set[str]) -> set[str]:
    """Return the walks whose last step is spoken of by a word that a plan makes no use of."""
    unused = Counter(heard.cues) - Counter(step.relation for step in route.steps)
    return {walk for walk in walks if step_of(walk.rpartition("/")[2]).relation in unused}


def _asks_who(reading: Reading) -> bool:
    """Tell whether "who" is the word that asks: the one that a question begins or ends with."""
    marked = reading.marked()
    return bool(_WHO.match(marked) or _BY_WHOM.search(marked))
