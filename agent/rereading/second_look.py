"""What is left to mean where a plan of the model cannot be what was asked, for it to choose from once more."""

import re
from itertools import combinations

from agent.interpretation import Interpretation, Meanings
from agent.reading import Reading
from agent.rereading.beginnings import Beginnings
from agent.rereading.ends import Ends
from agent.rereading.passages import Passages
from agent.rereading.walks import Walks, left_of, likely_of
from tools.plans import CHECK, LEAST, MOST


class SecondLook:
    """Doubts the plans of one domain, whose walks it is given."""

    def __init__(self, walks: Walks) -> None:
        self._walks = walks
        self._ends, self._beginnings, self._passages = Ends(walks), Beginnings(walks), Passages(walks)

    def left(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return what is left to mean instead of a plan; None where nothing is, or the plan may stay."""
        if self.ends_apart(meaning):
            return self._brought_together(meanings, meaning)
        ends, beginnings, passages = self._ends, self._beginnings, self._passages
        doubts = (
            self._comparing,
            beginnings.begun_with_facts,
            ends.ending_as_asked,
            passages.through_what_is_named,
            passages.with_every_name,
            ends.no_farther_than_its_noun,
            ends.ending_at_its_noun,
            ends.ending_at_items,
            ends.ending_at_which_items,
            ends.going_on_to_items,
            ends.ending_at_somebody,
            ends.with_who_did_it,
            beginnings.begun_with_whose_items_they_are,
            beginnings.among_fellows,
            beginnings.begun_with_the_main_part,
            passages.left_out_alike,
            beginnings.begun_with_the_fact_that_is_meant,
            passages.through_what_is_spoken_of,
            passages.to_an_answer,
            passages.the_other_way,
        )
        return next((left for doubt in doubts if (left := doubt(meanings, meaning)) is not None), None)

    def ends_apart(self, meaning: Interpretation) -> bool:
        """Tell whether walks of a plan end at different kinds of thing, so that nothing can be at the end of both.

        "Films by the director of Jaws with Richard Dreyfuss" is not answered by the director of Jaws and the films with
        Dreyfuss: nobody is a film. Nor is a person one of somebody's films, whatever is to be checked.
        """
        ends = [self._walks.planner.kinds(route.steps[-1]) for route in meaning.routes]
        held_up = self._walks.kinds_of(meaning.things) if meaning.do == CHECK and ends else []
        return any(not one & two for one, two in combinations([*ends, *held_up], 2))

    def _brought_together(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings in which walks that end apart go on until they end alike.

        They end at items where the question begins with their noun ("which films by the director of Jaws ...").
        """
        if meaning.do == CHECK and meaning.things and len(meaning.routes) == 1:
            return self._checked(meanings, meaning)
        goals = dict.fromkeys(self._walks.planner.kinds(route.steps[-1]) for route in meaning.routes)
        item_class = self._walks.manifest.items.item_class
        asked = [goal for goal in goals if item_class in goal] if self._asks_for_items(meanings.reading) else []
        return left_of(meanings, [self._walks.leading_to(meanings, meaning, goal) for goal in asked or goals])

    def _checked(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that look for all other names of a question at the ends of walks from one.

        These are the shortest that the question's words speak of, if it speaks of any, and of them those that are so:
        "has A been in a film by B" leaves open by which relation. If none is so, the plan's walk is gone on with.
        """
        (route,) = meaning.routes
        refs = [route.ref, *meaning.things]
        for ref in refs:
            kinds = self._walks.kinds_of(other for other in refs if other is not ref)
            goal = frozenset[str].intersection(*kinds) if kinds else frozenset[str]()
            if not goal:
                continue
            walks = self._walks.ending_at(meanings, ref, goal)
            others = [other for other in refs if other is not ref]
            check, likely = meaning.model_copy(update={"things": others}), likely_of(meanings.reading, walks)
            begins = f"{'/'.join(route.path)}/" if ref is route.ref else ""
            gone_on = likely_of(meanings.reading, {walk for walk in walks if walk.startswith(begins)})
            held = self._walks.true_of(check, ref, likely) or gone_on or likely
            if held:
                return self._walks.held(meanings, meaning, {ref.text: held}, others)
        return None

    def _comparing(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the comparison that a question's words speak of, where a plan checks nothing of its names.

        "Did A come out before B" asks which of them has the smaller year.
        """
        do = meanings.first.get("do", "")
        if meaning.do != CHECK or meaning.routes or len(meaning.things) < 2 or not do.startswith((MOST, LEAST)):
            return None
        return self._walks.held(meanings, meaning.model_copy(update={"do": do}), {}, meaning.things)

    def _asks_for_items(self, reading: Reading) -> bool:
        """Tell whether a question begins with the noun for items, behind a few words of asking and of their kind."""
        begins = rf"\W*(?:[\w\[\]]+ ){{0,3}}(?:{self._walks.item_nouns})\b"
        return bool(re.match(begins, reading.marked(), re.IGNORECASE))
