"""Doubts of what a plan passes: names and relations left out, or none that lead to an answer."""

import re
from collections import Counter

from agent.interpretation import Interpretation, Meanings, Route, step_of
from agent.reading import Name
from agent.rereading.narrowing import noun_pattern
from agent.rereading.walks import Walks, likely_of, mark_of, relations_of, turned
from kg.plurals import plural
from kg.types import Iri
from tools.plans import CHECK, LIST


class Passages:
    """Finds what is left to mean where a plan passes by what its question speaks of, or leads nowhere."""

    def __init__(self, walks: Walks) -> None:
        self._walks = walks

    def through_what_is_named(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings by which a yes-or-no question is so, through the relation that it names.

        "Is A by the director of B" does not ask whether A is a sequel of B. A plan that is so, or by which it could not
        be either, stays.
        """
        if meaning.do != CHECK or len(meaning.routes) != 1 or not meaning.things or self._walks.holds(meaning):
            return None
        (route,), cues = meaning.routes, set(meanings.reading.cues)
        if not cues or cues & {step.relation for step in route.steps}:
            return None
        walks = self._walks.ending_at(meanings, route.ref, self._walks.planner.kinds(route.steps[-1]))
        likely = {walk for walk in likely_of(meanings.reading, walks) if cues & relations_of(walk)}
        return self._walks.held(
            meanings, meaning, {route.ref.text: self._walks.true_of(meaning, route.ref, likely)}, meaning.things
        )

    def with_every_name(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings in which a name that a plan leaves out is asked about, too, if it can be in one step.

        A list holds nothing up against its ends: a name that is to be held up is left out as well.
        """
        used = {route.ref.text for route in meaning.routes}
        spare = [name for name in meanings.reading.names if name.text not in used and _is_meant(name)]
        if meaning.do == CHECK or not used or not spare:
            return None
        goal = self._walks.planner.kinds(meaning.routes[0].steps[-1])
        walks = {route.ref.text: {"/".join(route.path)} for route in meaning.routes}
        left = {
            name.text: {
                walk
                for walk in self._walks.planner.stated(name.iri)
                if "/" not in walk and self._walks.planner.kinds(step_of(walk)) & goal
            }
            for name in spare
        }
        added = {text: found for text, found in left.items() if found}
        return self._walks.held(meanings, meaning, walks | added) if added else None

    def left_out_alike(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that leave out what is as the question wants the rest to be, where no word says how else.

        "Films that A acted in without B" does not leave out what B directed.
        """
        wanted = [route for route in meaning.routes if route.wanted]
        unwanted = [route for route in meaning.routes if not route.wanted]
        if len(wanted) != 1 or len(unwanted) != 1 or meaning.things or wanted[0].path == unwanted[0].path:
            return None
        (one,), (other,) = wanted, unwanted
        walk = "/".join(one.path)
        said = {*meanings.reading.cues, *self._walks.spoken.heard(meanings.reading).cues}
        if {step.relation for step in other.steps} & said or walk not in self._walks.planner.stated(Iri(other.ref.iri)):
            return None
        return self._walks.held(meanings, meaning, {route.ref.text: {walk} for route in meaning.routes})

    def through_what_is_spoken_of(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings through every relation whose words are in the question, where a plan passes one by.

        "The members of bands on the imprint of A" is not answered without a record label. Only a plan with a step more
        by some relation than words for it is doubted: else it may be the words that are misheard. So it may where a
        longer walk has no answer and the plan has. Of several walks the one that no word speaks of is another.
        """
        heard = self._walks.without_descriptions(self._walks.spoken.heard(meanings.reading))
        steps = Counter(step.relation for route in meaning.routes for step in route.steps)
        passed_by = set(heard.cues) - set(steps)
        strange = [one for one in meaning.routes if not {step.relation for step in one.steps} & set(heard.cues)]
        if not passed_by or steps <= Counter(heard.cues) or meaning.things:
            return None
        walks = {route.ref.text: {"/".join(route.path)} for route in meaning.routes}
        if len(meaning.routes) == 1:
            (route,) = meaning.routes
            likely = self._walks.stated_walks(meanings, route.ref).intersection(self._walks.fitting(heard, route.ref))
            through = {walk for walk in likely if set(heard.cues) <= relations_of(walk)}
            longer = {walk for walk in through if walk.count("/") + 1 > len(route.path)}
            lost = (
                longer - self._walks.answered(meaning, route, longer)
                if self._walks.run(meaning).answers
                else set[str]()
            )
            walks[route.ref.text] = through - lost
        elif len(strange) == 1:
            (route,) = strange
            ending = self._walks.ending_at(meanings, route.ref, self._walks.planner.kinds(route.steps[-1]))
            walks[route.ref.text] = {
                walk for walk in ending if passed_by <= relations_of(walk) and walk.count("/") + 1 == len(route.path)
            }
        else:
            return None
        return self._walks.held(meanings, meaning, walks)

    def to_an_answer(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that the words of a question fit and that have an answer, where a plan has none.

        A plan through what no word speaks of is doubted: "who directed the movies that A's editor worked on" does not
        ask for what A's director edited. The others end at the same kind of thing and are as long. So is a plan with a
        step that a noun behind the name tells of, which says what this is to the items: "banjo players".
        """
        heard = self._walks.spoken.heard(meanings.reading)
        heard = max((meanings.reading, heard), key=lambda one: len(set(one.cues)))
        if meaning.do != LIST or len(meaning.routes) != 1 or meaning.things or not heard.cues:
            return None
        (route,), said = meaning.routes, set(heard.cues)
        spoken = {step.relation for step in route.steps} <= said
        walks = self._without_what_describes(meanings, route)
        if (spoken and not walks) or self._walks.run(meaning).answers:
            return None
        if not walks:
            fitting = set(self._walks.fitting(heard, route.ref))
            ending = self._walks.ending_at(meanings, route.ref, self._walks.planner.kinds(route.steps[-1]))
            alike = {walk for walk in ending if walk.count("/") + 1 == len(route.path)}
            walks = {walk for walk in alike if walk in fitting or relations_of(walk) <= said}
        return self._walks.held(meanings, meaning, {route.ref.text: self._walks.answered(meaning, route, walks)})

    def the_other_way(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that go one step of a walk the other way and have an answer, where a plan has none.

        "Which bands have a member from A" does not ask for the members of people: who has no members is one himself.
        """
        if meaning.do != LIST or len(meaning.routes) != 1 or meaning.things or self._walks.run(meaning).answers:
            return None
        (route,) = meaning.routes
        others = {
            "/".join([*route.path[:at], turned(step), *route.path[at + 1 :]]) for at, step in enumerate(route.path)
        }
        walks = others & self._walks.stated_walks(meanings, route.ref)
        return self._walks.held(meanings, meaning, {route.ref.text: self._walks.answered(meaning, route, walks)})

    def _without_what_describes(self, meanings: Meanings, route: Route) -> set[str]:
        """Return a walk without the step whose noun stands right behind its name."""
        mark, text = mark_of(meanings.reading, route), meanings.reading.marked()
        left = set[str]()
        for at, step in enumerate(route.steps[1:], start=1):
            if re.search(rf"{mark}\s+(?:{noun_pattern(self._walks.manifest, step.relation)})\b", text, re.IGNORECASE):
                left.add("/".join([*route.path[:at], *route.path[at + 1 :]]))
        return left & self._walks.stated_walks(meanings, route.ref)


def _is_meant(name: Name) -> bool:
    """Tell whether a name is one beyond doubt: a common noun, or with a capital that does not begin the question."""
    common = name.label.islower() or name.text == plural(name.label.lower())
    return common or (name.start > 0 and name.text[:1].isupper())
