"""What every tool returns: short text for the model, and the triples behind it for us."""

from typing import Protocol

from kg.types import Triple

MAX_TEXT = 600
"""Characters of a tool's answer that the model sees; a small model loses the thread in longer ones."""


class ToolResult(Protocol):
    """A typed result; each tool adds fields of its own."""

    @property
    def text(self) -> str:
        """What the model is told, at most `MAX_TEXT` characters."""
        ...

    @property
    def size(self) -> int:
        """Number of rows, items or paths."""
        ...

    @property
    def triples(self) -> tuple[Triple, ...]:
        """The triples that the result rests on; empty where it is arithmetic over vectors."""
        ...


FLAGGED = "flagged"
"""The mark of what rests on a fact that the domain's shapes refuse."""


def marked(text: str, *, flagged: bool) -> str:
    """Return a text with a mark where it rests on a flagged fact."""
    return f"{text} ({FLAGGED})" if flagged else text


def clipped(text: str, limit: int = MAX_TEXT) -> str:
    """Return a text cut at `limit` characters, the cut marked."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
