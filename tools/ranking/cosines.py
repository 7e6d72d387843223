"""Cosines of a history and the items by the attributes that they share, and what each attribute adds to one."""

import numpy as np
from scipy import sparse

from tools.ranking.history import Columns, History, Values
from tools.ranking.shares import Shares

_NOTHING = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def cosines(attributes: sparse.csr_matrix, history: History) -> Values:
    """Return the cosine of a history to each item, shape (n_items,)."""
    profile = history.signed() @ attributes[history.columns]
    return np.asarray(attributes @ profile, np.float64)


def cosine_shares(attributes: sparse.csr_matrix, history: History, columns: Columns, weights: Values) -> Shares:
    """Return what each history item adds to the cosines of some items through each attribute.

    Args:
        attributes: Shape (n_items, n_entities), rows of unit length.
        history: Of the user.
        columns: The items that are asked for.
        weights: Shape (n_items,), of each item's cosine.
    """
    known = sparse.diags_array(history.signed()) @ attributes[history.columns]
    turned = sparse.csc_matrix(known)
    asked = attributes[columns]
    found: list[tuple[int, int, int, float]] = []
    for place in range(len(columns)):
        for at in range(asked.indptr[place], asked.indptr[place + 1]):
            entity, value = int(asked.indices[at]), float(asked.data[at]) * float(weights[columns[place]])
            if value:
                for by in range(turned.indptr[entity], turned.indptr[entity + 1]):
                    found.append((int(turned.indices[by]), entity, place, float(turned.data[by]) * value))
    rows, entities, places, values = (np.array(list(one)) for one in zip(*found, strict=True)) if found else _NOTHING
    return Shares("graph", history.columns[rows], entities, places, values)
