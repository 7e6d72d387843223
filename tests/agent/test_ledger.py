"""The ledger: appended and never changed, shared by threads and processes, each user's own, and erased to the byte."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest

from agent.errors import LedgerError, RequestError
from agent.ledger import FILE, VERSION, Entry, Ledger, in_force

EMMA, DRACULA = "http://shop.example/book/emma", "http://shop.example/book/dracula"
ADD_FOREVER = """
import sys
from pathlib import Path
from agent.ledger import Ledger
ledger, user = Ledger(Path(sys.argv[1])), sys.argv[2]
for at in range(int(sys.argv[3])):
    print(ledger.add("shop", user, "like", f"item {at}").id, flush=True)
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "home" / FILE)


def bytes_of(ledger: Ledger) -> bytes:
    """Return all that lies on the disk of a ledger, its logs too."""
    return b"".join(path.read_bytes() for path in sorted(ledger.path.parent.iterdir()))


def test_an_entry_keeps_what_was_said(ledger: Ledger) -> None:
    entry = ledger.add("shop", "ann", "rating", EMMA, value=4.0, said="I give Emma 4")
    assert (entry.id, entry.domain, entry.user, entry.kind, entry.iri) == (1, "shop", "ann", "rating", EMMA)
    assert (entry.value, entry.said, entry.cancels) == (4.0, "I give Emma 4", None)
    assert datetime.fromisoformat(entry.time).utcoffset() is not None
    assert Ledger(ledger.path).entries("shop", "ann") == [entry]


def test_looking_makes_no_file(ledger: Ledger) -> None:
    assert ledger.entries("shop", "ann") == []
    assert not ledger.knows("shop", "ann")
    assert ledger.erase("shop", "ann") == 0
    assert not ledger.path.parent.exists()


def test_the_file_is_the_owners_alone(ledger: Ledger) -> None:
    ledger.add("shop", "ann", "like", EMMA)
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def test_undo_cancels_and_keeps(ledger: Ledger) -> None:
    first = ledger.add("shop", "ann", "like", EMMA)
    second = ledger.add("shop", "ann", "dislike", DRACULA)
    assert ledger.undo("shop", "ann") == second
    assert ledger.undo("shop", "ann", first.id) == first
    entries = ledger.entries("shop", "ann")
    assert [(one.kind, one.iri, one.cancels) for one in entries] == [
        ("like", EMMA, None),
        ("dislike", DRACULA, None),
        ("undo", DRACULA, second.id),
        ("undo", EMMA, first.id),
    ]
    assert in_force(entries) == []


def test_what_cannot_be_undone_is_told(ledger: Ledger) -> None:
    with pytest.raises(RequestError, match="ann has said nothing in shop that could be taken back"):
        ledger.undo("shop", "ann")
    entry = ledger.add("shop", "ann", "like", EMMA)
    with pytest.raises(RequestError, match=r"no entry 7 in shop that counts\. Those that do end with: 1\."):
        ledger.undo("shop", "ann", 7)
    ledger.undo("shop", "ann", entry.id)
    with pytest.raises(RequestError, match="nothing"):
        ledger.undo("shop", "ann", entry.id)


def test_users_and_domains_do_not_see_each_other(ledger: Ledger) -> None:
    mine = ledger.add("shop", "ann", "like", EMMA)
    ledger.add("shop", "ben", "like", DRACULA)
    ledger.add("films", "ann", "like", DRACULA)
    assert ledger.entries("shop", "ann") == [mine]
    with pytest.raises(RequestError, match="no entry 2"):
        ledger.undo("shop", "ann", 2)
    assert ledger.erase("shop", "ben") == 1
    assert ledger.entries("shop", "ann") == [mine]
    assert len(ledger.entries("films", "ann")) == 1


def test_an_entry_cannot_be_changed(ledger: Ledger) -> None:
    ledger.add("shop", "ann", "like", EMMA)
    with sqlite3.connect(ledger.path) as connection, pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute("UPDATE entries SET kind = 'dislike'")


@pytest.mark.slow
def test_erased_entries_leave_no_byte(ledger: Ledger) -> None:
    for at in range(200):
        ledger.add("shop", "zachariah", "like", f"urn:secret:{at}", said=f"whispered {at}")
        ledger.add("shop", "ann", "like", EMMA, said="kept words")
    ledger.undo("shop", "zachariah")
    assert b"zachariah" in bytes_of(ledger)
    assert ledger.erase("shop", "zachariah") == 201
    left = bytes_of(ledger)
    assert not any(word in left for word in (b"zachariah", b"urn:secret", b"whispered"))
    assert left.count(b"kept words") == 200
    assert len(ledger.entries("shop", "ann")) == 200


def test_an_id_is_never_given_twice(ledger: Ledger) -> None:
    ledger.add("shop", "ann", "like", EMMA)
    last = ledger.add("shop", "ben", "like", EMMA)
    ledger.erase("shop", "ben")
    assert ledger.add("shop", "ann", "like", EMMA).id == last.id + 1


def test_erasing_says_when_somebody_holds_the_file(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.ledger.PATIENCE", 0.1)
    ledger.add("shop", "ann", "like", EMMA)
    reader = sqlite3.connect(ledger.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM entries").fetchall()
    with pytest.raises(LedgerError):
        ledger.erase("shop", "ann")
    reader.close()
    ledger.erase("shop", "ann")
    assert EMMA.encode() not in bytes_of(ledger)


def test_threads_append_at_once(ledger: Ledger) -> None:
    def add(user: str) -> None:
        for at in range(20):
            ledger.add("shop", user, "like", f"item {at}")

    threads = [threading.Thread(target=add, args=(user,)) for user in ("ann", "ben", "cat", "dan")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    ids = [entry.id for user in ("ann", "ben", "cat", "dan") for entry in ledger.entries("shop", user)]
    assert sorted(ids) == list(range(1, 81))
    assert [entry.iri for entry in ledger.entries("shop", "ann")] == [f"item {at}" for at in range(20)]


def adding(ledger: Ledger, user: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ADD_FOREVER, str(ledger.path), user, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_append_at_once(ledger: Ledger) -> None:
    processes = [adding(ledger, user, 20) for user in ("ann", "ben")]
    told = [int(line) for one in processes for line in one.communicate()[0].split()]
    assert sorted(told) == list(range(1, 41))
    assert len(ledger.entries("shop", "ann")) == len(ledger.entries("shop", "ben")) == 20


def test_a_killed_process_loses_nothing_that_it_said_was_kept(ledger: Ledger) -> None:
    process = adding(ledger, "ann", 1_000_000)
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(30)]
    os.kill(process.pid, signal.SIGKILL)
    told += [int(line) for line in process.communicate()[0].splitlines() if line]
    kept = [entry.id for entry in ledger.entries("shop", "ann")]
    assert kept[: len(told)] == told
    assert len(kept) <= len(told) + 1
    assert ledger.add("shop", "ann", "like", EMMA).id == kept[-1] + 1


def test_a_damaged_file_is_named(ledger: Ledger) -> None:
    ledger.path.parent.mkdir()
    ledger.path.write_bytes(b"no database at all, but long enough to look like one" * 20)
    for call in (lambda: ledger.entries("shop", "ann"), lambda: ledger.add("shop", "ann", "like", EMMA)):
        with pytest.raises(LedgerError, match=r"cannot use the ledger .*ledger\.sqlite: file is not a database"):
            call()


def test_an_empty_file_is_a_new_ledger(ledger: Ledger) -> None:
    ledger.path.parent.mkdir()
    ledger.path.touch()
    assert ledger.entries("shop", "ann") == []
    assert isinstance(ledger.add("shop", "ann", "like", EMMA), Entry)


def test_a_newer_file_is_not_touched(ledger: Ledger) -> None:
    ledger.add("shop", "ann", "like", EMMA)
    with sqlite3.connect(ledger.path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(LedgerError, match="newer version of Thence"):
        ledger.entries("shop", "ann")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerError, match="cannot use the ledger"):
        Ledger(tmp_path / "file" / FILE).add("shop", "ann", "like", EMMA)
