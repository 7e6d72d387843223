"""A domain's specialist: training data from its graph, an adapter, and whether it beats what is there."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.model.adapters import AUTO, SHIPPED_FOR, WEIGHTS, adapters_home, chosen_adapter, fingerprint, with_adapter
from agent.model.weights import prepare
from agent.settings import Settings
from agent.toolbox import Toolbox
from agent.tune.dataset import Pair, training_pairs
from agent.tune.held_out import HeldOut, phrases_of, write_held_out
from agent.tune.traces import TraceMaker
from agent.tune.training import Tick, Trainer, TrainingSettings
from agent.tune.writing import WritingMaker
from kg.domain import Domains

PAIRS, MORE_PAIRS, VALID = 6000, 2500, 240
"""How many prompts are learned from: from nothing, or after the shipped specialist; and how many check it."""

WRITING_SHARE = 0.1
"""Justifications beside the plans, as a share of these: their answers are ten times as long."""

TRACE_SHARE = 0.06
"""Choices of the next action beside the plans, as a share of these; there are only a few kinds of them."""

VALID_SEED = 1000
"""Added to the seed: the validation set comes of other draws, and what was trained on is taken out of it."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a tuning gave.

    Attributes:
        accuracy: Share of validation answers that are right to the last token.
        before: The same of what the training began with.
        begun_with: That adapter; None: the model without any.
        earlier: The same of the adapter that was there; None if there was none.
        kept: Whether the new adapter is better and was put in place.
        folder: Where the adapter lies.
    """

    domain: str
    pairs: int
    steps: int
    seconds: float
    accuracy: float
    before: float
    begun_with: Path | None
    earlier: float | None
    kept: bool
    folder: Path


def taught_pairs(toolbox: Toolbox, pairs: int, seed: int, held_out: Sequence[str] = ()) -> list[Pair]:
    """Return `pairs` plans, with choices of the next action and justifications beside them."""
    written = WritingMaker(toolbox.snapshot, seed).make(round(pairs * WRITING_SHARE))
    return [*_with_one_answer(toolbox, pairs, seed, held_out), *written]


def data(toolbox: Toolbox, pairs: int, seed: int, held_out: Sequence[str] = ()) -> tuple[list[Pair], list[Pair]]:
    """Return the pairs to train on and those to check with: of these each has one right answer; no text is in both."""
    taught = taught_pairs(toolbox, pairs, seed, held_out)
    texts = {pair.text for pair in taught}
    checked = _with_one_answer(toolbox, VALID, seed + VALID_SEED, held_out)
    return taught, [pair for pair in checked if pair.text not in texts]


def _with_one_answer(toolbox: Toolbox, count: int, seed: int, held_out: Sequence[str]) -> list[Pair]:
    plans = training_pairs(toolbox.snapshot, count, seed=seed, held_out=held_out)
    return [*plans, *TraceMaker(toolbox, seed).make(round(count * TRACE_SHARE))]


def tune(
    toolbox: Toolbox,
    settings: Settings,
    *,
    pairs: int | None = None,
    training: TrainingSettings,
    held_out: HeldOut | None = None,
    from_scratch: bool = False,
    out: Path | None,
    say: Callable[[str], None],
    tell: Callable[[Tick], None],
) -> Tuned:
    """Train an adapter for a domain and keep it if it is better than the one in use.

    Args:
        toolbox: Of the domain.
        settings: Name the model and the folders.
        pairs: How many prompts are made to train on; None: `PAIRS`, or `MORE_PAIRS` after the shipped specialist.
        training: How it is trained; its seed makes the data, too.
        held_out: Phrases that it does without, for an evaluation; they are written beside the adapter.
        from_scratch: Whether it begins with the model as it is, where it could begin with the shipped specialist.
        out: Folder for the adapter, in place of the domain's own.
        say: Told the stages.
        tell: Told each step.

    Raises:
        ModelNotPreparedError: The base model is not there.
    """
    snapshot = toolbox.snapshot
    domain = snapshot.manifest.name
    say(f"Making questions about {domain}")
    start = None if from_scratch else starting_adapter(settings, domain)
    n_pairs = pairs or (MORE_PAIRS if start else PAIRS)
    taught, checked = data(toolbox, n_pairs, training.seed, held_out.phrases if held_out else ())
    base = prepare(settings.model_copy(update={"adapter": "none"}), say)
    target = out or adapters_home(settings) / domain
    without = f"-without-{held_out.share:g}-{held_out.seed}" if held_out else ""
    begun = f"-after-{fingerprint(start)}" if start else ""
    work = settings.cache / "tune" / f"{domain}-{snapshot.domain.fingerprint}{without}{begun}"
    say("Loading the model")
    trainer = Trainer(Path(base.location), work, training, "cuda" if settings.device == "cuda" else "cpu")
    present = target if (target / WEIGHTS).is_file() else chosen_adapter(with_adapter(settings, domain))
    earlier = trainer.accuracy_of(present, checked) if present and present != start else None
    if start is not None:
        trainer.begin_with(start)
    result = trainer.train(taught, checked, tell)
    kept = result.accuracy > max(earlier or 0.0, result.before)
    if kept:
        _replace(target, trainer, held_out)
        shutil.rmtree(work)
    return Tuned(
        domain=domain,
        pairs=result.pairs,
        steps=result.steps,
        seconds=result.seconds,
        accuracy=result.accuracy,
        before=result.before,
        begun_with=start,
        earlier=earlier,
        kept=kept,
        folder=target,
    )


def starting_adapter(settings: Settings, domain: str) -> Path | None:
    """Return the shipped specialist where it was made for another domain: how people ask it need not learn anew."""
    shipped = chosen_adapter(settings.model_copy(update={"adapter": AUTO}))
    return None if domain == SHIPPED_FOR else shipped


def known_phrases(settings: Settings, domain: str) -> frozenset[str]:
    """Return the phrases that a training for a domain begins with."""
    if starting_adapter(settings, domain) is None:
        return frozenset()
    return phrases_of(Domains(settings.home).find(SHIPPED_FOR).manifest)


def _replace(target: Path, trainer: Trainer, held_out: HeldOut | None) -> None:
    """Put the new adapter in the place of the old one, which stays until the new one is whole."""
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    trainer.save(fresh)
    if held_out is not None:
        write_held_out(fresh, held_out)
    if target.exists():
        shutil.rmtree(target)
    fresh.replace(target)
