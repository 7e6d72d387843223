"""The verifier: code that accepts a justification only if cited triples of the graph entail every statement in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.answer import Claim, HistoryFact
from agent.evidence import Evidence
from agent.sentences import FactClaim, HistoryClaim, SentenceClaim, Sentences, SharedClaim, names_of
from kg.snapshot import Snapshot
from kg.types import Iri, Triple


@dataclass(frozen=True, slots=True)
class Verdict:
    """The claims of a text, each with its support; or the reason why the text may not be shown."""

    claims: tuple[Claim, ...]
    reason: str | None = None

    @property
    def holds(self) -> bool:
        return self.reason is None


class Verifier:
    """Checks texts against a graph and a user's history; fails closed."""

    def __init__(self, snapshot: Snapshot, sentences: Sentences) -> None:
        self._snapshot = snapshot
        self._sentences = sentences

    def check(self, text: str, item: Iri, evidence: Sequence[Evidence], history: Mapping[Iri, float]) -> Verdict:
        """Take a text apart and look for cited triples, all of them in the graph, that entail each statement.

        Args:
            text: What is to be shown.
            item: What "it" means.
            evidence: What the text may cite.
            history: The user's values by item.
        """
        known = names_of(evidence, self._sentences)
        parts = self._sentences.claims(text, list(known))
        if parts is None or not parts:
            return Verdict((), "it says something that no phrase of the graph's relations says")
        cited = {triple for piece in evidence for triple in piece.triples}
        case = _Case(self._snapshot, item, known, frozenset(cited), history, self._sentences.top)
        claims = []
        for said, readings in parts:
            claim = next((one for reading in readings if (one := case.support(said, reading))), None)
            if claim is None:
                return Verdict((), f"no cited fact supports: {said}")
            claims.append(claim)
        return Verdict(tuple(claims))


@dataclass(frozen=True)
class _Case:
    snapshot: Snapshot
    item: Iri
    known: Mapping[str, set[str]]
    cited: frozenset[Triple]
    history: Mapping[Iri, float]
    top: str

    def support(self, said: str, claim: SentenceClaim) -> Claim | None:
        """Return the claim with its triples or history; None where nothing cited entails it."""
        match claim:
            case FactClaim():
                return self._claim(said, [self._triple(claim.relation, claim.subject, claim.object)])
            case SharedClaim():
                return self._shared(said, claim)
            case HistoryClaim():
                return self._history(said, claim)

    def _shared(self, said: str, claim: SharedClaim) -> Claim | None:
        for shared in sorted(self._meant(claim.object)):
            first = self._triple(claim.relation, claim.first, None, obj=shared)
            second = self._triple(claim.relation, claim.second, None, obj=shared)
            if first and second and first != second:
                return self._claim(said, [first, second])
        return None

    def _history(self, said: str, claim: HistoryClaim) -> Claim | None:
        for iri in sorted(self._meant(claim.item)):
            value = self.history.get(Iri(iri))
            if value is None or (claim.value is not None and f"{value:g}" != claim.value):
                continue
            if claim.top is not None and claim.top != self.top:
                continue
            fact = HistoryFact(iri=iri, label=self.snapshot.label(iri), value=value)
            return Claim(text=said, history=[fact])
        return None

    def _claim(self, said: str, triples: Sequence[Triple | None]) -> Claim | None:
        found = [triple for triple in triples if triple is not None]
        if len(found) != len(triples):
            return None
        return Claim(text=said, triples=[one.row for one in found])

    def _triple(
        self, relation: str, subject: str | None, label: str | None, *, obj: str | None = None
    ) -> Triple | None:
        """Return a cited triple, in the graph and not flagged, of this relation from one to the other."""
        predicate = self.snapshot.manifest.relations[relation].iri
        objects = {obj} if obj is not None else self._meant(label)
        subjects = self._meant(subject)
        return next(
            (
                triple
                for triple in sorted(self.cited)
                if triple.predicate == predicate
                and triple.subject in subjects
                and triple.object in objects
                and triple in self.snapshot.live
                and not self.snapshot.is_flagged(triple)
            ),
            None,
        )

    def _meant(self, label: str | None) -> set[str]:
        return {self.item} if label is None else self.known.get(label, set())
