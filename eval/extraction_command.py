"""The command `thence eval extraction`; what it runs is imported when it is called."""
# ruff: noqa: PLC0415

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.domains import plain_table, print_json
from agent.cli.notices import Notices

if TYPE_CHECKING:
    from eval.extraction import Reading
    from kg.building.text import TripleExtractor

app = typer.Typer()


class Part(StrEnum):
    """Texts to mend on, and texts for the numbers that are told."""

    DEV = "dev"
    TEST = "test"


WhichPart = Annotated[
    Part, typer.Option("--part", help="dev: texts to mend extractors on; test: for the numbers told.")
]
OnlyRules = Annotated[bool, typer.Option("--only-rules", help="Read by rules alone; no model is started.")]
FLOORS = (0.0, 0.5, 0.8, 0.9)
"""Least confidences of the rows."""


@app.command()
def extraction(
    *,
    part: WhichPart = Part.TEST,
    only_rules: OnlyRules = False,
    model: options.Model = None,
    base_url: options.BaseUrl = None,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Read facts of the sample's films, hidden, out of short texts: the model and the rules beside every candidate.

    Precision is the share of the triples read that the texts state, recall the share of what they state that was read.
    """
    from agent.extraction import ModelExtractor
    from agent.gate import ModelGate
    from eval.extraction import EveryCandidate, read, read_blurbs, score
    from kg.building.phrases import PhraseExtractor

    settings = session.read_settings(model=model, base_url=base_url, home=home)
    rows: list[tuple[float, Reading]] = []
    with Notices() as notices:
        snapshot = session.open_domain(options.DEFAULT_DOMAIN, settings.home, notices)
        texts, facts = read_blurbs(snapshot, part)
        gate = ModelGate(settings, notices.say)
        extractors: list[TripleExtractor] = [EveryCandidate(), PhraseExtractor(snapshot.manifest)]
        if not only_rules:
            extractors.append(ModelExtractor(gate, snapshot.manifest, settings.model))
        try:
            for extractor in extractors:
                notices.say(f"Reading {len(texts)} texts: {extractor.name}")
                found = asyncio.run(read(snapshot, extractor, texts))
                every = [(floor, score(snapshot, extractor.name, found, facts, floor)) for floor in FLOORS]
                some = [row for row in every if row[1].found]
                rows += [row for at, row in enumerate(some) if not at or row[1] != some[at - 1][1]]
        finally:
            gate.close()
    if as_json:
        return print_json([asdict(one) | {"floor": floor} | _measures(one) for floor, one in rows])
    header = ("read by", "at least so sure", "triples", "right", "stated", "precision", "recall", "F1")
    return open_output().print(plain_table(header, _cells(rows)))


def _measures(one: "Reading") -> dict[str, float]:
    return {name: round(getattr(one, name), 4) for name in ("precision", "recall", "f1")}


def _cells(rows: "Sequence[tuple[float, Reading]]") -> list[Sequence[str]]:
    return [
        (
            one.extractor,
            f"{floor:.1f}",
            str(one.found),
            str(one.right),
            str(one.stated),
            *(f"{value:.2f}" for value in _measures(one).values()),
        )
        for floor, one in rows
    ]
