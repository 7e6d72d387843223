"""What code says itself: the introduction to a list, the answer to a question, and why a list is empty."""

from collections.abc import Sequence

from agent.answer import AnswerEntity, Counterfactual
from agent.interpretation import Interpretation, Route
from agent.untrusted import name, plain, quoted
from kg.manifest import Manifest
from kg.plurals import plural
from tools.plans import CHECK, COUNT, FEWER, LEAST, LIST, MORE, MOST

NAMED = 5
"""Items of a history that a sentence names; the answer's `what_if` has all."""

CANNOT_TELL, NO_NAME = "I cannot tell", "I found no name in the question"
"""How an answer begins that says why there is none."""

LISTED = 12
"""Answers named in a sentence; the complete set is in the answer's `answers`."""

PARTS = {
    "history": "place with people who share your taste",
    "graph": "ties to what you know",
    "user": "place with people like you",
    "prior": "popularity",
    "like": "likeness to your example",
    "wish": "fit to your wish",
    "kind": "place with people who like what you ask for",
    "query": "fit to your words",
}
"""The parts of a score, as they are spoken of."""


def introduction(manifest: Manifest, meaning: Interpretation, n_items: int, user: str | None) -> str:
    """Return one sentence over a list: how many, for whom, under which wishes."""
    noun = manifest.items.noun if n_items == 1 else manifest.items.plural
    wishes = [f"like {name(ref.label)}" for ref in meaning.like]
    wishes += [f"preferably {name(ref.label)}" for ref in meaning.prefer]
    wishes += [constraint.text for constraint in meaning.constraints()]
    wishes += [f"about {quoted(meaning.rest)}"] if meaning.rest else []
    whom = f" for {plain(user)}" if user else ""
    return f"{n_items} {noun}{whom}{': ' if wishes else ''}{', '.join(wishes)}.{not_known(meaning)}"


def nothing_left(manifest: Manifest, meaning: Interpretation, emptied_by: str | None) -> str:
    """Return why a list is empty and what to do about it."""
    if meaning.more:
        return f"I have shown all {manifest.items.plural} that meet the wish.{not_known(meaning)}"
    if emptied_by is None:
        return f"Nothing is left: every one of the {manifest.items.plural} is seen or excluded.{not_known(meaning)}"
    others = [one.text for one in meaning.constraints() if one.text != emptied_by]
    beside = f" beside {', '.join(others)}" if others else ""
    plural = manifest.items.plural
    return f"None of the {plural} meets {quoted(emptied_by)}{beside}. Ask again without it.{not_known(meaning)}"


def otherwise(what_if: Counterfactual) -> str:
    """Return what would be otherwise, in sentences; empty where nothing is worth saying."""
    said: list[str] = []
    among = f"the first {what_if.k}"
    if what_if.removal:
        said.append(
            f"Without {_quoted(what_if.removal.labels)} in your history it would rank {what_if.removal.rank} "
            f"and not be among {among}."
        )
    if what_if.behind:
        lacks = {part: value for part, value in what_if.behind.lacks.items() if value > 0}
        most = max(lacks, key=lambda part: lacks[part], default=None)
        gap = f"; it is ahead most by its {PARTS.get(most, most)}" if most else ""
        said.append(f"The last of {among} is {name(what_if.behind.label)}{gap}.")
    if what_if.addition:
        said.append(f"If you liked {_quoted(what_if.addition.labels)}, it would rank {what_if.addition.rank}.")
    return " ".join(said)


def _quoted(labels: Sequence[str]) -> str:
    """Name things, the first `NAMED` of them."""
    named = [quoted(label) for label in labels[:NAMED]]
    more = len(labels) - len(named)
    return _joined([*named, f"{more} more"] if more else named)


def not_known(meaning: Interpretation) -> str:
    """Return which names of the request the graph does not hold, and what else is left out; empty where nothing is."""
    names = ", ".join(quoted(one) for one in meaning.unknown[:3])
    unknown = [f"I know nothing named {names}."] if names else []
    return "".join(f" {one}" for one in (*unknown, *meaning.notes))


def is_refusal(text: str) -> bool:
    """Tell whether the answer to a question says why there is none; that the graph knows none is an answer."""
    return text.startswith((CANNOT_TELL, NO_NAME))


def question_answer(
    manifest: Manifest,
    meaning: Interpretation,
    answers: Sequence[AnswerEntity],
    verdict: bool | None = None,
    blind: Sequence[str] = (),
    *,
    counts: Sequence[int] = (),
) -> str:
    """Return the answer to a question in a sentence.

    Args:
        manifest: The domain.
        meaning: The question.
        answers: The complete set.
        verdict: Of a yes-or-no question.
        blind: What the graph says nothing about, so that no answer is no denial.
        counts: Where a question compares how many, the number of each name, in their order.
    """
    problem = _unanswered(manifest, meaning, blind if not answers and not verdict else ())
    told = _counted(manifest, meaning, answers, counts) if counts else _answered(manifest, meaning, answers, verdict)
    said = problem or f"{told}{not_known(meaning)}"
    return said if meaning.unclear else said + _left(meaning)  # what is asked back is answered first


def _left(meaning: Interpretation) -> str:
    return f" I answer one question at a time: {quoted(meaning.later)} is still to be asked." if meaning.later else ""


def _answered(
    manifest: Manifest, meaning: Interpretation, answers: Sequence[AnswerEntity], verdict: bool | None
) -> str:
    labels = [name(answer.label) for answer in answers[:LISTED]]
    more = len(answers) - len(labels)
    listed = _joined([*labels, f"{more} more"] if more > 0 else labels) if labels else ""
    if verdict is not None and meaning.do.startswith((MOST, LEAST)):
        return _compared(manifest, meaning, listed, is_tie=len(answers) > 1, verdict=verdict)
    if verdict is not None:
        return _verdict(manifest, meaning, listed, verdict=verdict)
    return _listing(manifest, meaning, listed, len(answers))


def _counted(
    manifest: Manifest, meaning: Interpretation, answers: Sequence[AnswerEntity], counts: Sequence[int]
) -> str:
    """Return which of several has more, or fewer, with all numbers."""
    numbers = "; ".join(f"{_walk(manifest, route, 2)}: {n}" for route, n in zip(meaning.routes, counts, strict=True))
    within = "".join(f", {one.text}" for one in meaning.plan().ranges)
    extreme = {MORE: "the most", FEWER: "the fewest"}[meaning.do] if len(counts) > 2 else meaning.do
    said = "as many" if len(answers) == len(counts) else extreme
    have = "has" if len(answers) == 1 else "have"
    return f"{_joined([name(answer.label) for answer in answers])} {have} {said}{within}: {numbers}."


def in_doubt(labels: Sequence[str]) -> str:
    """Return a sentence on what no fact but flagged ones would answer with; empty where there is nothing."""
    named = [name(label) for label in labels[:NAMED]]
    more = len(labels) - len(named)
    listed = _joined([*named, f"{more} more"] if more else named) if named else ""
    return f" In doubt, as the shapes of the graph refuse what says so: {listed}." if listed else ""


def _unanswered(manifest: Manifest, meaning: Interpretation, blind: Sequence[str]) -> str | None:
    """Return why a question cannot be answered: whom it means, a name that nothing has, facts that are not there."""
    if meaning.unclear:
        said = "; ".join(f"{quoted(words)} may be {_joined(one, 'or')}" for words, one in meaning.unclear.items())
        return f"{said}. Which one do you mean?"
    if meaning.beyond:
        words = _joined([quoted(one) for one in meaning.beyond], "and")
        ask = "asks" if len(meaning.beyond) == 1 else "ask"
        told = f"{CANNOT_TELL}: I know of nothing in the graph that {words} {ask} about."
        return f"{told}{not_known(meaning)} {_to_be_asked(manifest)}"
    if not meaning.routes and not meaning.things:
        return f"{NO_NAME} that the graph holds.{not_known(meaning)}"
    told = _asks_nothing(meaning)
    if not told and meaning.unknown:
        return f"{CANNOT_TELL}:{not_known(meaning)}"
    if not told and blind:
        told = f"{CANNOT_TELL}: the graph does not state {_joined(blind, 'or')}."
    return f"{told}{not_known(meaning)}" if told else None


def _to_be_asked(manifest: Manifest) -> str:
    """Return what a question can be about instead."""
    nouns = [one.plural or plural(one.noun) for one in manifest.relations.values()]
    more = len(nouns) - LISTED
    return f"Ask me about {_joined([*nouns[:LISTED], *([f'{more} more'] if more > 0 else [])], 'or')}."


def _asks_nothing(meaning: Interpretation) -> str:
    """Return that a plan without a walk checks or compares nothing; empty where it does."""
    things = [name(ref.label) for ref in meaning.things]
    if meaning.routes:
        return ""
    if meaning.do == CHECK and not meaning.plan().ranges:
        return f"{CANNOT_TELL} what the question asks of {_joined(things)}."
    compares = meaning.do.startswith((MOST, LEAST)) and len(things) == 1
    return f"There is nothing to compare {things[0]} with." if compares else ""


def _listing(manifest: Manifest, meaning: Interpretation, listed: str, n_answers: int) -> str:
    do, _, by = meaning.do.partition(" ")
    asked = plan_in_words(manifest, meaning, n_answers=n_answers if do == LIST else 2)
    if not listed:
        return f"{'0' if do == COUNT else 'The graph knows none'}: {asked}."
    if do == COUNT:
        return f"{n_answers}: {asked}: {listed}."
    if by:
        largest = "largest" if do == MOST else "smallest"
        return f"{listed}: the {largest} {manifest.relations[by].noun} among {asked}."
    return f"{asked[0].upper()}{asked[1:]}: {listed}."


def plan_in_words(manifest: Manifest, meaning: Interpretation, n_answers: int = 0) -> str:
    """Return what a question asks for as a noun phrase: "the authors of the items with X as publisher"."""
    wanted = [_walk(manifest, route, n_answers) for route in meaning.routes if route.wanted]
    others = [_walk(manifest, route, 2) for route in meaning.routes if not route.wanted]
    ranges = [constraint.text for constraint in meaning.plan().ranges]
    things = [name(ref.label) for ref in meaning.things] or [manifest.items.plural]
    phrase = f" that {'is' if n_answers == 1 else 'are'} also ".join(wanted) or _joined(things)
    without = f", without {_joined(others)}" if others else ""
    return f"{phrase}{without}{''.join(f', {one}' for one in ranges)}"


def _compared(manifest: Manifest, meaning: Interpretation, listed: str, *, is_tie: bool, verdict: bool) -> str:
    do, _, by = meaning.do.partition(" ")
    noun, asked = manifest.relations[by].noun, plan_in_words(manifest, meaning)
    told = f"{asked} have the same {noun}"
    if not is_tie:
        told = f"{listed} has the {'larger' if do == MOST else 'smaller'} {noun} of {asked}"
    return f"{'Yes' if verdict else 'No'}: {told}."


def _verdict(manifest: Manifest, meaning: Interpretation, listed: str, *, verdict: bool) -> str:
    things = _joined([name(ref.label) for ref in meaning.things]) if meaning.things else ""
    if not meaning.routes:
        within = _joined([constraint.text for constraint in meaning.plan().ranges])
        return f"Yes: {things}, {within}." if verdict else f"No, this does not hold for {listed}: {within}."
    asked = plan_in_words(manifest, meaning.model_copy(update={"things": []}), n_answers=2)
    if not things:
        return f"Yes: {asked}: {listed}." if verdict else f"No, the graph knows none: {asked}."
    are = "is one of" if len(meaning.things) == 1 else "are among"
    if not verdict:
        return f"No, as far as the graph knows: {things} {are.replace(' ', ' not ', 1)} {asked}."
    return f"Yes: {things} {are} {asked}."


def _walk(manifest: Manifest, route: Route, n_answers: int) -> str:
    """Return a relation path as a noun phrase; for one answer, in the singular."""
    phrase = name(route.ref.label)
    for at, step in enumerate(route.steps, start=1):
        relation, one = manifest.relations[step.relation], at == len(route.steps) and n_answers == 1
        if step.direction == "forward":
            phrase = f"the {relation.noun if one else relation.plural or relation.noun} of {phrase}"
        else:
            single = relation.inverse_noun or manifest.items.noun
            many = f"{relation.inverse_noun}s" if relation.inverse_noun else manifest.items.plural
            phrase = f"the {single if one else many} with {phrase} as {relation.noun}"
    return phrase


def small_talk(manifest: Manifest) -> str:
    """Return what can be asked here, with the domain's own examples."""
    examples = "; ".join(f"“{example}”" for example in manifest.examples)
    asks = f" For example: {examples}." if examples else ""
    return f"I recommend {manifest.items.plural}, say why, and answer questions about them.{asks}"


def _joined(parts: Sequence[str], last: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"
