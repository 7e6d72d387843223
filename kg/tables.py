"""Tables of tab-separated text, as domains bring them."""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from kg.errors import InteractionsError


def read_table(file: Path, needed: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and row of a tab-separated table without quoting; `NAME` may lie there as `NAME.gz`.

    Raises:
        InteractionsError: The table is missing, empty, damaged, lacks a column, or a row has another number of fields.
    """
    packed = file.with_name(file.name + ".gz")
    actual = file if file.exists() or not packed.exists() else packed
    number = 0
    try:
        with (
            gzip.open(actual, "rt", encoding="utf-8-sig", newline="")
            if actual.suffix == ".gz"
            else actual.open(encoding="utf-8-sig", newline="") as lines
        ):
            rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            header, number = next(rows, []), 1
            if any(name not in header for name in needed):
                raise InteractionsError(f"{actual}: expected a header line with {', '.join(needed)}, got {header}")
            for number, row in enumerate(rows, start=2):
                if len(row) != len(header):
                    raise InteractionsError(f"{actual}, line {number}: expected {len(header)} fields, got {len(row)}")
                yield number, dict(zip(header, row, strict=True))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        beyond = f" beyond line {number}" if number else ""
        raise InteractionsError(f"cannot read the table {actual}{beyond}: {error}") from error
