"""Numbers of entities as facts to train on: whoever has a number is in a range of it, a fine and a coarse one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kg.embeddings.graph.triples import Rows, TripleSplit

BINS = (100, 20)
"""Ranges of a number that hold equally many entities; fewer where values repeat."""

Numbers = Mapping[str, npt.NDArray[np.float64]]
"""By name, shape (n_entities,), NaN where an entity has none."""


@dataclass(frozen=True, slots=True)
class Context:
    """Facts that are only trained on, with what they number beyond the graph's entities and relations.

    Attributes:
        triples: Shape (n, 3).
        entities: Names of the ranges, whose rows follow the graph's.
        relations: Names of the relations to them, whose ids follow the graph's.
    """

    triples: Rows
    entities: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()


def context_of(numbers: Numbers, n_entities: int, n_relations: int) -> Context:
    """Return the facts that say in which ranges the entities' numbers are."""
    parts, entities, relations = [np.empty((0, 3), np.int64)], list[str](), list[str]()
    for name, values in numbers.items():
        rows = np.flatnonzero(~np.isnan(values))
        for bins in BINS if len(rows) else ():
            edges = np.unique(np.quantile(values[rows], np.linspace(0, 1, bins + 1)))
            places = np.searchsorted(edges[1:-1], values[rows], "right")
            tails = n_entities + len(entities) + places
            parts.append(np.stack([rows, np.full(len(rows), n_relations + len(relations)), tails], axis=1))
            ends = [*pairwise(edges)] or [(edges[0], edges[0])]
            entities += [f"{name} from {low:g} to {high:g}" for low, high in ends]
            relations.append(f"{name} in {bins} ranges")
    return Context(np.concatenate(parts).astype(np.int64), tuple(entities), tuple(relations))


def with_context(split: TripleSplit, context: Context) -> TripleSplit:
    """Return a split to whose train part the facts of a context are added; nothing of it is held out."""
    return replace(
        split,
        train=np.concatenate([split.train, context.triples]),
        n_entities=split.n_entities + len(context.entities),
        n_relations=split.n_relations + len(context.relations),
    )
