"""Constraints as masks over the bookshop's catalogue, and what they say of themselves."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.snapshot import Snapshot
from kg.types import Iri
from tools.constraints import Constraint, ConstraintMasks, EntityConstraint, RangeConstraint, said
from tools.errors import UnknownNameError

SHOP = "http://shop.example/"
NAMES = ("castle", "dracula", "emma", "frankenstein", "last_man", "persuasion", "trial", "worlds")
ALL = np.ones(8, bool)

HORROR = EntityConstraint(Iri(SHOP + "genre/horror"), "Horror")
SCIFI = EntityConstraint(Iri(SHOP + "genre/scifi"), "Science fiction")
SHELLEY = EntityConstraint(Iri(SHOP + "person/shelley"), "Mary Shelley")
NO_HORROR = replace(HORROR, wanted=False)
CENTURY_20 = RangeConstraint("year", 1901, 2000)


@pytest.fixture(scope="module")
def masks(tiny: Snapshot) -> ConstraintMasks:
    return ConstraintMasks(tiny)


@pytest.fixture(scope="module")
def undated(tiny: Snapshot) -> ConstraintMasks:
    """The bookshop with no year for Dracula."""
    years = tiny.numbers["year"].copy()
    years[1] = np.nan
    snapshot = replace(tiny)
    snapshot.__dict__["numbers"] = {"year": years}
    return ConstraintMasks(snapshot)


def met(masks: ConstraintMasks, constraint: Constraint) -> list[str]:
    return [name for name, meets in zip(NAMES, masks.mask(constraint), strict=True) if meets]


class TestMasks:
    @pytest.mark.parametrize(
        ("iri", "expected"),
        [
            ("genre/horror", ["dracula", "frankenstein"]),
            ("genre/scifi", ["frankenstein", "last_man", "worlds"]),
            ("person/austen", ["emma", "persuasion"]),
            ("house/murray", ["emma", "persuasion"]),
            ("book/emma", ["emma"]),  # no book is related to a book here, but an item meets its own name
            ("person/nobody", []),
        ],
    )
    def test_items_related_to_an_entity(self, masks: ConstraintMasks, iri: str, expected: list[str]) -> None:
        wanted = EntityConstraint(Iri(SHOP + iri), "")
        assert met(masks, wanted) == expected
        assert met(masks, replace(wanted, wanted=False)) == [name for name in NAMES if name not in expected]

    def test_a_relation_between_other_entities_does_not_count(self, masks: ConstraintMasks) -> None:
        # Stoker and Wells were influenced by Shelley; their books are not hers.
        assert met(masks, SHELLEY) == ["frankenstein", "last_man"]

    @pytest.mark.parametrize(
        ("low", "high", "expected"),
        [
            (1897, 1897, ["dracula"]),
            (1897, 1898, ["dracula", "worlds"]),
            (1901, math.inf, ["castle", "trial"]),
            (-math.inf, 1817, ["emma", "persuasion"]),
            (1898.5, 1924.5, []),
            (1900, 1800, []),
        ],
    )
    def test_items_in_a_range_with_both_ends(
        self, masks: ConstraintMasks, low: float, high: float, expected: list[str]
    ) -> None:
        wanted = RangeConstraint("year", low, high)
        assert met(masks, wanted) == expected
        assert met(masks, replace(wanted, wanted=False)) == [name for name in NAMES if name not in expected]

    def test_an_item_without_a_number_is_in_no_range_and_outside_of_each(self, undated: ConstraintMasks) -> None:
        everything = RangeConstraint("year", -math.inf, math.inf)
        assert met(undated, everything) == [name for name in NAMES if name != "dracula"]
        assert met(undated, replace(everything, wanted=False)) == ["dracula"]

    @pytest.mark.parametrize("relation", ["pages", "author", ""])
    def test_a_relation_without_numbers_names_those_with(self, masks: ConstraintMasks, relation: str) -> None:
        with pytest.raises(UnknownNameError, match=f"no numbers for '{relation}'; relations with numbers: year"):
            masks.mask(RangeConstraint(relation, 0, 1))

    def test_a_domain_without_numbers_says_so(self, tiny: Snapshot) -> None:
        snapshot = replace(tiny)
        snapshot.__dict__["numbers"] = {}
        with pytest.raises(UnknownNameError, match="relations with numbers: none in this domain"):
            ConstraintMasks(snapshot).mask(CENTURY_20)


class TestApplying:
    def test_none_leaves_everything(self, masks: ConstraintMasks) -> None:
        filtered = masks.apply([], ALL)
        assert filtered.allowed.all()
        assert (filtered.removed_by, filtered.emptied_by) == ({}, None)

    def test_each_removes_what_fails_it_alone(self, masks: ConstraintMasks) -> None:
        filtered = masks.apply([SCIFI, NO_HORROR], ALL)
        assert filtered.allowed.tolist() == [name in ("last_man", "worlds") for name in NAMES]
        # 5 of 8 are no science fiction; 2 are horror, one of which is science fiction.
        assert filtered.removed_by == {"Science fiction": 5, "no Horror": 2}
        assert list(filtered.removed_by) == ["Science fiction", "no Horror"]
        assert filtered.emptied_by is None

    def test_what_was_not_allowed_is_not_counted(self, masks: ConstraintMasks) -> None:
        allowed = np.array([name in ("castle", "dracula", "worlds") for name in NAMES])
        filtered = masks.apply([SCIFI], allowed)
        assert filtered.removed_by == {"Science fiction": 2}
        assert filtered.allowed.tolist() == [name == "worlds" for name in NAMES]
        assert allowed.sum() == 3

    @pytest.mark.parametrize(
        ("constraints", "emptied_by"),
        [
            ([CENTURY_20, HORROR, SCIFI], "Horror"),
            ([HORROR, CENTURY_20, SCIFI], "year 1901 to 2000"),
            ([HORROR, NO_HORROR], "no Horror"),
            ([RangeConstraint("year", 3000, math.inf), HORROR], "year from 3000"),
            ([HORROR, SCIFI, SHELLEY], None),
        ],
    )
    def test_the_constraint_that_leaves_nothing_is_named(
        self, masks: ConstraintMasks, constraints: list[Constraint], emptied_by: str | None
    ) -> None:
        filtered = masks.apply(constraints, ALL)
        assert filtered.emptied_by == emptied_by
        assert bool(filtered.allowed.any()) is (emptied_by is None)

    def test_what_was_empty_before_is_nobodys_fault(self, masks: ConstraintMasks) -> None:
        assert masks.apply([HORROR], np.zeros(8, bool)).emptied_by is None


@pytest.mark.parametrize(
    ("constraint", "text"),
    [
        (HORROR, "Horror"),
        (NO_HORROR, "no Horror"),
        (RangeConstraint("year", 1897, 1897), "year 1897"),
        (CENTURY_20, "year 1901 to 2000"),
        (replace(CENTURY_20, wanted=False), "not year 1901 to 2000"),
        (RangeConstraint("year", 1901, math.inf), "year from 1901"),
        (RangeConstraint("year", -math.inf, 1816), "year up to 1816"),
        (RangeConstraint("price", 2.5, 1_250_000), "price 2.5 to 1250000"),
    ],
)
def test_a_constraint_says_what_it_is(constraint: Constraint, text: str) -> None:
    assert constraint.text == text


def test_constraints_are_said_as_one_phrase() -> None:
    assert said([SCIFI, NO_HORROR, CENTURY_20]) == "Science fiction, no Horror, year 1901 to 2000"
    assert said([]) == ""


CONSTRAINTS = st.one_of(
    st.builds(
        EntityConstraint,
        st.sampled_from([Iri(SHOP + name) for name in ("genre/horror", "genre/scifi", "person/austen", "book/emma")]),
        st.sampled_from(["one", "another", "a third"]),
        st.booleans(),
    ),
    st.builds(
        RangeConstraint,
        st.just("year"),
        st.sampled_from([-math.inf, 1815, 1818]),
        st.sampled_from([1817, 1900, math.inf]),
        st.booleans(),
    ),
)


@settings(deadline=None, max_examples=60)
@given(constraints=st.lists(CONSTRAINTS, max_size=5), allowed=st.lists(st.booleans(), min_size=8, max_size=8))
def test_what_is_left_meets_every_constraint(
    tiny: Snapshot, constraints: list[Constraint], allowed: list[bool]
) -> None:
    masks = ConstraintMasks(tiny)
    filtered = masks.apply(constraints, np.array(allowed))
    expected = [
        ok and all(masks.mask(constraint)[column] for constraint in constraints) for column, ok in enumerate(allowed)
    ]
    assert filtered.allowed.tolist() == expected
    assert (filtered.emptied_by is not None) == (any(allowed) and not any(expected))
