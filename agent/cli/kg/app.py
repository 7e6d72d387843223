"""The group `thence kg`: one file a command, gathered here."""

import typer

app = typer.Typer(no_args_is_help=True, help="Build, clean, check, extend and embed knowledge graphs.")
