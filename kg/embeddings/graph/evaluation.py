"""Filtered ranks of held-out facts, both ends, ties at their expected rank."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kg.embeddings.graph.triples import KnownTails, Rows, TripleSplit, with_inverses

Scores = npt.NDArray[np.float32]
BATCH = 256


class TailScorer(Protocol):
    """Scores every entity as the tail of a query."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def scores(self, queries: Rows) -> Scores:
        """Return scores, shape (n, n_entities); `queries` has shape (n, 2): head and relation, inverses after."""
        ...


@dataclass(frozen=True, slots=True)
class LinkMetrics:
    """How well held-out facts are found again.

    Attributes:
        mrr: Mean reciprocal rank over both ends.
        mrr_error: Half the width of its 95 % interval.
        hits: Share of ranks up to 1, 3 and 10, by that number.
        mrr_tails, mrr_heads: Of the one end, and of the other.
        n: Ranks, two a fact.
    """

    mrr: float
    mrr_error: float
    hits: dict[int, float]
    mrr_tails: float
    mrr_heads: float
    n: int


def filtered_ranks(
    scorer: TailScorer, held: Rows, known: KnownTails, n_relations: int, progress: Callable[[float], None] | None = None
) -> npt.NDArray[np.float64]:
    """Return the rank of each held-out fact's tail and, in the second half, of its head, shape (2 * n,).

    Other entities that are known to be true, in any part, do not count (Bordes et al., NIPS 2013), and neither does the
    entity that is asked about: no fact joins an entity with itself, and no prediction is one. Of equal scores the
    rank is the expected one, the mean of the best and the worst: so a model that scores all alike is no better than
    chance (Berrendorf et al., "On the ambiguity of rank-based evaluation of entity alignment or link prediction
    methods", 2020).
    """
    both = with_inverses(held, n_relations)
    ranks = np.empty(len(both))
    for start in range(0, len(both), BATCH):
        part = both[start : start + BATCH]
        scores = np.array(scorer.scores(part[:, :2]), np.float32)
        truth = scores[np.arange(len(part)), part[:, 2]]
        scores[known.places(part[:, :2])] = -np.inf
        scores[np.arange(len(part)), part[:, 0]] = -np.inf
        above = (scores > truth[:, None]).sum(axis=1)
        equal = (scores == truth[:, None]).sum(axis=1)
        ranks[start : start + BATCH] = 1.0 + above + equal / 2.0
        if progress is not None:
            progress((start + len(part)) / len(both))
    return ranks


def metrics_of(ranks: npt.NDArray[np.float64]) -> LinkMetrics:
    """Return the metrics of `filtered_ranks`.

    >>> found = metrics_of(np.array([1.0, 4.0, 2.0, 20.0]))
    >>> round(found.mrr, 3), found.hits
    (0.45, {1: 0.25, 3: 0.5, 10: 0.75})
    """
    reciprocal = 1.0 / ranks
    half = len(ranks) // 2
    return LinkMetrics(
        float(reciprocal.mean()),
        float(1.96 * reciprocal.std() / np.sqrt(len(ranks))),
        {k: float((ranks <= k).mean()) for k in (1, 3, 10)},
        float(reciprocal[:half].mean()),
        float(reciprocal[half:].mean()),
        len(ranks),
    )


def evaluate(
    scorer: TailScorer, split: TripleSplit, held: Rows, progress: Callable[[float], None] | None = None
) -> LinkMetrics:
    """Return the filtered metrics of one part of a split."""
    known = KnownTails(with_inverses(split.known, split.n_relations), split.n_relations)
    return metrics_of(filtered_ranks(scorer, held, known, split.n_relations, progress))


class PopularTails:
    """The baseline: the more often an entity is the tail of a relation, the likelier."""

    name = "most frequent"

    def __init__(self, train: Rows, n_entities: int, n_relations: int) -> None:
        both = with_inverses(train, n_relations)
        self._counts = np.zeros((2 * n_relations, n_entities), np.float32)
        np.add.at(self._counts, (both[:, 1], both[:, 2]), 1.0)

    def scores(self, queries: Rows) -> Scores:
        return self._counts[queries[:, 1]]
