"""The commands about domains: what there is, who and what is in one, and the import of another."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.domain_rows import (
    DomainSummary,
    ImportSummary,
    carried_lines,
    carried_row,
    domain_row,
    item_rows,
    search_items,
    summarise,
    user_rows,
)
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

if TYPE_CHECKING:
    from kg.snapshot import Snapshot

app = typer.Typer(no_args_is_help=True, help="List, show and import domains.")

Search = Annotated[str, typer.Option("--search", "-s", metavar="TEXT", help="Only items whose name holds this text.")]
Source = Annotated[Path, typer.Argument(metavar="PATH", help="Folder with kg.*, train.tsv and, mostly, items.tsv.")]
NewName = Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the new domain.")]
Replace = Annotated[
    bool, typer.Option("--replace", help="Replace an imported domain of that name; what was changed in it comes along.")
]


@app.command("list")
def list_domains(*, as_json: options.AsJson = False, home: options.Home = None) -> None:
    """List the domains of this machine."""
    known = session.open_domains(session.read_settings(home=home).home)
    rows = [domain_row(known, name) for name in sorted(known.folders())]
    if as_json:
        return print_json([asdict(row) for row in rows])
    cells = [(row.name, row.error or row.title, row.items, "imported" if row.imported else "sample") for row in rows]
    return open_output().print(plain_table(("name", "title", "items", "from"), cells))


@app.command()
def show(name: options.DomainName, *, as_json: options.AsJson = False, home: options.Home = None) -> None:
    """Show what is in a domain: items, users, relations, examples."""
    summary = summarise(_open(name, home))
    if as_json:
        return print_json(asdict(summary))
    return open_output().print(_summary_view(summary))


@app.command()
def users(
    name: options.DomainName,
    *,
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """List the users of a domain, in the order of the data."""
    interactions = _open(name, home).interactions
    rows = user_rows(interactions, limit)
    if as_json:
        return print_json([asdict(row) for row in rows])
    cells = [(row.user, str(row.interactions), str(row.liked)) for row in rows]
    return open_output().print(
        plain_table(("user", "interactions", "liked"), cells), _rest(len(rows), len(interactions.users), "users")
    )


@app.command()
def items(
    name: options.DomainName,
    *,
    search: Search = "",
    limit: options.Limit = options.DEFAULT_LIMIT,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """List the items of a domain, those that most users liked first."""
    snapshot = _open(name, home)
    found = search_items(snapshot, search) if search.strip() else list(snapshot.items)
    rows = item_rows(snapshot, found)[:limit]
    if as_json:
        return print_json([asdict(row) for row in rows])
    noun = snapshot.manifest.items.noun
    cells = [(row.label, str(row.liked_by), row.iri) for row in rows]
    return open_output().print(
        plain_table((noun, "liked by", "IRI"), cells), _rest(len(rows), len(found), snapshot.manifest.items.plural)
    )


@app.command("import")
def import_folder(
    path: Source,
    *,
    name: NewName,
    replace: Replace = False,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Import a folder with a graph and interactions as a domain of its own."""
    folder = session.read_settings(home=home).home
    with Notices() as notices:
        notices.say(f"Importing {path}")
        done = session.import_folder(path, name, folder, replace=replace)
    summary = ImportSummary(name, str(done.domain.folder), done.said_twice, carried_row(done.carried))
    if as_json:
        return print_json(asdict(summary))
    return open_output().print(_import_view(summary))


def _open(name: str, home: Path | None) -> "Snapshot":
    with Notices() as notices:
        return session.open_domain(name, session.read_settings(home=home).home, notices)


def print_json(data: object) -> None:
    """Print JSON on standard output; no character in it moves the terminal."""
    sys.stdout.write(safe_json(json.dumps(data, ensure_ascii=False, indent=2)) + "\n")


def plain_table(header: Sequence[str], cells: Iterable[Sequence[str]]) -> Table:
    """Return a plain table of cells that may hold anything."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in header:
        table.add_column(Text(clean(name)), overflow="fold")
    for row in cells:
        table.add_row(*(Text(clean(cell)) for cell in row))
    return table


def _rest(shown: int, total: int, noun: str) -> Text:
    more = f"; --limit shows more than {shown:,}" if shown < total else ""
    return Text(f"{total:,} {clean(noun)}{more}", "dim")


def _summary_view(summary: DomainSummary) -> Group:
    heading = Text(clean(summary.title), "bold").append(f"  {summary.name}", "not bold dim")
    facts = Table.grid(padding=(0, 2, 0, 0))
    for name, value in _facts(summary):
        facts.add_row(Text(name, "dim"), Text(clean(value)))
    relations = plain_table(
        ("relation", "noun", "weight", "triples"),
        ((row.name, row.noun, f"{row.weight:g}", f"{row.triples:,}") for row in summary.relations),
    )
    examples = [Text(f"  {clean(example)}") for example in summary.examples]
    if examples:
        examples = [Text(), Text("Ask it, for example:", "dim"), *examples]
    return Group(heading, Text(clean(summary.description)), Text(), facts, Text(), relations, *examples)


def _facts(summary: DomainSummary) -> list[tuple[str, str]]:
    liked = f", liked from {summary.liked_from:g}" if summary.liked_from is not None else ""
    scale = f" (from {summary.scale}{liked})" if summary.scale else ""
    return [
        ("items", f"{summary.items:,} {summary.plural}"),
        ("users", f"{summary.users:,}"),
        ("interactions", f"{summary.interactions:,}{scale}"),
        ("graph", f"{summary.entities:,} entities, {summary.triples:,} triples"),
        ("languages", ", ".join(summary.languages)),
    ]


def _import_view(summary: ImportSummary) -> Group:
    lines = [Text(f"Imported {summary.name}: {clean(summary.folder)}")]
    if summary.said_twice:
        lines.append(Text("Left out, since another relation says the same:", "dim"))
        twice = (f"{clean(left)} = {clean(kept)}" for left, kept in summary.said_twice.items())
        lines += [Text(f"  {line}", "dim") for line in twice]
    lines += [Text(clean(line)) for line in carried_lines(summary.carried)]
    lines.append(Text(f"Try: thence recommend --domain {summary.name} --user USER", "dim"))
    return Group(*lines)
