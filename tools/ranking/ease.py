"""EASE, a closed-form item-item model (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019)."""

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

REGULARISATION = 0.08
"""L2 penalty as a share of the number of users with a history, at least `FLOOR`; chosen on the validation parts."""

FLOOR = 5.0

MAX_ITEMS = 20_000
"""Items with weights; the inverse of a larger Gram matrix takes minutes, and gigabytes: 2 x 4 bytes x MAX_ITEMS^2."""


def fit_ease(liked: sparse.csr_matrix, l2: float | None = None, n_users: int | None = None) -> npt.NDArray[np.float32]:
    """Return item-item weights B (equation 8), shape (n_items, n_items), float32, zero diagonal; scores are x B.

    Args:
        liked: Shape (n_rows, n_items), 1 where a user liked an item, or what else it counts to the user; other rows may
            stand below the users'.
        l2: Penalty; None takes `REGULARISATION`.
        n_users: How many of the rows are users; None: all.

    Items in no row get zero rows and columns; with more than `MAX_ITEMS` others, so do the least liked of
    them. Memory: two dense float32 matrices over the others.
    """
    penalty = max(FLOOR, REGULARISATION * liked.shape[0]) if l2 is None else l2
    known = fitted_items(liked, n_users)
    weights = np.zeros((liked.shape[1], liked.shape[1]), np.float32)
    if len(known) == 0:
        return weights
    part = liked[:, known]
    gram = np.asarray((part.T @ part).todense(), np.float32)
    gram[np.diag_indices_from(gram)] += penalty
    inverse = _inverse(gram)
    fitted = -inverse / np.diag(inverse)
    np.fill_diagonal(fitted, 0.0)
    weights[np.ix_(known, known)] = fitted
    return weights


def fitted_items(rows: sparse.csr_matrix, n_users: int | None = None, most: int | None = None) -> npt.NDArray[np.int64]:
    """Return the columns that a closed form covers, ascending: those in a row, the most liked of them.

    Args:
        rows: Shape (n_rows, n_items).
        n_users: How many of the rows are users, whose likes come first; None: all.
        most: How many columns there are at most; None: `MAX_ITEMS`.
    """
    weights = np.asarray(rows.sum(axis=0)).ravel()
    likes = np.asarray(rows[:n_users].sum(axis=0)).ravel()
    count = min(MAX_ITEMS if most is None else most, int((weights > 0).sum()))
    return np.sort(np.lexsort((-weights, -likes))[:count])


def covered_share(liked: sparse.csr_matrix) -> float:
    """Return the share of the likes that falls on `fitted_items`; 1 where there are none."""
    likes = np.asarray(liked.sum(axis=0)).ravel()
    return float(likes[fitted_items(liked)].sum() / likes.sum()) if likes.any() else 1.0


def _inverse(positive: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Invert a positive definite matrix by its Cholesky factor: a third of the work of solving for the identity."""
    factor, _ = linalg.cho_factor(positive, lower=True, overwrite_a=True, check_finite=False)
    lower, failed = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ArithmeticError(f"the Gram matrix is singular at row {failed}; raise the penalty")
    below = np.tril(lower, -1)
    return np.asarray(below + below.T + np.diag(np.diag(lower)), np.float32)
