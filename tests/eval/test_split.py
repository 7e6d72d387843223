"""What is fitted on, what is scored, and what counts as found."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.errors import NothingToScoreError
from eval.split import cut_at_random, keep, parts_of, pick_rows, pick_users, split_next
from kg.domain import Domain
from kg.manifest import load_manifest
from kg.snapshot import Snapshot
from kg.user_attributes import UserAttributes
from tests.eval.conftest import interactions


def test_relevant_is_liked_and_not_seen() -> None:
    fit = interactions([[5, 0, 0, 0], [0, 4, 0, 0], [0, 0, 1, 0]])
    held = interactions([[5, 4, 3, 0], [0, 5, 0, 2], [0, 0, 0, 4]])
    got = split_next(fit, held, "")
    assert list(got.users) == ["u0", "u2"]
    assert got.relevant.toarray().tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    assert got.seen.toarray().tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert got.skipped == 1


def test_a_user_without_history_is_scored_too() -> None:
    fit = replace(interactions([[5, 0]]), users=["someone else"])
    got = split_next(fit, interactions([[0, 4]]), "")
    assert list(got.users) == ["u0"]
    assert got.histories.values.nnz == 0


def test_what_is_known_of_users_stays_with_every_part() -> None:
    people = UserAttributes(("gender f", "gender m"), (0, 0), {"u0": (0,), "u1": (1,), "nobody": (0,)})
    known = replace(interactions([[5, 0, 4], [0, 2, 4]]), user_attributes=people)
    got = split_next(keep(known, np.array([True, False, True, True])), interactions([[0, 4, 0], [4, 0, 0]]), "")
    parts = (got.fit, got.histories, *cut_at_random(known, 0), pick_rows(known, np.array([1])))
    assert all(part.user_attributes is people for part in parts)
    assert people.matrix(pick_users(known, ["u1", "nobody", "new"]).users).toarray().tolist() == [
        [0, 1],
        [1, 0],
        [0, 0],
    ]


def test_nothing_to_find_says_what_to_do() -> None:
    with pytest.raises(NothingToScoreError, match="liked_from"):
        split_next(interactions([[5, 0]]), interactions([[5, 1]]), "")


def test_users_are_picked_by_name_with_their_times() -> None:
    known = interactions([[5, 0, 3], [0, 2, 0]], times=[[10, 0, 20], [0, 30, 0]])
    got = pick_users(known, ["u1", "nobody", "u0"])
    assert got.values.toarray().tolist() == [[0, 2, 0], [0, 0, 0], [5, 0, 3]]
    assert got.times is not None
    assert got.times.toarray().tolist() == [[0, 30, 0], [0, 0, 0], [10, 0, 20]]


def test_groups_by_the_second_of_the_cut() -> None:
    fit = interactions([[5, 4, 0], [5, 0, 0]], times=[[10, 20, 0], [7, 0, 0]])
    held = interactions([[0, 0, 5], [0, 5, 5]], times=[[0, 0, 20], [0, 9, 8]])
    same = split_next(fit, held, "").same_moment
    assert same is not None
    assert same.tolist() == [True, False]


def test_no_times_no_groups() -> None:
    assert split_next(interactions([[5, 0]]), interactions([[0, 5]]), "").same_moment is None


def test_a_random_cut_parts_each_user_and_loses_nothing(rng: np.random.Generator) -> None:
    whole = interactions(np.where(rng.random((6, 30)) < 0.6, 5, 0).tolist())
    kept, held = cut_at_random(whole, 1)
    assert (kept.values + held.values != whole.values).nnz == 0
    sizes = np.diff(whole.values.indptr)
    assert np.diff(held.values.indptr).tolist() == [max(int(0.2 * size), 1) for size in sizes]


def test_one_interaction_is_never_held_out() -> None:
    kept, held = cut_at_random(interactions([[5, 0], [5, 4]]), 1)
    assert np.diff(kept.values.indptr).tolist() == [1, 1]
    assert np.diff(held.values.indptr).tolist() == [0, 1]


def test_a_stored_zero_stays_an_interaction() -> None:
    whole = interactions([[5, 4, 3]])
    whole.values.data[1] = 0.0
    assert keep(whole, np.array([True, True, False])).values.nnz == 2


def pairs(snapshot: Snapshot, folder: Path, part: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]], str]:
    assert part in ("test", "valid")
    fit, held, note = parts_of(Domain(folder, load_manifest(folder)), snapshot.items, part, 0)  # type: ignore[arg-type]
    told = [
        {
            (user, items.rpartition("/")[2])
            for row, user in enumerate(one.users)
            for items in np.array(one.items)[one.values[row].indices]
        }
        for one in (fit, held)
    ]
    return told[0], told[1], note


def test_valid_is_the_last_table_of_the_history(tiny: Snapshot, shop: Path) -> None:
    fit, held, note = pairs(tiny, shop, "valid")
    assert held == {("ann", "worlds"), ("ben", "trial"), ("cat", "persuasion")}
    assert len(fit) == 16
    assert note == "scored on valid.tsv"


def test_test_is_held_out_and_the_history_is_whole(tiny: Snapshot, shop: Path) -> None:
    fit, held, note = pairs(tiny, shop, "test")
    assert held == {("ann", "frankenstein"), ("ben", "last_man"), ("dan", "dracula"), ("eve", "castle")}
    assert len(fit) == 19
    assert note == "scored on test.tsv"


def test_without_tables_a_seeded_cut_keeps_test_out_of_valid(tiny: Snapshot, shop: Path) -> None:
    manifest = shop / "domain.toml"
    manifest.write_text(manifest.read_text("utf-8").replace('held_out = ["test.tsv"]', ""), "utf-8")
    fit, test, note = pairs(tiny, shop, "test")
    earlier, valid, _ = pairs(tiny, shop, "valid")
    assert fit == earlier | valid
    assert not (test & fit)
    assert not (valid & earlier)
    assert "random 20%" in note
    assert pairs(tiny, shop, "test")[1] == test
