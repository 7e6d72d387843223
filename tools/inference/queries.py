"""Queries for what a fact may lack, as the embeddings and the mined rules ask them: a row and a relation."""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from kg import namespaces as ns
from kg.embeddings.graph.evaluation import TailScorer
from kg.embeddings.graph.triples import KnownTails, both_ways, triples_of, with_inverses
from kg.snapshot import Snapshot
from kg.types import Triple
from tools.errors import UnknownNameError
from tools.result import marked

Query = tuple[int, int]
"""Row of an entity and relation id; ids from `n_relations` on ask for the subject."""

Values = npt.NDArray[np.float64]


class Queries:
    """Queries over a snapshot's adjacency, and facts in words."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.n_relations = len(snapshot.adjacency.relations)
        self.nouns = [snapshot.manifest.relations[name].noun for name in snapshot.adjacency.relations]

    def about(self, entity: str, row: int, relation: str | None) -> list[Query]:
        """Return the queries for what an entity may lack: the relations whose domain or range it is in.

        Raises:
            UnknownNameError: No such relation between entities.
        """
        adjacency = self._snapshot.adjacency
        if relation is not None and relation not in adjacency.relations:
            known = ", ".join(adjacency.relations)
            raise UnknownNameError(f"there is no relation {relation[:60]!r} between entities; valid: {known}")
        types = {triple.object for triple in self._snapshot.store.triples(subject=entity, predicate=ns.RDF_TYPE)}
        queries: list[Query] = []
        for at, (name, predicate) in enumerate(zip(adjacency.relations, adjacency.predicates, strict=True)):
            if relation in (None, name):
                schema = self._snapshot.schema.relations[predicate]
                queries += [(row, at)] if types & set(schema.domain) else []
                queries += [(row, at + self.n_relations)] if types & set(schema.range) else []
        return queries

    def scores(self, scorer: TailScorer, query: Query) -> Values:
        """Return the scores of all entities, shape (n_entities,), minus infinity for what is known and for itself."""
        scores: Values = scorer.scores(np.array([query]))[0].astype(np.float64)
        scores[self.known.of(*query)] = -np.inf
        scores[query[0]] = -np.inf
        return scores

    @cached_property
    def known(self) -> KnownTails:
        facts = both_ways(triples_of(self._snapshot.adjacency), self._snapshot.symmetric_relations)
        return KnownTails(with_inverses(facts, self.n_relations), self.n_relations)

    def turned(self, query: Query, tail: int) -> Query:
        """Return the query from the other end of a fact."""
        return tail, (query[1] + self.n_relations) % (2 * self.n_relations)

    def rows(self, query: Query, tail: int) -> tuple[int, int, int]:
        """Return subject, relation and object of the fact that a tail makes of a query."""
        row, relation = query
        return (row, relation, tail) if relation < self.n_relations else (tail, relation - self.n_relations, row)

    def triple(self, query: Query, tail: int) -> Triple:
        return self._snapshot.adjacency.triple(*self.rows(query, tail))

    def label(self, row: int) -> str:
        return self._snapshot.label(self._snapshot.adjacency.entities[row])

    def say(self, triple: Triple) -> str:
        """Return a fact in words, with a mark where the domain's shapes refuse it."""
        relation = self._snapshot.manifest.relation_of(triple.predicate)
        noun = self._snapshot.manifest.relations[relation].noun if relation else ns.local_name(triple.predicate)
        obj = triple.object if triple.literal else self._snapshot.label(triple.object)
        said = f"the {noun} of {self._snapshot.label(triple.subject)} is {obj}"
        return marked(said, flagged=self._snapshot.is_flagged(triple))


def best(scores: Values, k: int) -> list[int]:
    """Return the places of the best scores above 0; of equal ones the first come first."""
    order: list[int] = np.argsort(-scores, kind="stable")[:k].tolist()
    return [at for at in order if scores[at] > 0]
