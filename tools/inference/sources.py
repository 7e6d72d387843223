"""The three sources of predicted facts: rules that derive, rules that were mined, and embeddings."""

from collections import defaultdict
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kg.embeddings.graph.artefact import GraphEmbedding
from kg.rules.derived import DerivedFacts, triple_of
from kg.rules.materialise import Terms
from kg.rules.mined import say_rule
from kg.rules.prediction import Grounding, RuleScorer
from kg.types import Triple
from tools.inference.facts import InferredFact
from tools.inference.queries import Queries, Query, Values, best

ANALOGUES = 3
"""Known facts that a learned one is explained by, at most."""


class DerivedSource:
    """What follows by RDFS, OWL 2 RL and the domain's own rules."""

    def __init__(self, queries: Queries, derived: DerivedFacts) -> None:
        self._queries = queries
        self._derived = derived

    def about(self, entity: str, predicate: str | None) -> list[InferredFact]:
        """Return all derived facts about an entity, of one predicate or of all."""
        found = []
        for terms in self._by_entity[f"<{entity}>"]:
            triple = triple_of(terms)
            if triple is not None and predicate in (None, triple.predicate):
                found.append(self._fact(terms, triple))
        return found

    def _fact(self, terms: Terms, triple: Triple) -> InferredFact:
        one = self._derived.by_triple[terms]
        premises = tuple(premise for premise in map(triple_of, one.premises) if premise is not None)
        because = "; ".join(self._queries.say(premise) for premise in premises)
        return InferredFact(triple, 1.0, "rule", f"by the rule {one.rule}, from: {because}", premises)

    @cached_property
    def _by_entity(self) -> dict[str, list[Terms]]:
        found: dict[str, list[Terms]] = defaultdict(list)
        for one in self._derived.derivations:
            for end in dict.fromkeys((one.triple[0], one.triple[2])):
                found[end].append(one.triple)
        return found


class MinedSource:
    """What mined Horn rules predict, with the rules and the facts that each rests on."""

    def __init__(self, queries: Queries, scorer: RuleScorer) -> None:
        self._queries = queries
        self._scorer = scorer

    def answers(self, query: Query, k: int) -> list[InferredFact]:
        scores = self._queries.scores(self._scorer, query)
        return [self._fact(query, tail) for tail in best(scores, k)]

    def _fact(self, query: Query, tail: int) -> InferredFact:
        """Explain a fact; its score is the surest rule's belief, as rules that say the same are not independent."""
        subject, relation, obj = self._queries.rows(query, tail)
        grounds = self._scorer.explain(relation, subject, obj)
        premises = tuple(dict.fromkeys(self._premise(fact) for one in grounds for fact in one.facts))
        known = "; ".join(self._queries.say(premise) for premise in premises)
        words = "; ".join(map(self._said, grounds)) + (f"; known: {known}" if known else "")
        score = grounds[0].rule.belief
        return InferredFact(self._queries.triple(query, tail), score, "mined", words, premises)

    def _said(self, one: Grounding) -> str:
        rule = say_rule(one.rule, self._queries.nouns, self._queries.label)
        return f"{rule} (confidence {one.rule.confidence:.2f}, support {one.rule.support})"

    def _premise(self, fact: tuple[int, int, int]) -> Triple:
        subject, relation, obj = fact
        return self._queries.triple((subject, relation), obj)


class LearnedSource:
    """What an embedding predicts, with known facts like it."""

    def __init__(self, queries: Queries, embedding: GraphEmbedding) -> None:
        self._queries = queries
        self._embedding = embedding

    def answers(self, query: Query, k: int) -> list[InferredFact]:
        chances = _softmax(self._queries.scores(self._embedding, query))
        return [self._fact(query, tail, float(chances[tail])) for tail in best(chances, k)]

    def _fact(self, query: Query, tail: int, chance: float) -> InferredFact:
        analogues = self._analogues(query, tail)
        known = "; ".join(f"{self._queries.say(triple)} ({told})" for triple, told, _ in analogues)
        words = f"by {self._embedding.settings.model} embeddings" + (f"; like what is known: {known}" if known else "")
        premises = tuple(triple for triple, _, _ in analogues)
        return InferredFact(self._queries.triple(query, tail), chance, "learned", words, premises)

    def _analogues(self, query: Query, tail: int) -> list[tuple[Triple, str, float]]:
        """Return known facts that share one end with a predicted one, and whose other end is near its other end."""
        found = []
        for asked, end in ((self._queries.turned(query, tail), query[0]), (query, tail)):
            known = self._queries.known.of(*asked)
            known = known[known != end]
            cosines = self._units[known] @ self._units[end]
            for at in np.argsort(-cosines, kind="stable")[:ANALOGUES].tolist():
                one, cosine = int(known[at]), float(cosines[at])
                told = f"{self._queries.label(one)} is near {self._queries.label(end)}, cosine {cosine:.2f}"
                found.append((self._queries.triple(asked, one), told, cosine))
        return sorted(found, key=lambda one: -one[2])[:ANALOGUES]

    @cached_property
    def _units(self) -> npt.NDArray[np.float32]:
        vectors = self._embedding.vectors
        return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def _softmax(logits: Values) -> Values:
    """Return the chances of the entities, as a model is trained with them."""
    exponents = np.exp(logits - logits.max())
    chances: Values = exponents / exponents.sum()
    return chances
