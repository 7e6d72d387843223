"""The command `thence kg shapes`: SHACL shapes for a start."""
# ruff: noqa: PLC0415

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from agent.cli import options, session
from agent.cli.display import open_output
from agent.cli.notices import Notices
from agent.cli.render import clean, safe_json

Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write there, not into the domain (where they would be in force)."),
]
Replace = Annotated[bool, typer.Option("--replace", help="Write over shapes that are there.")]


def shapes(
    *,
    domain: options.Domain = options.DEFAULT_DOMAIN,
    out: Out = None,
    replace: Replace = False,
    as_json: options.AsJson = False,
    home: options.Home = None,
) -> None:
    """Infer SHACL shapes from what nearly all entities of a graph have, and write them as Turtle, to be edited.

    From then on the domain is checked against them when it is opened; a fact that fails supports no justification.
    """
    from kg.errors import ShapesError
    from kg.quality import open_effective, read_view
    from kg.quality.shapes import infer_shapes
    from kg.schema import infer_schema

    opened = session.open_domains(session.read_settings(home=home).home).find(domain)
    target = out or opened.shapes_file
    if target.exists() and not replace:
        raise ShapesError(f"{target} is there already; --replace writes over it, --out FILE elsewhere.")
    with Notices() as notices:
        notices.say(f"Reading the graph of {opened.manifest.title}")
        store = open_effective(opened)
        text = infer_shapes(read_view(store, opened), infer_schema(store), opened.manifest.title)
    _write(target, text)
    count, properties = text.count("a sh:NodeShape"), text.count("sh:property")
    if as_json:
        document = {"domain": opened.name, "file": str(target), "shapes": count, "properties": properties}
        sys.stdout.write(safe_json(json.dumps(document, ensure_ascii=False, indent=2)) + "\n")
    else:
        out_to = open_output()
        out_to.print(Text(f"Wrote {count} shapes with {properties} property shapes: {clean(str(target))}"))
        out_to.print(Text(f"Edit them, then: thence kg validate --domain {opened.name}", "dim"))


def _write(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        beside.write_text(text, "utf-8")
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
