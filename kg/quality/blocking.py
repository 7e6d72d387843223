"""Which pairs of entities are worth comparing: those with near names, near neighbours or near meanings."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from scipy import sparse

from kg.quality.view import GraphView

Pair = tuple[str, str]
Encode = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Turns texts into unit vectors, shape (n_texts, dim)."""

DIMENSIONS = 2**18
"""Of the hashed vectors: at 40,000 names two trigrams in a thousand share a place."""

GRAM = 3
NEAREST = 5
NEAR_SPELLING, NEAR_MEANING = 0.5, 0.8
"""Least cosines of hashed spellings and of text embeddings."""

CROWD = 50
"""Entities that share a name, or a neighbour, with more others than this say nothing by it."""

ALIKE = 60
"""Least character similarity, in percent, of the names of two entities that share a neighbour."""

COMMON = 0.02
"""Trigrams in a larger share of the names ("the", "son") cost most of the time and find nothing."""

CHUNK = 1024


def by_name(view: GraphView) -> Iterator[Pair]:
    """Yield pairs that have a name in common, whatever the order of its words."""
    groups: dict[str, set[str]] = defaultdict(set)
    for iri, names in view.names.items():
        for name in names:
            groups[" ".join(sorted(name.split()))].add(iri)
    for same in groups.values():
        if 1 < len(same) <= CROWD:
            yield from combinations(sorted(same), 2)


def by_neighbour(view: GraphView) -> Iterator[Pair]:
    """Yield pairs that have a connection in common and names of which most characters agree."""
    groups: dict[tuple[str, bool, str], set[str]] = defaultdict(set)
    for iri, ends in view.ends.items():
        if iri in view.names:
            for end in ends:
                groups[end].add(iri)
    first = {iri: names[0] for iri, names in view.names.items() if names}
    for same in groups.values():
        if 1 < len(same) <= CROWD:
            for one, other in combinations(sorted(same), 2):
                if fuzz.ratio(first[one], first[other], score_cutoff=ALIKE):
                    yield one, other


def by_spelling(view: GraphView) -> Iterator[Pair]:
    """Yield each entity's nearest others by hashed character trigrams, weighted by their rarity."""
    owners, names = _all_names(view)
    if len(names) < 2:
        return
    vectors = hashed(names)
    transposed = vectors.T.tocsr()
    for start in range(0, len(names), CHUNK):
        products = (vectors[start : start + CHUNK] @ transposed).tocsr()
        for at in range(products.shape[0]):
            span = slice(products.indptr[at], products.indptr[at + 1])
            yield from _nearest(owners, start + at, products.indices[span], products.data[span], NEAR_SPELLING)


def by_meaning(view: GraphView, encode: Encode) -> Iterator[Pair]:
    """Yield each entity's nearest others by the text embeddings of their first names."""
    owners = [iri for iri, names in view.names.items() if names]
    if len(owners) < 2:
        return
    vectors = encode([view.names[iri][0] for iri in owners])
    for start in range(0, len(owners), CHUNK):
        products = vectors[start : start + CHUNK] @ vectors.T
        width = min(NEAREST + 1, len(owners))
        best = np.argpartition(-products, width - 1, axis=1)[:, :width]
        for at, columns in enumerate(best):
            yield from _nearest(owners, start + at, columns, products[at, columns], NEAR_MEANING)


def hashed(names: Sequence[str]) -> sparse.csr_matrix:
    """Return unit vectors of hashed character trigrams times their rarity, shape (n_names, `DIMENSIONS`)."""
    rows, columns = [], []
    for row, name in enumerate(names):
        padded = f" {name} "
        grams = {padded[at : at + GRAM] for at in range(max(1, len(padded) - GRAM + 1))}
        columns += [_place(gram) for gram in grams]
        rows += [row] * len(grams)
    ones = np.ones(len(rows), np.float32)
    counts = sparse.csr_matrix((ones, (rows, columns)), shape=(len(names), DIMENSIONS))
    frequency = np.asarray(counts.sum(axis=0)).ravel()
    rarity = np.log1p(len(names) / np.maximum(frequency, 1)).astype(np.float32)
    rarity[frequency > max(CROWD, COMMON * len(names))] = 0
    weighted = sparse.csr_matrix(counts @ sparse.diags(rarity))
    norms = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(norms, 1e-9)) @ weighted)


def _place(gram: str) -> int:
    """Return a column for a trigram, the same in every process (`hash` of a text is not)."""
    value = 0
    for char in gram:
        value = (value * 1_000_003 + ord(char)) % 2_147_483_647
    return value % DIMENSIONS


def _all_names(view: GraphView) -> tuple[list[str], list[str]]:
    pairs = [(iri, name) for iri, names in view.names.items() for name in names]
    return [iri for iri, _ in pairs], [name for _, name in pairs]


def _nearest(
    owners: Sequence[str], row: int, columns: npt.NDArray[np.int32], cosines: npt.NDArray[np.float32], least: float
) -> Iterator[Pair]:
    near = cosines >= least
    columns, cosines = columns[near], cosines[near]
    for column in columns[np.argsort(-cosines, kind="stable")[: NEAREST + 1]]:
        one, other = owners[row], owners[column]
        if one != other:
            yield (one, other) if one < other else (other, one)
