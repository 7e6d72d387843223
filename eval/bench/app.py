"""The group `thence bench`."""

import typer

app = typer.Typer(no_args_is_help=True, help="Measure speed and size beside peers.")
