"""`thence kg map`: a mapping to start from, guessed from a table's header and rows."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from agent.cli import options
from agent.cli.display import open_output
from agent.cli.domains import print_json
from agent.cli.render import clean
from kg.errors import GraphError

Tables = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="CSV, TSV, JSON or Parquet; the first holds what may be recommended."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here instead of printing it.")]
Replace = Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")]


def write_mapping(
    tables: Tables, *, out: Out = None, replace: Replace = False, as_json: options.AsJson = False
) -> None:
    """Write a mapping from tables to a graph to start from: keys, classes, types and links as far as they show."""
    from kg.building.starter import starter_mapping  # noqa: PLC0415 - takes a second

    if out is not None and out.exists() and not replace:
        raise GraphError(f"{out} is there already; name another file, or --replace it.")
    text = starter_mapping(tables, out or Path("mapping.yml"))
    if out is not None:
        beside = out.with_name(f".{out.name}.{os.getpid()}")
        beside.write_text(text, "utf-8")
        beside.replace(out)
    if as_json:
        return print_json({"file": None if out is None else str(out), "mapping": text})
    if out is None:
        sys.stdout.write(text)
        return None
    names = " ".join(map(str, tables))
    return open_output().print(
        Text(f"Wrote {clean(str(out))}. Check it, then: thence kg build {clean(names)} --mapping {out} --name NAME"),
        soft_wrap=True,
    )
