"""The baselines: most popular, item neighbours, EASE, and the matrix factorisations of `implicit`.

Their settings were chosen on the validation parts of ml100k and lastfm, one choice for both, by mean NDCG@10. All run
on one thread, with a seed: two runs give equal scores.
"""

import warnings

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from implicit.nearest_neighbours import CosineRecommender
from implicit.utils import ParameterWarning
from scipy import sparse
from threadpoolctl import threadpool_limits

from eval.models import RankingModel, Scores
from kg.interactions import Interactions
from tools.ranking.ease import fit_ease


class MostPopular:
    """Scores an item by the number of users who liked it."""

    name = "most popular"

    def fit(self, interactions: Interactions) -> None:
        self._popularity = interactions.popularity

    def score(self, histories: Interactions) -> Scores:
        return np.tile(self._popularity, (len(histories.users), 1))


class ItemKNN:
    """Sums, over the liked items, the cosines of items by the users who liked them; each has `neighbours` of them."""

    name = "ItemKNN"

    def __init__(self, neighbours: int = 1000) -> None:
        self._neighbours = neighbours

    def fit(self, interactions: Interactions) -> None:
        model = CosineRecommender(K=self._neighbours, num_threads=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ParameterWarning)  # it turns the matrix itself, and then warns of that
            model.fit(interactions.liked.astype(np.float64), show_progress=False)
        self._similarity = sparse.csr_matrix(model.similarity)

    def score(self, histories: Interactions) -> Scores:
        return np.asarray((histories.liked @ self._similarity).todense(), np.float32)


class Ease:
    """The closed-form item-item model alone."""

    name = "EASE"

    def fit(self, interactions: Interactions) -> None:
        self._weights = fit_ease(interactions.liked)

    def score(self, histories: Interactions) -> Scores:
        return np.asarray(histories.liked @ self._weights, np.float32)


class Als:
    """Implicit-feedback matrix factorisation (Hu, Koren, Volinsky, ICDM 2008), users folded in by its closed form."""

    name = "ALS"

    def __init__(
        self, seed: int, *, factors: int = 256, regularization: float = 60.0, alpha: float = 20.0, iterations: int = 15
    ) -> None:
        with threadpool_limits(1, "blas"):
            self._model = AlternatingLeastSquares(
                factors=factors,
                regularization=regularization,
                alpha=alpha,
                iterations=iterations,
                num_threads=1,
                random_state=seed,
            )

    def fit(self, interactions: Interactions) -> None:
        with threadpool_limits(1, "blas"):
            self._model.fit(interactions.liked, show_progress=False)

    def score(self, histories: Interactions) -> Scores:
        with threadpool_limits(1, "blas"):
            factors = self._model.recalculate_user(np.arange(len(histories.users)), histories.liked)
            return np.asarray(factors @ self._model.item_factors.T, np.float32)


class Bpr:
    """Matrix factorisation by pairs (Rendle et al., UAI 2009); a user not fitted on gets the mean user's factors."""

    name = "BPR"

    def __init__(
        self,
        seed: int,
        *,
        factors: int = 64,
        learning_rate: float = 0.01,
        regularization: float = 0.001,
        iterations: int = 80,
    ) -> None:
        self._model = BayesianPersonalizedRanking(
            factors=factors,
            learning_rate=learning_rate,
            regularization=regularization,
            iterations=iterations,
            num_threads=1,
            random_state=seed,
        )

    def fit(self, interactions: Interactions) -> None:
        self._rows = interactions.user_rows
        with threadpool_limits(1, "blas"):
            self._model.fit(interactions.liked, show_progress=False)

    def score(self, histories: Interactions) -> Scores:
        """Score by the users' own factors."""
        factors = np.vstack([self._model.user_factors, self._model.user_factors.mean(axis=0)])
        rows = [self._rows.get(user, len(self._rows)) for user in histories.users]
        with threadpool_limits(1, "blas"):
            return np.asarray(factors[rows] @ self._model.item_factors.T, np.float32)


def baselines(seed: int) -> list[RankingModel]:
    """Return all baselines, unfitted."""
    return [MostPopular(), ItemKNN(), Ease(), Als(seed), Bpr(seed)]


def baselines_for_newcomers(seed: int) -> list[RankingModel]:
    """Return the baselines that can score users whom they were not fitted on, unfitted."""
    return [MostPopular(), ItemKNN(), Ease(), Als(seed)]
