"""Lifts of a kind of items: by hand, and what they do in a ranking."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from tools.ranking.kinds import TRUST, kind_lift


def liked(*rows: list[int]) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array(rows, np.float32))


def test_by_hand() -> None:
    # Of the kind is item 0. The first user likes nothing else, the second one item of two, the third none of it.
    matrix = liked([1, 0, 0], [1, 1, 0], [0, 0, 1])
    lift = kind_lift(matrix, np.array([True, False, False]))
    popularity = np.array([2, 1, 1])
    usual = popularity / 3
    among = (np.array([1.5, 0.5, 0.0]) + TRUST * usual) / (1.5 + TRUST)
    spread = np.log1p(popularity).std()
    assert lift == pytest.approx((np.log(among + 1 / 3) - np.log(usual + 1 / 3)) / spread)
    assert lift[0] > 0 > lift[2]


def test_what_only_they_like_is_lifted_though_it_is_not_of_the_kind() -> None:
    matrix = liked(*[[1, 1, 0, 0]] * 30, *[[0, 0, 1, 1]] * 30, *[[0, 0, 0, 1]] * 5)
    lift = kind_lift(matrix, np.array([True, False, False, False]))
    assert lift[1] == pytest.approx(lift[0])
    assert lift[1] > 0 > lift[2]


@pytest.mark.parametrize("kind", [[False, False, False], [False, False, True]])
def test_a_kind_that_nobody_likes_lifts_nothing(kind: list[bool]) -> None:
    assert not kind_lift(liked([1, 0, 0], [1, 1, 0]), np.array(kind)).any()


def test_without_users_or_where_all_are_liked_alike_there_is_no_lift() -> None:
    assert not kind_lift(sparse.csr_matrix(np.zeros((0, 3), np.float32)), np.array([True, False, False])).any()
    assert not kind_lift(liked([1, 1, 1]), np.array([True, False, False])).any()


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1))
def test_added_to_the_prior_it_is_the_logarithm_of_popularity_among_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = sparse.csr_matrix((rng.random((12, 6)) < 0.4).astype(np.float32))
    kind = rng.random(6) < 0.5
    popularity = np.asarray(matrix.sum(axis=0)).ravel()
    spread = np.log1p(popularity).std()
    if spread == 0:
        return
    shares = np.asarray(matrix @ kind).ravel() / np.maximum(np.diff(matrix.indptr), 1)
    among = (matrix.T @ shares + TRUST * popularity / 12) / (shares.sum() + TRUST)
    score = np.log1p(popularity) / spread + kind_lift(matrix, kind)
    assert score * spread == pytest.approx(np.log1p(12 * among), abs=1e-6)
