"""Feedback of the users of one domain: names become items and entities, values are checked, the ledger keeps it."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from agent.errors import RequestError
from agent.ledger import Entry, Kind, Ledger, in_force
from agent.taste import Remark, Taste, TasteOverlay, Told, overlay
from agent.untrusted import plain
from kg.errors import UnknownEntityError, UnknownUserError, suggestion
from kg.labels import fold
from kg.snapshot import Snapshot
from kg.types import Iri
from tools.ranking.refits import drop_refits

MAX_USER = 100
MAX_SAID = 200
SAME_NAME = 0.95
"""Least score of a linked name that counts as that very name, as for items."""

_SCALE = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:to|-|–|\.\.)\s*(-?\d+(?:\.\d+)?)")


class Feedback:
    """What the users of one domain say; the very next ranking rests on it."""

    def __init__(self, snapshot: Snapshot, ledger: Ledger) -> None:
        self._snapshot = snapshot
        self._ledger = ledger
        self._domain = snapshot.manifest.name

    def rate(self, user: str, item: str, value: float, *, said: str = "") -> Entry:
        """Note a rating.

        Args:
            user: A user of the domain, or a new one, who begins with this.
            item: Its IRI, id or name.
            value: On the scale of the domain.
            said: The user's words.

        Raises:
            RequestError: The value is not on the scale, the domain has none, or the user's name cannot be one.
            UnknownEntityError: No such item; the message names near ones.
            LedgerError: The ledger cannot be written.
        """
        problem = self.off_scale(value)
        if problem:
            raise RequestError(problem)
        return self._add(user, "rating", self._snapshot.item(item), said, value)

    def like(self, user: str, item: str, *, said: str = "") -> Entry:
        """Note that a user likes an item; see `rate` for the arguments and errors."""
        return self._add(user, "like", self._snapshot.item(item), said)

    def dislike(self, user: str, item: str, *, said: str = "") -> Entry:
        """Note that a user dislikes an item; see `rate` for the arguments and errors."""
        return self._add(user, "dislike", self._snapshot.item(item), said)

    def seen(self, user: str, item: str, *, said: str = "") -> Entry:
        """Note that a user knows an item, so that it is not recommended; see `rate` for the arguments and errors."""
        return self._add(user, "seen", self._snapshot.item(item), said)

    def avoid(self, user: str, entity: str, *, said: str = "") -> Entry:
        """Note that nothing related to an entity is wanted; see `rate` for the errors."""
        return self._add(user, "avoid", self.entity(entity), said)

    def prefer(self, user: str, entity: str, *, said: str = "") -> Entry:
        """Note that what is related to an entity comes first; see `rate` for the errors."""
        return self._add(user, "prefer", self.entity(entity), said)

    def note(self, user: str, told: Sequence[Remark], said: str) -> None:
        """Note remarks whose entities are known and whose values were checked.

        Raises:
            LedgerError: The ledger cannot be written.
        """
        for one in told:
            self._add(user, one.kind, Iri(one.iri), said, one.value)

    def undo(self, user: str, entry: int | None = None) -> Entry:
        """Take back an entry, the last one that counts where none is named, and return it.

        Raises:
            UnknownUserError: Nobody has that name.
            RequestError: The user has no such entry.
        """
        self.check_user(user)
        return self._ledger.undo(self._domain, user, entry)

    def entries(self, user: str) -> list[Entry]:
        """Return all that a user said, in order.

        Raises:
            UnknownUserError: Nobody has that name.
        """
        self.check_user(user)
        return self._ledger.entries(self._domain, user)

    def export(self, user: str) -> str:
        """Return all that a user said as a JSON document, with the labels.

        Raises:
            UnknownUserError: Nobody has that name.
        """
        told = [asdict(one) | {"label": self.label(one.iri)} for one in self.entries(user)]
        return json.dumps({"domain": self._domain, "user": user, "entries": told}, ensure_ascii=False, indent=2)

    def erase(self, user: str) -> int:
        """Delete all that a user said for good, with the refits that may have learned from it.

        Returns:
            How many entries it was.

        Raises:
            UnknownUserError: Nobody has that name.
        """
        self.check_user(user)
        erased = self._ledger.erase(self._domain, user)
        drop_refits(self._snapshot.folder)
        return erased

    def effective(self, user: str) -> TasteOverlay:
        """Return what counts of a user's entries."""
        return overlay(self._counting(self._ledger.entries(self._domain, user)), self._snapshot.item_columns)

    def taste(self, user: str | None, told: Sequence[Told] = ()) -> Taste:
        """Return what a ranking rests on: history, then the ledger, then what was `told` in a conversation.

        Raises:
            UnknownUserError: Neither the domain nor the ledger knows the user.
        """
        interactions, items = self._snapshot.interactions, self._snapshot.items
        entries = [] if user is None else self._ledger.entries(self._domain, user)
        counting = self._counting(entries)
        held = () if user is None else interactions.user_attributes.of(user)
        known: dict[int, float] = {}
        if user is not None and (user in interactions.user_rows or not (entries or held)):
            known = interactions.history(user)
        history = {Iri(items[column]): value for column, value in known.items()}
        told = [replace(one, iri=self._snapshot.current(one.iri)) for one in told]
        remarks: list[Remark] = [*counting, *told]
        taste = overlay(remarks, self._snapshot.item_columns).over(history, interactions.liked_from)
        taste = replace(taste, spoken=bool(remarks), user_attributes=held)
        if interactions.times is None:
            return taste
        moments = {
            Iri(items[column]): when for column, when in (interactions.moments(user) if user and known else {}).items()
        }
        opinions = ("rating", "like", "dislike")
        moments |= {
            Iri(one.iri): datetime.fromisoformat(one.time).timestamp() for one in counting if one.kind in opinions
        }
        latest = {one.iri for one in told if one.kind in opinions}
        return replace(
            taste, moments={iri: when for iri, when in moments.items() if iri in taste.history and iri not in latest}
        )

    def is_new(self, user: str) -> bool:
        """Tell whether the domain's own data does not have the user."""
        interactions = self._snapshot.interactions
        return user not in interactions.user_rows and not interactions.user_attributes.of(user)

    def check_user(self, user: str) -> None:
        """Accept a user of the domain, and one that only the ledger knows.

        Raises:
            UnknownUserError: Neither knows the user; the message names near ones, and says how to begin.
        """
        if not self.is_new(user) or self._ledger.knows(self._domain, user):
            return
        try:
            self._snapshot.interactions.history(user)
        except UnknownUserError as error:
            noun = self._snapshot.manifest.items.noun.upper()
            raise UnknownUserError(
                f"{error} A new user begins with a first word: `thence feedback like {noun} --user NAME` (or rate)."
            ) from error

    def off_scale(self, value: float) -> str | None:
        """Return why a value is no rating of this domain; None where it is one."""
        manifest = self._snapshot.manifest
        scale = self.scale
        if scale is None:
            return f"{manifest.name} has no rating scale, got {value:g}; say like or dislike instead."
        low, high = scale
        if not (math.isfinite(value) and low <= value <= high):
            return f"ratings of {manifest.name} go from {low:g} to {high:g}, got {value:g}."
        return None

    @property
    def scale(self) -> tuple[float, float] | None:
        """The least and the greatest rating; None where the domain has no ratings."""
        settings, values = self._snapshot.manifest.interactions, self._snapshot.interactions.values
        if settings.liked_from is None:
            return None
        told = _SCALE.search(settings.scale)
        if told:
            return float(told[1]), float(told[2])
        return (float(values.data.min()), float(values.data.max())) if values.nnz else None

    def label(self, iri: str) -> str:
        """Return the name of an item or an entity, or of the one that it was merged into."""
        return self._snapshot.label(self._snapshot.current(iri))

    def entity(self, name: str) -> Iri:
        """Return the entity that an IRI, an item's id or a name means.

        Raises:
            UnknownEntityError: None does; the message names near ones.
        """
        iri = self._snapshot.domain.item_ids.get(name, name)
        if iri in self._snapshot.adjacency.rows:
            return Iri(iri)
        found = self._snapshot.linker.link(name[:200])
        if found and found[0].score >= SAME_NAME:
            return found[0].iri
        near = [self.label(hit.iri) for hit, _ in self._snapshot.labels.similar(fold(name[:200]), 10)]
        raise UnknownEntityError(
            f"nothing in {self._domain} is named {name[:100]!r}.{suggestion(list(dict.fromkeys(near)))}"
        )

    def _counting(self, entries: list[Entry]) -> list[Entry]:
        """Return the entries that count, about the entities that theirs are by now.

        The ledger keeps what was said: once a merge of two entities is undone, it is about the former one again.
        """
        return [replace(one, iri=self._snapshot.current(one.iri)) for one in in_force(entries)]

    def _add(self, user: str, kind: Kind, iri: Iri, said: str, value: float | None = None) -> Entry:
        if not user or len(user) > MAX_USER or user != user.strip() or not user.isprintable():
            raise RequestError(f"a user's name has 1 to {MAX_USER} printable characters, got {user[:MAX_USER]!r}.")
        return self._ledger.add(self._domain, user, kind, iri, value=value, said=plain(said, MAX_SAID))
