"""A progress bar on standard error, for work that takes minutes; nothing elsewhere than on a terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from agent.cli.render import clean


class ProgressBar:
    """Shows how much of some work is done; use as a context manager, so that the bar goes away."""

    def __init__(self, total: int) -> None:
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn()
        self._bar = Progress(*columns, console=console, transient=True, disable=not console.is_interactive)
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, done: int, text: str, total: int | None = None) -> None:
        """Show how many steps are done, and a remark; `total` where it is another than before."""
        self._bar.update(self._task, completed=done, description=clean(text), total=total)
