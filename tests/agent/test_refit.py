"""Refits: learned from the ledger, swapped whole, and gone with what they rest on."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from agent import refit
from agent.feedback import Feedback
from agent.ledger import Ledger
from agent.refit import Refitter, with_rows
from kg.interactions import Interactions
from kg.snapshot import Snapshot
from tools.ranking.fitting import fit_hybrid
from tools.ranking.history import History
from tools.ranking.hybrid import Hybrid
from tools.ranking.ranker import open_model
from tools.ranking.refits import refits

BOOK = "http://shop.example/book/"


class House:
    """A domain with a ledger, and the models that were swapped in."""

    def __init__(self, snapshot: Snapshot, ledger: Ledger) -> None:
        self.snapshot = snapshot
        self.ledger = ledger
        self.feedback = Feedback(snapshot, ledger)
        self.first = open_model(snapshot)
        self.swapped: list[Hybrid] = []
        self.refitter = self.another()

    def another(self) -> Refitter:
        return Refitter(self.snapshot, self.feedback, self.ledger, self.first, self.swapped.append)

    def folders(self) -> list[str]:
        return [folder.name.rsplit("-", 1)[-1] for folder in refits(self.snapshot.folder)]


@pytest.fixture
def house(tiny: Snapshot, tmp_path: Path) -> Iterator[House]:
    fitted = tmp_path / "fitted"
    fitted.mkdir()
    yield House(replace(tiny, folder=fitted), Ledger(tmp_path / "ledger.sqlite"))
    shutil.rmtree(fitted)


def liked(*columns: int) -> History:
    return History.of_liked(columns)


def test_what_users_say_is_learned(house: House) -> None:
    castle, emma = (house.snapshot.item_columns[BOOK + name] for name in ("castle", "emma"))
    before = house.first.together(castle)[emma]
    for user in ("x", "y", "z"):
        house.feedback.like(user, BOOK + "castle")
        house.feedback.like(user, BOOK + "emma")
    assert house.refitter.run() == 3
    assert house.swapped[-1].together(castle)[emma] > before
    assert house.swapped[-1].popularity[castle] == house.first.popularity[castle] + 3


def test_without_a_ledger_a_refit_is_the_first_model(house: House) -> None:
    assert house.refitter.run() == 0
    history = liked(1, 3)
    np.testing.assert_array_equal(house.swapped[-1].totals(history), house.first.totals(history))


def test_a_rating_takes_the_place_of_the_one_in_the_history(house: House) -> None:
    user, trial = house.snapshot.interactions.users[0], house.snapshot.item_columns[BOOK + "trial"]
    house.feedback.rate(user, BOOK + "trial", 5.0)
    house.refitter.run()
    assert house.swapped[-1].popularity[trial] == house.first.popularity[trial] + 1


def test_the_newest_refit_is_opened_and_the_others_are_gone(house: House) -> None:
    house.feedback.like("x", BOOK + "castle")
    house.refitter.run()
    house.feedback.like("x", BOOK + "emma")
    house.refitter.run()
    assert house.folders() == ["000000000002"]
    house.another().open()
    history = liked(1, 3)
    np.testing.assert_array_equal(house.swapped[-1].totals(history), house.swapped[-2].totals(history))


def test_erasing_takes_the_refits_along(house: House) -> None:
    house.feedback.like("x", BOOK + "castle")
    house.refitter.run()
    house.feedback.erase("x")
    assert house.folders() == []
    house.refitter.forget()
    assert house.swapped[-1] is house.first


def test_what_is_erased_during_a_refit_does_not_live_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.feedback.like("x", BOOK + "castle")
    fit = fit_hybrid

    def slow(*arguments: object, **named: object) -> Hybrid:
        model = fit(*arguments, **named)  # type: ignore[arg-type]
        house.feedback.erase("x")
        return model

    monkeypatch.setattr(refit, "fit_hybrid", slow)
    house.refitter.run()
    assert house.folders() == []
    assert house.swapped == [house.first]


def test_a_refit_that_fails_leaves_the_model_before(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.feedback.like("x", BOOK + "castle")
    house.refitter.run()
    house.feedback.like("x", BOOK + "emma")
    monkeypatch.setattr(Hybrid, "save", _full)
    with pytest.raises(OSError, match="the disk is full"):
        house.refitter.run()
    assert house.folders() == ["000000000001"]
    assert len(house.swapped) == 1


def _full(_: Hybrid, folder: Path) -> None:
    (folder / "popularity.npy").write_bytes(b"half")
    raise OSError("the disk is full")


def test_it_begins_by_itself_when_enough_was_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refit, "DUE_AFTER", 3)
    for name in ("castle", "emma"):
        house.feedback.like("x", BOOK + name)
    house.refitter.run_if_due()
    house.refitter.wait()
    assert house.swapped == []
    house.feedback.like("x", BOOK + "dracula")
    house.refitter.run_if_due()
    house.refitter.wait()
    assert len(house.swapped) == 1
    assert not house.refitter.is_due()


def test_only_one_refit_runs_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refit, "DUE_AFTER", 1)
    house.feedback.like("x", BOOK + "castle")
    running, go_on = threading.Event(), threading.Event()
    fit, fits = fit_hybrid, list[int]()

    def slow(*arguments: object, **named: object) -> Hybrid:
        fits.append(1)
        running.set()
        go_on.wait(10)
        return fit(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(refit, "fit_hybrid", slow)
    house.refitter.run_if_due()
    assert running.wait(10)
    house.refitter.run_if_due()
    go_on.set()
    house.refitter.wait()
    assert len(fits) == 1


def test_rows_are_replaced_and_added(tiny: Snapshot) -> None:
    first = tiny.interactions.users[0]
    got = with_rows(tiny.interactions, {first: {2: 1.0}, "new": {0: 5.0, 7: 4.0}}, {})
    assert list(got.users) == [*tiny.interactions.users, "new"]
    assert got.history(first) == {2: 1.0}
    assert got.history("new") == {0: 5.0, 7: 4.0}
    others = tiny.interactions.users[1:]
    assert [got.history(user) for user in others] == [tiny.interactions.history(user) for user in others]


def test_a_row_without_moments_counts_as_the_latest() -> None:
    values = sparse.csr_matrix(np.array([[5.0, 4.0, 0.0]], np.float32))
    times = sparse.csr_matrix(np.array([[10.0, 20.0, 0.0]]))
    known = Interactions(["u"], ["a", "b", "c"], values, 4.0, times)
    got = with_rows(known, {"u": {0: 5.0, 1: 4.0, 2: 5.0}}, {"u": {0: 10.0, 1: 20.0}})
    assert got.moments("u") == {0: 10.0, 1: 20.0, 2: 20.0}


def test_what_was_never_finished_goes_with_an_erasure(house: House) -> None:
    house.feedback.like("x", BOOK + "castle")
    partial = house.snapshot.folder / "refit-abc-000000000007.partial"
    partial.mkdir()
    (partial / "items.npy").write_bytes(b"half of what x likes")
    house.feedback.erase("x")
    assert not partial.exists()


def test_who_erases_and_speaks_again_during_a_refit_is_not_learned(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.feedback.like("x", BOOK + "castle")

    def slow(*arguments: object, **named: object) -> Hybrid:
        model = fit_hybrid(*arguments, **named)  # type: ignore[arg-type]
        house.feedback.erase("x")
        house.feedback.like("x", BOOK + "emma")
        return model

    monkeypatch.setattr(refit, "fit_hybrid", slow)
    house.refitter.run()
    assert house.swapped == [house.first]


def test_a_refit_that_another_process_dropped_ranks_no_more(house: House) -> None:
    house.feedback.like("x", BOOK + "castle")
    house.refitter.run()
    house.feedback.erase("x")  # as the command does, without this process
    house.refitter.run_if_due()
    assert house.swapped[-1] is house.first


def test_a_damaged_refit_is_dropped(house: House) -> None:
    house.feedback.like("x", BOOK + "castle")
    house.refitter.run()
    (folder,) = refits(house.snapshot.folder)
    (folder / "items.npy").write_bytes(b"")
    house.another().open()
    assert house.folders() == []
    assert len(house.swapped) == 1
