"""One suite for every model: shape, finite scores, seeds; then what each of them says by hand."""

from collections.abc import Callable

import numpy as np
import pytest

from eval.baselines import Als, Bpr, Ease, ItemKNN, MostPopular
from eval.models import RankingModel
from eval.ours import Ours
from eval.split import pick_users
from kg.interactions import Interactions
from kg.snapshot import Snapshot
from tests.eval.conftest import interactions

MAKERS: dict[str, Callable[[Snapshot], RankingModel]] = {
    "popular": lambda _: MostPopular(),
    "knn": lambda _: ItemKNN(),
    "ease": lambda _: Ease(),
    "als": lambda _: Als(7, iterations=3),
    "bpr": lambda _: Bpr(7, iterations=3),
    "ours": Ours,
    "ours without a part": lambda snapshot: Ours(snapshot, without=frozenset(("graph",))),
}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest, tiny: Snapshot) -> Callable[[], RankingModel]:
    maker = MAKERS[request.param]
    return lambda: maker(tiny)


@pytest.fixture
def histories(tiny: Snapshot) -> Interactions:
    """A known user, one without a history, and another known user."""
    return pick_users(tiny.interactions, ["cat", "somebody new", "ann"])


class TestEveryModel:
    def test_scores_are_finite_and_one_row_a_history(
        self, make: Callable[[], RankingModel], tiny: Snapshot, histories: Interactions
    ) -> None:
        model = make()
        model.fit(tiny.interactions)
        scores = model.score(histories)
        assert scores.shape == (3, len(tiny.items))
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()

    def test_two_runs_are_equal(
        self, make: Callable[[], RankingModel], tiny: Snapshot, histories: Interactions
    ) -> None:
        one, other = make(), make()
        for model in (one, other):
            model.fit(tiny.interactions)
        assert np.array_equal(one.score(histories), other.score(histories))

    def test_a_history_is_scored_alike_in_any_company(
        self, make: Callable[[], RankingModel], tiny: Snapshot, histories: Interactions
    ) -> None:
        model = make()
        model.fit(tiny.interactions)
        alone = model.score(pick_users(tiny.interactions, ["ann"]))
        assert model.score(histories)[2] == pytest.approx(alone[0], abs=1e-5)


def test_most_popular_counts_likings() -> None:
    model, known = MostPopular(), interactions([[5, 3, 0], [4, 4, 0]])
    model.fit(known)
    assert model.score(known).tolist() == [[2, 1, 0], [2, 1, 0]]


def test_item_neighbours_by_hand() -> None:
    # Items 0 and 1 were liked by {u0, u1} and {u0}: cosine 1 / sqrt(2). Item 2 shares no user with them.
    model, known = ItemKNN(), interactions([[5, 5, 0], [5, 0, 0], [0, 0, 5]])
    model.fit(known)
    assert model.score(interactions([[5, 0, 0]])) == pytest.approx(np.array([[1, 0.5**0.5, 0]]))


def test_als_folds_in_a_newcomer_as_a_user_it_knows() -> None:
    group = [[5.0, 5.0, 5.0, 0.0, 0.0, 0.0]] * 6 + [[0.0, 0.0, 0.0, 5.0, 5.0, 5.0]] * 6
    model = Als(3, factors=4, regularization=0.1, alpha=10.0, iterations=10)
    model.fit(interactions(group))
    scores = model.score(interactions([[5, 0, 0, 0, 0, 0]]))[0]
    assert scores[1:3].min() > scores[3:].max()
