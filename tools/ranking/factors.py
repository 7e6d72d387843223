"""Matrix factorisation by alternating least squares; users are folded in, so that each history item has its share.

The objective is iALS (Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008) with
the penalties of Rendle et al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks", RecSys 2022.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse
from scipy.linalg import lapack

Vectors = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int64]

START_SPREAD = 0.1
"""Length of an item's random vector before the first sweep."""


@dataclass(frozen=True, slots=True)
class FactorSettings:
    """How a factorisation is fitted.

    Attributes:
        dim: Length of a vector.
        unknown: Weight of the wish that an unknown pair scores 0, where a known pair has 1.
        user_penalty: L2 penalty of a row's vector, by its number of pairs, known ones and `unknown` of all others.
        item_penalty: The same for an item's vector.
        n_sweeps: How often all rows and then all items are solved.
    """

    dim: int
    unknown: float
    user_penalty: float
    item_penalty: float
    n_sweeps: int = 8


class Factors:
    """Item vectors, with the closed forms that fold a history in and that take an item's vector apart.

    Attributes:
        items: Shape (n_items, dim), float32.
        rows: Shape (n_rows, dim), float32: the vectors of users and attributes that the items' were solved from.
        settings: What they were fitted with.
    """

    def __init__(self, items: Vectors, rows: Vectors, n_users: int, settings: FactorSettings) -> None:
        self.items = items
        self.rows = rows
        self.n_users = n_users
        self.settings = settings

    @cached_property
    def _solver(self) -> "_Solver":
        return _Solver(self.items, self.settings.unknown)

    @property
    def vectors(self) -> Vectors:
        """The item vectors in the basis of `fold_in`, shape (n_items, dim)."""
        return self._solver.vectors

    def fold_in(self, histories: sparse.csr_matrix, targets: Vectors) -> Vectors:
        """Return users' vectors, shape (n_users, dim); a score is the product with an item of `vectors`.

        Args:
            histories: Shape (n_users, n_items), positive weights of the known pairs.
            targets: Shape (nnz,): what each known pair should score; 1 for what is liked.
        """
        return self._solver.solve(histories, targets, self.settings.user_penalty, self.items.shape[0])

    def user(self, columns: Columns, weights: Values, targets: Values) -> Values:
        """Return one user's vector as `fold_in` does, in float64, shape (dim,)."""
        return self._user(columns, weights, self._of(columns).T @ (weights * targets))

    def shares(self, columns: Columns, weights: Values, targets: Values) -> Values:
        """Return what each history item adds to the user's vector, shape (n_history, dim).

        With W the weights, Y the history's vectors, t the targets and M the matrix of the normal equations, the user's
        vector is M^-1 Y^T W t, so item j adds w_j t_j M^-1 y_j (Hu, Koren and Volinsky 2008, section 5).
        """
        return self._user(columns, weights, (self._of(columns) * (weights * targets)[:, None]).T).T

    def _of(self, columns: Columns) -> Values:
        return self._solver.vectors[columns].astype(np.float64)

    def _user(self, columns: Columns, weights: Values, right: Values) -> Values:
        settings, chosen = self.settings, self._of(columns)
        normal = (chosen * weights[:, None]).T @ chosen
        normal[np.diag_indices_from(normal)] += self._solver.spectrum + settings.user_penalty * (
            len(columns) + settings.unknown * self.items.shape[0]
        )
        return np.asarray(linalg.solve(normal, right, assume_a="pos", check_finite=False), np.float64)

    def item_shares(self, known: Columns, weights: Values, asked: npt.NDArray[np.bool_]) -> Values:
        """Return what some of an item's rows add to its vector, in the basis of `vectors`, shape (n_asked, dim).

        Args:
            known: The rows with the item, shape (n_known,).
            weights: Their weights.
            asked: Which of them are asked for.
        """
        rows = np.asarray(self.rows[known[asked]], np.float64)
        return self._item(known, weights, (rows * weights[asked, None]).T)

    def item(self, known: Columns, weights: Values) -> Values:
        """Return the vector of an item with these rows, in the basis of `vectors`, shape (dim,)."""
        return self._item(known, weights, weights @ np.asarray(self.rows[known], np.float64))

    def _item(self, known: Columns, weights: Values, right: Values) -> Values:
        settings = self.settings
        rows = np.asarray(self.rows[known], np.float64)
        normal = self._row_gram + (rows * weights[:, None]).T @ rows
        normal[np.diag_indices_from(normal)] += settings.item_penalty * (len(known) + settings.unknown * self.n_users)
        added = linalg.solve(normal, right, assume_a="pos", check_finite=False)
        return np.asarray(added.T @ self._solver.basis, np.float64)

    @cached_property
    def _row_gram(self) -> Values:
        rows = np.asarray(self.rows, np.float64)
        return np.asarray(self.settings.unknown * (rows.T @ rows), np.float64)


class _Solver:
    """Solves one side, given the other: in the basis in which the Gram matrix of all vectors is diagonal.

    There the penalty of a row is a number on the diagonal, and a row with fewer pairs than dimensions is solved in the
    space of its pairs (the identity of Woodbury), which costs a fraction.
    """

    def __init__(self, others: Vectors, unknown: float) -> None:
        gram = others.T.astype(np.float64) @ others
        values, basis = np.linalg.eigh(unknown * gram)
        self.spectrum = np.maximum(values, 0.0)
        self.basis = basis.astype(np.float32)
        self.vectors: Vectors = others @ self.basis
        self._unknown = unknown

    def solve(self, rows: sparse.csr_matrix, targets: Vectors, penalty: float, n_others: int) -> Vectors:
        """Return the vectors of the rows in the solver's basis, shape (n_rows, dim); empty rows are zero."""
        dim = self.vectors.shape[1]
        spectrum = self.spectrum.astype(np.float32)
        solved = np.zeros((rows.shape[0], dim), np.float32)
        for row, (start, stop) in enumerate(zip(rows.indptr[:-1], rows.indptr[1:], strict=True)):
            if start == stop:
                continue
            known = self.vectors[rows.indices[start:stop]]
            weights, wanted = rows.data[start:stop], targets[start:stop]
            diagonal = spectrum + np.float32(penalty * ((stop - start) + self._unknown * n_others))
            solution = _few if stop - start < dim else _many
            solved[row] = solution(known, weights, wanted, diagonal)
        return solved


def fit_factors(rows: sparse.csr_matrix, n_users: int, settings: FactorSettings, seed: int) -> Factors:
    """Fit item vectors.

    Args:
        rows: Shape (n_rows, n_items), positive weights; the users' likes and, below them, the items of each attribute.
        n_users: How many of the rows are users.
        settings: Penalties and sizes.
        seed: Of the vectors before the first sweep.

    Items in no row get zero vectors.
    """
    n_items = rows.shape[1]
    start = np.random.default_rng(seed).normal(0.0, START_SPREAD / np.sqrt(settings.dim), (n_items, settings.dim))
    items = start.astype(np.float32)
    turned = rows.T.tocsr()
    ones = np.ones(rows.nnz, np.float32)
    for _ in range(settings.n_sweeps):
        of_items = _Solver(items, settings.unknown)
        users = of_items.solve(rows, ones, settings.user_penalty, n_items) @ of_items.basis.T
        of_users = _Solver(users, settings.unknown)
        items = of_users.solve(turned, ones, settings.item_penalty, n_users) @ of_users.basis.T
    return Factors(items, users, n_users, settings)


def _few(known: Vectors, weights: Vectors, targets: Vectors, diagonal: Vectors) -> Vectors:
    scaled: Vectors = known / diagonal
    kernel: Vectors = scaled @ known.T
    kernel[np.diag_indices_from(kernel)] += 1.0 / weights
    return np.asarray(scaled.T @ _positive(kernel, targets), np.float32)


def _many(known: Vectors, weights: Vectors, targets: Vectors, diagonal: Vectors) -> Vectors:
    weighted: Vectors = known * weights[:, None]
    normal: Vectors = weighted.T @ known
    normal[np.diag_indices_from(normal)] += diagonal
    return _positive(normal, np.asarray(weighted.T @ targets, np.float32))


def _positive(matrix: Vectors, right: Vectors) -> Vectors:
    _, solution, failed = lapack.sposv(matrix, right)
    if failed:
        raise ArithmeticError(f"the normal equations are singular at row {failed}; raise the penalty")
    return np.asarray(solution, np.float32)
