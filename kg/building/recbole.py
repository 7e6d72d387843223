"""RecBole's atomic files as a source: `.item`, `.kg`, `.link`, `.inter`, with types in their headers."""

import io
import math
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox

from kg import namespaces as ns
from kg.building.errors import BuildError
from kg.building.meter import Meter, open_counted
from kg.building.source import Run
from kg.importing import HISTORY, ITEMS
from kg.interactions import USER

SUFFIXES = (".item", ".kg", ".link", ".inter")
SEPARATOR = " "
"""RecBole's between the tokens of a sequence."""

RARE = range(2, 11)
"""An object that so many linked items share is telling: fewer say nothing, more share it by chance."""

ENOUGH_PAIRS, CHANCE_PAIRS, CHANCE = 50, 5_000, 1.25
"""Pairs of items that an object joins should be more alike than any two; below this ratio they are not."""

TITLES = ("title", "name", "label")
DESCRIPTIONS = ("description", "overview", "plot", "abstract", "summary", "text")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an atomic file: `genres:token_seq`."""

    name: str
    kind: str

    @property
    def is_title(self) -> bool:
        return self.name.lower().endswith(TITLES) and self.kind in ("token", "token_seq")

    @property
    def is_description(self) -> bool:
        return self.name.lower() in DESCRIPTIONS and self.kind in ("token", "token_seq")


@dataclass(frozen=True)
class RecBoleSource:
    """The atomic files of one data set.

    Attributes:
        parts: Files by suffix.
        base: What the IRIs begin with that are made for items, entities and relations.
    """

    parts: dict[str, Path]
    base: str
    kind = "recbole"

    @property
    def name(self) -> str:
        stem = next(iter(self.parts.values())).stem
        return f"{stem} ({' '.join(sorted(self.parts))})"

    @property
    def files(self) -> Sequence[Path]:
        return list(self.parts.values())

    @property
    def options(self) -> str:
        return self.base

    def convert(self, folder: Path, run: Run) -> None:
        run.meter.total = sum(file.stat().st_size for file in self.files)
        reading = _Reading(self, run)
        reading.read_links()
        run.write(folder, reading.triples())
        reading.write_tables(folder)
        run.notes += reading.report()


class _Reading:
    """One pass over a data set's files; what must be known of all of it is kept."""

    def __init__(self, source: RecBoleSource, run: Run) -> None:
        self._source, self._meter = source, run.meter
        self._entities: dict[str, str] = {}
        self._links = 0
        self._taken: list[str] = []
        self._items: dict[str, None] = {}
        self._unknown = 0
        self._words: dict[str, frozenset[str]] = {}
        self._heads: set[str] = set()
        self._shared: dict[str, set[str]] = defaultdict(set)

    def read_links(self) -> None:
        """Read `.link`; of several items with one entity the first has it, so that no two become one by mistake."""
        owner: dict[str, str] = {}
        for _, row in self._rows(".link", ("item_id", "entity_id")):
            item, entity = row["item_id"], row["entity_id"]
            self._links += 1
            if owner.setdefault(entity, item) == item:
                self._entities[item] = entity
            else:
                self._taken.append(item)

    def triples(self) -> Iterator[ox.Triple]:
        yield from self._of_items()
        yield from self._of_graph()
        yield from self._of_interactions()

    def write_tables(self, folder: Path) -> None:
        """Write the items and, where there are any, the interactions as a domain has them."""
        if ".inter" not in self._source.parts:
            return
        with (folder / ITEMS).open("w", encoding="utf-8", newline="") as stream:
            stream.write("item_id\tiri\n")
            stream.writelines(f"{item}\t{self._iri_of(item)}\n" for item in self._items)
        with (folder / HISTORY[0]).open("w", encoding="utf-8", newline="") as stream:
            columns: list[str] = []
            for _, row in self._rows(".inter", (USER, "item_id")):
                if not columns:
                    columns = [name for name in (USER, "item_id", "rating", "timestamp") if name in row]
                    stream.write("\t".join(columns) + "\n")
                stream.write("\t".join(row[name] for name in columns) + "\n")

    def report(self) -> list[str]:
        """Return what the user should know of the links."""
        notes = []
        if self._unknown:
            notes.append(f"{self._unknown:,} items have interactions and no row in .item; they have an id and no more.")
        if ".link" not in self._source.parts:
            return notes
        linked = [item for item in self._items if item in self._entities]
        share = len(linked) / len(self._items) if self._items else 0
        told = sum(self._entities[item] in self._heads for item in linked)
        notes.append(
            f"{len(linked):,} of {len(self._items):,} items ({share:.0%}) are linked to an entity; "
            f"of {told:,} of those .kg says something."
        )
        strangers = self._links - len(self._taken) - len(linked)
        if strangers:
            notes.append(f"Suspicious: {strangers:,} links are of items that are not in the catalogue.")
        if self._taken:
            first = ", ".join(self._taken[:5])
            notes.append(
                f"Suspicious: {len(self._taken):,} links were left out, since another item has their entity ({first})."
            )
        return notes + self._likeness()

    def _likeness(self) -> list[str]:
        """Compare items that share an object of `.kg` with items at large, by what `.item` says of them.

        Where the links belong to other ids, as in one published copy of a well-known data set, the items of one maker
        have no more in common than any two.
        """
        joined = [
            pair
            for items in self._shared.values()
            if len(items) in RARE
            for pair in combinations(sorted(items), 2)
            if self._words.get(pair[0]) and self._words.get(pair[1])
        ]
        known = [item for item in self._items if self._words.get(item) and item in self._entities]
        if len(joined) < ENOUGH_PAIRS or len(known) < 2:
            return []
        near = sum(self._overlap(*pair) for pair in joined) / len(joined)
        rng = random.Random(0)
        chance = [self._overlap(*rng.sample(known, 2)) for _ in range(CHANCE_PAIRS)]
        far = sum(chance) / len(chance)
        if far == 0 or near / far >= CHANCE:
            return []
        return [
            f"Suspicious: items that share an object in .kg are as unlike as any two ({near:.2f} against {far:.2f} of "
            "their words in .item in common). Are the links those of another version of the data set?"
        ]

    def _overlap(self, left: str, right: str) -> float:
        one, other = self._words[left], self._words[right]
        return len(one & other) / len(one | other)

    def _of_items(self) -> Iterator[ox.Triple]:
        for columns, row in self._rows(".item", ("item_id",)):
            item = row["item_id"]
            self._items[item] = None
            subject = ox.NamedNode(self._iri_of(item))
            yield ox.Triple(subject, _node(ns.RDF_TYPE), _node(ns.CATALOG_ITEM))
            title = next((column for column in columns if column.is_title and row[column.name]), None)
            yield ox.Triple(subject, _node(ns.RDFS_LABEL), ox.Literal(row[title.name] if title else item))
            words: set[str] = set()
            for column in columns:
                if column != title and column.name != "item_id" and row[column.name]:
                    yield from self._of_value(subject, column, row[column.name], words)
            self._words[item] = frozenset(words)
        if ".item" not in self._source.parts:
            yield from self._bare_items(self._entities)

    def _of_value(self, subject: ox.NamedNode, column: Column, value: str, words: set[str]) -> Iterator[ox.Triple]:
        predicate = ox.NamedNode(f"{self._source.base}{quote(column.name)}")
        if column.is_description:
            yield ox.Triple(subject, _node(ns.DCT_DESCRIPTION), ox.Literal(value))
        elif column.kind == "float" or (column.kind == "token" and value.lstrip("-").isdigit()):
            if _is_number(value):
                datatype = ns.XSD + ("integer" if value.lstrip("-").isdigit() else "double")
                yield ox.Triple(subject, predicate, ox.Literal(value, datatype=_node(datatype)))
        elif column.kind in ("token", "token_seq"):
            for token in filter(None, value.split(SEPARATOR) if column.kind == "token_seq" else [value]):
                words.add(token)
                obj = ox.NamedNode(f"{self._source.base}{quote(column.name)}/{quote(token, safe='')}")
                yield ox.Triple(subject, predicate, obj)
                yield ox.Triple(obj, _node(ns.RDFS_LABEL), ox.Literal(token))
                yield ox.Triple(obj, _node(ns.RDF_TYPE), ox.NamedNode(f"{self._source.base}class/{quote(column.name)}"))

    def _of_graph(self) -> Iterator[ox.Triple]:
        items = {entity: item for item, entity in self._entities.items()}
        for _, row in self._rows(".kg", ("head_id", "relation_id", "tail_id")):
            head, tail = row["head_id"], row["tail_id"]
            if item := items.get(head):
                self._heads.add(head)
                self._shared[tail].add(item)
            predicate = self._iri("relation", row["relation_id"])
            yield ox.Triple(self._entity(head), ox.NamedNode(predicate), self._entity(tail))
            for name in (head, tail):
                if name not in items:
                    yield ox.Triple(
                        self._entity(name), _node(ns.RDF_TYPE), ox.NamedNode(f"{self._source.base}class/entity")
                    )

    def _of_interactions(self) -> Iterator[ox.Triple]:
        """Make items of those that only the interactions know."""
        known = len(self._items)
        for _, row in self._rows(".inter", (USER, "item_id")):
            if row["item_id"] not in self._items:
                yield from self._bare_items([row["item_id"]])
        self._unknown = len(self._items) - known

    def _bare_items(self, items: Iterable[str]) -> Iterator[ox.Triple]:
        for item in items:
            self._items[item] = None
            subject = ox.NamedNode(self._iri_of(item))
            yield ox.Triple(subject, _node(ns.RDF_TYPE), _node(ns.CATALOG_ITEM))
            yield ox.Triple(subject, _node(ns.RDFS_LABEL), ox.Literal(item))

    def _entity(self, name: str) -> ox.NamedNode:
        return ox.NamedNode(self._iri("entity", name))

    def _iri_of(self, item: str) -> str:
        entity = self._entities.get(item)
        return self._iri("item", item) if entity is None else self._iri("entity", entity)

    def _iri(self, folder: str, name: str) -> str:
        if name.startswith(("http://", "https://", "urn:")):
            return quote(name, safe=":/?#[]@!$&'()*+,;=%~")
        return f"{self._source.base}{folder}/{quote(name, safe='')}"

    def _rows(self, suffix: str, needed: Sequence[str]) -> Iterator[tuple[list[Column], dict[str, str]]]:
        file = self._source.parts.get(suffix)
        if file is not None:
            yield from read_atomic(file, needed, self._meter)


def read_atomic(file: Path, needed: Sequence[str], meter: Meter) -> Iterator[tuple[list[Column], dict[str, str]]]:
    """Yield the columns and each row of an atomic file.

    Raises:
        BuildError: The file cannot be read, lacks a column, or a row has another number of fields; with the line.
    """
    line, columns = 0, list[Column]()
    try:
        with open_counted(file, meter) as stream:
            for line, text in enumerate(io.TextIOWrapper(stream, "utf-8-sig", newline="\n"), 1):
                row = text.rstrip("\r\n").split("\t")
                if line == 1:
                    columns = _columns(file, row, needed)
                elif len(row) != len(columns):
                    raise BuildError(f"{file}, line {line}: expected {len(columns)} fields, got {len(row)}.")
                else:
                    yield columns, {column.name: value for column, value in zip(columns, row, strict=True)}
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise BuildError(f"cannot read {file} after line {line}: {error}") from error
    if not columns:
        raise BuildError(f"{file} is empty; expected a header line with {', '.join(needed)}.")


def _columns(file: Path, header: Sequence[str], needed: Sequence[str]) -> list[Column]:
    parted = [name.partition(":") for name in header]
    columns = [Column(name, kind or "token") for name, _, kind in parted]
    missing = [name for name in needed if name not in [column.name for column in columns]]
    if missing:
        raise BuildError(
            f"{file}, line 1: expected a header such as {needed[0]}:token with {', '.join(needed)}, got {header[:8]}."
        )
    return columns


def _node(iri: str) -> ox.NamedNode:
    return ox.NamedNode(iri)


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
