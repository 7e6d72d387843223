"""The trigram index: what it finds, and that changing it is as good as building it."""

import sqlite3
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import trigram_kernels, trigrams

TEXTS = st.text(alphabet="abc é审\U0001f600", max_size=8)
LABELS = st.dictionaries(st.integers(1, 60), TEXTS, max_size=12)


def built(labels: Mapping[int, str]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(trigrams.SCHEMA)
    trigrams.build_trigrams(connection, sorted(labels.items()))
    return connection


def rows(connection: sqlite3.Connection) -> list[tuple[int, int, bytes]]:
    return connection.execute("SELECT * FROM trigrams ORDER BY gram").fetchall()


def similar(labels: Mapping[int, str], text: str, limit: int = 10) -> list[int]:
    return trigrams.read_trigrams(built(labels)).similar_labels(text, limit)


def test_a_text_has_each_trigram_once() -> None:
    assert len(trigrams.grams_of("ababab")) == 2
    assert trigrams.grams_of("ab") == []


@pytest.mark.slow
@given(LABELS)
def test_each_trigram_counts_the_labels_that_hold_it(labels: dict[int, str]) -> None:
    expected: dict[int, int] = {}
    for text in labels.values():
        for start in range(len(text) - 2):
            gram = trigrams.grams_of(text[start : start + 3])[0]
            expected[gram] = sum(text[start : start + 3] in other for other in labels.values())
    index = trigrams.read_trigrams(built(labels))
    assert dict(zip(index.grams.tolist(), np.diff(index.bounds).tolist(), strict=True)) == expected


@pytest.mark.slow
@given(LABELS, LABELS)
def test_a_changed_index_is_as_one_built_anew(before: dict[int, str], after: dict[int, str]) -> None:
    changed = built(before)
    trigrams.change_trigrams(changed, before.items(), after.items())
    assert rows(changed) == rows(built(after))


@pytest.mark.slow
@given(LABELS, TEXTS.filter(lambda text: len(text) >= 3))
def test_a_label_is_found_by_itself(labels: dict[int, str], text: str) -> None:
    assert 61 in similar({**labels, 61: text}, text, limit=13)


def test_the_nearest_in_length_comes_first_where_as_many_are_shared() -> None:
    assert similar({1: "frankenstein and the monster", 2: "frankenstein", 4: "dracula"}, "frankenstien") == [2, 1]


def test_no_label_and_no_trigram_find_nothing() -> None:
    assert similar({}, "dracula") == []
    assert similar({1: "dracula"}, "dr") == []
    assert similar({1: "dracula"}, "xyz") == []


def test_the_pool_is_limited() -> None:
    assert similar(dict.fromkeys(range(1, 50), "dracula"), "dracula", limit=3) == [1, 2, 3]


def plainly_similar(labels: Mapping[int, str], text: str, limit: int) -> list[int]:
    """Search as `TrigramIndex.similar_labels` does where few labels hold each trigram, one step after another."""
    held = {label: set(trigrams.grams_of(one)) for label, one in labels.items()}
    sizes = Counter(gram for grams in held.values() for gram in grams)
    rarest = sorted((sizes[gram], gram) for gram in trigrams.grams_of(text) if gram in sizes)[: trigram_kernels.MOST]
    shared = {label: sum(gram in grams for _, gram in rarest) for label, grams in held.items()}
    most = max(shared.values(), default=0)
    floor = next(
        (n for n in range(most, 0, -1) if sum(one >= n for one in shared.values()) >= limit // 2 or 2 * (n - 1) < most),
        1,
    )
    found = [label for label in labels if shared[label] >= floor]
    return sorted(found, key=lambda one: (-shared[one], abs(len(labels[one]) - len(text)), one))[:limit]


@pytest.mark.slow
@given(st.dictionaries(st.integers(1, 200), st.text(alphabet="abcd", max_size=12), max_size=40), st.integers(1, 20))
def test_a_search_finds_what_the_same_steps_in_plain_find(labels: dict[int, str], limit: int) -> None:
    for text in ["abcdabcd", "aabbccddaabb", *labels.values()]:
        assert similar(labels, text, limit) == plainly_similar(labels, text, limit)


def test_a_frequent_trigram_is_not_read_beyond_the_least() -> None:
    def first(held_by: int) -> int:
        labels = dict.fromkeys(range(1, held_by), "abcdefg") | dict.fromkeys(range(held_by, 3 * held_by), "zfgh")
        return similar({**labels, 3 * held_by: "bcdefghz"}, "abcdefgh", limit=1)[0]

    assert first(9) == 27  # shares five of the six, as the others do, and is as long
    assert first(trigram_kernels.READ) == 1  # where "fgh" is not read, it shares four
