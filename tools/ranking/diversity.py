"""Lists whose items are unlike each other: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998)."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

POOL = 100
"""Best items that a list is chosen from."""


def rerank(
    ordered: npt.NDArray[np.int64],
    totals: npt.NDArray[np.float64],
    attributes: sparse.csr_matrix,
    k: int,
    diversity: float,
) -> npt.NDArray[np.int64]:
    """Return `k` columns, each the best by `(1 - diversity) * relevance - diversity * likeness` to those before it.

    Args:
        ordered: Columns that may be listed, best first.
        totals: Shape (n_items,), scores; relevance is their place between the pool's least (0) and greatest (1).
        attributes: Shape (n_items, n_entities), unit rows; likeness is the greatest cosine to an item before.
        k: Length of the list; less where fewer are allowed.
        diversity: In [0, 1]; 0: the best by score alone.
    """
    if diversity == 0 or len(ordered) < 2:
        return ordered[:k]
    pool = ordered[: max(POOL, k)]
    scores = totals[pool]
    reach = float(scores[0] - scores[-1])
    relevance = (scores - scores[-1]) / reach if reach else np.zeros(len(pool))
    alike = (attributes[pool] @ attributes[pool].T).toarray()
    likeness, left, chosen = np.zeros(len(pool)), np.ones(len(pool), bool), list[int]()
    for _ in range(min(k, len(pool))):
        worth = np.where(left, (1 - diversity) * relevance - diversity * likeness, -np.inf)
        place = int(worth.argmax())
        chosen.append(place)
        left[place] = False
        likeness = np.maximum(likeness, alike[place])
    return pool[chosen]
