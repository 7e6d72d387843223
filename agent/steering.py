"""Steering: which explanation path of an item is shown first, by a published measure of explanation paths."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from kg.snapshot import Snapshot
from kg.types import Iri, Path
from tools.path_quality import Goal, Popularity, choose, in_degrees, linked_path, linking_recency, shared_popularity

CANDIDATES = 12
"""Paths of an item among which a measure chooses."""


class Steering:
    """Chooses among paths; what a measure needs of the graph is computed at the first request for it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def ordered(
        self, paths: Sequence[Sequence[Path]], goal: Goal, moments: Mapping[Iri, float], shown: int
    ) -> list[list[Path]]:
        """Return `shown` paths of each item at most, the one that a measure chooses first.

        Args:
            paths: The paths of each item of a list, best first.
            goal: The measure.
            moments: When the items of the history were rated or used, in seconds.
            shown: How many are kept.
        """
        candidates = [[linked_path(path) for path in one] for one in paths]
        places = choose(candidates, goal, recency=linking_recency(moments), popularity=self._popularity)
        return [
            ([one[at]] if at is not None else []) + [path for place, path in enumerate(one) if place != at][: shown - 1]
            for one, at in zip(paths, places, strict=True)
        ]

    @cached_property
    def _popularity(self) -> Popularity:
        return shared_popularity(in_degrees(self._snapshot.adjacency))
