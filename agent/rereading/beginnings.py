"""Doubts of what a plan begins with: not with what is meant of its name."""

import re
from itertools import pairwise

from agent.interpretation import Interpretation, Meanings, Route, step_of
from agent.reading import Name, Reading
from agent.reading.spans import any_of
from agent.rereading.walks import Walks, along, mark_of, relations_of
from kg.asking import asked_of
from kg.linking import FUNCTION_WORDS
from kg.types import Iri

_JOINED = re.compile(r"\s*(?:,|&|\band\b|\bor\b)\s*(?:(?:and|or)\s*)?", re.IGNORECASE)
THERE_AND_BACK = 2
"""Steps from one who has something in common with others to these."""


class Beginnings:
    """Finds what is left to mean where a plan begins with what its question cannot mean of a name."""

    def __init__(self, walks: Walks) -> None:
        self._walks = walks
        fellows = {name: asked_of(walks.manifest, name).fellows for name in walks.manifest.relations}
        self._fellows = {name: any_of(said) for name, said in fellows.items() if said}

    def begun_with_facts(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings in which each walk begins with what the graph states of its name.

        "Films that A directed with B" does not say of B, who directed nothing, what it says of A. What "and" or "or"
        joins is meant alike, so that it stays. Nor is it meant to leave out what there is nothing of. Of one name alone
        it may be asked what the graph never states; of several not all is.
        """
        blind = [route for route in meaning.routes if not self._walks.is_stated(route)]
        sound = [route for route in meaning.routes if route not in blind]
        if not blind or len(meaning.routes) == 1 or any(_is_joined(meanings.reading, one.ref.text) for one in blind):
            return None
        goal = self._walks.planner.kinds((sound or blind)[0].steps[-1])
        walks = {route.ref.text: {"/".join(route.path)} for route in sound}
        for route in blind:
            ending = self._walks.ending_at(meanings, route.ref, goal)
            walks[route.ref.text] = {walk for walk in ending if walk.count("/") + 1 == len(route.path)}
        return self._walks.held(meanings, meaning, walks, meaning.things)

    def begun_with_the_fact_that_is_meant(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that begin with what the graph states of a name, where a plan does not.

        "Which composers worked on A's films" does not say that A directed them. A relation that the question has a word
        for is asked about, though the graph states nothing of the kind.
        """
        if len(meaning.routes) != 1 or self._walks.is_stated(meaning.routes[0]):
            return None
        (route,), heard = meaning.routes, self._walks.spoken.heard(meanings.reading)
        first = route.steps[0].relation
        said = max(_times(first, self._walks.without_descriptions(one)) for one in (heard, meanings.reading))
        if sum(step.relation == first for step in route.steps) <= said:
            return None
        stated, length = self._walks.stated_walks(meanings, route.ref), len(route.path)
        as_long = {walk for walk in stated if walk.count("/") + 1 == length}
        walks = self._walks.alike(meanings, route)
        if length == 1 and _times(first, heard):  # it only described whom the name does: "banjo players"
            kinds = self._walks.planner.kinds(route.steps[-1])
            walks = {walk for walk in as_long if self._walks.planner.kinds(step_of(walk)) & kinds}
        if meaning.things:  # to be held up against the ends: "did A edit B" does not ask what A wrote
            walks = {walk for walk in as_long if set(heard.cues) & relations_of(walk)}
        return self._walks.held(meanings, meaning, {route.ref.text: walks}, meaning.things)

    def begun_with_whose_items_they_are(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that begin with the items that state a name, where a question is about somebody's.

        "Where are A's bands from" asks for the hometowns of those whose member A is, where A is an artist as well.
        """
        if len(meaning.routes) != 1 or meaning.things:
            return None
        (route,), heard = meaning.routes, self._walks.spoken.heard(meanings.reading)
        first, *further = route.steps
        mark = mark_of(meanings.reading, route)
        theirs = rf"{mark}['’]s?\s+(?:\w+\s+)?(?:{self._walks.items})\b|\b(?:{self._walks.items})\s+of\s+{mark}"
        if first.direction == "inverse" or not re.search(theirs, meanings.reading.marked(), re.IGNORECASE):
            return None
        stops = self._walks.manifest.items.item_class in self._walks.planner.kinds(first)
        is_said = first.relation in (*heard.cues, *meanings.reading.cues)
        if len(further) > 1 or (is_said and (further or stops)):
            return None
        begun = [step for step in self._walks.planner.stated(Iri(route.ref.iri)) if self._walks.is_of_somebody(step)]
        walks = {step if stops and not further else f"{step}/{route.path[-1]}" for step in begun}
        return self._walks.held(
            meanings, meaning, {route.ref.text: walks & self._walks.stated_walks(meanings, route.ref)}
        )

    def among_fellows(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that lead to those who have something in common with a name ("the bandmates of A")."""
        heard = self._walks.spoken.heard(meanings.reading)
        shared = next((name for name, said in self._fellows.items() if said.search(meanings.reading.marked())), None)
        if shared is None or len(meaning.routes) != 1 or meaning.things or {*heard.cues} - {shared}:
            return None
        (route,) = meaning.routes
        if len(route.path) > THERE_AND_BACK:
            return None
        there_and_back = {f"^{shared}/{shared}", f"{shared}/^{shared}"} & self._walks.stated_walks(meanings, route.ref)
        if "/".join(route.path) in there_and_back:
            return None
        return self._walks.held(meanings, meaning, {route.ref.text: there_and_back})

    def begun_with_the_main_part(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that begin with what most items state somebody for, where a question says no more.

        "When did A's films come out" asks for what A directed, where A has acted once; so does "actors who worked under
        A".
        """
        if len(meaning.routes) != 1 or meaning.things:
            return None
        (route,), heard = meaning.routes, self._walks.spoken.heard(meanings.reading)
        theirs = rf"{mark_of(meanings.reading, route)}(?:['’]?s)?\s+(?:{self._walks.items})\b"
        first = route.steps[0].relation
        unsaid = len(route.path) > 1 and first not in (*heard.cues, *meanings.reading.cues)
        is_vague = unsaid or re.search(theirs, meanings.reading.marked(), re.IGNORECASE) is not None
        if not is_vague or not self._walks.is_of_somebody(route.path[0]):
            return None
        if sum(step.relation == first for step in route.steps) <= heard.cues.count(first):
            return None
        begins = [step for step in self._walks.planner.stated(Iri(route.ref.iri)) if self._walks.is_of_somebody(step)]
        parts = {step: self._n_items(route, step) for step in begins}
        most = max(parts.values(), default=0)
        if parts.get(route.path[0], 0) * 2 > most:
            return None
        walks = {"/".join([step, *route.path[1:]]) for step, count in parts.items() if count == most}
        return self._walks.held(
            meanings, meaning, {route.ref.text: walks & self._walks.stated_walks(meanings, route.ref)}
        )

    def _n_items(self, route: Route, step: str) -> int:
        return len(self._walks.run(Interpretation(intent="ask", routes=[along(route, step)])).answers)


def _times(relation: str, reading: Reading) -> int:
    """Return how often a question speaks of a relation; "the composers of the scores" does so once."""
    said = [span for cue, span in zip(reading.cues, reading.cue_spans, strict=True) if cue == relation]
    gaps = (reading.text[one[1] : two[0]].split() for one, two in pairwise(sorted(said)))
    return len(said) - sum("of" in gap and FUNCTION_WORDS.issuperset(gap) for gap in gaps)


def _is_joined(reading: Reading, text: str) -> bool:
    """Tell whether a name is one of several that "and", "or" or a comma joins."""
    names: list[Name] = sorted(reading.names, key=lambda one: one.start)
    gaps = [(one, two, reading.text[one.start + len(one.text) : two.start]) for one, two in pairwise(names)]
    return any(text in (one.text, two.text) and _JOINED.fullmatch(gap) for one, two, gap in gaps)
