"""What a benchmark is asked, and the tables that it answers with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from agent.cli.render import clean

if TYPE_CHECKING:
    from kg.snapshot import Snapshot

Value = str | int | float | None


@dataclass(frozen=True)
class BenchTask:
    """What all tables of `thence bench kg` are measured on.

    Attributes:
        open_domain: Opens the domain; called by the tables that need one.
        pairs: How many pairs, look-ups or queries are timed.
        triples: Size of the generated graph.
    """

    open_domain: "Callable[[], Snapshot]"
    pairs: int
    triples: int
    seed: int
    progress: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BenchTable:
    """One table: our row first, then those of the peers in the same run.

    Attributes:
        columns: What stands over each value; the first is the name of the row, and units go with the names.
        rows: One value a column; None where nothing was measured.
        note: How it was measured, in a sentence or two.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Value]] = field(default=())
    note: str = ""

    def document(self) -> dict[str, Any]:
        """Return the table for JSON: a list of objects, one a row."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"name": self.name, "title": self.title, "note": self.note, "rows": rows}

    def view(self) -> Group:
        """Return the table for a terminal."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for place, name in enumerate(self.columns):
            table.add_column(name, justify="right" if place else "left", no_wrap=bool(place), overflow="fold")
        for row in self.rows:
            table.add_row(*(clean(written(value)) for value in row))
        note = [Text(clean(self.note), "dim")] if self.note else []
        return Group(Text(), Text(clean(self.title), "bold"), *note, table)


def written(value: Value) -> str:
    """Return a value as a table shows it: numbers with three digits that count."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}"
