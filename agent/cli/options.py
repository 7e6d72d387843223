"""The options that several commands share, and the completion of their values."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from agent.cli import session
from kg.errors import ThenceError

DEFAULT_DOMAIN = "films"
DEFAULT_K = 5
MAX_K = 100
"""Longest list that the command line asks for; each item of it may cost a call to the model."""

DEFAULT_LIMIT, MAX_LIMIT = 20, 1_000_000

_MODEL_PANEL = "Model and folders"


def complete_domain(incomplete: str) -> list[str]:
    """Return the names of domains that begin so; none where the settings are broken, since a shell shows no error."""
    try:
        names = sorted(session.open_domains(session.read_settings().home).folders())
    except ThenceError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def whole_number(lowest: int, highest: int) -> Callable[[str | int], int]:
    """Return a parser of whole numbers in a range, whose error says what came and what was expected."""

    def parse(value: str | int) -> int:
        try:
            number = int(value)
        except ValueError:
            number = None
        if number is None or not lowest <= number <= highest:
            raise typer.BadParameter(f"expected a whole number from {lowest} to {highest}, got {str(value)[:40]!r}")
        return number

    return parse


def new_file(value: Path | None) -> Path | None:
    """Refuse a file that cannot be written before anything is done that takes long."""
    if value is not None and not value.absolute().parent.is_dir():
        raise typer.BadParameter(f"there is no folder {value.parent}")
    if value is not None and value.is_dir():
        raise typer.BadParameter(f"{value} is a folder; expected the name of a file")
    return value


def utf8(value: str | None) -> str | None:
    """Refuse a text that holds bytes that are no UTF-8; no model, graph or JSON can hold them either."""
    if value is not None and any("\ud800" <= char <= "\udfff" for char in value):
        raise typer.BadParameter("expected UTF-8 text, got bytes that are not UTF-8")
    return value


Domain = Annotated[
    str,
    typer.Option(
        "--domain", "-d", metavar="NAME", help="Domain, or the path of its folder.", autocompletion=complete_domain
    ),
]
DomainName = Annotated[
    str, typer.Argument(metavar="NAME", help="Domain, or the path of its folder.", autocompletion=complete_domain)
]
User = Annotated[
    str | None,
    typer.Option("--user", "-u", metavar="U", callback=utf8, help="User of the domain whose history counts."),
]
Count = Annotated[
    int,
    typer.Option(
        "-k", "--count", metavar="N", parser=whole_number(1, MAX_K), help=f"How many items to list, 1 to {MAX_K}."
    ),
]
Limit = Annotated[
    int, typer.Option("--limit", metavar="N", parser=whole_number(1, MAX_LIMIT), help="Most rows to print.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on standard output.")]
Trace = Annotated[bool, typer.Option("--trace", help="Print each step: who decided it, what it found, what it cost.")]
Evidence = Annotated[bool, typer.Option("--evidence", help="Print the claims with the triples that back them.")]
ProofFile = Annotated[
    Path | None,
    typer.Option(
        "--proof", metavar="FILE", callback=new_file, help="Write a proof there, for `thence verify` (JSON-LD)."
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME_OR_PATH", help="Language model to serve.", rich_help_panel=_MODEL_PANEL),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url",
        metavar="URL",
        help="OpenAI-compatible server to use instead of one of ours.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
Device = Annotated[
    str | None, typer.Option("--device", metavar="auto|cpu|cuda", help="Where it runs.", rich_help_panel=_MODEL_PANEL)
]
Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="FOLDER",
        help="Imported domains, fitted artefacts and threads.",
        rich_help_panel=_MODEL_PANEL,
    ),
]
