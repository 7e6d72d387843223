"""All simple paths between two sets of nodes, as arrays."""

from dataclasses import dataclass

from kg.paths.multigraph import Int16, Int32, Int64, Mask, Multigraph
from kg.paths.query import Budget, PathQuery


@dataclass(frozen=True, slots=True)
class PathTable:
    """Simple paths of one length, one a row.

    Attributes:
        nodes: Shape (n_paths, n_hops + 1), from source to target.
        labels: Shape (n_paths, n_hops), as seen from the source; see `Multigraph.labels`.
    """

    nodes: Int32
    labels: Int16

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def hops(self) -> int:
        return int(self.labels.shape[1])

    def take(self, rows: Int64 | Mask) -> "PathTable":
        return PathTable(self.nodes[rows], self.labels[rows])


@dataclass(frozen=True, slots=True)
class AllPaths:
    """Every simple path that a query asks for.

    Attributes:
        tables: One for each length asked for, in that order.
        truncated: Whether the budget ended the search, so that paths may be missing.
    """

    tables: tuple[PathTable, ...]
    truncated: bool

    @property
    def found(self) -> int:
        return sum(map(len, self.tables))


def all_paths(graph: Multigraph, query: PathQuery, budget: Budget = Budget()) -> AllPaths:  # noqa: B008 - frozen
    """Find every simple path: no node twice; of parallel edges each makes a path of its own.

    Equal queries on equal graphs give equal arrays. Where the budget does not suffice, partial paths that end at quiet
    nodes are gone on with first, and the result says that it is truncated. Safe for use from many threads, which run at
    the same time.

    Raises:
        PathQueryError: The query does not fit the graph.
    """
    from kg.paths import kernels  # noqa: PLC0415 - numba takes a second to import

    sides = kernels.sides_of(query.checked(graph), graph.n_relations)
    arrays, lengths = kernels.Graph(graph.indptr, graph.neighbours, graph.labels), query.span
    nodes, labels, counts, truncated = kernels.enumerate_paths(arrays, sides, lengths, (budget.edges, budget.paths))
    tables, at, hop = [], 0, 0
    for length in query.lengths:
        n_paths = int(counts[length])
        end, last = at + n_paths * (length + 1), hop + n_paths * length
        tables.append(PathTable(nodes[at:end].reshape(-1, length + 1), labels[hop:last].reshape(-1, length)))
        at, hop = end, last
    return AllPaths(tuple(tables), truncated)
