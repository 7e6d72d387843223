"""EASE against the closed form of the paper, worked out in float64."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tools.ranking import ease
from tools.ranking.ease import FLOOR, REGULARISATION, covered_share, fit_ease, fitted_items

Matrix = npt.NDArray[np.float64]


def closed_form(liked: Matrix, l2: float) -> Matrix:
    """Return B = I - P diag(1 / diag P), equation 8, over the items that somebody liked."""
    known = np.flatnonzero(liked.sum(axis=0))
    part = liked[:, known]
    inverse = np.linalg.inv(part.T @ part + l2 * np.eye(len(known)))
    weights = np.zeros((liked.shape[1], liked.shape[1]))
    weights[np.ix_(known, known)] = np.eye(len(known)) - inverse @ np.diag(1 / np.diag(inverse))
    return weights


def fitted(liked: Matrix, l2: float | None = None) -> npt.NDArray[np.float32]:
    return fit_ease(sparse.csr_matrix(liked.astype(np.float32)), l2)


def test_two_items_by_hand() -> None:
    # Gram [[2, 1], [1, 1]] + I = [[3, 1], [1, 2]]; P = [[2, -1], [-1, 3]] / 5; B = [[0, 1/3], [1/2, 0]].
    weights = fitted(np.array([[1, 1], [1, 0]]), 1.0)
    np.testing.assert_allclose(weights, [[0, 1 / 3], [1 / 2, 0]], atol=1e-6)
    assert weights.dtype == np.float32


def test_items_that_are_never_together_have_no_weight() -> None:
    np.testing.assert_allclose(fitted(np.eye(3), 1.0), np.zeros((3, 3)), atol=1e-7)


def test_items_that_nobody_liked_have_none_at_all() -> None:
    liked = np.array([[1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    weights = fitted(liked, 2.0)
    assert not weights[[1, 3]].any()
    assert not weights[:, [1, 3]].any()
    assert weights[0, 2] > 0


@pytest.mark.parametrize("shape", [(0, 3), (4, 3)])
def test_without_likes_every_weight_is_zero(shape: tuple[int, int]) -> None:
    weights = fitted(np.zeros(shape))
    assert weights.shape == (3, 3)
    assert not weights.any()


@pytest.mark.parametrize(("n_users", "l2"), [(10, FLOOR), (200, 200 * REGULARISATION)])
def test_the_penalty_grows_with_the_users_from_a_floor(n_users: int, l2: float, rng: np.random.Generator) -> None:
    liked = (rng.random((n_users, 6)) < 0.4).astype(float)
    np.testing.assert_allclose(fitted(liked), closed_form(liked, l2), atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_users=st.integers(1, 40),
    n_items=st.integers(1, 30),
    density=st.sampled_from([0.05, 0.3, 0.9]),
    l2=st.sampled_from([0.5, 5.0, 100.0]),
)
def test_the_weights_are_those_of_the_paper(seed: int, n_users: int, n_items: int, density: float, l2: float) -> None:
    liked = (np.random.default_rng(seed).random((n_users, n_items)) < density).astype(float)
    weights = fitted(liked, l2)
    np.testing.assert_allclose(weights, closed_form(liked, l2), atol=1e-4)
    assert not np.diag(weights).any()


def test_two_fits_are_equal(rng: np.random.Generator) -> None:
    liked = (rng.random((30, 20)) < 0.3).astype(float)
    np.testing.assert_array_equal(fitted(liked), fitted(liked))


def test_of_a_large_catalogue_the_most_liked_items_are_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "MAX_ITEMS", 2)
    liked = sparse.csr_matrix(np.array([[1, 0, 1, 1], [1, 0, 1, 0], [1, 0, 1, 1]], np.float32))
    assert fitted_items(liked).tolist() == [0, 2]
    assert covered_share(liked) == pytest.approx(6 / 8)
    weights = fit_ease(liked, 1.0)
    assert weights[0, 2] > 0
    assert not weights[[1, 3]].any()


def test_without_likes_nothing_is_left_out() -> None:
    assert covered_share(sparse.csr_matrix(np.zeros((2, 3), np.float32))) == 1.0
