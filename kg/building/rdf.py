"""RDF files as sources: Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD, packed or not."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kg.building.meter import Meter, open_counted
from kg.building.source import Run
from kg.errors import GraphError
from kg.store import damaged_gzip, format_of


@dataclass(frozen=True)
class RdfSource:
    """One RDF file; the triples of its named graphs join the others."""

    file: Path
    kind = "rdf"
    options = ""

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def files(self) -> Sequence[Path]:
        return [self.file]

    def convert(self, folder: Path, run: Run) -> None:
        run.meter.total = self.file.stat().st_size
        named: dict[str, int] = {}
        run.write(folder, read_rdf(self.file, run.meter, named))
        if not run.meter.triples:
            raise GraphError(f"{self.file} holds no triples; is it empty?")
        if named:
            run.notes.append(
                f"{sum(named.values()):,} triples of {len(named):,} named graphs were put with the others."
            )


def read_rdf(file: Path, meter: Meter, named: dict[str, int] | None = None) -> Iterator[ox.Triple]:
    """Yield the triples of a file; its blank nodes get names that no other file has.

    Args:
        file: Its suffix tells the format.
        meter: Told how far the reading came.
        named: Filled with the named graphs and how many triples each holds.

    Raises:
        GraphError: The file is missing, of an unknown format, damaged or has a syntax error; the message names the
            line where there is one.
    """
    rdf_format = format_of(file)
    try:
        with open_counted(file, meter) as stream:
            for quad in ox.parse(stream, format=rdf_format, rename_blank_nodes=True):
                if named is not None and isinstance(quad.graph_name, ox.NamedNode | ox.BlankNode):
                    named[quad.graph_name.value] = named.get(quad.graph_name.value, 0) + 1
                yield quad.triple
    except SyntaxError as error:
        line = error.lineno or meter.lines + 1
        raise GraphError(f"{file}, line {line}: {error.msg}. Mend the line and build again.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged_gzip(file, error) from error
    except (OSError, ValueError) as error:
        raise GraphError(f"cannot read the graph file {file}: {error}") from error
