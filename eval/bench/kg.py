"""The command `thence bench kg`: paths, look-ups and searches over a graph, each beside a peer in the same run."""
# ruff: noqa: PLC0415 - the peers take seconds to import, and `thence --help` must not wait for them

import json
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated

import typer

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import safe_json
from eval.bench.table import BenchTable, BenchTask
from eval.errors import EvaluationError

Measure = Callable[[BenchTask], Iterable[BenchTable]]
PEERS = ("igraph", "networkx")
"""Packages that are only needed to compare with."""


class PartName(StrEnum):
    """Which tables are measured."""

    PATHS = "paths"
    STORE = "store"
    LABELS = "labels"
    ALL = "all"


Part = Annotated[PartName, typer.Option("--part", help="Which tables.")]
Pairs = Annotated[
    int,
    typer.Option("--pairs", metavar="N", parser=options.whole_number(2, 100_000), help="Pairs or look-ups to time."),
]
Triples = Annotated[
    int,
    typer.Option(
        "--triples", metavar="N", parser=options.whole_number(1_000, 100_000_000), help="Size of the generated graph."
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the generated graph and of the pairs.")]


def kg(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    part: Part = PartName.ALL,
    pairs: Pairs = 200,
    triples: Triples = 5_000_000,
    seed: Seed = 0,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Time what is done with a graph, beside the peers that do the same, on a domain and on a generated graph."""
    with Notices() as notices:
        home_folder = session.read_settings(home=home).home
        task = BenchTask(lambda: session.open_domain(domain, home_folder, notices), pairs, triples, seed, notices.say)
        tables = [table for measure in _measures(part) for table in measure(task)]
    if as_json:
        document = {"pairs": pairs, "triples": triples, "seed": seed, "tables": [one.document() for one in tables]}
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)) + "\n")
    else:
        for table in tables:
            open_output().print(table.view())


def _measures(part: PartName) -> list[Measure]:
    """Return what measures a part; a new part is one name above and one entry here.

    Raises:
        EvaluationError: A peer is not installed.
    """
    try:
        from eval.bench import labels, paths, store
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in PEERS:
            raise
        raise EvaluationError(
            f"the benchmark compares with {missing}, which is not installed: pip install {missing}"
        ) from error
    measures: dict[PartName, Measure] = {
        PartName.PATHS: paths.measure,
        PartName.STORE: store.measure,
        PartName.LABELS: labels.measure,
    }
    return list(measures.values()) if part is PartName.ALL else [measures[part]]
