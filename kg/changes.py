"""The change log of a domain: what was taken out of its graph and what was put in, so that each change can be undone.

The graph in use is the source files' triples, then each change in the order of the log: first its removals, then its
additions. The source files are never written, so a change is undone by taking its line out of the log.
"""

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
from pydantic import BaseModel, ConfigDict, ValidationError

from kg.errors import ChangesError
from kg.store import GraphStore

CHANGES_FILE = "changes.jsonl"


@dataclass(frozen=True, slots=True)
class Change:
    """Triples to take out and to put in.

    Attributes:
        merged: An entity that became one with another, and that other; None where no two became one.
    """

    remove: tuple[ox.Triple, ...] = ()
    add: tuple[ox.Triple, ...] = ()
    merged: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.remove or self.add or self.merged)

    def apply(self, store: GraphStore) -> None:
        """Change a store; what is not there is not taken out."""
        for triple in self.remove:
            store.engine.remove(ox.Quad(*triple))
        store.engine.extend(ox.Quad(*triple) for triple in self.add)


class _Line(BaseModel):
    """One line of the file, as JSON; statements are N-Triples without the full stop."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: int
    batch: int
    time: str
    kind: str
    confidence: float
    reason: str
    entities: tuple[str, ...]
    remove: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    merged: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class LoggedChange:
    """A change that is in force.

    Attributes:
        id: Counts up within one log; an undone one may be given again.
        batch: The id of the first change that was applied together with this one.
        time: When, UTC, ISO 8601.
        kind, confidence, reason, entities: Of the finding that proposed it.
    """

    id: int
    batch: int
    time: str
    kind: str
    confidence: float
    reason: str
    entities: tuple[str, ...]
    change: Change

    def touches(self, earlier: "LoggedChange") -> bool:
        """Tell whether this change rests on what an earlier one did, so that both must be undone together."""
        return not (
            set(self.change.remove).isdisjoint(earlier.change.add)
            and set(self.change.add).isdisjoint(earlier.change.remove)
            and set(self.change.merged or ()).isdisjoint(earlier.change.merged or ())
        )


LogRow = tuple[str, float, str, tuple[str, ...], Change]
"""Kind, confidence, reason and entities of a change, and the change."""


class ChangeLog:
    """The changes of one domain, in a file of one JSON object a line; a missing file holds none.

    Args:
        path: The file.
        data: What it is to hold; None: what it holds.

    Raises:
        ChangesError: The file cannot be read; the message names the line.
    """

    def __init__(self, path: Path, data: bytes | None = None) -> None:
        self.path = path
        self._bytes = data if data is not None else path.read_bytes() if path.is_file() else b""
        self._lines = self._bytes.splitlines(keepends=True)
        self.changes: tuple[LoggedChange, ...] = tuple(
            _read(path, number, line) for number, line in enumerate(self._lines, start=1)
        )

    @cached_property
    def merged(self) -> dict[str, str]:
        """The entities that are another by now, each with the one that is left at the end."""
        found: dict[str, str] = {}
        for one in self.changes:
            if one.change.merged is not None:
                old, kept = one.change.merged
                found = {name: kept if target == old else target for name, target in found.items()} | {old: kept}
        return found

    def apply(self, store: GraphStore) -> None:
        """Bring a store of the source files to the state that the log describes."""
        for one in self.changes:
            one.change.apply(store)

    @property
    def data(self) -> bytes:
        """What the file holds, or is to hold."""
        return self._bytes

    def lines_of(self, ids: Collection[int]) -> bytes:
        """Return what the file says of some of the changes."""
        return b"".join(line for one, line in zip(self.changes, self._lines, strict=True) if one.id in ids)

    def with_batch(self, changes: Iterable[LogRow]) -> "ChangeLog":
        """Return the log as it will be once changes are appended as one batch; `replace` writes it."""
        batch = max((one.id for one in self.changes), default=0) + 1
        now = datetime.now(UTC).isoformat(timespec="seconds")
        logged = (LoggedChange(batch + at, batch, now, *change) for at, change in enumerate(changes))
        return ChangeLog(self.path, self._bytes + b"".join(map(_write_line, logged)))

    def replace(self, later: "ChangeLog") -> None:
        """Write a log in place of this one.

        Raises:
            ChangesError: The file was changed by someone else since it was read.
        """
        self._write(later.data)

    def append(self, changes: Iterable[LogRow]) -> list[LoggedChange]:
        """Write changes as one batch and return them as logged.

        Raises:
            ChangesError: The file was changed by someone else since it was read.
        """
        later = self.with_batch(changes)
        if later.data != self._bytes:
            self.replace(later)
        return list(later.changes[len(self.changes) :])

    def undo(self, wanted: int | None = None) -> list[LoggedChange]:
        """Take a change out of the log, with the later ones that rest on it; by default, all of the last batch.

        Returns:
            What was taken out, in the order of the log; empty where there was nothing to undo.

        Raises:
            ChangesError: No change has that id, or the file was changed by someone else since it was read.
        """
        if wanted is None:
            last = max((one.batch for one in self.changes), default=0)
            gone = {one.id for one in self.changes if one.batch == last}
        else:
            gone = self._with_dependents(wanted)
        kept = {one.id for one in self.changes} - gone
        undone = [one for one in self.changes if one.id in gone]
        if undone:
            self._write(self.lines_of(kept))
        return undone

    def _with_dependents(self, wanted: int) -> set[int]:
        if all(one.id != wanted for one in self.changes):
            known = ", ".join(str(one.id) for one in self.changes[-10:]) or "none"
            raise ChangesError(f"{self.path} holds no change {wanted}; the latest are: {known}.")
        gone: list[LoggedChange] = []
        for one in self.changes:
            if one.id == wanted or any(one.touches(earlier) for earlier in gone):
                gone.append(one)
        return {one.id for one in gone}

    def _write(self, data: bytes) -> None:
        """Replace the file whole; no file stands for no changes, so that undoing all leaves no trace."""
        if (self.path.read_bytes() if self.path.is_file() else b"") != self._bytes:
            raise ChangesError(f"{self.path} was changed by another process meanwhile; run the command again.")
        if not data:
            self.path.unlink()
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            beside.write_bytes(data)
            os.replace(beside, self.path)
        finally:
            beside.unlink(missing_ok=True)


def statement(triple: ox.Triple) -> str:
    """Return a triple as N-Triples, without the full stop."""
    return str(triple)


def parse_statements(lines: Sequence[str]) -> tuple[ox.Triple, ...]:
    """Return the triples of N-Triples lines without their full stops.

    Raises:
        SyntaxError: A line is no N-Triples.
    """
    text = "".join(f"{line} .\n" for line in lines)
    return tuple(quad.triple for quad in ox.parse(text.encode(), format=ox.RdfFormat.N_TRIPLES))


def _write_line(one: LoggedChange) -> bytes:
    line = _Line(
        id=one.id,
        batch=one.batch,
        time=one.time,
        kind=one.kind,
        confidence=round(one.confidence, 4),
        reason=one.reason,
        entities=one.entities,
        remove=tuple(map(statement, one.change.remove)),
        add=tuple(map(statement, one.change.add)),
        merged=one.change.merged,
    )
    return line.model_dump_json().encode() + b"\n"


def _read(path: Path, number: int, line: bytes) -> LoggedChange:
    try:
        told = _Line.model_validate_json(line)
        change = Change(parse_statements(told.remove), parse_statements(told.add), told.merged)
    except ValidationError as error:
        first = error.errors()[0]
        raise ChangesError(
            f"{path}, line {number}: {'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}. "
            "Mend or remove the line; the source files are untouched."
        ) from error
    except SyntaxError as error:
        raise ChangesError(f"{path}, line {number}: no N-Triples statement: {error.msg}.") from error
    return LoggedChange(told.id, told.batch, told.time, told.kind, told.confidence, told.reason, told.entities, change)
