"""Traces: what is taught is what the compiled plan would do next, asked as at run time, from on and off its way."""

import json

import pytest

from agent.toolbox import Toolbox
from agent.tune.dataset import Pair
from agent.tune.traces import ENDED, TraceMaker
from agent.untrusted import plain
from prompts import load_template

MADE = 120


@pytest.fixture(scope="module")
def made(toolbox: Toolbox) -> list[Pair]:
    return TraceMaker(toolbox, 3).make(MADE)


def part(pair: Pair, begin: str, end: str) -> list[str]:
    prompt = pair.messages[1]["content"]
    return [line.removeprefix("- ") for line in prompt.split(begin)[1].split(end)[0].strip().splitlines()]


def offered(pair: Pair) -> list[str]:
    return part(pair, "You may now:", "Next action:")


def done(pair: Pair) -> list[str]:
    return part(pair, "Done so far:", "You may now:")


def test_they_are_asked_for_as_at_run_time(made: list[Pair]) -> None:
    assert len(made) >= MADE
    for pair in made:
        system, user = pair.messages
        assert system == {"role": "system", "content": load_template("act").system}
        assert user["content"].startswith(f"Request: {plain(pair.text, 20)[:15]}")
        assert pair.answer in offered(pair)
        assert len(offered(pair)) > 1, "a choice among one teaches nothing"


def test_it_ranks_first_and_is_finished_after_that_wherever_it_is(made: list[Pair]) -> None:
    for pair in made:
        ranked = any(line.startswith('{"tool": "rank_items"} -> ranked: ') for line in done(pair))
        assert json.loads(pair.answer) == {"tool": "finish" if ranked else "rank_items"}
        assert pair.kind == ("finish" if ranked else "next action")
    assert {pair.kind for pair in made} == {"finish", "next action"}


def test_some_went_astray_and_some_of_these_failed(made: list[Pair]) -> None:
    astray = [pair for pair in made if done(pair) != ["nothing yet"] and pair.kind == "next action"]
    assert len(astray) > MADE / 10
    assert any(line.endswith(ENDED) for pair in astray for line in done(pair))
    assert any(" -> error: " not in line for pair in astray for line in done(pair))


@pytest.mark.slow
def test_some_names_have_several_owners(odd: Toolbox) -> None:
    pairs = TraceMaker(odd, 1).make(60)
    assert any('"tool": "link_entities"' in line for pair in pairs for line in offered(pair))


def test_one_seed_makes_the_same_and_another_does_not(toolbox: Toolbox) -> None:
    assert TraceMaker(toolbox, 1).make(10) == TraceMaker(toolbox, 1).make(10)
    assert TraceMaker(toolbox, 1).make(10) != TraceMaker(toolbox, 2).make(10)
