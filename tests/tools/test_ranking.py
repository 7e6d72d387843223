"""The ranker: scores that are the sums of what they rest on, and lists that follow from them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from kg.embeddings.text import item_document
from kg.errors import ArtefactError, ManifestError
from kg.snapshot import Snapshot
from kg.types import Iri
from tests.fakes import BagOfWordsEncoder
from tools.constraints import ConstraintMasks, EntityConstraint, RangeConstraint
from tools.errors import ToolError, UnknownNameError
from tools.nearest import NearestItems, VectorIndex
from tools.ranking.attributes import item_attributes
from tools.ranking.fitting import fit_hybrid
from tools.ranking.hybrid import Hybrid
from tools.ranking.kinds import kind_lift
from tools.ranking.ranker import WEIGHTS, Ranker, RankRequest, Scored, open_model, open_ranker
from tools.ranking.settings import SETTINGS_FILE, TIMED_RATINGS, WISHED, ranking_settings

SHOP = "http://shop.example/"
NAMES = ("castle", "dracula", "emma", "frankenstein", "last_man", "persuasion", "trial", "worlds")
CASTLE, DRACULA, EMMA, FRANKENSTEIN, LAST_MAN, PERSUASION, TRIAL, WORLDS = range(8)
ENTITIES = [
    Iri(SHOP + name) for name in ("genre/horror", "genre/scifi", "person/shelley", "person/austen", "book/emma")
]


def nearest_of(snapshot: Snapshot) -> NearestItems:
    encoder = BagOfWordsEncoder()
    vectors = encoder.encode([item_document(snapshot, item) for item in snapshot.items])
    return NearestItems(snapshot, encoder, VectorIndex(vectors, "cpu"), vectors)


def opened(snapshot: Snapshot) -> Ranker:
    return open_ranker(snapshot, nearest_of(snapshot))


def fitted_in(snapshot: Snapshot) -> Path:
    return snapshot.folder / f"ranking-{ranking_settings(snapshot.domain.folder, snapshot.interactions).digest}"


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
        liked, disliked = (
            ranker.scoring(RankRequest({TRIAL: value})).explained(CASTLE)[0].parts["graph"] for value in (5.0, 2.0)
        )
        assert disliked < 0 < liked

    def test_what_most_people_like_counts_less_where_the_user_said_something(self, tiny: Snapshot) -> None:
        settings = TIMED_RATINGS.model_copy(update={"dim": 4, "n_fits": 1, "popularity": 0.0, "newcomer": 2.0})
        model = fit_hybrid(tiny.interactions, item_attributes(tiny), settings)
        ranker = Ranker(tiny, nearest_of(tiny), model)

        def prior(request: RankRequest) -> float:
            return ranker.scoring(request).explained(DRACULA)[0].parts["prior"]

        # WISHED in place of 2.
        said = [RankRequest(spoken=True), RankRequest(like=[EMMA]), RankRequest(query="a count")]
        assert [prior(request) for request in said] == pytest.approx([WISHED / 2 * prior(RankRequest())] * 3)

    def test_what_is_demanded_is_listed_by_what_people_like_who_like_it_less_so_with_a_history(
        self, tiny: Snapshot
    ) -> None:
        settings = TIMED_RATINGS.model_copy(update={"dim": 4, "n_fits": 1, "newcomer": 2.0, "newcomer_kind": 0.5})
        ranker = Ranker(tiny, nearest_of(tiny), fit_hybrid(tiny.interactions, item_attributes(tiny), settings))
        horror = EntityConstraint(ENTITIES[0], "horror")

        def kind(*constraints: EntityConstraint, **told: object) -> np.ndarray:
            request = RankRequest(constraints=constraints, **told)  # type: ignore[arg-type]
            return np.array([ranker.scoring(request).explained(item)[0].parts.get("kind", 0.0) for item in range(8)])

        lift = kind_lift(ranker.model.collaborative.likes, ranker.masks.mask(horror))
        assert lift.any()
        assert kind(horror) == pytest.approx(lift * 0.5 * 2.0)
        assert kind(replace(horror, wanted=False)) == pytest.approx(np.zeros(8))
        one = kind(horror, history={TRIAL: 5.0})
        assert one == pytest.approx(kind(horror) * settings.newness(1))
        assert kind(horror, spoken=True) == pytest.approx(lift * 0.5 * WISHED)

    @pytest.mark.parametrize("newcomer_span", [4.0, 0.4])  # with the second the lifts are negligible for all 8
    def test_without_a_part_of_the_history_a_kind_counts_as_it_would_from_the_start(
        self, tiny: Snapshot, newcomer_span: float
    ) -> None:
        settings = TIMED_RATINGS.model_copy(
            update={"dim": 4, "n_fits": 1, "newcomer_kind": 0.5, "newcomer_span": newcomer_span}
        )
        ranker = Ranker(tiny, nearest_of(tiny), fit_hybrid(tiny.interactions, item_attributes(tiny), settings))
        horror, whole = EntityConstraint(ENTITIES[0], "horror"), dict.fromkeys(range(8), 5.0)
        scoring = ranker.scoring(RankRequest(whole, constraints=(horror,)))
        assert ("kind" in scoring.explained(DRACULA)[0].parts) == (newcomer_span == 4.0)
        for left in ([], [TRIAL], [TRIAL, EMMA, CASTLE]):
            fresh = ranker.scoring(RankRequest(dict.fromkeys(left, 5.0), constraints=(horror,)))
            gone = [column for column in whole if column not in left]
            assert scoring.without(gone).totals == pytest.approx(fresh.totals)

    @pytest.mark.parametrize("seen", [0.0, 1.0])
    def test_in_the_history_part_the_disliked_speaks_against_itself_and_what_is_neither_as_the_settings_say(
        self, tiny: Snapshot, ranker: Ranker, seen: float
    ) -> None:
        history = {TRIAL: 2.0, EMMA: 3.0, DRACULA: 4.0}
        # An item among the first says more.
        settings = ranker.model.settings.model_copy(update={"newcomer_items": 0.0, "seen": seen})
        ranker = Ranker(tiny, nearest_of(tiny), replace(ranker.model, settings=settings))
        shares = {
            (item.iri, share.iri): share.value
            for item in ranker.rank(RankRequest(history, k=8)).items
            for share in item.shares
            if share.part == "history"
        }
        trial, emma, dracula = (Iri(SHOP + f"book/{name}") for name in ("trial", "emma", "dracula"))
        assert {cause for _, cause in shares} == {trial, dracula} | ({emma} if seen else set())
        assert shares[trial, trial] < 0 < shares[dracula, dracula]

    def test_the_newer_of_the_history_speaks_louder(self, ranker: Ranker) -> None:
        history = {EMMA: 5.0, TRIAL: 5.0, DRACULA: 5.0}

        def by_emma(moments: Mapping[int, float]) -> float:
            scored, _ = ranker.scoring(RankRequest(history, moments)).explained(PERSUASION)
            return sum(share.value for share in scored.shares if share.iri == SHOP + "book/emma")

        assert by_emma({EMMA: 10, TRIAL: 20, DRACULA: 30}) < by_emma({EMMA: 30, TRIAL: 20, DRACULA: 10})

    def test_exploring_raises_what_nobody_liked_yet(self, tiny: Snapshot, tmp_path: Path) -> None:
        # Nobody has heard of Kafka.
        rated = tiny.interactions.values.toarray()
        rated[:, [CASTLE, TRIAL]] = 0
        interactions = replace(tiny.interactions, values=sparse.csr_matrix(rated), times=None)
        snapshot = replace(tiny, folder=tmp_path, interactions=interactions)
        ranker = opened(snapshot)
        usual, exploring = (ranker.scoring(RankRequest({TRIAL: 5.0}, explore=explore)).totals for explore in (0.0, 1.0))
        gain = exploring - usual
        assert gain[CASTLE] > 0
        assert not gain[[DRACULA, EMMA, FRANKENSTEIN, LAST_MAN, PERSUASION, WORLDS]].any()

    def test_a_diverse_list_has_the_most_unlike_next(self, ranker: Ranker) -> None:
        # By score Dracula is next, which is horror as Frankenstein is; Emma shares nothing with it.
        assert names(ranker.rank(RankRequest(k=2)).items) == ["frankenstein", "dracula"]
        assert names(ranker.rank(RankRequest(k=2, diversity=1.0)).items) == ["frankenstein", "emma"]

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

    @pytest.mark.parametrize("value", [-0.1, 1.5, math.nan])
    def test_what_is_no_part_of_one_is_refused(self, ranker: Ranker, value: float) -> None:
        with pytest.raises(ToolError, match=rf"explore must be in 0\.\.1, got {value:g}"):
            ranker.rank(RankRequest(explore=value))
        with pytest.raises(ToolError, match=rf"diversity must be in 0\.\.1, got {value:g}"):
            ranker.rank(RankRequest(diversity=value))

    def test_a_range_without_numbers_is_refused(self, ranker: Ranker) -> None:
        with pytest.raises(UnknownNameError, match="relations with numbers: year"):
            ranker.rank(RankRequest(constraints=[RangeConstraint("pages", 1, 2)]))


class TestShares:
    def test_each_part_of_the_request_has_its_weight_as_spread(self, ranker: Ranker) -> None:
        request = RankRequest({DRACULA: 5.0, TRIAL: 1.0}, {}, [EMMA], ENTITIES[:2], "war of the worlds")
        parts = [ranker.scoring(request).explained(column)[0].parts for column in range(8)]
        assert set(parts[0]) == {"history", "graph", "prior", "like", "wish", "query"} >= set(WEIGHTS)
        for part, weight in WEIGHTS.items():
            assert float(np.std([told[part] for told in parts])) == pytest.approx(weight, rel=1e-4)

    def test_an_example_speaks_by_its_facts_its_text_and_as_far_as_it_is_known_by_its_neighbours(
        self, ranker: Ranker, tiny: Snapshot
    ) -> None:
        # Two readers like Dracula, so its neighbours count 2 / (2 + 50); scaled to a spread of 2.
        model, others = ranker.model, [column for column in range(8) if column != DRACULA]
        neighbours = model.together(DRACULA)
        neighbours[DRACULA] = 0
        raw = (model.attributes[[DRACULA]] @ model.attributes.T).toarray()[0]
        raw = raw + nearest_of(tiny).similarities_to([DRACULA])[0]
        raw = raw + 2 / 52 * neighbours / np.abs(neighbours).max()
        request = RankRequest(like=[DRACULA])
        found = [ranker.scoring(request).explained(column)[0].parts["like"] for column in others]
        assert found == pytest.approx((2 * raw / raw.std())[others], rel=1e-5)

    def test_a_request_that_fits_all_items_alike_has_no_part(self, ranker: Ranker) -> None:
        # The text has no word of any book.
        scored, _ = ranker.scoring(RankRequest(query="xyzzy")).explained(EMMA)
        assert scored.parts["query"] == 0
        assert "query" not in {share.part for share in scored.shares}

    def test_causes_are_told_strongest_first(self, ranker: Ranker) -> None:
        shares = ranker.rank(RankRequest({FRANKENSTEIN: 5.0, EMMA: 5.0}, k=1)).items[0].shares
        sizes = [abs(share.value) for share in shares]
        assert sizes == sorted(sizes, reverse=True)
        assert all(sizes)

    def test_one_cause_less_lowers_a_score_by_its_share_of_the_part(self, ranker: Ranker) -> None:
        # Both wishes weigh alike before scaling; an item that meets one of two gets one share.
        scored, _ = ranker.scoring(RankRequest(prefer=[ENTITIES[0], ENTITIES[1]])).explained(DRACULA)
        assert [share.iri for share in scored.shares if share.part == "wish"] == [ENTITIES[0]]

    def test_an_excluded_item_is_ranked_among_the_others(self, ranker: Ranker) -> None:
        request = RankRequest(exclude=[FRANKENSTEIN, DRACULA])
        assert ranker.scoring(request).explained(FRANKENSTEIN)[1] == 1
        # Behind Emma, The War of the Worlds, and of the equally popular ones The Castle and The Last Man.
        assert ranker.scoring(request).explained(PERSUASION)[1] == 5


some_examples = settings(deadline=None, max_examples=25, derandomize=True)
REQUESTS = st.builds(
    RankRequest,
    history=st.dictionaries(st.integers(0, 7), st.sampled_from([1.0, 3.0, 4.0, 5.0]), max_size=8),
    like=st.lists(st.integers(0, 7), max_size=3, unique=True),
    prefer=st.lists(st.sampled_from(ENTITIES), max_size=3, unique=True),
    moments=st.dictionaries(st.integers(0, 7), st.sampled_from([1.0, 2.0, 3.0]), max_size=8),
    query=st.sampled_from(["", "horror", "a count in England", "xyzzy", "科幻"]),
    constraints=st.lists(
        st.builds(EntityConstraint, st.sampled_from(ENTITIES), st.just("x"), st.booleans()), max_size=1
    ),
    exclude=st.lists(st.integers(0, 7), max_size=4),
    k=st.integers(1, 8),
    spoken=st.booleans(),
    explore=st.sampled_from([0.0, 0.5, 1.0]),
)
DIVERSITIES = st.sampled_from([0.0, 0.3, 1.0])


def same(one: Scored, other: Scored) -> bool:
    """Return whether two items say the same; sums over lists of other lengths differ in the last bits."""

    def values(item: Scored) -> dict[tuple[str, str, str], float]:
        return {(share.part, share.iri, share.via): share.value for share in item.shares if abs(share.value) > 1e-9}

    return (
        (one.iri, one.label, one.rank) == (other.iri, other.label, other.rank)
        and one.score == pytest.approx(other.score, abs=1e-9)
        and one.parts == pytest.approx(other.parts, abs=1e-9)
        and values(one) == pytest.approx(values(other), abs=1e-9)
    )


@pytest.mark.slow
@some_examples
@given(request=REQUESTS)
def test_shares_sum_to_parts_and_parts_to_scores(ranker: Ranker, request: RankRequest) -> None:
    items = ranker.rank(request).items
    for item in items:
        assert sum(item.parts.values()) == pytest.approx(item.score, abs=1e-6)
        for part, value in item.parts.items():
            assert sum(share.value for share in item.shares if share.part == part) == pytest.approx(value, abs=1e-6)
    assert [item.score for item in items] == pytest.approx(sorted((item.score for item in items), reverse=True))
    assert [item.rank for item in items] == list(range(1, len(items) + 1))


@pytest.mark.slow
@some_examples
@given(request=REQUESTS)
def test_the_totals_are_the_scores_of_the_items(ranker: Ranker, request: RankRequest) -> None:
    totals = ranker.scoring(request).totals
    assert totals == pytest.approx(
        [ranker.scoring(request).explained(column)[0].score for column in range(8)], abs=1e-6
    )


@some_examples
@given(request=REQUESTS, diversity=DIVERSITIES)
def test_only_what_is_allowed_comes_back_once(
    ranker: Ranker, tiny: Snapshot, request: RankRequest, diversity: float
) -> None:
    columns = [tiny.item_columns[item.iri] for item in ranker.rank(replace(request, diversity=diversity)).items]
    assert len(set(columns)) == len(columns) <= request.k
    assert not set(columns) & {*request.exclude, *request.like}
    for constraint in request.constraints:
        assert all(ConstraintMasks(tiny).mask(constraint)[columns])


@pytest.mark.slow
@some_examples
@given(request=REQUESTS)
def test_a_longer_list_begins_with_the_shorter(ranker: Ranker, request: RankRequest) -> None:
    longer, shorter = ranker.rank(replace(request, k=8)).items, ranker.rank(request).items
    assert len(shorter) == min(request.k, len(longer))
    assert all(same(one, other) for one, other in zip(longer, shorter, strict=False))


@pytest.mark.slow
@some_examples
@given(request=REQUESTS)
def test_an_item_by_itself_has_the_rank_and_shares_of_the_list(
    ranker: Ranker, tiny: Snapshot, request: RankRequest
) -> None:
    unlimited = replace(request, constraints=(), k=8)
    for item in ranker.rank(unlimited).items:
        scored, rank = ranker.scoring(unlimited).explained(tiny.item_columns[item.iri])
        assert rank == item.rank
        assert same(scored, item)


@pytest.mark.slow
@some_examples
@given(request=REQUESTS, diversity=DIVERSITIES)
def test_two_runs_are_equal(ranker: Ranker, request: RankRequest, diversity: float) -> None:
    asked = replace(request, diversity=diversity)
    assert ranker.rank(asked) == ranker.rank(asked)


@pytest.fixture(scope="module")
def against_the_crowd(tiny: Snapshot, ranker: Ranker) -> Hybrid:
    """A model by which the least liked come first."""
    model = fit_hybrid(tiny.interactions, ranker.model.attributes, TIMED_RATINGS)
    return replace(model, popularity=model.popularity.max() - model.popularity)


class TestSwap:
    def test_another_model_ranks_from_then_on(self, tiny: Snapshot, tmp_path: Path, against_the_crowd: Hybrid) -> None:
        ranker = opened(replace(tiny, folder=tmp_path))
        before = ranker.model
        assert names(ranker.rank(RankRequest(k=1)).items) == ["frankenstein"]
        ranker.swap(against_the_crowd)
        assert ranker.model is against_the_crowd is not before
        assert names(ranker.rank(RankRequest(k=8)).items) == [
            *("castle", "last_man", "persuasion", "trial"),
            *("dracula", "emma", "worlds", "frankenstein"),
        ]

    def test_a_scoring_under_way_keeps_its_model(
        self, tiny: Snapshot, tmp_path: Path, against_the_crowd: Hybrid
    ) -> None:
        ranker = opened(replace(tiny, folder=tmp_path))
        scoring = ranker.scoring(RankRequest({DRACULA: 5.0}))
        totals = scoring.totals.copy()
        ranker.swap(against_the_crowd)
        np.testing.assert_array_equal(scoring.without([]).totals, totals)
        scores = [item.score for item in scoring.scored(np.arange(8))]
        assert scores == pytest.approx(totals.tolist(), abs=1e-6)


class TestScoring:
    def test_near_are_what_goes_with_an_item_but_not_the_history(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(RankRequest({TRIAL: 5.0}))
        assert scoring.near(PERSUASION, 1) == [EMMA]  # by one author, and liked by one reader
        assert TRIAL not in scoring.near(CASTLE, 8)
        assert len(scoring.near(CASTLE, 8)) == 6

    def test_liking_an_item_besides_is_a_longer_history(self, ranker: Ranker) -> None:
        liking = ranker.scoring(RankRequest({TRIAL: 5.0})).liking([EMMA])
        newest = {EMMA: np.inf}
        asked = ranker.scoring(RankRequest({TRIAL: 5.0, EMMA: 5.0}, newest, exclude=[EMMA], spoken=True))
        assert liking.rank_of(CASTLE) == asked.rank_of(CASTLE)
        np.testing.assert_allclose(liking.totals, asked.totals, atol=1e-9)

    def test_what_is_liked_besides_is_the_newest(self, ranker: Ranker) -> None:
        # Emma was disliked, long ago.
        liking = ranker.scoring(RankRequest({TRIAL: 5.0, EMMA: 1.0}, {TRIAL: 20.0, EMMA: 10.0})).liking([EMMA])
        asked = ranker.scoring(RankRequest({TRIAL: 5.0, EMMA: 5.0}, {TRIAL: 20.0, EMMA: 30.0}, spoken=True))
        np.testing.assert_allclose(liking.totals, asked.totals, atol=1e-9)

    def test_what_may_be_listed_stays_but_for_what_is_liked_besides(self, ranker: Ranker) -> None:
        scoring = ranker.scoring(RankRequest({TRIAL: 5.0}, exclude=[TRIAL]))
        assert scoring.without([TRIAL]).allowed.tolist() == [column != TRIAL for column in range(8)]
        assert scoring.liking([EMMA]).allowed.tolist() == [column not in (TRIAL, EMMA) for column in range(8)]

    def test_only_what_meets_the_wish_is_a_rival(self, ranker: Ranker) -> None:
        scifi = EntityConstraint(ENTITIES[1], "Science fiction")
        scoring = ranker.scoring(RankRequest(constraints=[scifi]))
        ranks = [scoring.rank_of(int(column)) for column in scoring.best()]
        assert ranks == [1, 2, 3]
        assert scoring.rank_of(EMMA) == 1 + sum(
            scoring.totals[column] > scoring.totals[EMMA] for column in scoring.best()
        )

    def test_without_the_tie_a_wish_for_it_is_not_met(self, ranker: Ranker, tiny: Snapshot) -> None:
        shelley = ENTITIES[2]
        scoring = ranker.scoring(RankRequest(prefer=[shelley]))
        row = tiny.adjacency.rows[shelley]
        plain = ranker.scoring(RankRequest(spoken=True))
        assert scoring.without_fact(LAST_MAN, row) == pytest.approx(plain.without_fact(LAST_MAN, row))

    def test_an_item_less_is_a_shorter_history(self, ranker: Ranker) -> None:
        moments = {TRIAL: 10.0, DRACULA: 20.0, EMMA: 30.0}
        fewer = ranker.scoring(RankRequest({TRIAL: 5.0, DRACULA: 4.0, EMMA: 5.0}, moments)).without([EMMA])
        asked = ranker.scoring(RankRequest({TRIAL: 5.0, DRACULA: 4.0}, moments))
        np.testing.assert_allclose(fewer.totals, asked.totals, atol=1e-9)

    def test_without_its_author_a_book_of_the_same_author_scores_less(self, ranker: Ranker, tiny: Snapshot) -> None:
        scoring = ranker.scoring(RankRequest({TRIAL: 5.0}))
        kafka = tiny.adjacency.rows[SHOP + "person/kafka"]
        assert scoring.without_fact(CASTLE, kafka) < scoring.totals[CASTLE]
        assert scoring.without_fact(EMMA, kafka) == scoring.totals[EMMA]


class TestOpening:
    def test_the_model_is_fitted_once(self, tiny: Snapshot, tmp_path: Path) -> None:
        snapshot = replace(tiny, folder=tmp_path)
        first = opened(snapshot).rank(RankRequest({DRACULA: 5.0}))
        saved = fitted_in(snapshot) / "items.npy"
        stamp = saved.stat().st_mtime_ns
        assert opened(snapshot).rank(RankRequest({DRACULA: 5.0})) == first
        assert saved.stat().st_mtime_ns == stamp

    def test_a_damaged_model_is_told(self, tiny: Snapshot, tmp_path: Path) -> None:
        snapshot = replace(tiny, folder=tmp_path)
        opened(snapshot)
        (fitted_in(snapshot) / "items.npy").write_bytes(b"no array")
        with pytest.raises(ArtefactError, match="remove the folder"):
            opened(snapshot)

    def test_a_domain_with_its_own_settings_has_its_own_model(self, tiny: Snapshot, tmp_path: Path) -> None:
        (tmp_path / SETTINGS_FILE).write_text("dim = 3\nn_fits = 1\n", "utf-8")
        snapshot = replace(tiny, folder=tmp_path, domain=replace(tiny.domain, folder=tmp_path))
        settings = TIMED_RATINGS.model_copy(update={"dim": 3, "n_fits": 1})
        model = open_model(snapshot)
        assert model.settings == settings
        assert [fit.items.shape for fit in model.collaborative.factors] == [(8, 3)]
        assert fitted_in(snapshot).name == f"ranking-{settings.digest}"
        assert fitted_in(snapshot).is_dir()

    def test_wrong_settings_are_told(self, tiny: Snapshot, tmp_path: Path) -> None:
        (tmp_path / SETTINGS_FILE).write_text("dims = 3", "utf-8")
        with pytest.raises(ManifestError, match="dims"):
            open_model(replace(tiny, folder=tmp_path, domain=replace(tiny.domain, folder=tmp_path)))
