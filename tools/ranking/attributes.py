"""Items as sparse vectors of the entities that they are related to, rare entities weighing more."""

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg.snapshot import Snapshot

OWN = 2.0
"""Weight of an item as its own attribute, where a relation weighs 1 at most; chosen on the history of lastfm."""


def item_attributes(snapshot: Snapshot) -> sparse.csr_matrix:
    """Return the items' attribute matrix, shape (n_items, n_entities), float32, rows of unit length.

    An entry is the relation's weight times the entity's inverse document frequency, log(n_items / n_items_with_it).
    Relations to one entity add up, to 1 at most. An item that another one is related to is an attribute of that one,
    and, with `OWN`, of itself: so the two have something in common. Flagged facts relate nothing: a score is told by
    what it rests on.
    """
    adjacency, n_items = snapshot.sound, len(snapshot.items)
    relations = snapshot.manifest.relations
    weights = np.array([relations[name].weight for name in adjacency.relations], np.float32)
    counts = np.diff(adjacency.indptr)[snapshot.item_rows]
    columns = np.repeat(np.arange(n_items), counts)
    edges = np.concatenate([np.arange(*adjacency.indptr[row : row + 2]) for row in snapshot.item_rows])
    labels = adjacency.labels[edges]
    values = weights[np.where(labels >= 0, labels, ~labels)]
    matrix = sparse.csr_matrix(
        (values, (columns, adjacency.neighbours[edges])), shape=(n_items, len(adjacency.entities))
    )
    matrix.data = np.minimum(matrix.data, 1.0)
    matrix = sparse.csr_matrix(matrix + _themselves(matrix, snapshot.item_rows))
    frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
    matrix.data *= np.log(n_items / np.maximum(frequency, 1)).astype(np.float32)[matrix.indices]
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = sparse.diags_array((1.0 / np.maximum(length, 1e-9)).astype(np.float32)) @ matrix
    return sparse.csr_matrix(scaled)


def _themselves(matrix: sparse.csr_matrix, rows: npt.NDArray[np.int32]) -> sparse.csr_matrix:
    """Return `OWN` where an item is an attribute of another one, at its own place."""
    used = np.bincount(matrix.indices, minlength=matrix.shape[1])[rows] > 0
    places = np.flatnonzero(used), rows[used]
    return sparse.csr_matrix((np.full(int(used.sum()), OWN, np.float32), places), shape=matrix.shape)


def attribute_rows(attributes: sparse.csr_matrix, weight: float) -> tuple[sparse.csr_matrix, npt.NDArray[np.int64]]:
    """Return the attributes that several items share as rows over the items, times a weight, and which they are.

    They stand below the users' rows where a model learns from both, as if each attribute were a user who likes its
    items. With weight 0 there are none.
    """
    turned = attributes.T.tocsr()
    shared = np.flatnonzero(np.diff(turned.indptr) > 1) if weight else np.empty(0, np.int64)
    return sparse.csr_matrix(turned[shared] * np.float32(weight)), shared.astype(np.int64)
