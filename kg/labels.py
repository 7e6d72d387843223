"""Labels and aliases of entities in SQLite: display by language, exact, prefix and trigram search."""

import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyoxigraph as ox
from rapidfuzz import fuzz

from kg import namespaces as ns
from kg import prefixes, trigrams
from kg.errors import ArtefactError
from kg.manifest import GraphSettings
from kg.store import TripleStore
from kg.types import Iri

MAX_SHOWN = 500
"""Characters of a label that are shown; a longer one is a text, and an answer names it many times."""

FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by their Unicode category that no font shows."""

_ARTICLE = re.compile(r"^(the|a|an) (?=.)")
_LAST_WORD = "substr(folded, length(rtrim(folded, replace(folded, ' ', ''))) + 1)"
"""In SQL: what is left when all that is no space has been taken from the right. A database that was written before
there was an index of it answers all the same, by looking at each label."""

_SCHEMA = f"""
CREATE TABLE labels (id INTEGER PRIMARY KEY, iri TEXT NOT NULL, label TEXT NOT NULL, language TEXT NOT NULL,
                     alias INTEGER NOT NULL, folded TEXT NOT NULL, bare TEXT NOT NULL, degree INTEGER NOT NULL);
CREATE INDEX by_iri ON labels (iri);
CREATE INDEX by_folded ON labels (folded);
CREATE INDEX by_bare ON labels (bare);
CREATE INDEX by_last_word ON labels ({_LAST_WORD}, degree DESC);
"""
_INSERT = "INSERT INTO labels (iri, label, language, alias, folded, bare, degree) VALUES (?, ?, ?, ?, ?, ?, ?)"
_COLUMNS = "iri, label, language, alias, folded, degree"
_FOLDED, _DEGREE = 4, 5
_MAPPED = 1 << 30
"""Bytes of a database that are read where they lie in memory and not copied, page by page, into SQLite's own cache."""


LabelRow = tuple[str, str, str, int, int]
"""IRI, label, language, 1 for an alias, and the number of triples around the entity."""


class LabelHit(NamedTuple):
    """One label or alias that answers a search; `degree` is the number of triples around its entity."""

    iri: Iri
    label: str
    language: str
    alias: bool
    folded: str
    degree: int


def fold(text: str) -> str:
    """Return a text without case, accents and punctuation, its words parted by single spaces."""
    compatible = unicodedata.normalize("NFKD", text).casefold()
    plain = unicodedata.normalize("NFKD", compatible.replace("&", " and "))
    kept = "".join(
        char if char.isalnum() else " " for char in plain if not unicodedata.combining(char) and char not in "'’"
    )
    return " ".join(kept.split()) or " ".join(_printable(text).split()).casefold()


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def build_labels(path: Path, store: TripleStore, settings: GraphSettings) -> None:
    """Write the label database of a graph; an entity without a label gets its IRI's local name."""
    write_labels(path, _rows(store, settings, _degrees(store)))


def write_labels(path: Path, rows: Iterable[LabelRow]) -> None:
    """Write a label database; searches keep the order of the rows among equals."""
    with sqlite3.connect(path) as connection:
        connection.executescript(_SCHEMA + prefixes.SCHEMA + trigrams.SCHEMA)
        connection.executemany(_INSERT, map(_folded, rows))
        trigrams.build_trigrams(connection, connection.execute("SELECT id, folded FROM labels ORDER BY id"))
        prefixes.build_prefixes(connection)
    connection.close()


def update_labels(path: Path, store: TripleStore, settings: GraphSettings, degree_changes: Mapping[str, int]) -> None:
    """Bring a label database to what a graph says now of some entities.

    Args:
        path: The database; it was right before the graph changed.
        store: The graph as it is now.
        settings: Of the domain.
        degree_changes: The entities about which anything changed, with how many more triples each has.
    """
    removed: list[tuple[int, str]] = []
    added: list[tuple[int, str]] = []
    with sqlite3.connect(path) as connection:
        for iri, more in sorted(degree_changes.items()):
            old = connection.execute("SELECT id, folded, degree FROM labels WHERE iri = ?", (iri,)).fetchall()
            connection.execute("DELETE FROM labels WHERE iri = ?", (iri,))
            removed += [(label, folded) for label, folded, _ in old]
            for row in map(_folded, _rows_of(store, settings, iri, more + (old[0][2] if old else 0))):
                added.append((connection.execute(_INSERT, row).lastrowid or 0, row[4]))
        trigrams.change_trigrams(connection, removed, added)
        changed = [text for _, text in (*removed, *added)]
        prefixes.forget_prefixes(connection, [*changed, *(_ARTICLE.sub("", text) for text in changed)])
    connection.close()


class LabelIndex:
    """The label database, open for reading; safe for use from many threads.

    Raises:
        ArtefactError: The file is missing or no label database.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self._connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self._connection.execute("SELECT count(*) FROM labels").fetchone()
        except sqlite3.Error as error:
            raise ArtefactError(f"cannot read the label index {path}: {error}") from error

    @cached_property
    def _has_prefixes(self) -> bool:
        return prefixes.has_prefixes(self._connection)

    @cached_property
    def _trigrams(self) -> trigrams.TrigramIndex:
        return trigrams.read_trigrams(self._connection)

    def label(self, iri: str, languages: Sequence[str] = ("en",)) -> str:
        """Return the label of an entity in the first language that has one, else any, else its local name."""
        found = {language: label for label, language in self._labels_of(iri)}
        wanted = next((found[language] for language in (*languages, "en", "") if language in found), None)
        label = wanted or next(iter(found.values()), "") or ns.local_name(iri).replace("_", " ")
        return label if len(label) <= MAX_SHOWN else f"{label[: MAX_SHOWN - 1]}…"

    def names(self, iri: str) -> list[str]:
        """Return every label and alias of an entity."""
        return [row[0] for row in self._all("SELECT label FROM labels WHERE iri = ? ORDER BY alias, id", (iri,))]

    def exact(self, texts: Iterable[str]) -> dict[str, list[LabelHit]]:
        """Return the hits of each folded text, with or without a leading article, in one look-up."""
        wanted = list(dict.fromkeys(texts))
        marks = ",".join("?" * len(wanted))
        bare = [_ARTICLE.sub("", text) for text in wanted]
        found_by = f"folded IN ({marks}) OR bare IN ({marks})"
        query = f"SELECT {_COLUMNS}, bare FROM labels WHERE {found_by} ORDER BY alias, iri, id"
        found: dict[str, list[LabelHit]] = {text: [] for text in wanted}
        by_bare: dict[str, list[str]] = {}
        for text, key in zip(wanted, bare, strict=True):
            by_bare.setdefault(key, []).append(text)
        for *columns, key in self._all(query, (*wanted, *bare)):
            for text in by_bare.get(key, ()):
                found[text].append(_hit(columns))
        return found

    def prefix(self, folded: str, limit: int = 10) -> list[LabelHit]:
        """Return labels that begin with a folded text, those of the best-connected entities first."""
        with self._lock:
            ids = prefixes.first_labels(self._connection, folded, limit, kept_too=self._has_prefixes)
            query = f"SELECT {_COLUMNS} FROM labels WHERE id IN ({','.join('?' * len(ids))}) ORDER BY {prefixes.ORDER}"
            return [_hit(row) for row in self._connection.execute(query, ids)]

    def similar(self, folded: str, limit: int = 10, pool: int = 20) -> list[tuple[LabelHit, float]]:
        """Return labels that share trigrams with a folded text, with their edit similarity in [0, 1], best first.

        Args:
            folded: At least three characters; a shorter text has no trigram.
            limit: Most labels returned.
            pool: Labels whose similarity is computed: those that share the most of the rarest trigrams.
        """
        with self._lock:
            ids = self._trigrams.similar_labels(folded, pool)
            query = f"SELECT {_COLUMNS} FROM labels WHERE id IN ({','.join('?' * pool)})"
            rows = self._connection.execute(query, (*ids, *[None] * (pool - len(ids)))).fetchall()
        scored = sorted([(-fuzz.ratio(folded, row[_FOLDED]), -row[_DEGREE], row) for row in rows])
        return [(_hit(row), -lost / 100) for lost, _, row in scored[:limit]]

    def ending(self, folded: str, limit: int = 10) -> list[LabelHit]:
        """Return labels of which a folded text is the last word or words, but not the whole, most connected first."""
        end = f" {folded}"
        ends_so = f"{_LAST_WORD} = ? AND substr(folded, ?) = ?"
        query = f"SELECT {_COLUMNS} FROM labels WHERE {ends_so} ORDER BY {prefixes.ORDER} LIMIT ?"
        return [_hit(row) for row in self._all(query, (end.rpartition(" ")[2], -len(end), end, limit))]

    def _labels_of(self, iri: str) -> list[tuple[str, str]]:
        query = "SELECT label, language FROM labels WHERE iri = ? AND alias = 0 ORDER BY id DESC"
        return [(label, language) for label, language in self._all(query, (iri,))]

    def _all(self, query: str, parameters: Sequence[object]) -> list[tuple[str, ...]]:
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()


def _hit(row: Sequence[Any]) -> LabelHit:
    iri, label, language, alias, folded, degree = row
    return LabelHit(Iri(iri), label, language, alias == 1, folded, degree)


def _degrees(store: TripleStore) -> dict[str, int]:
    degrees: dict[str, int] = {}
    for triple in store.triples():
        if not triple.literal and triple.predicate != ns.RDF_TYPE:
            degrees[triple.subject] = degrees.get(triple.subject, 0) + 1
            degrees[triple.object] = degrees.get(triple.object, 0) + 1
    return degrees


def _rows(store: TripleStore, settings: GraphSettings, degrees: Mapping[str, int]) -> Iterator[LabelRow]:
    labelled: set[str] = set()
    for alias, predicates in ((0, settings.label), (1, settings.alias)):
        for predicate in predicates:
            for iri, literal in _literals(store, predicate):
                labelled.add(iri)
                yield iri, literal.value, literal.language or "", alias, degrees.get(iri, 0)
    for iri in sorted(degrees.keys() - labelled):
        yield iri, ns.local_name(iri).replace("_", " "), "", 0, degrees[iri]


def _rows_of(store: TripleStore, settings: GraphSettings, iri: str, degree: int) -> Iterator[LabelRow]:
    """Yield the rows of one entity, in the order in which a build writes them."""
    nameless = degree > 0
    for alias, predicates in ((0, settings.label), (1, settings.alias)):
        for predicate in predicates:
            for _, literal in _literals(store, predicate, iri):
                nameless = False
                yield iri, literal.value, literal.language or "", alias, degree
    if nameless:
        yield iri, ns.local_name(iri).replace("_", " "), "", 0, degree


def _literals(store: TripleStore, predicate: str, subject: str | None = None) -> list[tuple[str, ox.Literal]]:
    pairs = [
        (one.subject.value, one.object)
        for one in store.statements(subject, predicate)
        if isinstance(one.subject, ox.NamedNode) and isinstance(one.object, ox.Literal) and _is_seen(one.object.value)
    ]
    return sorted(pairs, key=_in_order)


def _is_seen(text: str) -> bool:
    """Tell whether anything of a text is visible; else an entity would go without a name."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in FILLERS for char in text)


def _in_order(pair: tuple[str, ox.Literal]) -> tuple[str, str, str]:
    return pair[0], pair[1].language or "", pair[1].value


def _folded(row: LabelRow) -> tuple[str, str, str, int, str, str, int]:
    iri, label, language, alias, degree = row
    folded = fold(label)
    return iri, label, language, alias, folded, _ARTICLE.sub("", folded), degree
