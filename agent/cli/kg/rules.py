"""`thence kg rules`: Horn rules mined from a graph."""
# ruff: noqa: PLC0415

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

if TYPE_CHECKING:
    from kg.rules.horn import HornRule
    from kg.snapshot import Snapshot

MinSupport = Annotated[
    int, typer.Option("--min-support", min=1, metavar="N", help="Facts that a rule must give that the graph states.")
]
MinConfidence = Annotated[
    float,
    typer.Option("--min-confidence", min=0, max=1, metavar="X", help="Share of what it gives that must be stated."),
]
Walks = Annotated[bool, typer.Option("--walks", help="Only rules without constants.")]


def rules(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    min_support: MinSupport = 3,
    min_confidence: MinConfidence = 0.01,
    walks: Walks = False,
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Mine rules that predict facts: walks of up to three relations, what goes with what, and what is frequent.

    Each has its support, its confidence (also with what is unknown left out, as AMIE has it) and its head coverage.
    """
    with Notices() as notices:
        snapshot = session.open_domain(domain, session.read_settings(home=home).home, notices)
        from kg.rules.mined import mined_rules
        from kg.rules.mining import MiningSettings

        settings = MiningSettings(min_support=min_support, min_confidence=min_confidence)
        found = mined_rules(snapshot.folder, snapshot.adjacency, settings, notices.say)
    chosen = [one for one in found if not walks or (one.body and one.target < 0)]
    rows = [_row(snapshot, one) for one in chosen[:limit]]
    if as_json:
        document = {"rules": len(chosen), "listed": rows}
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(rows, len(chosen)))


def _row(snapshot: "Snapshot", rule: "HornRule") -> dict[str, str | int | float]:
    from kg.rules.mined import say_rule

    adjacency = snapshot.adjacency
    nouns = [snapshot.manifest.relations[name].noun for name in adjacency.relations]
    return {
        "rule": say_rule(rule, nouns, lambda row: snapshot.label(adjacency.entities[row])),
        "support": rule.support,
        "confidence": rule.confidence,
        "pca_confidence": rule.pca_confidence,
        "head_coverage": rule.head_coverage,
        "belief": rule.belief,
    }


def _view(rows: list[dict[str, str | int | float]], total: int) -> Group:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("rule", "support", "confidence", "PCA", "coverage"):
        table.add_column(Text(name), justify="left" if name == "rule" else "right", overflow="fold")
    for row in rows:
        shares = (f"{row[name]:.3f}" for name in ("confidence", "pca_confidence", "head_coverage"))
        table.add_row(*(Text(cell) for cell in (clean(str(row["rule"])), str(row["support"]), *shares)))
    more = f"; --limit shows more than {len(rows):,}" if len(rows) < total else ""
    return Group(table, Text(), Text(f"{total:,} rules, those that predict most surely first{more}", "dim"))
