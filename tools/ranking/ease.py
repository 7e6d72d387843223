"""EASE, a closed-form item-item model (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019)."""

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

REGULARISATION = 0.08
"""L2 penalty as a share of the number of users with a history, at least `FLOOR`; chosen on the validation parts."""

FLOOR = 5.0


def fit_ease(liked: sparse.csr_matrix, l2: float | None = None) -> npt.NDArray[np.float32]:
    """Return item-item weights B (equation 8), shape (n_items, n_items), float32, zero diagonal; scores are x B.

    Args:
        liked: Shape (n_users, n_items), 1 where a user liked an item.
        l2: Penalty; None takes `REGULARISATION`.

    Items that nobody liked get zero rows and columns. Memory: two dense float32 matrices over the others.
    """
    penalty = max(FLOOR, REGULARISATION * liked.shape[0]) if l2 is None else l2
    known = np.flatnonzero(np.asarray(liked.sum(axis=0)).ravel())
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


def _inverse(positive: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Invert a positive definite matrix by its Cholesky factor: a third of the work of solving for the identity."""
    factor, _ = linalg.cho_factor(positive, lower=True, overwrite_a=True, check_finite=False)
    lower, failed = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ArithmeticError(f"the Gram matrix is singular at row {failed}; raise the penalty")
    below = np.tril(lower, -1)
    return np.asarray(below + below.T + np.diag(np.diag(lower)), np.float32)
