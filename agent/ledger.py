"""The ledger: what users said of items and entities, appended and never changed, in one SQLite file."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from agent.errors import LedgerError, RequestError

FILE = "ledger.sqlite"
VERSION = 1
PATIENCE = 10.0
"""Seconds that a writer waits for another one, and for a reader before the file is shortened."""

Kind = Literal["rating", "like", "dislike", "seen", "avoid", "prefer", "undo"]

_SCHEMA = f"""
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL,
    user TEXT NOT NULL,
    kind TEXT NOT NULL,
    iri TEXT NOT NULL,
    value REAL,
    said TEXT NOT NULL,
    time TEXT NOT NULL,
    cancels INTEGER UNIQUE
);
CREATE INDEX by_user ON entries (domain, user, id);
CREATE TRIGGER append_only BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
PRAGMA user_version = {VERSION};
"""
_COLUMNS = "id, domain, user, kind, iri, value, said, time, cancels"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a user said.

    Attributes:
        id: Ascending in the whole ledger; never given twice.
        iri: The item, or the entity of `avoid` and `prefer`; that of the cancelled entry for an `undo`.
        value: The rating; None for every other kind.
        said: The user's words, where there were any.
        time: UTC, ISO 8601.
        cancels: Id of the entry that an `undo` takes back.
    """

    id: int
    domain: str
    user: str
    kind: Kind
    iri: str
    value: float | None
    said: str
    time: str
    cancels: int | None = None


class Ledger:
    """The feedback of all users of this machine; a user sees, takes back and erases nothing but their own.

    Every operation has a connection of its own, so that threads and processes may share the file. It is made with the
    first entry; what does not exist yet holds nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, domain: str, user: str, kind: Kind, iri: str, *, value: float | None = None, said: str = "") -> Entry:
        """Append an entry; it is on the disk when this returns.

        Raises:
            LedgerError: The file is damaged, in use for too long, or cannot be written.
        """
        with self._writing() as connection:
            return _append(connection, domain, user, kind, iri, value=value, said=said)

    def entries(self, domain: str, user: str) -> list[Entry]:
        """Return all that a user said, in order, with what was taken back and the undoing of it.

        Raises:
            LedgerError: The file is damaged, or in use for too long.
        """
        if not self.path.exists():
            return []
        with self._connected() as connection:
            return _entries_of(connection, domain, user)

    def knows(self, domain: str, user: str) -> bool:
        """Tell whether a user has any entry."""
        return bool(self.entries(domain, user))

    def undo(self, domain: str, user: str, entry: int | None = None) -> Entry:
        """Take back an entry, the last one that still counts where none is named, and return it.

        Raises:
            RequestError: The user has no such entry, or it does not count any more; the message lists those that do.
            LedgerError: The file is damaged, in use for too long, or cannot be written.
        """
        if not self.path.exists():
            raise RequestError(f"{user} has said nothing in {domain} that could be taken back.")
        with self._writing() as connection:
            counting = in_force(_entries_of(connection, domain, user))
            if not counting:
                raise RequestError(f"{user} has said nothing in {domain} that could be taken back.")
            found = next((one for one in counting if one.id == entry), None) if entry is not None else counting[-1]
            if found is None:
                known = ", ".join(str(one.id) for one in counting[-10:])
                raise RequestError(
                    f"{user} has no entry {entry} in {domain} that counts. Those that do end with: {known}."
                )
            _append(connection, domain, user, "undo", found.iri, cancels=found.id)
            return found

    def first_entries(self, domain: str) -> dict[str, int]:
        """Return the id of the first entry, not erased, of each user who has one, in that order.

        Raises:
            LedgerError: The file is damaged.
        """
        query = "SELECT user, MIN(id) FROM entries WHERE domain = ? GROUP BY user ORDER BY MIN(id)"
        return dict(self._rows(query, domain))

    def last_entry(self, domain: str) -> int:
        """Return the id of the last entry of a domain, 0 where there is none.

        Raises:
            LedgerError: The file is damaged.
        """
        return next((last or 0 for (last,) in self._rows("SELECT MAX(id) FROM entries WHERE domain = ?", domain)), 0)

    def count_after(self, domain: str, entry: int) -> int:
        """Return how many entries of a domain came after an id.

        Raises:
            LedgerError: The file is damaged.
        """
        found = self._rows("SELECT COUNT(*) FROM entries WHERE domain = ? AND id > ?", domain, entry)
        return next((count for (count,) in found), 0)

    def _rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with self._connected() as connection:
            return connection.execute(query, values).fetchall()

    def erase(self, domain: str, user: str) -> int:
        """Delete all that a user said, so that no byte of it stays in the file, and return how many entries it was.

        Raises:
            LedgerError: The file is damaged, or somebody holds it for too long; then erasing must be asked for again.
        """
        if not self.path.exists():
            return 0
        with self._writing() as connection:
            erased = connection.execute("DELETE FROM entries WHERE domain = ? AND user = ?", (domain, user)).rowcount
        with self._connected() as connection:  # freed pages and the write-ahead log hold the old rows until here
            connection.execute("VACUUM")
            busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise LedgerError(
                f"the entries are deleted, but {self.path} is in use and still holds traces; erase again."
            )
        return erased

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection in a transaction that no other writer shares."""
        with self._connected() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._opened()) as connection:
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(
                f"cannot use the ledger {self.path}: {error}. "
                "If it is damaged, put a copy back or move it away; a new one is made with the next entry."
            ) from error

    def _opened(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(mode=0o600)
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        try:
            if _version(connection) == 0:
                self._make(connection)
            if _version(connection) > VERSION:
                raise LedgerError(f"{self.path} was made by a newer version of Thence; this one cannot read it.")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA temp_store = MEMORY")  # VACUUM would leave a copy of everybody's rows in /tmp
        except BaseException:
            connection.close()
            raise
        return connection

    def _make(self, connection: sqlite3.Connection) -> None:
        """Make the table; the change to a write-ahead log waits for nobody, so it takes turns here."""
        with FileLock(self.path.with_name(f"{FILE}.lock")):
            if _version(connection) == 0:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")


def in_force(entries: list[Entry]) -> list[Entry]:
    """Return the entries that count: not taken back, and no undoing themselves."""
    cancelled = {entry.cancels for entry in entries}
    return [entry for entry in entries if entry.kind != "undo" and entry.id not in cancelled]


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _entries_of(connection: sqlite3.Connection, domain: str, user: str) -> list[Entry]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM entries WHERE domain = ? AND user = ? ORDER BY id", (domain, user)
    )
    return [Entry(*row) for row in rows]


def _append(
    connection: sqlite3.Connection,
    domain: str,
    user: str,
    kind: Kind,
    iri: str,
    *,
    value: float | None = None,
    said: str = "",
    cancels: int | None = None,
) -> Entry:
    time = datetime.now(UTC).isoformat(timespec="seconds")
    row = (domain, user, kind, iri, value, said, time, cancels)
    added = connection.execute(
        "INSERT INTO entries (domain, user, kind, iri, value, said, time, cancels) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row
    )
    return Entry(int(added.lastrowid or 0), domain, user, kind, iri, value, said, time, cancels)
