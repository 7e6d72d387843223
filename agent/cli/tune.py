"""The command `thence tune`: a specialist for a domain, trained from its own graph."""
# ruff: noqa: PLC0415

import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json
from agent.tune.budget import MINUTES

if TYPE_CHECKING:
    from agent.toolbox import Toolbox
    from agent.tune.held_out import HeldOut
    from agent.tune.training import Tick
    from agent.tune.tuner import Tuned

app = typer.Typer()


class BeginChoice(StrEnum):
    """`agent.tune.tuner.Beginning`."""

    SHIPPED = "shipped"
    OWN = "own"
    NOTHING = "nothing"


Pairs = Annotated[
    int | None,
    typer.Option(
        "--pairs",
        min=100,
        max=1_000_000,
        metavar="N",
        help="How many requests are made to learn from; default: as many as --minutes hold.",
    ),
]
Minutes = Annotated[
    float,
    typer.Option(
        "--minutes",
        min=1.0,
        max=10_000.0,
        metavar="M",
        help="How long it may take: it measures how fast it learns here, and makes as many requests, 12,000 at most.",
    ),
]
Epochs = Annotated[int, typer.Option("--epochs", min=1, max=100, help="Passes over them.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the requests and of the training.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Where to put the adapter instead.")]
HoldOut = Annotated[
    float,
    typer.Option(
        "--hold-out",
        min=0.0,
        max=0.5,
        metavar="SHARE",
        help="Keep this share of the phrases out, for `thence eval questions --generated` to ask in.",
    ),
]
Begin = Annotated[
    BeginChoice,
    typer.Option(
        "--begin-with",
        help="The shipped specialist (none for its own domain), the domain's own adapter, as when its graph has grown, "
        "or nothing: the model as it is.",
    ),
]
Show = Annotated[
    int,
    typer.Option(
        "--show",
        min=0,
        max=10_000,
        metavar="N",
        help="Print N requests with their meaning, the actions and texts beside them, and stop.",
    ),
]


@app.command()
def tune(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    pairs: Pairs = None,
    minutes: Minutes = MINUTES,
    epochs: Epochs = 1,
    seed: Seed = 0,
    out: Out = None,
    hold_out: HoldOut = 0.0,
    begin: Begin = BeginChoice.SHIPPED,
    show: Show = 0,
    as_json: options.AsJson = False,
    device: options.Device = None,
    home: options.Home = None,
) -> None:
    """Train the model to plan, to act and to word justifications in a domain, from the graph of the domain alone.

    Questions, wishes, traces and justifications are made from the schema and the words of its relations; an adapter
    learns them, and is kept where it understands more of a validation set than the one before. An interrupted
    training goes on from its last check with the same command. A domain other than that of the shipped specialist
    begins with what that one knows. It learns for half an hour, from more requests where the machine is faster;
    `--pairs` with the number that it tells makes the same ones anywhere. With `--hold-out` it does without a share of
    the words for each relation, chosen by the seed among those that it does not begin with, and written to
    `held_out.json` beside the adapter; what goes on with the domain's own does without the same.
    """
    with Notices() as notices, ExitStack() as stack:
        settings = session.read_settings(home=home, device=device)
        toolbox = stack.enter_context(session.open_tools(domain, settings, notices))
        from agent.tune.tuner import kept_out

        held_out = kept_out(toolbox.snapshot, settings, hold_out, seed, begin.value)
        if show:
            return _show(toolbox, show, seed, held_out, as_json=as_json)
        from agent.tune.training import TrainingSettings
        from agent.tune.tuner import tune as run

        training = TrainingSettings(epochs=epochs, seed=seed)
        with _bar() as progress:
            task = progress.add_task("training", total=None, told="")
            result = run(
                toolbox,
                settings,
                pairs=pairs,
                minutes=minutes,
                training=training,
                held_out=held_out,
                begin=begin.value,
                out=out,
                say=notices.say,
                tell=lambda tick: progress.update(task, completed=tick.step, total=tick.steps, told=_told(tick)),
            )
    if as_json:
        sys.stdout.write(safe_json(json.dumps(asdict(result), default=str, indent=2)) + "\n")
    else:
        open_output().print(_said(result))
    return None


def _show(toolbox: "Toolbox", count: int, seed: int, held_out: "HeldOut | None", *, as_json: bool) -> None:
    from agent.tune.tuner import taught_pairs

    pairs = taught_pairs(toolbox, count, seed, held_out.phrases if held_out else ())
    if as_json:
        told = [{"kind": one.kind, "text": one.text, "answer": json.loads(one.answer)} for one in pairs]
        sys.stdout.write(safe_json(json.dumps(told, ensure_ascii=False, indent=2)) + "\n")
        return
    for pair in pairs:
        sys.stdout.write("\t".join(map(clean, (pair.kind, pair.text, pair.answer))) + "\n")


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
    return Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True)


def _told(tick: "Tick") -> str:
    known = "" if tick.accuracy is None else f", right {tick.accuracy:.0%}"
    return f"loss {tick.loss:.3f}{known}"


def _said(result: "Tuned") -> str:
    before = f"; the adapter before: {result.earlier:.1%}" if result.earlier is not None else ""
    begun = "the adapter with which it began" if result.begun_with else "untuned"
    kept = f"kept in {result.folder}" if result.kept else "not kept: it is no better"
    minutes = f"{result.seconds / 60:.1f} minutes"
    return (
        f"{result.pairs:,} prompts (--pairs {result.requests}), {result.steps} steps, {minutes}. "
        f"Understood of the validation set: {result.accuracy:.1%} ({begun}: {result.before:.1%}{before}); {kept}."
    )
