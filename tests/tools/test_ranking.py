"""The ranker: scores that are the sums of what they rest on, and lists that follow from them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.embeddings.text import item_document
from kg.errors import ArtefactError
from kg.snapshot import Snapshot
from kg.types import Iri
from tests.fakes import BagOfWordsEncoder
from tools.constraints import ConstraintMasks, EntityConstraint, RangeConstraint
from tools.errors import ToolError, UnknownNameError
from tools.nearest import NearestItems, VectorIndex
from tools.ranking.ranker import WEIGHTS, Ranker, RankRequest, Scored, open_ranker

SHOP = "http://shop.example/"
NAMES = ("castle", "dracula", "emma", "frankenstein", "last_man", "persuasion", "trial", "worlds")
CASTLE, DRACULA, EMMA, FRANKENSTEIN, LAST_MAN, PERSUASION, TRIAL, WORLDS = range(8)
ENTITIES = [
    Iri(SHOP + name) for name in ("genre/horror", "genre/scifi", "person/shelley", "person/austen", "book/emma")
]


def opened(snapshot: Snapshot) -> Ranker:
    encoder = BagOfWordsEncoder()
    vectors = encoder.encode([item_document(snapshot, item) for item in snapshot.items])
    return open_ranker(snapshot, NearestItems(snapshot, encoder, VectorIndex(vectors, "cpu"), vectors))


@pytest.fixture(scope="module")
def ranker(tiny: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    return opened(replace(tiny, folder=tmp_path_factory.mktemp("ranker")))


def names(items: Sequence[Scored]) -> list[str]:
    return [item.iri.removeprefix(SHOP + "book/") for item in items]


class TestLists:
    def test_without_a_history_the_popular_come_first(self, ranker: Ranker) -> None:
        # Liked by 3 users: Frankenstein; by 2: Dracula, Emma and The War of the Worlds; by 1: the others.
        result = ranker.rank(RankRequest(k=8))
        assert names(result.items) == [
            *("frankenstein", "dracula", "emma", "worlds"),
            *("castle", "last_man", "persuasion", "trial"),
        ]
        assert [item.rank for item in result.items] == [1, 2, 3, 4, 5, 6, 7, 8]
        assert set(result.items[0].parts) == {"prior"}
        assert result.text.startswith("ranked: 1. Frankenstein, 2. Dracula, 3. Emma, ")

    def test_equal_scores_keep_catalogue_order(self, ranker: Ranker) -> None:
        items = ranker.rank(RankRequest(k=8)).items
        assert items[1].score == items[2].score == items[3].score

    @pytest.mark.parametrize(
        ("example", "near", "far"),
        [
            (PERSUASION, "emma", ("castle", "dracula", "last_man", "trial", "worlds")),
            (TRIAL, "castle", ("dracula", "emma", "last_man", "persuasion", "worlds")),
            (LAST_MAN, "frankenstein", ("castle", "dracula", "emma", "persuasion", "trial")),
        ],
    )
    def test_what_shares_an_author_with_the_example_comes_first(
        self, ranker: Ranker, example: int, near: str, far: tuple[str, ...]
    ) -> None:
        ranks = {name: rank for rank, name in enumerate(names(ranker.rank(RankRequest(like=[example], k=8)).items))}
        assert ranks[near] == 0
        assert all(ranks[near] < ranks[name] for name in far)
        assert NAMES[example] not in ranks

    def test_a_liked_history_raises_what_is_like_it_and_a_disliked_one_lowers_it(self, ranker: Ranker) -> None:
        liked, disliked = (ranker.score(RankRequest({TRIAL: value}), CASTLE)[0].parts["graph"] for value in (5.0, 2.0))
        assert disliked < 0 < liked

    def test_a_disliked_item_has_no_share_in_the_history_part(self, ranker: Ranker) -> None:
        result = ranker.rank(RankRequest({TRIAL: 2.0, DRACULA: 4.0}, k=8))
        iris = {share.iri for item in result.items for share in item.shares if share.part == "history"}
        assert iris == {SHOP + "book/dracula"}

    def test_the_history_itself_may_be_recommended_unless_excluded(self, ranker: Ranker) -> None:
        history = {FRANKENSTEIN: 5.0, DRACULA: 5.0}
        assert len(ranker.rank(RankRequest(history, k=8)).items) == 8
        seen = ranker.rank(RankRequest(history, exclude=list(history), k=8))
        assert len(seen.items) == 6
        assert not {"frankenstein", "dracula"} & set(names(seen.items))

    def test_a_preference_moves_but_does_not_exclude(self, ranker: Ranker) -> None:
        absurdist = Iri(SHOP + "genre/absurdist")
        items = ranker.rank(RankRequest(prefer=[absurdist], k=8)).items
        assert names(items)[:2] == ["castle", "trial"]
        assert len(items) == 8

    def test_a_query_raises_what_has_its_words(self, ranker: Ranker) -> None:
        items = ranker.rank(RankRequest(query="letters and diaries about a count", k=8)).items
        assert names(items)[0] == "dracula"
        assert {share.iri for item in items for share in item.shares if share.part == "query"} == {""}

    def test_constraints_cut_and_are_counted(self, ranker: Ranker) -> None:
        scifi = EntityConstraint(ENTITIES[1], "Science fiction")
        late = RangeConstraint("year", 1820, 1900)
        result = ranker.rank(RankRequest(constraints=[scifi, late], exclude=[WORLDS], k=8))
        assert names(result.items) == ["last_man"]
        # Of the 7 that are not excluded: 5 are no science fiction, 5 are not of those years.
        assert result.removed_by == {"Science fiction": 5, "year 1820 to 1900": 5}

    def test_the_constraint_that_leaves_nothing_is_told(self, ranker: Ranker) -> None:
        result = ranker.rank(RankRequest(constraints=[RangeConstraint("year", 3000, 3010)]))
        assert (result.size, result.emptied_by) == (0, "year 3000 to 3010")
        assert result.text == "nothing is left: year 3000 to 3010"

    def test_that_all_items_are_seen_is_told(self, ranker: Ranker) -> None:
        result = ranker.rank(RankRequest(exclude=range(8)))
        assert (result.text, result.emptied_by) == ("nothing is left: all items are seen", None)

    @pytest.mark.parametrize("k", [0, -1, 9])
    def test_a_k_out_of_range_is_refused(self, ranker: Ranker, k: int) -> None:
        with pytest.raises(ToolError, match=rf"k must be in 1\.\.8 \(the size of the catalogue\), got {k}"):
            ranker.rank(RankRequest(k=k))

    def test_a_range_without_numbers_is_refused(self, ranker: Ranker) -> None:
        with pytest.raises(UnknownNameError, match="relations with numbers: year"):
            ranker.rank(RankRequest(constraints=[RangeConstraint("pages", 1, 2)]))


class TestShares:
    def test_each_part_has_its_weight_as_spread(self, ranker: Ranker) -> None:
        request = RankRequest({DRACULA: 5.0, TRIAL: 1.0}, [EMMA], ENTITIES[:2], "war of the worlds", k=8)
        parts: dict[str, list[np.ndarray]] = {}
        for cause in ranker.causes(request):
            parts.setdefault(cause.part, []).append(cause.values)
        assert set(parts) == set(WEIGHTS)
        for part, rows in parts.items():
            assert float(np.sum(rows, axis=0).std()) == pytest.approx(WEIGHTS[part], rel=1e-4)

    def test_causes_are_told_strongest_first(self, ranker: Ranker) -> None:
        shares = ranker.rank(RankRequest({FRANKENSTEIN: 5.0, EMMA: 5.0}, k=1)).items[0].shares
        sizes = [abs(share.value) for share in shares]
        assert sizes == sorted(sizes, reverse=True)
        assert all(sizes)

    def test_one_cause_less_lowers_a_score_by_its_share_of_the_part(self, ranker: Ranker) -> None:
        # Both wishes weigh alike before scaling; an item that meets one of two gets one share.
        scored, _ = ranker.score(RankRequest(prefer=[ENTITIES[0], ENTITIES[1]]), DRACULA)
        assert [share.iri for share in scored.shares if share.part == "wish"] == [ENTITIES[0]]

    def test_an_excluded_item_is_ranked_among_the_others(self, ranker: Ranker) -> None:
        request = RankRequest(exclude=[FRANKENSTEIN, DRACULA])
        assert ranker.score(request, FRANKENSTEIN)[1] == 1
        # Behind Emma, The War of the Worlds, and of the equally popular ones The Castle and The Last Man.
        assert ranker.score(request, PERSUASION)[1] == 5


REQUESTS = st.builds(
    RankRequest,
    history=st.dictionaries(st.integers(0, 7), st.sampled_from([1.0, 3.0, 4.0, 5.0]), max_size=8),
    like=st.lists(st.integers(0, 7), max_size=3, unique=True),
    prefer=st.lists(st.sampled_from(ENTITIES), max_size=3, unique=True),
    query=st.sampled_from(["", "horror", "a count in England", "xyzzy", "科幻"]),
    constraints=st.lists(
        st.builds(EntityConstraint, st.sampled_from(ENTITIES), st.just("x"), st.booleans()), max_size=1
    ),
    exclude=st.lists(st.integers(0, 7), max_size=4),
    k=st.integers(1, 8),
)


@settings(deadline=None, max_examples=120)
@given(request=REQUESTS)
def test_shares_sum_to_parts_and_parts_to_scores(ranker: Ranker, request: RankRequest) -> None:
    items = ranker.rank(request).items
    for item in items:
        assert sum(item.parts.values()) == pytest.approx(item.score, abs=1e-6)
        for part, value in item.parts.items():
            assert sum(share.value for share in item.shares if share.part == part) == pytest.approx(value, abs=1e-6)
    assert [item.score for item in items] == pytest.approx(sorted((item.score for item in items), reverse=True))
    assert [item.rank for item in items] == list(range(1, len(items) + 1))


@settings(deadline=None, max_examples=120)
@given(request=REQUESTS)
def test_only_what_is_allowed_comes_back_once(ranker: Ranker, tiny: Snapshot, request: RankRequest) -> None:
    columns = [tiny.item_columns[item.iri] for item in ranker.rank(request).items]
    assert len(set(columns)) == len(columns) <= request.k
    assert not set(columns) & {*request.exclude, *request.like}
    for constraint in request.constraints:
        assert all(ConstraintMasks(tiny).mask(constraint)[columns])


@settings(deadline=None, max_examples=40)
@given(request=REQUESTS)
def test_a_longer_list_begins_with_the_shorter(ranker: Ranker, request: RankRequest) -> None:
    assert ranker.rank(replace(request, k=8)).items[: request.k] == ranker.rank(request).items


@settings(deadline=None, max_examples=40)
@given(request=REQUESTS)
def test_an_item_by_itself_has_the_rank_and_shares_of_the_list(
    ranker: Ranker, tiny: Snapshot, request: RankRequest
) -> None:
    unlimited = replace(request, constraints=(), k=8)
    for item in ranker.rank(unlimited).items:
        assert ranker.score(unlimited, tiny.item_columns[item.iri]) == (item, item.rank)


@settings(deadline=None, max_examples=40)
@given(request=REQUESTS)
def test_two_runs_are_equal(ranker: Ranker, request: RankRequest) -> None:
    assert ranker.rank(request) == ranker.rank(request)


class TestOpening:
    def test_the_model_is_fitted_once(self, tiny: Snapshot, tmp_path: Path) -> None:
        snapshot = replace(tiny, folder=tmp_path)
        first = opened(snapshot).rank(RankRequest({DRACULA: 5.0}))
        saved = tmp_path / "ranking" / "item_item.npy"
        stamp = saved.stat().st_mtime_ns
        assert opened(snapshot).rank(RankRequest({DRACULA: 5.0})) == first
        assert saved.stat().st_mtime_ns == stamp

    def test_a_damaged_model_is_told(self, tiny: Snapshot, tmp_path: Path) -> None:
        snapshot = replace(tiny, folder=tmp_path)
        opened(snapshot)
        (tmp_path / "ranking" / "item_item.npy").write_bytes(b"no array")
        with pytest.raises(ArtefactError, match="remove the folder"):
            opened(snapshot)
