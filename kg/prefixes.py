"""The first labels of each prefix that many labels have, so that no search has to sort them.

A prefix that few labels have is looked up in the labels; only those of more than `FEW` labels are kept beforehand.
"""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

SCHEMA = "CREATE TABLE IF NOT EXISTS prefixes (prefix TEXT PRIMARY KEY, labels BLOB NOT NULL) WITHOUT ROWID;"

ORDER = "degree DESC, alias, iri, id"
"""Those of the best-connected entities first."""

LAST = "\U0010ffff"
"""After every other character."""

FEW = 256
"""Labels that a search sorts itself."""

KEPT = 32
"""Labels that are kept of a prefix; a search for more sorts all."""

_FOUND = "(folded >= ? AND folded < ?) OR (bare >= ? AND bare < ?)"


def build_prefixes(connection: sqlite3.Connection) -> None:
    """Keep the first labels of each prefix that more than `FEW` labels have."""
    rows = connection.execute(f"SELECT id, folded, bare FROM labels ORDER BY {ORDER}").fetchall()
    ids = np.array([row[0] for row in rows], np.int64)
    pairs = sorted({(text, at) for at, row in enumerate(rows) for text in row[1:]})
    texts, places = [text for text, _ in pairs], np.array([at for _, at in pairs], np.int64)
    kept = ((prefix, ids[first].tobytes()) for prefix, first in _crowded(texts, places))
    connection.executemany("INSERT INTO prefixes VALUES (?, ?)", kept)


def _crowded(texts: Sequence[str], places: npt.NDArray[np.int64]) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Yield each prefix that many texts have, with the first places of these.

    Args:
        texts: Sorted.
        places: Of the labels in their order; a label that has two texts comes twice.
    """
    spans, length = [(0, len(texts))], 0
    while spans:
        length += 1
        longer = [span for begin, end in spans for span in _parted(texts, begin, end, length)]
        spans = []
        for begin, end in longer:
            found = np.unique(places[begin:end])
            if len(found) > FEW:
                spans.append((begin, end))
                yield texts[begin][:length], found[:KEPT]


def _parted(texts: Sequence[str], begin: int, end: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of more than a few texts that begin with the same so many characters."""
    while begin < end:
        prefix = texts[begin][:length]
        stop = bisect_left(texts, prefix + LAST, begin, end)
        if stop - begin > FEW and len(prefix) == length:
            yield begin, stop
        begin = max(stop, begin + 1)


def forget_prefixes(connection: sqlite3.Connection, texts: Iterable[str]) -> None:
    """Drop what is kept of the prefixes of texts that changed; searches sort those themselves from then on."""
    connection.execute(SCHEMA)
    gone = sorted({text[:length] for text in texts for length in range(1, len(text) + 1)})
    connection.executemany("DELETE FROM prefixes WHERE prefix = ?", ((prefix,) for prefix in gone))


def has_prefixes(connection: sqlite3.Connection) -> bool:
    """Tell whether any are kept: an index of before they were is as good, but for its speed."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'prefixes'").fetchone() is not None


def first_labels(connection: sqlite3.Connection, prefix: str, limit: int, *, kept_too: bool) -> list[int]:
    """Return the ids of the first labels that begin with a folded text, from those that are kept if `kept_too`."""
    if kept_too and limit <= KEPT:
        row = connection.execute("SELECT labels FROM prefixes WHERE prefix = ?", (prefix,)).fetchone()
        if row:
            kept: list[int] = np.frombuffer(row[0], np.int64)[:limit].tolist()
            return kept
    after = prefix + LAST
    found = connection.execute(
        f"SELECT id FROM labels WHERE {_FOUND} ORDER BY {ORDER} LIMIT ?", (prefix, after, prefix, after, limit)
    )
    return [row[0] for row in found]
