"""A plan that stops before what the question asks for gives way to one that goes on, and no other plan does."""

import re

import pytest

from agent.interpretation import Interpretation, Ref, Route
from agent.rereading import stops_early
from kg.domain import Domains
from kg.snapshot import Snapshot, open_snapshot
from tests.agent.conftest import Make
from tests.agent.fakes import Call, ScriptedGate, planned

SCOTT = Ref(iri="http://dbpedia.org/resource/Ridley_Scott", label="Ridley Scott", text="Ridley Scott")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    domains = Domains(tmp_path_factory.mktemp("films"))
    return open_snapshot(domains.find("films"), domains.fitted(domains.find("films")))


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
    answer = await bookshop(in_turn("influence", "-")).aask("which books were written by Jane Austen?")
    assert {one.label for one in answer.answers} == {"Emma", "Persuasion"}
    assert answer.trace[0].decided_by == "code"
