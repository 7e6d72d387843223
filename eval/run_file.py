"""Runs in TREC's format: one line an item, `user_id Q0 item_iri rank score tag`."""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from eval.lists import NONE, Lists
from eval.split import Split

_SPACE = re.compile(r"\s")


def write_run(path: Path, split: Split, lists: Lists, tag: str) -> None:
    """Write the lists whole or not at all; an existing file is replaced.

    White space in a user id, which would end the field, is written as in an address (`%20`).
    """
    handle, partial = tempfile.mkstemp(dir=path.resolve().parent, prefix=f".{path.name}.", text=True)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(run_lines(split, lists, tag))
        Path(partial).chmod(0o644)
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)


def run_lines(split: Split, lists: Lists, tag: str) -> Iterator[str]:
    """Yield the lines of a run, users in the order of the split, ranks from 1, scores strictly falling."""
    for row, user in enumerate(split.users):
        query = _SPACE.sub(lambda found: quote(found.group()), user)
        for place, (column, score) in enumerate(zip(lists.columns[row], lists.scores[row], strict=True), start=1):
            if column != NONE:
                # Nine digits tell any two float32 apart.
                yield f"{query} Q0 {split.fit.items[column]} {place} {score:.9g} {tag}\n"
