"""What would be otherwise, against ranking anew and against every subset of the history."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

from kg.snapshot import Snapshot
from tests.fakes import BagOfWordsEncoder
from tests.tools.catalogues import SETTINGS, random_attributes, random_history, random_people, random_ratings
from tools.nearest import NearestItems, VectorIndex
from tools.ranking import counterfactual
from tools.ranking.counterfactual import CANDIDATES, MOST_ADDED, Change, Counterfactuals, rank_with
from tools.ranking.fitting import fit_hybrid
from tools.ranking.ranker import Ranker, RankRequest, Scoring

N_USERS, N_ITEMS, N_ENTITIES, N_HISTORY = 14, 30, 20, 8
PLAIN = N_ITEMS - 1
"""An item that nobody rated and that has no attributes: nothing can lift it above 0."""


@pytest.fixture(scope="module")
def ranker(tiny: Snapshot) -> Ranker:
    rng = np.random.default_rng(17)
    interactions = random_people(random_ratings(rng, N_USERS, N_ITEMS), np.random.default_rng(18))
    entries = random_attributes(rng, N_ITEMS, N_ENTITIES).toarray()
    entries[PLAIN] = 0
    model = fit_hybrid(interactions, sparse.csr_matrix(entries), SETTINGS)
    adjacency = replace(tiny.adjacency, entities=[f"urn:e{row}" for row in range(N_ENTITIES)])
    snapshot = replace(tiny, items=list(interactions.items), interactions=interactions, adjacency=adjacency)
    encoder = BagOfWordsEncoder(dim=4096)
    vectors = encoder.encode(snapshot.items)
    return Ranker(snapshot, NearestItems(snapshot, encoder, VectorIndex(vectors, "cpu"), vectors), model)


def some_request(seed: int, *, timed: bool) -> RankRequest:
    """Return a request with a history of eight items, none of which is to be listed."""
    rng = np.random.default_rng(seed)
    history = random_history(rng, N_ITEMS - 1, N_HISTORY)
    moments = {column: float(rng.integers(1, 6)) for column in history} if timed else {}
    held = ((), (1,), (0, 3))[seed % 3]
    return RankRequest(history, moments, exclude=sorted(history), user_attributes=held)


def listed(scoring: Scoring) -> list[int]:
    """Return all that may be listed, best first."""
    return [int(column) for column in scoring.best()]


SEEDS = st.integers(0, 2**32 - 1)
some_examples = settings(deadline=None, max_examples=12, derandomize=True)


class TestWithout:
    @some_examples
    @given(seed=SEEDS, column=st.integers(0, N_ITEMS - 1), timed=st.booleans())
    def test_an_item_less_is_a_request_without_it(self, ranker: Ranker, seed: int, column: int, timed: bool) -> None:
        request = some_request(seed, timed=timed)
        found = Counterfactuals(ranker.scoring(request), column, 5).without_items(request.history)
        assert [one.thing for one in found] == list(request.history)
        for one in found:
            fewer = {other: value for other, value in request.history.items() if other != one.thing}
            anew = ranker.scoring(replace(request, history=fewer))
            assert one.score == pytest.approx(anew.totals[column], abs=1e-9)
            assert one.rank == anew.rank_of(column)

    @some_examples
    @given(seed=SEEDS, column=st.integers(0, N_ITEMS - 1))
    def test_a_fact_less_moves_the_item_alone(self, ranker: Ranker, seed: int, column: int) -> None:
        scoring = ranker.scoring(some_request(seed, timed=True))
        found = Counterfactuals(scoring, column, 5).without_facts(range(N_ENTITIES))
        assert [one.thing for one in found] == list(range(N_ENTITIES))
        for one in found:
            change = ranker.model.without_fact(scoring.history, column, one.thing)
            assert one.score == pytest.approx(scoring.totals[column] + change, abs=1e-9)
            others = [other for other in listed(scoring) if other != column]
            assert one.rank == 1 + sum(scoring.totals[other] > one.score for other in others)

    def test_of_equal_scores_the_earlier_in_the_catalogue_is_ahead(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(RankRequest(exclude=[6]))
        scoring.totals[:] = 0.0
        scoring.totals[[2, 9]] = 2.0
        scoring.totals[6] = 3.0  # is not listed
        assert [rank_with(scoring, column, 2.0) for column in (0, 5, 20)] == [1, 2, 3]
        assert rank_with(scoring, 20, 2.0 + 1e-12) == 3  # equal to nine decimals
        assert rank_with(scoring, 20, 2.1) == 1
        assert rank_with(scoring, 2, 0.0) == 1 + len([9, 0, 1])


class TestRemoval:
    @staticmethod
    def removal(scoring: Scoring, column: int, k: int) -> Change | None:
        return Counterfactuals(scoring, column, k).removal()

    @pytest.mark.slow
    @some_examples
    @given(seed=SEEDS, k=st.integers(1, 4), place=st.integers(0, 3), timed=st.booleans())
    def test_it_puts_the_item_out_and_no_smaller_one_does(
        self, ranker: Ranker, seed: int, k: int, place: int, timed: bool
    ) -> None:
        scoring = ranker.scoring(some_request(seed, timed=timed))
        column, history = listed(scoring)[min(place, k - 1)], scoring.history.columns.tolist()
        out = [
            gone
            for size in range(1, N_HISTORY + 1)
            for gone in combinations(history, size)
            if scoring.without(gone).rank_of(column) > k
        ]
        change = self.removal(scoring, column, k)
        if change is None:
            assert tuple(history) not in out
            return
        assert tuple(sorted(change.columns)) in out
        assert change.rank == scoring.without(change.columns).rank_of(column)
        smallest = min(len(gone) for gone in out)
        assert len(change.columns) == smallest or not change.smallest
        assert change.smallest or len(change.columns) > 3

    @pytest.mark.slow
    def test_those_of_every_size_are_as_small_as_they_say(self, ranker: Ranker) -> None:
        sizes: dict[int, bool] = {}
        for seed in range(60):
            request = some_request(seed, timed=False)
            scoring = ranker.scoring(replace(request, history=dict.fromkeys(request.history, 5.0)))
            column, history = listed(scoring)[0], scoring.history.columns.tolist()
            change = self.removal(scoring, column, 5)
            if change is None:
                assert scoring.without(history).rank_of(column) <= 5
                continue
            n_gone = len(change.columns)
            assert scoring.without(change.columns).rank_of(column) == change.rank > 5
            smaller = (gone for size in range(1, min(n_gone, 3)) for gone in combinations(history, size))
            assert all(scoring.without(gone).rank_of(column) <= 5 for gone in smaller)
            sizes[n_gone] = change.smallest
        # With eight items every pair is tried.
        assert {1, 2, 3, 4} <= set(sizes)
        assert all(smallest == (size <= 3) for size, smallest in sizes.items())

    @pytest.mark.slow
    def test_with_too_many_pairs_to_try_three_may_not_be_smallest(
        self, ranker: Ranker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(counterfactual, "MAX_PAIRS", 27)
        found: set[tuple[int, bool]] = set()
        for seed in range(60):
            request = some_request(seed, timed=False)
            scoring = ranker.scoring(replace(request, history=dict.fromkeys(request.history, 5.0)))
            change = self.removal(scoring, listed(scoring)[0], 5)
            if change is not None:
                found.add((len(change.columns), change.smallest))
        assert {(1, True), (2, True), (3, False), (4, False)} <= found

    def test_one_item_suffices_where_one_does(self, ranker: Ranker) -> None:
        found = 0
        for seed in range(20):
            scoring = ranker.scoring(some_request(seed, timed=True))
            column, history = listed(scoring)[0], scoring.history.columns.tolist()
            singles = [one for one in history if scoring.without([one]).rank_of(column) > 1]
            if singles and scoring.without(history).rank_of(column) > 1:
                change = self.removal(scoring, column, 1)
                assert change is not None
                assert (len(change.columns), change.smallest) == (1, True)
                assert change.columns[0] in singles
                found += 1
        assert found >= 5

    def test_there_is_none_for_what_is_not_listed(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(some_request(2, timed=False))
        assert self.removal(scoring, listed(scoring)[3], 3) is None

    def test_there_is_none_without_a_history(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(RankRequest())
        assert self.removal(scoring, listed(scoring)[0], 1) is None

    def test_there_is_none_where_the_list_has_room_for_all(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(some_request(3, timed=False))
        assert self.removal(scoring, listed(scoring)[0], N_ITEMS - N_HISTORY) is None

    def test_there_is_none_where_the_query_lists_it_without_a_history(self, ranker: Ranker) -> None:
        # One of thirty items fits the text, the others all alike: it is sqrt(29) above them, after scaling.
        history = dict.fromkeys(range(N_HISTORY), 5.0)
        scoring = ranker.scoring(RankRequest(history, query="17", exclude=range(N_HISTORY)))
        assert listed(scoring)[0] == 17
        assert self.removal(scoring, 17, 1) is None


class TestAddition:
    @staticmethod
    def addition(scoring: Scoring, column: int, k: int) -> Change | None:
        return Counterfactuals(scoring, column, k).addition()

    @pytest.mark.slow
    @some_examples
    @given(seed=SEEDS, k=st.integers(1, 4), below=st.integers(0, 12), timed=st.booleans())
    def test_it_brings_the_item_in_and_no_smaller_one_does(
        self, ranker: Ranker, seed: int, k: int, below: int, timed: bool
    ) -> None:
        scoring = ranker.scoring(some_request(seed, timed=timed))
        column = listed(scoring)[k + below]
        tried = scoring.near(column, CANDIDATES)
        assert not {column, *scoring.history.columns.tolist()} & set(tried)
        singles = [one for one in tried if scoring.liking([one]).rank_of(column) <= k]
        change = self.addition(scoring, column, k)
        assume(change is not None or not singles)
        if change is None:
            return
        assert scoring.liking(change.columns).rank_of(column) == change.rank <= k
        assert len(set(change.columns)) == len(change.columns) <= MOST_ADDED
        assert set(change.columns) <= set(tried)
        assert change.smallest == (len(change.columns) <= 2)
        assert (len(change.columns) == 1) == bool(singles)

    @some_examples
    @given(seed=SEEDS, timed=st.booleans())
    def test_it_is_what_a_request_with_it_ranks(self, ranker: Ranker, seed: int, timed: bool) -> None:
        request = some_request(seed, timed=timed)
        scoring = ranker.scoring(request)
        column = listed(scoring)[5]
        change = self.addition(scoring, column, 4)
        assume(change is not None)
        assert change is not None
        more = {**request.history, **dict.fromkeys(change.columns, 5.0)}
        newest = dict.fromkeys(change.columns, np.inf)
        exclude = [*request.exclude, *change.columns]
        anew = replace(request, history=more, moments={**request.moments, **newest}, exclude=exclude, spoken=True)
        assert ranker.scoring(anew).rank_of(column) == change.rank <= 4

    def test_there_is_none_for_what_is_listed_already(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(some_request(5, timed=False))
        assert self.addition(scoring, listed(scoring)[2], 3) is None

    def test_there_is_none_for_what_nothing_lifts(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(some_request(6, timed=False))
        assert scoring.totals[PLAIN] == pytest.approx(0.0)
        assert self.addition(scoring, PLAIN, 3) is None

    def test_there_is_none_where_everything_is_known(self, ranker: Ranker) -> None:
        history = {column: 5.0 for column in range(N_ITEMS) if column != PLAIN}
        scoring = ranker.scoring(RankRequest(history))
        assert scoring.near(PLAIN, CANDIDATES) == []
        assert self.addition(scoring, PLAIN, 1) is None
