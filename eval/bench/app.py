"""The group `thence bench`."""

import typer

from eval.bench.kg import kg

app = typer.Typer(no_args_is_help=True, help="Measure speed and size beside peers.")
app.command()(kg)


@app.callback()
def bench() -> None:
    """Measure speed and size beside peers."""
