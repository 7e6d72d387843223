"""Label search: names right, begun, nearly right or cut to the last word, beside SQLite's full-text index and scans."""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from eval.bench.table import BenchTable, BenchTask, Value
from kg.labels import LabelIndex, fold, write_labels

SIZES = (35_000, 1_000_000)
SCANNED = 35_000
"""Labels that the peers are tried on that look at each label; more take them a second a search."""

VOCABULARY = 30_000
COLUMNS = ("search", "labels", "p50 ms", "p95 ms", "found first")
_STARTS = [*"bcdfghjklmnprstvwz", "br", "cr", "st", "tr", "ch", "sh"]
_ENDS = [*"aeiou", "an", "en", "in", "or", "ar", "el", "is", "on"]


def measure(task: BenchTask) -> Iterator[BenchTable]:
    """Yield the table of the label searches."""
    rows: list[list[Value]] = []
    for size in SIZES:
        task.progress(f"Indexing {size:,} labels")
        with tempfile.TemporaryDirectory(prefix="thence-bench-") as folder:
            labels = made_up_names(size, task.seed)
            rows += _measured(Path(folder), labels, task)
    note = "Names of two or three made-up words, as frequent as words are. Nearly right: one character is another one."
    yield BenchTable("labels", "Searches for labels", COLUMNS, rows, note)


def made_up_names(count: int, seed: int) -> list[str]:
    """Return names whose words follow Zipf's law."""
    rng = np.random.default_rng(seed)
    syllables = np.array([start + end for start in _STARTS for end in _ENDS])
    words = np.array(["".join(rng.choice(syllables, rng.integers(2, 5))) for _ in range(VOCABULARY)])
    shares = 1 / np.arange(10, VOCABULARY + 10)
    drawn = rng.choice(words, (count, 3), p=shares / shares.sum())
    lengths = rng.integers(2, 4, count)
    return [" ".join(row[:length]).title() for row, length in zip(drawn, lengths, strict=True)]


def _measured(folder: Path, labels: Sequence[str], task: BenchTask) -> list[list[Value]]:
    write_labels(
        folder / "labels", ((f"http://a.example/{at}", label, "en", 0, at % 50) for at, label in enumerate(labels))
    )
    index, n = LabelIndex(folder / "labels"), len(labels)
    rng = np.random.default_rng(task.seed)
    wanted = [fold(labels[at]) for at in rng.integers(n, size=task.pairs)]
    wrong = [_misspelt(name, rng) for name in wanted]
    last = [name.rpartition(" ")[2] for name in wanted]
    rows = [
        _row("ours, exact", n, lambda name: index.exact([name])[name][0].folded, wanted, wanted),
        _row("ours, prefix", n, lambda name: index.prefix(name)[0].folded, wanted, [name[:8] for name in wanted]),
        _row("ours, last word", n, lambda word: index.ending(word)[0].folded.rpartition(" ")[2], last, last),
        _row("ours, nearly right", n, lambda name: _first(index.similar(name)), wanted, wrong),
    ]
    if n <= SCANNED:
        task.progress("Searching with the peers")
        folded = [fold(label) for label in labels]
        some = min(len(wanted), 50)
        rows.append(_row("FTS5 trigram, ranked", n, _full_text(folded), wanted[:some], wrong[:some]))
        scan = _row("rapidfuzz, all labels", n, _scan(folded), wanted[:some], wrong[:some])
        rows.append(scan)
    return rows


def _row(
    name: str, size: int, search: Callable[[str], str], wanted: Sequence[str], asked: Sequence[str]
) -> list[Value]:
    search(asked[0])  # what is read once is read before
    taken, found = [], 0
    for right, text in zip(wanted, asked, strict=True):
        began = time.perf_counter()
        first = search(text)
        taken.append(1e3 * (time.perf_counter() - began))
        found += first == right
    told = None if "prefix" in name else f"{found / len(asked):.0%}"
    return [name, size, float(np.median(taken)), float(np.percentile(taken, 95)), told]


def _first(found: Sequence[tuple[object, float]]) -> str:
    return str(getattr(found[0][0], "folded", "")) if found else ""


def _misspelt(name: str, rng: np.random.Generator) -> str:
    at = int(rng.integers(1, len(name) - 1))
    return name[:at] + str(rng.choice([one for one in "aeiourst" if one != name[at]])) + name[at + 1 :]


def _full_text(labels: Sequence[str]) -> Callable[[str], str]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE grams USING fts5 (label, tokenize='trigram')")
    connection.executemany("INSERT INTO grams VALUES (?)", ((label,) for label in labels))

    def search(text: str) -> str:
        match = " OR ".join(f'"{text[start : start + 3]}"' for start in range(len(text) - 2))
        rows = connection.execute("SELECT label FROM grams WHERE grams MATCH ? ORDER BY rank LIMIT 200", (match,))
        return max((str(row[0]) for row in rows), key=lambda label: fuzz.ratio(text, label))

    return search


def _scan(labels: Sequence[str]) -> Callable[[str], str]:
    def search(text: str) -> str:
        found = process.extractOne(text, labels, scorer=fuzz.ratio)
        return str(found[0]) if found else ""

    return search
