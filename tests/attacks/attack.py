"""One attack: a name, a kind, a hostile text, and where it goes in."""

from dataclasses import dataclass
from typing import Literal

Slot = Literal["item", "author", "genre", "alias", "description", "year"]
"""What of a graph holds the text: a label of one of three kinds of entity, an item's alias, description or number."""


@dataclass(frozen=True)
class GraphAttack:
    """A text that somebody wrote into a graph.

    Attributes:
        slot: Where it stands.
        lie: What nobody may read as a statement of ours: nowhere but within quotation marks.
        language: Tag of the literal; empty: none.
    """

    name: str
    kind: str
    text: str
    slot: Slot = "item"
    lie: str = ""
    language: str = "en"


@dataclass(frozen=True)
class RequestAttack:
    """Words of a user.

    Attributes:
        plain: The same request without what is hostile in it; None where nothing is left of it.
        lie: As in a `GraphAttack`.
    """

    name: str
    kind: str
    text: str
    plain: str | None = None
    lie: str = ""


@dataclass(frozen=True)
class InputAttack:
    """Another text that comes in from outside: a name, a query, a file, a reply of a model's server."""

    name: str
    kind: str
    text: str
