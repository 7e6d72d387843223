"""A task that fits on a page, and the bookshop with a table for validation."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from eval.split import Split, pattern
from kg.interactions import Interactions

VALID_TSV = "user_id\titem_id\trating\ttimestamp\nann\t8\t5\t30\nben\t3\t4\t40\ncat\t2\t5\t50\n"


def interactions(rows: list[list[float]], *, times: list[list[float]] | None = None) -> Interactions:
    """Users u0, u1, ... over items i:0, i:1, ...; 0 means none, 4 and above liked."""
    values = sparse.csr_matrix(np.array(rows, np.float32))
    users, items = [f"u{row}" for row in range(values.shape[0])], [f"i:{one}" for one in range(values.shape[1])]
    moments = None if times is None else sparse.csr_matrix(np.array(times, np.float64))
    return Interactions(users, items, values, 4.0, moments)


def split(relevant: list[list[int]], seen: list[list[int]] | None = None) -> Split:
    """Return a task with these relevant items; nothing was seen unless told."""
    wanted = sparse.csr_matrix(np.array(relevant, np.float32))
    history = interactions([[0.0] * wanted.shape[1]] * wanted.shape[0] if seen is None else [[*row] for row in seen])
    return Split(history, history, pattern(history.values), wanted, 0, "by hand")


@pytest.fixture
def shop(tiny_domain: Path, tmp_path: Path) -> Path:
    """The bookshop, with `valid.tsv` as the last table of its history."""
    folder = tmp_path / "shop"
    shutil.copytree(tiny_domain, folder)
    (folder / "valid.tsv").write_text(VALID_TSV, "utf-8")
    manifest = folder / "domain.toml"
    told = manifest.read_text("utf-8").replace('history = ["train.tsv"]', 'history = ["train.tsv", "valid.tsv"]')
    manifest.write_text(told, "utf-8")
    return folder
