"""The search for settings: folds that never look ahead, and a search that one seed repeats."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from agent.cli.main import run
from eval.harness import write_settings
from eval.split import Split
from eval.tune import FOLD_SHARE, Choice, Search, folds_of
from kg.interactions import Interactions
from kg.snapshot import Snapshot
from kg.user_attributes import UserAttributes
from tools.ranking.settings import SETTINGS_FILE, TIMED_RATINGS, RankingSettings, ranking_settings

SMALL = TIMED_RATINGS.model_copy(update={"dim": 4, "n_fits": 1})


@pytest.fixture
def history(rng: np.random.Generator) -> Interactions:
    """Twelve users with 18 ratings each, one a second, in an order of their own."""
    columns = np.concatenate([np.sort(rng.permutation(24)[:18]) for _ in range(12)])
    indptr = np.arange(0, 12 * 18 + 1, 18)
    moments = np.concatenate([rng.permutation(18) + 1.0 for _ in range(12)])
    values = sparse.csr_matrix((rng.integers(3, 6, len(columns)).astype(np.float32), columns, indptr), shape=(12, 24))
    times = sparse.csr_matrix((moments, columns, indptr), shape=(12, 24))
    return Interactions([f"u{n}" for n in range(12)], [f"i{n}" for n in range(24)], values, 4.0, times)


def related(rng: np.random.Generator) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.eye(5, dtype=np.float32)[rng.integers(0, 5, 24)])


def test_each_fold_is_scored_on_what_came_right_after_what_it_is_fitted_on(history: Interactions) -> None:
    for number, fold in enumerate(folds_of(history, 3, 0)):
        assert fold.fit.times is not None
        for user in fold.fit.users:
            moments = history.moments(user)
            fitted, end = fold.fit.history(user), 18 - 2 * number
            assert sorted(moments[column] for column in fitted) == list(range(1, end - 2 + 1))
        relevant = fold.relevant.toarray()
        for row, user in enumerate(fold.users):
            moments = history.moments(user)
            assert {moments[column] for column in np.flatnonzero(relevant[row]).tolist()} <= {end - 1.0, float(end)}


def test_without_times_folds_are_drawn_at_random(history: Interactions) -> None:
    folds = folds_of(replace(history, times=None), 2, 0)
    assert {fold.fit.values.nnz for fold in folds} == {12 * (18 - round(18 * FOLD_SHARE))}
    assert (folds[0].fit.values.toarray() != folds[1].fit.values.toarray()).any()


def test_one_seed_draws_the_same_folds(history: Interactions) -> None:
    untimed = replace(history, times=None)
    one, other = folds_of(untimed, 2, 5), folds_of(untimed, 2, 5)
    assert all(equal(a, b) for a, b in zip(one, other, strict=True))


def equal(one: Split, other: Split) -> bool:
    pairs = (one.fit.values, other.fit.values), (one.relevant, other.relevant)
    return all(bool((mine.toarray() == theirs.toarray()).all()) for mine, theirs in pairs)


def test_a_search_is_never_worse_than_its_beginning_and_repeats(
    history: Interactions, rng: np.random.Generator
) -> None:
    attributes, said = related(rng), list[str]()
    found = [Search(folds_of(history, 2, 0), attributes, 3).run(SMALL, 2, said.append) for _ in range(2)]
    assert found[0] == found[1]
    report = found[0]
    assert report.begun.settings == SMALL
    assert report.best.value == max(one.value for one in report.rounds) >= report.begun.value
    assert len(said) == 4
    assert said[1].startswith("Round 2 of 2: ")


def test_settings_are_written_for_the_next_fit(tiny: Snapshot, tmp_path: Path) -> None:
    snapshot = replace(tiny, domain=replace(tiny.domain, folder=tmp_path))
    path = write_settings(snapshot, SMALL)
    assert tomllib.loads(path.read_text("utf-8"))["dim"] == 4
    assert ranking_settings(tmp_path, tiny.interactions) == SMALL
    assert [one.name for one in tmp_path.iterdir()] == [SETTINGS_FILE]


def test_the_command_tells_what_it_found(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["eval", "tune", "--domain", str(shop), "--rounds", "1", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["best"]["value"] >= document["begun"]["value"]
    assert (len(document["rounds"]), document["written"]) == (1, None)


def test_the_weight_of_users_attributes_is_tried_where_they_are_known(
    history: Interactions, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eval.tune.WEIGHED", {"user": (0.0, 5.0)})
    people = UserAttributes(("shift a", "shift b"), (0, 0), {f"u{row}": (row % 2,) for row in range(12)})
    tried: list[float] = []

    def choice(_: object, settings: RankingSettings) -> Choice:
        tried.append(settings.user)
        return Choice(settings, 0.0)

    for known in (history, replace(history, user_attributes=people)):
        search = Search(folds_of(known, 1, 0), related(rng), 3)
        monkeypatch.setattr(search, "_choice", choice)
        search.run(SMALL, 1, lambda _: None)
    # What is in force is scored twice, as the beginning and as the first round.
    assert tried == [SMALL.user, SMALL.user, SMALL.user, SMALL.user, 0.0, 5.0]


def test_what_is_drawn_is_allowed(
    history: Interactions, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shares are 1 at most, though they are drawn around 1."""
    monkeypatch.setattr("eval.tune.WEIGHED", {})
    tried: list[RankingSettings] = []

    def choice(_: object, settings: RankingSettings) -> Choice:
        tried.append(settings)
        return Choice(settings, 0.0)

    search = Search(folds_of(history, 1, 0), related(rng), 3)
    monkeypatch.setattr(search, "_choice", choice)
    assert SMALL.seen == 1
    search.run(SMALL, 8, lambda _: None)
    assert len({one.seen for one in tried}) > 1
    for one in tried:
        RankingSettings.model_validate(one.model_dump())
