"""All simple paths between two sets of nodes, as arrays."""

from dataclasses import dataclass

import numpy as np

from kg.paths.halves import Half, grow_sides
from kg.paths.meeting import PathTable, meet
from kg.paths.multigraph import Int32, Multigraph
from kg.paths.query import Budget, PathQuery


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
    nodes are gone on with first, and the result says that it is truncated.

    Raises:
        PathQueryError: The query does not fit the graph.
    """

    def quiet(half: Half) -> Int32:
        return graph.degrees[half.ends]

    sides = grow_sides(graph, query.checked(graph), budget, quiet)
    truncated, left, tables = bool(sides.cut), budget.paths, []
    for length in query.lengths:
        meeting = meet(sides, length)
        counts = meeting.counts
        rows = np.flatnonzero(counts)
        affordable = rows[counts[rows].cumsum() <= left]
        truncated |= len(affordable) < len(rows)
        table = meeting.table(*meeting.pairs(affordable, meeting.first[affordable], counts[affordable]))
        left -= len(table)
        tables.append(table)
    return AllPaths(tuple(tables), truncated)
