"""Tables of interactions: which row counts, and how a bad one is told."""

import gzip
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from kg.errors import InteractionsError, UnknownUserError
from kg.interactions import Interactions, load_interactions
from kg.snapshot import Snapshot
from kg.tables import read_table

TEA, JAM, SOAP = "http://a.example/jam", "http://a.example/soap", "http://a.example/tea"
CATALOGUE = [TEA, JAM, SOAP]
IDS = {"1": TEA, "2": JAM, "3": SOAP}


def load(tmp_path: Path, *tables: str, liked_from: float | None = None, ids: Mapping[str, str] = IDS) -> Interactions:
    files = [tmp_path / f"table{at}.tsv" for at in range(len(tables))]
    for file, text in zip(files, tables, strict=True):
        file.write_text(text.replace(" ", "\t"), "utf-8")
    return load_interactions(files, CATALOGUE, liked_from, ids)


def test_of_several_rows_the_latest_counts(tmp_path: Path) -> None:
    found = load(tmp_path, "user_id item_id rating timestamp\nann 1 2 20\nann 1 5 30\nann 1 1 10\n")
    assert found.history("ann") == {0: 5.0}


def test_of_equal_times_the_last_row_counts(tmp_path: Path) -> None:
    assert load(tmp_path, "user_id item_id rating\nann 1 2\nann 1 4\n").history("ann") == {0: 4.0}
    two = ("user_id item_id rating timestamp\nann 1 2 7\n", "user_id item_id rating timestamp\nann 1 3 7\n")
    assert load(tmp_path, *two).history("ann") == {0: 3.0}


def test_users_keep_the_order_of_their_first_row(tmp_path: Path) -> None:
    found = load(tmp_path, "user_id item_id rating\nzoe 1 2\nann 2 3\nzoe 3 4\n")
    assert found.users == ["zoe", "ann"]
    np.testing.assert_array_equal(found.values.toarray(), [[2, 0, 4], [0, 3, 0]])


def test_without_rating_every_row_is_one(tmp_path: Path) -> None:
    found = load(tmp_path, f"user_id item_iri\nann {JAM}\n")
    assert found.history("ann") == {1: 1.0}
    np.testing.assert_array_equal(found.liked.toarray(), [[0, 1, 0]])


def test_liked_is_what_reaches_the_threshold(tmp_path: Path) -> None:
    found = load(tmp_path, "user_id item_id rating\nann 1 5\nann 2 4\nben 2 3\nben 3 4\n", liked_from=4)
    np.testing.assert_array_equal(found.liked.toarray(), [[1, 1, 0], [0, 0, 1]])
    assert found.popularity.tolist() == [1, 1, 1]
    assert found.liked.nnz == 3


def test_a_rating_of_zero_is_seen_and_not_liked(tmp_path: Path) -> None:
    found = load(tmp_path, "user_id item_id rating\nann 1 0\n", liked_from=4)
    assert found.history("ann") == {0: 0.0}
    assert found.liked.nnz == 0


def test_no_tables_are_no_users() -> None:
    found = load_interactions([], CATALOGUE, None, {})
    assert (found.users, found.values.shape, found.popularity.tolist()) == ([], (0, 3), [0, 0, 0])


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("user_id item_id rating\nann 9 5\n", r"table0\.tsv, line 2: expected a user and a known item"),
        ("user_id item_id rating\nann 1 5\n 1 5\n", r"table0\.tsv, line 3: expected a user"),
        ("user_id item_id rating\nann 1 5\nann 1\n", r"table0\.tsv, line 3: expected 3 fields, got 2"),
        ("user_id item_id rating\nann 1 5\n\n", r"table0\.tsv, line 3: expected 3 fields, got 0"),
        ("user_id item_id rating\nann 1 5 5\n", r"table0\.tsv, line 2: expected 3 fields, got 4"),
        ("user_id item_id rating\nann 1 good\n", r"table0\.tsv, line 2: could not convert"),
        ("user_id item_id rating\nann 1 nan\n", r"table0\.tsv, line 2: expected finite numbers, got 'nan'"),
        ("user_id item_id rating\nann 1 inf\n", r"table0\.tsv, line 2: expected finite numbers"),
        ("user_id item_id rating timestamp\nann 1 5 nan\n", r"table0\.tsv, line 2: expected finite numbers"),
        (
            "user_id item_iri\nann http://a.example/absent\n",
            r"table0\.tsv: item .*absent of user ann is not in the cat",
        ),
        ("who what\nann 1\n", r"table0\.tsv: expected a header line with user_id"),
        ("", r"table0\.tsv: expected a header line with user_id, got \[\]"),
        ("user_id rating\nann 1\n", r"table0\.tsv, line 2: expected a user and a known item"),
    ],
)
def test_a_row_that_does_not_fit_is_told_with_its_line(tmp_path: Path, table: str, told: str) -> None:
    with pytest.raises(InteractionsError, match=told):
        load(tmp_path, table)


def test_quote_marks_are_ordinary_characters(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('a\tb\n"x\ty"\n', "utf-8")
    assert list(read_table(tmp_path / "t.tsv", ["a"])) == [(2, {"a": '"x', "b": 'y"'})]


def test_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes(b"a\tb\r\n1\t2\r\n")
    assert list(read_table(tmp_path / "t.tsv", ["b"])) == [(2, {"a": "1", "b": "2"})]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes(b"\xef\xbb\xbfa\tb\n1\t2\n")
    assert list(read_table(tmp_path / "t.tsv", ["a"])) == [(2, {"a": "1", "b": "2"})]


def test_a_packed_table_is_found_under_its_plain_name(tmp_path: Path) -> None:
    (tmp_path / "t.tsv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    assert list(read_table(tmp_path / "t.tsv", ["a"])) == [(2, {"a": "1"})]
    assert list(read_table(tmp_path / "t.tsv.gz", ["a"])) == [(2, {"a": "1"})]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a\n" + b"1\n" * 999)[:-9],
        b"no gzip",
        gzip.compress(b"a\n\xff\n"),
        gzip.compress(b"a\n1\n")[:12] + b"\xff" * 20,
    ],
    ids=["cut off", "no gzip", "no UTF-8", "garbage inside"],  # what is packed holds the time
)
def test_a_damaged_packed_table_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.tsv.gz").write_bytes(content)
    with pytest.raises(InteractionsError, match=r"cannot read the table .*t\.tsv\.gz"):
        list(read_table(tmp_path / "t.tsv", ["a"]))


def test_a_table_that_breaks_off_names_the_last_line_that_can_be_read(tmp_path: Path) -> None:
    rows = "".join(f"{at * at}\n" for at in range(9999))
    (tmp_path / "t.tsv.gz").write_bytes(gzip.compress(f"a\n{rows}".encode())[:-2000])
    read: list[int] = []
    with pytest.raises(InteractionsError, match="cannot read the table") as caught:
        read.extend(line for line, _ in read_table(tmp_path / "t.tsv", ["a"]))
    assert f" beyond line {read[-1]}: " in str(caught.value)


def test_a_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(InteractionsError, match=r"absent\.tsv"):
        list(read_table(tmp_path / "absent.tsv", ["a"]))


def test_an_unknown_user_is_told_with_near_ones(tiny: Snapshot) -> None:
    with pytest.raises(UnknownUserError, match=r"there is no user 'anne' among 6\. Did you mean ann"):
        tiny.interactions.history("anne")


def test_the_bookshop_has_six_readers(tiny: Snapshot) -> None:
    assert tiny.interactions.users == ["ann", "ben", "cat", "dan", "eve", "fay"]
    by_name = {iri.rsplit("/", 1)[-1]: column for iri, column in tiny.item_columns.items()}
    assert tiny.interactions.history("ann") == {
        by_name["emma"]: 5.0,
        by_name["persuasion"]: 4.0,
        by_name["dracula"]: 2.0,
    }
    liked = dict(zip(by_name, tiny.interactions.popularity.tolist(), strict=True))
    assert liked == {
        "castle": 1,
        "dracula": 2,
        "emma": 2,
        "frankenstein": 3,
        "last_man": 1,
        "persuasion": 1,
        "trial": 1,
        "worlds": 2,
    }


def test_held_out_rows_are_not_in_the_history(tiny: Snapshot) -> None:
    held_out = tiny.domain.held_out(tiny.items)
    assert held_out.values.nnz == 4
    assert len(tiny.interactions.history("ann")) == 3
