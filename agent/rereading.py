"""A second look at a plan of the model: whether it stops before what is asked for, or its walks end apart."""

import re
from dataclasses import replace
from itertools import combinations

from agent.interpretation import Branch, Interpretation, Listed, Meanings, Route, Walked, step_of
from agent.questions import UNWANTED, PathPlanner
from agent.walk_pattern import walk_pattern
from kg.asking import asked_of, is_person
from kg.manifest import ItemSettings
from kg.plurals import plural
from kg.snapshot import Snapshot
from kg.types import Iri, Step

_PERSON = r"(?:who|whom|which (?:person|people))"
_WHO = re.compile(rf"^\W*{_PERSON}\b|\b{_PERSON}\W*$", re.IGNORECASE)
_WHEN = re.compile(r"^\W*when\b|\bwhen\W*$", re.IGNORECASE)


def stops_early(meaning: Interpretation, other: Interpretation, request: str, snapshot: Snapshot) -> bool:
    """Tell whether `other` goes one step further than `meaning`, to what the question's own words ask for.

    "What types are the films directed by X" asks for types; a plan that ends at the films does not answer it. A person
    is asked for by "who", a year by "when", and anything by its noun. A relation that the plan has used already is
    asked for by "who" only: its words are in the question for that use.
    """
    step = _step_beyond(meaning, other)
    if step is None:
        return False
    manifest = snapshot.manifest
    relation = manifest.relations[step.relation]
    if is_person(snapshot.schema, relation.iri) and _WHO.search(request):
        return True
    if relation.noun == "year" and _WHEN.search(request):
        return True
    used = {one.relation for route in meaning.routes for one in route.steps}
    nouns = (relation.noun, relation.plural, *asked_of(manifest, step.relation).nouns)
    words = "|".join(re.escape(noun) + "s?" for noun in nouns if noun)
    return step.relation not in used and bool(re.search(rf"\b(?:{words})\b", request, re.IGNORECASE))


def going_on(meanings: Meanings, meaning: Interpretation, other: Interpretation, planner: PathPlanner) -> Meanings:
    """Return the meanings that are left where a plan falls short, for the model to choose from once more.

    A path that `other` goes on with has to go one step further; one that begins with what the graph never states of the
    name has to begin with something else.

    Args:
        meanings: All that the question may mean.
        meaning: The model's plan.
        other: The rules' plan, which is answered.
        planner: Knows what the graph states.
    """
    further = {two.ref.text: "/".join(two.path) for two in other.routes}
    (branch,) = (one for one in meanings.branches if one.intent == meaning.intent)
    fields = dict(branch.fields)
    names = {one.text: one for one in meanings.reading.names}
    for route in meaning.routes:
        name, path = names[route.ref.text], "/".join(route.path)
        field = fields[name.id]
        if not isinstance(field, Walked):
            continue
        if further.get(route.ref.text, "").startswith(f"{path}/"):
            left = {
                walk for walk in field.walks if walk.startswith(f"{path}/") and walk.count("/") == path.count("/") + 1
            }
        else:
            begins = tuple(planner.stated(Iri(route.ref.iri)))
            left = {walk for walk in field.walks if walk.split("/")[0] in begins}
        if left:
            fields[name.id] = replace(field, pattern=f"^{walk_pattern(left)}$", walks=frozenset(left))
    return replace(meanings, branches=(replace(branch, fields=fields),))


def ends_apart(meaning: Interpretation, planner: PathPlanner) -> bool:
    """Tell whether walks of a plan end at different kinds of thing, so that nothing can be at the end of both.

    "Films by the director of Jaws with Richard Dreyfuss" is not answered by the director of Jaws and the films with
    Dreyfuss: nobody is a film.
    """
    ends = [planner.kinds(route.steps[-1]) for route in meaning.routes]
    return any(not one & two for one, two in combinations(ends, 2))


def brought_together(
    meanings: Meanings, meaning: Interpretation, planner: PathPlanner, items: ItemSettings
) -> Meanings | None:
    """Return the meanings in which walks that end apart go on until they end alike; None where none can.

    They end at items where the question begins with their noun ("which films by the director of Jaws ...").

    Args:
        meanings: All that the question may mean.
        meaning: The model's plan.
        planner: Knows what steps lead to.
        items: What the domain recommends.
    """
    goals = dict.fromkeys(planner.kinds(route.steps[-1]) for route in meaning.routes)
    asked = [goal for goal in goals if items.item_class in goal] if _asks_for(items, meanings.reading.marked()) else []
    (branch,) = (one for one in meanings.branches if one.intent == meaning.intent)
    ids = {one.text: one.id for one in meanings.reading.names}
    branches: list[Branch] = []
    for goal in asked or goals:
        led: dict[str, Walked] = {}
        for route in meaning.routes:
            field = branch.fields[name := ids[route.ref.text]]
            if isinstance(field, Walked):
                led[name] = _leading_to(field, route, goal, planner)
        if all(one.walks for one in led.values()):
            branches.append(replace(branch, fields={**branch.fields, "do": Listed((meaning.do,)), **led}))
    return replace(meanings, branches=tuple(branches)) if branches else None


def _asks_for(items: ItemSettings, question: str) -> bool:
    """Tell whether a question begins with the noun for items, behind a word or two of asking and one of their kind."""
    nouns = (items.noun, items.plural, *items.synonyms, *map(plural, items.synonyms))
    return bool(re.match(rf"\W*(?:[\w\[\]]+ ){{0,3}}(?:{'|'.join(map(re.escape, nouns))})\b", question, re.IGNORECASE))


def _leading_to(field: Walked, route: Route, goal: frozenset[str], planner: PathPlanner) -> Walked:
    """Return what may be said in place of a walk for it to end at a kind of thing: itself, or what goes on from it."""
    path = "/".join(route.path)
    if planner.kinds(route.steps[-1]) & goal:
        left = {path}
    else:
        further = (walk for walk in field.walks if walk.startswith(f"{path}/"))
        left = {walk for walk in further if planner.kinds(step_of(walk.rpartition("/")[2])) & goal}
    start = "" if route.wanted else UNWANTED
    pattern = f"^{start}{walk_pattern(left)}$" if left else field.pattern
    return replace(field, pattern=pattern, walks=frozenset(left))


def _step_beyond(meaning: Interpretation, other: Interpretation) -> Step | None:
    """Return the one forward step by which one path of `other` is longer, if they are the same but for it."""
    if (meaning.do, meaning.things, len(meaning.routes)) != (other.do, other.things, len(other.routes)):
        return None
    beyond: list[Step] = []
    for one, two in zip(meaning.routes, other.routes, strict=True):
        if one.ref.text != two.ref.text or two.path[: len(one.path)] != one.path:
            return None
        more = two.steps[len(one.path) :]
        if more and (len(more) > 1 or more[0].direction != "forward" or one.steps[-1].direction != "inverse"):
            return None
        beyond += more
    return beyond[0] if len(beyond) == 1 else None
