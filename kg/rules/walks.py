"""Walks along relations as products of sparse matrices, no entity twice on one."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg.rules.horn import Label

Rows = npt.NDArray[np.int64]
MAX_LENGTH = 3


class RelationMatrices:
    """The facts as one boolean matrix a label, shape (n_entities, n_entities) each.

    Args:
        triples: Shape (n, 3): subject, relation, object; none from an entity to itself.
        n_entities, n_relations: What the rows number.
    """

    def __init__(self, triples: Rows, n_entities: int, n_relations: int) -> None:
        self.n_entities, self.n_relations = n_entities, n_relations
        self._straight = []
        for relation in range(n_relations):
            pairs = triples[triples[:, 1] == relation]
            ones = np.ones(len(pairs))
            matrix = sparse.csr_matrix((ones, (pairs[:, 0], pairs[:, 2])), shape=(n_entities, n_entities))
            self._straight.append(boolean(matrix))
        self._turned = [sparse.csr_matrix(matrix.T) for matrix in self._straight]

    def of(self, label: Label) -> sparse.csr_matrix:
        return self._straight[label] if label >= 0 else self._turned[~label]

    @property
    def labels(self) -> list[Label]:
        """All labels with facts, those along the arrow first."""
        filled = [one for one in range(self.n_relations) if self._straight[one].nnz]
        return [*filled, *(~one for one in filled)]

    def pairs_of(self, body: Sequence[Label]) -> sparse.csr_matrix:
        """Return the pairs that a walk joins, boolean, shape (n_entities, n_entities)."""
        reached = self.of(body[0])
        for at in range(1, len(body)):
            reached = self.extended(body[:at], reached, body[at])
        return boolean(reached)

    def extended(self, body: Sequence[Label], counts: sparse.csr_matrix, label: Label) -> sparse.csr_matrix:
        """Return how many walks go one step on, given those along `body`; shape (n_entities, n_entities).

        No entity stands twice on a walk. Else `h(X, Y)` would follow from itself, by going from X to Y and back and to
        Y again; AnyBURL calls this object identity.
        """
        first, last = self.of(body[0]), self.of(label)
        longer = sparse.csr_matrix(counts @ last)
        if len(body) == 2:  # X, Z, W, Y with Y = Z: from X to Y, on to a W that is not X, and back to Y
            middle = self.of(body[1])
            there_and_back = np.asarray(middle.multiply(last.T).sum(axis=1)).ravel()
            through_x = first.multiply(middle.T).multiply(last)
            longer = sparse.csr_matrix(longer - first @ sparse.diags_array(there_and_back) + through_x)
        longer.eliminate_zeros()
        return without_diagonal(longer)


def boolean(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return a matrix with 1 wherever there is an entry."""
    result = sparse.csr_matrix(matrix)
    result.sum_duplicates()
    result.data = np.ones_like(result.data)
    return result


def without_diagonal(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return a matrix without the entries of each entity with itself."""
    if not matrix.diagonal().any():
        return matrix
    table = matrix.tocoo()
    off = table.row != table.col
    return sparse.csr_matrix((table.data[off], (table.row[off], table.col[off])), shape=matrix.shape)
