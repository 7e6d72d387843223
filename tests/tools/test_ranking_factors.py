"""The factorisation against its objective, written out and minimised in float64."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tools.ranking.factors import Factors, FactorSettings, fit_factors

Values = npt.NDArray[np.float64]
Columns = npt.NDArray[np.int64]

DIM, N_USERS, N_ATTRIBUTES, N_ITEMS = 5, 20, 6, 18
SETTINGS = FactorSettings(dim=DIM, unknown=0.15, user_penalty=0.02, item_penalty=0.03, n_sweeps=4)
LONE = N_ITEMS - 1
"""An item in no row."""


def some_rows(seed: int) -> sparse.csr_matrix:
    """Return users who like some items each, one of them none, and the weighted items of attributes below them."""
    rng = np.random.default_rng(seed)
    rows = (rng.random((N_USERS + N_ATTRIBUTES, N_ITEMS)) < 0.4).astype(np.float32)
    rows[N_USERS:] *= rng.uniform(0.3, 2.0, (N_ATTRIBUTES, N_ITEMS))
    rows[:, LONE] = 0
    rows[3] = 0
    return sparse.csr_matrix(rows, dtype=np.float32)


def fitted(seed: int = 0, settings: FactorSettings = SETTINGS) -> Factors:
    return fit_factors(some_rows(seed), N_USERS, settings, seed)


def objective(factors: Factors, rows: sparse.csr_matrix) -> float:
    """Return what the fit makes small: squared errors of known pairs, squared scores of all, penalised lengths."""
    told, weights = factors.settings, rows.toarray().astype(np.float64)
    of_rows, of_items = factors.rows.astype(np.float64), factors.items.astype(np.float64)
    scores, known = of_rows @ of_items.T, weights > 0
    errors = (weights * (1 - scores) ** 2).sum() + told.unknown * (scores**2).sum()
    row_pairs, item_pairs = (known.sum(axis=1) + told.unknown * N_ITEMS), (known.sum(axis=0) + told.unknown * N_USERS)
    row_lengths, item_lengths = (of_rows**2).sum(axis=1), (of_items**2).sum(axis=1)
    return float(errors + told.user_penalty * row_pairs @ row_lengths + told.item_penalty * item_pairs @ item_lengths)


def folded_in(factors: Factors, columns: Columns, weights: Values, targets: Values) -> Values:
    """Return the minimiser of sum w (t - u y)^2 + unknown * sum of all (u y)^2 + penalty * pairs * |u|^2."""
    told, vectors = factors.settings, factors.vectors.astype(np.float64)
    known, n_items = vectors[columns], len(vectors)
    pairs = len(columns) + told.unknown * n_items
    normal = known.T @ np.diag(weights) @ known + told.unknown * vectors.T @ vectors
    normal += told.user_penalty * pairs * np.eye(vectors.shape[1])
    return np.asarray(np.linalg.solve(normal, known.T @ (weights * targets)))


def some_history(seed: int, length: int) -> tuple[Columns, Values, Values]:
    """Return items, weights of at least 1 and targets, a third of them negative."""
    rng = np.random.default_rng(seed)
    columns = np.sort(rng.permutation(N_ITEMS)[:length]).astype(np.int64)
    return columns, rng.uniform(1, 9, length), np.where(rng.random(length) < 0.3, -0.25, 1.0)


class TestByHand:
    # Two items of one dimension, 1 and 2, and two rows, 1 and 3.
    factors = Factors(
        np.array([[1.0], [2.0]], np.float32),
        np.array([[1.0], [3.0]], np.float32),
        2,
        FactorSettings(dim=1, unknown=0.5, user_penalty=0.1, item_penalty=0.2),
    )

    def test_somebody_with_one_item(self) -> None:
        # The item 2 with weight 3: 3 * 2 / (3 * 2^2 + 0.5 * (1 + 2^2) + 0.1 * (1 + 0.5 * 2)) = 6 / 14.7.
        user = self.factors.user(np.array([1]), np.array([3.0]), np.array([1.0]))
        np.testing.assert_allclose(self.factors.vectors @ user, [6 / 14.7, 12 / 14.7], rtol=1e-6)

    def test_somebody_who_dislikes_it(self) -> None:
        user = self.factors.user(np.array([1]), np.array([3.0]), np.array([-0.25]))
        np.testing.assert_allclose(self.factors.vectors @ user, [-1.5 / 14.7, -3 / 14.7], rtol=1e-6)

    def test_an_item_in_one_row(self) -> None:
        # The row 3 with weight 2: 2 * 3 / (2 * 3^2 + 0.5 * (1 + 3^2) + 0.2 * (1 + 0.5 * 2)) = 6 / 23.4.
        item = self.factors.item(np.array([1]), np.array([2.0]))
        assert abs(item[0]) == pytest.approx(6 / 23.4)
        assert item[0] * self.factors.vectors[0, 0] > 0


class TestUsers:
    @settings(deadline=None, max_examples=30, derandomize=True)
    @given(seed=st.integers(0, 2**32 - 1), length=st.integers(1, N_ITEMS))
    def test_a_fold_in_minimises_the_objective(self, seed: int, length: int) -> None:
        factors = fitted(seed % 3)
        columns, weights, targets = some_history(seed, length)
        expected = folded_in(factors, columns, weights, targets)
        histories = sparse.csr_matrix((weights.astype(np.float32), columns, [0, length]), shape=(1, N_ITEMS))
        [found] = factors.fold_in(histories, targets.astype(np.float32))
        np.testing.assert_allclose(factors.user(columns, weights, targets), expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)

    @pytest.mark.parametrize("length", [1, DIM - 1, DIM, DIM + 1, N_ITEMS])
    def test_it_is_the_same_with_fewer_and_with_more_pairs_than_dimensions(self, length: int) -> None:
        factors, (columns, weights, targets) = fitted(), some_history(1, length)
        histories = sparse.csr_matrix((weights.astype(np.float32), columns, [0, length]), shape=(1, N_ITEMS))
        [found] = factors.fold_in(histories, targets.astype(np.float32))
        np.testing.assert_allclose(found, folded_in(factors, columns, weights, targets), rtol=1e-3, atol=1e-3)

    def test_many_at_once_are_each_as_alone(self) -> None:
        factors, rows = fitted(), some_rows(5)
        found = factors.fold_in(rows, np.ones(rows.nnz, np.float32))
        for row in range(rows.shape[0]):
            columns = rows.indices[rows.indptr[row] : rows.indptr[row + 1]].astype(np.int64)
            weights = rows.data[rows.indptr[row] : rows.indptr[row + 1]].astype(np.float64)
            expected = folded_in(factors, columns, weights, np.ones(len(columns)))
            np.testing.assert_allclose(found[row], expected, rtol=1e-3, atol=1e-3)

    def test_an_empty_history_is_zero(self) -> None:
        nobody = sparse.csr_matrix(np.zeros((2, N_ITEMS), np.float32))
        found = fitted().fold_in(nobody, np.empty(0, np.float32))
        assert found.tolist() == [[0.0] * DIM] * 2

    @pytest.mark.parametrize("length", [1, DIM, N_ITEMS])
    def test_the_shares_of_the_history_sum_to_the_user(self, length: int) -> None:
        factors, history = fitted(), some_history(2, length)
        shares = factors.shares(*history)
        assert shares.shape == (length, DIM)
        np.testing.assert_allclose(shares.sum(axis=0), factors.user(*history), atol=1e-12)

    def test_a_share_is_what_goes_if_the_target_is_zero(self) -> None:
        factors, (columns, weights, targets) = fitted(), some_history(3, 7)
        shares, whole = factors.shares(columns, weights, targets), factors.user(columns, weights, targets)
        for place in range(7):
            less = targets.copy()
            less[place] = 0
            np.testing.assert_allclose(whole - factors.user(columns, weights, less), shares[place], atol=1e-12)

    def test_the_vectors_are_the_items_in_another_basis(self) -> None:
        factors = fitted()
        products = factors.vectors @ factors.vectors.T
        np.testing.assert_allclose(products, factors.items @ factors.items.T, atol=1e-5)

    def test_equations_without_a_solution_are_told(self) -> None:
        nothing = FactorSettings(dim=2, unknown=0.0, user_penalty=0.0, item_penalty=0.0)
        factors = Factors(np.zeros((4, 2), np.float32), np.zeros((3, 2), np.float32), 3, nothing)
        with pytest.raises(ArithmeticError, match="raise the penalty"):
            factors.fold_in(sparse.csr_matrix(np.ones((1, 4), np.float32)), np.ones(4, np.float32))


class TestItems:
    @pytest.mark.parametrize("seed", range(3))
    def test_an_item_solved_from_its_rows_is_the_fitted_one(self, seed: int) -> None:
        factors, turned = fitted(seed), some_rows(seed).tocsc()
        for column in range(N_ITEMS):
            known = turned.indices[turned.indptr[column] : turned.indptr[column + 1]].astype(np.int64)
            weights = turned.data[turned.indptr[column] : turned.indptr[column + 1]].astype(np.float64)
            np.testing.assert_allclose(factors.item(known, weights), factors.vectors[column], atol=1e-4)

    def test_the_shares_of_all_rows_sum_to_the_item(self) -> None:
        factors, turned = fitted(), some_rows(0).tocsc()
        for column in range(N_ITEMS):
            known = turned.indices[turned.indptr[column] : turned.indptr[column + 1]].astype(np.int64)
            weights = turned.data[turned.indptr[column] : turned.indptr[column + 1]].astype(np.float64)
            shares = factors.item_shares(known, weights, np.ones(len(known), bool))
            assert shares.shape == (len(known), DIM)
            np.testing.assert_allclose(shares.sum(axis=0), factors.item(known, weights), atol=1e-12)

    def test_the_shares_of_some_rows_are_those_among_all(self) -> None:
        factors, known, weights = fitted(), np.array([0, 4, 21, 23]), np.array([1.0, 1.0, 0.5, 2.0])
        asked = np.array([False, True, False, True])
        every = factors.item_shares(known, weights, np.ones(4, bool))
        np.testing.assert_allclose(factors.item_shares(known, weights, asked), every[[1, 3]], atol=1e-12)


class TestFit:
    @pytest.mark.parametrize("seed", range(3))
    def test_the_objective_does_not_rise(self, seed: int) -> None:
        fits = [fitted(seed, replace(SETTINGS, n_sweeps=n)) for n in range(1, 9)]
        values = [objective(fit, some_rows(seed)) for fit in fits]
        assert all(after <= before * (1 + 1e-5) for before, after in pairwise(values))
        assert values[-1] < values[0]

    def test_no_other_items_suit_the_rows_better(self, rng: np.random.Generator) -> None:
        factors, rows = fitted(), some_rows(0)
        least = objective(factors, rows)
        for _ in range(20):
            step = rng.normal(0, 0.02, factors.items.shape).astype(np.float32)
            other = Factors(factors.items + step, factors.rows, N_USERS, SETTINGS)
            assert objective(other, rows) > least

    def test_items_and_users_in_no_pair_are_zero(self) -> None:
        factors = fitted()
        assert not factors.items[LONE].any()
        assert not factors.rows[3].any()
        assert np.abs(factors.items[:LONE]).sum(axis=1).all()

    def test_shapes_and_types(self) -> None:
        factors = fitted()
        assert factors.items.shape == (N_ITEMS, DIM)
        assert factors.rows.shape == (N_USERS + N_ATTRIBUTES, DIM)
        assert {factors.items.dtype, factors.rows.dtype} == {np.dtype(np.float32)}

    def test_two_fits_are_equal(self) -> None:
        np.testing.assert_array_equal(fitted(1).items, fitted(1).items)
        np.testing.assert_array_equal(fitted(1).rows, fitted(1).rows)

    def test_another_start_ends_elsewhere(self) -> None:
        one, other = (fit_factors(some_rows(0), N_USERS, SETTINGS, seed) for seed in (0, 1))
        assert np.abs(one.items - other.items).max() > 1e-3

    def test_what_is_liked_together_scores_higher_than_what_never_is(self) -> None:
        # Two circles of three items each; somebody who likes one item of a circle gets the other two of it first.
        rows = np.kron(np.eye(2), np.ones((4, 3))).astype(np.float32)
        factors = fit_factors(sparse.csr_matrix(rows), 8, replace(SETTINGS, dim=3), 0)
        scores = factors.vectors @ factors.user(np.array([0]), np.ones(1), np.ones(1))
        assert scores[1:3].min() > scores[3:].max() + 0.1
