"""Intervals and tests."""

import numpy as np
import pytest
from scipy import stats

from eval.significance import Bootstrap, holm, paired_p


def test_holm_never_falls_and_stops_at_1() -> None:
    assert holm([0.04, 0.01, 0.03, 0.9]) == pytest.approx([0.09, 0.04, 0.09, 0.9])
    assert holm([0.7, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_equal_models_do_not_differ() -> None:
    assert paired_p(np.array([0.1, 0.5]), np.array([0.1, 0.5])) == 1.0


def test_one_user_shows_nothing() -> None:
    assert paired_p(np.array([0.1]), np.array([0.5])) == 1.0


def test_p_by_hand() -> None:
    # Differences 1, 2, 3: mean 2, standard error 1 / sqrt(3), so t = 2 sqrt(3) with 2 degrees of freedom.
    expected = 2 * stats.t.sf(2 * np.sqrt(3), 2)
    assert paired_p(np.array([1.0, 2.0, 3.0]), np.zeros(3)) == pytest.approx(expected)


def test_interval_holds_the_mean_and_has_the_normal_width(rng: np.random.Generator) -> None:
    values = rng.normal(size=400)
    got = Bootstrap(400, seed=1).estimate(values)
    assert got.low < got.mean < got.high
    assert got.high - got.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_a_constant_has_no_width() -> None:
    got = Bootstrap(5, seed=1).estimate(np.ones(5))
    assert (got.low, got.mean, got.high) == pytest.approx((1.0, 1.0, 1.0))


def test_the_seed_decides(rng: np.random.Generator) -> None:
    values = rng.normal(size=50)
    assert Bootstrap(50, 3).estimate(values) == Bootstrap(50, 3).estimate(values)
    assert Bootstrap(50, 3).estimate(values) != Bootstrap(50, 4).estimate(values)
