"""The command `thence verify`: a proof against the graph as it is now."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

if TYPE_CHECKING:
    from agent.proof import Check, LostTriple, Proof, Report

app = typer.Typer()

DOES_NOT_HOLD = 1
MAX_SHOWN = 40
"""Failures on a screen; --json has all."""

_NOUNS = {
    "claim": ("claim", "claims"),
    "text": ("text", "texts"),
    "history": ("history entry", "history entries"),
    "path": ("path", "paths"),
    "sum": ("sum", "sums"),
    "answer": ("answer", "answers"),
    "plan": ("plan", "plans"),
    "name": ("name", "names"),
    "score": ("score", "scores"),
}

ProofArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A proof that --proof wrote.", exists=True, dir_okay=False, readable=True)
]
OtherDomain = Annotated[
    str | None,
    typer.Option(
        "--domain",
        "-d",
        metavar="NAME",
        help="Domain to check against, if not the one that the proof names.",
        autocompletion=options.complete_domain,
    ),
]
Scores = Annotated[bool, typer.Option("--scores", help="Rank again, too, and compare ranks and scores.")]


@app.command()
def verify(
    file: ProofArgument,
    *,
    domain: OtherDomain = None,
    scores: Scores = False,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Check a proof against the graph, offline and without the language model; exit code 1 where something fails.

    Each claim must follow from the triples and the history that it cites, and these must be so now.

    Example: thence verify answer.jsonld
    """
    settings = session.read_settings(home=home)
    with Notices() as notices:
        proof, report = session.check_proof(file, domain, settings, notices, scores=scores)
    if as_json:
        sys.stdout.write(safe_json(json.dumps(_document(proof, report), ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(proof, report), soft_wrap=True)  # an IRI that is cut is of no use
    if not report.holds:
        raise typer.Exit(DOES_NOT_HOLD)


def _document(proof: "Proof", report: "Report") -> dict[str, object]:
    return {
        "proof": proof.id,
        "domain": report.domain,
        "graph": {"then": report.then, "now": report.now, "same": report.same_graph},
        "holds": report.holds,
        "counts": report.counts(),
        "failed": report.counts(failed=True),
        "checks": [{**asdict(one), "holds": one.holds} for one in report.checks],
    }


def _view(proof: "Proof", report: "Report") -> RenderableType:
    request = proof.request
    asked = f"“{clean(request.text)}”" if request.text else "no wish in words"
    whom = f" for {clean(request.user)}" if request.user else ""
    made = f"{clean(proof.generated_at)} by {clean(proof.software.name)} {clean(proof.software.version)}"
    lines: list[RenderableType] = [
        Text(f"{request.intent}: {asked}{whom}, {made}", "dim"),
        _graph_line(report),
        _counts_line(report),
    ]
    failed = report.failed
    for one in failed[:MAX_SHOWN]:
        lines += [Text(), _failure(one)]
    if len(failed) > MAX_SHOWN:
        lines += [Text(), Text(f"and {len(failed) - MAX_SHOWN:,} more; --json has all", "dim")]
    return Group(*lines)


def _graph_line(report: "Report") -> Text:
    name = clean(report.domain)
    if report.same_graph:
        return Text(f"The graph of {name} is the one of the proof ({report.now}).")
    return Text(f"The graph of {name} is another one now: {clean(report.then)} then, {report.now} now.", "yellow")


def _counts_line(report: "Report") -> Text:
    failed = report.counts(failed=True)
    told = []
    for kind, count in report.counts().items():
        if kind in _NOUNS:
            noun = _NOUNS[kind][count != 1]
            told.append(f"{count - failed[kind]:,} of {count:,} {noun}" if kind in failed else f"{count:,} {noun}")
    verdict = "The proof holds: " if report.holds else "The proof does not hold. These do: "
    return Text(verdict + ", ".join(told) + ".", "" if report.holds else "bold")


def _failure(check: "Check") -> RenderableType:
    heading = Text("✗ ", "red").append(clean(check.where), "bold")
    if check.text:
        heading.append(f": {clean(check.text)}", "not bold")
    body = [Text(f"  {clean(check.reason)}", "red")]
    for one in check.lost:
        body += _lost(one)
    return Group(heading, *body)


def _lost(one: "LostTriple") -> list[Text]:
    iris = " ".join(clean(part) for part in (one.subject, one.predicate, one.object))
    return [Text(f"  {one.why}: {' · '.join(map(clean, one.labels))}"), Text(f"    {iris}", "dim")]
