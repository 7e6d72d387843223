"""The same search for paths in other libraries."""

from collections.abc import Sequence
from typing import Protocol

import igraph  # type: ignore[import-untyped]
import networkx as nx
import numpy as np
import numpy.typing as npt

Triples = npt.NDArray[np.integer]


class PathPeer(Protocol):
    """A library that finds all simple paths.

    Attributes:
        counts_parallel: Whether each of several parallel edges makes a path of its own.
    """

    name: str
    counts_parallel: bool

    def paths(self, source: int, target: int, max_hops: int) -> list[Sequence[int]]:
        """Return the nodes of every simple path."""
        ...


class Igraph:
    name = "igraph"
    counts_parallel = False

    def __init__(self, triples: Triples, n_nodes: int) -> None:
        self._graph = igraph.Graph(n=n_nodes, edges=np.ascontiguousarray(triples[:, :2], np.int64))

    def paths(self, source: int, target: int, max_hops: int) -> list[Sequence[int]]:
        found: list[Sequence[int]] = self._graph.get_all_simple_paths(source, to=target, maxlen=max_hops)
        return found


class Networkx:
    name = "networkx"
    counts_parallel = True

    def __init__(self, triples: Triples, n_nodes: int) -> None:
        self._graph = nx.MultiGraph()
        self._graph.add_nodes_from(range(n_nodes))
        self._graph.add_edges_from(triples[:, :2].tolist())

    def paths(self, source: int, target: int, max_hops: int) -> list[Sequence[int]]:
        return list(nx.all_simple_paths(self._graph, source, target, cutoff=max_hops))
