"""Plurals of English nouns, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.plurals import plural, singulars


@pytest.mark.parametrize(
    ("noun", "many"),
    [
        ("comedy", "comedies"),
        ("thriller", "thrillers"),
        ("play", "plays"),
        ("church", "churches"),
        ("box", "boxes"),
        ("boss", "bosses"),
        ("member of the band", "members of the band"),
    ],
)
def test_a_plural_and_its_singular(noun: str, many: str) -> None:
    assert plural(noun) == many
    assert " of " in noun or noun in singulars(many)


@pytest.mark.parametrize("noun", ["boss", "horror", "s", "is", "", "dices of"])
def test_what_is_no_plural_has_no_singular(noun: str) -> None:
    assert singulars(noun) == ()


@given(st.text(alphabet="abcdehsxyz", min_size=3, max_size=9))
def test_a_singular_is_one_whose_plural_it_is(noun: str) -> None:
    assert noun in singulars(plural(noun)) or plural(noun).endswith("ss")
    assert all(plural(one) == noun for one in singulars(noun))
