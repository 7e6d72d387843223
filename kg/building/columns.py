"""Tables as mappings see them: their columns, and whether their rows are whole."""

import csv
import gzip
import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from kg.building.errors import BuildError

DELIMITED, PARQUET, JSON = (".csv", ".tsv"), (".parquet",), (".json",)
DATABASES = (".sqlite", ".sqlite3", ".db")
TABLES = DELIMITED + PARQUET + JSON
DELIMITERS = ",;\t|"
LONGEST = 10_000_000
"""Characters of one field, at most; Python's own limit cuts long descriptions off."""

Row = dict[str, str]


def kind_of(file: Path) -> str:
    """Return the suffix that tells how a table is read, without `.gz`."""
    return Path(file.name.removesuffix(".gz")).suffix.lower()


def read_columns(file: Path) -> list[str]:
    """Return the columns of a table; of a JSON file every key that occurs.

    Raises:
        BuildError: The file is missing, damaged or no table.
    """
    kind = kind_of(file)
    if kind in DELIMITED:
        with _rows(file) as rows:
            return _header(file, rows)
    if kind in PARQUET:
        return [str(name) for name in _parquet(file).schema_arrow.names]
    if kind in JSON:
        return sorted(_keys(_json(file)))
    raise BuildError(f"{file}: expected a table ({', '.join(TABLES)}), packed with .gz or not.")


def read_rows(file: Path, limit: int | None = None) -> Iterator[Row]:
    """Yield the rows of a table as texts, empty where there is nothing.

    Raises:
        BuildError: The file is missing or damaged, or a row has another number of fields than the header.
    """
    kind = kind_of(file)
    if kind in DELIMITED:
        yield from _delimited_rows(file, limit)
    elif kind in PARQUET:
        batches = _parquet(file).iter_batches(batch_size=min(limit or 10_000, 10_000))
        rows = (row for batch in batches for row in batch.to_pylist())
        yield from (_texts(row) for _, row in zip(range(limit or 1 << 60), rows, strict=False))
    else:
        told = _json(file)
        found = told if isinstance(told, list) else next((v for v in told.values() if isinstance(v, list)), [])
        yield from (_texts(row) for row in found[:limit] if isinstance(row, dict))


def check_rows(file: Path) -> None:
    """Read a table once and refuse it where a row has another number of fields than the header.

    Raises:
        BuildError: The message names the line.
    """
    if kind_of(file) in DELIMITED:
        for _ in _delimited_rows(file, None):
            pass


def table_columns(database: Path, table: str) -> list[str]:
    """Return the columns of a table of an SQLite file.

    Raises:
        BuildError: There is no such table; the message lists those that there are.
    """
    try:
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            names = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            ]
            columns = [str(row[0]) for row in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
    except sqlite3.Error as error:
        raise BuildError(f"cannot read the database {database}: {error}") from error
    if not columns:
        raise BuildError(f"{database} has no table {table!r}; it has {', '.join(sorted(names)) or 'none'}.")
    return columns


def _delimited_rows(file: Path, limit: int | None) -> Iterator[Row]:
    with _rows(file) as rows:
        header = _header(file, rows)
        for count, (line, row) in enumerate(rows):
            if limit is not None and count >= limit:
                return
            if len(row) != len(header):
                raise BuildError(
                    f"{file}, line {line}: expected {len(header)} fields as in the header, got {len(row)}. "
                    "Is a quote missing, or a delimiter within a field?"
                )
            yield dict(zip(header, row, strict=True))


def _header(file: Path, rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    header = next(rows, (1, list[str]()))[1]
    if not any(header):
        raise BuildError(f"{file}, line 1: expected a header line with the names of the columns, got nothing.")
    if len(set(header)) < len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise BuildError(f"{file}, line 1: two columns are called {', '.join(twice)}.")
    return header


@contextmanager
def _rows(file: Path) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Open a delimited table; the delimiter is the one that the header holds most of."""
    csv.field_size_limit(LONGEST)
    line = 0
    try:
        with _text(file) as stream:
            first = stream.readline()
            delimiter = (
                "\t" if kind_of(file) == ".tsv" else max(DELIMITERS, key=lambda one: (first.count(one), one == ","))
            )
            reader = csv.reader(_again(first, stream), delimiter=delimiter, strict=False)

            def numbered() -> Iterator[tuple[int, list[str]]]:
                nonlocal line
                for row in reader:
                    line = reader.line_num
                    if row:
                        yield line, row

            yield numbered()
    except UnicodeDecodeError as error:
        raise BuildError(f"{file}, after line {line}: expected UTF-8, got {error.reason}.") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise BuildError(f"{file} is a damaged gzip file, readable up to line {line} ({error}).") from error
    except csv.Error as error:
        raise BuildError(f"{file}, after line {line}: {error}") from error
    except OSError as error:
        raise BuildError(f"cannot read the table {file}: {error}") from error


def _text(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _again(first: str, rest: IO[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _parquet(file: Path) -> Any:
    import pyarrow  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a second, and few tables are of this kind
    import pyarrow.parquet  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        return pyarrow.parquet.ParquetFile(file)
    except (OSError, pyarrow.ArrowException) as error:
        raise BuildError(f"cannot read the Parquet file {file}: {error}") from error


def _json(file: Path) -> Any:
    try:
        with _text(file) as stream:
            return json.load(stream)
    except json.JSONDecodeError as error:
        raise BuildError(f"{file}, line {error.lineno}: no valid JSON: {error.msg}.") from error
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise BuildError(f"cannot read the JSON file {file}: {error}") from error


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()


def _texts(row: dict[str, Any]) -> Row:
    return {str(key): "" if value is None else str(value) for key, value in row.items()}
