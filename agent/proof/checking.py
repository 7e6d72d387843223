"""Checking a proof against the graph as it is now: what it cites, says, sums and ranks; no model has a part in it."""

from collections.abc import Iterator
from itertools import chain

from pydantic import ValidationError

from agent.errors import ProofError
from agent.feedback import Feedback
from agent.interpretation import Interpretation
from agent.proof.document import Proof, is_as_written
from agent.proof.grounds import CitedGraph
from agent.proof.questions import QuestionChecker
from agent.proof.report import Check, Report
from agent.proof.statements import Now, StatementChecker
from agent.proof.structure import PathChecker, order, sums
from agent.taste import Taste
from kg.errors import UnknownUserError
from kg.snapshot import Snapshot
from kg.types import Iri


def check_proof(proof: Proof, snapshot: Snapshot, feedback: Feedback) -> Report:
    """Check all that a proof states, whether or not the graph is the one that it was made from.

    Args:
        proof: As it was read.
        snapshot: The domain to check against.
        feedback: What its users said; the history that claims cite is compared with it.

    Raises:
        ProofError: The proof does not say what the request means in the words of this version.
        LedgerError: The ledger cannot be read.
    """
    checker = _Checker(proof, snapshot, feedback)
    return Report(
        domain=snapshot.manifest.name,
        then=proof.graph.fingerprint,
        now=snapshot.domain.fingerprint,
        checks=list(checker.checks()),
    )


class _Checker:
    def __init__(self, proof: Proof, snapshot: Snapshot, feedback: Feedback) -> None:
        self._proof = proof
        self._snapshot = snapshot
        self._meaning = meaning_of(proof)
        self._unknown, self._taste = self._known(proof.request.user, feedback)
        self._cited = CitedGraph(proof, snapshot)

    def checks(self) -> Iterator[Check]:
        yield self._document()
        yield from self._names()
        history = list(self._history())
        yield from history
        yield from order(self._proof)
        yield from self._items(same_history=all(one.holds for one in history))
        if self._proof.request.intent == "ask":
            yield from QuestionChecker(self._proof, self._snapshot, self._cited).checks(self._meaning)

    def _document(self) -> Check:
        edited = "" if is_as_written(self._proof) else "the file was changed after it was written"
        return Check("document", "file", self._proof.id, edited)

    def _names(self) -> Iterator[Check]:
        for one in self._proof.labels:
            now = self._cited.label_now(one.id)
            told = "" if now == one.label else f"it is called {now!r} now"
            yield Check("name", one.id, one.label, told)

    def _history(self) -> Iterator[Check]:
        if not self._proof.history:
            return
        user = self._proof.request.user
        for one in self._proof.history:
            value, label = self._taste.rated.get(Iri(one.item)), self._cited.label(one.item)
            changed = f"history changed: {user} gave it {'nothing' if value is None else f'{value:g}'} by now"
            told = "" if value == one.value else changed
            yield Check("history", f"{user} on {label}", f"{one.value:g}", self._unknown or told)

    def _known(self, user: str | None, feedback: Feedback) -> tuple[str, Taste]:
        """Return what is known of a user, after why that cannot be told, where it cannot."""
        if user is None:
            return "it cannot be checked: nobody's history was kept", Taste()
        try:
            feedback.check_user(user)
        except UnknownUserError:
            return f"it cannot be checked: {self._snapshot.manifest.name} knows no user {user!r}", Taste()
        return "", feedback.taste(user)

    def _items(self, *, same_history: bool) -> Iterator[Check]:
        if not self._proof.items:
            return
        now = Now(self._snapshot, self._taste, same_history)
        statements = StatementChecker(self._proof, self._meaning, self._cited, now)
        if self._proof.overview is not None:
            yield from statements.of_list(self._proof.overview)
        paths = PathChecker(self._meaning, self._snapshot, self._cited)
        for item in self._proof.items:
            where = f"{item.rank}. {self._cited.label(item.item)}"
            if item.item not in self._snapshot.item_columns:
                noun = self._snapshot.manifest.items.noun
                yield Check("name", where, item.item, f"it is no {noun} of {self._snapshot.manifest.name}")
            yield from chain(statements.of_item(where, item), sums(where, item), paths.checks(where, item))


def meaning_of(proof: Proof) -> Interpretation:
    """Return what the request was taken to mean.

    Raises:
        ProofError: It is said in other words than those of this version.
    """
    try:
        return Interpretation.model_validate(proof.request.meaning)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:3])
        raise ProofError(f"the proof's `meaning` is none that this version knows: {told}.") from error
