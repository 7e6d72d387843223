"""The command `thence`: its subcommands, its errors and its exit codes."""

import errno
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from agent.cli import answers, domains, feedback, kg, session, tune, verify
from agent.cli.notices import Notices
from agent.cli.render import safe_json
from kg.errors import ThenceError

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 and the number of the signal, as shells have it."""


class ModelGroup(TyperGroup):
    """The commands of the model server, imported when one of them is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return list(session.model_commands().commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return session.model_commands().get_command(ctx, cmd_name)


class Commands(TyperGroup):
    """Our commands, and the groups that installed packages add under `session.COMMANDS` in their entry points."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *session.added_commands()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return super().get_command(ctx, cmd_name) or session.added_command(cmd_name)


app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(answers.app)
app.add_typer(verify.app)
app.add_typer(tune.app)
app.add_typer(domains.app, name="domain")
app.add_typer(feedback.app, name="feedback")
app.add_typer(kg.app, name="kg")
app.add_typer(
    typer.Typer(cls=ModelGroup, no_args_is_help=True),
    name="model",
    help="Prepare, start, stop and watch the model server.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"thence {session.version()}")
        raise typer.Exit


@app.callback()
def thence(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Recommendations with reasons: a language model reasons over a knowledge graph, and every word can be checked."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors that a user can mend become one message."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _accept_any_text()
    try:
        code = get_command(app).main(given, prog_name="thence", standalone_mode=False)
        sys.stdout.flush()
    except ThenceError as error:
        return _report(error, str(error), error.exit_code, given)
    except TyperException as error:
        return _report(error, error.format_message(), error.exit_code, given)
    except OSError as error:
        return _report_system(error, given)
    if code == INTERRUPTED:
        return _report(KeyboardInterrupt(), "stopped by Ctrl-C", INTERRUPTED, given)
    return code or 0


def _report(error: BaseException, message: str, code: int, arguments: Sequence[str]) -> int:
    """Print an error on standard error; whoever asked for JSON gets JSON."""
    if "--json" in arguments:
        told = {"error": {"type": type(error).__name__, "message": message}}
        sys.stderr.write(safe_json(json.dumps(told, ensure_ascii=False)) + "\n")
    elif message:
        Notices().error(message)
    return code


def _report_system(error: OSError, arguments: Sequence[str]) -> int:
    """Report a full disk or a forbidden folder; a reader that went away (`| head`) is no error to speak of."""
    if error.errno != errno.EPIPE:
        return _report(error, str(error), 1, arguments)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _accept_any_text() -> None:
    """Print UTF-8, whatever the locale, and let no character end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
