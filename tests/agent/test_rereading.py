"""A plan that stops before what the question asks for gives way to one that goes on, and no other plan does."""

import re

import pytest

from agent.interpretation import Interpretation, Ref, Route
from agent.questions import PathPlanner
from agent.rereading import ends_apart, stops_early
from kg.snapshot import Snapshot
from tests.agent.conftest import Make
from tests.agent.fakes import Call, ScriptedGate, planned

SCOTT = Ref(iri="http://dbpedia.org/resource/Ridley_Scott", label="Ridley Scott", text="Ridley Scott")


def asks(path: str, do: str = "list") -> Interpretation:
    return Interpretation(intent="ask", do=do, routes=[Route(ref=SCOTT, path=path.split("/"))])


@pytest.mark.parametrize(
    ("question", "short", "whole"),
    [
        ("what genres do the films directed by Ridley Scott have", "^director", "^director/genre"),
        ("who wrote the films directed by Ridley Scott", "^director", "^director/writer"),
        ("the films directed by Ridley Scott were written by whom?", "^director", "^director/writer"),
        ("when did the films by Ridley Scott come out", "^director", "^director/year"),
        ("which people act in films of Ridley Scott", "^director", "^director/starring"),
        ("Ridley Scott is a co-director of who", "^director", "^director/director"),
    ],
)
def test_a_plan_may_stop_early(films: Snapshot, question: str, short: str, whole: str) -> None:
    assert stops_early(asks(short), asks(whole), question, films)
    assert not stops_early(asks(whole), asks(short), question, films)
    assert not stops_early(asks(whole), asks(whole), question, films)
    assert not stops_early(asks(short), asks(whole, "count"), question, films)


@pytest.mark.parametrize(
    ("question", "plan", "other"),
    [
        ("films with Ridley Scott as director", "^director", "^director/starring"),
        ("films whose directors include Ridley Scott", "^director", "^director/director"),
        ("which films did the writer of films by Ridley Scott write", "^director/writer", "^director/writer/^writer"),
        ("what did Ridley Scott direct", "^director", "^director/genre/^genre"),
        ("who directed what Ridley Scott wrote", "^writer", "^director/director"),
    ],
)
def test_a_plan_that_answers_stays(films: Snapshot, question: str, plan: str, other: str) -> None:
    assert not stops_early(asks(plan), asks(other), question, films)


async def test_the_longer_plan_is_the_answer_and_code_is_said_to_have_chosen(bookshop: Make) -> None:
    answer = await bookshop(planned(m1="^genre")).aask("who wrote the books in the genre horror?")
    assert {one.label for one in answer.answers} == {"Bram Stoker", "Mary Shelley"}
    assert answer.trace[0].decided_by == "code"


def in_turn(*paths: str) -> ScriptedGate:
    """Return a model that says one path after the other."""
    left = iter(paths)

    def choose(call: Call) -> object:
        return planned(m1=next(left))(call)

    return ScriptedGate(choose)


async def test_the_model_is_asked_again_for_a_path_that_goes_on(bookshop: Make) -> None:
    gate = in_turn("^genre", "^genre/author")
    answer = await bookshop(gate).aask("who wrote the books in the genre horror?")
    assert {one.label for one in answer.answers} == {"Bram Stoker", "Mary Shelley"}
    assert (answer.trace[0].decided_by, answer.calls, answer.degraded) == ("model", 2, False)
    _, second = gate.named("interpret")
    left = second.schema["properties"]["m1"]["pattern"]
    assert re.fullmatch(left, "^genre/author")
    for short in ("^genre", "-", "is", "not ^genre/author"):
        assert not re.fullmatch(left, short), "what falls short cannot be said again"
    assert not re.fullmatch(left, "^genre/author/^author")


async def test_the_model_is_asked_again_where_the_graph_never_states_the_first_step(bookshop: Make) -> None:
    gate = in_turn("influence", "^author")
    answer = await bookshop(gate).aask("which books were written by Jane Austen?")
    assert {one.label for one in answer.answers} == {"Emma", "Persuasion"}
    assert (answer.trace[0].decided_by, answer.calls) == ("model", 2)


async def test_a_second_plan_that_falls_short_leaves_it_to_the_rules(bookshop: Make) -> None:
    answer = await bookshop(planned(m1="-")).aask("who wrote Dracula?")
    assert not answer.answers, "a plan without a path is no question that could fall short"
    answer = await bookshop(in_turn("influence", "-", "-")).aask("which books were written by Jane Austen?")
    assert {one.label for one in answer.answers} == {"Emma", "Persuasion"}
    assert answer.trace[0].decided_by == "code"


APART = "who is an author of horror, as of The Last Man?"
BOOKS = "which horror books did the author of The Last Man write?"


def plans_in_turn(*plans: dict[str, str]) -> ScriptedGate:
    """Return a model that says one plan after the other."""
    left = iter(plans)

    def choose(call: Call) -> object:
        return planned(**next(left))(call)

    return ScriptedGate(choose)


async def test_walks_that_end_apart_are_asked_for_again(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "^genre", "m2": "author/^author"})
    answer = await bookshop(gate).aask(APART)
    assert {one.label for one in answer.answers} == {"Frankenstein"}
    assert (answer.trace[0].decided_by, answer.calls, answer.degraded) == ("model", 2, False)
    _, second = gate.named("interpret")
    ways = [{name: branch["properties"][name]["pattern"] for name in ("m1", "m2")} for branch in second.schema["anyOf"]]
    assert any(re.fullmatch(one["m1"], "^genre") and re.fullmatch(one["m2"], "author/^author") for one in ways)
    assert any(re.fullmatch(one["m1"], "^genre/author") and re.fullmatch(one["m2"], "author") for one in ways)
    for m1, m2 in (("^genre", "author"), ("^genre", "-"), ("^genre/author", "author/^author"), ("is", "author")):
        assert not any(re.fullmatch(one["m1"], m1) and re.fullmatch(one["m2"], m2) for one in ways)


async def test_they_end_at_items_where_items_are_asked_for(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "^genre", "m2": "author/^author"})
    answer = await bookshop(gate).aask(BOOKS)
    assert {one.label for one in answer.answers} == {"Frankenstein"}
    properties = gate.named("interpret")[1].schema["properties"]
    assert re.fullmatch(properties["m1"]["pattern"], "^genre")
    assert not re.fullmatch(properties["m1"]["pattern"], "^genre/author")
    assert not re.fullmatch(properties["m2"]["pattern"], "author")


async def test_a_second_plan_without_an_answer_is_the_one_that_is_told(bookshop: Make) -> None:
    """The first is of things that nothing can be: that the graph knows none would be no answer to the question."""
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "^genre/author/^influence", "m2": "author"})
    answer = await bookshop(gate).aask(APART)
    assert not answer.answers
    assert "^genre/author/^influence, The Last Man author" in str(answer.trace[1].arguments["plan"])


async def test_without_a_second_answer_the_first_plan_stays(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "author"}, {"m1": "-", "m2": "-"}, {"m1": "-", "m2": "-"})
    answer = await bookshop(gate).aask(APART)
    assert "^genre, The Last Man author" in str(answer.trace[1].arguments["plan"])


async def test_what_must_not_be_at_the_end_is_no_other_kind_either(bookshop: Make) -> None:
    gate = plans_in_turn({"m1": "^genre", "m2": "not author"}, {"m1": "^genre", "m2": "not author/^author"})
    answer = await bookshop(gate).aask("which horror books are not by the author of The Last Man?")
    assert {one.label for one in answer.answers} == {"Dracula"}


@pytest.mark.parametrize(
    ("paths", "apart"),
    [
        (("^director", "^starring"), False),
        (("director", "starring"), False),
        (("director", "^starring"), True),
        (("director/^director", "^starring"), False),
        (("^director/year", "^starring/year"), False),
        (("^director/year", "^starring"), True),
        (("^director",), False),
    ],
)
def test_ends_are_apart_where_no_class_is_common(films: Snapshot, paths: tuple[str, ...], apart: bool) -> None:
    routes = [Route(ref=SCOTT, path=path.split("/")) for path in paths]
    assert ends_apart(Interpretation(intent="ask", do="list", routes=routes), PathPlanner(films)) == apart
