"""Checking the texts of a proof: each statement must follow from what is cited, by code, without the graph.

Whether the graph states what is cited is asked apart, so that a triple that is gone fails the claims that cite it and
no others. What holds by itself is then read against the graph and the history as they are now: "two of them" and "the
most" may be true of what is cited, and no more of all that there is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.answer import Claim, HistoryFact
from agent.interpretation import Interpretation
from agent.manner import spoken_languages
from agent.proof.document import Proof
from agent.proof.grounds import CitedGraph
from agent.proof.parts import ProvenClaim, ProvenItem, ProvenText
from agent.proof.report import Check
from agent.sentences import Sentences
from agent.taste import Taste
from agent.verify import Grounds, Verdict, Verifier
from kg.snapshot import Snapshot
from kg.types import Iri, Triple

HISTORY_PARTS = ("history", "graph")
"""The parts of a score whose contributions are the history's."""


@dataclass(frozen=True)
class Now:
    """What is so now.

    Attributes:
        taste: What is known of the user.
        same_history: Whether every cited entry is what it was; else the change is told, and nothing is read against it.
    """

    snapshot: Snapshot
    taste: Taste
    same_history: bool


class StatementChecker:
    """Checks what a proof says of the items and of the list; fails closed."""

    def __init__(self, proof: Proof, meaning: Interpretation, cited: CitedGraph, now: Now) -> None:
        self._proof = proof
        self._meaning = meaning
        self._cited = cited
        self._now = now
        self._alone = _verifiers(cited.alone())
        self._live = _verifiers(now.snapshot)
        self._scores = {Iri(item.item): _history_scores(item) for item in proof.items}

    def of_item(self, where: str, item: ProvenItem) -> Iterator[Check]:
        """Yield a check for each claim of an item's justification, and one for its text."""
        if item.justification is not None:
            iri = Iri(item.item)
            yield from self._checks(where, item.justification, Grounds(iri, scores={iri: self._scores[iri]}))

    def of_list(self, written: ProvenText) -> Iterator[Check]:
        """Yield a check for each claim about the whole list, and one for the text that makes them."""
        listed = tuple(self._scores)
        yield from self._checks("overview", written, Grounds(None, scores=self._scores, listed=listed))

    def _checks(self, where: str, written: ProvenText, subject: Grounds) -> Iterator[Check]:
        if not written.text and not written.claims:
            return
        grounds = self._grounds(subject, written.claims)
        verdict = _verdict(self._alone, written.text, grounds)
        reasons = [self._unsound(one) or self._unsaid(one, written.text, verdict) for one in written.claims]
        denied = self._denied(written, grounds) if verdict.holds and not any(reasons) else ""
        for at, (claim, reason) in enumerate(zip(written.claims, reasons, strict=True), start=1):
            told = reason or (denied if claim.text in denied else "")
            yield Check("claim", f"{where}, claim {at}", claim.text, told, self._cited.lost(claim.cites_triples))
        claimed = {claim.text for claim in written.claims}
        beyond = [f"no claim says: {one.text}" for one in verdict.claims if one.text not in claimed]
        unnamed = denied if not any(claim.text in denied for claim in written.claims) else ""
        yield Check("text", f"{where}, text", written.text, verdict.reason or "; ".join(beyond) or unnamed)

    def _unsound(self, claim: ProvenClaim) -> str:
        """Return which of the things that a claim cites are not so now; empty where all are."""
        lost = self._cited.lost(claim.cites_triples)
        if lost:
            many = "a triple that supports" if len(lost) == 1 else f"{len(lost)} triples that support"
            return f"it rests on {many} nothing now"
        entries = [self._proof.entry_of[one].item for one in claim.cites_history]
        renamed = self._cited.renamed(claim.cites_triples, [*entries, *(one.item for one in claim.cites_scores)])
        if renamed:
            return f"the graph calls things otherwise now: {'; '.join(renamed)}"
        strange = [one for one in claim.wishes if not self._is_wished(one)]
        return f"the request did not ask for {self._cited.label(strange[0])}" if strange else ""

    def _is_wished(self, thing: str) -> bool:
        if thing in {ref.iri for ref in (*self._meaning.want, *self._meaning.prefer)} | set(self._now.taste.prefer):
            return True
        try:
            number = float(thing)
        except ValueError:
            return False
        return any(one.covers(number) == one.wanted for one in self._meaning.periods)

    def _unsaid(self, claim: ProvenClaim, text: str, verdict: Verdict) -> str:
        """Return why a claim is not one that its text makes, and what it cites entails; empty where it is."""
        if not verdict.holds:
            told = verdict.reason or ""
            return told if claim.text in told or claim.text.lower() not in text.lower() else ""
        if self._as_claim(claim) in verdict.claims:
            return ""
        said = claim.text in {one.text for one in verdict.claims}
        return "what it cites is not what entails it" if said else "the text does not say it"

    def _denied(self, written: ProvenText, grounds: Grounds) -> str:
        """Return what of a text that holds by itself the whole graph and the whole history deny."""
        if not self._now.same_history:
            return ""
        known = {**grounds.history, **self._now.taste.rated}
        whole = replace(grounds, history=known, triples=grounds.triples | self._facts(grounds))
        verdict = _verdict(self._live, written.text, whole)
        return f"as the graph and the history are now, {verdict.reason}" if verdict.reason else ""

    def _facts(self, grounds: Grounds) -> frozenset[Triple]:
        """Return all that is known of the items of a list by the relations that a text about it cites."""
        relations = {one.predicate for one in grounds.triples}
        facts = (one for iri in grounds.listed for one in self._now.snapshot.facts(iri))
        return frozenset(one for one in facts if one.predicate in relations and one.subject in grounds.listed)

    def _grounds(self, subject: Grounds, claims: Sequence[ProvenClaim]) -> Grounds:
        entries = [self._proof.entry_of[one] for claim in claims for one in claim.cites_history]
        ranked = [one for claim in claims for one in claim.cites_scores]
        return replace(
            subject,
            triples=frozenset(self._cited.triples([one for claim in claims for one in claim.cites_triples])),
            history={Iri(one.item): one.value for one in entries},
            others=frozenset(map(Iri, [*(one.item for one in entries), *(one.item for one in ranked)])),
            wishes=frozenset(wish for claim in claims for wish in claim.wishes),
        )

    def _as_claim(self, claim: ProvenClaim) -> Claim:
        entries = [self._proof.entry_of[one] for one in claim.cites_history]
        return Claim(
            text=claim.text,
            triples=[one.row for one in self._cited.triples(claim.cites_triples)],
            history=[self._fact(one.item, one.value) for one in entries],
            scores=[self._fact(one.item, one.value) for one in claim.cites_scores],
            wishes=claim.wishes,
        )

    def _fact(self, iri: str, value: float) -> HistoryFact:
        return HistoryFact(iri=iri, label=self._now.snapshot.label(iri), value=value)


def _verifiers(snapshot: Snapshot) -> list[Verifier]:
    """Return a verifier for each language that texts of a domain may be in."""
    languages = sorted(spoken_languages(snapshot.manifest), key=lambda one: one != "en")
    return [Verifier(snapshot, Sentences(snapshot, language)) for language in languages]


def _verdict(verifiers: Sequence[Verifier], text: str, grounds: Grounds) -> Verdict:
    """Return the verdict of the language that a text is in: one that holds, or else one that read the text."""
    verdicts = [verifier.check(text, grounds) for verifier in verifiers]
    read = [one for one in verdicts if one.reason and "phrase" not in one.reason]
    return next((one for one in verdicts if one.holds), read[0] if read else verdicts[0])


def _history_scores(item: ProvenItem) -> Mapping[Iri, float]:
    """Return what each item of the history adds to an item's score, as far as the contributions tell it."""
    sums: dict[Iri, float] = {}
    for one in item.contributions:
        if one.part in HISTORY_PARTS and one.of is not None:
            sums[Iri(one.of)] = sums.get(Iri(one.of), 0.0) + one.value
    return sums
