"""Triples as rows of integers, and a split of them that does not leak."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kg.adjacency import Adjacency
from kg.errors import GraphError

Rows = npt.NDArray[np.int64]

SAME = 0.8
"""Share of a relation's facts that another one states as well, or states inversely, from which on it is redundant."""

HELD_OUT = 0.1
"""Share of the facts for validation, and again for the test."""


@dataclass(frozen=True, slots=True)
class Redundant:
    """A relation that is left out, since another one says the same of most of its pairs, perhaps inversely."""

    relation: int
    kept: int
    inverse: bool
    share: float


@dataclass(frozen=True, slots=True)
class TripleSplit:
    """Facts for training, for validation and for the test; shape (n, 3) each: head, relation, tail.

    Attributes:
        turned: Facts of the three parts that hold from tail to head, too: true, and in no part.
        redundant: Relations whose facts are in no part.
        n_entities, n_relations: Of the graph that the rows number.
    """

    train: Rows
    valid: Rows
    test: Rows
    turned: Rows
    redundant: tuple[Redundant, ...]
    n_entities: int
    n_relations: int

    @property
    def known(self) -> Rows:
        """All that is known to be true."""
        return np.concatenate([self.facts, self.turned])

    @property
    def facts(self) -> Rows:
        """The facts of the three parts."""
        return np.concatenate([self.train, self.valid, self.test])

    @property
    def learnable(self) -> Rows:
        """What is known of the facts to train on: themselves, and what holds of them from tail to head."""
        mine = np.isin(_numbers(self.turned[:, ::-1], self.n_entities), _numbers(self.train, self.n_entities))
        return np.concatenate([self.train, self.turned[mine]])


def triples_of(adjacency: Adjacency) -> Rows:
    """Return the facts between entities, shape (n, 3): head, relation, tail, by head, then tail."""
    heads = np.repeat(np.arange(len(adjacency.entities)), adjacency.degrees)
    forward = adjacency.labels >= 0
    table = np.stack([heads[forward], adjacency.labels[forward], adjacency.neighbours[forward]], axis=1)
    return table.astype(np.int64)


def both_ways(triples: Rows, relations: Collection[int]) -> Rows:
    """Return distinct facts, sorted, with those of some relations from tail to head, too."""
    turned = triples[np.isin(triples[:, 1], list(relations))][:, ::-1]
    found: Rows = np.unique(np.concatenate([triples, turned]), axis=0)
    return found


def split_triples(
    triples: Rows,
    n_entities: int,
    n_relations: int,
    seed: int,
    *,
    share: float = HELD_OUT,
    symmetric: Collection[int] = (),
) -> TripleSplit:
    """Hold facts out for validation and test.

    Before, relations that repeat another one, straight or inversely, are dropped, and so is of two facts (x, r, y) and
    (y, r, x) the second: else a held-out fact could be read off a fact to train on (Toutanova and Chen, "Observed
    versus latent features for knowledge base and text inference", CVSC 2015). It stays known to be true, so that no
    other fact is ranked below it. Whatever is held out has both its entities, and its relation, in a fact to train on.

    Args:
        triples: Shape (n, 3).
        n_entities: What the rows number.
        n_relations: The same.
        seed: Of the draw.
        share: Of the facts for each of the two parts; fewer where entities would be lost.
        symmetric: Relations whose facts hold from tail to head, too, whether or not the graph says so.

    Raises:
        GraphError: There are too few facts to hold any out.
    """
    redundant = redundant_relations(triples, n_relations)
    kept = triples[~np.isin(triples[:, 1], [one.relation for one in redundant])]
    single = one_way(kept, n_entities)
    wanted = int(len(single) * share)
    held = _held_out(single, n_entities, n_relations, 2 * wanted, seed)
    if not len(held):
        raise GraphError(f"the graph has {len(single)} facts between entities: too few to hold any out for validation.")
    half = len(held) // 2
    left = np.setdiff1d(np.arange(len(single)), held)
    true = both_ways(kept, symmetric)
    return TripleSplit(
        single[left],
        single[np.sort(held[:half])],
        single[np.sort(held[half:])],
        true[~np.isin(_numbers(true, n_entities), _numbers(single, n_entities))],
        redundant,
        n_entities,
        n_relations,
    )


def redundant_relations(triples: Rows, n_relations: int, same: float = SAME) -> tuple[Redundant, ...]:
    """Return the relations most of whose pairs a larger relation holds too, straight or inversely."""
    size = int(triples[:, [0, 2]].max(initial=0)) + 1
    straight = [_keys(triples[triples[:, 1] == one], size) for one in range(n_relations)]
    inverse = [_keys(triples[triples[:, 1] == one][:, ::-1], size) for one in range(n_relations)]
    order = sorted(range(n_relations), key=lambda one: (-len(straight[one]), one))
    kept: list[int] = []
    found: list[Redundant] = []
    for relation in order:
        shares = [
            (np.isin(straight[relation], keys[other]).mean(), other, keys is inverse)
            for other in kept
            for keys in (straight, inverse)
            if len(straight[relation])
        ]
        share, other, turned = max(shares, default=(0.0, -1, False), key=lambda one: one[0])
        if share >= same:
            found.append(Redundant(relation, other, turned, float(share)))
        else:
            kept.append(relation)
    return tuple(sorted(found, key=lambda one: one.relation))


def with_inverses(triples: Rows, n_relations: int) -> Rows:
    """Return the facts and, below them, the same from tail to head, whose relations are numbered after the others.

    So one kind of query, "which tail?", asks for both ends (Lacroix et al., "Canonical tensor decomposition for
    knowledge base completion", ICML 2018).
    """
    return np.concatenate([triples, np.stack([triples[:, 2], triples[:, 1] + n_relations, triples[:, 0]], axis=1)])


class KnownTails:
    """The tails that are known for a head and a relation, of facts with their inverses."""

    def __init__(self, both: Rows, n_relations: int) -> None:
        self._width = 2 * n_relations
        keys = both[:, 0] * self._width + both[:, 1]
        order = np.lexsort((both[:, 2], keys))
        self._keys, self._tails = keys[order], both[order, 2]

    def places(self, queries: Rows) -> tuple[Rows, Rows]:
        """Return for queries, shape (n, 2), the numbers of the query and of the tail of each known fact."""
        keys = queries[:, 0] * self._width + queries[:, 1]
        first = np.searchsorted(self._keys, keys, "left")
        counts = np.searchsorted(self._keys, keys, "right") - first
        at = np.repeat(np.arange(len(queries)), counts)
        offsets = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        return at, self._tails[first[at] + offsets]

    def of(self, head: int, relation: int) -> Rows:
        """Return the known tails of one query, ascending."""
        return self.places(np.array([[head, relation]]))[1]


def _keys(triples: Rows, size: int) -> Rows:
    return triples[:, 0] * size + triples[:, 2]


def one_way(triples: Rows, n_entities: int) -> Rows:
    """Keep of two facts that differ in direction alone the one with the lower head."""
    turned = _numbers(triples[:, ::-1], n_entities)
    return triples[(triples[:, 0] <= triples[:, 2]) | ~np.isin(turned, _numbers(triples, n_entities))]


def _numbers(triples: Rows, n_entities: int) -> Rows:
    """Return a number for each fact, shape (n,)."""
    return (triples[:, 1] * n_entities + triples[:, 0]) * n_entities + triples[:, 2]


def _held_out(triples: Rows, n_entities: int, n_relations: int, wanted: int, seed: int) -> Rows:
    """Return the places of facts, in the order of a seeded draw, without which no entity and no relation is lost."""
    left = np.bincount(triples[:, [0, 2]].ravel(), minlength=n_entities)
    facts = np.bincount(triples[:, 1], minlength=n_relations)
    held: list[int] = []
    for place in np.random.default_rng(seed).permutation(len(triples)).tolist():
        head, relation, tail = triples[place].tolist()
        if len(held) == wanted:
            break
        if min(left[head], left[tail], facts[relation]) > 1:
            left[head] -= 1
            left[tail] -= 1
            facts[relation] -= 1
            held.append(place)
    return np.array(held, np.int64)


def names(adjacency: Adjacency, redundant: Sequence[Redundant]) -> list[str]:
    """Return a line for each relation that is left out."""
    relations = adjacency.relations
    return [
        f"{relations[one.relation]} repeats {relations[one.kept]}{' inversely' if one.inverse else ''} "
        f"({one.share:.0%} of its facts)"
        for one in redundant
    ]
