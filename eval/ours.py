"""Our ranker as the harness sees it: the parts that rest on a user's history, without a request."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from eval.models import RankingModel, Scores
from kg.interactions import Interactions
from kg.snapshot import Snapshot
from tools.nearest import NearestItems
from tools.ranking.attributes import item_attributes
from tools.ranking.ease import fit_ease
from tools.ranking.ranker import Ranker, RankRequest

NAME = "Thence"
PARTS = ("history", "graph", "prior")
"""What can be left out."""

RECENCY = "recency"
"""The part that rests on when things happened."""


class Ours:
    """Our ranker; `without` names parts that are left out."""

    def __init__(self, snapshot: Snapshot, without: frozenset[str] = frozenset()) -> None:
        self._snapshot = snapshot
        self._without = without

    @property
    def name(self) -> str:
        return " ".join([NAME, *(f"without {part}" for part in sorted(self._without))])

    def fit(self, interactions: Interactions) -> None:
        fitted = replace(self._snapshot, interactions=interactions)
        no_text = cast(NearestItems, None)  # a request without words asks nothing of it
        self._ranker = Ranker(fitted, no_text, fit_ease(interactions.liked), item_attributes(fitted))

    def score(self, histories: Interactions) -> Scores:
        rows = [self._score(histories.history(user)) for user in histories.users]
        return np.stack(rows) if rows else np.empty((0, len(histories.items)), np.float32)

    def _score(self, history: dict[int, float]) -> Scores:
        causes = self._ranker.causes(RankRequest(history=history))
        total = np.zeros(len(self._snapshot.items), np.float32)
        for cause in causes:
            if cause.part not in self._without:
                total += cause.values
        return total


def our_models(snapshot: Snapshot, without: Sequence[str]) -> list[RankingModel]:
    """Return our ranker, unfitted, and once more for each part that is to be left out."""
    return [Ours(snapshot), *(Ours(snapshot, frozenset((part,))) for part in without)]
