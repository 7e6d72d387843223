"""A directed multigraph as compressed sparse rows, walked in both directions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.errors import GraphError

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Multigraph:
    """Every edge, seen from both of its ends; no edge joins a node with itself.

    Attributes:
        indptr: Shape (n_nodes + 1,); the edges of node `r` are `indptr[r]:indptr[r + 1]`.
        neighbours: Shape (n_edges,), sorted within a node.
        labels: Shape (n_edges,); `relation` where the node is the subject, `~relation` where it is the object. As an
            index, a label counts from the front or from the back of an array of `2 * n_relations`.
        n_relations: How many relations there are.
    """

    indptr: Int32
    neighbours: Int32
    labels: Int16
    n_relations: int

    def __post_init__(self) -> None:
        """Make the arrays read-only, as those of mapped files are: the kernels are compiled for one kind of array."""
        for name in ("indptr", "neighbours", "labels"):
            array = getattr(self, name).view()
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def n_nodes(self) -> int:
        return len(self.indptr) - 1

    @property
    def degrees(self) -> Int32:
        return np.diff(self.indptr)

    @classmethod
    def from_triples(cls, table: npt.NDArray[np.integer], n_nodes: int, n_relations: int) -> "Multigraph":
        """Index triples, given as rows (subject, object, relation); repeated ones and loops are left out.

        Returns:
            Edges sorted by node, neighbour and label, so that equal graphs give equal arrays.

        Raises:
            GraphError: There are more edges or relations than the arrays can number.
        """
        if 2 * len(table) > np.iinfo(np.int32).max or n_relations > np.iinfo(np.int16).max:
            raise GraphError(
                f"a path index holds at most {np.iinfo(np.int32).max // 2:,} triples and {np.iinfo(np.int16).max:,} "
                f"relations, got {len(table):,} and {n_relations:,}: index fewer relations"
            )
        subject, obj, relation = (np.ascontiguousarray(column) for column in table[table[:, 0] != table[:, 1]].T)
        rows = np.concatenate([subject, obj]).astype(np.int32)
        neighbours = np.concatenate([obj, subject]).astype(np.int32)
        labels = np.concatenate([relation, ~relation]).astype(np.int16)
        order = np.lexsort((labels, neighbours, rows))
        rows, neighbours, labels = rows[order], neighbours[order], labels[order]
        fresh = np.ones(len(rows), bool)
        fresh[1:] = (np.diff(rows) != 0) | (np.diff(neighbours) != 0) | (labels[1:] != labels[:-1])
        counts = np.bincount(rows[fresh], minlength=n_nodes)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return cls(indptr, neighbours[fresh], labels[fresh], n_relations)

    def triples(self) -> Int32:
        """Return each edge once, as a row (subject, object, relation)."""
        stated = self.labels >= 0
        subjects = np.repeat(np.arange(self.n_nodes, dtype=np.int32), self.degrees)
        return np.stack([subjects[stated], self.neighbours[stated], self.labels[stated].astype(np.int32)], axis=1)
