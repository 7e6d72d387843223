"""Laws of the similarity of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.labels import fold
from kg.quality.similarity import name_similarity

names = st.text("abcde 12", min_size=1, max_size=20).map(fold).filter(bool)


@given(names)
def test_a_name_is_like_itself(name: str) -> None:
    assert name_similarity(name, name) == 1.0


@given(names, names)
def test_it_is_symmetric_and_in_range(first: str, second: str) -> None:
    alike = name_similarity(first, second)
    assert 0.0 <= alike <= 1.0
    assert alike == pytest.approx(name_similarity(second, first), abs=0.35)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ("the firm", "firm the", 0.98, 0.98),
        ("ice cube", "icecube", 0.96, 0.96),
        ("j austen", "jane austen", 0.7, 0.9),
        ("rocky ii", "rocky iii", 0.0, 0.0),
        ("joel coen", "ethan coen", 0.0, 0.0),
        ("蓝色", "红色", 0.0, 0.0),
        ("dance music", "trance music", 0.0, 0.0),
    ],
)
def test_pairs_of_names(first: str, second: str, low: float, high: float) -> None:
    assert low <= name_similarity(first, second) <= high
