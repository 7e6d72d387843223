"""Recency, popularity and diversity of explanation paths, worked by hand; their laws; and choosing by them."""

import doctest
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.snapshot import Snapshot
from kg.types import Iri
from tools import path_quality
from tools.errors import ToolError
from tools.path_quality import (
    NO_TIMES,
    ONE_MOMENT,
    Goal,
    LinkedPath,
    PathQuality,
    Recency,
    choose,
    in_degrees,
    linked_path,
    linking_recency,
    measure,
    moving_average,
    path_kinds,
    shared_popularity,
)
from tools.paths import PathReasoner

SHOP = "http://shop.example/"
A, B, C, D = (Iri(name) for name in "abcd")
X, Y, Z = (Iri(name) for name in "xyz")
RECENCY = linking_recency({A: 0.0, B: 2.0, C: 4.0, D: 4.0}, beta=0.5)
POPULARITY = shared_popularity({"author": {X: 1, Y: 3, Z: 7}, "genre": {X: 2, Y: 2}}, beta=0.5)
KINDS = ("author", "genre", "publisher")
GOALS: tuple[Goal, ...] = ("lir", "sep", "etd")

kinds = st.sampled_from(KINDS)
paths = st.builds(LinkedPath, st.sampled_from([A, B, C, D]), st.sampled_from([X, Y, Z, None]), kinds)
lists = st.lists(st.lists(paths, max_size=4), max_size=8)


def quality(chosen: Sequence[LinkedPath | None], k: int, recency: Recency = RECENCY) -> PathQuality:
    return measure(chosen, k, recency=recency, popularity=POPULARITY, kinds=KINDS)


def sep(path: LinkedPath) -> float:
    return POPULARITY.get((path.kind, path.shared), 0.0) if path.shared else 0.0


def path(interaction: Iri = A, shared: Iri | None = X, kind: str = "author") -> LinkedPath:
    return LinkedPath(interaction, shared, kind)


def test_the_documented_average_is_right() -> None:
    assert doctest.testmod(path_quality).failed == 0


def test_recency_by_hand() -> None:
    # Averages 0, 1, 2.5, 3.25; C and D are of one moment and share the last, so 0, 1/3.25, 1, 1.
    assert RECENCY.values == pytest.approx({A: 0.0, B: 1 / 3.25, C: 1.0, D: 1.0})
    assert RECENCY.missing is None


def test_popularity_by_hand_is_within_a_type() -> None:
    # Averages of 1, 3, 7 from 1 on: 0, 1, 3.5. Equally popular genres have no order.
    expected = {("author", X): 0.0, ("author", Y): 1 / 3.5, ("author", Z): 1.0}
    assert dict(POPULARITY) == pytest.approx(expected)


def test_beta_one_is_the_plain_scale() -> None:
    assert moving_average([1.0, 3.0, 7.0], beta=1.0) == pytest.approx([0.0, 1 / 3, 1.0])


def test_late_moments_keep_their_precision() -> None:
    late = moving_average([1.7e9, 1.7e9 + 2, 1.7e9 + 4, 1.7e9 + 4], beta=0.5)
    assert late == pytest.approx([0.0, 1 / 3.25, 1.0, 1.0], abs=1e-12)


@pytest.mark.parametrize("beta", [0.0, -0.1, 1.1])
def test_a_beta_out_of_range_is_named(beta: float) -> None:
    with pytest.raises(ToolError, match=r"beta must be in \(0, 1\]"):
        moving_average([1.0, 2.0], beta)


def test_unsorted_values_are_refused() -> None:
    with pytest.raises(ToolError, match="sort them first"):
        moving_average([2.0, 1.0])


def test_without_times_there_is_no_recency_and_the_reason_is_told() -> None:
    got = quality([path()], 1, linking_recency({}))
    assert (got.lir, got.lir_missing) == (None, NO_TIMES)
    assert got.sep == 0.0


def test_of_one_moment_there_is_no_recency() -> None:
    assert linking_recency({A: 5.0, B: 5.0}) == Recency({}, ONE_MOMENT)
    assert linking_recency({A: 5.0}).missing == ONE_MOMENT


def test_measures_of_a_list_by_hand() -> None:
    chosen = [path(A, X), path(C, Y), None, path(B, Z, "genre"), path(C, None, "genre")]
    got = quality(chosen, 5)
    assert got.explained == 4
    assert got.lir == pytest.approx((0 + 1 + 1 / 3.25 + 1) / 4)
    assert got.sep == pytest.approx((0 + 1 / 3.5) / 2)  # no genre is more popular than another
    assert got.etd == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("k", "lir", "etd"),
    [(1, 0.0, 1.0), (2, 0.5, 0.5), (3, (1 + 1 / 3.25) / 3, 2 / 3), (4, (2 + 1 / 3.25) / 4, 2 / 3), (9, 0.0, 0.0)],
)
def test_k_matters(k: int, lir: float, etd: float) -> None:
    chosen = [path(A), path(C), path(B, Y, "genre"), path(D)]
    got = quality(chosen, k)
    if k == 9:  # longer than the list: what there is, by min(k, number of types)
        assert got == PathQuality(9, 4, *(getattr(quality(chosen, 4), name) for name in ("lir", "sep", "etd")))
    else:
        assert [got.lir, got.etd] == pytest.approx([lir, etd])


def test_a_path_from_outside_the_history_has_recency_zero() -> None:
    assert quality([path(Iri("elsewhere")), path(C)], 2).lir == 0.5


def test_of_no_path_only_diversity_is_known() -> None:
    got = quality([None, None], 2)
    assert (got.explained, got.lir, got.sep, got.etd) == (0, None, None, 0.0)
    assert measure([path()], 1, recency=RECENCY, popularity=POPULARITY, kinds=()).etd is None


def test_k_below_one_is_refused() -> None:
    with pytest.raises(ToolError, match="k must be at least 1, got 0"):
        quality([], 0)


def test_choosing_by_hand() -> None:
    candidates = [[path(A, X), path(C, Y)], [], [path(A, X), path(B, Z, "author"), path(A, Z, "genre")]]
    chosen = {goal: choose(candidates, goal, recency=RECENCY, popularity=POPULARITY) for goal in GOALS}
    assert chosen == {"lir": [1, None, 1], "sep": [1, None, 1], "etd": [0, None, 2]}


def test_what_a_measure_cannot_tell_apart_keeps_its_order() -> None:
    same = [[path(A, None), path(A, None), path(A, None)]]
    for goal in GOALS:
        assert choose(same, goal, recency=linking_recency({}), popularity={}) == [0]


@pytest.mark.slow
@settings(deadline=None, derandomize=True)
@given(candidates=lists, k=st.integers(1, 9))
def test_steering_never_lowers_its_own_measure(candidates: list[list[LinkedPath]], k: int) -> None:
    before = quality([one[0] if one else None for one in candidates], k)
    for goal in GOALS:
        places = choose(candidates, goal, recency=RECENCY, popularity=POPULARITY)
        assert places == choose(candidates, goal, recency=RECENCY, popularity=POPULARITY)
        after = quality([one[at] if at is not None else None for one, at in zip(candidates, places, strict=True)], k)
        assert after.explained == before.explained
        if goal != "sep":
            assert (getattr(after, goal) or 0.0) >= (getattr(before, goal) or 0.0) - 1e-12
        for paths_of_item, place in zip(candidates, places, strict=True):
            if goal == "sep" and place is not None:  # an item by an item: a mean also changes with what it is over
                assert sep(paths_of_item[place]) >= sep(paths_of_item[0])


@settings(deadline=None, derandomize=True)
@given(chosen=st.lists(st.one_of(paths, st.none()), max_size=8), k=st.integers(1, 9))
def test_measures_lie_between_0_and_1_and_look_at_the_first_k_alone(chosen: list[LinkedPath | None], k: int) -> None:
    got = quality(chosen, k)
    assert all(value is None or 0 <= value <= 1 for value in (got.lir, got.sep, got.etd))
    assert got == quality([*chosen[:k], path(D, Z, "publisher")][:k] if len(chosen) >= k else chosen, k)


@settings(deadline=None, derandomize=True)
@given(
    values=st.lists(st.integers(0, 50), min_size=2, max_size=20).filter(lambda values: len(set(values)) > 1),
    beta=st.floats(0.05, 1.0),
)
def test_the_average_grows_with_the_value_from_0_to_1(values: list[int], beta: float) -> None:
    got = moving_average(sorted(values), beta)
    assert (got[0], got[-1]) == (0.0, 1.0)
    pairs = list(zip(sorted(values), got, strict=True))
    for (value, mine), (other, its) in pairwise(pairs):
        assert (mine < its) if value < other else (mine == its)


def test_the_older_interaction_lowers_recency() -> None:
    assert (quality([path(B), path(C)], 2).lir or 0) > (quality([path(A), path(C)], 2).lir or 0)


def test_degrees_and_types_of_the_bookshop(tiny: Snapshot) -> None:
    degrees = in_degrees(tiny.adjacency)
    assert degrees["author"] == {
        f"{SHOP}person/{name}": count
        for name, count in (("austen", 2), ("kafka", 2), ("shelley", 2), ("stoker", 1), ("wells", 1))
    }
    assert degrees["influence"] == {f"{SHOP}person/shelley": 2}
    assert path_kinds(tiny.adjacency, tiny.items) == {"author", "genre", "publisher"}
    popularity = shared_popularity(degrees)
    assert popularity["author", f"{SHOP}person/austen"] == 1.0
    assert popularity["author", f"{SHOP}person/wells"] == 0.0
    assert not [kind for kind, _ in popularity if kind in ("influence", "year")]


def test_a_path_of_the_reasoner_is_read(tiny: Snapshot) -> None:
    source, target = Iri(f"{SHOP}book/emma"), Iri(f"{SHOP}book/persuasion")
    found = [linked_path(one) for one in PathReasoner(tiny).between(source, target).paths]
    assert LinkedPath(source, Iri(f"{SHOP}person/austen"), "author") in found
    assert all(one.interaction == source for one in found)
