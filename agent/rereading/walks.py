"""The walks that a plan may take, and the meanings that are held to some of them."""

import re
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace

from agent.interpretation import Branch, Field, Interpretation, Listed, Meanings, Ref, Route, Walked, step_of
from agent.questions import THING, PathPlanner
from agent.reading import Reading
from agent.rereading.narrowing import held_to
from agent.rereading.spoken import SpokenRelations
from kg.asking import PERSONS, is_person, nouns_of
from kg.namespaces import local_name
from kg.plurals import plural
from kg.snapshot import Snapshot
from kg.types import Iri
from tools.plans import PlanResult


class Walks:
    """What there is to say of the names of a question in one domain.

    Args:
        snapshot: The domain.
        planner: Knows which walks there are, what they lead to and what the graph states.
        run: Carries a plan out.
    """

    def __init__(self, snapshot: Snapshot, planner: PathPlanner, run: Callable[[Interpretation], PlanResult]) -> None:
        self.manifest, self.schema, self.planner, self.run = snapshot.manifest, snapshot.schema, planner, run
        self.spoken = SpokenRelations(snapshot.manifest)
        items = snapshot.manifest.items
        several = (items.plural, *map(plural, items.synonyms))
        self.items = "|".join(map(re.escape, several))
        self.item_nouns = "|".join(map(re.escape, (items.noun, *items.synonyms, *several)))

    def stated_walks(self, meanings: Meanings, ref: Ref) -> set[str]:
        """Return the walks from a name that begin with what the graph states of it."""
        field = branch_of(meanings, "ask").fields[ids_of(meanings.reading)[ref.text]]
        starts = set(self.planner.stated(Iri(ref.iri)))
        return {walk for walk in field.walks if walk.split("/")[0] in starts} if isinstance(field, Walked) else set()

    def ending_at(self, meanings: Meanings, ref: Ref, goal: frozenset[str]) -> set[str]:
        """Return those of them that end at something of a class of the goal."""
        walks = self.stated_walks(meanings, ref)
        return {walk for walk in walks if self.planner.kinds(step_of(walk.rpartition("/")[2])) & goal}

    def alike(self, meanings: Meanings, route: Route) -> set[str]:
        """Return the walks as long as another that end by the same relation, begun with what is stated."""
        walks = self.stated_walks(meanings, route.ref)
        return {
            walk for walk in walks if walk.split("/")[-1] == route.path[-1] and walk.count("/") + 1 == len(route.path)
        }

    def fitting(self, heard: Reading, ref: Ref) -> list[str]:
        """Return the walks from a name that the words for relations fit best, best first."""
        name = next(one for one in heard.names if one.text == ref.text)
        return [path.text for path in self.planner.plan(Iri(ref.iri), heard, name)]

    def answered(self, meaning: Interpretation, route: Route, walks: Set[str]) -> set[str]:
        """Return the walks that have an answer."""
        plans = {walk: meaning.model_copy(update={"routes": [along(route, walk)]}) for walk in walks}
        return {walk for walk, plan in plans.items() if self.run(plan).answers}

    def holds(self, meaning: Interpretation) -> bool:
        """Tell whether the answer to a yes-or-no plan is yes."""
        return self.run(meaning).verdict is True

    def true_of(self, check: Interpretation, ref: Ref, walks: Iterable[str]) -> set[str]:
        """Return the walks from a name at whose ends is all that a yes-or-no question looks for."""
        routes = {walk: Route(ref=ref, path=walk.split("/")) for walk in walks}
        return {walk for walk, route in routes.items() if self.holds(check.model_copy(update={"routes": [route]}))}

    def leading_to(self, meanings: Meanings, meaning: Interpretation, goal: frozenset[str]) -> Branch | None:
        """Return the meanings in which every walk of a plan ends at a kind of thing; None where one cannot."""
        walks = {route.ref.text: self.mended(meanings, route, goal) for route in meaning.routes}
        return self.branch(meanings, meaning, walks, meaning.things) if all(walks.values()) else None

    def mended(self, meanings: Meanings, route: Route, goal: frozenset[str]) -> set[str]:
        """Return what may be said in place of a walk for it to end at a kind of thing.

        That is the walk itself, or what goes on from it, or its beginning; one that begins with what the graph never
        states of its name begins anew.
        """
        path, ending = "/".join(route.path), self.ending_at(meanings, route.ref, goal)
        if not self.is_stated(route):
            return ending
        if self.planner.kinds(route.steps[-1]) & goal:
            return {path}
        further = {walk for walk in ending if walk.startswith(f"{path}/")}
        return further or {walk for walk in ending if path.startswith(f"{walk}/")}

    def held(
        self, meanings: Meanings, meaning: Interpretation, walks: dict[str, set[str]], things: Iterable[Ref] = ()
    ) -> Meanings | None:
        """Return the meanings held to some walks from each name; None where a name has none left."""
        return left_of(meanings, [self.branch(meanings, meaning, walks, things)]) if all(walks.values()) else None

    def branch(
        self, meanings: Meanings, meaning: Interpretation, walks: dict[str, set[str]], things: Iterable[Ref]
    ) -> Branch:
        """Return a question held to what it does, to walks from some names, and to others that are looked for."""
        branch, ids = branch_of(meanings, meaning.intent), ids_of(meanings.reading)
        negated = {name.text for name in meanings.reading.names if name.negated}
        wanted = {route.ref.text: route.wanted for route in meaning.routes}
        fields: dict[str, Field] = {ids[ref.text]: Listed((THING,)) for ref in things}
        for text, found in walks.items():
            field = branch.fields[ids[text]]
            if isinstance(field, Walked):
                fields[ids[text]] = held_to(field, found, wanted=wanted.get(text, text not in negated))
        return replace(branch, fields={**branch.fields, "do": Listed((meaning.do,)), **fields})

    def kinds_of(self, refs: Iterable[Ref]) -> list[frozenset[str]]:
        return [kinds for ref in refs if (kinds := self.planner.classes(Iri(ref.iri)))]

    def is_stated(self, route: Route) -> bool:
        return route.path[0] in self.planner.stated(Iri(route.ref.iri))

    def is_of_somebody(self, walk: str) -> bool:
        """Tell whether a walk leads by one step from somebody to the items that state him or her."""
        step = step_of(walk)
        relation = self.manifest.relations[step.relation].iri
        leads = step.direction == "inverse" and self.manifest.items.item_class in self.planner.kinds(step)
        return leads and is_person(self.schema, relation)

    def without_descriptions(self, heard: Reading) -> Reading:
        """Return what is heard without the nouns for people right behind the name of a thing: "banjo players"."""
        ends = {name.start + len(name.text): name for name in heard.names}

        def asks(cue: str, start: int, end: int) -> bool:
            name = next((one for at, one in ends.items() if heard.text[at:start].isspace()), None)
            if name is None or heard.text[start:end].lower() not in nouns_of(self.manifest, cue):
                return True
            is_somebody = PERSONS & {local_name(kind) for kind in self.planner.classes(Iri(name.iri))}
            if is_somebody or not is_person(self.schema, self.manifest.relations[cue].iri):
                return True
            return cue in {step_of(walk).relation for walk in self.planner.stated(Iri(name.iri))}

        kept = [(cue, span) for cue, span in zip(heard.cues, heard.cue_spans, strict=True) if asks(cue, *span)]
        return replace(heard, cues=tuple(cue for cue, _ in kept), cue_spans=tuple(span for _, span in kept))


def left_of(meanings: Meanings, branches: Sequence[Branch | None]) -> Meanings | None:
    kept = tuple(one for one in branches if one is not None)
    return replace(meanings, branches=kept) if kept else None


def branch_of(meanings: Meanings, intent: str) -> Branch:
    (branch,) = (one for one in meanings.branches if one.intent == intent)
    return branch


def ids_of(reading: Reading) -> dict[str, str]:
    return {name.text: name.id for name in reading.names}


def mark_of(reading: Reading, route: Route) -> str:
    """Return a pattern of what stands for the name of a walk in the marked text of a question."""
    return re.escape(f"[{ids_of(reading)[route.ref.text]}]")


def along(route: Route, walk: str) -> Route:
    return route.model_copy(update={"path": walk.split("/")})


def turned(step: str) -> str:
    return step.removeprefix("^") if step.startswith("^") else f"^{step}"


def relations_of(walk: str) -> set[str]:
    return {step_of(step).relation for step in walk.split("/")}


def likely_of(reading: Reading, walks: Set[str]) -> set[str]:
    """Return the shortest walks, of those through a relation that a question names if there are any."""
    said = {walk for walk in walks if set(reading.cues) & relations_of(walk)} or walks
    fewest = min((walk.count("/") for walk in said), default=0)
    return {walk for walk in said if walk.count("/") == fewest}
