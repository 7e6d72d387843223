"""How well lists find what users liked next: NDCG, recall, precision, reciprocal rank, success; by `ir-measures`."""

from collections.abc import Mapping

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import RR, P, R, Success, nDCG

from eval.lists import NONE, Lists
from eval.split import Split

PerUser = npt.NDArray[np.float64]
"""Shape (n_users,)."""

BINS: Mapping[str, tuple[int, float]] = {
    "0": (0, 0),
    "1-4": (1, 4),
    "5-19": (5, 19),
    "20-99": (20, 99),
    "100+": (100, np.inf),
}
"""How often an item occurs in what is fitted on: name, least and most."""


def accuracy(split: Split, lists: Lists, k: int) -> dict[str, PerUser]:
    """Return each user's value of each measure at `k`, by name, the main one first."""
    measures = {
        f"NDCG@{k}": nDCG @ k,
        f"Recall@{k}": R @ k,
        f"P@{k}": P @ k,
        f"MRR@{k}": RR @ k,
        f"Success@{k}": Success @ k,
    }
    names = {str(measure): name for name, measure in measures.items()}
    rows = {user: row for row, user in enumerate(split.users)}
    values = {name: np.zeros(len(rows)) for name in measures}
    for one in ir_measures.iter_calc(list(measures.values()), qrels(split), as_run(split, lists, k)):
        values[names[str(one.measure)]][rows[one.query_id]] = one.value
    return values


def qrels(split: Split) -> dict[str, dict[str, int]]:
    """Return the relevant item IRIs by user, as ir-measures reads them."""
    items, indptr, indices = split.fit.items, split.relevant.indptr, split.relevant.indices
    return {
        user: {items[column]: 1 for column in indices[indptr[row] : indptr[row + 1]]}
        for row, user in enumerate(split.users)
    }


def as_run(split: Split, lists: Lists, k: int) -> dict[str, dict[str, float]]:
    """Return the first `k` items of each list with their scores, as ir-measures reads them."""
    items = split.fit.items
    return {
        user: {
            items[column]: float(score)
            for column, score in zip(lists.columns[row, :k], lists.scores[row, :k], strict=True)
            if column != NONE
        }
        for row, user in enumerate(split.users)
    }


def hits(split: Split, columns: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which listed items are relevant, in the shape of `columns`."""
    relevant = split.relevant.toarray() > 0
    found: npt.NDArray[np.bool_] = np.take_along_axis(relevant, np.maximum(columns, 0), axis=1) & (columns != NONE)
    return found


def recall_by_frequency(split: Split, lists: Lists, k: int) -> dict[str, tuple[float | None, int]]:
    """Return, by how often items occur in what was fitted on, the recall at `k` and the number of relevant items.

    Pooled over users: found relevant items of the bin / relevant items of the bin; None where there are none.
    """
    columns = lists.top(k)
    found = np.bincount(columns[hits(split, columns)], minlength=len(split.occurrences))
    wanted = np.bincount(split.relevant.indices, minlength=len(split.occurrences))
    told: dict[str, tuple[float | None, int]] = {}
    for name, (least, most) in BINS.items():
        members = (split.occurrences >= least) & (split.occurrences <= most)
        n_relevant = int(wanted[members].sum())
        told[name] = (float(found[members].sum() / n_relevant) if n_relevant else None), n_relevant
    return told
