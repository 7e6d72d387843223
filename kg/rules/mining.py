"""Mining of Horn rules by products of sparse matrices: walks of up to three relations, and rules with constants."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from kg.rules.horn import HornRule, Label, order_of
from kg.rules.walks import MAX_LENGTH, RelationMatrices, boolean

MAX_PAIRS = 20_000_000
"""Multiplications that a walk may cost; walks through hubs (every item of a year) cost more and say little."""


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """What is kept.

    Attributes:
        min_support: Least support.
        min_confidence: Least confidence, standard.
        min_head_coverage: Least head coverage of a rule without constants.
        max_length: Longest walk, 1 to 3.
        constants: Whether rules with constants are mined.
        max_pairs: See `MAX_PAIRS`.
    """

    min_support: int = 3
    min_confidence: float = 0.01
    min_head_coverage: float = 0.001
    max_length: int = MAX_LENGTH
    constants: bool = True
    max_pairs: int = MAX_PAIRS


@dataclass(frozen=True, slots=True)
class Mined:
    """The rules, surest first, and how many walks were too costly to look at."""

    rules: tuple[HornRule, ...]
    left_out: int


def mine_rules(
    matrices: RelationMatrices, settings: MiningSettings, progress: Callable[[str], None] = lambda _: None
) -> Mined:
    """Return all rules that the settings keep.

    A body that is the head itself is none. A walk there and back along one relation is one: it joins what shares
    something.
    """
    found: list[HornRule] = []
    walks = _Walks(matrices, settings)
    for body, pairs in walks:
        progress(f"Mining rules ({len(body)} of {settings.max_length} steps)")
        found += _closed(matrices, settings, body, pairs)
    if settings.constants:
        progress("Mining rules with constants")
        found += _constant(matrices, settings)
        found += _frequent(matrices, settings)
    return Mined(tuple(sorted(found, key=order_of)), walks.left_out)


class _Walks:
    """Every walk whose pairs can be afforded, shortest first, with its pairs."""

    def __init__(self, matrices: RelationMatrices, settings: MiningSettings) -> None:
        self._matrices = matrices
        self._settings = settings
        self.left_out = 0

    def __iter__(self) -> Iterator[tuple[tuple[Label, ...], sparse.csr_matrix]]:
        labels = self._matrices.labels
        for first in labels:
            yield from self._from((first,), self._matrices.of(first))

    def _from(
        self, body: tuple[Label, ...], reached: sparse.csr_matrix
    ) -> Iterator[tuple[tuple[Label, ...], sparse.csr_matrix]]:
        yield body, boolean(reached)
        if len(body) == self._settings.max_length:
            return
        for label in self._matrices.labels:
            step = self._matrices.of(label)
            cost = int(np.diff(step.indptr)[reached.indices].sum())
            if cost > self._settings.max_pairs:
                self.left_out += 1
            elif cost:
                yield from self._from((*body, label), self._matrices.extended(body, reached, label))


def _closed(
    matrices: RelationMatrices, settings: MiningSettings, body: tuple[Label, ...], pairs: sparse.csr_matrix
) -> list[HornRule]:
    """Return the rules with one body: one for each relation of which it gives enough facts."""
    rules: list[HornRule] = []
    size = int(pairs.nnz)
    for head in range(matrices.n_relations):
        stated = matrices.of(head)
        if body == (head,) or not stated.nnz or size < settings.min_support:
            continue
        support = int(pairs.multiply(stated).nnz)
        if support < max(settings.min_support, settings.min_head_coverage * stated.nnz):
            continue
        if support >= settings.min_confidence * size:
            rules.append(HornRule(head, body, -1, -1, support, size, _known(stated, pairs), int(stated.nnz)))
    return rules


def _known(stated: sparse.csr_matrix, pairs: sparse.csr_matrix) -> int:
    """Return how many pairs have an X with a fact of the head, or a Y where the head's objects are the rarer end."""
    subjects, objects = np.diff(stated.indptr) > 0, np.bincount(stated.indices, minlength=stated.shape[1]) > 0
    if subjects.sum() >= objects.sum():  # the more functional way round, as AMIE has it
        return int(np.diff(pairs.indptr)[subjects].sum())
    return int(objects[pairs.indices].sum())


def _constant(matrices: RelationMatrices, settings: MiningSettings) -> list[HornRule]:
    """Return the rules `head(X, target) <= label(X, constant)`."""
    rules: list[HornRule] = []
    for label in matrices.labels:
        stated = matrices.of(label)
        sizes = np.bincount(stated.indices, minlength=stated.shape[1])
        for head in range(matrices.n_relations):
            facts = matrices.of(head)
            known = np.asarray(stated.T @ (np.diff(facts.indptr) > 0)).ravel()
            together = sparse.coo_matrix(stated.T @ facts)
            enough = together.data >= np.maximum(settings.min_support, settings.min_confidence * sizes[together.row])
            if label == head:  # "whoever has it, has it" says nothing
                enough &= together.row != together.col
            rules += [
                HornRule(
                    head, (label,), int(constant), int(target), int(support), int(sizes[constant]),
                    int(known[constant]), int(facts.nnz),
                )
                for constant, target, support in zip(
                    together.row[enough], together.col[enough], together.data[enough], strict=True
                )
            ]  # fmt: skip
    return rules


def _frequent(matrices: RelationMatrices, settings: MiningSettings) -> list[HornRule]:
    """Return the rules without a body: `head(X, target)` of any X that has facts of the head."""
    rules: list[HornRule] = []
    for head in range(matrices.n_relations):
        stated = matrices.of(head)
        subjects = int((np.diff(stated.indptr) > 0).sum())
        counts = np.bincount(stated.indices, minlength=stated.shape[1])
        rules += [
            HornRule(head, (), -1, int(target), int(counts[target]), subjects, subjects, int(stated.nnz))
            for target in np.flatnonzero(counts >= max(settings.min_support, settings.min_confidence * subjects))
        ]
    return rules
