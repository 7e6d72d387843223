"""Feedback in a message: what it says of items and entities, and where it is kept."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from agent.feedback import Feedback
from agent.interpretation import Interpretation, Ref
from agent.state import Json
from agent.taste import Told
from agent.untrusted import name, plain
from agent.wording import not_known
from kg.snapshot import Snapshot

KEPT = 200
"""Remarks that a conversation without a user keeps."""


@dataclass(frozen=True)
class Noted:
    """What became of feedback: words for the user, and the remarks that the conversation has to keep."""

    text: str = ""
    remarks: tuple[Json, ...] = ()


class NoteTaker:
    """Takes feedback into the ledger of a user, or into the conversation where there is no user."""

    def __init__(self, snapshot: Snapshot, feedback: Feedback) -> None:
        self._snapshot = snapshot
        self._feedback = feedback

    def note(
        self, meaning: Interpretation, said: str, *, user: str | None, thread: bool, focus: Sequence[str]
    ) -> Noted:
        """Keep what a message says.

        Args:
            meaning: The message, understood.
            said: Its words.
            user: Whose ledger keeps it; None: nobody's.
            thread: Whether there is a conversation that can keep it.
            focus: Items that "this" may mean.

        Raises:
            LedgerError: The ledger cannot be written.
        """
        if meaning.intent != "feedback":
            return self._lasting(meaning, said, user)
        told, words = self._understood(meaning, focus)
        if not told:
            return Noted(words)
        lacking = not_known(meaning)
        kept = tuple(asdict(one) for one in told)
        if user is not None:
            self._feedback.note(user, told, said)
            return Noted(f"Noted for {plain(user)}: {words} {self._counts(told, 'from now on')}{lacking}")
        if thread:
            return Noted(f"Noted: {words} {self._counts(told, 'in this conversation')}{lacking}", kept)
        return Noted(f"You say that {words} There is neither a user nor a conversation to keep it for.")

    def _lasting(self, meaning: Interpretation, said: str, user: str | None) -> Noted:
        """Note what a wish says not only for now ("I hate horror")."""
        hated = [ref for ref in meaning.avoid if ref.iri in meaning.lasting]
        if user is None or not hated:
            return Noted()
        self._feedback.note(user, [Told("avoid", ref.iri) for ref in hated], said)
        return Noted(f"Noted for {plain(user)}: no {_listed(hated, 'or')} from now on.")

    def _understood(self, meaning: Interpretation, focus: Sequence[str]) -> tuple[list[Told], str]:
        """Return the remarks and what they say; without remarks, what is missing."""
        if meaning.unwanted:
            return self._unwanted(meaning, focus)
        items = [*meaning.like, *meaning.avoid]
        if meaning.rating is not None:
            problem = self._off_scale(meaning.rating, meaning.rating_of)
            if problem:
                return [], f"Nothing is noted: {problem}"
            told = [Told("rating", ref.iri, meaning.rating) for ref in items]
            return told, f"you rate {_listed(items)} {meaning.rating:g}."
        if meaning.known:
            return [Told("seen", ref.iri) for ref in items], f"you know {_listed(items)}."
        told = [Told("like", ref.iri) for ref in meaning.like] + [Told("dislike", ref.iri) for ref in meaning.avoid]
        parts = [f"you like {_listed(meaning.like)}"] if meaning.like else []
        parts += [f"you do not like {_listed(meaning.avoid, 'or')}"] if meaning.avoid else []
        return told, f"{' and '.join(parts)}."

    def _unwanted(self, meaning: Interpretation, focus: Sequence[str]) -> tuple[list[Told], str]:
        relation = self._snapshot.manifest.relations[meaning.unwanted or ""]
        of = [meaning.topic.iri] if meaning.topic else list(focus)
        noun = self._snapshot.manifest.items.noun
        if len(of) != 1:
            return [], f"Which {noun} do you mean? Say “not the {relation.noun} of …”, with its name."
        ends = [one for one in self._snapshot.facts(of[0]) if one.predicate == relation.iri and one.subject == of[0]]
        refs = [_ref(self._snapshot, one.object) for one in ends if not one.literal]
        if not refs:
            return [], f"The graph knows no {relation.noun} of {name(self._snapshot.label(of[0]))}."
        return [Told("avoid", ref.iri) for ref in refs], f"you want no {_listed(refs, 'or')}."

    def _off_scale(self, value: float, of: float | None) -> str | None:
        scale = self._feedback.scale
        if scale and of is not None and of != scale[1]:
            return f"ratings here go from {scale[0]:g} to {scale[1]:g}, not to {of:g}."
        return self._feedback.off_scale(value)

    def _counts(self, told: Sequence[Told], when: str) -> str:
        if all(one.kind == "seen" for one in told):
            return f"It is not recommended {when}."
        if self._snapshot.interactions.liked_from is None and all(one.kind == "dislike" for one in told):
            return f"It is not recommended {when}; otherwise only what one likes counts here."
        return f"It counts {when}."


def kept_remarks(earlier: Sequence[Json], now: Sequence[Json]) -> list[Json]:
    """Return the remarks of a conversation, the latest `KEPT` of them."""
    return [*earlier, *now][-KEPT:]


def _ref(snapshot: Snapshot, iri: str) -> Ref:
    label = plain(snapshot.label(iri))
    return Ref(iri=iri, label=label, text=label)


def _listed(refs: Sequence[Ref], last: str = "and") -> str:
    labels = [name(ref.label) for ref in refs]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} {last} {labels[-1]}"
