"""Relations said twice: the Jaccard index of their pairs, which of two stays, and what need not be counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.agreement import SaidTwice, Shared, agreement, relations_said_twice

Pairs = dict[str, set[tuple[int, int]]]


def first(n: int, start: int = 0) -> set[tuple[int, int]]:
    return {(at, at) for at in range(start, start + n)}


def sizes(pairs: Pairs) -> dict[str, int]:
    return {name: len(entries) for name, entries in pairs.items()}


def counting(pairs: Pairs) -> Shared:
    return lambda kept, other, _: len(pairs[kept] & pairs[other])


def twice(pairs: Pairs, least: float = 0.8, preferred: frozenset[str] = frozenset()) -> list[SaidTwice]:
    return list(relations_said_twice(sizes(pairs), counting(pairs), least, preferred))


def test_nine_shared_of_ten_agree_by_nine_tenths_and_the_larger_stays() -> None:
    assert twice({"a": first(9), "b": first(10)}) == [SaidTwice("a", "b", 0.9)]


def test_a_preferred_predicate_stays_though_it_is_smaller() -> None:
    assert twice({"a": first(9), "b": first(10)}, preferred=frozenset("a")) == [SaidTwice("b", "a", 0.9)]


def test_of_equal_predicates_the_first_by_name_stays_for_all() -> None:
    pairs = {name: first(5) for name in "cab"}
    assert twice(pairs) == [SaidTwice("b", "a", 1.0), SaidTwice("c", "a", 1.0)]


def test_less_agreement_is_none() -> None:
    pairs = {"a": first(10), "b": first(10, start=2)}  # 8 shared of 12
    assert agreement("a", "b", sizes(pairs), counting(pairs), 0.6) == 8 / 12
    assert agreement("a", "b", sizes(pairs), counting(pairs), 0.7) == 0.0
    assert twice(pairs) == []


def test_empty_relations_say_nothing_twice() -> None:
    assert twice({"a": set(), "b": set()}) == []


def test_what_the_sizes_rule_out_is_not_counted() -> None:
    def fail(*_: object) -> int:
        raise AssertionError("counted")

    assert list(relations_said_twice({"a": 10, "b": 7}, fail, 0.8)) == []


@pytest.mark.slow
@given(
    st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3))),
    st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3))),
    st.sampled_from((0.5, 0.8, 0.96)),
)
def test_counting_may_end_early_below_what_is_needed(
    one: set[tuple[int, int]], other: set[tuple[int, int]], least: float
) -> None:
    pairs = {"a": one, "b": other}

    def hasty(kept: str, name: str, needed: int) -> int:
        found = len(pairs[kept] & pairs[name])
        return found if found >= needed else 0

    share = len(one & other) / len(one | other) if one | other else 0.0
    expected = share if share >= least else 0.0
    assert agreement("a", "b", sizes(pairs), hasty, least) == expected
