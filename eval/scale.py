"""Fitting and scoring at a size that one chooses, on made-up interactions with the long tail of real ones."""

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy import sparse

from eval.baselines import Als, Ease
from eval.models import RankingModel
from eval.split import pick_rows
from kg.interactions import Interactions
from tools.ranking.ease import MAX_ITEMS, covered_share, fitted_items
from tools.ranking.fitting import fit_hybrid
from tools.ranking.history import histories_of
from tools.ranking.hybrid import Hybrid
from tools.ranking.settings import IMPLICIT, TIMED_RATINGS, RankingSettings
from tools.ranking.threads import one_thread

LIKES_A_USER = 40
ATTRIBUTES_AN_ITEM = 8
ITEMS_AN_ATTRIBUTE = 10
BATCH = 1000
TIMED = 50


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """What one model took.

    Attributes:
        one_user_ms: Median over users scored one by one.
        batch_seconds: For `BATCH` users at once.
        model_mb: Of the arrays that scoring needs; None where it is not known.
    """

    name: str
    fit_seconds: float
    one_user_ms: float
    batch_seconds: float
    model_mb: float | None


@dataclass(frozen=True, slots=True)
class ScaleReport:
    """Timings of one size.

    Attributes:
        covered_items, covered_likes: Items with item-item weights, and the share of the likes that falls on them.
        peak_mb: Largest memory of the process so far.
    """

    n_items: int
    n_users: int
    n_likes: int
    batch: int
    device: str
    covered_items: int
    covered_likes: float
    peak_mb: float
    rows: list[ScaleRow]


def measure_scale(n_items: int, n_users: int, seed: int, device: str, progress: Callable[[str], None]) -> ScaleReport:
    """Fit and score on a made-up catalogue: our ranker with either preset, and baselines."""
    chosen = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    interactions, attributes = made_up(n_items, n_users, seed)
    covered = fitted_items(interactions.liked)

    def ours(name: str, settings: RankingSettings) -> ScaleRow:
        progress(f"Fitting {name}")
        began = time.perf_counter()
        model = fit_hybrid(interactions, attributes, settings).on(chosen)
        return _scored(name, model, interactions, time.perf_counter() - began)

    rows = [
        ours("Thence, likes", IMPLICIT),
        ours("Thence, ratings", TIMED_RATINGS),
        _baseline(Als(seed), interactions, progress),
    ]
    if n_items <= MAX_ITEMS:
        rows.append(_baseline(Ease(), interactions, progress))
    return ScaleReport(
        n_items=n_items,
        n_users=n_users,
        n_likes=interactions.liked.nnz,
        batch=min(BATCH, n_users),
        device=chosen,
        covered_items=len(covered),
        covered_likes=covered_share(interactions.liked),
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        rows=rows,
    )


def made_up(n_items: int, n_users: int, seed: int) -> tuple[Interactions, sparse.csr_matrix]:
    """Return interactions whose items are liked by Zipf's law, and attributes, rows of about unit length.

    Every user likes `LIKES_A_USER` items at most, and half the catalogue at most. There are no times, so that nothing
    is fitted on what comes next.
    """
    rng = np.random.default_rng(seed)
    weights = 1.0 / np.arange(1, n_items + 1)
    count = min(LIKES_A_USER, n_items // 2)
    chosen = rng.choice(n_items, size=(n_users, 2 * count), p=weights / weights.sum())
    kept = [rng.permutation(np.unique(row))[:count] for row in chosen]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in kept])])
    columns = rng.permutation(n_items)[np.concatenate(kept)]
    values = sparse.csr_matrix((np.ones(len(columns), np.float32), columns, indptr), shape=(n_users, n_items))
    values.sort_indices()
    n_entities = max(1, n_items * ATTRIBUTES_AN_ITEM // ITEMS_AN_ATTRIBUTE)
    places = (
        np.repeat(np.arange(n_items), ATTRIBUTES_AN_ITEM),
        rng.integers(0, n_entities, n_items * ATTRIBUTES_AN_ITEM),
    )
    related = sparse.csr_matrix((np.ones(len(places[0]), np.float32), places), shape=(n_items, n_entities))
    related.data[:] = 1.0 / np.sqrt(ATTRIBUTES_AN_ITEM)
    users, items = [f"u{row}" for row in range(n_users)], [f"i{column}" for column in range(n_items)]
    return Interactions(users, items, values, None), related


def _scored(name: str, model: Hybrid, interactions: Interactions, fit_seconds: float) -> ScaleRow:
    users = pick_rows(interactions, np.arange(min(BATCH, len(interactions.users))))
    histories = histories_of(users, model.settings)
    with one_thread():
        one = _median([_timed(partial(model.totals, history)) for history in histories[: TIMED + 1]][1:])
    model.scores(histories[:2])  # the first call moves the model to its device
    batch = _timed(lambda: model.scores(histories))
    return ScaleRow(name, fit_seconds, 1000 * one, batch, model.size / 2**20)


def _baseline(model: RankingModel, interactions: Interactions, progress: Callable[[str], None]) -> ScaleRow:
    progress(f"Fitting {model.name}")
    fit_seconds = _timed(lambda: model.fit(interactions))
    progress(f"Scoring {model.name}")
    users = min(BATCH, len(interactions.users))
    singles = [pick_rows(interactions, np.array([row])) for row in range(min(TIMED, users))]
    one = _median([_timed(partial(model.score, history)) for history in singles])
    together = pick_rows(interactions, np.arange(users))
    return ScaleRow(model.name, fit_seconds, 1000 * one, _timed(lambda: model.score(together)), None)


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _median(values: Sequence[float]) -> float:
    return float(np.median(values))
