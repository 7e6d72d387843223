"""How good explanation paths are for the people who read them: recency, popularity and diversity, and choosing by them.

The three measures of Balloccu, Boratto, Fenu and Marras, "Post Processing Recommender Systems with Knowledge Graphs for
Recency, Popularity, and Diversity of Explanations" (SIGIR 2022): linking interaction recency (LIR), shared entity
popularity (SEP) and explanation type diversity (ETD), over the paths of the first k items of a list. An item without a
path has no part in LIR and SEP, and adds no type to ETD.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal, get_args

import numpy as np

from kg.adjacency import Adjacency
from kg.types import Iri, Path
from tools.errors import ToolError

BETA = 2 / 11
"""Weight of the present value in the moving average; a span of 10 values, as in the authors' own code."""

NO_TIMES = "the interactions have no time stamps"
ONE_MOMENT = "all interactions of the user are of one moment"

Goal = Literal["lir", "sep", "etd"]
GOALS: tuple[Goal, ...] = get_args(Goal)
Popularity = Mapping[tuple[str, str], float]
"""SEP by the type of an entity and its IRI."""


@dataclass(frozen=True, slots=True)
class LinkedPath:
    """What the measures ask of an explanation path.

    Attributes:
        interaction: The item of the user's history that the path begins with.
        shared: The entity before the recommended item; None where the two are neighbours.
        kind: The path's type: the relation that ends it, which is also the type of the shared entity (a person is one
            entity as a writer and another as an editor, as in the authors' graphs).
    """

    interaction: Iri
    shared: Iri | None
    kind: str


@dataclass(frozen=True, slots=True)
class Recency:
    """LIR of each interaction of one user; `missing` says why there is none, where there is none."""

    values: Mapping[Iri, float]
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class PathQuality:
    """The measures of one list, each in [0, 1] or None.

    Attributes:
        k: How many items were looked at, at most.
        explained: How many of them have a path.
        lir: Mean over the paths; None where `lir_missing` says why.
        sep: Mean over the paths with a shared entity; None where there is no such path.
        etd: Distinct types by `min(k, n_types)`; None where the graph has no type.
    """

    k: int
    explained: int
    lir: float | None
    sep: float | None
    etd: float | None
    lir_missing: str | None = None


def linked_path(path: Path) -> LinkedPath:
    """Return what the measures ask of a path from an item of the history to a recommended one."""
    shared = path.entities[-2] if len(path.hops) > 1 else None
    return LinkedPath(path.entities[0], shared, path.hops[-1].relation)


def moving_average(values: Sequence[float], beta: float = BETA) -> list[float]:
    """Return the exponentially weighted moving average of sorted values, scaled to [0, 1].

    Equal values share what the average is after the last of them, so that their order says nothing.

    Args:
        values: Ascending.
        beta: In (0, 1]; with 1 the values themselves are scaled.

    Returns:
        One number a value, ascending from 0 to 1; empty where the values do not differ.

    Example:
        The averages of 0, 2, 4, 4 are 0, then 0 + 1, then 1/2 + 2, then 5/4 + 2:

        >>> [round(one, 3) for one in moving_average([0, 2, 4, 4], beta=0.5)]
        [0.0, 0.308, 1.0, 1.0]
    """
    if not 0 < beta <= 1:
        raise ToolError(f"beta must be in (0, 1], got {beta:g}")
    if any(later < earlier for earlier, later in pairwise(values)):
        raise ToolError("a moving average is taken over ascending values; sort them first")
    if len(set(values)) < 2:
        return []
    start, average = values[0], 0.0
    found: list[float] = []
    for value, equal in groupby(values):
        count = len(list(equal))
        for _ in range(count):
            average = (1 - beta) * average + beta * (value - start)
        found += [average] * count
    least, reach = found[0], found[-1] - found[0]
    return [min((one - least) / reach, 1.0) for one in found] if reach > 0 else []


def linking_recency(moments: Mapping[Iri, float], beta: float = BETA) -> Recency:
    """Return the LIR of each interaction of a user: 1 for the latest, 0 for the earliest.

    Args:
        moments: When each item of the history was rated or used, in seconds; empty where the data does not say.
        beta: Weight of the present moment in the average.
    """
    if not moments:
        return Recency({}, NO_TIMES)
    ordered = sorted(moments, key=lambda iri: (moments[iri], iri))
    averages = moving_average([moments[iri] for iri in ordered], beta)
    return Recency(dict(zip(ordered, averages, strict=True))) if averages else Recency({}, ONE_MOMENT)


def in_degrees(adjacency: Adjacency) -> dict[str, dict[str, int]]:
    """Return how many subjects each entity is the object of, by relation; the popularity that SEP rests on."""
    found: dict[str, dict[str, int]] = {}
    labels = np.asarray(adjacency.labels)
    rows = np.repeat(np.arange(len(adjacency.entities)), adjacency.degrees)
    for relation_id, name in enumerate(adjacency.relations):
        counts = np.bincount(rows[labels == ~relation_id], minlength=len(adjacency.entities))
        found[name] = {adjacency.entities[row]: int(counts[row]) for row in np.flatnonzero(counts)}
    return found


def shared_popularity(degrees: Mapping[str, Mapping[str, int]], beta: float = BETA) -> Popularity:
    """Return the SEP of every entity: 1 for the most popular of its type, 0 for the least.

    Args:
        degrees: In-degree by type and IRI, as `in_degrees` returns it. Types whose entities are all equally popular
            have no SEP.
        beta: Weight of the present degree in the average.
    """
    found: dict[tuple[str, str], float] = {}
    for kind, by_entity in degrees.items():
        ordered = sorted(by_entity, key=lambda iri: (by_entity[iri], iri))
        averages = moving_average([by_entity[iri] for iri in ordered], beta)
        if averages:
            found |= {(kind, iri): value for iri, value in zip(ordered, averages, strict=True)}
    return found


def path_kinds(adjacency: Adjacency, items: Iterable[str]) -> frozenset[str]:
    """Return the types that a path to an item can have: relations that an item stands in, at either end."""
    rows = [adjacency.rows[iri] for iri in items if iri in adjacency.rows]
    ids = {int(label) for row in rows for label in np.unique(adjacency.edges(row)[1])}
    return frozenset(adjacency.relations[label if label >= 0 else ~label] for label in ids)


def measure(
    chosen: Sequence[LinkedPath | None], k: int, *, recency: Recency, popularity: Popularity, kinds: Collection[str]
) -> PathQuality:
    """Return the quality of the paths of one list.

    Args:
        chosen: The path shown with each item, in the order of the list; None where it has none.
        k: How many items from the top count.
        recency: Of the user. A path that begins elsewhere than in the history has LIR 0, as published.
        popularity: Of the graph.
        kinds: The types that there are.
    """
    if k < 1:
        raise ToolError(f"k must be at least 1, got {k}")
    paths = [path for path in chosen[:k] if path is not None]
    recent = [recency.values.get(path.interaction, 0.0) for path in paths]
    popular = [value for path in paths if (value := _popularity(path, popularity)) is not None]
    distinct = {path.kind for path in paths}
    return PathQuality(
        k=k,
        explained=len(paths),
        lir=_mean(recent) if recency.missing is None else None,
        sep=_mean(popular),
        etd=len(distinct) / min(k, len(kinds)) if kinds else None,
        lir_missing=recency.missing,
    )


def choose(
    candidates: Sequence[Sequence[LinkedPath]], goal: Goal, *, recency: Recency, popularity: Popularity
) -> list[int | None]:
    """Choose one of the paths of each item, so that a list of them is better by one measure.

    These are the "soft" re-rankings of the paper: the items stay, their explanations change. LIR and SEP choose for
    each item alone; ETD goes down the list and takes the first path of a type that no item above has, so that it is
    never worse than the first path of each item. Ties, and what a measure cannot tell apart, keep the given order.

    Args:
        candidates: The paths of each item, best first, in the order of the list.
        goal: The measure to raise.
        recency: Of the user.
        popularity: Of the graph.

    Returns:
        The place of the chosen path among each item's candidates; None where it has none.
    """
    if goal == "etd":
        return _spread(candidates)
    return [
        max(range(len(paths)), key=lambda at: (_worth(paths[at], goal, recency, popularity), -at)) if paths else None
        for paths in candidates
    ]


def _spread(candidates: Sequence[Sequence[LinkedPath]]) -> list[int | None]:
    seen: set[str] = set()
    chosen: list[int | None] = []
    for paths in candidates:
        at = next((at for at, path in enumerate(paths) if path.kind not in seen), 0) if paths else None
        chosen.append(at)
        seen |= {paths[at].kind} if at is not None else set()
    return chosen


def _worth(path: LinkedPath, goal: Goal, recency: Recency, popularity: Popularity) -> float:
    if goal == "lir":
        return recency.values.get(path.interaction, 0.0)
    value = _popularity(path, popularity)
    return -1.0 if value is None else value


def _popularity(path: LinkedPath, popularity: Popularity) -> float | None:
    return None if path.shared is None else popularity.get((path.kind, path.shared))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
