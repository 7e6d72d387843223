"""What comes next: a closed-form linear model from a history as it was to what was liked right after it.

Ridge regression over the moments of every history: as EASE (Steck, WWW 2019) with the future in place of the same
history, so that it learns an order, and no diagonal to forbid.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import linalg

from kg.interactions import Interactions
from tools.ranking.ease import fitted_items
from tools.ranking.history import Columns, Values, history_of, stacked
from tools.ranking.settings import RankingSettings

STEP = 3
"""Items of a history between two of its moments; the first is after `EARLIEST`."""

EARLIEST = 5
MOST = 250
"""Moments of one history, the latest, that are learned from."""

WINDOW = 6
"""Items after a moment among which the liked ones are what comes next."""


def fit_next_item(interactions: Interactions, settings: RankingSettings) -> npt.NDArray[np.float32]:
    """Return weights W, shape (n_items, n_items), float32; scores are x W with x the item-item weights of a history.

    W = (X'X + next_l2 I)^-1 X'Y, where a row of X is a history up to a moment, weighed as it would have been then, and
    one of Y has 1 for each liked item among the next `WINDOW`. Items that nobody liked get zero rows and columns, as do
    all but the most liked of a large catalogue (see `fit_ease`). Without times there is no order, and W is zero.
    """
    n_items = len(interactions.items)
    weights = np.zeros((n_items, n_items), np.float32)
    moments = list(_moments(interactions, settings))
    if not moments:
        return weights
    known = fitted_items(interactions.liked)
    before = stacked([x for x, _ in moments], n_items)[:, known]
    after = stacked([(columns, np.ones(len(columns))) for _, columns in moments], n_items)[:, known]
    gram = np.asarray((before.T @ before).todense(), np.float32)
    gram[np.diag_indices_from(gram)] += settings.next_l2
    target = np.asarray((before.T @ after).todense(), np.float32)
    factor = linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    weights[np.ix_(known, known)] = linalg.cho_solve(factor, target, overwrite_b=True, check_finite=False)
    return weights


def _moments(interactions: Interactions, settings: RankingSettings) -> Iterator[tuple[tuple[Columns, Values], Columns]]:
    """Yield the weighed history up to each moment and the items liked right after it."""
    values, times = interactions.values, interactions.times
    if times is None:
        return
    for start, stop in zip(values.indptr[:-1].tolist(), values.indptr[1:].tolist(), strict=True):
        order = np.argsort(times.data[start:stop], kind="stable")
        columns = values.indices[start:stop][order].astype(np.int64)
        given, when = values.data[start:stop][order].astype(np.float64), times.data[start:stop][order]
        whole = history_of(columns, given, when, interactions.liked_from, settings)
        for end in range(EARLIEST, stop - start, STEP)[-MOST:]:
            following = slice(end, end + WINDOW)
            liked = columns[following][whole.liked[following]]
            then = history_of(columns[:end], given[:end], when[:end], interactions.liked_from, settings)
            if len(liked) and then.liked.any():
                yield (then.columns, then.item_likes()), liked
