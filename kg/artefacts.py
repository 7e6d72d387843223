"""Stages of derived data on disk: each is built once, appears whole or not at all, and is shared between processes."""

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

FORMAT = 2
"""Raised when a stage's files change their meaning; older ones are then built anew."""


_HEADERS = threading.Lock()
"""CPython 3.11 may fail where threads parse at once, as numpy does the header of a file (python/cpython#106905)."""


@contextmanager
def reading_arrays() -> Iterator[None]:
    """Let one thread at a time open numpy's files."""
    with _HEADERS:
        yield


def fingerprint(files: Iterable[Path], more: bytes = b"") -> str:
    """Return a short digest of the files' names and contents, of what else counts, and of the artefacts' format."""
    digest = hashlib.blake2b(f"format {FORMAT}".encode(), digest_size=8)
    for file in files:
        digest.update(file.name.encode())
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "blake2b").digest())
    digest.update(more)
    return digest.hexdigest()


def stage(folder: Path, build: Callable[[Path], None]) -> Path:
    """Return `folder`, after `build` filled it if it was not there.

    `build` writes into a sibling that is renamed when it is complete, under a lock; a failure or an interrupt leaves
    nothing.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(folder.name + ".lock")):
        if not folder.is_dir():
            partial = folder.with_name(folder.name + ".partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            try:
                build(partial)
                os.replace(partial, folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return folder
