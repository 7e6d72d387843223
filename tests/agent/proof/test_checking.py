"""What a proof states is checked against the graph: what is so holds, and what is not fails where it is said."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from agent.feedback import Feedback
from agent.ledger import FILE, Ledger
from agent.proof import Check, Proof, check_proof
from agent.proof.document import sealed
from agent.proof.grounds import as_triple
from agent.toolbox import Toolbox
from kg.namespaces import RDFS_LABEL
from tests.agent.proof.conftest import Changed, Checked, row

Body = dict[str, Any]
LISTS = ("by history", "by wish", "for nobody", "diverse", "explained")
QUESTIONS = ("question", "two steps", "year", "count", "check", "none")
CITING = ("claim", "path", "answer")
"""The checks that look their triples up."""


def body_of(proof: Proof) -> Body:
    found: Body = json.loads(proof.to_json())
    return found


def edited(proof: Proof, edit: Callable[[Body], object]) -> Proof:
    """Return a proof after an edit that gave it a new name as well, so that only what it says can betray it."""
    body = copy.deepcopy(body_of(proof))
    edit(body)
    return sealed(body)


def failed(checks: list[Check], *kinds: str) -> set[str]:
    return {one.where for one in checks if one.kind in kinds}


def citing(proof: Proof, triple: str) -> set[str]:
    """Return where a proof cites a triple."""
    said = proof.overview.claims if proof.overview else []
    found = {f"overview, claim {at}" for at, one in enumerate(said, start=1) if triple in one.cites_triples}
    for item in proof.items:
        where = f"{item.rank}. {proof.label_of[item.item]}"
        claims = item.justification.claims if item.justification else []
        found |= {f"{where}, claim {at}" for at, one in enumerate(claims, start=1) if triple in one.cites_triples}
        found |= {f"{where}, path {at}" for at, one in enumerate(item.paths, start=1) if triple in one.hops}
    return found | {f"answer {at}" for at, one in enumerate(proof.answers, start=1) if triple in one.cites_triples}


@pytest.mark.parametrize("name", [*LISTS, *QUESTIONS])
def test_what_was_just_answered_holds(name: str, proofs: dict[str, Proof], checked: Checked) -> None:
    report = checked(proofs[name])
    assert report.failed == []
    assert report.holds
    assert report.same_graph


def test_the_proofs_of_these_tests_say_something(proofs: dict[str, Proof]) -> None:
    claims = [one for name in LISTS for item in proofs[name].items for one in item.justification.claims]  # type: ignore[union-attr]
    assert len(claims) > 30
    assert any(claim.cites_history for claim in claims)
    assert any(item.paths for name in LISTS for item in proofs[name].items)
    assert {name for name in QUESTIONS if proofs[name].answers} >= {"question", "two steps", "year", "check"}
    assert any(not proofs[name].answers for name in QUESTIONS)
    assert proofs["check"].verdict is True


@pytest.mark.slow
@pytest.mark.parametrize("name", ["by history", "by wish", "explained", "question", "year", "check"])
def test_a_triple_that_is_gone_fails_what_cites_it_and_nothing_else(
    name: str, proofs: dict[str, Proof], checked: Checked, changed: Changed
) -> None:
    proof = proofs[name]
    assert proof.triples
    for one in proof.triples:
        gone = (one.subject, one.predicate)
        end = getattr(one.object, "id", None) or one.object.value  # type: ignore[union-attr]

        def remove(stated: set[ox.Triple], gone: tuple[str, str] = gone, end: str = end) -> None:
            stated -= {one for one in stated if row(one) == (*gone, end)}

        report = checked(proof, changed(remove))
        assert not report.same_graph
        assert failed(report.failed, *CITING) == citing(proof, one.id)
        for check in report.failed:
            if check.kind in CITING:
                (lost,) = check.lost
                assert (lost.subject, lost.predicate, lost.object) == (*gone, end)
                assert lost.labels[0] == proof.label_of[one.subject]
                assert lost.why == "the graph does not state it"


def test_a_literal_of_another_type_is_another_triple(
    proofs: dict[str, Proof], checked: Checked, changed: Changed
) -> None:
    def as_text(stated: set[ox.Triple]) -> None:
        (old,) = [one for one in stated if row(one)[0].endswith("book/emma") and row(one)[2] == "1815"]
        stated.remove(old)
        stated.add(ox.Triple(old.subject, old.predicate, ox.Literal("1815")))

    assert failed(checked(proofs["year"], changed(as_text)).failed, "answer") == {"answer 1"}


def test_another_name_in_the_graph_fails_the_claims_that_use_it(
    proofs: dict[str, Proof], checked: Checked, changed: Changed
) -> None:
    kafka = "http://shop.example/person/kafka"

    def rename(stated: set[ox.Triple]) -> None:
        stated -= {one for one in stated if row(one)[:2] == (kafka, RDFS_LABEL)}
        stated.add(ox.Triple(ox.NamedNode(kafka), ox.NamedNode(RDFS_LABEL), ox.Literal("F. Kafka", language="en")))

    proof = proofs["by history"]
    report = checked(proof, changed(rename))
    (name,) = [one for one in report.failed if one.kind == "name"]
    assert (name.where, name.reason) == (kafka, "it is called 'F. Kafka' now")
    uses = {one.id for one in proof.triples if getattr(one.object, "id", None) == kafka}
    assert uses
    assert failed(report.failed, "claim") >= {where for one in uses for where in citing(proof, one) if "claim" in where}


def test_a_flagged_triple_supports_nothing(proofs: dict[str, Proof], checked: Checked, toolbox: Toolbox) -> None:
    proof = proofs["by history"]
    flagged = as_triple(proof.triples[0])
    report = checked(proof, replace(toolbox.snapshot, flagged=frozenset([flagged])))
    assert failed(report.failed, *CITING) == citing(proof, proof.triples[0].id)
    assert report.failed[0].lost[0].why.endswith("the domain's shapes refuse it")


def item_with_claims(body: Body) -> Body:
    found: Body = next(one for one in body["items"] if len(one["justification"]["claims"]) > 1)
    return found


def _text(body: Body) -> None:
    item = item_with_claims(body)
    item["justification"]["text"] += " It won the Booker Prize."


def _entity_in_text(body: Body) -> None:
    written = item_with_claims(body)["justification"]
    for one in (written, *written["claims"]):
        one["text"] = one["text"].replace("Mary Shelley", "Jane Austen").replace("Horror", "Romance")


def _dropped_claim(body: Body) -> None:
    item_with_claims(body)["justification"]["claims"].pop()


def _dropped_words(body: Body) -> None:
    written = item_with_claims(body)["justification"]
    written["text"] = written["claims"][0]["text"] + "."


def _swapped_triple(body: Body) -> None:
    told = ([one for one in item["justification"]["claims"] if one["citesTriples"]] for item in body["items"])
    cited = next(one for one in told if len(one) > 1 and one[0]["citesTriples"] != one[-1]["citesTriples"])
    cited[0]["citesTriples"], cited[-1]["citesTriples"] = cited[-1]["citesTriples"], cited[0]["citesTriples"]


def _swapped_roles(body: Body) -> None:
    one = next(one for one in body["triples"] if "@id" in one["object"])
    one["subject"], one["object"] = one["object"]["@id"], {"@id": one["subject"]}


def _other_relation(body: Body) -> None:
    one = next(one for one in body["triples"] if one["predicate"].endswith("author"))
    one["predicate"] = one["predicate"].replace("author", "genre")


def _other_item(body: Body) -> None:
    body["items"][0]["item"], body["items"][1]["item"] = body["items"][1]["item"], body["items"][0]["item"]


def _history_value(body: Body) -> None:
    body["history"][0]["value"] -= 1.0


def _history_and_words(body: Body) -> None:
    before, body["history"][0]["value"] = body["history"][0]["value"], 3.0
    for item in body["items"]:
        for one in (item["justification"], *item["justification"]["claims"]):
            one["text"] = one["text"].replace(f"rated Frankenstein {before:g}", "rated Frankenstein 3")


def _other_user(body: Body) -> None:
    body["request"]["user"] = "cat"


def _nobody(body: Body) -> None:
    body["request"]["user"] = "nobody at all"


def _no_user(body: Body) -> None:
    del body["request"]["user"]


def _score(body: Body) -> None:
    body["items"][0]["score"] += 0.01


def _part(body: Body) -> None:
    body["items"][0]["parts"][0]["value"] += 0.01
    body["items"][0]["score"] += 0.01


def _order(body: Body) -> None:
    body["items"].reverse()


def _ranks(body: Body) -> None:
    body["items"] = body["items"][1:]


def _twice(body: Body) -> None:
    body["items"][1] = body["items"][0] | {"rank": 2}


def _label(body: Body) -> None:
    body["labels"][0]["label"] = "The Tower"


def _path_item(body: Body) -> None:
    _some_path(body)["entities"][-1] = "http://shop.example/book/emma"


def _path_source(body: Body) -> None:
    path = _some_path(body)
    path["entities"], path["hops"] = path["entities"][1:], path["hops"][1:]


def _path_hop(body: Body) -> None:
    path = _some_path(body)
    path["hops"] = path["hops"][::-1]


def _path_short(body: Body) -> None:
    _some_path(body)["hops"].pop()


def _path_text(body: Body) -> None:
    _some_path(body)["text"] = "Frankenstein is better than all others"


def _some_path(body: Body) -> Body:
    found: Body = next(path for item in body["items"] for path in item["paths"] if len(path["hops"]) > 1)
    return found


EDITS: dict[Callable[[Body], None], tuple[str, ...]] = {
    _text: ("text",),
    _entity_in_text: ("text",),
    _dropped_claim: ("text",),
    _dropped_words: ("claim",),
    _swapped_triple: ("claim",),
    _swapped_roles: ("claim",),
    _other_relation: ("claim",),
    _other_item: ("claim",),
    _history_value: ("claim", "history"),
    _history_and_words: ("history",),
    _other_user: ("history",),
    _nobody: ("history",),
    _no_user: ("history",),
    _score: ("sum",),
    _part: ("sum",),
    _order: ("sum",),
    _ranks: ("sum",),
    _twice: ("sum",),
    _label: ("name",),
    _path_item: ("path",),
    _path_source: ("path",),
    _path_hop: ("path",),
    _path_short: ("path",),
    _path_text: ("path",),
}


@pytest.mark.parametrize(("edit", "kinds"), EDITS.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_an_edit_is_caught_by_what_it_says(
    edit: Callable[[Body], None], kinds: tuple[str, ...], proofs: dict[str, Proof], checked: Checked
) -> None:
    report = checked(edited(proofs["by history"], edit))
    assert {one.kind for one in report.failed} >= set(kinds)
    assert all(one.reason for one in report.failed)


def test_an_edit_that_keeps_the_name_is_caught_whatever_it_is(proofs: dict[str, Proof], checked: Checked) -> None:
    body = body_of(proofs["by history"])
    body["request"]["text"] = "something else"
    report = checked(Proof.model_validate(body))
    assert [(one.kind, one.reason) for one in report.failed] == [
        ("document", "the file was changed after it was written")
    ]


def _without_first(body: Body) -> None:
    body["answers"].pop(0)


def _twice_the_same(body: Body) -> None:
    body["answers"].append(body["answers"][0])


def _false_answer(body: Body) -> None:
    body["answers"][0]["answer"] = {"@id": "http://shop.example/book/trial"}


def _false_witness(body: Body) -> None:
    body["answers"][0]["citesTriples"] = body["answers"][1]["citesTriples"]


def _no_witness(body: Body) -> None:
    body["answers"][0]["citesTriples"] = []


def _other_words(body: Body) -> None:
    body["text"] = "Jane Austen wrote ten books."


def _other_plan(body: Body) -> None:
    body["request"]["meaning"]["routes"][0]["path"] = ["^genre"]


def _impossible_plan(body: Body) -> None:
    body["request"]["meaning"]["routes"][0]["path"] = ["^owner"]


def _empty_plan(body: Body) -> None:
    body["request"]["meaning"]["routes"][0]["path"] = []


QUESTION_EDITS = {
    _without_first: {"plan"},
    _twice_the_same: {"plan"},
    _false_answer: {"plan", "answer"},
    _false_witness: {"answer"},
    _no_witness: {"answer"},
    _other_words: {"plan"},
    _other_plan: {"plan", "answer"},
    _impossible_plan: {"plan", "answer"},
    _empty_plan: {"plan", "answer"},
}


@pytest.mark.parametrize(("edit", "kinds"), QUESTION_EDITS.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_an_edit_of_a_question_is_caught(
    edit: Callable[[Body], None], kinds: set[str], proofs: dict[str, Proof], checked: Checked
) -> None:
    assert {one.kind for one in checked(edited(proofs["question"], edit)).failed} == kinds


def test_another_verdict_is_caught(proofs: dict[str, Proof], checked: Checked) -> None:
    (check,) = checked(edited(proofs["check"], lambda body: body.update(verdict=False))).failed
    assert (check.kind, check.reason) == ("plan", "the plan says yes now, and the proof says no")


def test_an_answer_that_the_graph_has_besides_is_named(
    proofs: dict[str, Proof], checked: Checked, changed: Changed
) -> None:
    def add(stated: set[ox.Triple]) -> None:
        book, vocab = "http://shop.example/book/", "http://shop.example/vocab/"
        ends = ox.NamedNode(book + "dracula"), ox.NamedNode(vocab + "author")
        stated.add(ox.Triple(*ends, ox.NamedNode("http://shop.example/person/austen")))

    (check,) = checked(proofs["question"], changed(add)).failed
    assert check.reason == "the plan gives 3 answers now, and the proof has 2; it lacks Dracula"


def test_what_the_user_says_later_is_told_as_a_change(
    proofs: dict[str, Proof], toolbox: Toolbox, tmp_path: Path
) -> None:
    feedback = Feedback(toolbox.snapshot, Ledger(tmp_path / FILE))
    feedback.rate("ben", "Frankenstein", 2.0)
    failures = check_proof(proofs["by history"], toolbox.snapshot, feedback).failed
    assert [(one.kind, one.where, one.text, one.reason) for one in failures] == [
        ("history", "ben on Frankenstein", "5", "history changed: ben gave it 2 by now")
    ]
