"""The trigram index of the labels: for each three characters in a row, the labels that hold them.

SQLite keeps it as one row a trigram, whose labels are an array. A search reads the arrays of the rarest trigrams alone:
FTS5, asked for any of many trigrams, ranks every label that holds a frequent one, and takes half a second where there
are a million.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Uint32 = npt.NDArray[np.uint32]

SCHEMA = "CREATE TABLE trigrams (gram INTEGER PRIMARY KEY, size INTEGER NOT NULL, labels BLOB NOT NULL);"

READ = 40_000
"""Entries that a search reads at most, but for its `LEAST` rarest trigrams."""

LEAST, MOST = 5, 6
"""Trigrams that a search reads. One wrong character spoils three, and the spoilt ones may be the rarest."""

_READ = f"SELECT labels FROM trigrams WHERE gram IN ({','.join('?' * MOST)})"
"""One text for any number of trigrams: SQLite keeps what it made of a text."""

_LENGTH_BITS = 6
_LONGEST = (1 << _LENGTH_BITS) - 1
_CHARACTER_BITS = 21
_CHUNK = 200_000
"""Labels that are taken apart at once."""


def grams_of(text: str) -> list[int]:
    """Return the distinct trigrams of a text as numbers: of the 63 bits each character has 21."""
    return sorted(_distinct_grams(text))


def build_trigrams(connection: sqlite3.Connection, labels: Iterable[tuple[int, str]]) -> None:
    """Index labels, given with their ids in ascending order.

    An id has 26 bits; the other 6 of an entry hold the length of the label, so that a search can prefer those of its
    own length without reading them.
    """
    parts = [_entries(chunk) for chunk in _chunks(labels)]
    if not any(len(part[0]) for part in parts):
        return
    grams = np.concatenate([part[0] for part in parts])
    entries = np.concatenate([part[1] for part in parts])
    order = np.argsort(grams, kind="stable")
    grams, entries = grams[order], entries[order]
    starts = np.flatnonzero(np.concatenate([[True], np.diff(grams) != 0]))
    ends = np.append(starts[1:], len(grams))
    connection.executemany(
        "INSERT INTO trigrams VALUES (?, ?, ?)",
        (
            (int(grams[start]), int(end - start), entries[start:end].tobytes())
            for start, end in zip(starts, ends, strict=True)
        ),
    )


def change_trigrams(
    connection: sqlite3.Connection, removed: Iterable[tuple[int, str]], added: Iterable[tuple[int, str]]
) -> None:
    """Take labels out of the index and put others in; it is then as one built from the labels that are left."""
    gone, fresh = _by_gram(removed), _by_gram(added)
    for gram in sorted(gone.keys() | fresh.keys()):
        row = connection.execute("SELECT labels FROM trigrams WHERE gram = ?", (gram,)).fetchone()
        held = np.frombuffer(row[0], np.uint32) if row else np.array([], np.uint32)
        kept = held[~np.isin(held, np.array(gone[gram], np.uint32))]
        entries = np.union1d(kept, np.array(fresh[gram], np.uint32))
        connection.execute("DELETE FROM trigrams WHERE gram = ?", (gram,))
        if len(entries):
            connection.execute("INSERT INTO trigrams VALUES (?, ?, ?)", (gram, len(entries), entries.tobytes()))


def trigram_sizes(connection: sqlite3.Connection) -> dict[int, int]:
    """Return how many labels hold each trigram."""
    return dict(connection.execute("SELECT gram, size FROM trigrams"))


def similar_labels(connection: sqlite3.Connection, sizes: Mapping[int, int], text: str, limit: int) -> list[int]:
    """Return the ids of labels that share the most of the rarest trigrams with a text, at most `limit` of them.

    Of labels that share as many, those nearest in length come first, then those of a lower id. A label that shares
    less than half as many as the first one is left out.
    """
    entries = _read(connection, sizes, text)
    if not len(entries):
        return []
    entries.sort()
    # The bounds of the runs of equal entries; numpy's own `diff` and `concatenate` take longer than all of this.
    last = np.flatnonzero(entries[1:] != entries[:-1])
    bounds = np.empty(len(last) + 2, np.int64)
    bounds[0], bounds[-1] = 0, len(entries)
    np.add(last, 1, out=bounds[1:-1])
    shared = bounds[1:] - bounds[:-1]
    kept = np.flatnonzero(shared >= _fewest(shared, limit // 2))
    entries, shared = entries[bounds[kept]], shared[kept]
    apart = np.abs((entries & _LONGEST).astype(np.int64) - min(len(text), _LONGEST))
    nearest = (apart - (shared << _LENGTH_BITS)).argsort(kind="stable")[:limit]
    found: list[int] = (entries[nearest] >> _LENGTH_BITS).tolist()
    return found


def _fewest(shared: npt.NDArray[np.int64], wanted: int) -> int:
    """Return how many trigrams a label must share to come into question, so that about `wanted` do where possible.

    Fewer labels are cheaper to order and to read.
    """
    counts: list[int] = np.bincount(shared).tolist()
    most = fewest = len(counts) - 1
    at_least = counts[most]
    while 2 * (fewest - 1) >= most and at_least < wanted:
        fewest -= 1
        at_least += counts[fewest]
    return fewest


def _read(connection: sqlite3.Connection, sizes: Mapping[int, int], text: str) -> Uint32:
    """Return the entries of the rarest trigrams of a text, one after the other."""
    left, wanted = READ, []
    known = sorted([(sizes[gram], gram) for gram in _distinct_grams(text) if gram in sizes])
    for at, (size, gram) in enumerate(known[:MOST]):
        left -= size
        if left < 0 and at >= LEAST:
            break
        wanted.append(gram)
    rows = connection.execute(_READ, (*wanted, *[None] * (MOST - len(wanted)))).fetchall()
    return np.frombuffer(bytearray(b"".join([row[0] for row in rows])), np.uint32)


def _distinct_grams(text: str) -> set[int]:
    codes = [ord(char) for char in text]
    return {
        (one << 2 * _CHARACTER_BITS) | (two << _CHARACTER_BITS) | three
        for one, two, three in zip(codes, codes[1:], codes[2:], strict=False)
    }


def _entry(label: int, text: str) -> int:
    return label << _LENGTH_BITS | min(len(text), _LONGEST)


def _by_gram(labels: Iterable[tuple[int, str]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for label, text in labels:
        for gram in grams_of(text):
            found[gram].append(_entry(label, text))
    return found


def _chunks(labels: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    chunk: list[tuple[int, str]] = []
    for one in labels:
        chunk.append(one)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _entries(labels: Sequence[tuple[int, str]]) -> tuple[npt.NDArray[np.int64], Uint32]:
    """Return the trigrams of labels with the entry of each, distinct within a label."""
    lengths = np.array([len(text) for _, text in labels])
    codes = np.frombuffer("".join(text for _, text in labels).encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = codes.astype(np.int64)
    grams = (codes[:-2] << 2 * _CHARACTER_BITS) | (codes[1:-1] << _CHARACTER_BITS) | codes[2:]
    entries = np.repeat(np.array([_entry(label, text) for label, text in labels], np.uint32), lengths)[: len(grams)]
    left = (np.repeat(lengths.cumsum(), lengths) - np.arange(lengths.sum()))[: len(grams)]
    grams, entries = grams[left >= 3], entries[left >= 3]
    order = np.lexsort((grams, entries))
    grams, entries = grams[order], entries[order]
    fresh = np.ones(len(grams), bool)
    fresh[1:] = (np.diff(grams) != 0) | (entries[1:] != entries[:-1])
    return grams[fresh], entries[fresh]
