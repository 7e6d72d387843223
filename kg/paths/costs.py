"""What a path costs: whole numbers, so that a sum does not depend on its order and equal paths tie exactly."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kg.errors import PathQueryError
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
        least_node: No node costs less that has two edges, without which no path leads through it.
    """

    labels: Int64
    nodes: Int64
    hop: int
    least_node: int

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
            degrees: Of the nodes in the graph that is searched, shape (n_nodes,).
            length_penalty: In (0, 1].

        Raises:
            PathQueryError: A weight or the penalty is out of its range.
        """
        weights = np.append(relation_weights, length_penalty)
        if not ((weights > 0) & (weights <= 1)).all():
            raise PathQueryError(f"weights and the length penalty must be in (0, 1], got {weights.tolist()}")
        labels = _cost(np.concatenate([relation_weights, relation_weights[::-1]]))
        nodes = _cost(1.0 / np.log2(2.0 + degrees))
        joining = nodes[degrees > 1]
        return cls(labels, nodes, round(-SCALE * math.log(length_penalty)), int(joining.min()) if len(joining) else 0)


def score_of(cost: int) -> float:
    """Return the score that a cost stands for, in (0, 1]."""
    return math.exp(-cost / (LENGTHS * SCALE))


def _cost(factors: npt.NDArray[np.float64]) -> Int64:
    costs: Int64 = np.rint(-SCALE * np.log(factors)).astype(np.int64)
    return costs
