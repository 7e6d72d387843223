"""How much of a source was read, for progress bars and for errors that name a line."""

import gzip
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

CHUNK = 1 << 20
"""Bytes that are read at once."""


@dataclass
class Meter:
    """What a source's reader tells while it works.

    Attributes:
        total: Bytes to read, as they lie on disk.
        done: Bytes read so far.
        lines: Line breaks read so far of the file that is open, unpacked.
        triples: Triples made so far.
    """

    total: int = 0
    done: int = 0
    lines: int = 0
    triples: int = 0

    @property
    def share(self) -> float:
        """How much was read, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class CountedBytes(io.RawIOBase):
    """A file that tells how many bytes and line breaks of it were read."""

    def __init__(self, stream: "io.BufferedIOBase", tell: Callable[[int, int], None]) -> None:
        self._stream, self._tell = stream, tell

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read1(len(buffer))
        self._tell(len(data), data.count(b"\n"))
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def open_counted(file: Path, meter: Meter) -> Iterator[IO[bytes]]:
    """Open a file for reading, unpacked where its name ends in `.gz`."""
    meter.lines = 0

    def tell_bytes(size: int, _: int) -> None:
        meter.done += size

    def tell_lines(_: int, lines: int) -> None:
        meter.lines += lines

    with file.open("rb") as raw:
        counted = io.BufferedReader(CountedBytes(raw, tell_bytes), CHUNK)
        inner = gzip.GzipFile(fileobj=counted) if file.suffix == ".gz" else counted
        yield io.BufferedReader(CountedBytes(inner, tell_lines), CHUNK)
