"""Filtered ranks worked by hand: what is known does not count, and ties rank in their middle."""

from dataclasses import dataclass

import numpy as np
import pytest

from kg.embeddings.graph.evaluation import PopularTails, filtered_ranks, metrics_of
from kg.embeddings.graph.triples import KnownTails, with_inverses


@dataclass
class Table:
    """Scores by query, one row each."""

    rows: dict[tuple[int, int], list[float]]
    name: str = "table"

    def scores(self, queries: np.ndarray) -> np.ndarray:
        return np.array([self.rows[head, relation] for head, relation in queries.tolist()], np.float32)


def ranks(tails: list[float], heads: list[float], known: list[tuple[int, int, int]]) -> list[float]:
    """Rank the fact (0, 0, 1) of a graph with one relation."""
    held = np.array([[0, 0, 1]])
    everything = with_inverses(np.array([(0, 0, 1), *known]), 1)
    scorer = Table({(0, 0): tails, (1, 1): heads})
    found: list[float] = filtered_ranks(scorer, held, KnownTails(everything, 1), 1).tolist()
    return found


def test_the_best_score_is_rank_one_and_the_worst_the_last() -> None:
    assert ranks([0.1, 0.9, 0.3, 0.2], [0.1, 0.2, 0.3, 0.4], []) == [1.0, 3.0]


def test_what_is_known_to_be_true_does_not_count() -> None:
    above = [0.0, 0.5, 0.9, 0.8]
    assert ranks(above, [1.0, 0, 0, 0], []) == [3.0, 1.0]
    assert ranks(above, [1.0, 0, 0, 0], [(0, 0, 2)]) == [2.0, 1.0]
    assert ranks(above, [1.0, 0, 0, 0], [(0, 0, 2), (0, 0, 3)]) == [1.0, 1.0]


def test_ties_rank_in_the_middle_of_best_and_worst() -> None:
    assert ranks([0.1, 0.5, 0.5, 0.5], [0.0, 0.0, 0.0, 0.0], []) == [2.0, 2.0]


def test_an_entity_is_no_candidate_for_a_fact_about_itself() -> None:
    assert ranks([0.9, 0.5, 0.1, 0.1], [0.5, 0.9, 0.1, 0.1], []) == [1.0, 1.0]


def test_metrics_of_ranks_worked_by_hand() -> None:
    found = metrics_of(np.array([1.0, 2.0, 4.0, 10.0, 11.0, 100.0]))
    assert found.mrr == pytest.approx((1 + 0.5 + 0.25 + 0.1 + 1 / 11 + 0.01) / 6)
    assert found.hits == {1: pytest.approx(1 / 6), 3: pytest.approx(2 / 6), 10: pytest.approx(4 / 6)}
    assert found.mrr_tails == pytest.approx(1.75 / 3)
    assert found.n == 6


def test_the_popular_baseline_counts_tails_of_the_relation_alone() -> None:
    train = np.array([(0, 0, 5), (1, 0, 5), (2, 0, 6), (0, 1, 6), (1, 1, 6)])
    scores = PopularTails(train, 7, 2).scores(np.array([[3, 0], [3, 1], [5, 2]]))
    assert scores.tolist() == [[0, 0, 0, 0, 0, 2, 1], [0, 0, 0, 0, 0, 0, 2], [1, 1, 1, 0, 0, 0, 0]]
