"""Progress and notices on standard error: a spinner on a terminal, plain lines elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from agent.cli.render import clean, clean_lines


def open_errors() -> Console:
    """Return the console of standard error; it reads no markup out of what it prints."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


class Notices:
    """Tells on standard error what is going on; use as a context manager, so that the spinner stops."""

    def __init__(self) -> None:
        self._console = open_errors()
        self._status: Status | None = None
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def say(self, text: str) -> None:
        """Tell what is being done now; told again with another remark in brackets ("(12 s)"), it makes no new line."""
        line = clean(text).rstrip(".…")
        stage = line.partition(" (")[0]
        if self._console.is_interactive:
            self._spin(line)
        elif stage != self._said:
            self._console.print(Text(f"· {line}…"), soft_wrap=True)
        self._said = stage

    def error(self, text: str) -> None:
        """Print an error; the spinner makes room for it."""
        self.stop()
        self._console.print(Text("error: ", "bold red").append(clean_lines(text), "default"), soft_wrap=True)

    def note(self, text: str) -> None:
        """Print what is worth knowing and stays on the screen; the spinner makes room for it."""
        self.stop()
        self._console.print(Text("note: ", "bold").append(clean_lines(text), "default"), soft_wrap=True)

    def stop(self) -> None:
        """Take the spinner away; the next `say` brings it back."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        self._said = ""

    def _spin(self, line: str) -> None:
        words = Text(f"{line}…", "dim")
        if self._status is None:
            self._status = self._console.status(words, spinner="dots")
            self._status.start()
        else:
            self._status.update(words)
