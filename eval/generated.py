"""Questions that a domain's graph makes of itself, in words that its specialist was not taught, with their answers."""

from pathlib import Path

from agent.errors import RequestError
from agent.interpretation import step_of
from agent.model.adapters import chosen_adapter, with_adapter
from agent.questions import UNWANTED
from agent.settings import Settings
from agent.tune.dataset import PairMaker
from agent.tune.examples import Example
from agent.tune.held_out import FILE, HeldOut, read_held_out
from agent.tune.questions import QuestionMaker
from eval.errors import EvaluationError
from eval.questions import Question
from kg.labels import fold
from kg.snapshot import Snapshot
from kg.types import Step
from tools.plans import LIST, Leg, Plan, PlanRunner

TRIES = 6
"""How many examples are made for each question wanted: counts, checks and empty answers are no sets to compare."""

SEED = 2000
"""Added to the seed of the training: its own draws, and those of its validation set, are others."""


def find_held_out(domain: str, settings: Settings, file: Path | None) -> HeldOut:
    """Return the phrases that a specialist does not know: of a file, or those beside the adapter in use.

    Raises:
        EvaluationError: Nothing says what the adapter was not taught.
    """
    if file is None:
        adapter = chosen_adapter(with_adapter(settings, domain))
        file = adapter / FILE if adapter is not None else None
    if file is None or not file.is_file():
        where = f"{file} is not there" if file else "the model is used without an adapter"
        raise EvaluationError(
            f"cannot tell which phrases are new to the model: {where}. `thence tune --domain {domain} --hold-out 0.2` "
            "trains without some and writes them down; --held-out names another such file."
        )
    try:
        return read_held_out(file)
    except RequestError as error:
        raise EvaluationError(str(error)) from error


def generated_questions(snapshot: Snapshot, count: int, held_out: HeldOut) -> list[Question]:
    """Return questions for complete sets, in the held-out words for every relation, with the set that the graph gives.

    Names that several entities share are left out: which one is meant nobody could say.

    Args:
        snapshot: The domain.
        count: How many; fewer where the graph has no more.
        held_out: The words for relations; nouns for items and the frames around them are those of the training.

    Raises:
        EvaluationError: The phrases are not of this domain.
    """
    seed = held_out.seed + SEED
    try:
        examples = QuestionMaker(snapshot, seed, only=held_out.phrases).make(count * TRIES)
    except RequestError as error:
        raise EvaluationError(f"{error} The phrases kept out are of another domain.") from error
    writer, runner, found = PairMaker(snapshot, seed), PlanRunner(snapshot), list[Question]()
    for example in examples:
        if len(found) == count:
            break
        if example.meaning["do"] != LIST or not all(_is_plain(snapshot, slot.iri) for slot in example.slots):
            continue
        legs = [_leg(slot.value) for slot in example.slots]
        plan = Plan(tuple(Leg(slot.iri, *leg) for slot, leg in zip(example.slots, legs, strict=True)))
        gold = frozenset(one.iri_or_literal for one in runner.run(plan).answers)
        if gold:
            found.append(_question(snapshot, example, writer.written(example)[0], gold))
    return found


def _question(snapshot: Snapshot, example: Example, text: str, gold: frozenset[str]) -> Question:
    hops = max(len(_leg(slot.value)[0]) for slot in example.slots)
    labels = [snapshot.label(slot.iri) for slot in example.slots]
    said = [
        f"{UNWANTED if slot.value.startswith(UNWANTED) else ''}{label} {slot.value.removeprefix(UNWANTED)}"
        for slot, label in zip(example.slots, labels, strict=True)
    ]
    return Question(text, hops, example.kind, gold, labels[0], f"{LIST} {', '.join(said)}")


def _leg(value: str) -> tuple[tuple[Step, ...], bool]:
    steps = tuple(step_of(one) for one in value.removeprefix(UNWANTED).split("/"))
    return steps, not value.startswith(UNWANTED)


def _is_plain(snapshot: Snapshot, iri: str) -> bool:
    """Tell whether nothing else bears the name of an entity."""
    label = snapshot.label(iri)
    return {hit.iri for hit in snapshot.labels.exact([fold(label)])[fold(label)]} == {iri}
