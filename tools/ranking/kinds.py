"""What people like who like a kind of items, for somebody of whom nothing is known but a wish for that kind.

Somebody counts by the share of their likes that are of the kind, s(u). With `TRUST` more who like what everybody likes,

    P(item | kind) = (sum_u s(u) [u likes item] + TRUST P(item)) / (sum_u s(u) + TRUST),

and the lift is log(P(item | kind) + 1/n) - log(P(item) + 1/n), over the spread of log(1 + likes), where n is the number
of users: added to the prior, it makes the logarithm of popularity that of popularity among them. Lifts of several kinds
add up. They need no fit of their own.
"""

import numpy as np
import numpy.typing as npt
from scipy import sparse

Values = npt.NDArray[np.float64]

TRUST = 10.0
"""People who like what everybody likes, beside those who like the kind: few of these say little. Chosen on lastfm."""


def kind_lift(liked: sparse.csr_matrix, kind: npt.NDArray[np.bool_]) -> Values:
    """Return how much more every item is liked by those who like a kind, shape (n_items,); 0 where nobody does.

    Args:
        liked: Shape (n_users, n_items), above 0 where a user likes an item.
        kind: Shape (n_items,), which items are of the kind.
    """
    n_users, n_items = liked.shape
    likes = np.diff(liked.indptr)
    of_kind = np.asarray(liked @ kind.astype(np.float32), np.float64)
    shares = of_kind / np.maximum(likes, 1)
    popularity = np.bincount(liked.indices, minlength=n_items).astype(np.float64)
    spread = float(np.log1p(popularity).std())
    if not n_users or not spread:
        return np.zeros(n_items)
    usual = popularity / n_users
    among = (np.asarray(liked.T @ shares, np.float64) + TRUST * usual) / (shares.sum() + TRUST)
    lift: Values = (np.log(among + 1 / n_users) - np.log(usual + 1 / n_users)) / spread
    return lift
