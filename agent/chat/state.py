"""What a chat remembers between two messages."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agent.answer import Answer, RankedItem
from agent.cli.options import DEFAULT_K
from agent.ledger import Entry
from agent.proof import Proof


def new_thread() -> str:
    """Return a name for a conversation that nobody has used."""
    return f"chat-{secrets.token_hex(4)}"


class Journal(Protocol):
    """What users said, to look at and to take back; the recommender's face of its ledger."""

    def feedback(self, user: str) -> Sequence[Entry]: ...
    def undo(self, user: str, entry: int | None = None) -> Entry: ...
    def label(self, iri: str) -> str: ...


class Prover(Protocol):
    """What proves an answer."""

    def proof(self, answer: Answer) -> Proof: ...


@dataclass
class ChatState:
    """The settings of a chat and its latest answer; the conversation itself is the recommender's to remember.

    Attributes:
        journal: Where the user's feedback is kept; None where there is no such place.
        prover: What proves the latest answer; None where nothing does.
        answer: The latest answer that lists items, for `/why` and `/evidence`; None before there is one.
        latest: The latest answer, whatever it is, for `/proof`.
        over: Whether the user has left.
    """

    user: str | None = None
    k: int = DEFAULT_K
    thread: str = field(default_factory=new_thread)
    trace: bool = False
    journal: Journal | None = None
    prover: Prover | None = None
    answer: Answer | None = None
    latest: Answer | None = None
    over: bool = False

    def item(self, rank: int) -> RankedItem | None:
        """Return the item at a rank of the latest list."""
        items = self.answer.items if self.answer else []
        return next((one for one in items if one.rank == rank), None)
