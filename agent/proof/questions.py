"""Checking the answer to a question: the triples of each answer, and the whole set by carrying the plan out again."""

from collections.abc import Iterator, Sequence

from agent.answer import AnswerEntity
from agent.interpretation import Interpretation
from agent.proof.document import Proof
from agent.proof.grounds import CitedGraph
from agent.proof.parts import IriTerm, ProvenAnswer
from agent.proof.report import Check
from agent.views import answer_entities, step_in_words
from agent.wording import in_doubt, question_answer
from kg.snapshot import Snapshot
from kg.types import Triple
from tools.errors import ToolError
from tools.plans import FEWER, MORE, Plan, PlanResult, PlanRunner

NAMED = 5


class QuestionChecker:
    """Checks answers to questions."""

    def __init__(self, proof: Proof, snapshot: Snapshot, cited: CitedGraph) -> None:
        self._proof = proof
        self._snapshot = snapshot
        self._cited = cited

    def checks(self, meaning: Interpretation) -> Iterator[Check]:
        """Yield a check for each answer, and one for the plan with its words."""
        plan = meaning.plan()
        for at, answer in enumerate(self._proof.answers, start=1):
            lost = self._cited.lost(answer.cites_triples)
            reason = "a triple that leads to it is not in the graph" if lost else self._apart(plan, answer)
            yield Check("answer", f"answer {at}", answer.label, reason, lost)
        yield Check("plan", f"plan: {meaning.asked()}", self._proof.text or "", self._differs(meaning, plan))

    def _apart(self, plan: Plan, answer: ProvenAnswer) -> str:
        """Return why the triples do not lead from the names of the question to an answer; empty where they do."""
        triples = self._cited.triples(answer.cites_triples)
        end = _key(answer)
        near = _connected(end, triples)
        counted = plan.do in (MORE, FEWER)  # its own ends are what it is the answer by
        for leg in plan.legs:
            if leg.wanted and leg.start not in near and not counted:
                return f"its triples do not lead from {self._cited.label(leg.start)} to it"
        relations = {step.relation for leg in plan.legs if leg.wanted for step in leg.steps}
        relations |= {plan.by, *(one.relation for one in plan.ranges)} - {""}
        for triple in triples:
            if self._snapshot.manifest.relation_of(triple.predicate) not in relations or triple.subject not in near:
                return f"a triple has no part in it: {self._cited.label(triple.subject)} · {triple.predicate}"
        return ""

    def _differs(self, meaning: Interpretation, plan: Plan) -> str:
        """Return in what the proof is not what the plan gives now; empty where it is."""
        try:
            found = self._run(meaning, plan)
        except ToolError as error:
            return f"the plan cannot be carried out: {error}"
        now = {one.iri or one.label: one.label for one in answer_entities(found)}
        then = {_key(one): one.label for one in self._proof.answers}
        lacks = [label for key, label in now.items() if key not in then]
        besides = [label for key, label in then.items() if key not in now]
        if lacks or besides or len(then) < len(self._proof.answers):
            return "; ".join(
                [
                    f"the plan gives {len(now)} answers now, and the proof has {len(self._proof.answers)}",
                    *([f"it lacks {_few(lacks)}"] if lacks else []),
                    *([f"it has besides {_few(besides)}"] if besides else []),
                ]
            )
        if found.verdict != self._proof.verdict:
            return f"the plan says {_yes(found.verdict)} now, and the proof says {_yes(self._proof.verdict)}"
        said = self._said(meaning, found)
        return "" if said == self._proof.text else f"by the plan the answer reads: {said}"

    def _run(self, meaning: Interpretation, plan: Plan) -> PlanResult:
        if not meaning.is_answerable:
            return PlanResult(plan, ())
        return PlanRunner(self._snapshot).run(plan)

    def _said(self, meaning: Interpretation, found: PlanResult) -> str:
        answers: Sequence[AnswerEntity] = answer_entities(found)
        blind = [step_in_words(self._snapshot, leg) for leg in found.blind]
        manifest = self._snapshot.manifest
        said = question_answer(manifest, meaning, answers, found.verdict, blind, counts=found.counts)
        return said + in_doubt([one.label for one in found.doubtful])


def _key(answer: ProvenAnswer) -> str:
    return answer.answer.id if isinstance(answer.answer, IriTerm) else answer.answer.value


def _connected(end: str, triples: Sequence[Triple]) -> set[str]:
    """Return what is joined to an entity or a value by triples, in either direction."""
    near = {end}
    left = list(triples)
    while reached := [one for one in left if one.subject in near or one.object in near]:
        near |= {part for one in reached for part in (str(one.subject), one.object)}
        left = [one for one in left if one not in reached]
    return near


def _few(labels: Sequence[str]) -> str:
    more = len(labels) - NAMED
    return ", ".join(labels[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _yes(verdict: bool | None) -> str:
    return {True: "yes", False: "no", None: "nothing"}[verdict]
