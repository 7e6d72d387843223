"""Ranking again: the list, the ranks, the scores and what would be otherwise must come out as the proof has them."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from agent.errors import ProofError
from agent.feedback import Feedback
from agent.ledger import FILE, Ledger
from agent.proof import Proof, Report, check_scores
from agent.toolbox import Toolbox
from tests.agent.proof.test_checking import LISTS, Body, edited

Ranked = Callable[[Proof], Report]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / FILE)


@pytest.fixture
def ranked(toolbox: Toolbox, ledger: Ledger) -> Ranked:
    return lambda proof: check_scores(proof, toolbox, Feedback(toolbox.snapshot, ledger), ledger)


def reasons(report: Report) -> dict[str, str]:
    return {one.where: one.reason for one in report.failed if one.kind == "score"}


@pytest.mark.parametrize("name", LISTS)
def test_what_was_just_ranked_comes_out_again(name: str, proofs: dict[str, Proof], ranked: Ranked) -> None:
    report = ranked(proofs[name])
    assert report.failed == []
    extra = 2 if name == "explained" else 1
    assert report.counts()["score"] == len(proofs[name].items) + extra


def _higher(body: Body) -> None:
    """Raise a score with a part and a contribution, so that every sum is right."""
    first = body["items"][0]
    first["score"] += 0.25
    first["parts"][0]["value"] += 0.25
    part = first["parts"][0]["part"]
    next(one for one in first["contributions"] if one["part"] == part)["value"] += 0.25


def test_a_raised_score_is_caught_though_all_sums_are_right(proofs: dict[str, Proof], ranked: Ranked) -> None:
    proof = edited(proofs["by history"], _higher)
    report = ranked(proof)
    assert {one.kind for one in report.failed if one.where.startswith("1. ") and "claim" not in one.where} == {"score"}
    (reason,) = reasons(report).values()
    assert reason == f"its score is {proofs['by history'].items[0].score:.9g} by now"


def test_another_item_in_the_list_is_caught(proofs: dict[str, Proof], ranked: Ranked) -> None:
    def leave_out(body: Body) -> None:
        body["items"].pop(0)
        for one in body["items"]:
            one["rank"] -= 1

    found = reasons(ranked(edited(proofs["by history"], leave_out)))
    assert found["the list"].startswith("it is by now: ")
    assert set(found.values()) >= {"its rank is 2 by now", "its rank is 3 by now"}


def test_what_would_be_otherwise_is_asked_again(proofs: dict[str, Proof], ranked: Ranked) -> None:
    def move(body: Body) -> None:
        body["whatIf"]["without_history"][0]["rank"] += 3

    assert reasons(ranked(edited(proofs["explained"], move))) == {"what would be otherwise": "it is otherwise by now"}


def test_what_the_user_says_later_changes_the_ranking(
    proofs: dict[str, Proof], ranked: Ranked, toolbox: Toolbox, ledger: Ledger
) -> None:
    Feedback(toolbox.snapshot, ledger).seen("ben", proofs["by history"].items[0].item)
    assert "the list" in reasons(ranked(proofs["by history"]))


def test_a_list_that_earlier_words_had_a_part_in_cannot_be_ranked_again(
    proofs: dict[str, Proof], ranked: Ranked
) -> None:
    found = reasons(ranked(edited(proofs["by history"], lambda body: body["request"].update(again=False))))
    assert list(found) == ["the ranking"]
    assert "cannot be ranked again" in found["the ranking"]


def test_a_user_who_is_not_here_cannot_be_ranked_for(proofs: dict[str, Proof], ranked: Ranked) -> None:
    found = reasons(ranked(edited(proofs["by history"], lambda body: body["request"].update(user="nobody at all"))))
    assert "nobody at all" in found["the ranking"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["by wish", "explained"])
def test_whatever_the_request_is_changed_into_no_error_of_ours_escapes(
    name: str, proofs: dict[str, Proof], ranked: Ranked
) -> None:
    """Numbers out of range, names of nothing and relations that are none: an error with a message, or a check."""
    draws = random.Random(7)
    ref = {"iri": "http://shop.example/none", "label": "x", "text": "x", "rivals": []}
    period = {"relation": "owner", "low": None, "high": 3.0, "wanted": True}
    junk: list[object] = [-1, 10**6, 7.5, "x", None, [ref], [period], [period | {"relation": "genre"}], [], True, "ann"]
    refused = 0
    for _ in range(150):
        document = json.loads(proofs[name].to_json())
        holder = document["request"]["meaning"] if draws.random() < 0.7 else document["request"]
        key, value = draws.choice(sorted(holder)), draws.choice(junk)
        if key in ("text", "again", "generatedAt"):
            continue
        holder[key] = value
        try:
            ranked(Proof.model_validate(document))
        except (ValidationError, ProofError):
            refused += 1
    assert 30 < refused < 150


def test_an_example_that_is_no_item_is_told(proofs: dict[str, Proof], ranked: Ranked) -> None:
    def stray(body: Body) -> None:
        body["request"]["meaning"]["like"][0]["iri"] = "http://shop.example/none"

    found = reasons(ranked(edited(proofs["by wish"], stray)))
    assert "the example http://shop.example/none is no book here" in found["the ranking"]


def test_a_question_has_no_ranking(proofs: dict[str, Proof], ranked: Ranked) -> None:
    assert "score" not in ranked(proofs["question"]).counts()
