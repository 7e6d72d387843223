"""The prompt of the interpret step: the request with its names replaced by numbers, so that its words alone decide."""

from agent.reading import Name, Reading
from agent.untrusted import plain
from kg.snapshot import Snapshot
from prompts import load_template

MAX_REQUEST = 500


class InterpretPrompt:
    """Writes the messages of the interpret step for one domain."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._template = load_template("interpret")
        schema = snapshot.schema.relations
        known = [name for name, one in snapshot.manifest.relations.items() if one.iri in schema]
        self._relations = ", ".join(known)

    def messages(self, reading: Reading) -> list[dict[str, str]]:
        """Return the chat messages that ask for a request's meaning."""
        names = ", ".join(f"{name.id} = {plain(name.label)} ({self._kind(name)})" for name in reading.names)
        return self._template.messages(
            relations=self._relations, request=plain(reading.marked(), MAX_REQUEST), names=names or "none"
        )

    def _kind(self, name: Name) -> str:
        """Say what a name is, in a word of the domain or of its class."""
        if name.iri in self._snapshot.item_columns:
            return self._snapshot.manifest.items.noun
        return plain(self._snapshot.entity_class(name.iri)).lower() or "thing"
