"""What would be otherwise for one item, as an answer shows it."""

from collections.abc import Iterable, Sequence

from agent.answer import Behind, Counterfactual, HistoryChange, RankedItem, WhatIf
from kg.snapshot import Snapshot
from tools.ranking.counterfactual import Change, Counterfactuals, Without
from tools.ranking.ranker import Scoring

SHOWN = 20
"""History items and facts, the weightiest, whose absence is asked for."""


class WhatIfs:
    """Answers for one domain what would be without something, or with something more."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def of(self, scoring: Scoring, k: int, item: RankedItem) -> Counterfactual:
        """Return what would be otherwise for an item that is explained by a scoring, with all its contributions."""
        snapshot, column = self._snapshot, self._snapshot.item_columns[item.iri]
        asked = Counterfactuals(scoring, column, k)
        others = scoring.allowed.copy()
        others[column] = True
        known = set(scoring.history.columns.tolist())
        causes = [snapshot.item_columns.get(iri, -1) for iri in _weightiest(_by_cause(item))]
        facts = [
            snapshot.adjacency.rows[iri] for iri in _weightiest((one.via, one.value) for one in item.contributions)
        ]
        return Counterfactual(
            k=k,
            n_items=int(others.sum()),
            without_history=[self._item(one) for one in asked.without_items(one for one in causes if one in known)],
            without_facts=[self._fact(one) for one in asked.without_facts(facts)],
            removal=self._change(asked.removal()),
            addition=self._change(asked.addition()),
            behind=self._behind(scoring, k, item),
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

    def _behind(self, scoring: Scoring, k: int, item: RankedItem) -> Behind | None:
        """Compare with the last item that is listed, by parts, where this one is not."""
        listed = scoring.best()[:k]
        if item.rank <= k or len(listed) < k:
            return None
        last = scoring.scored(listed[-1:])[0]
        parts = {name: value - item.parts.get(name, 0.0) for name, value in last.parts.items()}
        return Behind(iri=last.iri, label=last.label, rank=k, score=last.score, lacks=parts)


def _by_cause(item: RankedItem) -> Iterable[tuple[str, float]]:
    return ((one.iri, one.value) for one in item.contributions if one.part in ("history", "graph"))


def _weightiest(values: Iterable[tuple[str, float]]) -> Sequence[str]:
    sums: dict[str, float] = {}
    for iri, value in values:
        if iri:
            sums[iri] = sums.get(iri, 0.0) + value
    return sorted(sums, key=lambda iri: (-abs(sums[iri]), iri))[:SHOWN]
