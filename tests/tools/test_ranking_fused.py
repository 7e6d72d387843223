"""The fused index: cosines whose shares add up, trained on the history alone, and a part of the hybrid."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from kg.errors import ArtefactError
from kg.snapshot import Snapshot
from tests.tools.catalogues import LIKED_FROM, SETTINGS, random_attributes, random_history, random_ratings
from tools.ranking.fitting import fit_hybrid
from tools.ranking.fused import FILE, FusedIndex, FusedSettings, ItemVectors, fit_fused, item_vectors_of
from tools.ranking.history import History, weigh
from tools.ranking.hybrid import Hybrid
from tools.ranking.vectors import needed_item_vectors

N_USERS, N_ITEMS = 40, 22
# Two axes; z of somebody who liked items 0 and 1 is (3, 4), of length 5.
BY_HAND = FusedIndex(
    items=np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32),
    given=np.array([[3, 0], [0, 4], [1, 1]], np.float32),
    query=np.array([[0, 2]], np.float32),
)


def vectors(seed: int = 0, n_items: int = N_ITEMS) -> ItemVectors:
    rng = np.random.default_rng(seed)
    return item_vectors_of(*(rng.normal(size=(n_items, dim)).astype(np.float32) for dim in (6, 5)))


@pytest.fixture(scope="module")
def model() -> Hybrid:
    rng = np.random.default_rng(3)
    settings = SETTINGS.model_copy(update={"fused": 0.5})
    return fit_hybrid(
        random_ratings(rng, N_USERS, N_ITEMS), random_attributes(rng, N_ITEMS, 20), settings, 0, vectors()
    )


def histories(count: int = 14) -> list[History]:
    rng = np.random.default_rng(7)
    return [weigh(random_history(rng, N_ITEMS, number % 9), {}, LIKED_FROM, SETTINGS) for number in range(count)]


def test_a_score_worked_by_hand() -> None:
    columns, ones = np.array([0, 1]), np.ones(2)
    assert BY_HAND.totals(columns, ones) == pytest.approx([0.6, 0.8, 1.0])
    assert BY_HAND.shares(columns, ones, np.array([2, 0])) == pytest.approx(np.array([[0.36, 0.6], [0.64, 0.0]]))


def test_what_is_not_liked_takes_away() -> None:
    found = BY_HAND.shares(np.array([0, 1]), np.array([1.0, -0.5]), np.array([1]))
    assert found[:, 0] == pytest.approx([0, -2 / 13**0.5])


def test_nobody_has_no_score() -> None:
    assert BY_HAND.totals(np.empty(0, np.int64), np.empty(0)).tolist() == [0, 0, 0]
    assert BY_HAND.scores(sparse.csr_matrix((1, 3))).tolist() == [[0, 0, 0]]


def test_a_query_and_what_is_liked_are_joined() -> None:
    text = np.array([1], np.float32)
    assert BY_HAND.near(text) == pytest.approx([0, 1, 0.8])
    assert BY_HAND.near(None, [0]) == pytest.approx([1, 0, 0.6])
    assert BY_HAND.near(text, [0]) == pytest.approx([0.5**0.5, 0.5**0.5, 1.4 * 0.5**0.5])


def test_each_half_of_an_items_vector_is_centred_and_of_unit_length() -> None:
    found = vectors()
    assert found.joined.shape == (N_ITEMS, 11)
    for part in (found.joined[:, :6], found.joined[:, 6:]):
        np.testing.assert_allclose(np.linalg.norm(part, axis=1), 1.0, rtol=1e-5)


@pytest.mark.slow
def test_what_goes_together_is_learned_and_one_seed_gives_one_index() -> None:
    groups = np.repeat([0, 1], 10)  # users 0 to 19 like five of the ten items of one group each
    rng = np.random.default_rng(0)
    liked = np.zeros((40, 20), np.float32)
    for user in range(40):
        liked[user, rng.choice(np.flatnonzero(groups == user % 2), 5, replace=False)] = 1
    rows, own = sparse.csr_matrix(liked), vectors(1, 20)
    settings = FusedSettings(dim=8, epochs=60, batch=32)
    found = fit_fused(rows, own, settings, seed=2)
    scores = found.scores(rows)
    same = scores[:, groups == 0].mean(axis=1) > scores[:, groups == 1].mean(axis=1)
    assert same.tolist() == [user % 2 == 0 for user in range(40)]
    again, other = fit_fused(rows, own, settings, seed=2), fit_fused(rows, own, settings, seed=3)
    np.testing.assert_array_equal(found.items, again.items)
    assert not np.array_equal(found.items, other.items)


def test_in_the_hybrid_one_user_and_many_have_the_same_scores(model: Hybrid) -> None:
    told = histories()
    many = model.scores(told)
    for row, history in enumerate(told):
        np.testing.assert_allclose(many[row], model.totals(history), rtol=1e-3, atol=1e-4)


def test_in_the_hybrid_the_shares_sum_to_the_score(model: Hybrid) -> None:
    columns = np.arange(N_ITEMS)
    for history in histories():
        sums, by_part = np.zeros(N_ITEMS), dict[str, float]()
        for part in model.shares(history, columns):
            np.add.at(sums, part.places, part.values)
            by_part[part.part] = by_part.get(part.part, 0.0) + float(np.abs(part.values).sum())
        np.testing.assert_allclose(sums, model.totals(history), atol=1e-6)
        assert bool(by_part.get("fused")) == bool(len(history.columns))


def test_left_out_it_is_gone(model: Hybrid) -> None:
    told = histories()
    cut = replace(model, settings=model.settings.model_copy(update={"fused": 0.0}))
    np.testing.assert_allclose(model.scores(told, without=["fused"]), cut.scores(told), atol=1e-5)


def test_without_a_weight_nothing_is_fitted_or_shared() -> None:
    rng = np.random.default_rng(3)
    plain = fit_hybrid(random_ratings(rng, N_USERS, N_ITEMS), random_attributes(rng, N_ITEMS, 20), SETTINGS)
    assert plain.fused is None
    assert not [one for one in plain.shares(histories()[5], np.arange(3)) if one.part == "fused"]


def test_it_is_saved_with_the_hybrid_and_damage_is_an_error(model: Hybrid, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded, history = Hybrid.load(tmp_path, model.attributes), histories()[5]
    np.testing.assert_allclose(loaded.totals(history), model.totals(history), atol=1e-6)
    (tmp_path / FILE).write_bytes(b"{}")
    with pytest.raises(ArtefactError, match="fused index"):
        Hybrid.load(tmp_path, model.attributes)


def test_a_weight_without_a_graph_embedding_is_an_error_that_says_what_to_do(tiny: Snapshot, tmp_path: Path) -> None:
    bare = replace(tiny, folder=tmp_path)
    assert needed_item_vectors(bare, 0.0) is None
    with pytest.raises(ArtefactError, match="run `thence kg embed` first"):
        needed_item_vectors(bare, 0.1)
