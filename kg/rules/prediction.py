"""What mined rules predict: a score for every pair, and the rules and facts that it rests on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from kg.rules.horn import HornRule, Label
from kg.rules.walks import RelationMatrices

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Facts = tuple[tuple[int, int, int], ...]
Aggregation = Literal["max", "noisy-or"]


@dataclass(frozen=True, slots=True)
class Grounding:
    """A rule that predicts a pair, with the facts that its body rests on: (subject, relation, object) each."""

    rule: HornRule
    facts: Facts


@dataclass
class RuleScorer:
    """Mined rules as the evaluation asks them, and as the tool does.

    The score of a pair is how sure the rules that give it are together: the surest of them, or, by noisy-or, one minus
    the chance that all are wrong, as if they were so independently.
    """

    rules: Sequence[HornRule]
    matrices: RelationMatrices
    aggregation: Aggregation = "noisy-or"
    name: str = "mined rules"
    _pairs: dict[int, sparse.csr_matrix] = field(default_factory=dict, init=False, repr=False)
    _by_head: dict[int, list[HornRule]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_head = defaultdict(list)
        for rule in self.rules:
            self._by_head[rule.head].append(rule)

    def scores(self, queries: Rows) -> Scores:
        """Return scores, shape (n, n_entities); see `TailScorer`."""
        n = self.matrices.n_relations
        found = np.zeros((len(queries), self.matrices.n_entities), np.float32)
        for relation in np.unique(queries[:, 1]).tolist():
            at = np.flatnonzero(queries[:, 1] == relation)
            table = self.table(relation % n)
            asked = queries[at, 0]
            rows = table[asked] if relation < n else table[:, asked].T
            found[at] = rows.toarray()
            if relation < n:
                found[at] = self._together(found[at], self._by_frequency(relation)[None])
        found[np.arange(len(queries)), queries[:, 0]] = 0.0  # nothing is said of an entity and itself
        return found

    def table(self, head: int) -> sparse.csr_matrix:
        """Return the scores of all pairs that a rule with a body gives, shape (n_entities, n_entities)."""
        if head not in self._pairs:
            total = sparse.csr_matrix((self.matrices.n_entities, self.matrices.n_entities))
            closed = [rule for rule in self._by_head[head] if rule.body and rule.target < 0]
            for rule in closed:
                total = self._added(total, self.matrices.pairs_of(rule.body) * self._weight(rule))
            for label, told in self._told_by_constant(head).items():
                total = self._added(total, self._by_constant(label, told))
            if self.aggregation == "noisy-or":
                total.data = -np.expm1(-total.data)
            self._pairs[head] = total
        return self._pairs[head]

    def explain(self, head: int, subject: int, obj: int, limit: int = 3) -> list[Grounding]:
        """Return the surest rules that give a pair of two entities, each with one grounding."""
        found: list[Grounding] = []
        if subject == obj:
            return found
        for rule in self._by_head[head]:
            facts = self._ground(rule, subject, obj)
            if facts is not None:
                found.append(Grounding(rule, facts))
            if len(found) == limit:
                break
        return found

    def _weight(self, rule: HornRule) -> float:
        """Return what is added up: the belief, or minus the logarithm of the chance that the rule is wrong."""
        return rule.belief if self.aggregation == "max" else float(-np.log1p(-rule.belief))

    def _added(self, total: sparse.csr_matrix, more: sparse.csr_matrix) -> sparse.csr_matrix:
        return sparse.csr_matrix(total.maximum(more) if self.aggregation == "max" else total + more)

    def _together(self, one: Scores, other: Scores) -> Scores:
        if self.aggregation == "max":
            return np.asarray(np.maximum(one, other), np.float32)
        return np.asarray(1.0 - (1.0 - one) * (1.0 - other), np.float32)

    def _by_frequency(self, head: int) -> Scores:
        values = np.zeros(self.matrices.n_entities, np.float32)
        for rule in self._by_head[head]:
            if not rule.body:
                values[rule.target] = rule.belief
        return values

    def _told_by_constant(self, head: int) -> dict[Label, list[HornRule]]:
        told: dict[Label, list[HornRule]] = defaultdict(list)
        for rule in self._by_head[head]:
            if rule.constant >= 0:
                told[rule.body[0]].append(rule)
        return told

    def _by_constant(self, label: Label, rules: Sequence[HornRule]) -> sparse.csr_matrix:
        n = self.matrices.n_entities
        if self.aggregation == "max":
            total = sparse.csr_matrix((n, n))
            stated = self.matrices.of(label).tocsc()
            for rule in rules:
                who = stated[:, [rule.constant]].nonzero()[0]
                places = who, np.full(len(who), rule.target)
                given = sparse.csr_matrix((np.full(len(who), rule.belief), places), shape=(n, n))
                total = sparse.csr_matrix(total.maximum(given))
            return total
        weights = [self._weight(rule) for rule in rules]
        steps = np.array([rule.constant for rule in rules]), np.array([rule.target for rule in rules])
        return sparse.csr_matrix(self.matrices.of(label) @ sparse.csr_matrix((weights, steps), shape=(n, n)))

    def _ground(self, rule: HornRule, subject: int, obj: int) -> Facts | None:
        """Return the facts of the first walk from subject to object, in the order of rows; None where there is none."""
        if not rule.body:
            return () if obj == rule.target else None
        if rule.constant >= 0:
            if obj != rule.target or not self._stated(rule.body[0], subject, rule.constant):
                return None
            return (_fact(subject, rule.body[0], rule.constant),)
        return self._walk(rule.body, (subject,), obj)

    def _walk(self, body: tuple[Label, ...], visited: tuple[int, ...], end: int) -> Facts | None:
        here, label = visited[-1], body[0]
        if len(body) == 1:
            return (_fact(here, label, end),) if self._stated(label, here, end) else None
        for entity in self._reached(label, here):
            if entity in visited or entity == end:
                continue
            rest = self._walk(body[1:], (*visited, entity), end)
            if rest is not None:
                return (_fact(here, label, entity), *rest)
        return None

    def _reached(self, label: Label, row: int) -> list[int]:
        matrix = self.matrices.of(label)
        reached: list[int] = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
        return sorted(reached)

    def _stated(self, label: Label, row: int, other: int) -> bool:
        return other in self._reached(label, row)


def _fact(here: int, label: Label, there: int) -> tuple[int, int, int]:
    return (here, label, there) if label >= 0 else (there, ~label, here)
