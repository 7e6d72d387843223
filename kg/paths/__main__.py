"""`python -m kg.paths` compiles the kernels, so that the first search after an installation need not."""

import numpy as np

from kg.paths import Multigraph, PathCosts, PathQuery, all_paths, best_paths


def compile_kernels() -> None:
    """Search a graph of two edges in both ways."""
    graph = Multigraph.from_triples(np.array([[0, 1, 0], [1, 2, 0]]), 3, 1)
    query = PathQuery.between([0], [2])
    all_paths(graph, query)
    best_paths(graph, query, PathCosts.penalising_hubs(np.ones(1), graph.degrees), k=1)


if __name__ == "__main__":
    compile_kernels()
