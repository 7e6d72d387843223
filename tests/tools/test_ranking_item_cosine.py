"""The item-item cosine against the definition, worked out in float64."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from tools.ranking import ease
from tools.ranking.item_cosine import fit_item_cosine

Matrix = npt.NDArray[np.float64]


def fitted(rows: Matrix) -> npt.NDArray[np.float32]:
    return fit_item_cosine(sparse.csr_matrix(rows.astype(np.float32)))


def test_three_items_by_hand() -> None:
    # The first two are together once, of two and one likes: 1 / sqrt(2 * 1). The third is with the first: the same.
    cosines = fitted(np.array([[1, 1, 0], [1, 0, 1]]))
    half = np.sqrt(0.5)
    np.testing.assert_allclose(cosines, [[0, half, half], [half, 0, 0], [half, 0, 0]], atol=1e-6)
    assert cosines.dtype == np.float32


def test_what_was_only_seen_counts_less() -> None:
    np.testing.assert_allclose(fitted(np.array([[1, 0.5], [1, 0.0]]))[0, 1], 0.5 / (np.sqrt(2) * 0.5), rtol=1e-6)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(1, 12))
def test_it_is_the_product_over_the_lengths(seed: int, n_users: int, n_items: int) -> None:
    rows = np.random.default_rng(seed).choice([0.0, 0.0, 0.4, 1.0], (n_users, n_items))
    lengths = np.linalg.norm(rows, axis=0)
    products = np.outer(lengths, lengths)
    expected = np.divide(rows.T @ rows, products, out=np.zeros((n_items, n_items)), where=products > 0)
    np.fill_diagonal(expected, 0.0)
    np.testing.assert_allclose(fitted(rows), expected, atol=1e-6)


def test_with_too_many_items_the_least_liked_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ease, "MAX_ITEMS", 2)
    cosines = fitted(np.array([[1, 1, 1], [1, 1, 0]]))
    np.testing.assert_allclose(cosines, [[0, 1, 0], [1, 0, 0], [0, 0, 0]], atol=1e-6)


def test_nothing_liked_is_nothing_told() -> None:
    assert not fitted(np.zeros((2, 3))).any()
