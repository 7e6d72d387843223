"""The ranker's settings: a preset by the kind of feedback, and what a domain's file changes in it."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from kg.errors import ManifestError
from kg.interactions import Interactions
from tools.ranking.factors import FactorSettings
from tools.ranking.settings import (
    IMPLICIT,
    RATINGS,
    SETTINGS_FILE,
    TIMED_RATINGS,
    RankingSettings,
    ranking_settings,
)

NOTHING = sparse.csr_matrix(np.zeros((0, 0), np.float32))
RATED, USED = (Interactions([], [], NOTHING, liked_from) for liked_from in (4.0, None))
RATED_AT_TIMES, USED_AT_TIMES = (replace(interactions, times=NOTHING) for interactions in (RATED, USED))
PRESETS = [(RATED, RATINGS), (RATED_AT_TIMES, TIMED_RATINGS), (USED, IMPLICIT), (USED_AT_TIMES, IMPLICIT)]


def told(folder: Path, text: str) -> RankingSettings:
    (folder / SETTINGS_FILE).write_text(text, "utf-8")
    return ranking_settings(folder, RATED)


@pytest.mark.parametrize(("interactions", "preset"), PRESETS)
def test_without_a_file_the_kind_of_feedback_decides(
    tmp_path: Path, interactions: Interactions, preset: RankingSettings
) -> None:
    assert ranking_settings(tmp_path, interactions) is preset


@pytest.mark.parametrize(("interactions", "preset"), PRESETS)
def test_a_file_changes_what_it_names(tmp_path: Path, interactions: Interactions, preset: RankingSettings) -> None:
    (tmp_path / SETTINGS_FILE).write_text("# more for newcomers\nnewcomer = 2\ndim = 32\n", "utf-8")
    found = ranking_settings(tmp_path, interactions)
    assert (found.newcomer, found.dim) == (2.0, 32)
    assert found.model_dump(exclude={"newcomer", "dim"}) == preset.model_dump(exclude={"newcomer", "dim"})


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert told(tmp_path, "") == RATINGS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dims = 32", "dims: Extra inputs are not permitted"),
        ("dim = 0", "dim: Input should be greater than or equal to 1"),
        ("unknown = 0", "unknown: Input should be greater than 0"),
        ("item_penalty = -1", "item_penalty: Input should be greater than 0"),
        ("recency = -0.5", "recency: Input should be greater than or equal to 0"),
        ("recency_span = 0", "recency_span: Input should be greater than 0"),
        ("n_fits = 17", "n_fits: Input should be less than or equal to 16"),
        ('popularity = "much"', "popularity: Input should be a valid number"),
        ("[ranking]\ndim = 32", "ranking: Extra inputs are not permitted"),
    ],
)
def test_what_a_file_must_not_say_is_told_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message) as error:
        told(tmp_path, text)
    assert str(tmp_path / SETTINGS_FILE) in str(error.value)


def test_all_wrong_keys_are_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"l2: .*; sims: "):
        told(tmp_path, "l2 = 0\nsims = 1")


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=f"{SETTINGS_FILE} is not valid TOML"):
        told(tmp_path, "dim 32")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes(b"dim = \xff")
    with pytest.raises(ManifestError, match=f"{SETTINGS_FILE} is not valid TOML"):
        ranking_settings(tmp_path, RATED)


def test_equal_settings_have_one_digest() -> None:
    assert RankingSettings(**RATINGS.model_dump()).digest == RATINGS.digest
    assert len(RATINGS.digest) == 12


def test_whatever_differs_changes_the_digest() -> None:
    changed = [RATINGS.model_copy(update={name: value + 1}) for name, value in RATINGS.model_dump().items()]
    presets = [RATINGS, TIMED_RATINGS, IMPLICIT]
    assert len({one.digest for one in [*presets, *changed]}) == len(presets) + len(changed)


def test_newness_falls_from_one_by_e_in_each_span() -> None:
    settings = RATINGS.model_copy(update={"newcomer_span": 4.0})
    assert settings.newness(0) == 1.0
    assert settings.newness(4) == pytest.approx(1 / math.e)
    assert settings.newness(8) == pytest.approx(1 / math.e**2)


def test_the_factors_are_fitted_with_its_sizes_and_penalties() -> None:
    settings = RankingSettings(dim=7, unknown=0.1, user_penalty=0.2, item_penalty=0.3, attributes=1.0)
    assert settings.factors == FactorSettings(dim=7, unknown=0.1, user_penalty=0.2, item_penalty=0.3)
