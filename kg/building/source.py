"""What a graph is built from: sources that are converted one by one, each into files of its own."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol, cast

import pyoxigraph as ox

from kg.building.meter import Meter

PART, DONE = "part.nt.gz", "done.json"
LEVEL = 1
"""Of gzip: a fifth larger than the default and four times as fast, for files that are read once or twice."""

STEP = 20_000
"""Triples between two looks at the meter."""

Tick = Callable[[Meter], None]


@dataclass(frozen=True)
class Converted:
    """What became of a source.

    Attributes:
        triples: Statements written, those said twice counted twice.
        seconds: What it took.
        notes: What the user should know, one sentence each.
    """

    triples: int
    seconds: float
    notes: tuple[str, ...] = ()

    def save(self, folder: Path) -> None:
        (folder / DONE).write_text(json.dumps(asdict(self), ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Converted":
        told = json.loads((folder / DONE).read_text("utf-8"))
        return cls(told["triples"], told["seconds"], tuple(told["notes"]))


class Source(Protocol):
    """One thing that a graph is built from.

    Attributes:
        name: What the user knows it by.
        kind: In a word, for tables and provenance.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def files(self) -> Sequence[Path]:
        """Every file that the result depends on."""
        ...

    @property
    def options(self) -> str:
        """What else the result depends on."""
        ...

    def convert(self, folder: Path, run: "Run") -> None:
        """Write `part.nt.gz`, tables of interactions, or both into a folder.

        Raises:
            BuildError, GraphError, InteractionsError: The source is damaged; the message names file and line.
        """
        ...


@dataclass
class Run:
    """The conversion of one source, while it lasts."""

    tick: Tick
    meter: Meter = field(default_factory=Meter)
    notes: list[str] = field(default_factory=list)

    def write(self, folder: Path, triples: Iterable[ox.Triple]) -> None:
        """Write triples as the part of a source, as they come."""
        with gzip.open(folder / PART, "wb", compresslevel=LEVEL) as part:
            # The file counts as a writer: it has the one method that the serializer calls.
            ox.serialize(self._counted(triples), cast("Path", part), ox.RdfFormat.N_TRIPLES)
        self.tick(self.meter)

    def _counted(self, triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
        for triple in triples:
            self.meter.triples += 1
            if self.meter.triples % STEP == 0:
                self.tick(self.meter)
            yield triple
