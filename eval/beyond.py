"""What lists are like beyond their hits: coverage, novelty, diversity, and how evenly items are shown."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from eval.lists import NONE

Columns = npt.NDArray[np.int64]
"""Shape (n_users, k): item columns, padded with `NONE`."""


def coverage(columns: Columns, n_items: int) -> float:
    """Return the share of the catalogue that is in at least one list: |union of the lists| / n_items.

    >>> coverage(np.array([[0, 1], [1, 2]]), 4)
    0.75
    """
    return len(np.unique(columns[columns != NONE])) / n_items


def novelty(columns: Columns, occurrences: npt.NDArray[np.int64], n_users: int) -> float:
    """Return the mean self-information of the listed items, in bits: mean of -log2((occurrences + 1) / (n_users + 1)).

    Plus one, so that an item that nobody had is novel to a finite degree. With 7 users, an item that 3 had is worth
    -log2(4 / 8) = 1 bit, one that nobody had -log2(1 / 8) = 3 bits:

    >>> novelty(np.array([[0, 1]]), np.array([3, 0]), 7)
    2.0
    """
    bits = -np.log2((occurrences + 1) / (n_users + 1))
    listed = columns[columns != NONE]
    return float(bits[listed].mean()) if len(listed) else 0.0


def diversity(columns: Columns, attributes: sparse.csr_matrix) -> float:
    """Return 1 - the mean cosine of the attributes over the pairs of a list, averaged over lists of two or more.

    The rows of `attributes` have unit length, or none: an item of which nothing is known resembles nothing. Two equal
    items and a third, of which nothing is known: cosines 1, 0, 0, so 1 - 1/3.

    >>> round(diversity(np.array([[0, 1, 2]]), sparse.csr_matrix([[1.0], [1.0], [0.0]])), 4)
    0.6667
    """
    told = []
    for row in columns:
        listed = row[row != NONE]
        if len(listed) > 1:
            total = np.asarray(attributes[listed].sum(axis=0)).ravel()
            own = attributes[listed].power(2).sum()
            told.append(1.0 - float(total @ total - own) / (len(listed) * (len(listed) - 1)))
    return float(np.mean(told)) if told else 0.0


def gini(columns: Columns, n_items: int) -> float:
    """Return the Gini coefficient of exposure: 0 where all items are listed equally often, near 1 where one always is.

    With the numbers of lists x_1 <= ... <= x_n that hold each of the n items: sum of (2 i - n - 1) x_i / (n sum of x).
    Items listed 0, 1 and 3 times: (-2 * 0 + 0 * 1 + 2 * 3) / (3 * 4) = 0.5.

    >>> gini(np.array([[1, 2], [2, NONE], [2, NONE]]), 3)
    0.5
    """
    shown = np.sort(np.bincount(columns[columns != NONE], minlength=n_items))
    if not shown.sum():
        return 0.0
    places = 2 * np.arange(1, n_items + 1) - n_items - 1
    return float((places * shown).sum() / (n_items * shown.sum()))
