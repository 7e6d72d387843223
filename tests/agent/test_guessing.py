"""What a question asks for and the graph does not state is guessed, and told apart from what answers it."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from agent.actions import FINISH, Action, Situation, action_schema, valid_actions
from agent.answer import Answer
from agent.cli.render import View, answer_view
from agent.guessing import missing_facts
from agent.interpretation import Interpretation, Ref, Route
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.toolbox import Toolbox
from kg.types import Iri, Step
from tests.agent.conftest import open_quietly
from tests.agent.fakes import ScriptedGate, unreachable
from tests.conftest import write_bookshop
from tools.plans import CHECK, COUNT, LIST, Leg, Plan

DRACULA = Iri("http://shop.example/book/dracula")
SCREW = Iri("http://shop.example/book/screw")
QUESTION = "who wrote The Turn of the Screw?"
ORPHAN = f"""
<{SCREW}> a <http://shop.example/vocab/Book>, <http://example.org/vocab/CatalogItem> ;
    <http://www.w3.org/2000/01/rdf-schema#label> "The Turn of the Screw"@en ;
    <http://shop.example/vocab/genre> <http://shop.example/genre/horror>, <http://shop.example/genre/scifi> .
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolbox]:
    folder = tmp_path_factory.mktemp("guessing")
    shop = write_bookshop(folder / "shop")
    with (shop / "graph.ttl").open("a", encoding="utf-8") as file:
        file.write(ORPHAN)
    opened = open_quietly(shop, folder / "home")
    yield opened
    opened.close()


def asked(path: str, do: str = LIST, start: Iri = DRACULA) -> Plan:
    return Plan((Leg(start, tuple(Step(one, "forward") for one in path.split("/"))),), (), do)


def steps(answer: Answer) -> list[str]:
    return [step.action for step in answer.trace]


async def test_nothing_is_guessed_before_the_rules_were_mined(own: Toolbox, tmp_path: Path) -> None:
    assert not own.inference.is_ready
    assert missing_facts(own, own.plans.run(asked("publisher"))) == []
    recommender = Recommender(own, ScriptedGate(unreachable), load_settings(home=tmp_path))
    answer = await recommender.aask(QUESTION)
    assert "infer_facts" not in steps(answer)
    assert answer.predicted == []


async def test_what_is_not_stated_is_guessed_and_marked(own: Toolbox, tmp_path: Path) -> None:
    own.inference.infer(DRACULA)
    assert own.inference.is_ready
    recommender = Recommender(own, ScriptedGate(unreachable), load_settings(home=tmp_path))
    answer = await recommender.aask(QUESTION)
    assert answer.answers == []
    assert answer.text == "I cannot tell: the graph does not state any author of The Turn of the Screw."
    assert steps(answer)[-2:] == ["answer_question", "infer_facts"]
    assert answer.trace[-1].decided_by == "code"
    assert answer.trace[-1].result.startswith("predicted about The Turn of the Screw, not stated: the author of")
    assert 1 <= len(answer.predicted) <= 3
    assert all(one.predicted and one.triple[0] == SCREW and 0 < one.score <= 1 for one in answer.predicted)
    console = Console(width=120, file=StringIO())
    with console.capture() as told_on:
        console.print(answer_view(answer, View()))
    told = told_on.get()
    assert "Predicted; the graph does not state it:" in told
    assert f"? {answer.predicted[0].text}" in told
    assert answer.predicted[0].triple[2] not in recommender.proof(answer).model_dump_json()


async def test_what_is_stated_is_not_guessed(own: Toolbox, tmp_path: Path) -> None:
    own.inference.infer(DRACULA)
    recommender = Recommender(own, ScriptedGate(unreachable), load_settings(home=tmp_path))
    answer = await recommender.aask("who wrote Dracula?")
    assert ([one.label for one in answer.answers], answer.predicted) == (["Bram Stoker"], [])
    assert "infer_facts" not in steps(answer)


def test_a_missing_fact_is_one_step_of_one_walk_between_entities(own: Toolbox) -> None:
    own.inference.infer(DRACULA)

    def missing(plan: Plan) -> list[tuple[str, str]]:
        return missing_facts(own, own.plans.run(plan))

    assert missing(asked("publisher")) == missing(asked("publisher", CHECK)) == [(DRACULA, "publisher")]
    assert missing(asked("publisher", COUNT)) == []
    assert missing(asked("influence/author")) == []
    assert missing(asked("genre")) == []
    assert missing(asked("publisher", start=Iri("http://shop.example/nobody"))) == []


def test_a_broken_rule_costs_a_guess_and_no_answer(tmp_path: Path) -> None:
    shop = write_bookshop(tmp_path / "shop")
    opened = open_quietly(shop, tmp_path / "home")
    opened.inference.infer(DRACULA)
    (shop / "rules").mkdir()
    (shop / "rules" / "bad.rq").write_text("CONSTRUCT", "utf-8")
    assert missing_facts(opened, opened.plans.run(asked("publisher"))) == []
    opened.close()


def test_the_guess_is_the_only_valid_action_until_it_was_made() -> None:
    route = Route(ref=Ref(iri=DRACULA, label="Dracula", text="Dracula"), path=["publisher"])
    meaning = Interpretation(intent="ask", routes=[route])
    missing = ((str(DRACULA), "publisher"),)
    guess = Action("infer_facts", {"about": DRACULA, "relation": "publisher"})
    before = Situation(meaning, missing=missing)
    assert [one.tool for one in valid_actions(before)] == ["answer_question"]
    answered = Situation(meaning, answered=True, missing=missing)
    assert valid_actions(answered) == [guess]
    assert action_schema([guess])["properties"]["tool"] == {"const": "infer_facts"}
    after = Situation(meaning, frozenset([guess.key]), answered=True, missing=missing)
    assert valid_actions(after) == [Action(FINISH)]
    assert valid_actions(Situation(meaning, answered=True)) == [Action(FINISH)]
