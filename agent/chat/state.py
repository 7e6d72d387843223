"""What a chat remembers between two messages."""

import secrets
from dataclasses import dataclass, field

from agent.answer import Answer, RankedItem
from agent.cli.options import DEFAULT_K


def new_thread() -> str:
    """Return a name for a conversation that nobody has used."""
    return f"chat-{secrets.token_hex(4)}"


@dataclass
class ChatState:
    """The settings of a chat and its latest answer; the conversation itself is the recommender's to remember.

    Attributes:
        answer: The latest answer that lists items, for `/why` and `/evidence`; None before there is one.
        over: Whether the user has left.
    """

    user: str | None = None
    k: int = DEFAULT_K
    thread: str = field(default_factory=new_thread)
    trace: bool = False
    answer: Answer | None = None
    over: bool = False

    def item(self, rank: int) -> RankedItem | None:
        """Return the item at a rank of the latest list."""
        items = self.answer.items if self.answer else []
        return next((one for one in items if one.rank == rank), None)
