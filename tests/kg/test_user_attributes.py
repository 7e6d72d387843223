"""Attributes of users: which columns of a table tell groups of people apart, and how a bad table is told."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from kg.domain import Domain
from kg.errors import DomainError, InteractionsError, ManifestError
from kg.manifest import MANIFEST_FILE, load_manifest
from kg.user_attributes import HOLDERS, NO_ATTRIBUTES, UserAttributes, load_user_attributes

READERS = ("ann", "ben", "cat", "dan", "eve", "fay")


def load(
    folder: Path, rows: Sequence[Sequence[object]], header: Sequence[str], wanted: Sequence[str] | None = None
) -> UserAttributes:
    file = folder / "users.tsv"
    lines = ["\t".join(map(str, row)) for row in [header, *rows]]
    file.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return load_user_attributes(file, wanted)


def test_texts_that_ten_people_share_are_attributes(tmp_path: Path) -> None:
    jobs = ["baker"] * 10 + ["miller"] * 11 + ["judge"] * 9
    found = load(tmp_path, [(f"u{at}", job) for at, job in enumerate(jobs)], ("user_id", "job"))
    assert (found.names, found.groups) == (("job baker", "job miller"), (0, 0))
    assert (found.of("u0"), found.of("u10"), found.of("u29")) == ((0,), (1,), ())  # nine judges are none


def test_numbers_are_put_into_ranges_of_as_many_people(tmp_path: Path) -> None:
    found = load(tmp_path, [(f"u{at}", 20 + at // 10) for at in range(120)], ("user_id", "age"))
    assert found.names == tuple(f"age {low} to {low + 1}" for low in range(20, 32, 2))
    assert [found.of(f"u{at}") for at in (0, 19, 20, 119)] == [(0,), (0,), (1,), (5,)]


def test_a_few_numbers_are_names(tmp_path: Path) -> None:
    found = load(tmp_path, [(f"u{at}", 1 + at % 3) for at in range(30)], ("user_id", "branch"))
    assert found.names == ("branch 1", "branch 2", "branch 3")


def test_a_number_that_most_people_share_is_a_range_of_its_own(tmp_path: Path) -> None:
    numbers = [30] * 100 + [20 + at for at in range(7) for _ in range(10)]
    found = load(tmp_path, [(f"u{at}", number) for at, number in enumerate(numbers)], ("user_id", "age"))
    assert found.names == ("age 20 to 21", "age 22 to 24", "age 25 to 26", "age 30")
    assert found.of("u0") == (3,)


def test_an_empty_field_is_no_attribute(tmp_path: Path) -> None:
    rows = [(f"u{at}", "f" if at % 2 else "", "old" if at > 14 else "young") for at in range(30)]
    rows[0] = ("u0", " ", "young")
    found = load(tmp_path, [(*row,) for row in [*rows, *((f"v{at}", "m", "old") for at in range(10))]], HEADER)
    assert found.names == ("gender f", "gender m", "time old", "time young")
    assert (found.of("u0"), found.of("u1"), found.of("nobody")) == ((3,), (0, 3), ())


HEADER = ("user_id", "gender", "time")


def test_what_says_who_somebody_is_is_left_out(tmp_path: Path) -> None:
    # A name and a number of one's own, a text with many values, and one value for all.
    rows = [(f"u{at}", f"name {at}", 1000 + at, f"street {at % 60}", "here") for at in range(600)]
    assert load(tmp_path, rows, ("user_id", "name", "code", "street", "place")).names == ()
    # A street that is asked for is used: ten people live in each.
    assert len(load(tmp_path, rows, ("user_id", "name", "code", "street", "place"), ["street"]).names) == 60


def test_only_wanted_columns_are_used(tmp_path: Path) -> None:
    rows = [(f"u{at}", "fm"[at % 2], "ab"[at // 20]) for at in range(40)]
    assert load(tmp_path, rows, HEADER, ["time"]).names == ("time a", "time b")
    assert load(tmp_path, rows, HEADER).names == ("gender f", "gender m", "time a", "time b")


def test_a_table_of_ids_alone_has_none(tmp_path: Path) -> None:
    assert load(tmp_path, [("ann",), ("ben",)], ("user_id",)) == NO_ATTRIBUTES
    assert load(tmp_path, [], HEADER) == NO_ATTRIBUTES


def test_the_matrix_has_a_row_for_everybody_who_is_asked_for() -> None:
    known = UserAttributes(("gender f", "gender m", "age 1 to 2"), (0, 0, 1), {"ann": (0, 2), "ben": (1,)})
    found = known.matrix(["ben", "gus", "ann"])
    assert found.dtype == np.float32
    assert found.toarray().tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 1]]
    assert NO_ATTRIBUTES.matrix(["ann"]).shape == (1, 0)
    assert known.matrix([]).shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("user_id\tage\nann\t3\nann\t4\n", r"users\.tsv, line 3: expected a user who is not named above, got 'ann'"),
        ("user_id\tage\nann\t3\n\t4\n", r"users\.tsv, line 3: expected a user who is not named above, got ''"),
        ("user_id\tage\nann\n", r"users\.tsv, line 2: expected 2 fields, got 1"),
        ("who\tage\nann\t3\n", r"users\.tsv: expected a header line with user_id, got \['who', 'age'\]"),
        ("", r"users\.tsv: expected a header line with user_id"),
    ],
)
def test_a_row_that_does_not_fit_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "users.tsv").write_text(text, "utf-8")
    with pytest.raises(InteractionsError, match=told):
        load_user_attributes(tmp_path / "users.tsv")


def test_a_wanted_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InteractionsError, match=r"names the column 'agee'.*Did you mean gender, time"):
        load(tmp_path, [("ann", "f", "old")], HEADER, ["agee"])


def test_a_wanted_column_that_says_nothing_about_others_is_told(tmp_path: Path) -> None:
    rows = [(f"u{at}", "fm"[at % 2], at) for at in range(2 * HOLDERS)]
    with pytest.raises(InteractionsError, match=r"the column 'gender' has no two values that 10 users share"):
        load(tmp_path, rows[:-1], HEADER, ["gender"])
    assert load(tmp_path, rows, HEADER, ["gender"]).names == ("gender f", "gender m")


class TestDomain:
    @pytest.fixture
    def shop(self, tiny_domain: Path, tmp_path: Path) -> Callable[[str], Domain]:
        """The bookshop with a table of users and more in its manifest."""
        folder = shutil.copytree(tiny_domain, tmp_path / "bookshop")
        plain = (folder / MANIFEST_FILE).read_text("utf-8")
        rows = [*READERS, *(f"other{at}" for at in range(18))]
        table = "".join(f"{user}\t{'fm'[at % 2]}\t{'ab'[at // 12]}\n" for at, user in enumerate(rows))
        (folder / "users.tsv").write_text(f"user_id\tgender\tshift\n{table}", "utf-8")

        def opened(more: str) -> Domain:
            (folder / MANIFEST_FILE).write_text(plain.replace("[interactions]", f"[interactions]\n{more}"), "utf-8")
            return Domain(folder, load_manifest(folder))

        return opened

    def test_the_history_comes_with_what_is_known_of_its_users(self, shop: Callable[[str], Domain]) -> None:
        domain = shop('users = "users.tsv"')
        known = domain.history(sorted(domain.item_ids.values())).user_attributes
        assert known.names == ("gender f", "gender m", "shift a", "shift b")
        assert (known.of("ann"), known.of("ben"), known.of("other17")) == ((0, 2), (1, 2), (1, 3))
        assert domain.held_out(sorted(domain.item_ids.values())).user_attributes == known

    @pytest.mark.parametrize("more", ["", 'users = "users.tsv"\nuser_attributes = []'])
    def test_without_a_table_or_where_none_are_wanted_nothing_is_known(
        self, shop: Callable[[str], Domain], more: str
    ) -> None:
        assert shop(more).user_attributes == NO_ATTRIBUTES

    def test_the_manifest_says_which_are_used(self, shop: Callable[[str], Domain]) -> None:
        domain = shop('users = "users.tsv"\nuser_attributes = ["shift"]')
        assert domain.user_attributes.names == ("shift a", "shift b")

    def test_what_is_fitted_depends_on_the_table_and_on_what_is_wanted(self, shop: Callable[[str], Domain]) -> None:
        before, none = (shop(f'users = "users.tsv"{more}').fingerprint for more in ("", "\nuser_attributes = []"))
        domain = shop('users = "users.tsv"')
        assert before == domain.fingerprint != none
        with (domain.folder / "users.tsv").open("a") as table:
            table.write("gus\tm\ta\n")
        assert shop('users = "users.tsv"').fingerprint != before

    def test_a_table_that_is_not_there_is_named(self, shop: Callable[[str], Domain]) -> None:
        with pytest.raises(DomainError, match=r"names people\.tsv, which is not there"):
            _ = shop('users = "people.tsv"').user_attributes

    def test_attributes_of_no_table_are_refused(self, shop: Callable[[str], Domain]) -> None:
        with pytest.raises(ManifestError, match=r"`user_attributes` names columns of the table `users`"):
            shop('user_attributes = ["gender"]')


def test_the_people_of_movielens_have_an_age_a_gender_and_an_occupation(shared_data: Path) -> None:
    found = load_user_attributes(shared_data / "ml100k" / "users.tsv")
    assert {name.split(" ")[0] for name in found.names} == {"age", "gender", "occupation"}
    assert len(found.held) == 943
    assert [found.names[column] for column in found.of("1")] == ["age 22 to 26", "gender M", "occupation technician"]
