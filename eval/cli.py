"""The commands `thence eval`; what they run is imported when one of them is called, as `implicit` takes its time."""
# ruff: noqa: PLC0415

import json
import os
import sys
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import safe_json
from eval import extraction_command, grounding_command, questions_command
from eval.cleaning_command import cleaning
from eval.errors import EvaluationError

if TYPE_CHECKING:
    from types import ModuleType

EXTRA = ("implicit", "ir_measures", "pytrec_eval")
"""What the extra `eval` brings."""

app = typer.Typer(no_args_is_help=True, help="Measure how good it is, offline.")
app.add_typer(extraction_command.app)
app.add_typer(questions_command.app)
app.add_typer(grounding_command.app)
app.command()(cleaning)


class PartName(StrEnum):
    """Which part of the data is scored."""

    TEST = "test"
    VALID = "valid"


class Protocol(StrEnum):
    """Whose lists are scored."""

    RANKING = "ranking"
    FEW_SHOT_USER = "few-shot-user"


Part = Annotated[
    PartName,
    typer.Option(
        "--part",
        help="What is scored: test (held-out tables, fitted on the history), or valid (the history's last table, "
        "fitted on those before it). Settings are chosen on valid; test is for the numbers that are told.",
    ),
]
HowToSplit = Annotated[
    Protocol,
    typer.Option(
        "--protocol",
        help="ranking: what known users liked next. few-shot-user: lists for users who are new, after their first "
        "0, 1, 2 and 5 interactions.",
    ),
]
Cutoff = Annotated[
    int,
    typer.Option("-k", "--count", metavar="N", parser=options.whole_number(1, 100), help="Length of the lists."),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of splits, baselines and resampling.")]
Run = Annotated[
    Path | None,
    typer.Option("--run", metavar="FILE", help="Write our 100 best a user, as a run in TREC's format (ranking only)."),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="PART",
        help="Add a row of our ranker without this part, or without several with commas between them, and not one for "
        "each part; may be repeated.",
    ),
]
Ablations = Annotated[
    bool, typer.Option("--ablations/--no-ablations", help="Add a row of our ranker without each of its parts.")
]
Knob = typer.Option(min=0, max=1, metavar="X", help="Add a row of our ranker with this knob at X; may be repeated.")
Explore = Annotated[list[float] | None, Knob]
Diversity = Annotated[list[float] | None, Knob]
Against = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="ROW",
        help='Test the other rows against this one, as "Thence without recency" or "EASE"; default: Thence '
        "(ranking only).",
    ),
]
Rounds = Annotated[int, typer.Option("--rounds", min=1, max=1000, help="How many settings are fitted.")]
Write = Annotated[bool, typer.Option("--write", help="Write the settings into the domain's folder.")]
Items = Annotated[int, typer.Option("--items", min=10, max=1_000_000, help="Size of the made-up catalogue.")]
Users = Annotated[int, typer.Option("--users", min=1, max=1_000_000, help="How many made-up users there are.")]


@app.callback()
def evaluation() -> None:
    """Measure how good it is, offline."""


@app.command()
def ranking(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    part: Part = PartName.TEST,
    protocol: HowToSplit = Protocol.RANKING,
    k: Cutoff = 10,
    seed: Seed = 0,
    ablations: Ablations = True,
    without: Without = None,
    explore: Explore = None,
    diversity: Diversity = None,
    against: Against = None,
    run: Run = None,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Compare our ranker with baselines that are fitted on the same split in the same run.

    All items that are not in a user's history are ranked; those that the user liked in the held-out part are relevant.
    """
    if run is not None and protocol is not Protocol.RANKING:
        raise typer.BadParameter("--run goes with --protocol ranking only")
    if against is not None and protocol is not Protocol.RANKING:
        raise typer.BadParameter("--against goes with --protocol ranking only")
    _check_writable(run)
    with Notices() as notices:
        harness = _harness()
        snapshot = session.open_domain(domain, session.read_settings(home=home).home, notices)
        left_out = tuple(without or (harness.PARTS if ablations and protocol is Protocol.RANKING else ()))
        task = harness.Task(part.value, k, seed, left_out, tuple(explore or ()), tuple(diversity or ()))
        if against is not None:
            task = replace(task, against=against)
        if protocol is Protocol.RANKING:
            report = harness.evaluate_ranking(snapshot, task, run, notices.say)
        else:
            report = harness.evaluate_few_shot(snapshot, task, notices.say)
    if as_json:
        _print_json(asdict(report))
    else:
        from eval.tables import report_view

        open_output().print(report_view(report))


@app.command()
def tune(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    rounds: Rounds = 40,
    seed: Seed = 0,
    write: Write = False,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Search better settings of our ranker on folds of the history, beginning with those in force.

    Held-out tables are never looked at. One seed finds the same settings again.
    """
    with Notices() as notices:
        harness = _harness()
        snapshot = session.open_domain(domain, session.read_settings(home=home).home, notices)
        report = harness.tune(snapshot, rounds, seed, notices.say)
        written = harness.write_settings(snapshot, report.best.settings) if write else None
    if as_json:
        _print_json(
            {
                "begun": {"value": report.begun.value, "settings": report.begun.settings.model_dump()},
                "best": {"value": report.best.value, "settings": report.best.settings.model_dump()},
                "rounds": [one.value for one in report.rounds],
                "written": str(written) if written else None,
            }
        )
    else:
        from eval.tables import tune_view

        open_output().print(tune_view(report, written))


@app.command()
def scale(
    *,
    items: Items = 10_000,
    users: Users = 5_000,
    seed: Seed = 0,
    device: options.Device = None,
    as_json: options.AsJson = False,
) -> None:
    """Time fitting and scoring on a made-up catalogue, beside ALS and EASE, with the memory that models take."""
    with Notices() as notices:
        harness = _harness()
        report = harness.measure_scale(items, users, seed, session.read_settings(device=device).device, notices.say)
    if as_json:
        _print_json(asdict(report))
    else:
        from eval.tables import scale_view

        open_output().print(scale_view(report))


def _print_json(document: dict[str, Any]) -> None:
    sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)) + "\n")


def _check_writable(run: Path | None) -> None:
    """Refuse now what could not be written after minutes of work."""
    if run is None:
        return
    folder = run.resolve().parent
    if not folder.is_dir():
        raise typer.BadParameter(f"--run: there is no folder {folder}")
    if run.is_dir():
        raise typer.BadParameter(f"--run: expected a file, {run} is a folder")
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(f"--run: the folder {folder} cannot be written")


def _harness() -> "ModuleType":
    """Return the module that runs evaluations.

    Raises:
        EvaluationError: The baselines' libraries are not installed.
    """
    try:
        from eval import harness
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in EXTRA:
            raise
        raise EvaluationError(
            f"the evaluation needs the package {missing}, which is not installed: pip install 'thence[eval]'"
        ) from error
    return harness
