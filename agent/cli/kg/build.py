"""`thence kg build`: a domain of RDF files, tables, RecBole files and interactions."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.domain_rows import carried_lines, carried_row
from agent.cli.domains import NewName, Replace, plain_table, print_json
from agent.cli.kg.building import BuildBars
from agent.cli.kg.extract import extraction_view, read_texts
from agent.cli.notices import Notices
from agent.cli.render import clean

if TYPE_CHECKING:
    from kg.building import Built

MANY = 100_000
"""Triples from which a rate says something."""

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="RDF files, tables of a --mapping, RecBole's .item .kg .link .inter, train.tsv and its kin, an SQLite "
        "file or the URL of a database, or folders of these.",
    ),
]
Mappings = Annotated[
    list[Path] | None,
    typer.Option("--mapping", "-m", metavar="FILE", help="YARRRML (.yml) or RML (.ttl); `thence kg map` writes one."),
]
ItemClass = Annotated[
    str | None, typer.Option("--class", metavar="IRI", help="Class of what may be recommended, or its local name.")
]
Texts = Annotated[
    bool, typer.Option("--text", help="Read triples out of the items' descriptions too; they wait for `kg accept`.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="Where the domain's folder comes to lie.")]


def build(
    sources: Sources,
    *,
    name: NewName,
    mapping: Mappings = None,
    item_class: ItemClass = None,
    out: Out = None,
    replace: Replace = False,
    texts: Texts = False,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Build a domain from RDF, tables, RecBole files and texts; the same command goes on with one that broke off."""
    from kg.building import BuildOptions, build_domain, plan_sources  # noqa: PLC0415 - takes a second

    settings = session.read_settings(home=home)
    domains = session.open_domains(settings.home)
    planned = plan_sources(sources, mapping or [], f"http://example.org/{name}/")
    with BuildBars(planned) as bars:
        built = build_domain(planned, name, domains, bars, BuildOptions(item_class, out, replace))
    read = None
    if texts:
        with Notices() as notices:
            read = read_texts(built.snapshot, settings, notices, rules=False, limit=options.MAX_LIMIT)
    if as_json:
        return print_json(_as_json(built) | ({"extracted": asdict(read)} if read else {}))
    said = name if out is None else str(out)
    return open_output().print(_view(built, said), *([extraction_view(read, said)] if read else []))


def _as_json(built: "Built") -> dict[str, object]:
    return {
        "name": built.domain.name,
        "folder": str(built.domain.folder),
        "items": len(built.snapshot.items),
        "users": len(built.snapshot.interactions.users),
        "triples": built.triples,
        "seconds": round(built.seconds, 2),
        "triples_per_minute": round(built.rate),
        "sources": [
            {
                "name": source.name,
                "kind": source.kind,
                "triples": done.triples,
                "seconds": round(done.seconds, 2),
                "kept": kept,
                "notes": list(done.notes),
            }
            for source, done, kept in built.sources
        ],
        "said_twice": built.said_twice,
        "carried": asdict(carried_row(built.carried)),
    }


def _view(built: "Built", said: str) -> Group:
    rows = [
        (source.name, source.kind, f"{done.triples:,}", "kept" if kept else f"{done.seconds:.1f} s")
        for source, done, kept in built.sources
    ]
    notes = [
        Text(f"{source.name}: {clean(note)}", "yellow" if note.startswith("Suspicious") else "dim")
        for source, done, _ in built.sources
        for note in done.notes
    ]
    items, users = len(built.snapshot.items), len(built.snapshot.interactions.users)
    rate = f"{built.rate:,.0f} triples a minute into the store, " if built.triples >= MANY else ""
    lines = [
        Text(f"Built {clean(built.domain.name)}: {clean(str(built.domain.folder))}"),
        Text(
            f"{built.triples:,} triples, {items:,} {clean(built.domain.manifest.items.plural)}, {users:,} users; "
            f"{rate}{built.seconds:.1f} s in all"
        ),
    ]
    lines += [Text(clean(line)) for line in carried_lines(carried_row(built.carried))]
    who = " --user USER" if users else ""
    hint = Text(f"Try: thence recommend --domain {clean(said)}{who}", "dim")
    return Group(plain_table(("source", "kind", "triples", "time"), rows), *notes, *lines, hint)
