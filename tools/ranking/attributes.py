"""Items as sparse vectors of the entities that they are related to, rare entities weighing more."""

import numpy as np
from scipy import sparse

from kg.snapshot import Snapshot


def item_attributes(snapshot: Snapshot) -> sparse.csr_matrix:
    """Return the items' attribute matrix, shape (n_items, n_entities), float32, rows of unit length.

    An entry is the relation's weight times the entity's inverse document frequency, log(n_items / n_items_with_it); an
    item that is itself related to another one is an attribute too. Relations to one entity add up, to 1 at most.
    """
    adjacency, n_items = snapshot.adjacency, len(snapshot.items)
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
    frequency = np.bincount(matrix.indices, minlength=matrix.shape[1])
    matrix.data *= np.log(n_items / np.maximum(frequency, 1)).astype(np.float32)[matrix.indices]
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    scaled = sparse.diags_array((1.0 / np.maximum(length, 1e-9)).astype(np.float32)) @ matrix
    return sparse.csr_matrix(scaled)
