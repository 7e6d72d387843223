"""A domain's specialist: training data from its graph, an adapter, and whether it beats what is there."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.errors import RequestError
from agent.model.adapters import AUTO, SHIPPED_FOR, WEIGHTS, adapters_home, chosen_adapter, fingerprint, with_adapter
from agent.model.weights import prepare
from agent.settings import Settings
from agent.toolbox import Toolbox
from agent.tune.budget import MINUTES, Budget, requests_within
from agent.tune.dataset import Pair, training_pairs
from agent.tune.held_out import FILE, HeldOut, hold_out, phrases_of, read_held_out, write_held_out
from agent.tune.traces import TraceMaker
from agent.tune.training import Tick, Trainer, TrainingSettings
from agent.tune.writing import WritingMaker
from kg.domain import Domains
from kg.snapshot import Snapshot

VALID, SAMPLE = 240, 64
"""How many requests check an adapter, and of how many it is measured how fast it learns."""

WRITING_SHARE = 0.1
"""Justifications beside the plans, as a share of these: their answers are ten times as long."""

TRACE_SHARE = 0.06
"""Choices of the next action beside the plans, as a share of these; there are only a few kinds of them."""

Beginning = Literal["shipped", "own", "nothing"]
"""What a training begins with: the shipped specialist, where it was made for another domain; the adapter that the
domain has; or the model as it is."""

VALID_SEED = 1000
"""Added to the seed: the validation set comes of other draws, and what was trained on is taken out of it."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What a tuning gave.

    Attributes:
        requests: How many were asked for; as many with the same seed are the same.
        pairs: Prompts that were learned from: those, and texts and actions beside them.
        accuracy: Share of validation answers that are right to the last token.
        before: The same of what the training began with.
        begun_with: That adapter; None: the model without any.
        earlier: The same of the adapter that was there; None if there was none.
        kept: Whether the new adapter is better and was put in place.
        folder: Where the adapter lies.
    """

    domain: str
    requests: int
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
    minutes: float = MINUTES,
    training: TrainingSettings,
    held_out: HeldOut | None = None,
    begin: Beginning = "shipped",
    out: Path | None,
    say: Callable[[str], None],
    tell: Callable[[Tick], None],
) -> Tuned:
    """Train an adapter for a domain and keep it if it is better than the one in use.

    Args:
        toolbox: Of the domain.
        settings: Name the model and the folders.
        pairs: How many requests are made to train on; None: as many as `minutes` hold.
        minutes: How long it may take; of no meaning where `pairs` is given.
        training: How it is trained; its seed makes the data, too.
        held_out: Phrases that it does without, for an evaluation; they are written beside the adapter. Whoever goes on
            with the domain's own has to name the same as before, or the adapter knows them already.
        begin: What it begins with.
        out: Folder for the adapter, in place of the domain's own.
        say: Told the stages.
        tell: Told each step.

    Raises:
        ModelNotPreparedError: The base model is not there.
        RequestError: The domain has no adapter to go on with.
    """
    started, snapshot = time.monotonic(), toolbox.snapshot
    domain, phrases = snapshot.manifest.name, held_out.phrases if held_out else ()
    start = starting_adapter(settings, domain, begin)
    base = prepare(settings.model_copy(update={"adapter": "none"}), say)
    target = out or adapters_home(settings) / domain
    without = f"-without-{held_out.share:g}-{held_out.seed}" if held_out else ""
    begun = f"-after-{fingerprint(start)}" if start else ""
    work = settings.cache / "tune" / f"{domain}-{snapshot.domain.fingerprint}{without}{begun}"
    say("Loading the model")
    trainer = Trainer(Path(base.location), work, training, "cuda" if settings.device == "cuda" else "cpu")
    of_how_many = ""
    if pairs is None:
        say("Measuring how fast it learns")
        sample = taught_pairs(toolbox, SAMPLE, training.seed, phrases)
        budget = Budget(minutes, VALID, len(sample) / SAMPLE)
        pairs = requests_within(budget, training, work, lambda: trainer.pace(sample), started)
        of_how_many = f", {pairs:,} to learn from in {minutes:g} minutes"
    say(f"Making questions about {domain}{of_how_many}")
    taught, checked = data(toolbox, pairs, training.seed, phrases)
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
        requests=pairs,
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


def starting_adapter(settings: Settings, domain: str, begin: Beginning = "shipped") -> Path | None:
    """Return the adapter that a training begins with; None: the model without any.

    The shipped specialist is begun with where it was made for another domain: how people ask it need not learn anew.

    Raises:
        RequestError: It is to go on with the domain's own, and there is none.
    """
    if begin == "own":
        own = adapters_home(settings) / domain
        if not (own / WEIGHTS).is_file():
            raise RequestError(
                f"there is no adapter of {domain} to go on with: expected one in {own}. "
                f"`thence tune --domain {domain}` makes one."
            )
        return own
    if begin == "nothing" or domain == SHIPPED_FOR:
        return None
    return chosen_adapter(settings.model_copy(update={"adapter": AUTO}))


def kept_out(snapshot: Snapshot, settings: Settings, share: float, seed: int, begin: Beginning) -> HeldOut | None:
    """Return the phrases that a training does without; None where it is taught all.

    Of what it begins with nothing can be kept out: neither what the shipped specialist says of its own domain, nor
    what the domain's own adapter was taught, so that what goes on with that one does without the same as before.

    Args:
        snapshot: The domain.
        settings: Name the folders.
        share: See `hold_out`; 0: nothing is kept out that was not before.
        seed: Of the choice.
        begin: What the training begins with.

    Raises:
        RequestError: There is no phrase to keep out, or a share is named where what was kept out before stays so.
    """
    domain = snapshot.manifest.name
    start = starting_adapter(settings, domain, begin)
    if begin == "own" and start is not None:
        if share:
            raise RequestError(
                "an adapter that is gone on with does without the phrases that it was trained without, and knows all "
                "others: leave out --hold-out, or begin with something else."
            )
        return read_held_out(start / FILE) if (start / FILE).is_file() else None
    if not share:
        return None
    known = frozenset[str]() if start is None else phrases_of(Domains(settings.home).find(SHIPPED_FOR).manifest)
    return hold_out(snapshot, share, seed, known)


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
