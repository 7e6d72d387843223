"""Our ranker as the harness sees it: the parts that rest on a user's history, without a request."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from eval.models import RankingModel, Scores
from kg.interactions import Interactions
from kg.snapshot import Snapshot
from tools.ranking.attributes import item_attributes
from tools.ranking.diversity import POOL, rerank
from tools.ranking.fitting import fit_hybrid, spreads_of
from tools.ranking.history import histories_of
from tools.ranking.hybrid import Hybrid
from tools.ranking.settings import RankingSettings, ranking_settings
from tools.ranking.vectors import needed_item_vectors

NAME = "Thence"
USER = "user"
RECENCY = "recency"
AVERAGING = "averaging"
ITEM_ITEM = "item-item"
OF_ITEMS = ("item_item", "item_cosine", "next_item", "newcomer_items")

PARTS = ("history", "graph", USER, "prior", RECENCY, AVERAGING, ITEM_ITEM)
"""What can be left out: a part of the score, what rests on times, all fits but the first, the item-item models."""


@dataclass
class Ours:
    """Our ranker.

    Attributes:
        without: Parts that are left out; without `graph`, no part is fitted on the graph, either; without `recency`, it
            is what it would be for data without times.
        explore, diversity: See `RankRequest`.
        whole: A model that is fitted before; what it has in common with this one is not fitted again.
    """

    snapshot: Snapshot
    seed: int = 0
    without: frozenset[str] = frozenset()
    explore: float = 0.0
    diversity: float = 0.0
    whole: "Ours | None" = None
    model: Hybrid = field(init=False, repr=False)

    @property
    def name(self) -> str:
        told = [NAME, f"without {', '.join(sorted(self.without))}"] if self.without else [NAME]
        told += [f"explore {self.explore:g}"] if self.explore else []
        return " ".join([*told, f"diversity {self.diversity:g}"] if self.diversity else told)

    @cached_property
    def settings(self) -> RankingSettings:
        known = self.snapshot.interactions
        if RECENCY in self.without:
            known = replace(known, times=None)
        chosen = ranking_settings(self.snapshot.domain.folder, known)
        changes: dict[str, float] = {"attributes": 0.0} if "graph" in self.without else {}
        changes |= {"n_fits": 1} if AVERAGING in self.without else {}
        changes |= dict.fromkeys(OF_ITEMS, 0.0) if ITEM_ITEM in self.without else {}
        return chosen.model_copy(update=changes)

    def fit(self, interactions: Interactions) -> None:
        if RECENCY in self.without:
            interactions = replace(interactions, times=None)
        if self.whole is None or self.without & {"graph", RECENCY}:
            vectors = needed_item_vectors(self.snapshot, self.settings.fused)
            self.model = fit_hybrid(interactions, item_attributes(self.snapshot), self.settings, self.seed, vectors)
        else:
            self.model = _cut(self.whole.model, self.settings, interactions, self.seed)

    def score(self, histories: Interactions) -> Scores:
        rows = histories_of(replace(histories, times=None) if RECENCY in self.without else histories, self.settings)
        scores = self.model.scores(rows, explore=self.explore, without=self.without)
        if self.diversity:
            for row, history in enumerate(rows):
                scores[row] = self._diverse(scores[row], history.columns)
        return scores

    def _diverse(self, scores: Scores, seen: npt.NDArray[np.int64]) -> Scores:
        """Return scores that sort as the diversified list, followed by the rest."""
        order = np.argsort(-scores, kind="stable")
        unseen = order[~np.isin(order, seen)]
        listed = rerank(unseen, scores.astype(np.float64), self.model.attributes, POOL, self.diversity)
        above = np.arange(len(listed), 0, -1, dtype=np.float32)
        changed: Scores = scores - scores.max()
        changed[listed] = above
        return changed


def our_models(
    snapshot: Snapshot,
    seed: int,
    *,
    without: Sequence[str] = (),
    explore: Sequence[float] = (),
    diversity: Sequence[float] = (),
) -> list[RankingModel]:
    """Return our ranker, unfitted, and once more for each part to be left out and each value of a knob.

    Parts with a comma between them are left out together.
    """
    whole = Ours(snapshot, seed)
    return [
        whole,
        *(Ours(snapshot, seed, without=frozenset(parts.split(",")), whole=whole) for parts in without),
        *(Ours(snapshot, seed, explore=value, whole=whole) for value in explore),
        *(Ours(snapshot, seed, diversity=value, whole=whole) for value in diversity),
    ]


def _cut(shared: Hybrid, settings: RankingSettings, interactions: Interactions, seed: int) -> Hybrid:
    whole = shared.collaborative
    tables = (whole.item_item, whole.recent_item) if settings.items_together else (None, None)
    fewer = replace(whole, factors=whole.factors[: settings.n_fits], item_item=tables[0], recent_item=tables[1])
    cut = replace(shared, settings=settings, collaborative=fewer)
    return replace(cut, spreads=spreads_of(cut, interactions, seed)) if settings != shared.settings else cut
