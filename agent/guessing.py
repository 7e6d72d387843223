"""Guesses at what a question asks for and the graph does not state: when they are made, how an answer has them."""

from agent.answer import PredictedFact
from agent.toolbox import Toolbox
from kg.errors import RuleError
from tools.inference import InferenceResult
from tools.plans import CHECK, LIST, PlanResult


def missing_facts(toolbox: Toolbox, found: PlanResult) -> list[tuple[str, str]]:
    """Return which entity lacks which relation, where that is all that a question asks for and it can be guessed."""
    if found.answers or len(found.plan.legs) != 1 or not found.blind or found.plan.do not in (LIST, CHECK):
        return []
    leg, adjacency = found.plan.legs[0], toolbox.snapshot.adjacency
    relation = leg.steps[0].relation
    if len(leg.steps) != 1 or relation not in adjacency.relations or adjacency.row(leg.start) is None:
        return []
    try:
        return [(leg.start, relation)] if toolbox.inference.is_ready else []
    except RuleError:  # `thence kg derive` tells what is wrong; here nothing is lost but a guess
        return []


def predicted_facts(found: InferenceResult) -> list[PredictedFact]:
    """Return guesses as an answer holds them."""
    return [
        PredictedFact(
            text=said,
            triple=fact.triple.row,
            score=round(fact.score, 4),
            source=fact.source,
            explanation=fact.explanation,
        )
        for said, fact in zip(found.said, found.facts, strict=True)
    ]
