"""Checking the scores of a proof: the ranking is done again, from the same meaning and the history as it is now."""

import math
from collections.abc import Iterator
from dataclasses import replace

from agent.actions import Executor, base_request
from agent.answer import Counterfactual, RankedItem
from agent.feedback import Feedback
from agent.ledger import Ledger
from agent.proof.checking import check_proof, meaning_of
from agent.proof.document import Proof
from agent.proof.parts import ProvenItem
from agent.proof.report import Check, Report
from agent.refit import Refitter
from agent.toolbox import Toolbox
from agent.views import explained_item, ranked_item
from agent.what_if import WhatIfs
from kg.errors import UnknownUserError
from tools.errors import ToolError, UnknownNameError

TOLERANCE = 1e-6
"""Vectors of texts differ in the last bits between machines."""


def check_scores(proof: Proof, toolbox: Toolbox, feedback: Feedback, ledger: Ledger) -> Report:
    """Check all that `check_proof` checks, and rank again.

    Args:
        proof: As it was read.
        toolbox: The domain to check against; it ranks by the newest model that was fitted.
        feedback: What its users said.
        ledger: Where that is kept.

    Raises:
        ProofError, LedgerError: See `check_proof`.
    """
    report = check_proof(proof, toolbox.snapshot, feedback)
    ranker = toolbox.ranker
    Refitter(toolbox.snapshot, feedback, ledger, ranker.model, ranker.swap).open()
    return replace(report, checks=[*report.checks, *_checks(proof, toolbox, feedback)])


def _checks(proof: Proof, toolbox: Toolbox, feedback: Feedback) -> Iterator[Check]:
    if not proof.items:
        return
    if not proof.request.again:
        reason = "it cannot be ranked again: what was said before in its conversation counted"
        yield Check("score", "the ranking", reason=reason)
        return
    try:
        again, what_if = _ranked_again(proof, toolbox, feedback)
    except (UnknownUserError, ToolError) as error:
        yield Check("score", "the ranking", reason=f"it cannot be ranked again: {error}")
        return
    then, now = [one.item for one in proof.items], [one.iri for one in again]
    listed = ", ".join(one.label for one in again)
    yield Check("score", "the list", f"{len(then)} items", "" if then == now else f"it is by now: {listed}")
    items = {one.iri: one for one in again}
    for item in proof.items:
        where = f"{item.rank}. {toolbox.snapshot.label(item.item)}, score"
        yield Check("score", where, f"{item.score:.9g}", _differs(item, items.get(item.item)))
    if what_if is not None:
        told = proof.what_if
        same = told is not None and _outline(told) == _outline(what_if)
        yield Check("score", "what would be otherwise", reason="" if same else "it is otherwise by now")


def _outline(what_if: Counterfactual) -> dict[str, object]:
    """Return what would be otherwise without the scores, whose last bits may differ."""
    scored = {"without_history": {"__all__": {"score"}}, "without_facts": {"__all__": {"score"}}}
    return what_if.model_dump(exclude={**scored, "behind": {"score", "lacks"}})


def _ranked_again(proof: Proof, toolbox: Toolbox, feedback: Feedback) -> tuple[list[RankedItem], Counterfactual | None]:
    """Return the list, or the explained item with what would be otherwise, as it comes out now."""
    snapshot, request, meaning = toolbox.snapshot, proof.request, meaning_of(proof)
    taste = feedback.taste(request.user)
    strange = [ref.iri for ref in meaning.like if ref.iri not in snapshot.item_columns]
    if strange:
        raise UnknownNameError(f"the example {strange[0][:100]} is no {snapshot.manifest.items.noun} here")
    explains = request.intent in ("explain", "why_not")
    column = snapshot.item_columns.get(proof.items[0].item) if explains else None
    base = base_request(snapshot.item_columns, taste, without=column)
    base = replace(base, k=min(request.k, len(snapshot.items)), explore=request.explore, diversity=request.diversity)
    asked = Executor(toolbox, meaning, base, taste).request()
    if column is None:
        found = toolbox.ranker.rank(asked)
        return [ranked_item(snapshot, one, one.rank) for one in found.items], None
    scoring = toolbox.ranker.scoring(asked)
    scored, rank = scoring.explained(column)
    item = explained_item(snapshot, scored, rank)
    return [item], WhatIfs(snapshot).of(scoring, asked.k, item)


def _differs(then: ProvenItem, now: RankedItem | None) -> str:
    if now is None:
        return "it is not in the list any more"
    if now.rank != then.rank:
        return f"its rank is {now.rank} by now"
    if not _near(now.score, then.score):
        return f"its score is {now.score:.9g} by now"
    parts = {one.part: one.value for one in then.parts}
    for name in sorted(parts.keys() | now.parts.keys()):
        value = now.parts.get(name, 0.0)
        if not _near(parts.get(name, 0.0), value):
            return f"its part {name} is {value:.9g} by now"
    return ""


def _near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
