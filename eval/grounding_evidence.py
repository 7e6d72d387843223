"""The evidence behind the items of a list, found again as the loop finds it; all that is known here of how it does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from agent.actions import base_request
from agent.answer import PathView, RankedItem
from agent.feedback import Feedback
from agent.interpretation import Interpretation
from agent.justify import Justifier, Subject
from agent.overview import Overview
from agent.sentences import Sentences
from agent.telling import Request, Teller, history_scores
from agent.toolbox import Toolbox
from agent.verify import Verdict, Verifier
from agent.views import OF_HISTORY
from eval.errors import EvaluationError
from eval.grounding_claims import NEAR, CitationCheck
from kg.snapshot import Snapshot
from kg.types import Iri
from tools.path_quality import LinkedPath


@dataclass(frozen=True)
class Brief:
    """What a writer may say of one item.

    Attributes:
        label: The item's name.
        facts: The evidence, a line each, as the model gets it.
        names: Names and values in it, and the top of the rating scale.
        history: The user's ratings by item.
        check: The verifier, told this evidence.
    """

    label: str
    facts: tuple[str, ...]
    names: frozenset[str]
    history: Mapping[Iri, float]
    check: Callable[[str], Verdict]


class Evidences:
    """Finds the evidence of lists that were made without any words of the user."""

    def __init__(self, toolbox: Toolbox, feedback: Feedback) -> None:
        self.snapshot: Snapshot = toolbox.snapshot
        self._feedback = feedback
        self._ranker = toolbox.ranker
        self._teller = Teller(toolbox)
        self._sentences = Sentences(toolbox.snapshot)
        self._verifier = Verifier(toolbox.snapshot, self._sentences)
        self._justifier = Justifier(self._sentences, self._verifier)
        self._overview = Overview(toolbox.snapshot, self._sentences, self._verifier)
        self.citations = CitationCheck(toolbox.snapshot, self._sentences.top)

    def briefs(self, user: str, items: Sequence[RankedItem]) -> list[Brief]:
        """Return what may be said of each item of a user's list; what was told of one is worth less to the next."""
        taste = self._feedback.taste(user, [])
        meaning = Interpretation(intent="recommend").with_taste(taste, self.snapshot.label)
        subjects = self._teller.subjects([item.model_dump() for item in items], Request(meaning, taste))
        return [self._brief(one) for one in subjects]

    def check_overview(self, user: str, items: Sequence[RankedItem], text: str) -> Verdict:
        """Return the verifier's word on what is said of a user's whole list."""
        taste = self._feedback.taste(user, [])
        avoided = {str(iri) for iri in taste.avoid}
        scores = {Iri(item.iri): history_scores(item.model_dump()) for item in items}
        _, grounds = self._overview.options([Iri(item.iri) for item in items], scores, taste.rated, avoided)
        return self._verifier.check(text, grounds)

    def added(self, user: str, items: Sequence[RankedItem]) -> list[dict[Iri, float]]:
        """Return what each item of the history adds to the score of each listed item, from the ranker itself.

        An answer shows its largest contributions only; these are all.

        Raises:
            EvaluationError: The ranker gives an item another score than the list did, so the sums are not of it.
        """
        columns = self.snapshot.item_columns
        scoring = self._ranker.scoring(base_request(columns, self._feedback.taste(user, [])))
        found = []
        for item in items:
            scored, _ = scoring.explained(columns[Iri(item.iri)])
            if abs(scored.score - item.score) > NEAR:
                raise EvaluationError(
                    f"{item.label} has the score {item.score:.6f} in the list of user {user} and {scored.score:.6f} "
                    "when it is asked again; was the ledger or the artefact changed meanwhile? Run it again."
                )
            sums: dict[Iri, float] = {}
            for share in scored.shares:
                if share.part in OF_HISTORY and share.iri:
                    sums[Iri(share.iri)] = sums.get(Iri(share.iri), 0.0) + share.value
            found.append(sums)
        return found

    def history(self, user: str) -> Mapping[Iri, float]:
        """Return the user's ratings by item."""
        return self._feedback.taste(user, []).rated

    def linked(self, path: PathView) -> LinkedPath:
        """Return what the measures of path quality ask of a path of an answer."""
        kind = self.snapshot.manifest.relation_of(path.triples[-1][1]) or path.triples[-1][1]
        shared = Iri(path.entities[-2]) if len(path.triples) > 1 else None
        return LinkedPath(Iri(path.entities[0]), shared, kind)

    def moments(self, user: str) -> dict[Iri, float]:
        """Return when the user rated or used each item, in seconds; empty where the data does not say."""
        return self._feedback.taste(user, []).moments

    def _brief(self, subject: Subject) -> Brief:
        label, grounds = self._sentences.label, subject.grounds
        ends = [(one.subject, False) for one in grounds.triples]
        ends += [(Iri(one.object), one.literal) for one in grounds.triples]
        ends += [(one, False) for one in (subject.item, *grounds.others)]
        return Brief(
            label(subject.item),
            tuple(dict.fromkeys(self._justifier.line(piece) for piece in subject.evidence)),
            frozenset([*(label(end, literal=literal) for end, literal in ends), self._sentences.top]) - {""},
            subject.history,
            lambda text: self._verifier.check(text, grounds),
        )
