"""The commands `thence eval`; what they run is imported when one of them is called, as `implicit` takes its time."""
# ruff: noqa: PLC0415

import json
import os
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import safe_json
from eval.errors import EvaluationError

if TYPE_CHECKING:
    from types import ModuleType

EXTRA = ("implicit", "ir_measures", "pytrec_eval", "threadpoolctl")
"""What the extra `eval` brings."""

app = typer.Typer(no_args_is_help=True, help="Measure how good it is, offline.")


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
    typer.Option("--without", metavar="PART", help="Add a row of our ranker without a part of it; may be repeated."),
]


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
    without: Without = None,
    run: Run = None,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Compare our ranker with baselines that are fitted on the same split in the same run.

    All items that are not in a user's history are ranked; those that the user liked in the held-out part are relevant.
    """
    if run is not None and protocol is not Protocol.RANKING:
        raise typer.BadParameter("--run goes with --protocol ranking only")
    _check_writable(run)
    with Notices() as notices:
        harness = _harness()
        snapshot = session.open_domain(domain, session.read_settings(home=home).home, notices)
        task = harness.Task(part.value, k, seed, tuple(without or ()))
        if protocol is Protocol.RANKING:
            report = harness.evaluate_ranking(snapshot, task, run, notices.say)
        else:
            report = harness.evaluate_few_shot(snapshot, task, notices.say)
    if as_json:
        sys.stdout.write(safe_json(json.dumps(asdict(report), ensure_ascii=False, indent=2, allow_nan=False)) + "\n")
    else:
        from eval.tables import report_view

        open_output().print(report_view(report))


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
