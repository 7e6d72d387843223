"""Small random multigraphs, and the same searches in networkx and by brute force."""

from collections.abc import Iterable

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from kg.paths import AllPaths, Multigraph, PathCosts, RankedPath
from kg.paths.costs import LENGTHS
from kg.paths.multigraph import Mask

N_NODES, N_RELATIONS = 7, 3
Edge = tuple[int, int, int]
Walk = tuple[tuple[int, ...], tuple[int, ...]]
"""The nodes and the labels of a path."""

NODES = st.integers(0, N_NODES - 1)
EDGES = st.sets(st.tuples(NODES, NODES, st.integers(0, N_RELATIONS - 1)), min_size=1, max_size=20)
"""Triples (subject, object, relation)."""

SETS = st.sets(NODES, max_size=3)
MASKS = st.none() | st.lists(st.booleans(), min_size=2 * N_RELATIONS, max_size=2 * N_RELATIONS).map(np.array)


def multigraph(edges: Iterable[Edge], n_nodes: int = N_NODES, n_relations: int = N_RELATIONS) -> Multigraph:
    return Multigraph.from_triples(np.array(sorted(edges), np.int64).reshape(-1, 3), n_nodes, n_relations)


def walks(found: AllPaths) -> list[Walk]:
    return sorted(
        (tuple(nodes), tuple(labels))
        for table in found.tables
        for nodes, labels in zip(table.nodes.tolist(), table.labels.tolist(), strict=True)
    )


def network(graph: Multigraph) -> "nx.MultiGraph":
    """Return the triples as a multigraph without directions; the key of an edge is its triple."""
    triples = [tuple(triple) for triple in graph.triples().tolist()]
    found = nx.MultiGraph()
    found.add_nodes_from(range(graph.n_nodes))
    found.add_edges_from((subject, obj, (subject, obj, relation)) for subject, obj, relation in triples)
    return found


def networkx_walks(graph: "nx.MultiGraph", sources: Iterable[int], targets: Iterable[int], max_hops: int) -> list[Walk]:
    """Return what `all_simple_edge_paths` finds between each pair."""
    return sorted(
        ((source, *(edge[1] for edge in path)), tuple(_label(*edge) for edge in path))
        for source in sources
        for target in targets
        if source != target
        for path in nx.all_simple_edge_paths(graph, source, target, cutoff=max_hops)
    )


def allowed(walk: Walk, masks: Iterable[Mask | None]) -> bool:
    return all(mask is None or bool(mask[label]) for label, mask in zip(walk[1], masks, strict=False))


def ranked(found: Iterable[Walk], costs: PathCosts) -> list[RankedPath]:
    """Return walks in the order of their documented costs, then nodes, then labels."""
    return sorted(RankedPath(_cost(nodes, labels, costs), nodes, labels) for nodes, labels in found)


def _label(source: int, _: int, triple: Edge) -> int:
    return triple[2] if triple[0] == source else ~triple[2]


def _cost(nodes: tuple[int, ...], labels: tuple[int, ...], costs: PathCosts) -> int:
    relations = LENGTHS // len(labels) * sum(int(costs.labels[label]) for label in labels)
    hubs = LENGTHS * sum(int(costs.nodes[node]) for node in nodes[1:-1])
    return relations + hubs + LENGTHS * costs.hop * (len(labels) - 1)
