"""Where the lines of a chat come from: a prompt with history and completion, or standard input that is no terminal."""

import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from rich.console import Console
from rich.text import Text

from agent.chat.commands import COMMANDS
from agent.cli.render import clean
from agent.errors import SettingsError

HISTORY_FILE = "chat_history"


class Lines(Protocol):
    """A source of lines."""

    def read(self, prompt: str) -> str | None:
        """Return the next line, or None after the last one."""


class SlashCompleter(Completer):
    """Completes the name of a slash command at the beginning of a line."""

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """Yield the commands that begin like the line."""
        typed = document.text_before_cursor
        for one in COMMANDS:
            if typed.startswith("/") and f"/{one.name}".startswith(typed.lower()):
                yield Completion(f"/{one.name}", start_position=-len(typed), display_meta=one.purpose)


class PromptLines:
    """Lines typed at a prompt; their history lies in the home folder, readable by its owner alone.

    Raises:
        SettingsError: The home folder cannot be written.
    """

    def __init__(self, home: Path) -> None:
        path = home / HISTORY_FILE
        try:
            home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            raise SettingsError(f"cannot keep the chat's history in {home}: {error}. --home sets another.") from error
        self._session: PromptSession[str] = PromptSession(
            history=FileHistory(str(path)), completer=SlashCompleter(), multiline=False
        )

    def read(self, prompt: str) -> str | None:
        """Return what is typed; Ctrl-C empties the line, Ctrl-D on an empty one ends."""
        try:
            return self._session.prompt(prompt)
        except KeyboardInterrupt:
            return ""
        except EOFError:
            return None


class PipedLines:
    """Lines of standard input, each echoed, so that the transcript reads like a chat."""

    def __init__(self, out: Console) -> None:
        self._out = out
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")

    def read(self, prompt: str) -> str | None:
        """Return the next line of standard input."""
        line = sys.stdin.readline()
        if not line:
            return None
        self._out.print(Text(prompt + clean(line.rstrip("\r\n"))), soft_wrap=True)
        return line
