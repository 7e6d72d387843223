"""Histories and their weights, worked by hand."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from kg.snapshot import Snapshot
from tests.tools.catalogues import SETTINGS, random_ratings
from tools.ranking.history import DISLIKED, DISLIKED_WEIGHT, FADED, NOT_LIKED, History, histories_of, stacked, weigh

# With three items half of the gain counts; it halves (and falls to a quarter) with each item that is newer.
BY_HAND = SETTINGS.model_copy(
    update={
        "newcomer_span": 3 / math.log(2),
        "recency": 4.0,
        "recency_span": 1 / math.log(2),
        "next_recency": 2.0,
        "next_span": 1 / math.log(4),
    }
)
VALUES = {9: 1.0, 2: 4.0, 5: 5.0}


def weighed(
    values: dict[int, float], moments: dict[int, float] | None = None, liked_from: float | None = 4.0
) -> History:
    return weigh(values, moments or {}, liked_from, BY_HAND)


def assert_same(one: History, other: History) -> None:
    for name in ("columns", "liked", "disliked", "weights", "counts", "recent"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


class TestWeights:
    def test_the_newer_weighs_more(self) -> None:
        history = weighed(VALUES, {2: 100.0, 9: 200.0, 5: 300.0})
        assert history.columns.tolist() == [2, 5, 9]
        # 1 + 1/2 * 4 * (1/4, 1, 1/2) and 1/2 * 2 * (1/16, 1, 1/4).
        assert history.weights.tolist() == pytest.approx([1.5, 3.0, 2.0])
        assert history.recent.tolist() == pytest.approx([0.0625, 1.0, 0.25])

    def test_items_of_one_time_weigh_alike(self) -> None:
        # None is newer than 5 and 9; both are newer than 2.
        history = weighed(VALUES, {2: 100.0, 9: 300.0, 5: 300.0})
        assert history.weights.tolist() == pytest.approx([1.5, 3.0, 3.0])
        # One is newer than 2 and 5.
        history = weighed(VALUES, {2: 100.0, 9: 300.0, 5: 100.0})
        assert history.weights.tolist() == pytest.approx([2.0, 2.0, 3.0])

    def test_what_has_no_time_among_others_is_the_newest(self) -> None:
        assert weighed(VALUES, {2: 100.0, 9: 200.0}).weights.tolist() == pytest.approx([1.5, 3.0, 2.0])
        assert weighed(VALUES, {2: 100.0}).weights.tolist() == pytest.approx([1.5, 3.0, 3.0])

    def test_times_of_other_items_do_not_matter(self) -> None:
        moments = {2: 100.0, 9: 200.0, 5: 300.0}
        assert_same(weighed(VALUES, {**moments, 7: 400.0}), weighed(VALUES, moments))

    def test_without_times_every_item_weighs_one_and_none_is_recent(self) -> None:
        history = weighed(VALUES)
        assert history.weights.tolist() == [1.0, 1.0, 1.0]
        assert history.recent.tolist() == [0.0, 0.0, 0.0]

    def test_what_is_long_ago_is_not_recent(self) -> None:
        # A quarter with each newer item: 4^-4 is above FADED, 4^-5 below.
        history = weighed(dict.fromkeys(range(7), 1.0), {column: float(column) for column in range(7)})
        assert 4.0**-5 < FADED < 4.0**-4
        assert np.flatnonzero(history.recent).tolist() == [2, 3, 4, 5, 6]

    def test_only_the_order_of_the_times_matters(self) -> None:
        assert_same(weighed(VALUES, {2: -1.0, 9: 0.0, 5: 1e9}), weighed(VALUES, {2: 7.0, 9: 8.0, 5: 9.0}))

    def test_the_times_of_a_short_history_say_less(self) -> None:
        # With one item newness is 2^(-1/3).
        assert weighed({5: 5.0}, {5: 10.0}).weights.tolist() == pytest.approx([1 + 4 * (1 - 0.5 ** (1 / 3))])

    def test_somebody_who_likes_some_items_at_no_known_time(self) -> None:
        assert_same(History.of_liked([2, 5, 9]), weighed({2: 4.0, 5: 5.0, 9: 5.0}))

    def test_an_empty_history_has_no_weights(self) -> None:
        history = weighed({}, {3: 10.0})
        assert [len(one) for one in (history.columns, history.weights, history.signed())] == [0, 0, 0]
        assert history.n_liked == len(history.opinions().columns) == 0


class TestOpinions:
    @pytest.mark.parametrize(
        ("value", "liked", "disliked"),
        [(5.0, True, False), (4.0, True, False), (3.9, False, False), (2.1, False, False), (2.0, False, True)],
    )
    def test_half_of_what_counts_as_liked_is_disliked_and_between_is_neither(
        self, value: float, liked: bool, disliked: bool
    ) -> None:
        history = weighed({3: value})
        assert (history.liked.tolist(), history.disliked.tolist()) == ([liked], [disliked])

    def test_without_a_threshold_everything_is_liked(self) -> None:
        history = weighed({3: 0.0, 4: 1.0}, liked_from=None)
        assert (history.liked.tolist(), history.disliked.tolist()) == ([True, True], [False, False])
        assert history.n_liked == 2
        assert history.counts.tolist() == [1.0, 1.0]

    def test_the_disliked_counts_little_whenever_it_was_and_what_is_neither_does_not(self) -> None:
        history = weighed({2: 4.0, 5: 1.0, 9: 3.0}, {2: 100.0, 9: 200.0, 5: 300.0})
        told = history.opinions()
        assert told.columns.tolist() == [2, 5]
        assert told.weights.tolist() == pytest.approx([1.5, DISLIKED_WEIGHT])
        assert told.targets.tolist() == [1.0, DISLIKED]
        assert (DISLIKED, DISLIKED_WEIGHT) == (-0.25, 0.25)

    def test_the_item_item_models_hear_of_the_liked_and_less_of_what_is_neither(self) -> None:
        history = weighed({2: 4.0, 5: 1.0, 9: 3.0}, {2: 100.0, 9: 200.0, 5: 300.0})
        assert history.likes().tolist() == [1.0, 0.0, 0.0]
        assert history.counts.tolist() == [1.0, 0.0, 0.4]

    def test_attributes_count_by_weight_and_against_what_is_not_liked(self) -> None:
        # Weights 1.5, 3 and 2 of 6.5 in all; 5 is disliked and 9 is neither.
        history = weighed({2: 4.0, 5: 1.0, 9: 3.0}, {2: 100.0, 9: 200.0, 5: 300.0})
        assert history.signed().tolist() == pytest.approx([1.5 / 6.5, NOT_LIKED * 3 / 6.5, NOT_LIKED * 2 / 6.5])
        assert np.abs(history.signed()).sum() <= 1


class TestOfInteractions:
    def test_each_user_is_weighed_as_alone(self, tiny: Snapshot, rng: np.random.Generator) -> None:
        for interactions in (tiny.interactions, random_ratings(rng, 15, 20)):
            histories = histories_of(interactions, SETTINGS)
            assert len(histories) == len(interactions.users)
            for user, history in zip(interactions.users, histories, strict=True):
                values, moments = interactions.history(user), interactions.moments(user)
                assert_same(history, weigh(values, moments, interactions.liked_from, SETTINGS))

    def test_without_times_every_item_weighs_one(self, tiny: Snapshot) -> None:
        interactions = replace(tiny.interactions, times=None)
        for user, history in zip(interactions.users, histories_of(interactions, SETTINGS), strict=True):
            assert_same(history, weigh(interactions.history(user), {}, interactions.liked_from, SETTINGS))
            assert set(history.weights.tolist()) == {1.0}

    def test_without_a_threshold_everything_is_liked(self, tiny: Snapshot) -> None:
        used = replace(tiny.interactions, liked_from=None)
        assert all(history.liked.all() for history in histories_of(used, SETTINGS))

    def test_columns_and_values_are_the_rows_of_a_matrix(self) -> None:
        def row(*pairs: tuple[int, float]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
            return np.array([one for one, _ in pairs], np.int64), np.array([value for _, value in pairs], np.float64)

        matrix = stacked([row((1, 2.0), (3, -1.0)), row(), row((0, 0.5))], 4)
        assert matrix.toarray().tolist() == [[0, 2, 0, -1], [0, 0, 0, 0], [0.5, 0, 0, 0]]
        assert matrix.dtype == np.float32
        assert stacked([], 4).shape == (0, 4)
