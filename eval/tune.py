"""A seeded search for the ranker's settings, on the history alone: the tables for a test are never read.

The history is cut several times, by time where there are times (rolling origin: each fold ends where a later one begins
to be scored), else at random, and what counts is the mean over the folds: on one fold of a thousand users, the best of
many settings is mostly the luckiest. Each round draws the settings that need a fit near the best so far, fits, and then
goes once through the settings that need none, one after another, keeping what is better. The first round has the
settings that are in force.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from eval.accuracy import accuracy
from eval.lists import make_lists
from eval.models import Scores
from eval.split import Split, keep, row_of_each, split_next
from kg.interactions import Interactions
from tools.ranking.fitting import fit_hybrid, spreads_of
from tools.ranking.fused import ItemVectors
from tools.ranking.history import histories_of
from tools.ranking.hybrid import Hybrid, Spreads
from tools.ranking.settings import RankingSettings

K = 10
FOLDS = 3
FOLD_SHARE = 1 / 9
"""Share of each user's history that one fold is scored on: as much as a tenth of all is beside eight."""

SCATTER = 0.25
"""Standard deviation of the logarithm by which a drawn setting differs from the best so far."""

DRAWN = (
    *("unknown", "user_penalty", "item_penalty", "attributes"),
    *("item_item", "l2", "item_cosine", "next_item", "next_l2", "next_recency", "next_span", "user_l2"),
    *("seen", "next_seen"),
)
SHARES = ("seen", "next_seen")
"""At most 1."""

DIMS = (64, 96, 128, 192, 256)
WEIGHED: dict[str, Sequence[float]] = {
    "recency": (0, 2, 4, 8, 16, 32),
    "recency_span": (2, 4, 6, 10, 20),
    "graph": (0, 0.05, 0.1, 0.2),
    "rare": (0, 0.1, 0.3, 0.6),
    "popularity": (-0.4, -0.2, -0.1, -0.05, 0, 0.05),
    "fused": (0, 0.05, 0.1, 0.2),
    "user": (0, 0.05, 0.1, 0.15, 0.2),
}
"""What needs no fit, with the values that are tried."""

OF_TIME = ("recency", "recency_span")


@dataclass(frozen=True, slots=True)
class Choice:
    """Settings with their score.

    Attributes:
        value: NDCG@10, the mean over the users of a fold and then over the folds.
    """

    settings: RankingSettings
    value: float


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What a search found: the settings that it began with, the best of each round, and the best of all."""

    begun: Choice
    rounds: list[Choice]
    best: Choice


class Search:
    """Searches on some folds; two searches with one seed find the same.

    Args:
        folds: Of the history.
        attributes: See `item_attributes`.
        seed: Of the draws and the fits.
        vectors: Of the items, where the domain has a graph embedding; without them the fused index is not tried.
    """

    def __init__(
        self, folds: Sequence[Split], attributes: sparse.csr_matrix, seed: int, vectors: ItemVectors | None = None
    ) -> None:
        self._folds = folds
        self._attributes = attributes
        self._seed = seed
        self._vectors = vectors
        self._rng = np.random.default_rng(seed)

    def run(self, begun: RankingSettings, rounds: int, progress: Callable[[str], None]) -> TuneReport:
        """Search for some rounds, from the settings in force."""
        fitted = self._fit(begun)
        start = best = self._choice(fitted, begun)
        kept: list[Choice] = []
        for number in range(1, rounds + 1):
            drawn = best.settings if number == 1 else self._near(best.settings)
            fitted = self._fit(drawn) if number > 1 else fitted
            found = self._weighed(fitted, self._choice(fitted, drawn))
            kept.append(found)
            best = found if found.value > best.value else best
            progress(f"Round {number} of {rounds}: {found.value:.4f}, best {best.value:.4f}")
        return TuneReport(start, kept, best)

    def _fit(self, settings: RankingSettings) -> list[Hybrid]:
        return [fit_hybrid(fold.fit, self._attributes, settings, self._seed, self._vectors) for fold in self._folds]

    def _weighed(self, fitted: Sequence[Hybrid], best: Choice) -> Choice:
        for name, values in WEIGHED.items():
            if name in OF_TIME and self._folds[0].fit.times is None:
                continue
            if (name == "fused" and self._vectors is None) or (name == "user" and not self._knows_users):
                continue
            for value in values:
                tried = best.settings.model_copy(update={name: value})
                if tried != best.settings:
                    found = self._choice(fitted, tried)
                    best = found if found.value > best.value else best
        return best

    @property
    def _knows_users(self) -> bool:
        return bool(self._folds[0].fit.user_attributes.names)

    def _near(self, best: RankingSettings) -> RankingSettings:
        drawn = {name: getattr(best, name) * float(np.exp(self._rng.normal(0, SCATTER))) for name in DRAWN}
        rounded = {name: float(f"{min(value, 1.0) if name in SHARES else value:.3g}") for name, value in drawn.items()}
        return best.model_copy(update={**rounded, "dim": int(self._rng.choice(DIMS))})

    def _choice(self, fitted: Sequence[Hybrid], settings: RankingSettings) -> Choice:
        values = [self._value(fold, model, settings) for fold, model in zip(self._folds, fitted, strict=True)]
        return Choice(settings, float(np.mean(values)))

    def _value(self, fold: Split, fitted: Hybrid, settings: RankingSettings) -> float:
        model = replace(fitted, settings=settings, spreads=Spreads(1.0, 1.0))
        model = replace(model, spreads=spreads_of(model, fold.fit, self._seed))
        lists = make_lists(_Fitted(model), fold, K)
        return float(next(iter(accuracy(fold, lists, K).values())).mean())


def folds_of(history: Interactions, count: int, seed: int) -> list[Split]:
    """Cut a history into some folds, each fitted on a part of every user's history and scored on a later one.

    Fold f leaves out the last `f * FOLD_SHARE` of each user's history, and is scored on the last `FOLD_SHARE` of the
    rest; without times every fold is scored on a share drawn at random.

    Raises:
        NothingToScoreError: A fold has nothing to score.
    """
    rng = np.random.default_rng(seed)
    rows = row_of_each(history.values)
    lengths = np.diff(history.values.indptr)[rows]
    folds = []
    order = _places(history, rng)
    for fold in range(count):
        places = order if history.times is not None else _places(history, rng)
        end = np.floor(lengths * (1 - fold * FOLD_SHARE if history.times is not None else 1.0))
        begin = np.floor(end - lengths * FOLD_SHARE)
        fit = keep(history, places < begin)
        held = keep(history, (places >= begin) & (places < end))
        folds.append(split_next(fit, held, f"fold {fold + 1} of {count}"))
    return folds


def _places(history: Interactions, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the place of each stored interaction in its user's order, by time or at random, shape (nnz,)."""
    rows = row_of_each(history.values)
    chance = rng.random(len(rows))
    when = chance if history.times is None else history.times.data
    places = np.empty(len(rows), np.int64)
    order = np.lexsort((chance, when, rows))  # of one moment at random: the catalogue's order is nobody's history
    places[order] = np.arange(len(rows)) - history.values.indptr[rows[order]]
    return places


@dataclass
class _Fitted:
    """A fitted model as the harness asks for it."""

    model: Hybrid
    name: str = "tuned"

    def fit(self, interactions: Interactions) -> None:
        """Nothing is left to fit."""

    def score(self, histories: Interactions) -> Scores:
        return self.model.scores(histories_of(histories, self.model.settings))
