"""What is left to mean where a plan of the model cannot be what was asked, for it to choose from once more."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from itertools import combinations, pairwise

from agent.interpretation import Branch, Field, Interpretation, Listed, Meanings, Ref, Route, Walked, step_of
from agent.questions import THING, PathPlanner
from agent.reading import Name, Reading
from agent.reading.spans import any_of
from agent.rereading.narrowing import held_to, noun_pattern
from agent.rereading.spoken import BEGINS, SpokenRelations
from kg.asking import PERSONS, asked_of, is_person, nouns_of
from kg.linking import FUNCTION_WORDS
from kg.namespaces import local_name
from kg.plurals import plural
from kg.snapshot import Snapshot
from kg.types import Iri, Step
from tools.plans import CHECK, LEAST, LIST, MOST, PlanResult

_JOINED = re.compile(r"\s*(?:,|&|\band\b|\bor\b)\s*(?:(?:and|or)\s*)?", re.IGNORECASE)
_WHO = re.compile(r"\W*(?:(?:and|so|but|ok|okay|then)\W+)*(?:who|whom)\b(?! or what)", re.IGNORECASE)
_BY_WHOM = re.compile(r"\b(?:who|whom)\W*$", re.IGNORECASE)
_SAYS = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|how|is|are|was|were|do|does|did|has|have|had|can|would|their|its|each)\b|\bto\s*\W*$",
    re.IGNORECASE,
)
"""With one of these a question says or asks more than a noun phrase."""


THERE_AND_BACK = 2
"""Steps from one who has something in common with others to these."""


class SecondLook:
    """Doubts the plans of one domain.

    Args:
        snapshot: The domain.
        planner: Knows which walks there are, what they lead to and what the graph states.
        run: Carries a plan out.
    """

    def __init__(self, snapshot: Snapshot, planner: PathPlanner, run: Callable[[Interpretation], PlanResult]) -> None:
        self._manifest, self._schema, self._planner, self._run = snapshot.manifest, snapshot.schema, planner, run
        self._spoken = SpokenRelations(snapshot.manifest)
        items = snapshot.manifest.items
        several = items.plural, *map(plural, items.synonyms)
        self._items = "|".join(map(re.escape, several))
        others = (
            rf"(?:^|[,;.!?]){BEGINS}(?:else|(?<=\bother )(?:{self._items}))\b|\banything else\b"
            r"|^\W*(?:besides|(?:apart|aside) from|other than|in addition to)\b[^,]*,\s*what\s+(?:ha[sd]|have|did|do)\b"
            rf"|\b(?:his|her|their)\s+other\s+(?:{self._items})\b|\bmore (?:\w+ ){{0,2}}by (?:the|whoever|that)\b"
            r"|^\W*(?:the\s+)?same\s+(?:\w+\s+){1,3}as\b"
        )
        nouns = "|".join(noun_pattern(self._manifest, name) for name in self._manifest.relations)
        theirs = (
            rf"^{BEGINS}(?:{self._items})\s+(?:\w+ed\s+|made\s+)?(?:by|from|of|with)\s+"
            rf"(?:(?:the|an?|any|all|those|other)\s+)*(?:{nouns})\b"
        )
        self._others, self._theirs = re.compile(others, re.IGNORECASE), re.compile(theirs, re.IGNORECASE)
        fellows = {name: asked_of(self._manifest, name).fellows for name in self._manifest.relations}
        self._fellows = {name: any_of(said) for name, said in fellows.items() if said}
        self._item_nouns = "|".join(map(re.escape, (items.noun, *items.synonyms, *several)))

    def left(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return what is left to mean instead of a plan; None where nothing is, or the plan may stay."""
        if self.ends_apart(meaning):
            return self._brought_together(meanings, meaning)
        doubts = (
            self._comparing,
            self._begun_with_facts,
            self._ending_as_asked,
            self._through_what_is_named,
            self._with_every_name,
            self._no_farther_than_its_noun,
            self._ending_at_its_noun,
            self._ending_at_items,
            self._going_on_to_items,
            self._ending_at_somebody,
            self._with_who_did_it,
            self._begun_with_whose_items_they_are,
            self._among_fellows,
            self._begun_with_the_main_part,
            self._left_out_alike,
            self._begun_with_the_fact_that_is_meant,
            self._through_what_is_spoken_of,
            self._to_an_answer,
            self._the_other_way,
        )
        return next((left for doubt in doubts if (left := doubt(meanings, meaning)) is not None), None)

    def ends_apart(self, meaning: Interpretation) -> bool:
        """Tell whether walks of a plan end at different kinds of thing, so that nothing can be at the end of both.

        "Films by the director of Jaws with Richard Dreyfuss" is not answered by the director of Jaws and the films with
        Dreyfuss: nobody is a film. Nor is a person one of somebody's films, whatever is to be checked.
        """
        ends = [self._planner.kinds(route.steps[-1]) for route in meaning.routes]
        held_up = self._kinds_of(meaning.things) if meaning.do == CHECK and ends else []
        return any(not one & two for one, two in combinations([*ends, *held_up], 2))

    def _brought_together(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings in which walks that end apart go on until they end alike.

        They end at items where the question begins with their noun ("which films by the director of Jaws ...").
        """
        if meaning.do == CHECK and meaning.things and len(meaning.routes) == 1:
            return self._checked(meanings, meaning)
        goals = dict.fromkeys(self._planner.kinds(route.steps[-1]) for route in meaning.routes)
        item_class = self._manifest.items.item_class
        asked = [goal for goal in goals if item_class in goal] if self._asks_for_items(meanings.reading) else []
        return _left(meanings, [self._leading_to(meanings, meaning, goal) for goal in asked or goals])

    def _checked(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that look for all other names of a question at the ends of walks from one.

        These are the shortest that the question's words speak of, if it speaks of any, and of them those that are so:
        "has A been in a film by B" leaves open by which relation. If none is so, the plan's walk is gone on with.
        """
        (route,) = meaning.routes
        refs = [route.ref, *meaning.things]
        for ref in refs:
            kinds = self._kinds_of(other for other in refs if other is not ref)
            goal = frozenset[str].intersection(*kinds) if kinds else frozenset[str]()
            if not goal:
                continue
            walks = self._ending_at(meanings, ref, goal)
            others = [other for other in refs if other is not ref]
            check, likely = meaning.model_copy(update={"things": others}), _likely(meanings.reading, walks)
            begins = f"{'/'.join(route.path)}/" if ref is route.ref else ""
            gone_on = _likely(meanings.reading, {walk for walk in walks if walk.startswith(begins)})
            held = self._true(check, ref, likely) or gone_on or likely
            if held:
                return self._held(meanings, meaning, {ref.text: held}, others)
        return None

    def _true(self, check: Interpretation, ref: Ref, walks: Iterable[str]) -> set[str]:
        """Return the walks at whose ends is all that a question looks for."""
        routes = {walk: Route(ref=ref, path=walk.split("/")) for walk in walks}
        return {walk for walk, route in routes.items() if self._holds(check.model_copy(update={"routes": [route]}))}

    def _comparing(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the comparison that a question's words speak of, where a plan checks nothing of its names.

        "Did A come out before B" asks which of them has the smaller year.
        """
        do = meanings.first.get("do", "")
        if meaning.do != CHECK or meaning.routes or len(meaning.things) < 2 or not do.startswith((MOST, LEAST)):
            return None
        return self._held(meanings, meaning.model_copy(update={"do": do}), {}, meaning.things)

    def _begun_with_facts(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings in which each walk begins with what the graph states of its name.

        "Films that A directed with B" does not say of B, who directed nothing, what it says of A. What "and" or "or"
        joins is meant alike, so that it stays. Nor is it meant to leave out what there is nothing of. Of one name alone
        it may be asked what the graph never states; of several not all is.
        """
        blind = [route for route in meaning.routes if not self._is_stated(route)]
        sound = [route for route in meaning.routes if route not in blind]
        if not blind or len(meaning.routes) == 1 or any(_is_joined(meanings.reading, one.ref.text) for one in blind):
            return None
        goal = self._planner.kinds((sound or blind)[0].steps[-1])
        walks = {route.ref.text: {"/".join(route.path)} for route in sound}
        for route in blind:
            ending = self._ending_at(meanings, route.ref, goal)
            walks[route.ref.text] = {walk for walk in ending if walk.count("/") + 1 == len(route.path)}
        return self._held(meanings, meaning, walks, meaning.things)

    def _begun_with_the_fact_that_is_meant(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that begin with what the graph states of a name, where a plan does not.

        "Which composers worked on A's films" does not say that A directed them. A relation that the question has a word
        for is asked about, though the graph states nothing of the kind.
        """
        if len(meaning.routes) != 1 or self._is_stated(meaning.routes[0]):
            return None
        (route,), heard = meaning.routes, self._spoken.heard(meanings.reading)
        first = route.steps[0].relation
        said = max(_times(first, one) for one in (heard, meanings.reading))
        if sum(step.relation == first for step in route.steps) <= said:
            return None
        walks = self._alike(meanings, route)
        if meaning.things:  # to be held up against the ends: "did A edit B" does not ask what A wrote
            same = {one for one in self._stated_walks(meanings, route.ref) if one.count("/") + 1 == len(route.path)}
            walks = {walk for walk in same if set(heard.cues) & _relations(walk)}
        return self._held(meanings, meaning, {route.ref.text: walks}, meaning.things)

    def _ending_as_asked(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at what a question begins with ("which directors ...", "who directed ...").

        Only a plan that begins with what the graph never states of any name is doubted.
        """
        if not meaning.routes or meaning.things or any(map(self._is_stated, meaning.routes)):
            return None
        asked = self._asked_for(meanings.reading, meaning)
        if asked is None or any(route.steps[-1] == Step(asked, "forward") for route in meaning.routes):
            return None
        walks = {
            route.ref.text: {
                walk for walk in self._stated_walks(meanings, route.ref) if walk.rpartition("/")[2] == asked
            }
            for route in meaning.routes
        }
        return self._held(meanings, meaning, walks)

    def _through_what_is_named(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings by which a yes-or-no question is so, through the relation that it names.

        "Is A by the director of B" does not ask whether A is a sequel of B. A plan that is so, or by which it could not
        be either, stays.
        """
        if meaning.do != CHECK or len(meaning.routes) != 1 or not meaning.things or self._holds(meaning):
            return None
        (route,), cues = meaning.routes, set(meanings.reading.cues)
        if not cues or cues & {step.relation for step in route.steps}:
            return None
        walks = self._ending_at(meanings, route.ref, self._planner.kinds(route.steps[-1]))
        likely = {walk for walk in _likely(meanings.reading, walks) if cues & _relations(walk)}
        return self._held(meanings, meaning, {route.ref.text: self._true(meaning, route.ref, likely)}, meaning.things)

    def _with_every_name(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings in which a name that a plan leaves out is asked about, too, if it can be in one step.

        A list holds nothing up against its ends: a name that is to be held up is left out as well.
        """
        used = {route.ref.text for route in meaning.routes}
        spare = [name for name in meanings.reading.names if name.text not in used and _is_meant(name)]
        if meaning.do == CHECK or not used or not spare:
            return None
        goal = self._planner.kinds(meaning.routes[0].steps[-1])
        walks = {route.ref.text: {"/".join(route.path)} for route in meaning.routes}
        left = {
            name.text: {
                walk
                for walk in self._planner.stated(name.iri)
                if "/" not in walk and self._planner.kinds(step_of(walk)) & goal
            }
            for name in spare
        }
        added = {text: found for text, found in left.items() if found}
        return self._held(meanings, meaning, walks | added) if added else None

    def _ending_at_its_noun(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at what a question begins with the noun of, where the walk of a plan does not.

        "Imprints of the bands on A" asks for record labels.
        """
        heard = self._without_descriptions(self._spoken.heard(meanings.reading))
        asked = Step(self._spoken.asked_for(heard), "forward")
        if not asked.relation or len(meaning.routes) != 1 or meaning.things or meaning.routes[0].steps[-1] == asked:
            return None
        (route,) = meaning.routes
        walks = {one for one in self._stated_walks(meanings, route.ref) if step_of(one.rpartition("/")[2]) == asked}
        likely = walks.intersection(self._fitting(heard, route.ref))
        same = {walk for walk in walks if walk.count("/") + 1 == len(route.path)}
        return self._held(meanings, meaning, {route.ref.text: likely or same})

    def _no_farther_than_its_noun(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the one step that a question asks for with a noun and a name, and nothing else ("producers of A")."""
        if len(meaning.routes) != 1 or meaning.things or len(meaning.routes[0].path) == 1:
            return None
        (route,) = meaning.routes
        mark, text = _mark(meanings.reading, route), meanings.reading.marked()
        for step in self._planner.stated(Iri(route.ref.iri)):
            if "/" in step or step.startswith("^"):
                continue
            noun = noun_pattern(self._manifest, step)
            if re.fullmatch(rf"{BEGINS}(?:{noun})\s+(?:of|in|for|on)\s+{mark}\W*", text, re.IGNORECASE):
                return self._held(meanings, meaning, {route.ref.text: {step}})
        return None

    def _ending_at_items(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at items, which a question of nothing else begins with ("films with A")."""
        item_class = self._manifest.items.item_class
        if meaning.do != LIST or len(meaning.routes) != 1 or meaning.things or not self._only_items(meanings.reading):
            return None
        (route,) = meaning.routes
        last = route.steps[-1]
        named = re.search(
            rf"\b(?:{noun_pattern(self._manifest, last.relation)})\b", meanings.reading.marked(), re.IGNORECASE
        )
        if named or item_class in self._planner.kinds(last):
            return None
        longest = len(route.path) - 1
        ending = self._ending_at(meanings, route.ref, frozenset({item_class}))
        ending = {walk for walk in ending if walk.count("/") <= longest}
        likely = ending.intersection(self._fitting(self._spoken.heard(meanings.reading), route.ref))
        return self._held(meanings, meaning, {route.ref.text: likely or _likely(meanings.reading, ending)})

    def _going_on_to_items(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that go on to items, where others are asked for and a plan stops at somebody.

        "What else did the editor of A edit" and "films by the editor of A" are not answered by the editor.
        """
        item_class, text = self._manifest.items.item_class, meanings.reading.marked()
        theirs = self._theirs.search(text)
        if len(meaning.routes) != 1 or meaning.things or not (theirs or self._others.search(text)):
            return None
        (route,) = meaning.routes
        ends = self._planner.kinds(route.steps[-1])
        if item_class in ends or not PERSONS & set(map(local_name, ends)):
            return None
        path = "/".join(route.path)
        ending = self._ending_at(meanings, route.ref, frozenset({item_class}))
        further = {walk for walk in ending if walk.rpartition("/")[0] == path}
        heard = self._spoken.heard(meanings.reading)
        unused = Counter(heard.cues) - Counter(step.relation for step in route.steps)
        said = {walk for walk in further if step_of(walk.rpartition("/")[2]).relation in unused}
        alike = further & {f"{path}/{_turned(route.path[-1])}"}
        likely = (alike if theirs else set()) or further.intersection(self._fitting(heard, route.ref)) or said or alike
        return self._held(meanings, meaning, {route.ref.text: likely or _likely(meanings.reading, further)})

    def _ending_at_somebody(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that do not end at items where "who" is asked for and items are no people.

        "Who directed films for the writer of A" is not answered by what this writer directed. A plan that only stops
        before somebody is gone on with (see `stops_early`).
        """
        item_class = self._manifest.items.item_class
        if not _asks_who(meanings.reading) or len(meaning.routes) != 1 or meaning.things:
            return None
        (route,) = meaning.routes
        ends = self._planner.kinds(route.steps[-1])
        if item_class not in ends or PERSONS & set(map(local_name, ends)):
            return None
        readings = meanings.reading, self._spoken.heard(meanings.reading)
        fitting = self._fitting(max(readings, key=lambda one: len(one.cues)), route.ref)
        further = f"{'/'.join(route.path)}/"
        if fitting[:1] and fitting[0].startswith(further):
            return None
        stated = self._stated_walks(meanings, route.ref).intersection(fitting)
        others = {walk for walk in stated if not walk.startswith(further)}
        walks = {walk for walk in others if item_class not in self._planner.kinds(step_of(walk.rpartition("/")[2]))}
        return self._held(meanings, meaning, {route.ref.text: walks})

    def _fitting(self, heard: Reading, ref: Ref) -> list[str]:
        """Return the walks from a name that the words for relations fit best, best first."""
        name = next(one for one in heard.names if one.text == ref.text)
        return [path.text for path in self._planner.plan(Iri(ref.iri), heard, name)]

    def _with_who_did_it(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that end at whoever did what a question begins with ("who released films with A")."""
        did = self._spoken.done_by_whom(meanings.reading)
        if len(meaning.routes) != 1 or meaning.things or not did:
            return None
        (route,) = meaning.routes
        if route.steps[-1] == Step(did, "forward"):
            return None
        walks = {walk for walk in self._stated_walks(meanings, route.ref) if walk.rpartition("/")[2] == did}
        likely = walks.intersection(self._fitting(self._spoken.heard(meanings.reading), route.ref))
        same = {walk for walk in walks if walk.count("/") + 1 == len(route.path)}
        return self._held(meanings, meaning, {route.ref.text: likely or same})

    def _begun_with_whose_items_they_are(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that begin with the items that state a name, where a question is about somebody's.

        "Where are A's bands from" asks for the hometowns of those whose member A is, where A is an artist as well.
        """
        if len(meaning.routes) != 1 or meaning.things:
            return None
        (route,), heard = meaning.routes, self._spoken.heard(meanings.reading)
        first, *further = route.steps
        mark = _mark(meanings.reading, route)
        theirs = rf"{mark}['’]s?\s+(?:\w+\s+)?(?:{self._items})\b|\b(?:{self._items})\s+of\s+{mark}"
        if first.direction == "inverse" or not re.search(theirs, meanings.reading.marked(), re.IGNORECASE):
            return None
        stops = self._manifest.items.item_class in self._planner.kinds(first)
        is_said = first.relation in (*heard.cues, *meanings.reading.cues)
        if len(further) > 1 or (is_said and (further or stops)):
            return None
        begun = [step for step in self._planner.stated(Iri(route.ref.iri)) if self._is_of_somebody(step)]
        walks = {step if stops and not further else f"{step}/{route.path[-1]}" for step in begun}
        return self._held(meanings, meaning, {route.ref.text: walks & self._stated_walks(meanings, route.ref)})

    def _is_of_somebody(self, walk: str) -> bool:
        """Tell whether a walk leads by one step from somebody to the items that state him or her."""
        step = step_of(walk)
        relation = self._manifest.relations[step.relation].iri
        leads = step.direction == "inverse" and self._manifest.items.item_class in self._planner.kinds(step)
        return leads and is_person(self._schema, relation)

    def _among_fellows(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that lead to those who have something in common with a name ("the bandmates of A")."""
        heard = self._spoken.heard(meanings.reading)
        shared = next((name for name, said in self._fellows.items() if said.search(meanings.reading.marked())), None)
        if shared is None or len(meaning.routes) != 1 or meaning.things or {*heard.cues} - {shared}:
            return None
        (route,) = meaning.routes
        if len(route.path) > THERE_AND_BACK:
            return None
        there_and_back = {f"^{shared}/{shared}", f"{shared}/^{shared}"} & self._stated_walks(meanings, route.ref)
        if "/".join(route.path) in there_and_back:
            return None
        return self._held(meanings, meaning, {route.ref.text: there_and_back})

    def _begun_with_the_main_part(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that begin with what most items state somebody for, where a question says no more.

        "When did A's films come out" asks for what A directed, where A has acted once; so does "actors who worked under
        A".
        """
        if len(meaning.routes) != 1 or meaning.things:
            return None
        (route,), heard = meaning.routes, self._spoken.heard(meanings.reading)
        theirs = rf"{_mark(meanings.reading, route)}(?:['’]?s)?\s+(?:{self._items})\b"
        first = route.steps[0].relation
        unsaid = len(route.path) > 1 and first not in (*heard.cues, *meanings.reading.cues)
        is_vague = unsaid or re.search(theirs, meanings.reading.marked(), re.IGNORECASE) is not None
        if not is_vague or not self._is_of_somebody(route.path[0]):
            return None
        if sum(step.relation == first for step in route.steps) <= heard.cues.count(first):
            return None
        begins = [step for step in self._planner.stated(Iri(route.ref.iri)) if self._is_of_somebody(step)]
        parts = {step: self._n_items(route, step) for step in begins}
        most = max(parts.values(), default=0)
        if parts.get(route.path[0], 0) * 2 > most:
            return None
        walks = {"/".join([step, *route.path[1:]]) for step, count in parts.items() if count == most}
        return self._held(meanings, meaning, {route.ref.text: walks & self._stated_walks(meanings, route.ref)})

    def _n_items(self, route: Route, step: str) -> int:
        return len(self._run(Interpretation(intent="ask", routes=[_along(route, step)])).answers)

    def _left_out_alike(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that leave out what is as the question wants the rest to be, where no word says how else.

        "Films that A acted in without B" does not leave out what B directed.
        """
        wanted = [route for route in meaning.routes if route.wanted]
        unwanted = [route for route in meaning.routes if not route.wanted]
        if len(wanted) != 1 or len(unwanted) != 1 or meaning.things or wanted[0].path == unwanted[0].path:
            return None
        (one,), (other,) = wanted, unwanted
        walk = "/".join(one.path)
        said = {*meanings.reading.cues, *self._spoken.heard(meanings.reading).cues}
        if {step.relation for step in other.steps} & said or walk not in self._planner.stated(Iri(other.ref.iri)):
            return None
        return self._held(meanings, meaning, {route.ref.text: {walk} for route in meaning.routes})

    def _through_what_is_spoken_of(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings through every relation whose words are in the question, where a plan passes one by.

        "The members of bands on the imprint of A" is not answered without a record label. Only a plan with a step more
        by some relation than words for it is doubted: else it may be the words that are misheard. So it may where a
        longer walk has no answer and the plan has. Of several walks the one that no word speaks of is another.
        """
        heard = self._without_descriptions(self._spoken.heard(meanings.reading))
        steps = Counter(step.relation for route in meaning.routes for step in route.steps)
        passed_by = set(heard.cues) - set(steps)
        strange = [one for one in meaning.routes if not {step.relation for step in one.steps} & set(heard.cues)]
        if not passed_by or steps <= Counter(heard.cues) or meaning.things:
            return None
        walks = {route.ref.text: {"/".join(route.path)} for route in meaning.routes}
        if len(meaning.routes) == 1:
            (route,) = meaning.routes
            likely = self._stated_walks(meanings, route.ref).intersection(self._fitting(heard, route.ref))
            through = {walk for walk in likely if set(heard.cues) <= _relations(walk)}
            longer = {walk for walk in through if walk.count("/") + 1 > len(route.path)}
            lost = longer - self._answered(meaning, route, longer) if self._run(meaning).answers else set[str]()
            walks[route.ref.text] = through - lost
        elif len(strange) == 1:
            (route,) = strange
            ending = self._ending_at(meanings, route.ref, self._planner.kinds(route.steps[-1]))
            walks[route.ref.text] = {
                walk for walk in ending if passed_by <= _relations(walk) and walk.count("/") + 1 == len(route.path)
            }
        else:
            return None
        return self._held(meanings, meaning, walks)

    def _without_descriptions(self, heard: Reading) -> Reading:
        """Return what is heard without the nouns for people right behind the name of a thing: "banjo players"."""
        ends = {name.start + len(name.text): name for name in heard.names}

        def asks(cue: str, start: int, end: int) -> bool:
            name = next((one for at, one in ends.items() if heard.text[at:start].isspace()), None)
            if name is None or heard.text[start:end].lower() not in nouns_of(self._manifest, cue):
                return True
            is_somebody = PERSONS & {local_name(kind) for kind in self._planner.classes(Iri(name.iri))}
            if is_somebody or not is_person(self._schema, self._manifest.relations[cue].iri):
                return True
            return cue in {step_of(walk).relation for walk in self._planner.stated(Iri(name.iri))}

        kept = [(cue, span) for cue, span in zip(heard.cues, heard.cue_spans, strict=True) if asks(cue, *span)]
        return replace(heard, cues=tuple(cue for cue, _ in kept), cue_spans=tuple(span for _, span in kept))

    def _to_an_answer(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that the words of a question fit and that have an answer, where a plan has none.

        A plan through what no word speaks of is doubted: "who directed the movies that A's editor worked on" does not
        ask for what A's director edited. The others end at the same kind of thing and are as long. So is a plan with a
        step that a noun behind the name tells of, which says what this is to the items: "banjo players".
        """
        heard = self._spoken.heard(meanings.reading)
        heard = max((meanings.reading, heard), key=lambda one: len(set(one.cues)))
        if meaning.do != LIST or len(meaning.routes) != 1 or meaning.things or not heard.cues:
            return None
        (route,), said = meaning.routes, set(heard.cues)
        spoken = {step.relation for step in route.steps} <= said
        walks = self._without_what_describes(meanings, route)
        if (spoken and not walks) or self._run(meaning).answers:
            return None
        if not walks:
            fitting = set(self._fitting(heard, route.ref))
            ending = self._ending_at(meanings, route.ref, self._planner.kinds(route.steps[-1]))
            alike = {walk for walk in ending if walk.count("/") + 1 == len(route.path)}
            walks = {walk for walk in alike if walk in fitting or _relations(walk) <= said}
        return self._held(meanings, meaning, {route.ref.text: self._answered(meaning, route, walks)})

    def _the_other_way(self, meanings: Meanings, meaning: Interpretation) -> Meanings | None:
        """Return the meanings that go one step of a walk the other way and have an answer, where a plan has none.

        "Which bands have a member from A" does not ask for the members of people: who has no members is one himself.
        """
        if meaning.do != LIST or len(meaning.routes) != 1 or meaning.things or self._run(meaning).answers:
            return None
        (route,) = meaning.routes
        turned = {
            "/".join([*route.path[:at], _turned(step), *route.path[at + 1 :]]) for at, step in enumerate(route.path)
        }
        walks = turned & self._stated_walks(meanings, route.ref)
        return self._held(meanings, meaning, {route.ref.text: self._answered(meaning, route, walks)})

    def _without_what_describes(self, meanings: Meanings, route: Route) -> set[str]:
        """Return a walk without the step whose noun stands right behind its name."""
        mark, text = _mark(meanings.reading, route), meanings.reading.marked()
        left = set[str]()
        for at, step in enumerate(route.steps[1:], start=1):
            if re.search(rf"{mark}\s+(?:{noun_pattern(self._manifest, step.relation)})\b", text, re.IGNORECASE):
                left.add("/".join([*route.path[:at], *route.path[at + 1 :]]))
        return left & self._stated_walks(meanings, route.ref)

    def _answered(self, meaning: Interpretation, route: Route, walks: Set[str]) -> set[str]:
        """Return the walks that have an answer."""
        plans = {walk: meaning.model_copy(update={"routes": [_along(route, walk)]}) for walk in walks}
        return {walk for walk, plan in plans.items() if self._run(plan).answers}

    def _holds(self, meaning: Interpretation) -> bool:
        """Tell whether the answer to a yes-or-no plan is yes."""
        return self._run(meaning).verdict is True

    # ---- walks, and the meanings that are held to them ----

    def _leading_to(self, meanings: Meanings, meaning: Interpretation, goal: frozenset[str]) -> Branch | None:
        """Return the meanings in which every walk of a plan ends at a kind of thing; None where one cannot."""
        walks = {route.ref.text: self._mended(meanings, route, goal) for route in meaning.routes}
        return self._branch(meanings, meaning, walks, meaning.things) if all(walks.values()) else None

    def _mended(self, meanings: Meanings, route: Route, goal: frozenset[str]) -> set[str]:
        """Return what may be said in place of a walk for it to end at a kind of thing.

        That is the walk itself, or what goes on from it, or its beginning; one that begins with what the graph never
        states of its name begins anew.
        """
        path, ending = "/".join(route.path), self._ending_at(meanings, route.ref, goal)
        if not self._is_stated(route):
            return ending
        if self._planner.kinds(route.steps[-1]) & goal:
            return {path}
        further = {walk for walk in ending if walk.startswith(f"{path}/")}
        return further or {walk for walk in ending if path.startswith(f"{walk}/")}

    def _ending_at(self, meanings: Meanings, ref: Ref, goal: frozenset[str]) -> set[str]:
        walks = self._stated_walks(meanings, ref)
        return {walk for walk in walks if self._planner.kinds(step_of(walk.rpartition("/")[2])) & goal}

    def _stated_walks(self, meanings: Meanings, ref: Ref) -> set[str]:
        """Return the walks from a name that begin with what the graph states of it."""
        field = _branch_of(meanings, "ask").fields[_ids(meanings.reading)[ref.text]]
        starts = set(self._planner.stated(Iri(ref.iri)))
        return {walk for walk in field.walks if walk.split("/")[0] in starts} if isinstance(field, Walked) else set()

    def _held(
        self, meanings: Meanings, meaning: Interpretation, walks: dict[str, set[str]], things: Iterable[Ref] = ()
    ) -> Meanings | None:
        return _left(meanings, [self._branch(meanings, meaning, walks, things)]) if all(walks.values()) else None

    def _branch(
        self, meanings: Meanings, meaning: Interpretation, walks: dict[str, set[str]], things: Iterable[Ref]
    ) -> Branch:
        """Return a question held to what it does, to walks from some names, and to others that are looked for."""
        branch, ids = _branch_of(meanings, meaning.intent), _ids(meanings.reading)
        negated = {name.text for name in meanings.reading.names if name.negated}
        wanted = {route.ref.text: route.wanted for route in meaning.routes}
        fields: dict[str, Field] = {ids[ref.text]: Listed((THING,)) for ref in things}
        for text, found in walks.items():
            field = branch.fields[ids[text]]
            if isinstance(field, Walked):
                fields[ids[text]] = held_to(field, found, wanted=wanted.get(text, text not in negated))
        return replace(branch, fields={**branch.fields, "do": Listed((meaning.do,)), **fields})

    def _alike(self, meanings: Meanings, route: Route) -> set[str]:
        """Return the walks as long as another that end by the same relation, begun with what is stated."""
        walks = self._stated_walks(meanings, route.ref)
        return {
            walk for walk in walks if walk.split("/")[-1] == route.path[-1] and walk.count("/") + 1 == len(route.path)
        }

    def _kinds_of(self, refs: Iterable[Ref]) -> list[frozenset[str]]:
        return [kinds for ref in refs if (kinds := self._planner.classes(Iri(ref.iri)))]

    def _is_stated(self, route: Route) -> bool:
        return route.path[0] in self._planner.stated(Iri(route.ref.iri))

    def _asked_for(self, reading: Reading, meaning: Interpretation) -> str | None:
        """Return the relation by whose noun a question begins; of "who" that which a plan takes the wrong way."""
        marked = reading.marked()
        nouns = ((name, noun_pattern(self._manifest, name)) for name in self._manifest.relations)
        named = (name for name, said in nouns if re.match(rf"{BEGINS}(?:{said})\b", marked, re.IGNORECASE))
        taken = {route.steps[0].relation for route in meaning.routes if len(route.path) == 1}
        who = taken.pop() if len(taken) == 1 and len(meaning.routes) > 1 and _WHO.match(marked) else None
        return next(named, who)

    def _only_items(self, reading: Reading) -> bool:
        """Tell whether a question is no more than the noun for items, and which they are ("the films with A")."""
        marked = reading.marked()
        begins = re.match(rf"{BEGINS}(?:{self._items})\b(?!['’])", marked, re.IGNORECASE)
        return begins is not None and not _SAYS.search(marked)

    def _asks_for_items(self, reading: Reading) -> bool:
        """Tell whether a question begins with the noun for items, behind a few words of asking and of their kind."""
        begins = rf"\W*(?:[\w\[\]]+ ){{0,3}}(?:{self._item_nouns})\b"
        return bool(re.match(begins, reading.marked(), re.IGNORECASE))


def _left(meanings: Meanings, branches: Sequence[Branch | None]) -> Meanings | None:
    kept = tuple(one for one in branches if one is not None)
    return replace(meanings, branches=kept) if kept else None


def _branch_of(meanings: Meanings, intent: str) -> Branch:
    (branch,) = (one for one in meanings.branches if one.intent == intent)
    return branch


def _ids(reading: Reading) -> dict[str, str]:
    return {name.text: name.id for name in reading.names}


def _mark(reading: Reading, route: Route) -> str:
    """Return a pattern of what stands for the name of a walk in the marked text of a question."""
    return re.escape(f"[{_ids(reading)[route.ref.text]}]")


def _along(route: Route, walk: str) -> Route:
    return route.model_copy(update={"path": walk.split("/")})


def _turned(step: str) -> str:
    return step.removeprefix("^") if step.startswith("^") else f"^{step}"


def _relations(walk: str) -> set[str]:
    return {step_of(step).relation for step in walk.split("/")}


def _likely(reading: Reading, walks: Set[str]) -> set[str]:
    """Return the shortest walks, of those through a relation that a question names if there are any."""
    said = {walk for walk in walks if set(reading.cues) & _relations(walk)} or walks
    fewest = min((walk.count("/") for walk in said), default=0)
    return {walk for walk in said if walk.count("/") == fewest}


def _times(relation: str, reading: Reading) -> int:
    """Return how often a question speaks of a relation; "the composers of the scores" does so once."""
    said = [span for cue, span in zip(reading.cues, reading.cue_spans, strict=True) if cue == relation]
    gaps = (reading.text[one[1] : two[0]].split() for one, two in pairwise(sorted(said)))
    return len(said) - sum("of" in gap and FUNCTION_WORDS.issuperset(gap) for gap in gaps)


def _is_meant(name: Name) -> bool:
    """Tell whether a name is one beyond doubt: a common noun, or with a capital that does not begin the question."""
    common = name.label.islower() or name.text == plural(name.label.lower())
    return common or (name.start > 0 and name.text[:1].isupper())


def _asks_who(reading: Reading) -> bool:
    """Tell whether "who" is the word that asks: the one that a question begins or ends with."""
    marked = reading.marked()
    return bool(_WHO.match(marked) or _BY_WHOM.search(marked))


def _is_joined(reading: Reading, text: str) -> bool:
    """Tell whether a name is one of several that "and", "or" or a comma joins."""
    names: list[Name] = sorted(reading.names, key=lambda one: one.start)
    gaps = [(one, two, reading.text[one.start + len(one.text) : two.start]) for one, two in pairwise(names)]
    return any(text in (one.text, two.text) and _JOINED.fullmatch(gap) for one, two, gap in gaps)
