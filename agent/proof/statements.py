"""Checking the justifications of a proof: each statement must follow from what is cited, by code, without the graph.

Whether the graph states what is cited is asked apart, so that a triple that is gone fails the claims that cite it and
no others.
"""

from collections.abc import Iterator, Mapping, Sequence

from agent.answer import Claim, HistoryFact
from agent.evidence import Evidence, Fact, Shared
from agent.proof.document import Proof, ProvenClaim, ProvenItem
from agent.proof.grounds import CitedGraph
from agent.proof.report import Check
from agent.sentences import Sentences
from agent.verify import Verdict, Verifier
from kg.snapshot import Snapshot
from kg.types import Iri, Triple


class StatementChecker:
    """Checks what a proof says of the items; fails closed."""

    def __init__(self, proof: Proof, cited: CitedGraph) -> None:
        self._proof = proof
        self._cited = cited
        self._snapshot = cited.alone()
        self._verifier = Verifier(self._snapshot, Sentences(self._snapshot))

    def checks(self, where: str, item: ProvenItem) -> Iterator[Check]:
        """Yield a check for each claim of an item's justification, and one for its text."""
        written = item.justification
        if written is None or (not written.text and not written.claims):
            return
        verdict = self._entailed(written.text, Iri(item.item), written.claims)
        for at, claim in enumerate(written.claims, start=1):
            lost = self._cited.lost(claim.cites_triples)
            reason = self._unsound(claim, len(lost)) or self._unsaid(claim, written.text, verdict)
            yield Check("claim", f"{where}, claim {at}", claim.text, reason, lost)
        claimed = {claim.text for claim in written.claims}
        beyond = [f"no claim says: {one.text}" for one in verdict.claims if one.text not in claimed]
        yield Check("text", f"{where}, text", written.text, verdict.reason or "; ".join(beyond))

    def _unsound(self, claim: ProvenClaim, n_lost: int) -> str:
        if n_lost:
            many = "a triple that supports" if n_lost == 1 else f"{n_lost} triples that support"
            return f"it rests on {many} nothing now"
        renamed = self._cited.renamed(claim.cites_triples)
        return f"the graph calls things otherwise now: {'; '.join(renamed)}" if renamed else ""

    def _unsaid(self, claim: ProvenClaim, text: str, verdict: Verdict) -> str:
        """Return why a claim is not one that its text makes, and what it cites entails; empty where it is."""
        if not verdict.holds:
            told = verdict.reason or ""
            return told if claim.text in told or claim.text.lower() not in text.lower() else ""
        if self._as_claim(claim) in verdict.claims:
            return ""
        said = claim.text in {one.text for one in verdict.claims}
        return "what it cites is not what entails it" if said else "the text does not say it"

    def _entailed(self, text: str, item: Iri, claims: Sequence[ProvenClaim]) -> Verdict:
        triples = self._cited.triples([one for claim in claims for one in claim.cites_triples])
        entries = [self._proof.entry_of[one] for claim in claims for one in claim.cites_history]
        history = {Iri(one.item): one.value for one in entries}
        return entailed(self._snapshot, self._verifier, text, (item, triples, history))

    def _as_claim(self, claim: ProvenClaim) -> Claim:
        entries = [self._proof.entry_of[one] for one in claim.cites_history]
        return Claim(
            text=claim.text,
            triples=[one.row for one in self._cited.triples(claim.cites_triples)],
            history=[
                HistoryFact(iri=one.item, label=self._snapshot.label(one.item), value=one.value) for one in entries
            ],
        )


def entailed(
    snapshot: Snapshot,
    verifier: Verifier,
    text: str,
    grounds: tuple[Iri, Sequence[Triple], Mapping[Iri, float]],
) -> Verdict:
    """Return the verifier's word on a text that may rest on these triples and entries and on nothing else."""
    item, triples, history = grounds
    named = [(snapshot.manifest.relation_of(one.predicate), one) for one in triples]
    pieces: list[Evidence] = [Fact(relation, one, item) for relation, one in named if relation is not None]
    pieces += [Shared("", item, one, "", ()) for one in history]
    return verifier.check(text, item, pieces, history)
