"""Entries of the ledger as text for a terminal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from agent.cli.render import clean

if TYPE_CHECKING:
    from agent.ledger import Entry

_WORDS = {
    "rating": "rated {label} {value:g}",
    "like": "likes {label}",
    "dislike": "does not like {label}",
    "seen": "knows {label}",
    "avoid": "wants no {label}",
    "prefer": "prefers {label}",
    "undo": "took back {cancels}",
}


def entry_in_words(entry: "Entry", label: str) -> str:
    """Return an entry as a phrase without its user: "rated Emma 4"."""
    return clean(_WORDS[entry.kind].format(label=label, value=entry.value or 0.0, cancels=entry.cancels))


def entries_view(entries: "Sequence[Entry]", label: Callable[[str], str]) -> Table:
    """Show entries in their order; what was taken back is dim."""
    cancelled = {entry.cancels for entry in entries}
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("entry", "time", "what", "in these words"):
        table.add_column(Text(name), overflow="fold")
    for one in entries:
        undone = one.id in cancelled
        what = entry_in_words(one, label(one.iri)) + (" (taken back)" if undone else "")
        style = "dim" if undone or one.kind == "undo" else ""
        when = one.time.removesuffix("+00:00").replace("T", " ")
        table.add_row(*(Text(text, style) for text in (str(one.id), when, what, clean(one.said))))
    return table
