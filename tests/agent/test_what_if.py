"""What would be otherwise: the answer of an explanation, checked against other requests."""

import re

import pytest

from agent.answer import Answer, Behind, Counterfactual, HistoryChange
from agent.recommender import Recommender
from agent.wording import otherwise
from tests.agent.conftest import Make
from tests.agent.fakes import first
from tests.agent.test_recommender import finished

BOOK = "http://shop.example/book/"


@pytest.fixture
def recommender(bookshop: Make) -> Recommender:
    return bookshop(first)


def explained(recommender: Recommender, item: str, user: str) -> Answer:
    return recommender.explain(item=BOOK + item, user=user)


@pytest.mark.slow
def test_all_contributions_are_told_and_sum_to_the_score(recommender: Recommender) -> None:
    answer = explained(recommender, "frankenstein", "ann")
    item = answer.items[0]
    assert sum(one.value for one in item.contributions) == pytest.approx(item.score, abs=1e-6)
    for part, value in item.parts.items():
        told = sum(one.value for one in item.contributions if one.part == part)
        assert told == pytest.approx(value, abs=1e-6)
    ties = [one for one in item.contributions if one.via]
    assert {one.part for one in ties} == {"graph"}
    assert all(one.via_label and one.iri for one in ties)


@pytest.mark.slow
def test_an_item_that_is_listed_can_be_thrown_out(recommender: Recommender) -> None:
    answer = explained(recommender, "last_man", "ann")
    what_if = answer.what_if
    assert what_if is not None
    assert answer.items[0].rank <= what_if.k
    assert (what_if.behind, what_if.addition) == (None, None)
    ranks = {one.iri: one.rank for one in what_if.without_history}
    assert set(ranks) <= {BOOK + name for name in ("dracula", "emma", "persuasion")}


@pytest.mark.slow
def test_feedback_taken_back_gives_the_rank_without_it(recommender: Recommender) -> None:
    for name in ("castle", "dracula", "emma"):
        recommender.like("new", BOOK + name)
    what_if = explained(recommender, "trial", "new").what_if
    assert what_if is not None
    without = {one.iri: one for one in what_if.without_history}[BOOK + "castle"]
    recommender.undo("new", 1)
    after = explained(recommender, "trial", "new").items[0]
    # The Castle may be listed again and is then one more rival; the score tells what is compared.
    assert after.score == pytest.approx(without.score, abs=1e-6)


def test_words_say_what_would_bring_it_in_and_throw_it_out() -> None:
    change = HistoryChange(iris=["a", "b"], labels=["Alien", "Heat"], rank=9, smallest=True)
    out = otherwise(Counterfactual(k=5, n_items=30, removal=change))
    assert out == "Without “Alien” and “Heat” in your history it would rank 9 and not be among the first 5."
    behind = Behind(iri="c", label="Casino", rank=5, score=1.0, lacks={"history": 0.1, "graph": 0.7, "prior": -0.2})
    into = otherwise(Counterfactual(k=5, n_items=30, behind=behind, addition=change.model_copy(update={"rank": 2})))
    assert into == (
        "The last of the first 5 is Casino; it is ahead most by its ties to what you know. "
        "If you liked “Alien” and “Heat”, it would rank 2."
    )
    assert otherwise(Counterfactual(k=5, n_items=30)) == ""


def test_a_label_in_a_what_if_cannot_break_the_line() -> None:
    change = HistoryChange(iris=["a"], labels=["Al\nien\x1b[31m"], rank=9, smallest=True)
    assert re.fullmatch(r"[^\n\x1b]*", otherwise(Counterfactual(k=5, n_items=30, removal=change)))


@pytest.mark.slow
async def test_an_explanation_has_the_place_of_the_list(bookshop: Make) -> None:
    recommender = bookshop(first)
    listed = await finished(recommender.stream("2 books by Mary Shelley", user="ann", thread="t"))
    assert [item.label for item in listed.items] == ["The Last Man", "Frankenstein"]
    why = await finished(recommender.stream("why Frankenstein?", user="ann", thread="t"))
    assert why.text.startswith("Frankenstein ranks 2 of 2 for ann.")
    assert why.what_if is not None
    assert (why.what_if.behind, why.what_if.addition) == (None, None)
