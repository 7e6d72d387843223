"""What would be otherwise: ranks without a history item or a fact, and the smallest changes that matter.

Nothing is fitted anew: the user is folded in again, an item's vector is solved again from its rows, and everything else
stays as it is. So each answer is what the ranker would say, not an estimate of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tools.ranking.ranker import DECIMALS, Scoring
from tools.ranking.threads import one_thread

MAX_PAIRS = 500
"""Pairs of history items that are tried one by one; with more of them, a found set of three may not be smallest."""

MAX_TRIED = 200
"""History items, the weightiest, that a removal is made of."""

CANDIDATES = 60
"""Items, the nearest to the wanted one, that are tried as an addition to the history."""

MOST_ADDED = 3


@dataclass(frozen=True, slots=True)
class Without:
    """The score and rank of an item without one thing, an item's column or an entity's row."""

    thing: int
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change to the history that moves an item into the list, or out of it.

    Attributes:
        columns: The history items that are taken away, or the items that would have to be liked besides.
        rank: Of the item afterwards.
        smallest: Whether no smaller set does it, as far as was asked: for a removal among all sets, for an addition
            among sets of the items that were tried.
    """

    columns: tuple[int, ...]
    rank: int
    smallest: bool


class Counterfactuals:
    """Asks what would be otherwise for one item under one request."""

    def __init__(self, scoring: Scoring, column: int, k: int) -> None:
        self._scoring = scoring
        self._column = column
        self._k = k

    def without_items(self, columns: Iterable[int]) -> list[Without]:
        """Return the score and rank of the item without each of some history items."""
        with one_thread():
            return [Without(one, *self._ranked(self._scoring.without([one]))) for one in columns]

    def without_facts(self, rows: Iterable[int]) -> list[Without]:
        """Return the score and rank of the item if it were not related to each of some entities."""
        with one_thread():
            return [self._without_fact(row) for row in rows]

    def removal(self) -> Change | None:
        """Return a set of history items without which the item is no more among the first k, as small as is found.

        Every single item is tried, and up to `MAX_PAIRS` every pair. Otherwise items go in the order in which each
        alone costs the item most, until it is out, and those come back without which it stays out.

        Returns:
            None where the item is not among the first k, or no set was found.
        """
        with one_thread():
            if self._scoring.rank_of(self._column) > self._k or self._n_rivals() < self._k:
                return None
            everything = self._weightiest()
            whole = len(everything) == len(self._scoring.history.columns)
            margins = {one: self._margin([one]) for one in everything}
            order = sorted(everything, key=lambda one: (margins[one], one))
            single = next((one for one in order if margins[one] <= 0 and self._out([one])), None)
            if single is not None:
                return self._change([single], smallest=True)
            every_pair = len(order) * (len(order) - 1) // 2 <= MAX_PAIRS
            pair = next((two for two in combinations(order, 2) if self._out(two)), None) if every_pair else None
            if pair is not None:
                return self._change(pair, smallest=whole)
            found = self._pruned(order)
            proven = len(found or ()) <= (3 if every_pair else 2) and whole
            return None if found is None else self._change(found, smallest=proven)

    def addition(self) -> Change | None:
        """Return the fewest items to like besides that would bring the item among the first k.

        The nearest items to it are tried, alone and then one after another, each time the one that lifts it most.

        Returns:
            None where the item is there already, or stays out with `MOST_ADDED` of them.
        """
        with one_thread():
            if self._scoring.rank_of(self._column) <= self._k:
                return None
            added: list[int] = []
            candidates = self._scoring.near(self._column, CANDIDATES)
            while len(added) < MOST_ADDED:
                ranks = {one: self._scoring.liking([*added, one]).rank_of(self._column) for one in candidates}
                best = min(ranks, key=lambda one: (ranks[one], one), default=None)
                if best is None:
                    return None
                added.append(best)
                candidates = [one for one in candidates if one != best]
                if ranks[best] <= self._k:
                    return Change(tuple(added), ranks[best], smallest=len(added) <= 2)
            return None

    def _pruned(self, order: list[int]) -> list[int] | None:
        """Return items without which the item is out, none of which can come back; None where no prefix does it."""
        count = next((count for count in range(1, len(order) + 1) if self._out(order[:count])), None)
        if count is None:
            return None
        gone, before = order[:count], 0
        while len(gone) != before:
            before = len(gone)
            for one in reversed(gone):
                fewer = [other for other in gone if other != one]
                if self._out(fewer):
                    gone = fewer
        return gone

    def _weightiest(self) -> list[int]:
        """Return the history's items, the `MAX_TRIED` that say most for or against the item."""
        columns: list[int] = self._scoring.history.columns.tolist()
        if len(columns) <= MAX_TRIED:
            return columns
        sums = dict.fromkeys(columns, 0.0)
        for part in self._scoring.model.shares(self._scoring.history, np.array([self._column])):
            for cause, value in zip(part.causes.tolist(), part.values.tolist(), strict=True):
                if cause >= 0:
                    sums[cause] += value
        return sorted(columns, key=lambda one: -abs(sums[one]))[:MAX_TRIED]

    def _n_rivals(self) -> int:
        others = self._scoring.allowed.copy()
        others[self._column] = False
        return int(others.sum())

    def _out(self, gone: Sequence[int]) -> bool:
        return self._scoring.without(gone).rank_of(self._column) > self._k

    def _margin(self, gone: Sequence[int]) -> float:
        """Return how far the item is above the best that is not listed."""
        scoring = self._scoring.without(gone)
        others = scoring.allowed.copy()
        others[self._column] = False
        rivals = scoring.totals[others]
        if len(rivals) < self._k:
            return float("inf")
        return float(scoring.totals[self._column] - np.partition(rivals, -self._k)[-self._k])

    def _change(self, gone: Sequence[int], *, smallest: bool) -> Change:
        return Change(tuple(gone), self._scoring.without(gone).rank_of(self._column), smallest)

    def _ranked(self, scoring: Scoring) -> tuple[float, int]:
        return float(scoring.totals[self._column]), scoring.rank_of(self._column)

    def _without_fact(self, row: int) -> Without:
        score = self._scoring.without_fact(self._column, row)
        return Without(row, score, rank_with(self._scoring, self._column, score))


def rank_with(scoring: Scoring, column: int, score: float) -> int:
    """Return the rank that an item has with another score, all else being equal."""
    rounded: npt.NDArray[np.float64] = np.round(scoring.totals, DECIMALS)
    own = round(score, DECIMALS)
    ahead = (rounded > own) | ((rounded == own) & (np.arange(len(rounded)) < column))
    ahead[column] = False
    return 1 + int((ahead & scoring.allowed).sum())
