"""What checking a proof finds: one check for each thing that it states."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["document", "claim", "text", "history", "name", "sum", "path", "answer", "plan", "score"]


@dataclass(frozen=True, slots=True)
class LostTriple:
    """A cited triple that supports nothing now, with the labels that the proof has for it, and why."""

    subject: str
    predicate: str
    object: str
    labels: tuple[str, str, str]
    why: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        kind: document (the file is as it was written), claim (its triples are in the graph and entail it), text (no
            word of a justification is beyond its claims), history (the user's entry is what it was), name (a label),
            sum (score, parts and contributions), path, answer (its triples), plan (the whole answer to a question),
            score (the ranking, done again).
        where: What of the proof it is, as "1. Emma, claim 2".
        text: The words that were checked.
        reason: Why it does not hold; empty where it does.
        lost: The cited triples at fault.
    """

    kind: Kind
    where: str
    text: str = ""
    reason: str = ""
    lost: tuple[LostTriple, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.reason


@dataclass(frozen=True)
class Report:
    """All checks of a proof.

    Attributes:
        then, now: Fingerprints of the graph: of the proof's, and of the one that it was checked against.
    """

    domain: str
    then: str
    now: str
    checks: Sequence[Check]

    @property
    def same_graph(self) -> bool:
        return self.then == self.now

    @property
    def holds(self) -> bool:
        return all(one.holds for one in self.checks)

    @property
    def failed(self) -> list[Check]:
        return [one for one in self.checks if not one.holds]

    def counts(self, *, failed: bool = False) -> dict[str, int]:
        """Return how many checks there are of each kind."""
        return dict(Counter(one.kind for one in self.checks if not (failed and one.holds)))
