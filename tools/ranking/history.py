"""What a user did, as the ranker weighs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg.interactions import Interactions
from tools.ranking.settings import RankingSettings

Columns = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

NOT_LIKED = -0.5
"""What a history item that is not liked adds to the cosine of the attributes, per unit of what a liked one does."""

DISLIKED = -0.25
"""What a disliked item should score, where a liked one should score 1."""

DISLIKED_WEIGHT = 0.25
"""How much that counts, where a liked item counts 1; it does not matter when it was."""

FADED = 0.0025
"""Share of the newest item's weight below which an item is long ago: the moments that are learned from stay small."""


@dataclass(frozen=True, slots=True)
class History:
    """One user's history.

    Attributes:
        columns: Shape (n,), the items, ascending.
        liked: Shape (n,).
        disliked: Shape (n,): with half the value, or less, that counts as liked; others are neither.
        weights: Shape (n,), at least 1; more for what is recent.
        counts: Shape (n,): what each item counts in the item-item models, see `counted`.
        recent: Shape (n,), at least 0: how recent each item is, liked or not, where the model of what comes next weighs
            it; 0 for what is long ago, and for all where there are no times.
        user_attributes: Of the user, by their columns in the domain's `UserAttributes`; empty where nothing is known.
    """

    columns: Columns
    liked: npt.NDArray[np.bool_]
    disliked: npt.NDArray[np.bool_]
    weights: Values
    counts: Values
    recent: Values
    user_attributes: tuple[int, ...] = ()

    @classmethod
    def of_liked(cls, columns: Sequence[int]) -> "History":
        """Return the history of somebody who likes some items, ascending, at no known time."""
        n = len(columns)
        ones, zeros = np.ones(n), np.zeros(n)
        return cls(np.array(columns, np.int64), ones > 0, zeros > 0, ones, ones, zeros)

    @property
    def n_liked(self) -> int:
        return int(self.liked.sum())

    @property
    def told(self) -> npt.NDArray[np.bool_]:
        """Shape (n,): what the factors are folded in from, the liked and the disliked items."""
        return self.liked | self.disliked

    def opinions(self) -> "Opinions":
        """Return what of the history the factors are folded in from."""
        told = self.told
        liked = self.liked[told]
        return Opinions(
            self.columns[told],
            np.where(liked, self.weights[told], DISLIKED_WEIGHT),
            np.where(liked, 1.0, DISLIKED),
        )

    def likes(self) -> Values:
        """Return 1 for what is liked, else 0, shape (n,)."""
        return self.liked.astype(np.float64)

    def signed(self) -> Values:
        """Return how much each item's attributes count, shape (n,): below 0 for what is not liked, 1 in all at most."""
        total = self.weights.sum()
        signs = np.where(self.liked, 1.0, NOT_LIKED)
        return np.asarray(signs * self.weights / total if total else signs, np.float64)


@dataclass(frozen=True, slots=True)
class Opinions:
    """Known pairs of one user: items, positive weights, and what each should score; shape (n,) each."""

    columns: Columns
    weights: Values
    targets: Values


def weigh(
    values: Mapping[int, float], moments: Mapping[int, float], liked_from: float | None, settings: RankingSettings
) -> History:
    """Return a history with its weights.

    Args:
        values: By item column.
        moments: When, in seconds, by item column; without an item among others that have one, it is the newest.
            Empty: nothing is known of times.
        liked_from: Lowest value that counts as liked; None: every one does.
        settings: Of the ranker.
    """
    columns = np.array(sorted(values), np.int64)
    told = np.array([values[column] for column in columns.tolist()], np.float64)
    when = np.array([moments.get(column, np.inf) for column in columns.tolist()]) if moments else None
    return history_of(columns, told, when, liked_from, settings)


def histories_of(interactions: Interactions, settings: RankingSettings) -> list[History]:
    """Return the histories of all users, in their order."""
    values, times = interactions.values, interactions.times
    spans = zip(values.indptr[:-1].tolist(), values.indptr[1:].tolist(), strict=True)
    histories = (
        history_of(
            values.indices[start:stop].astype(np.int64),
            values.data[start:stop].astype(np.float64),
            None if times is None else times.data[start:stop],
            interactions.liked_from,
            settings,
        )
        for start, stop in spans
    )
    known = map(interactions.user_attributes.of, interactions.users)
    return [replace(one, user_attributes=told) for one, told in zip(histories, known, strict=True)]


def counted(values: npt.NDArray[np.floating], liked_from: float | None, seen: float) -> Values:
    """Return what items count in the item-item models: 1 if liked, 0 if disliked, else `seen`; shape as `values`."""
    liked, disliked = _judged(values, liked_from)
    return np.where(liked, 1.0, np.where(disliked, 0.0, seen))


def stacked(rows: Sequence[tuple[Columns, Values]], n_items: int) -> sparse.csr_matrix:
    """Return columns and values as the rows of a matrix, shape (n_rows, n_items), float32."""
    indptr = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in rows])]).astype(np.int64)
    columns = np.concatenate([np.empty(0, np.int64), *(columns for columns, _ in rows)])
    values = np.concatenate([np.empty(0), *(values for _, values in rows)]).astype(np.float32)
    return sparse.csr_matrix((values, columns, indptr), shape=(len(rows), n_items))


def history_of(
    columns: Columns,
    values: Values,
    when: Values | None,
    liked_from: float | None,
    settings: RankingSettings,
) -> History:
    liked, disliked = _judged(values, liked_from)
    newer = None if when is None else len(when) - np.searchsorted(np.sort(when), when, side="right")

    trusted = 1.0 - settings.newness(len(columns))

    def recency(gain: float, span: float) -> Values:
        return np.zeros(len(columns)) if newer is None else trusted * gain * np.exp(-newer / span)

    recent = recency(settings.next_recency, settings.next_span)
    return History(
        columns,
        liked,
        disliked,
        1.0 + recency(settings.recency, settings.recency_span),
        counted(values, liked_from, settings.seen),
        np.where(recent > FADED * settings.next_recency, recent, 0.0),
    )


def _judged(
    values: npt.NDArray[np.floating], liked_from: float | None
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which values say that an item is liked, and which that it is disliked."""
    if liked_from is None:
        return np.ones(len(values), bool), np.zeros(len(values), bool)
    return values >= liked_from, values <= liked_from / 2
