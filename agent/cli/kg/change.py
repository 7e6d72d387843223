"""The commands `thence kg add` and `thence kg remove`: triples that come into a graph in use, or go out of it."""
# ruff: noqa: PLC0415 - numpy and torch take time that `thence --help` must not wait for

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import safe_json

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="RDF file: .ttl, .nt, .rdf, .jsonld and others, also with .gz.")
]


def add(
    file: File,
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Add the triples of a file to a domain's graph; `thence kg clean --undo last` takes them back."""
    _change("add", file, domain, home, as_json=as_json)


def remove(
    file: File,
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Take the triples of a file out of a domain's graph; `thence kg clean --undo last` puts them back."""
    _change("remove", file, domain, home, as_json=as_json)


def _change(what: Literal["add", "remove"], file: Path, name: str, home: Path | None, *, as_json: bool) -> None:
    with Notices() as notices:
        domains = session.open_domains(session.read_settings(home=home).home)
        domain = domains.find(name)
        notices.say(f"Reading {file}")
        from kg.changes import Change
        from kg.embeddings.text import SentenceEncoder
        from kg.updating import read_triples, update_domain

        triples = read_triples(file)
        began = time.perf_counter()
        done = update_domain(
            domains,
            domain,
            Change(add=triples) if what == "add" else Change(remove=triples),
            kind="added" if what == "add" else "removed",
            reason=f"thence kg {what} {file.name}",
            encoder=SentenceEncoder(),
            progress=notices.say,
        )
        seconds = time.perf_counter() - began
    document: dict[str, Any] = {
        "domain": name,
        "added": len(done.delta.added),
        "removed": len(done.delta.removed),
        "texts_embedded": done.reread,
        "entities_embedded": done.refitted,
        "items": len(done.snapshot.items),
        "seconds": round(seconds, 3),
        "log": str(done.snapshot.domain.changes_file),
    }
    if as_json:
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(document, len(triples)))


def _view(document: dict[str, Any], n_given: int) -> Text:
    changed = document["added"] + document["removed"]
    if not changed:
        return Text(f"Nothing to do: {document['domain']} says all that already, or none of it.")
    text = Text(f"{document['domain']}: {document['added']:,} triples added, {document['removed']:,} removed")
    text.append(f" (of {n_given:,} in the file), in {document['seconds']:.2f} s\n", "dim")
    if document["texts_embedded"] is not None:
        text.append(f"{document['texts_embedded']:,} texts embedded anew; ")
    if document["entities_embedded"] is not None:
        text.append(f"{document['entities_embedded']:,} entities fitted into the graph embedding; ")
    text.append("the ranker is fitted anew when it is next asked for\n")
    return text.append("Take it back: thence kg clean --undo last", "dim")
