"""A made-up graph with few hubs and many quiet nodes, as real ones have."""

import numpy as np
import numpy.typing as npt

EXPONENT = 2.3
"""Of the power law of the degrees; large knowledge graphs lie between 2 and 2.5."""

TRIPLES_A_NODE = 5
RELATIONS = 20


def power_law_triples(n_triples: int, seed: int) -> tuple[npt.NDArray[np.int64], int]:
    """Return triples as rows (subject, object, relation), and how many nodes there are.

    Both ends are drawn with weights after Chung and Lu, so that degrees follow a power law; relations are drawn evenly.
    """
    rng = np.random.default_rng(seed)
    n_nodes = max(2, n_triples // TRIPLES_A_NODE)
    shares = np.cumsum(np.arange(1, n_nodes + 1) ** (-1 / (EXPONENT - 1)))
    names = rng.permutation(n_nodes)
    ends = [names[np.searchsorted(shares, shares[-1] * rng.random(n_triples), "right")] for _ in range(2)]
    return np.stack([*ends, rng.integers(0, RELATIONS, n_triples)], axis=1), n_nodes
