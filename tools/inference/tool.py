"""The tool itself: asks the three sources, and merges what they predict."""

import threading
from functools import cached_property

from kg.embeddings.graph.artefact import embedding_in_use
from kg.rules.derived import are_derived, derive_facts
from kg.rules.mined import are_mined, open_rule_scorer
from kg.snapshot import Progress, Snapshot
from kg.types import Iri
from tools.errors import ToolError, UnknownNameError
from tools.inference.facts import InferenceResult, merged
from tools.inference.queries import Queries
from tools.inference.sources import DerivedSource, LearnedSource, MinedSource

MAX_K = 100


class FactInference:
    """The tool `infer_facts`; what it needs is made when it is first called, and it may be shared between threads."""

    def __init__(self, snapshot: Snapshot, progress: Progress = lambda _: None) -> None:
        self._snapshot = snapshot
        self._progress = progress
        self._lock = threading.Lock()
        self._queries = Queries(snapshot)

    def infer(self, entity: Iri, relation: str | None = None, k: int = 5) -> InferenceResult:
        """Return the `k` likeliest facts about an entity that the graph does not state.

        Args:
            entity: Subject or object of the facts.
            relation: Name of a relation between entities; None: all whose domain or range the entity is in.
            k: Most facts.

        Raises:
            UnknownNameError: The graph holds no such entity, or the domain no such relation.
            ToolError: k is out of range.
        """
        if not 1 <= k <= MAX_K:
            raise ToolError(f"k must be in 1..{MAX_K}, got {k}")
        row = self._snapshot.adjacency.row(entity)
        if row is None:
            raise UnknownNameError(f"{entity} has no relations in this graph")
        queries = self._queries.about(entity, row, relation)
        predicate = self._snapshot.manifest.relations[relation].iri if relation else None
        with self._lock:
            found = self._derived.about(entity, predicate)
            for query in queries:
                found += self._mined.answers(query, k)
                found += self._learned.answers(query, k) if self._learned else []
            has_embedding = self._learned is not None
        facts = merged(found)[:k]
        snapshot = self._snapshot
        premises = dict.fromkeys(one for fact in facts for one in fact.premises)
        stated = [one for one in premises if one in snapshot.store and not snapshot.is_flagged(one)]
        said = tuple(self._queries.say(fact.triple) for fact in facts)
        return InferenceResult(snapshot.label(entity), tuple(facts), said, tuple(stated), has_embedding)

    @property
    def is_ready(self) -> bool:
        """Whether a call takes no longer than a moment: rules were mined and facts derived before.

        Raises:
            RuleError: A rule of the domain is none.
        """
        folder, domain = self._snapshot.folder, self._snapshot.domain.folder
        return are_mined(folder) and are_derived(folder, domain)

    @cached_property
    def _derived(self) -> DerivedSource:
        snapshot = self._snapshot
        derived = derive_facts(snapshot.folder, snapshot.domain.folder, snapshot.store, self._progress)
        return DerivedSource(self._queries, derived)

    @cached_property
    def _mined(self) -> MinedSource:
        scorer = open_rule_scorer(self._snapshot.folder, self._snapshot.adjacency, self._progress)
        return MinedSource(self._queries, scorer)

    @cached_property
    def _learned(self) -> LearnedSource | None:
        embedding = embedding_in_use(self._snapshot.folder, self._snapshot.adjacency)
        return LearnedSource(self._queries, embedding) if embedding else None
