"""Lifts: what people with an attribute, and people who begin with an item, like more than others."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from kg.errors import ArtefactError
from kg.interactions import Interactions
from kg.user_attributes import NO_ATTRIBUTES, UserAttributes
from tests.tools.catalogues import LIKED_FROM, SETTINGS, random_attributes, random_people, random_ratings
from tools.ranking import lifts
from tools.ranking.fitting import fit_hybrid
from tools.ranking.history import History, histories_of, weigh
from tools.ranking.hybrid import NEGLIGIBLE, Hybrid
from tools.ranking.lifts import DAMP, FIRST, NAMES, TABLES, Lifts, fit_lifts
from tools.ranking.settings import WISHED

Values = npt.NDArray[np.float64]
NOTHING_ELSE = SETTINGS.model_copy(update={"newcomer_items": 0.0})


def by_hand(likes: list[list[int]], held: dict[str, tuple[int, ...]]) -> Interactions:
    values = sparse.csr_matrix(np.array(likes, np.float32) * 5)
    people = UserAttributes(("gender f", "gender m"), (0, 0), held)
    return Interactions(
        [f"u{row}" for row in range(len(likes))],
        [f"i{column}" for column in range(len(likes[0]))],
        values,
        LIKED_FROM,
        None,
        people,
    )


@pytest.fixture
def two_and_two() -> Interactions:
    """Two women who like the first of two items, two men who like the second, and one of them the first."""
    return by_hand([[1, 0], [1, 0], [1, 1], [0, 1]], {"u0": (0,), "u1": (0,), "u2": (1,), "u3": (1,)})


def test_an_attribute_lifts_what_its_holders_like_more_than_others(two_and_two: Interactions) -> None:
    # Centred, the columns are +-1/2; X'X = [[1, -1], [-1, 1]], and the first item's likes less their share, 3/4, are
    # (1/4, 1/4, 1/4, -3/4): X'Y = (1/2, -1/2). With a penalty of 2 that gives B = (1/8, -1/8), so a woman's lift is
    # 1/2 * 1/8 + 1/2 * 1/8 = 1/8 over 3/4 + DAMP, in units of the spread of (log 4, log 3).
    found = fit_lifts(two_and_two, NOTHING_ELSE.model_copy(update={"user_l2": 2.0}))
    unit = 1 / np.std([np.log(4), np.log(3)])
    assert found.attributes[:, 0] == pytest.approx([unit / 8 / (3 / 4 + DAMP), -unit / 8 / (3 / 4 + DAMP)])
    # The second item: likes less 1/2 are (-1/2, -1/2, 1/2, 1/2), X'Y = (-1, 1), B = (-1/4, 1/4), a lift of -1/4.
    assert found.attributes[:, 1] == pytest.approx([-unit / 4 / (1 / 2 + DAMP), unit / 4 / (1 / 2 + DAMP)])


def test_of_whom_nothing_is_known_nothing_is_learned(two_and_two: Interactions) -> None:
    stranger = by_hand(
        [*two_and_two.liked.toarray().astype(int).tolist(), [1, 1]], dict(two_and_two.user_attributes.held)
    )
    found, before = (fit_lifts(one, NOTHING_ELSE) for one in (stranger, two_and_two))
    # The shares of those who like the items moved, to 4/5 and 3/5, but not how women differ from men.
    unit = [np.std(np.log1p(one.popularity.astype(float))) for one in (stranger, two_and_two)]
    moved, moved_before = (
        one.attributes * scale * (np.array(likers) + DAMP)
        for one, scale, likers in zip((found, before), unit, ([4 / 5, 3 / 5], [3 / 4, 1 / 2]), strict=True)
    )
    np.testing.assert_allclose(moved, moved_before, rtol=1e-5)


def test_the_lifts_of_a_group_are_zero_on_average() -> None:
    interactions = random_people(random_ratings(np.random.default_rng(1), 60, 18), np.random.default_rng(2))
    found = fit_lifts(interactions, NOTHING_ELSE)
    counts = interactions.user_attributes.matrix(interactions.users).sum(axis=0)
    for group in set(interactions.user_attributes.groups):
        columns = np.flatnonzero(np.array(interactions.user_attributes.groups) == group)
        weighted = found.attributes[columns].T @ np.asarray(counts).ravel()[columns]
        np.testing.assert_allclose(weighted, 0.0, atol=1e-4)
        assert np.abs(found.attributes[columns]).max() > 0.01


def test_a_beginning_lifts_what_those_like_who_begin_with_it() -> None:
    """Against the normal equations, with the attributes' say taken off, in dense arrays."""
    rng = np.random.default_rng(5)
    plain = random_ratings(rng, 30, 12)
    times = plain.times
    assert times is not None
    times.data = rng.permutation(len(times.data)) + 1.0
    interactions = replace(random_people(plain, rng), times=times)
    found = fit_lifts(interactions, SETTINGS)
    liked, n = interactions.liked.toarray().astype(float), len(interactions.items)
    share = liked.mean(axis=0)
    unit = 1 / (np.std(np.log1p(interactions.popularity.astype(float))) * (share + DAMP))
    held = interactions.user_attributes.matrix(interactions.users).toarray()
    rows, wanted = [], []
    for user in range(len(liked)):
        span = slice(*plain.values.indptr[user : user + 2])
        order = np.argsort(times.data[span])
        for length in FIRST:
            if length <= len(order):
                row = np.zeros(2 * n)
                for column in plain.values.indices[span][order][:length]:
                    row[column if liked[user, column] else n + column] = 1
                rows.append(row)
                wanted.append(liked[user] - share - held[user] @ (found.attributes / unit))
    x, y = np.array(rows), np.array(wanted)
    expected = np.linalg.solve(x.T @ x + SETTINGS.newcomer_l2 * np.eye(2 * n), x.T @ y) * unit
    known = found.covered
    assert known.tolist() == np.flatnonzero(interactions.popularity).tolist() != list(range(n))
    np.testing.assert_allclose(found.liked, expected[np.ix_(known, known)], atol=1e-4)
    np.testing.assert_allclose(found.others, expected[np.ix_(n + known, known)], atol=1e-4)


def test_without_times_the_order_is_drawn_and_one_seed_gives_one_model() -> None:
    interactions = replace(random_ratings(np.random.default_rng(3), 25, 15), times=None)
    one, again, other = (fit_lifts(interactions, SETTINGS, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.liked, again.liked)
    assert np.abs(one.liked - other.liked).max() > 0


def test_of_a_large_catalogue_the_most_liked_are_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(9)
    interactions = random_people(random_ratings(rng, 40, 22), rng)
    monkeypatch.setattr(lifts, "MOST", 6)
    model = fit_hybrid(interactions, random_attributes(rng, 22, 12), SETTINGS)
    likes = interactions.popularity
    assert len(model.lifts.covered) == 6
    assert likes[model.lifts.covered].min() >= np.delete(likes, model.lifts.covered).max()
    history, columns = replace(History.of_liked(range(0, 20, 3)), user_attributes=(0,)), np.arange(22)
    sums = np.zeros(22)
    for told in model.shares(history, columns):
        np.add.at(sums, told.places, told.values)
    np.testing.assert_allclose(sums, model.totals(history), atol=1e-9)
    np.testing.assert_allclose(model.scores([history])[0], model.totals(history), rtol=1e-4, atol=1e-4)
    alone = model.lifts.by_item(history, columns)
    assert set(np.flatnonzero(alone.any(axis=1)).tolist()) <= set(
        np.flatnonzero(np.isin(history.columns, model.lifts.covered)).tolist()
    )
    np.testing.assert_allclose(alone.sum(axis=0), model.lifts.of_history(history), atol=1e-9)


class TestWeights:
    @pytest.fixture(scope="class")
    def model(self) -> Hybrid:
        rng = np.random.default_rng(8)
        interactions = random_people(random_ratings(rng, 40, 22), rng)
        return fit_hybrid(interactions, random_attributes(rng, 22, 12), SETTINGS)

    def test_a_newcomers_lifts_are_added_to_the_prior_as_they_are(self, model: Hybrid) -> None:
        nobody = replace(History.of_liked([]), user_attributes=(0, 3))
        lifted = 2.0 * model.lifts.attributes[[0, 3]].sum(axis=0)
        np.testing.assert_allclose(model.totals(nobody) - 2.0 * model.prior, lifted, rtol=1e-5, atol=1e-6)
        wished = model.totals(nobody, wished=True) - WISHED * model.prior
        np.testing.assert_allclose(wished, WISHED / 2.0 * lifted, rtol=1e-5, atol=1e-6)

    def test_they_fade_with_the_history(self, model: Hybrid) -> None:
        few, many = History.of_liked([0, 1, 2, 3]), History.of_liked(range(19))
        new = float(np.exp(-1))
        assert model.user_weight(few) == pytest.approx(0.3 * (1 - new) / model.spreads.user + 2.0 * new)
        assert model.user_weight(many) == pytest.approx(0.3 / model.spreads.user, rel=0.05)

    def test_the_part_has_unit_spread_over_the_users_whose_attributes_are_known(self, model: Hybrid) -> None:
        rng = np.random.default_rng(8)
        interactions = random_people(random_ratings(rng, 40, 22), rng)
        told = [one for one in histories_of(interactions, SETTINGS) if one.n_liked and one.user_attributes]
        assert 0 < len(told) < 40
        assert model.lifts.of_attributes(told).std(axis=1).mean() == pytest.approx(model.spreads.user, rel=1e-5)

    def test_the_first_items_of_a_long_history_are_not_looked_up(self, model: Hybrid) -> None:
        short = replace(model, settings=SETTINGS.model_copy(update={"newcomer_span": 0.1}))
        history = weigh({1: 5.0, 3: 2.0}, {}, LIKED_FROM, short.settings)
        assert 2.0 * np.exp(-20) < NEGLIGIBLE
        gone = replace(short, lifts=replace(short.lifts, covered=np.empty(0, np.int64)))
        np.testing.assert_array_equal(short.totals(history), gone.totals(history))

    def test_each_attribute_is_told_by_its_name(self, model: Hybrid) -> None:
        history = replace(History.of_liked([2]), user_attributes=(1, 4))
        told = [one for one in model.shares(history, np.array([7, 9])) if one.part == "user"]
        assert [one.name for one in told] == ["gender m", "age 2"]
        for one, column in zip(told, (1, 4), strict=True):
            expected = model.lifts.attributes[column, [7, 9]] * model.user_weight(history)
            np.testing.assert_allclose(one.values, expected, rtol=1e-6)

    def test_whose_attributes_are_not_known_has_no_such_part(self, model: Hybrid) -> None:
        assert "user" not in {one.part for one in model.shares(History.of_liked([2]), np.array([7]))}

    def test_where_no_weight_is_set_nothing_is_fitted_and_nobody_has_the_part(self) -> None:
        rng = np.random.default_rng(8)
        interactions = random_people(random_ratings(rng, 40, 22), rng)
        off = SETTINGS.model_copy(update={"user": 0.0, "newcomer_user": 0.0, "newcomer_items": 0.0})
        attributes = random_attributes(rng, 22, 12)
        model, unknown = (
            fit_hybrid(one, attributes, off)
            for one in (interactions, replace(interactions, user_attributes=NO_ATTRIBUTES))
        )
        assert (model.lifts.names, model.lifts.size) == ((), 0)
        history = replace(History.of_liked([2, 5]), user_attributes=(0, 3))
        np.testing.assert_array_equal(model.totals(history), unknown.totals(history))
        np.testing.assert_array_equal(model.scores([history]), unknown.scores([history]))
        assert "user" not in {one.part for one in model.shares(history, np.array([7]))}


class TestSaving:
    @pytest.mark.parametrize("first", [0.0, 1.0])
    def test_what_was_saved_is_read_again(self, tmp_path: Path, first: float) -> None:
        rng = np.random.default_rng(6)
        interactions = random_people(random_ratings(rng, 30, 12), rng)
        saved = fit_lifts(interactions, SETTINGS.model_copy(update={"newcomer_items": first}))
        saved.save(tmp_path)
        found = Lifts.load(tmp_path)
        assert found.names == saved.names
        assert bool(found.covered.size) == bool(first)
        for name in ("attributes", "covered", "liked", "others"):
            np.testing.assert_array_equal(getattr(found, name), getattr(saved, name))

    @pytest.mark.parametrize("name", [NAMES, TABLES])
    @pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]"])
    def test_a_damaged_file_is_told(self, tmp_path: Path, name: str, content: bytes) -> None:
        rng = np.random.default_rng(6)
        model = fit_hybrid(random_people(random_ratings(rng, 30, 12), rng), random_attributes(rng, 12, 6), SETTINGS)
        model.save(tmp_path)
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ArtefactError, match=r"cannot read the ranking model in .*; remove the folder"):
            Hybrid.load(tmp_path, model.attributes)
