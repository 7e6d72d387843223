"""What code mends in a plan by itself, since the reading of the question leaves no choice."""

from agent.interpretation import Interpretation
from agent.reading import Reading
from tools.plans import CHECK, COUNT, LIST


def corrected(meaning: Interpretation, reading: Reading) -> Interpretation:
    """Return a plan that neither asks for a number which is given nor wants what the question negates."""
    return _without_what_is_negated(_without_what_is_given(meaning), reading)


def listed_instead(meaning: Interpretation) -> Interpretation:
    """Return a plan that lists its ends, where what it would look for among them cannot be there.

    "No" would be an answer to a question that nobody asked; a list says how the question was understood.
    """
    return meaning.model_copy(update={"do": LIST, "things": []})


def _without_what_is_given(meaning: Interpretation) -> Interpretation:
    """Leave out a last step to the number that the question gives: "horror from 1979" asks for no years."""
    given = {period.relation for period in meaning.periods}
    if meaning.do not in (LIST, COUNT):
        return meaning
    routes = [
        route.model_copy(update={"path": route.path[:-1]}) if len(route.path) > 1 and route.path[-1] in given else route
        for route in meaning.routes
    ]
    return meaning.model_copy(update={"routes": routes})


def _without_what_is_negated(meaning: Interpretation, reading: Reading) -> Interpretation:
    """Want no ends of a name that is negated, beside another that is not: "films by A that don't have B"."""
    negated = {name.text for name in reading.names if name.negated}
    if meaning.do == CHECK or all(route.ref.text in negated for route in meaning.routes if route.wanted):
        return meaning
    routes = [
        route.model_copy(update={"wanted": False}) if route.ref.text in negated else route for route in meaning.routes
    ]
    return meaning.model_copy(update={"routes": routes})
