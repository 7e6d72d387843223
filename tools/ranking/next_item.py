"""What comes next: a closed-form linear model from a history as it was to what was liked, or seen, right after it.

Ridge regression over the moments of every history: as EASE (Steck, WWW 2019) with the future in place of the same
history, so that it learns an order, and no diagonal to forbid. What was seen at any time and not disliked, and what was
seen just now, liked or not, enter apart: the first says what the user's taste is, the second what is being looked
through.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import linalg, sparse

from kg.interactions import Interactions
from tools.ranking import ease
from tools.ranking.history import Columns, History, Values, history_of, stacked
from tools.ranking.settings import RankingSettings

Matrix = npt.NDArray[np.float32]

EARLIEST = 5
"""Items of a history before its first moment; after each later one is a moment, too."""

MOST = 250
"""Moments of one history, the latest, that are learned from."""

WINDOW = 3
"""Items after a moment that are what comes next."""


def fit_next_item(interactions: Interactions, settings: RankingSettings, seed: int = 0) -> tuple[Matrix, Matrix]:
    """Return weights L and R, shape (n_items, n_items) each, float32; scores are x L + r R.

    Here x says what each item counts (`History.counts`), and r how recent it is (`History.recent`). With [x r] of the
    history up to a moment, as it would have been then, as a row of X, and 1 for each liked and `next_seen` for each
    other item among the next `WINDOW` in the row of Y, [L; R] = (X'X + next_l2 I)^-1 X'Y. What was only seen counts as
    well, since most of what decides which item comes next has not to do with liking it.

    Items of one moment come in a seeded order: the catalogue's would be learned as if it were the user's. Items that
    nobody liked get zeros; of a large catalogue the `MAX_ITEMS / 2` most liked have weights (see `fit_ease`), as the
    matrix to be inverted has twice as many rows. Without times there is no order, and the weights are zero.
    """
    n_items = len(interactions.items)
    long, short = np.zeros((n_items, n_items), np.float32), np.zeros((n_items, n_items), np.float32)
    moments = list(_moments(interactions, settings, np.random.default_rng(seed)))
    known = ease.fitted_items(interactions.liked, most=ease.MAX_ITEMS // 2)
    if not moments or not len(known):
        return long, short
    taste = stacked([(then.columns, then.counts) for then, _, _ in moments], n_items)[:, known]
    recent = stacked([(then.columns, then.recent) for then, _, _ in moments], n_items)[:, known]
    after = stacked([(columns, targets) for _, columns, targets in moments], n_items)[:, known]
    before = sparse.csr_matrix(sparse.hstack([taste, recent]))
    before.eliminate_zeros()
    weights = _ridge(before, after, settings.next_l2)
    places = np.ix_(known, known)
    long[places], short[places] = weights[: len(known)], weights[len(known) :]
    return long, short


def _ridge(before: sparse.csr_matrix, after: sparse.csr_matrix, l2: float) -> Matrix:
    gram = np.asarray((before.T @ before).todense(), np.float32)
    gram[np.diag_indices_from(gram)] += l2
    target = np.asarray((before.T @ after).todense(), np.float32)
    factor = linalg.cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(linalg.cho_solve(factor, target, overwrite_b=True, check_finite=False), np.float32)


def _moments(
    interactions: Interactions, settings: RankingSettings, rng: np.random.Generator
) -> Iterator[tuple[History, Columns, Values]]:
    """Yield the weighed history up to each moment, and the items right after it with what they count."""
    values, times = interactions.values, interactions.times
    if times is None:
        return
    for start, stop in zip(values.indptr[:-1].tolist(), values.indptr[1:].tolist(), strict=True):
        order = np.lexsort((rng.random(stop - start), times.data[start:stop]))
        columns = values.indices[start:stop][order].astype(np.int64)
        given, when = values.data[start:stop][order].astype(np.float64), times.data[start:stop][order]
        whole = history_of(columns, given, when, interactions.liked_from, settings)
        counts = np.where(whole.liked, 1.0, settings.next_seen)
        for end in range(EARLIEST, stop - start)[-MOST:]:
            following = slice(end, end + WINDOW)
            told = counts[following] > 0
            if told.any():
                then = history_of(columns[:end], given[:end], when[:end], interactions.liked_from, settings)
                yield then, columns[following][told], counts[following][told]
