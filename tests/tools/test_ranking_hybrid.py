"""The hybrid's scores: one user and many agree, parts sum up, and what a fact does is what solving anew says."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from kg.errors import ArtefactError
from kg.interactions import Interactions
from tests.tools.catalogues import (
    LIKED_FROM,
    N_UNSEEN,
    SETTINGS,
    random_attributes,
    random_history,
    random_people,
    random_ratings,
)
from tools.ranking.ease import fit_ease
from tools.ranking.factors import Factors
from tools.ranking.fitting import fit_hybrid
from tools.ranking.history import History, weigh
from tools.ranking.hybrid import EXPLORE, Hybrid
from tools.ranking.settings import WISHED, RankingSettings

Values = npt.NDArray[np.float64]

N_USERS, N_ITEMS, N_ENTITIES = 40, 22, 20
UNSEEN = np.arange(N_ITEMS - N_UNSEEN, N_ITEMS)
WITHOUT_ITEM_ITEM = SETTINGS.model_copy(update={"item_item": 0.0, "item_cosine": 0.0, "next_item": 0.0})
ONLY_COSINE = SETTINGS.model_copy(update={"item_item": 0.0, "next_item": 0.0})
ONLY_NEXT = SETTINGS.model_copy(update={"item_item": 0.0, "item_cosine": 0.0})
KINDS = [SETTINGS, ONLY_COSINE, ONLY_NEXT, WITHOUT_ITEM_ITEM]
KIND_NAMES = ["item-item", "cosine alone", "next item alone", "no item-item"]
ALL_PARTS = frozenset(("history", "graph", "user", "prior"))


def fitted(settings: RankingSettings = SETTINGS, seed: int = 3) -> Hybrid:
    rng = np.random.default_rng(seed)
    interactions = random_people(random_ratings(rng, N_USERS, N_ITEMS), rng)
    return fit_hybrid(interactions, random_attributes(rng, N_ITEMS, N_ENTITIES), settings)


@pytest.fixture(scope="module")
def model() -> Hybrid:
    return fitted()


def some_histories(seed: int, count: int = 40) -> list[History]:
    """Return weighed histories of 0 to 12 items, half of them without times, most of users with attributes."""
    rng = np.random.default_rng(seed)
    told: list[History] = []
    for number in range(count):
        values = random_history(rng, N_ITEMS, number % 13)
        moments = {column: float(rng.integers(1, 6)) for column in values} if number % 2 else {}
        held = ((), (1,), (0, 3), (4,))[number % 4]
        told.append(replace(weigh(values, moments, LIKED_FROM, SETTINGS), user_attributes=held))
    return told


NOBODY = History.of_liked([])
DISLIKING = weigh({2: 1.0, 4: 2.0}, {}, LIKED_FROM, SETTINGS)
SOMEBODY = weigh({1: 5.0, 4: 1.0, 7: 4.0, 8: 3.0, 12: 5.0}, {1: 1.0, 4: 2.0, 7: 2.0, 8: 9.0}, LIKED_FROM, SETTINGS)


class TestManyAtOnce:
    @pytest.mark.parametrize("settings", KINDS, ids=KIND_NAMES)
    @pytest.mark.parametrize("explore", [0.0, 0.7])
    def test_they_score_as_each_alone(self, torch_device: str, settings: RankingSettings, explore: float) -> None:
        model = fitted(settings).on(torch_device)
        histories = [NOBODY, DISLIKING, SOMEBODY, *some_histories(11)]
        together = model.scores(histories, explore=explore)
        assert together.shape == (len(histories), N_ITEMS)
        assert together.dtype == np.float32
        for row, history in zip(together, histories, strict=True):
            alone = model.totals(history, explore=explore)
            np.testing.assert_allclose(row, alone, rtol=1e-4, atol=1e-4 * np.abs(alone).max())

    def test_nobody_gets_no_scores(self, model: Hybrid) -> None:
        assert model.scores([]).shape == (0, N_ITEMS)

    def test_without_all_parts_nothing_is_left(self, model: Hybrid) -> None:
        assert not model.scores(some_histories(12), without=ALL_PARTS).any()

    @pytest.mark.parametrize("part", sorted(ALL_PARTS))
    def test_without_a_part_the_others_are_left(self, model: Hybrid, part: str) -> None:
        histories = some_histories(13)
        alone = {one: model.scores(histories, without=ALL_PARTS - {one}) for one in ALL_PARTS}
        rest = np.sum([values for one, values in alone.items() if one != part], axis=0)
        np.testing.assert_allclose(model.scores(histories, without=[part]), rest, rtol=1e-5, atol=1e-5)
        assert alone[part].any()


class TestParts:
    def test_the_prior_is_the_logarithm_of_the_likes_at_unit_spread(self, model: Hybrid) -> None:
        expected = np.log(1 + model.popularity.astype(float))
        np.testing.assert_allclose(model.prior, expected / expected.std())

    def test_without_a_history_the_prior_is_all(self, model: Hybrid) -> None:
        np.testing.assert_allclose(model.totals(NOBODY), 2.0 * model.prior)

    def test_the_prior_counts_less_with_each_item_and_where_a_wish_is_told(self, model: Hybrid) -> None:
        four = History.of_liked([0, 1, 2, 3])
        newness = np.exp(-1)  # as long a history as `newcomer_span`
        assert model.prior_weight(NOBODY) == pytest.approx(2.0)
        assert model.prior_weight(four) == pytest.approx(-0.05 * (1 - newness) + 2 * newness)
        assert model.prior_weight(NOBODY, wished=True) == pytest.approx(WISHED)
        assert model.prior_weight(four, wished=True) == pytest.approx(-0.05 * (1 - newness) + WISHED * newness)
        modest = replace(model, settings=SETTINGS.model_copy(update={"newcomer": WISHED / 2}))
        assert modest.prior_weight(NOBODY, wished=True) == modest.prior_weight(NOBODY) == WISHED / 2

    def test_only_what_nobody_liked_gains_by_exploring(self, model: Hybrid) -> None:
        history = History.of_liked([0, 1, 2, 3])
        gain = model.totals(history, explore=1.0) - model.totals(history)
        cosine = np.asarray(model.attributes @ model.attributes[[0, 1, 2, 3]].T.toarray()).mean(axis=1)
        never = model.popularity == 0
        assert never[UNSEEN].all()
        np.testing.assert_allclose(gain[~never], 0.0, atol=1e-12)
        expected = EXPLORE * (1 - np.exp(-1)) * cosine[never] / model.spreads.graph
        np.testing.assert_allclose(gain[never], expected, rtol=1e-5)
        assert (expected > 0).all()

    def test_exploring_half_gains_half(self, model: Hybrid) -> None:
        usual, half, whole = (model.totals(SOMEBODY, explore=explore) for explore in (0.0, 0.5, 1.0))
        np.testing.assert_allclose(half - usual, (whole - usual) / 2, atol=1e-12)

    def test_parts_have_unit_spread_over_the_fitted_users(self, model: Hybrid) -> None:
        interactions = random_ratings(np.random.default_rng(3), N_USERS, N_ITEMS)
        told = [
            weigh(interactions.history(user), interactions.moments(user), LIKED_FROM, SETTINGS)
            for user in interactions.users
        ]
        history, graph = model.raw_scores([one for one in told if one.n_liked])
        assert history.std(axis=1).mean() == pytest.approx(model.spreads.history, rel=1e-5)
        assert graph.std(axis=1).mean() == pytest.approx(model.spreads.graph, rel=1e-5)

    def test_together_is_what_the_history_says_of_somebody_who_likes_one_item(self, model: Hybrid) -> None:
        [alone], _ = model.raw_scores([History.of_liked([5])])
        np.testing.assert_allclose(model.together(5), alone / model.spreads.history, rtol=1e-4, atol=1e-4)

    def test_the_history_says_more_of_what_is_rare(self, model: Hybrid) -> None:
        # 1 + 1/2 * 40 / (40 + likes): half as much again of what nobody liked.
        [alone], _ = model.raw_scores([SOMEBODY])
        model = replace(model, settings=SETTINGS.model_copy(update={"newcomer_items": 0.0}))
        [found] = model.scores([SOMEBODY], without=["graph", "prior"])
        gain = 1 + 20 / (40 + model.popularity)
        assert gain[UNSEEN].tolist() == [1.5] * N_UNSEEN
        np.testing.assert_allclose(found, gain * alone / model.spreads.history, rtol=1e-5)


class TestShares:
    @pytest.mark.parametrize("settings", KINDS, ids=KIND_NAMES)
    @pytest.mark.parametrize("wished", [False, True])
    def test_they_sum_to_the_score(self, settings: RankingSettings, wished: bool) -> None:
        model, columns = fitted(settings), np.array([0, 3, 9, 15, *UNSEEN])
        for history in (NOBODY, DISLIKING, SOMEBODY, *some_histories(14, 12)):
            sums = np.zeros(len(columns))
            for told in model.shares(history, columns, explore=0.4, wished=wished):
                np.add.at(sums, told.places, told.values)
            expected = model.totals(history, explore=0.4, wished=wished)[columns]
            np.testing.assert_allclose(sums, expected, rtol=1e-6, atol=1e-6)

    def test_each_names_its_cause(self, model: Hybrid) -> None:
        causes, entities = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
        for told in model.shares(SOMEBODY, np.arange(N_ITEMS)):
            causes[told.part] |= set(told.causes.tolist())
            entities[told.part] |= set(told.entities.tolist())
        # Item 8 is neither liked nor disliked: it says what is being looked through, and its attributes speak against.
        assert causes == {"history": {1, 4, 7, 8, 12}, "graph": {1, 4, 7, 8, 12}, "prior": {-1}}
        assert entities["history"] == entities["prior"] == {-1}
        assert entities["graph"] == set(range(N_ENTITIES))

    def test_of_what_nobody_liked_the_likes_say_nothing(self) -> None:
        # Such an item has its vector from its attributes alone.
        for told in fitted(WITHOUT_ITEM_ITEM).shares(SOMEBODY, UNSEEN):
            if told.part == "history":
                np.testing.assert_allclose(told.values, 0.0, atol=1e-4)


class TestWithoutFact:
    @staticmethod
    def solved(fit: Factors, model: Hybrid, column: int, gone: int | None) -> Values:
        """Return an item's vector, solved in float64 from its rows less the one of an attribute."""
        rows, told = fit.rows.astype(np.float64), fit.settings
        weights = model.collaborative.pairs[:, [column]].toarray().ravel().astype(np.float64)
        if gone is not None:
            weights[N_USERS + np.flatnonzero(model.collaborative.entities == gone)] = 0
        normal = told.unknown * rows.T @ rows + rows.T @ np.diag(weights) @ rows
        normal += told.item_penalty * ((weights > 0).sum() + told.unknown * N_USERS) * np.eye(told.dim)
        return np.asarray(np.linalg.solve(normal, rows.T @ weights))

    @staticmethod
    def user(fit: Factors, history: History) -> Values:
        """Return a user's vector in the basis of the items."""
        items, told, known = fit.items.astype(np.float64), fit.settings, history.opinions()
        mine = items[known.columns]
        normal = told.unknown * items.T @ items + mine.T @ np.diag(known.weights) @ mine
        normal += told.user_penalty * (len(mine) + told.unknown * N_ITEMS) * np.eye(told.dim)
        return np.asarray(np.linalg.solve(normal, mine.T @ (known.weights * known.targets)))

    def change(self, model: Hybrid, history: History, column: int, entity: int, explore: float) -> float:
        """Return what the fact is worth, with everything solved from the beginning."""
        change = 0.0
        if model.attributes[column, entity]:
            for fit in model.collaborative.factors:
                vector = self.solved(fit, model, column, entity) - self.solved(fit, model, column, None)
                change += (
                    float(self.user(fit, history) @ vector) / len(model.collaborative.factors) / model.spreads.history
                )
            change *= 1 + SETTINGS.rare * 40 / (40 + float(model.popularity[column]))
        attributes = model.attributes.toarray().astype(np.float64)
        profile = history.signed() @ attributes[history.columns]
        less = attributes[column].copy()
        less[entity] = 0
        never = model.popularity[column] == 0
        newness = SETTINGS.newness(len(history.columns))
        weight = SETTINGS.graph + never * (1 - newness) * (SETTINGS.unseen_graph + EXPLORE * explore)
        return float(change + (less - attributes[column]) @ profile * weight / model.spreads.graph)

    @pytest.mark.parametrize("history", [SOMEBODY, DISLIKING, *some_histories(15, 13)[9:]])
    @pytest.mark.parametrize("column", [0, 7, 15, UNSEEN[1]])
    def test_it_is_what_solving_anew_says(self, model: Hybrid, history: History, column: int) -> None:
        for entity in range(N_ENTITIES):
            found = model.without_fact(history, column, entity, explore=0.3)
            assert found == pytest.approx(self.change(model, history, column, entity, 0.3), rel=1e-4, abs=1e-4)

    def test_what_the_item_is_not_related_to_changes_nothing(self, model: Hybrid) -> None:
        others = np.flatnonzero(model.attributes[[5]].toarray().ravel() == 0)
        assert len(others) > 5
        assert {model.without_fact(SOMEBODY, 5, int(entity)) for entity in others} == {0.0}

    def test_without_a_history_no_fact_matters(self, model: Hybrid) -> None:
        assert {model.without_fact(NOBODY, 0, entity) for entity in range(N_ENTITIES)} == {0.0}


class TestWithoutInteractions:
    @pytest.fixture(scope="class")
    def empty(self) -> Hybrid:
        nobody = Interactions(
            [], [f"item-{one}" for one in range(6)], sparse.csr_matrix(np.zeros((0, 6), np.float32)), 4.0
        )
        return fit_hybrid(nobody, random_attributes(np.random.default_rng(5), 6, 4), SETTINGS)

    def test_without_a_history_every_score_is_zero(self, empty: Hybrid) -> None:
        assert not empty.totals(NOBODY).any()
        assert not empty.scores([NOBODY]).any()
        assert not empty.prior.any()

    def test_a_history_is_scored_by_its_facts_alone(self, empty: Hybrid) -> None:
        history = History.of_liked([0, 3])
        parts = {told.part for told in empty.shares(history, np.arange(6)) if told.values.any()}
        assert parts == {"graph"}
        cosines = (empty.attributes @ empty.attributes[[0, 3]].T).toarray().mean(axis=1)
        # Nobody liked any item, so each has the usual weight and the one of the unseen.
        weight = SETTINGS.graph + SETTINGS.unseen_graph * (1 - SETTINGS.newness(2))
        np.testing.assert_allclose(empty.totals(history), weight * cosines, rtol=1e-5)
        assert np.isfinite(empty.without_fact(history, 1, 2))

    def test_dislikes_alone_are_no_interactions_to_fit(self) -> None:
        values = sparse.csr_matrix(np.ones((3, 6), np.float32))
        dislikes = Interactions(["a", "b", "c"], [f"item-{one}" for one in range(6)], values, 4.0)
        model = fit_hybrid(dislikes, random_attributes(np.random.default_rng(5), 6, 4), SETTINGS)
        assert (model.collaborative.factors, model.collaborative.item_item, model.collaborative.recent_item) == (
            (),
            None,
            None,
        )
        assert not model.totals(NOBODY).any()


class TestSeen:
    """What was seen, neither liked nor disliked, in the item-item model."""

    ONLY_LIKES = SETTINGS.model_copy(update={"item_cosine": 0.0, "next_item": 0.0, "attributes": 0.0, "seen": 0.0})

    @pytest.mark.parametrize("seen", [0.0, 0.4, 1.0])
    def test_it_counts_as_much_as_the_settings_say(self, seen: float) -> None:
        interactions = random_ratings(np.random.default_rng(8), 30, 12)
        settings = self.ONLY_LIKES.model_copy(update={"seen": seen})
        model = fit_hybrid(interactions, random_attributes(np.random.default_rng(5), 12, 4), settings)
        rated = interactions.values.toarray()
        rows = np.where(rated >= LIKED_FROM, 1.0, np.where(rated > LIKED_FROM / 2, seen, 0.0))
        expected = fit_ease(sparse.csr_matrix(rows.astype(np.float32)), settings.l2)
        assert model.collaborative.item_item is not None
        np.testing.assert_allclose(model.collaborative.item_item, np.float32(0.3) * expected, rtol=1e-5, atol=1e-7)

    @pytest.mark.parametrize("seen", [0.0, 0.4])
    def test_what_users_did_stays_as_it_was(self, seen: float) -> None:
        interactions = random_ratings(np.random.default_rng(8), 30, 12)
        before = interactions.values.copy()
        settings = self.ONLY_LIKES.model_copy(update={"seen": seen})
        fit_hybrid(interactions, random_attributes(np.random.default_rng(5), 12, 4), settings)
        for name in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(interactions.values, name), getattr(before, name))

    def test_its_share_of_a_score_is_told(self) -> None:
        model = fitted(SETTINGS.model_copy(update={"next_item": 0.0, "newcomer_items": 0.0}))
        neither = weigh({1: 5.0, 8: 3.0}, {}, LIKED_FROM, SETTINGS)
        assert not neither.told.all()
        columns = np.arange(N_ITEMS)
        told = np.zeros(N_ITEMS)
        for share in model.shares(neither, columns):
            if share.part == "history":
                np.add.at(told, share.places[share.causes == 8], share.values[share.causes == 8])
        assert model.collaborative.item_item is not None
        expected = 0.4 * model.collaborative.item_item[8] * model.rarity / model.spreads.history
        np.testing.assert_allclose(told, expected, rtol=1e-5, atol=1e-9)
        assert np.abs(told).max() > 0


class TestSaving:
    @pytest.mark.parametrize("settings", KINDS, ids=KIND_NAMES)
    def test_what_was_saved_scores_the_same(self, tmp_path: Path, settings: RankingSettings) -> None:
        model = fitted(settings)
        model.save(tmp_path)
        loaded = Hybrid.load(tmp_path, model.attributes)
        assert loaded.settings == settings
        for history in (NOBODY, DISLIKING, SOMEBODY):
            np.testing.assert_array_equal(loaded.totals(history, explore=0.5), model.totals(history, explore=0.5))
            assert loaded.without_fact(history, 3, 0) == model.without_fact(history, 3, 0)
        np.testing.assert_array_equal(loaded.scores([SOMEBODY]), model.scores([SOMEBODY]))

    def test_a_model_without_interactions_can_be_saved(self, tmp_path: Path) -> None:
        nobody = Interactions([], ["a", "b"], sparse.csr_matrix(np.zeros((0, 2), np.float32)), 4.0)
        model = fit_hybrid(nobody, random_attributes(np.random.default_rng(5), 2, 4), SETTINGS)
        model.save(tmp_path)
        loaded, history = Hybrid.load(tmp_path, model.attributes), History.of_liked([1])
        np.testing.assert_array_equal(loaded.totals(history), model.totals(history))

    @pytest.mark.parametrize("name", ["items.npy", "rows.npy", "entities.npy", "popularity.npy", "pairs.npz"])
    def test_a_missing_file_is_told(self, model: Hybrid, tmp_path: Path, name: str) -> None:
        model.save(tmp_path)
        (tmp_path / name).unlink()
        with pytest.raises(ArtefactError, match=r"cannot read the ranking model in .*; remove the folder"):
            Hybrid.load(tmp_path, model.attributes)

    @pytest.mark.parametrize(
        "name", ["hybrid.json", "items.npy", "rows.npy", "item_item.npy", "recent_item.npy", "pairs.npz"]
    )
    def test_a_damaged_file_is_told(self, model: Hybrid, tmp_path: Path, name: str) -> None:
        model.save(tmp_path)
        (tmp_path / name).write_bytes(b"no array")
        with pytest.raises(ArtefactError, match=r"cannot read the ranking model in .*; remove the folder"):
            Hybrid.load(tmp_path, model.attributes)

    def test_settings_of_another_kind_are_told(self, model: Hybrid, tmp_path: Path) -> None:
        model.save(tmp_path)
        told = (tmp_path / "hybrid.json").read_text("utf-8")
        (tmp_path / "hybrid.json").write_text(told.replace('"dim"', '"size"'), "utf-8")
        with pytest.raises(ArtefactError, match="size"):
            Hybrid.load(tmp_path, model.attributes)


class TestFit:
    def test_two_fits_are_equal(self, model: Hybrid) -> None:
        again = fitted()
        assert again.spreads == model.spreads
        np.testing.assert_array_equal(again.totals(SOMEBODY), model.totals(SOMEBODY))

    def test_the_attributes_of_several_items_lie_below_the_likes(self, model: Hybrid) -> None:
        below = model.collaborative.pairs[N_USERS:].toarray()
        assert model.collaborative.entities.tolist() == list(range(N_ENTITIES))
        np.testing.assert_allclose(below, SETTINGS.attributes * model.attributes.T.toarray(), rtol=1e-6)
        assert set(model.collaborative.pairs[:N_USERS].data.tolist()) == {1.0}

    def test_there_are_as_many_fits_as_told(self, model: Hybrid) -> None:
        one = fitted(SETTINGS.model_copy(update={"n_fits": 1}))
        assert (len(one.collaborative.factors), len(model.collaborative.factors)) == (1, 2)
        np.testing.assert_array_equal(one.collaborative.factors[0].items, model.collaborative.factors[0].items)
        assert np.abs(model.collaborative.factors[1].items - model.collaborative.factors[0].items).max() > 1e-3


def test_without_attribute_rows_everything_comes_from_the_likes(rng: np.random.Generator) -> None:
    model = fitted(SETTINGS.model_copy(update={"attributes": 0.0, "graph": 0.0, "unseen_graph": 0.0}))
    history, columns = History.of_liked([0, 3]), np.arange(N_ITEMS)
    shares = model.shares(history, columns)
    assert {share.part for share in shares if share.values.any()} <= {"history", "prior"}
    told = np.zeros(N_ITEMS)
    for share in shares:
        np.add.at(told, share.places, share.values)
    np.testing.assert_allclose(told, model.totals(history), atol=1e-9)
    assert {model.without_fact(history, 1, entity) for entity in range(N_ENTITIES)} == {0.0}


def test_a_model_without_likes_has_a_size() -> None:
    nobody = Interactions([], [f"i{n}" for n in range(4)], sparse.csr_matrix(np.empty((0, 4), np.float32)), None)
    assert fit_hybrid(nobody, random_attributes(np.random.default_rng(0), 4, 3), SETTINGS).size > 0


@pytest.mark.parametrize("name", ["pairs.npz", "items.npy", "popularity.npy", "hybrid.json"])
@pytest.mark.parametrize("kept", [0, 60])
def test_a_file_that_is_cut_short_is_told(tmp_path: Path, name: str, kept: int) -> None:
    model = fitted()
    model.save(tmp_path)
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:kept])
    with pytest.raises(ArtefactError, match="remove the folder"):
        Hybrid.load(tmp_path, model.attributes)
