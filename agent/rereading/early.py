"""A plan that stops before what is asked for, or begins with what the graph never states, beside the rules' plan."""

import re
from dataclasses import replace

from agent.interpretation import Interpretation, Meanings, Walked
from agent.questions import PathPlanner
from agent.rereading.narrowing import held_to, noun_pattern
from kg.asking import is_person
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
    words = noun_pattern(manifest, step.relation)
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
            fields[name.id] = held_to(field, left, wanted=route.wanted)
    return replace(meanings, branches=(replace(branch, fields=fields),))


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
