"""The lists that a model makes: the best unseen items of each user, with strictly falling scores."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.errors import EvaluationError
from eval.models import RankingModel, Scores
from eval.split import Split, pick_rows

BATCH = 256
"""Users scored at once: 256 rows of 100,000 float32 scores are 100 MB."""

NONE = -1
"""Fills a list that has fewer items than asked for."""


@dataclass(frozen=True)
class Lists:
    """Lists of one model, row by row the users of a split.

    Attributes:
        columns: Shape (n_users, depth), item columns, best first, padded with `NONE`.
        scores: The same shape, float32, strictly falling; of equal scores the item that comes first in the catalogue is
            first, and the later one's score is lowered to the next float, so that every reader keeps the order.
        seconds: What scoring took, without sorting.
    """

    columns: npt.NDArray[np.int64]
    scores: Scores
    seconds: float

    def top(self, k: int) -> npt.NDArray[np.int64]:
        """Return the first `k` columns."""
        return self.columns[:, :k]


def make_lists(model: RankingModel, split: Split, depth: int) -> Lists:
    """Return each user's `depth` best items that are not seen.

    Raises:
        EvaluationError: The model gives a score that is no finite number.
    """
    columns, scores, seconds = [], [], 0.0
    for start in range(0, len(split.users), BATCH):
        rows = np.arange(start, min(start + BATCH, len(split.users)))
        histories = pick_rows(split.histories, rows)
        began = time.perf_counter()
        given = model.score(histories)
        seconds += time.perf_counter() - began
        if not np.isfinite(given).all():
            raise EvaluationError(
                f"{model.name} gave user {_first_bad(given, histories.users)!r} a score that is no number."
            )
        allowed = np.where(split.seen[rows].toarray() > 0, -np.inf, given).astype(np.float32)
        best = np.argsort(-allowed, axis=1, kind="stable")[:, :depth]
        kept = np.take_along_axis(allowed, best, axis=1)
        columns.append(np.where(np.isfinite(kept), best, NONE))
        scores.append(strictly_falling(kept))
    return Lists(np.concatenate(columns), np.concatenate(scores), seconds)


def _first_bad(given: Scores, users: Sequence[str]) -> str:
    return users[int(np.argmin(np.isfinite(given).all(axis=1)))]


def strictly_falling(scores: Scores) -> Scores:
    """Lower each score, where it must be, below the one before it.

    >>> bool((np.diff(strictly_falling(np.float32([[2, 1, 1, 1]]))) < 0).all())
    True
    """
    falling = scores.copy()
    for place in range(1, falling.shape[1]):
        below = np.nextafter(falling[:, place - 1], np.float32(-np.inf))
        falling[:, place] = np.minimum(falling[:, place], below)
    return falling
