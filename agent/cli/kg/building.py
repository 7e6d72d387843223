"""Progress bars of a build, on standard error: one a source on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from agent.cli.notices import Notices, open_errors
from agent.cli.render import clean

if TYPE_CHECKING:
    from kg.building import Converted, Meter, Source


class BuildBars:
    """Shows a build while it lasts; use as a context manager, so that the terminal is left in order."""

    def __init__(self, sources: "Sequence[Source]") -> None:
        self._notices = Notices()
        console = open_errors()
        self._bars: Progress | None = None
        self._tasks: dict[int, TaskID] = {}
        if console.is_interactive:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[said]}"),
                TimeElapsedColumn(),
            )
            self._bars = Progress(*columns, console=console, transient=True)
            for source in sources:
                self._tasks[id(source)] = self._bars.add_task(clean(source.name)[:40], start=False, total=1, said="")

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop_bars()
        self._notices.stop()

    def converting(self, source: "Source", meter: "Meter") -> None:
        if self._bars is None:
            return self._notices.say(f"Reading {source.name} ({meter.share:.0%})")
        task = self._tasks[id(source)]
        self._bars.start_task(task)
        return self._bars.update(task, completed=meter.share, said=f"{meter.triples:,} triples")

    def converted(self, source: "Source", done: "Converted", *, kept: bool) -> None:
        if self._bars is None:
            if kept:
                self._notices.say(f"Keeping {source.name}: {done.triples:,} triples were made before")
            return
        self._bars.update(self._tasks[id(source)], completed=1, said=f"{done.triples:,} triples")

    def say(self, text: str) -> None:
        self._stop_bars()
        self._notices.say(text)

    def _stop_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
