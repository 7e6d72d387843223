"""An answer to what was asked back goes on with the question; anything else is a request of its own."""

from pathlib import Path
from typing import Any

import pytest

from agent.answer import Answer
from agent.asking_back import name_settled
from agent.interpretation import Interpretation, Ref, Route
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.toolbox import Toolbox
from tests.agent.conftest import film
from tests.agent.fakes import ScriptedGate, planned
from tests.agent.test_threads import say

LEFT_OPEN = Interpretation(
    intent="ask",
    routes=[Route(ref=Ref(iri=film(8), label="Twin", text="Twin", rivals=[film(9)]), path=["director"])],
    unclear={"Twin": ["Twin (1988)", "Twin (1989)"]},
).model_dump()


@pytest.mark.parametrize(
    "said", ["the one from 1989", "1989", "Twin (1989)", "the second one", "2nd", "I meant the 1989 one!"]
)
def test_a_few_words_choose(odd: Toolbox, said: str) -> None:
    meaning = name_settled(LEFT_OPEN, said, odd.snapshot)
    assert meaning is not None
    (route,) = meaning.routes
    assert (route.ref.iri, route.ref.rivals, route.path) == (film(9), [], ["director"])


@pytest.mark.parametrize(
    "said", ["", "Twin", "the one", "the fifth", "1990", "who directed Alien?", "the film", "1988 1989", "thanks"]
)
def test_other_words_choose_nothing(odd: Toolbox, said: str) -> None:
    assert name_settled(LEFT_OPEN, said, odd.snapshot) is None


def test_nothing_was_asked_back(odd: Toolbox) -> None:
    assert name_settled(None, "1989", odd.snapshot) is None


async def test_the_answer_follows_the_choice(odd: Toolbox, tmp_path: Path) -> None:
    with Recommender(odd, ScriptedGate(planned(m1="director")), load_settings(home=tmp_path)) as recommender:
        asked = await say(recommender, "who directed Twin?")
        assert asked.text.endswith("Which one do you mean?")
        chosen = await say(recommender, "the second one")
    assert {one.label for one in chosen.answers} == {"Robert Downey, Jr.", "Alien"}
    assert chosen.intent == "ask"


async def test_a_question_of_its_own_is_one(odd: Toolbox, tmp_path: Path) -> None:
    with Recommender(odd, ScriptedGate(planned(m1="director")), load_settings(home=tmp_path)) as recommender:
        await say(recommender, "who directed Twin?")
        again: Answer = await say(recommender, "who directed Twin from 1989?")
        assert {one.label for one in again.answers} == {"Robert Downey, Jr.", "Alien"}
        late: Any = await say(recommender, "the second one")
    assert not late.answers, "it is asked back about no more"
