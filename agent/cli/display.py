"""Showing an answer while it comes: the list first, its prose as it is ready, the whole at the end."""

from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from agent.cli.notices import Notices
from agent.cli.render import View, answer_view, clean, items_view
from agent.errors import AgentError

if TYPE_CHECKING:
    from agent.answer import Answer, Event, Justification, RankedItem


def open_output() -> Console:
    """Return the console of standard output; it reads no markup out of what it prints."""
    return Console(highlight=False, markup=False, emoji=False)


async def follow(events: "AsyncIterator[Event]", show: "Callable[[Event], None]") -> "Answer":
    """Show every event and return the answer that the last one carries.

    Raises:
        AgentError: The events ended without an answer.
    """
    answer: Answer | None = None
    async for event in events:
        show(event)
        if event.kind == "finished":
            answer = event.answer
    if answer is None:
        raise AgentError("the answer broke off: its last event never came. Ask again.")
    return answer


def tell_stage(notices: Notices) -> "Callable[[Event], None]":
    """Return what shows of each event only the stage, on standard error."""
    return lambda event: notices.say(event.text) if event.kind == "stage" else None


class AnswerDisplay:
    """Shows the events of one answer.

    On a terminal the ranked list stands there first and prose fills in; elsewhere the answer is printed once, whole.
    Use as a context manager, so that an answer that breaks off leaves the terminal in order.
    """

    def __init__(self, out: Console, notices: Notices, view: View) -> None:
        self._out, self._notices, self._view = out, notices, view
        self._live: Live | None = None
        self._items: list[RankedItem] = []
        self._written: dict[int, Justification] = {}
        self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._notices.stop()
        if self._live is not None:
            self._stage = ""
            self._live.stop()

    def show(self, event: "Event") -> None:
        """Show what an event brings."""
        if event.kind == "finished":
            self._finish(event.answer)
        elif event.kind == "stage":
            self._tell(event.text)
        elif event.kind == "ranked":
            self._items = event.items
            self._redraw()
        elif event.kind == "prose":
            self._written[event.rank] = event.justification
            self._redraw()

    def _tell(self, text: str) -> None:
        self._stage = clean(text)
        if self._live is None:
            self._notices.say(text)
        else:
            self._redraw()

    def _redraw(self) -> None:
        if not self._out.is_interactive:
            return
        if self._live is None:
            self._notices.stop()
            self._live = Live(console=self._out, auto_refresh=False)
            self._live.start()
        stage = Text(f"{self._stage}…" if self._stage else "", "dim")
        self._live.update(Group(items_view(self._items, self._written, self._view, {}), Text(), stage), refresh=True)

    def _finish(self, answer: "Answer") -> None:
        self._notices.stop()
        whole = answer_view(answer, self._view)
        if self._live is None:
            self._out.print(whole)
        else:
            self._live.update(whole, refresh=True)
