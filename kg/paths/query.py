"""What is asked of the path engine: two sets of nodes, lengths, which edges a hop may take, and how much to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from kg.errors import PathQueryError
from kg.paths.multigraph import Int32, Mask, Multigraph

MAX_HOPS = 4


@dataclass(frozen=True, slots=True)
class Budget:
    """What one search may take; a search that would need more ends early and says so.

    Attributes:
        edges: Edges that one hop of one side walks over, at about 20 bytes for each that is gone on from.
        paths: Paths that are put together.
    """

    edges: int = 1_000_000
    paths: int = 2_000_000


@dataclass(frozen=True, slots=True)
class PathQuery:
    """Simple paths from any of the sources to any of the targets.

    Attributes:
        sources, targets: Distinct nodes, sorted.
        lengths: The numbers of hops wanted, ascending.
        allowed: For each hop from the source, which labels it may take: None (any), or a mask of shape
            (2 * n_relations,), indexed by label. As many as the longest path has hops.
    """

    sources: Int32
    targets: Int32
    lengths: tuple[int, ...]
    allowed: tuple[Mask | None, ...]

    @classmethod
    def between(
        cls,
        sources: Sequence[int] | Int32,
        targets: Sequence[int] | Int32,
        *,
        max_hops: int = 3,
        allowed: Mask | None = None,
    ) -> Self:
        """Ask for paths of 1 to `max_hops` hops, each of which takes an allowed label.

        Raises:
            PathQueryError: `max_hops` is not in 1..4.
        """
        if not 1 <= max_hops <= MAX_HOPS:
            raise PathQueryError(f"max_hops must be in 1..{MAX_HOPS}, got {max_hops}")
        lengths = tuple(range(1, max_hops + 1))
        return cls(distinct(sources), distinct(targets), lengths, (allowed,) * max_hops)

    @classmethod
    def along(cls, sources: Sequence[int] | Int32, targets: Sequence[int] | Int32, hops: Sequence[Mask | None]) -> Self:
        """Ask for paths of as many hops as there are masks, each of which takes a label of its own mask.

        Raises:
            PathQueryError: There are not 1..4 masks.
        """
        if not 1 <= len(hops) <= MAX_HOPS:
            raise PathQueryError(f"a pattern must have 1..{MAX_HOPS} hops, got {len(hops)}")
        return cls(distinct(sources), distinct(targets), (len(hops),), tuple(hops))

    def checked(self, graph: Multigraph) -> Self:
        """Return the query, which fits the graph.

        Raises:
            PathQueryError: A node is not of the graph, or a mask has another size.
        """
        for nodes in (self.sources, self.targets):
            if len(nodes) and not (nodes[0] >= 0 and nodes[-1] < graph.n_nodes):
                raise PathQueryError(f"nodes must be in 0..{graph.n_nodes - 1}, got {nodes[0]}..{nodes[-1]}")
        for mask in self.allowed:
            if mask is not None and mask.shape != (2 * graph.n_relations,):
                raise PathQueryError(f"a mask must have shape ({2 * graph.n_relations},), got {mask.shape}")
        return self

    @property
    def span(self) -> tuple[int, int]:
        """The fewest and the most hops wanted; all between are wanted, too."""
        return self.lengths[0], self.lengths[-1]

    def masks(self, n_relations: int) -> tuple[Mask, Mask]:
        """Return which labels the first two hops from the sources may take, and those from the targets.

        Returns:
            Two masks of shape (2, 2 * n_relations), each as seen from its side; where any hop may take any label, of
            shape (0, 2 * n_relations).
        """
        width = 2 * n_relations
        if all(mask is None for mask in self.allowed):
            return np.empty((0, width), bool), np.empty((0, width), bool)
        hops = np.array([np.ones(width, bool) if mask is None else mask for mask in self.allowed])
        return hops[:2].copy(), hops[::-1, ::-1][:2].copy()


def distinct(nodes: Sequence[int] | Int32) -> Int32:
    """Return nodes without repetitions, sorted."""
    array = np.array(nodes, np.int32)
    return array if len(array) < 2 else np.unique(array)
