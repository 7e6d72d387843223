"""Entities with far more connections of one kind than any other of their like."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from kg import namespaces as ns
from kg.quality.finding import Finder, Finding, Progress
from kg.quality.kinds.relations import redundant_relations
from kg.quality.view import GraphView

SMALLEST = 10
"""Fewer connections are no hub, whatever the others have."""

TAIL = 0.1
"""The share of the entities, best connected first, from whose degrees the tail is fitted."""

FEWEST = 20
"""Of fewer entities nothing can be said about the tail."""

GAP = 3.0
"""How many times the largest degree in line an anomaly has at least."""

CHANCE = 0.25
"""An entity is out of line if one so large has at most this chance to be among as many drawn from the tail.

Degrees have heavy tails, in which even the largest of thousands may be three times the next: the chance rules out the
natural hubs of such relations (a genre, a capital), and the gap those that are large among many large ones.
"""


class HubAnomalies(Finder):
    """Finds degrees that a power law fitted to the other entities' (Clauset, Shalizi and Newman, 2009) cannot explain.

    Nothing is proposed: which of the connections are wrong, a person must say.
    """

    kind = "hub"
    title = "hub anomalies"

    def find(self, view: GraphView, progress: Progress) -> Iterator[Finding]:
        progress("Looking for entities with too many connections")
        redundant = redundant_relations(view)
        for predicate, pairs in view.links.items():
            if predicate in redundant:
                continue
            for side, role in ((0, "objects"), (1, "subjects")):
                degrees = Counter(pair[side] for pair in pairs)
                for iri, chance, typical in outliers(degrees):
                    reason = (
                        f"{view.name(iri)} has {degrees[iri]:,} {role} by {ns.local_name(predicate)}; the next that is "
                        f"in line has {typical:,}. One so large is to be expected in {chance:.1%} of graphs like this."
                    )
                    yield Finding(self.kind, (iri, predicate, role), 0.99 - 0.7 * chance, reason)


def outliers(degrees: Counter[str]) -> list[tuple[str, float, int]]:
    """Return entities whose degree is out of line, largest first, with its chance and the largest degree in line.

    Several may be out of line; each is held against what is left without them.
    """
    order = sorted(degrees, key=lambda iri: (-degrees[iri], iri))
    values = [degrees[iri] for iri in order]
    if len(order) < FEWEST:
        return []
    for out in range(_most(len(order)), 0, -1):
        rest = values[out:]
        chance = exceedance(values[out - 1], rest)
        if values[out - 1] >= max(SMALLEST, GAP * rest[0]) and chance <= CHANCE:
            return [(iri, exceedance(degrees[iri], rest), rest[0]) for iri in order[:out]]
    return []


def _most(n: int) -> int:
    """Return how many entities may be out of line before they are the rule."""
    return max(1, min(10, n // 100))


def exceedance(value: int, others: Sequence[int]) -> float:
    """Return the chance that the largest of as many draws from the others' tail reaches `value`.

    Args:
        value: A degree.
        others: The other degrees, largest first.
    """
    tail = others[: max(10, round(TAIL * len(others)))]
    start = tail[-1] - 0.5  # degrees are whole numbers: the usual correction of the continuous estimate
    rate = sum(math.log(one / start) for one in tail) / len(tail)
    alone = math.exp(-math.log(value / start) / rate) if value > start else 1.0
    return -math.expm1(len(tail) * math.log1p(-alone)) if alone < 1 else 1.0
