"""What a path costs: whole numbers, so that a sum does not depend on its order and equal paths tie exactly."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kg.errors import PathQueryError
from kg.paths.halves import Half
from kg.paths.multigraph import Int64

SCALE = 2**36
"""Parts of the unit of a logarithm."""

LENGTHS = 12
"""A multiple of every length, so that the mean over the hops is a whole number, too."""

LENGTH_PENALTY = 0.5
"""Factor for each hop after the first: an explanation of three hops is worth half of one of two."""


@dataclass(frozen=True, slots=True)
class PathCosts:
    """Negative logarithms of the factors of a score, in parts of `SCALE`.

    A path's score is the geometric mean of its relations' weights, times a factor for each node between its ends, times
    a factor for each hop after the first.

    Attributes:
        labels: Shape (2 * n_relations,), indexed by label.
        nodes: Shape (n_nodes,).
        hop: Of each hop after the first.
    """

    labels: Int64
    nodes: Int64
    hop: int

    @classmethod
    def penalising_hubs(
        cls,
        relation_weights: npt.NDArray[np.float64],
        degrees: npt.NDArray[np.integer],
        *,
        length_penalty: float = LENGTH_PENALTY,
    ) -> Self:
        """Weigh relations as told and each node between the ends by 1 / log2(2 + degree).

        No node is left out for its degree: a cut leaves most pairs without any path where users are nodes.

        Args:
            relation_weights: Shape (n_relations,), in (0, 1].
            degrees: Shape (n_nodes,).
            length_penalty: In (0, 1].

        Raises:
            PathQueryError: A weight or the penalty is out of its range.
        """
        weights = np.append(relation_weights, length_penalty)
        if not ((weights > 0) & (weights <= 1)).all():
            raise PathQueryError(f"weights and the length penalty must be in (0, 1], got {weights.tolist()}")
        labels = _cost(np.concatenate([relation_weights, relation_weights[::-1]]))
        return cls(labels, _cost(1.0 / np.log2(2.0 + degrees)), round(-SCALE * math.log(length_penalty)))

    def of_half(self, half: Half, length: int) -> Int64:
        """Return what the hops of partial paths cost, and the nodes between their first and their last.

        Args:
            half: Partial paths.
            length: Hops of the whole paths; the mean is over these.
        """
        total = np.zeros(half.size, np.int64)
        for column in half.labels:
            total += self.labels[column]
        total *= LENGTHS // length
        for nodes in half.nodes[1:-1]:
            total += LENGTHS * self.nodes.take(nodes)
        return total

    def of_length(self, length: int) -> int:
        return LENGTHS * self.hop * (length - 1)


def score_of(cost: int) -> float:
    """Return the score that a cost stands for, in (0, 1]."""
    return math.exp(-cost / (LENGTHS * SCALE))


def _cost(factors: npt.NDArray[np.float64]) -> Int64:
    costs: Int64 = np.rint(-SCALE * np.log(factors)).astype(np.int64)
    return costs
