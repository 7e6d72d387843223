"""Our ranker in the harness: what is left out is left out, and knobs turn."""

import json
from dataclasses import replace

import numpy as np
import pytest

from agent.cli.main import run
from eval.ours import PARTS, Ours, our_models
from eval.scale import made_up, measure_scale
from kg.snapshot import Snapshot
from kg.user_attributes import UserAttributes
from tools.ranking.history import histories_of


@pytest.fixture(scope="module")
def whole(tiny: Snapshot) -> Ours:
    model = Ours(tiny)
    model.fit(tiny.interactions)
    return model


def test_names_tell_what_is_different(tiny: Snapshot) -> None:
    models = our_models(tiny, 0, without=["graph", "item-item,averaging"], explore=[0.5], diversity=[0.25])
    assert [one.name for one in models] == [
        "Thence",
        "Thence without graph",
        "Thence without averaging, item-item",
        "Thence explore 0.5",
        "Thence diversity 0.25",
    ]


@pytest.mark.parametrize("part", PARTS)
def test_a_model_cut_from_the_whole_is_one_fitted_alone(tiny: Snapshot, whole: Ours, part: str) -> None:
    cut, alone = (Ours(tiny, without=frozenset((part,)), whole=one) for one in (whole, None))
    for model in (cut, alone):
        model.fit(tiny.interactions)
    np.testing.assert_allclose(cut.score(tiny.interactions), alone.score(tiny.interactions), atol=1e-5)


def test_without_the_users_attributes_only_what_they_say_is_gone(tiny: Snapshot) -> None:
    people = UserAttributes(("shift a", "shift b"), (0, 0), {"ann": (0,), "ben": (1,), "cat": (0,)})
    known = replace(tiny.interactions, user_attributes=people)
    whole = Ours(tiny)
    whole.fit(known)
    cut = Ours(tiny, without=frozenset(("user",)), whole=whole)
    cut.fit(known)
    change = whole.score(known) - cut.score(known)
    lifts = whole.model.lifts.of_attributes(histories_of(known, whole.settings))
    weights = [whole.model.user_weight(one) for one in histories_of(known, whole.settings)]
    np.testing.assert_allclose(change, np.array(weights)[:, None] * lifts, atol=1e-5)
    assert change.any(axis=1).tolist() == [True, True, True, False, False, False]


def test_without_recency_times_say_nothing(tiny: Snapshot) -> None:
    model = Ours(tiny, without=frozenset(("recency",)))
    model.fit(tiny.interactions)
    assert model.settings.recency == 0
    assert model.model.settings == model.settings


def test_more_exploring_raises_what_nobody_liked(tiny: Snapshot, whole: Ours) -> None:
    unseen = np.flatnonzero(tiny.interactions.popularity == 0)
    more = Ours(tiny, explore=1.0, whole=whole)
    more.fit(tiny.interactions)
    change = more.score(tiny.interactions) - whole.score(tiny.interactions)
    assert not change[:, np.setdiff1d(np.arange(len(tiny.items)), unseen)].any()


def test_a_diverse_list_begins_with_the_best_and_holds_the_unseen_first(tiny: Snapshot, whole: Ours) -> None:
    diverse = Ours(tiny, diversity=0.5, whole=whole)
    diverse.fit(tiny.interactions)
    plain, changed = whole.score(tiny.interactions), diverse.score(tiny.interactions)
    for row, user in enumerate(tiny.interactions.users):
        seen = list(tiny.interactions.history(user))
        left = np.setdiff1d(np.arange(len(tiny.items)), seen)
        assert left[plain[row, left].argmax()] == left[changed[row, left].argmax()]
        assert changed[row, left].min() > changed[row, seen].max()
        assert len(set(changed[row, left])) == len(left)


def test_made_up_likes_have_a_long_tail() -> None:
    interactions, attributes = made_up(400, 300, 0)
    likes = np.sort(interactions.popularity)[::-1]
    assert likes[:40].sum() > likes[200:].sum()
    np.testing.assert_allclose(np.sqrt(attributes.multiply(attributes).sum(axis=1)), 1.0, atol=0.5)
    assert interactions.liked.nnz <= 300 * 40


def test_a_size_is_measured_with_its_peers() -> None:
    report = measure_scale(60, 40, 0, "cpu", lambda _: None)
    assert [row.name for row in report.rows] == ["Thence, likes", "Thence, ratings", "ALS", "EASE"]
    assert all(row.fit_seconds > 0 and row.one_user_ms > 0 and row.batch_seconds > 0 for row in report.rows)
    assert (report.covered_likes, report.batch) == (1.0, 40)


def test_the_command_prints_a_table_and_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["eval", "scale", "--items", "60", "--users", "40", "--device", "cpu"]
    assert run(asked) == 0
    assert "one user, ms" in capsys.readouterr().out
    assert run([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_items"] == 60
