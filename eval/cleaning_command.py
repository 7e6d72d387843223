"""The command `thence eval cleaning`."""
# ruff: noqa: PLC0415

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

if TYPE_CHECKING:
    from eval.cleaning import CleaningReport, KindScore

Corruptions = Annotated[int, typer.Option("--corruptions", min=10, max=100_000, metavar="N", help="Faults to plant.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of what is planted where.")]
MinConfidence = Annotated[
    float, typer.Option("--min-confidence", min=0, max=1, metavar="X", help="Leave out what is less sure than this.")
]
TextModel = Annotated[bool, typer.Option("--text-model", help="Let text embeddings choose more pairs to compare.")]
SHOWN = 10


def cleaning(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    corruptions: Corruptions = 500,
    seed: Seed = 1,
    min_confidence: MinConfidence = 0.8,
    text_model: TextModel = False,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Plant faults of eight kinds into a copy of a graph and count which of them `thence kg clean` finds.

    What is found before planting counts neither for nor against. Thresholds were chosen on films with seed 0.
    """
    from eval.cleaning import evaluate_cleaning

    opened = session.open_domains(session.read_settings(home=home).home).find(domain)
    encode = None
    if text_model:
        from kg.embeddings.text import SentenceEncoder

        encode = SentenceEncoder().encode
    with Notices() as notices:
        report = evaluate_cleaning(
            opened,
            corruptions=corruptions,
            seed=seed,
            min_confidence=min_confidence,
            encode=encode,
            progress=notices.say,
        )
    if as_json:
        sys.stdout.write(safe_json(json.dumps(_document(report), ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(report))


def _document(report: "CleaningReport") -> dict[str, Any]:
    document = asdict(report)
    for name, scores in (("ours", report.ours), ("baseline", report.baseline)):
        document[name] = [asdict(one) | {"precision": one.precision, "recall": one.recall} for one in scores]
    return document


def _view(report: "CleaningReport") -> Group:
    from eval.cleaning import BASELINE

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("kind", "planted", "found", "mended", "claimed", "P", "R", "naive P", "naive R"):
        table.add_column(name, justify="left" if name == "kind" else "right", no_wrap=True)
    for ours, theirs in zip(report.ours, report.baseline, strict=True):
        counts = (ours.planted, ours.found, ours.mended, ours.claimed)
        table.add_row(ours.kind, *(f"{count:,}" for count in counts), *_shares(ours), *_shares(theirs))
    low, high = report.precision_interval
    least, most = report.recall_interval
    return Group(
        Text(f"{report.domain}, {report.triples:,} triples, seed {report.seed}", "bold"),
        table,
        Text(f"P: precision, R: recall, of what is surer than {report.min_confidence:g}. Naive: {BASELINE}.", "dim"),
        Text(f"95 % intervals: precision {low:.3f} to {high:.3f}, recall {least:.3f} to {most:.3f}.", "dim"),
        Text(f"{report.known:,} findings were in the graph before; they count neither way.", "dim"),
        *(Text(f"  wrong: {clean(reason)}", "dim") for reason in report.wrong[:SHOWN]),
    )


def _shares(score: "KindScore") -> tuple[str, str]:
    precision = f"{score.precision:.3f}" if score.claimed else "-"
    return precision, f"{score.recall:.3f}"
