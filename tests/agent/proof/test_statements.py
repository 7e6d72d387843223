"""Statements about a whole list, a whole history, a score or a wish are checked against all of it."""

from collections.abc import Callable
from typing import Any

import pyoxigraph as ox
import pytest

from agent.proof import Check, Proof
from agent.proof.parts import ProvenClaim
from tests.agent.proof.conftest import Changed, Checked
from tests.agent.proof.test_checking import Body, edited

BOOK, VOCAB = "http://shop.example/book/", "http://shop.example/vocab/"


def claims(node: Any) -> list[Body]:
    """Return the claims of a document, the overview's first."""
    texts = [node.get("overview"), *(item.get("justification") for item in node["items"])]
    return [claim for text in texts if text for claim in text["claims"]]


def adding(subject: str, predicate: str, obj: str) -> Callable[[set[ox.Triple]], None]:
    triple = ox.Triple(*(ox.NamedNode(part) for part in (BOOK + subject, VOCAB + predicate, obj)))
    return lambda stated: stated.add(triple)


def failing(checks: list[Check], *kinds: str) -> list[Check]:
    return [one for one in checks if one.kind in kinds]


def all_claims(proof: Proof) -> list[ProvenClaim]:
    texts = [proof.overview, *(item.justification for item in proof.items)]
    return [claim for text in texts if text for claim in text.claims]


def test_the_proofs_of_these_tests_speak_of_lists_scores_and_wishes(proofs: dict[str, Proof]) -> None:
    assert proofs["by history"].overview is not None
    told = [claim for name in ("by history", "for nobody", "counted") for claim in all_claims(proofs[name])]
    assert any(claim.cites_scores for claim in told)
    assert any(claim.wishes for claim in told)
    assert any(len(claim.cites_history) > 1 for claim in told)


def test_as_many_of_the_list_means_no_more_of_it(proofs: dict[str, Proof], checked: Checked, changed: Changed) -> None:
    proof = proofs["by history"]
    assert proof.overview is not None
    assert "two of them" in proof.overview.text
    report = checked(proof, changed(adding("castle", "author", "http://shop.example/person/austen")))
    (check,) = failing(report.failed, "claim", "text")
    assert check.where.startswith("overview, claim ")
    assert "Jane Austen" in check.text
    assert check.reason.startswith("as the graph and the history are now, ")


def test_as_many_of_the_history_means_no_more_of_it(
    proofs: dict[str, Proof], checked: Checked, changed: Changed
) -> None:
    proof = proofs["counted"]
    (counted,) = [claim for claim in all_claims(proof) if len(claim.cites_history) > 1]
    genres = {proof.triple_of[one].object for one in counted.cites_triples}
    (genre,) = [getattr(one, "id", "") for one in genres]
    report = checked(proof, changed(adding("dracula", "genre", genre)))
    assert [one.text for one in failing(report.failed, "claim", "text")] == [counted.text]


def _more_of_the_list(body: Body) -> None:
    for one in (body["overview"], *body["overview"]["claims"]):
        one["text"] = one["text"].replace("two of them", "three of them").replace("Two of them", "Three of them")


def _other_first(body: Body) -> None:
    """Let another item of the history add most, so that what is said of the first is false."""
    item = next(one for one in body["items"] if any(claim["citesScores"] for claim in one["justification"]["claims"]))
    item["contributions"].append({"part": "graph", "value": 5.0, "of": BOOK + "worlds"})
    item["complete"] = False


def _other_share(body: Body) -> None:
    next(one for one in claims(body) if one["citesScores"])["citesScores"][0]["value"] += 0.5


def _no_share(body: Body) -> None:
    next(one for one in claims(body) if one["citesScores"])["citesScores"] = []


@pytest.mark.slow
@pytest.mark.parametrize("edit", [_more_of_the_list, _other_first, _other_share, _no_share])
def test_a_false_number_or_first_is_caught(
    edit: Callable[[Body], None], proofs: dict[str, Proof], checked: Checked
) -> None:
    assert failing(checked(edited(proofs["by history"], edit)).failed, "claim", "text")


def test_what_nobody_asked_for_is_no_wish(proofs: dict[str, Proof], checked: Checked) -> None:
    def forget(body: Body) -> None:
        body["request"]["meaning"]["want"] = []
        body["request"]["meaning"]["prefer"] = []

    report = checked(edited(proofs["for nobody"], forget))
    failures = failing(report.failed, "claim")
    assert failures
    assert all(one.reason == "the request did not ask for Science fiction" for one in failures)


def test_a_text_in_chinese_is_checked_as_such(proofs: dict[str, Proof], checked: Checked) -> None:
    proof = proofs["in Chinese"]
    assert proof.items[0].justification is not None
    assert "。" in proof.items[0].justification.text
    assert checked(proof).holds

    def somebody_else(body: Body) -> None:
        told = body["items"][0]["justification"]
        for one in (told, *told["claims"]):
            one["text"] = one["text"].replace("Mary Shelley", "Jane Austen")

    assert failing(checked(edited(proof, somebody_else)).failed, "claim", "text")
