"""`python -m kg` compiles the kernels, so that the first search after an installation need not."""

import sqlite3

import numpy as np

from kg.paths import Multigraph, PathCosts, PathQuery, all_paths, best_paths
from kg.trigrams import SCHEMA, build_trigrams, read_trigrams


def compile_kernels() -> None:
    """Search a graph of two edges in both ways, and an index of one label."""
    graph = Multigraph.from_triples(np.array([[0, 1, 0], [1, 2, 0]]), 3, 1)
    query = PathQuery.between([0], [2])
    all_paths(graph, query)
    best_paths(graph, query, PathCosts.penalising_hubs(np.ones(1), graph.degrees), k=1)
    with sqlite3.connect(":memory:") as connection:
        connection.executescript(SCHEMA)
        build_trigrams(connection, [(1, "label")])
        read_trigrams(connection).similar_labels("label", 1)


if __name__ == "__main__":
    compile_kernels()
