"""Words that name nothing but mean a category: "funnier" is near to comedy. Links them by text embedding."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kg.embeddings.text import Encoder, Vectors
from kg.snapshot import Snapshot
from kg.types import Iri

BROAD = 8.0
"""Items an entity of a class is linked to, on average, from which on the class holds categories and no individuals."""

COMMON = 0.01
"""Share of the items that a category must have to be one that people mean by a vague word."""

NEAR, CLEAR = 0.42, 0.08
"""Least cosine to the best category, and least lead over the second; below, a word means none in particular."""

SAME = 0.85
"""Least cosine of a last name to the whole name where the word is a name rather than a thing. Of the last names of the
people of MovieLens that are common words, those from here on are names but for one in twenty ("barber", "foreman")."""


@dataclass(frozen=True, slots=True)
class Sense:
    """The category that a word means, with their cosine."""

    iri: Iri
    label: str
    score: float


class SenseLinker:
    """Finds the category of a domain that is nearest in meaning to a word."""

    def __init__(self, snapshot: Snapshot, encoder: Encoder) -> None:
        self._snapshot = snapshot
        self._encoder = encoder
        self._vectors: dict[tuple[str, ...], Vectors] = {}

    def link(self, word: str) -> Sense | None:
        """Return the one category that a word is clearly near to; None where there is no such."""
        categories, vectors = self._categories
        if len(categories) < 2:
            return None
        scores = vectors @ self._encoder.encode([word])[0]
        second, best = np.argsort(scores, kind="stable")[-2:]
        if scores[best] < NEAR or scores[best] - scores[second] < CLEAR:
            return None
        return Sense(categories[best], self._snapshot.label(categories[best]), float(scores[best]))

    def calls(self, word: str, label: str) -> bool:
        """Tell whether a word calls somebody to mind: "spielberg" is as good as "Steven Spielberg"."""
        one, other = self._encoder.encode([word, label])
        return float(one @ other) >= SAME

    def nearness(self, words: str, others: Sequence[str]) -> float:
        """Return the largest cosine of words to one of others, whose vectors are kept; -1 where there is none."""
        if not others:
            return -1.0
        kept = tuple(others)
        if kept not in self._vectors:
            self._vectors[kept] = self._encoder.encode(kept)
        return float((self._vectors[kept] @ self._encoder.encode([words])[0]).max())

    @cached_property
    def _categories(self) -> tuple[list[Iri], Vectors]:
        """Return the common members of the classes that hold categories, and their labels' vectors."""
        snapshot = self._snapshot
        items_with = np.bincount(
            np.concatenate([snapshot.adjacency.edges(row)[0] for row in snapshot.item_rows]),
            minlength=len(snapshot.adjacency.entities),
        )
        members: dict[str, list[int]] = defaultdict(list)
        for row in np.flatnonzero((items_with > 0) & (snapshot.columns_of_rows < 0)):
            members[snapshot.entity_class(snapshot.adjacency.entities[row])].append(int(row))
        least = max(2.0, COMMON * len(snapshot.items))
        rows = sorted(
            row
            for cls, rows in members.items()
            if cls and items_with[rows].mean() >= BROAD
            for row in rows
            if items_with[row] >= least
        )
        iris = [Iri(snapshot.adjacency.entities[row]) for row in rows]
        labels = [snapshot.label(iri) for iri in iris]
        return iris, self._encoder.encode(labels) if labels else np.empty((0, 0), np.float32)
