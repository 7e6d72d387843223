"""The trigram index of the labels: for each three characters in a row, the labels that hold them.

SQLite keeps it as one row a trigram, whose labels are an array, so that a change rewrites few of them; whoever searches
holds the arrays in memory. A search looks at the rarest trigrams alone: FTS5, asked for any of many trigrams, ranks
every label that holds a frequent one, and takes half a second where there are a million.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
Uint32 = npt.NDArray[np.uint32]

SCHEMA = "CREATE TABLE trigrams (gram INTEGER PRIMARY KEY, size INTEGER NOT NULL, labels BLOB NOT NULL);"

LENGTH_BITS = 6
LONGEST = (1 << LENGTH_BITS) - 1
LABEL_BITS = 26
CHARACTER_BITS = 21
"""What of a number is what: an entry is the id of a label and its length, a trigram three characters. The compiled
search knows them as they were when it was compiled."""

_CHUNK = 200_000
"""Labels that are taken apart at once."""


def grams_of(text: str) -> list[int]:
    """Return the distinct trigrams of a text as numbers: of the 63 bits each character has 21."""
    codes = _codes(text).tolist()
    triples = zip(codes, codes[1:], codes[2:], strict=False)
    return sorted({one << 2 * CHARACTER_BITS | two << CHARACTER_BITS | three for one, two, three in triples})


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


@dataclass(frozen=True, slots=True)
class TrigramIndex:
    """The trigrams in memory, sorted.

    Attributes:
        grams: Shape (n_grams,), as `grams_of` numbers them.
        bounds: Shape (n_grams + 1,); the entries of gram `g` are `entries[bounds[g]:bounds[g + 1]]`.
        entries: Labels with their lengths, those of one gram ascending.
    """

    grams: Int64
    bounds: Int64
    entries: Uint32

    def similar_labels(self, text: str, limit: int) -> list[int]:
        """Return the ids of labels that share the most of the rarest trigrams with a text, at most `limit` of them.

        Of labels that share as many, those nearest in length come first, then those of a lower id. A label that shares
        less than half as many as the first one is left out.
        """
        from kg.trigram_kernels import most_alike  # noqa: PLC0415 - numba takes a third of a second to import

        found: list[int] = most_alike(_codes(text), self.grams, self.bounds, self.entries, limit).tolist()
        return found


def read_trigrams(connection: sqlite3.Connection) -> TrigramIndex:
    """Read the index: about 80 bytes a label of 20 characters, in a tenth of a second for a million of them."""
    rows = connection.execute("SELECT gram, size, labels FROM trigrams ORDER BY gram").fetchall()
    bounds = np.cumsum([0, *(size for _, size, _ in rows)], dtype=np.int64)
    entries = np.frombuffer(b"".join([labels for _, _, labels in rows]), np.uint32)
    return TrigramIndex(np.array([gram for gram, _, _ in rows], np.int64), bounds, entries)


def _codes(text: str) -> Uint32:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _entry(label: int, text: str) -> int:
    return label << LENGTH_BITS | min(len(text), LONGEST)


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
    codes = _codes("".join(text for _, text in labels)).astype(np.int64)
    grams = (codes[:-2] << 2 * CHARACTER_BITS) | (codes[1:-1] << CHARACTER_BITS) | codes[2:]
    entries = np.repeat(np.array([_entry(label, text) for label, text in labels], np.uint32), lengths)[: len(grams)]
    left = (np.repeat(lengths.cumsum(), lengths) - np.arange(lengths.sum()))[: len(grams)]
    grams, entries = grams[left >= 3], entries[left >= 3]
    order = np.lexsort((grams, entries))
    grams, entries = grams[order], entries[order]
    fresh = np.ones(len(grams), bool)
    fresh[1:] = (np.diff(grams) != 0) | (entries[1:] != entries[:-1])
    return grams[fresh], entries[fresh]
