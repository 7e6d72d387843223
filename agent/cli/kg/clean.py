"""The command `thence kg clean`: what seems wrong in a graph; apply what is proposed, or take it back."""
# ruff: noqa: PLC0415 - numpy, scipy and the checks take time that `thence --help` must not wait for

import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean as plain
from agent.cli.render import safe_json

if TYPE_CHECKING:
    from kg.changes import LoggedChange
    from kg.domain import Domain
    from kg.quality import Finding

SHOWN = 10
"""Findings of a kind that are printed where no --limit is given."""

STATEMENTS = 10
"""Statements of a finding that its JSON holds; the log of an applied one holds all."""

LAST = "last"

Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Only findings of this kind; may be repeated. Default: all."),
]
MinConfidence = Annotated[
    float, typer.Option("--min-confidence", min=0, max=1, metavar="X", help="Leave out what is less sure than this.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Write the proposed changes into the domain's change log.")]
Undo = Annotated[
    str | None,
    typer.Option(
        "--undo",
        metavar="ID",
        help="Take back the change with this id and those that rest on it; `last`: all that the last --apply did.",
    ),
]
TextModel = Annotated[
    bool,
    typer.Option("--text-model", help="Let text embeddings choose more pairs of entities to compare (a minute)."),
]
Limit = Annotated[
    int,
    typer.Option("--limit", metavar="N", parser=options.whole_number(1, options.MAX_LIMIT), help="Rows of a kind."),
]


def clean(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    kind: Kinds = None,
    min_confidence: MinConfidence = 0.8,
    apply: Apply = False,
    undo: Undo = None,
    text_model: TextModel = False,
    limit: Limit = SHOWN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Find doubled entities and relations, loops, misplaced literals, dangling references and other faults of a graph.

    Nothing is changed without --apply, the graph's files never are: changes go into a log that is read on top of them.
    """
    if undo is not None and apply:
        raise typer.BadParameter("--undo and --apply exclude each other")
    opened = session.open_domains(session.read_settings(home=home).home).find(domain)
    if undo is not None:
        return _undo(opened, undo, as_json=as_json)
    with Notices() as notices:
        findings = [one for one in _find(opened, kind or (), text_model, notices) if one.confidence >= min_confidence]
        logged, void = _apply(opened, findings, notices) if apply else ([], [])
    if as_json:
        document = {
            "domain": opened.name,
            "counts": Counter(one.kind for one in findings),
            "findings": [finding_row(one) for one in findings],
        }
        if apply:
            document["applied"] = [change_row(one) for one in logged]
            document["void"] = [finding_row(one) for one in void]
            document["log"] = str(opened.changes_file)
        return _print_json(document)
    view = _findings_view(findings, limit)
    return open_output().print(_applied_view(opened, logged, void) if apply else view)


def finding_row(finding: "Finding") -> dict[str, Any]:
    """Return a finding as JSON."""
    from kg.changes import statement

    change = finding.change
    return {
        "kind": finding.kind,
        "confidence": round(finding.confidence, 3),
        "entities": list(finding.entities),
        "reason": finding.reason,
        "triples": [statement(one) for one in finding.triples[:STATEMENTS]],
        "merge": None if change.merged is None else {"from": change.merged[0], "into": change.merged[1]},
        "n_remove": len(change.remove),
        "remove": [statement(one) for one in change.remove[:STATEMENTS]],
        "n_add": len(change.add),
        "add": [statement(one) for one in change.add[:STATEMENTS]],
    }


def change_row(one: "LoggedChange") -> dict[str, Any]:
    """Return a logged change as JSON."""
    return {
        "id": one.id,
        "batch": one.batch,
        "time": one.time,
        "kind": one.kind,
        "entities": list(one.entities),
        "reason": one.reason,
        "n_remove": len(one.change.remove),
        "n_add": len(one.change.add),
    }


def _find(domain: "Domain", kinds: Sequence[str], text_model: bool, notices: Notices) -> "list[Finding]":
    from kg.quality import clean_view, find

    encode = None
    if text_model:
        from kg.embeddings.text import SentenceEncoder

        encode = SentenceEncoder().encode
    notices.say(f"Reading the graph of {domain.manifest.title}")
    return find(clean_view(domain), kinds, encode=encode, progress=notices.say)


def _apply(
    domain: "Domain", findings: "Sequence[Finding]", notices: Notices
) -> "tuple[list[LoggedChange], list[Finding]]":
    from kg.quality import apply

    notices.say("Writing the changes")
    done = apply(domain, findings)
    return done.logged, done.void


def _undo(domain: "Domain", wanted: str, *, as_json: bool) -> None:
    if wanted != LAST and not wanted.isdecimal():
        raise typer.BadParameter(f"--undo: expected the id of a change or `{LAST}`, got {wanted[:40]!r}")
    undone = domain.changes.undo(None if wanted == LAST else int(wanted))
    if as_json:
        return _print_json({"domain": domain.name, "undone": [change_row(one) for one in undone]})
    lines = [Text(f"{one.id:>5}  {one.kind}  {plain(one.reason)}", "dim") for one in undone[:SHOWN]]
    told = f"Took back {len(undone):,} changes." if undone else "There is nothing to take back."
    return open_output().print(Group(Text(told), *lines))


def _findings_view(findings: "Sequence[Finding]", limit: int) -> Group:
    if not findings:
        return Group(Text("Nothing seems wrong."))
    counts = Counter(one.kind for one in findings)
    parts: list[Text | Table] = []
    for kind, count in counts.items():
        some = [one for one in findings if one.kind == kind][:limit]
        more = f", of which {len(some)} are shown (--limit)" if len(some) < count else ""
        parts += [Text(f"{kind}: {count:,}{more}", "bold"), _table(some), Text()]
    return Group(*parts, Text("Nothing was changed; --apply writes what is proposed, --undo takes it back.", "dim"))


def _table(findings: "Sequence[Finding]") -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("sure", "why", "proposed"):
        table.add_column(Text(name), overflow="fold")
    for one in findings:
        table.add_row(f"{one.confidence:.2f}", Text(plain(one.reason)), Text(plain(proposal(one))))
    return table


def proposal(finding: "Finding") -> str:
    """Return what a finding proposes, in words."""
    change = finding.change
    if change.merged is not None:
        return "make one"
    parts = [f"take out {len(change.remove):,}"] * bool(change.remove) + [f"put in {len(change.add):,}"] * bool(
        change.add
    )
    return ", ".join(parts) or "nothing; look at it"


def _applied_view(domain: "Domain", logged: "Sequence[LoggedChange]", void: "Sequence[Finding]") -> Group:
    counts = Counter(one.kind for one in logged)
    lines = [Text(f"  {count:>7,}  {kind}") for kind, count in counts.items()]
    rest = [Text(f"{len(void):,} findings had become void by the others.", "dim")] if void else []
    return Group(
        Text(f"Applied {len(logged):,} changes; they are in {domain.changes_file}."),
        *lines,
        *rest,
        Text("What rests on the graph is built anew when it is next opened. --undo last takes them back.", "dim"),
    )


def _print_json(document: object) -> None:
    sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
