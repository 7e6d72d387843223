"""The command `thence kg validate`: a graph against its SHACL shapes."""
# ruff: noqa: PLC0415

import json
import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json
from kg.namespaces import local_name

if TYPE_CHECKING:
    from kg.quality.validation import Validation

NOT_CONFORMING = 1


def validate(
    *, domain: options.Domain = options.DEFAULT_DOMAIN, as_json: options.AsJson = False, home: options.Home = None
) -> None:
    """Check a graph against the SHACL shapes of its domain; exit code 1 where a fact breaks one.

    Facts that do are flagged from the next opening of the domain on: look-ups tell them with a mark, and neither a
    justification nor a path, an answer or a score rests on them.
    """
    from kg.errors import ShapesError
    from kg.quality import open_effective
    from kg.quality.validation import read_shapes
    from kg.quality.validation import validate as run

    opened = session.open_domains(session.read_settings(home=home).home).find(domain)
    if not opened.shapes_file.is_file():
        raise ShapesError(
            f"{opened.name} has no shapes to check against: run `thence kg shapes --domain {domain}`, which infers "
            f"some and writes them into {opened.shapes_file}, and edit what does not fit."
        )
    with Notices() as notices:
        notices.say(f"Reading the shapes of {opened.manifest.title}")
        found = read_shapes(opened.shapes_file)
        notices.say(f"Checking the graph of {opened.manifest.title}")
        result = run(open_effective(opened), found)
    if as_json:
        document = {
            "domain": opened.name,
            "conforms": result.conforms,
            "results": [asdict(one) for one in result.results],
            "flagged": [one.row for one in sorted(result.flagged)],
        }
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        open_output().print(_view(result))
    if not result.conforms:
        raise typer.Exit(NOT_CONFORMING)


def _view(result: "Validation") -> Group:
    if not result.results:
        return Group(Text("The graph conforms to its shapes."))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("severity", "relation", "constraint", "times", "for example"):
        table.add_column(name, overflow="fold", justify="right" if name == "times" else "left")
    groups = Counter((one.severity, one.path, one.constraint) for one in result.results)
    examples = {(one.severity, one.path, one.constraint): one for one in reversed(result.results)}
    for key, count in groups.items():
        one = examples[key]
        told = f"{local_name(one.focus)}: {one.value or one.message}"
        table.add_row(*(Text(clean(cell)) for cell in (key[0], local_name(key[1]), key[2], f"{count:,}", told)))
    return Group(
        table,
        Text(f"{len(result.flagged):,} facts are flagged: look-ups mark them, and nothing else rests on them.", "dim"),
    )
