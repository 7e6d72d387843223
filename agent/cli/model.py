"""`thence model`: prepare, start, stop and look at the model server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from agent import server
from agent.model import prepare as prepare_weights
from agent.settings import load_settings

app = typer.Typer(help="Prepare the language model, and start, stop and watch its server.", no_args_is_help=True)

Model = Annotated[str | None, typer.Option("--model", help="Model name, folder, or hub name.")]
Device = Annotated[str | None, typer.Option("--device", help="auto, cpu or cuda.")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", help="OpenAI-compatible server to use instead of one of ours.")
]


@app.command()
def prepare(model: Model = None) -> None:
    """Make the model's weights ready: the default model is converted once and cached."""
    settings = load_settings(model=model)
    with shown_progress() as progress:
        weights = prepare_weights(settings, progress)
    where = "is loaded from the hub at the first start" if weights.on_hub else f"is ready in {weights.location}"
    _print(f"{weights.name} {where}")


@app.command()
def start(model: Model = None, device: Device = None, base_url: BaseUrl = None) -> None:
    """Start the model server, or find the one that runs, and prove that it keeps to a schema."""
    settings = load_settings(model=model, device=device, base_url=base_url)
    with shown_progress() as progress:
        address = server.ensure(settings, progress)
    grammars = "JSON schemas and grammars" if address.grammar else "JSON schemas, no grammars"
    _print(f"{address.model} answers at {address.base_url} ({grammars})")


@app.command()
def stop() -> None:
    """Stop the model server and every process of it."""
    _print("stopped" if server.stop(load_settings()) else "no model server was running")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Say whether the model server runs, and what it does."""
    found = server.status(load_settings())
    if as_json:
        typer.echo(json.dumps(asdict(found), default=str))
    else:
        Console().print(_table(found))


@app.command()
def logs(
    lines: Annotated[int, typer.Option("-n", "--lines", min=1, help="How many lines of its end.")] = 40,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Print the end of the model server's log."""
    settings = load_settings()
    with suppress(KeyboardInterrupt):
        for line in server.follow(settings, lines) if follow else server.logs(settings, lines):
            typer.echo(line)


@contextmanager
def shown_progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is going on: on a terminal in place, otherwise each new stage on a line.

    It writes to the error output, so that results can be piped.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status("") as spinner:
            yield spinner.update
    else:
        yield _Stages(console)


class _Stages:
    """Print a stage once, though it is told again with other seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def __call__(self, text: str) -> None:
        current = text.partition(" (")[0]
        if current != self._last:
            self._console.print(text, highlight=False, markup=False)
        self._last = current


def _print(text: str) -> None:
    Console().print(text, highlight=False, markup=False, soft_wrap=True)


def _table(found: server.ServerStatus) -> Table:
    table = Table(show_header=False, box=None)
    for name, value in _rows(found).items():
        table.add_row(name, value)
    return table


def _rows(found: server.ServerStatus) -> dict[str, str]:
    rows = {"state": f"{found.phase}: {found.detail}", "log": str(found.log)}
    if found.base_url is None:
        return rows
    return rows | {
        "address": found.base_url,
        "model": f"{found.model} on {found.device}, context {found.max_model_len} tokens",
        "grammars": "yes" if found.grammar else "no",
        "processes": ", ".join(map(str, found.pids)) or "none",
        "memory": f"{found.memory / 2**30:.1f} GiB",
        "up": "no" if found.uptime is None else f"{found.uptime / 60:.0f} min",
        "requests": "unknown" if found.running_requests is None else f"{found.running_requests} under way",
    }
