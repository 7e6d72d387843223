"""Tables as sources: Morph-KGC runs a mapping over CSV, TSV, JSON, Parquet or SQL, in a process of its own."""

import configparser
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pyoxigraph as ox

from kg.building.columns import DATABASES, check_rows, kind_of, read_columns, table_columns
from kg.building.errors import BuildError, MappingError
from kg.building.mappings import LogicalSource, read_mapping
from kg.building.meter import Meter
from kg.building.rdf import read_rdf
from kg.building.source import Run
from kg.errors import GraphError, suggestion

LISTED = 12
"""Columns that an error lists."""

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True)
class TableSource:
    """One mapping with its tables.

    Attributes:
        mapping: YARRRML or RML; the files that it names lie beside it, or where their names say.
        database: An SQLite file, or the URL of another database that SQLAlchemy can reach; for tables and queries.
    """

    mapping: Path
    database: str | None = None
    kind = "tables"

    @property
    def name(self) -> str:
        return self.mapping.name

    @property
    def options(self) -> str:
        return self.database or ""

    @property
    def files(self) -> Sequence[Path]:
        tables = (self.file_of(source) for source in read_mapping(self.mapping))
        database = Path(self.database) if self.database and "://" not in self.database else None
        return list(dict.fromkeys([self.mapping, *filter(None, [*tables, database])]))

    def file_of(self, source: LogicalSource) -> Path | None:
        """Return the file of a table that the mapping names.

        Raises:
            MappingError: It is not there.
        """
        if source.file is None:
            return None
        if "://" in source.file:
            raise MappingError.at(
                self.mapping, source.line, f"expected a file beside the mapping, got {source.file}; fetch it first."
            )
        file = self.mapping.parent / source.file
        if not file.is_file():
            near = get_close_matches(file.name, [one.name for one in file.parent.glob("*")], 2)
            raise MappingError.at(self.mapping, source.line, f"there is no table {file}.{suggestion(near)}")
        return file

    def convert(self, folder: Path, run: Run) -> None:
        self.check()
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            made = Path(scratch) / "made.nt"
            self._run(made)
            if not made.is_file() or not made.stat().st_size:
                raise MappingError.at(self.mapping, None, "it makes no triples of its tables; are they empty?")
            run.meter.total = made.stat().st_size
            run.write(folder, self._made(made, run.meter))

    def check(self) -> None:
        """Read the mapping and look whether its tables and columns are there.

        Raises:
            MappingError, BuildError: The message names file and line.
        """
        sources = read_mapping(self.mapping)
        if self._asks_database(sources) and any(source.file for source in sources):
            # Morph-KGC would ask the database for all of them, and leave the files out without a word.
            raise MappingError.at(self.mapping, None, "files and tables of a database need a mapping each.")
        for source in sources:
            file = self.file_of(source)
            if file is not None:
                self._check_columns(source, read_columns(file), file.name)
                check_rows(file)
            elif self.database is None and (source.table is not None):
                raise MappingError.at(
                    self.mapping,
                    source.line,
                    f"it reads the table {source.table} of a database; name the database too.",
                )
            elif source.table is not None and self.database and kind_of(Path(self.database)) in DATABASES:
                self._check_columns(source, table_columns(Path(self.database), source.table), source.table)

    def _asks_database(self, sources: Sequence[LogicalSource]) -> bool:
        return self.database is not None and any(source.file is None for source in sources)

    def _check_columns(self, source: LogicalSource, columns: Sequence[str], table: str) -> None:
        if source.is_query:
            return
        for reference in source.references:
            last = reference.column.split(".")[-1].split("[")[0]
            if reference.column not in columns and last not in columns:
                near = [one for one in columns if one.casefold().strip() == reference.column.casefold().strip()]
                listed = ", ".join(columns[:LISTED]) + (", ..." if len(columns) > LISTED else "")
                raise MappingError.at(
                    self.mapping,
                    reference.line,
                    f"{table} has no column {reference.column!r}.{suggestion(near)} It has: {listed}.",
                )

    def _run(self, made: Path) -> None:
        config = configparser.ConfigParser(interpolation=None)
        config["CONFIGURATION"] = {
            "output_file": str(made.resolve()),
            "output_format": "N-TRIPLES",
            "number_of_processes": "1",
            "logging_level": "ERROR",
        }
        config["TABLES"] = {"mappings": str(self.mapping.resolve())}
        if self.database and self._asks_database(read_mapping(self.mapping)):
            url = self.database if "://" in self.database else f"sqlite:///{Path(self.database).resolve()}"
            config["TABLES"]["db_url"] = url
        settings = made.with_name("morph.ini")
        with settings.open("w", encoding="utf-8") as stream:
            config.write(stream)
        kept = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
        done = subprocess.run(
            [sys.executable, "-m", "morph_kgc", str(settings)],
            cwd=self.mapping.parent.resolve(),
            env=kept,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise MappingError.at(self.mapping, None, f"Morph-KGC cannot run it: {_reason(done.stderr)}")

    def _made(self, made: Path, meter: Meter) -> Iterator[ox.Triple]:
        """Read what Morph-KGC made; it does not look whether a column's text can be an IRI."""
        try:
            yield from read_rdf(made, meter)
        except GraphError as error:
            cause = error.__cause__
            if not isinstance(cause, SyntaxError) or cause.lineno is None:
                raise
            with made.open(encoding="utf-8", errors="replace") as lines:
                statement = next((line for at, line in enumerate(lines, 1) if at == cause.lineno), "").strip()
            raise BuildError(
                f"{self.mapping} makes a triple that cannot be: {statement[:300]} ({cause.msg})"
            ) from error


def _reason(log: str) -> str:
    """Return the last line of a traceback that says something."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1][:400] if lines else "it said nothing."
