"""The trigram index: what it finds, and that changing it is as good as building it."""

import sqlite3
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from kg import trigrams

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
    connection = built(labels)
    return trigrams.similar_labels(connection, trigrams.trigram_sizes(connection), text, limit)


def test_a_text_has_each_trigram_once() -> None:
    assert len(trigrams.grams_of("ababab")) == 2
    assert trigrams.grams_of("ab") == []


@given(LABELS)
def test_each_trigram_counts_the_labels_that_hold_it(labels: dict[int, str]) -> None:
    expected: dict[int, int] = {}
    for text in labels.values():
        for start in range(len(text) - 2):
            gram = trigrams.grams_of(text[start : start + 3])[0]
            expected[gram] = sum(text[start : start + 3] in other for other in labels.values())
    assert trigrams.trigram_sizes(built(labels)) == expected


@given(LABELS, LABELS)
def test_a_changed_index_is_as_one_built_anew(before: dict[int, str], after: dict[int, str]) -> None:
    changed = built(before)
    trigrams.change_trigrams(changed, before.items(), after.items())
    assert rows(changed) == rows(built(after))


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
