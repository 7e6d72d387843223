"""What would be otherwise for one item, as an answer shows it."""

from collections.abc import Iterable, Sequence

from agent.answer import Behind, Counterfactual, HistoryChange, RankedItem, WhatIf
from kg.snapshot import Snapshot
from tools.ranking.counterfactual import Change, Counterfactuals, Without
from tools.ranking.ranker import Ranker, RankRequest

SHOWN = 20
"""History items and facts, the weightiest, whose absence is asked for."""


class WhatIfs:
    """Answers for one domain what would be without something, or with something more."""

    def __init__(self, snapshot: Snapshot, ranker: Ranker) -> None:
        self._snapshot = snapshot
        self._ranker = ranker

    def of(self, request: RankRequest, item: RankedItem) -> Counterfactual:
        """Return what would be otherwise for an item that was scored under a request, with all its contributions."""
        snapshot, column = self._snapshot, self._snapshot.item_columns[item.iri]
        scoring = self._ranker.scoring(request)
        asked = Counterfactuals(scoring, column, request.k)
        known = set(scoring.history.columns.tolist())
        causes = [snapshot.item_columns.get(iri, -1) for iri in _weightiest(_by_cause(item))]
        facts = [
            snapshot.adjacency.rows[iri] for iri in _weightiest((one.via, one.value) for one in item.contributions)
        ]
        return Counterfactual(
            k=request.k,
            without_history=[self._item(one) for one in asked.without_items(one for one in causes if one in known)],
            without_facts=[self._fact(one) for one in asked.without_facts(facts)],
            removal=self._change(asked.removal()),
            addition=self._change(asked.addition()),
            behind=self._behind(request, item),
        )

    def _item(self, one: Without) -> WhatIf:
        iri = self._snapshot.items[one.thing]
        return WhatIf(iri=iri, label=self._snapshot.label(iri), score=one.score, rank=one.rank)

    def _fact(self, one: Without) -> WhatIf:
        iri = self._snapshot.adjacency.entities[one.thing]
        return WhatIf(iri=iri, label=self._snapshot.label(iri), score=one.score, rank=one.rank)

    def _change(self, change: Change | None) -> HistoryChange | None:
        if change is None:
            return None
        iris = [self._snapshot.items[column] for column in change.columns]
        labels = [self._snapshot.label(iri) for iri in iris]
        return HistoryChange(iris=iris, labels=labels, rank=change.rank, smallest=change.smallest)

    def _behind(self, request: RankRequest, item: RankedItem) -> Behind | None:
        """Compare with the last item that is listed, by parts, where this one is not."""
        if item.rank <= request.k:
            return None
        last = self._ranker.rank(request).items[-1:]
        if not last:
            return None
        parts = {name: value - item.parts.get(name, 0.0) for name, value in last[0].parts.items()}
        return Behind(iri=last[0].iri, label=last[0].label, rank=last[0].rank, score=last[0].score, lacks=parts)


def _by_cause(item: RankedItem) -> Iterable[tuple[str, float]]:
    return ((one.iri, one.value) for one in item.contributions if one.part in ("history", "graph"))


def _weightiest(values: Iterable[tuple[str, float]]) -> Sequence[str]:
    sums: dict[str, float] = {}
    for iri, value in values:
        if iri:
            sums[iri] = sums.get(iri, 0.0) + value
    return sorted(sums, key=lambda iri: (-abs(sums[iri]), iri))[:SHOWN]
