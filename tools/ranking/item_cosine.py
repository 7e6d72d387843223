"""Item-item cosine of who liked what (Sarwar et al., "Item-based Collaborative Filtering", WWW 2001, section 3.1.1)."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from tools.ranking.ease import fitted_items


def fit_item_cosine(rows: sparse.csr_matrix) -> npt.NDArray[np.float32]:
    """Return the cosine of each two columns, shape (n_items, n_items), float32, zero diagonal; scores are x K.

    All neighbours count, near ones or not: a penalty draws what EASE and the factors say of a rare item to 0, whereas
    the cosine of a rare item and one of its few companions is large.

    Args:
        rows: Shape (n_users, n_items), what each item counts to each user.

    Items in no row get zero rows and columns; so do, with more than `MAX_ITEMS` others, the least liked of them.
    """
    known = fitted_items(rows)
    part = sparse.csr_matrix(rows[:, known], dtype=np.float32)
    lengths = np.sqrt(np.asarray(part.multiply(part).sum(axis=0)).ravel())
    scaled = sparse.csr_matrix(part @ sparse.diags_array((1.0 / lengths).astype(np.float32)))
    cosines = np.zeros((rows.shape[1], rows.shape[1]), np.float32)
    cosines[np.ix_(known, known)] = (scaled.T @ scaled).toarray()
    np.fill_diagonal(cosines, 0.0)
    return cosines
