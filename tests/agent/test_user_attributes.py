"""What a domain knows of its people moves their lists, is told as what it is, and to nobody but them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.actions import base_request
from agent.answer import Answer
from agent.feedback import Feedback
from agent.ledger import FILE, Ledger
from agent.proof import check_proof, make_proof
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.toolbox import Toolbox
from agent.wording import PARTS
from kg.errors import UnknownUserError
from tests.agent.conftest import open_quietly
from tests.agent.fakes import ScriptedGate, first
from tests.conftest import write_bookshop

READERS = ("ann", "ben", "cat", "dan", "eve", "fay")
SECRET = "zebra-keeper"


@pytest.fixture(scope="module")
def toolbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toolbox]:
    """The bookshop with a table of what its readers do; gus is in it, and read nothing yet."""
    folder = write_bookshop(tmp_path_factory.mktemp("people") / "bookshop")
    people = [*READERS, "gus", *(f"other{at}" for at in range(14))]
    rows = "".join(f"{user}\t{(SECRET, 'miller')[at % 2]}\n" for at, user in enumerate(people))
    (folder / "users.tsv").write_text(f"user_id\tjob\n{rows}", "utf-8")
    manifest = folder / "domain.toml"
    told = manifest.read_text("utf-8").replace("[interactions]", '[interactions]\nusers = "users.tsv"')
    manifest.write_text(told, "utf-8")
    opened = open_quietly(folder, tmp_path_factory.mktemp("home"))
    yield opened
    opened.close()


@pytest.fixture
def gate() -> ScriptedGate:
    return ScriptedGate(first)


@pytest.fixture
def shop(toolbox: Toolbox, gate: ScriptedGate, tmp_path: Path) -> Recommender:
    return Recommender(toolbox, gate, load_settings(home=tmp_path / "home"))


@pytest.fixture
def feedback(toolbox: Toolbox, tmp_path: Path) -> Feedback:
    return Feedback(toolbox.snapshot, Ledger(tmp_path / FILE))


def of_the_user(answer: Answer) -> list[str]:
    return [one.label for one in answer.items[0].contributions if one.part == "user"]


async def test_an_explanation_names_them_and_sums_up(shop: Recommender) -> None:
    answer = await shop.aexplain(user="ann", item="Frankenstein")
    assert of_the_user(answer) == [f"job {SECRET}"]
    item = answer.items[0]
    assert sum(one.value for one in item.contributions) == pytest.approx(item.score, abs=1e-6)
    assert item.parts["user"] != 0


async def test_a_list_says_how_much_they_add_and_not_what_they_are(shop: Recommender) -> None:
    answer = await shop.arecommend(user="ann")
    assert of_the_user(answer) == ["user"]
    assert SECRET not in answer.model_dump_json()


async def test_the_model_is_not_told(shop: Recommender, gate: ScriptedGate) -> None:
    shop.like("ann", "The Trial")
    await shop.arecommend(user="ann", query="books like Dracula")
    await shop.aexplain(user="ann", item="Frankenstein")
    assert len(gate.calls) > 2
    assert not [call for call in gate.calls if SECRET in json.dumps([call.messages, call.choices], default=str)]


async def test_what_is_said_in_words_does_not_name_them(shop: Recommender) -> None:
    answer = await shop.aexplain(user="ann", item="Frankenstein")
    justification = answer.items[0].justification
    assert SECRET not in answer.text + (justification.text if justification else "")
    assert PARTS["user"] == "place with people like you"


async def test_a_proof_holds_the_sums_and_not_the_attributes(
    shop: Recommender, toolbox: Toolbox, feedback: Feedback
) -> None:
    answer = await shop.aexplain(user="ann", item="Frankenstein")
    proof = make_proof(answer, toolbox.snapshot)
    assert SECRET not in proof.model_dump_json(by_alias=True)
    assert not [one.reason for one in check_proof(proof, toolbox.snapshot, feedback).checks if one.reason]


async def test_who_is_in_the_table_alone_is_a_user_without_a_history(shop: Recommender, feedback: Feedback) -> None:
    assert (feedback.is_new("gus"), feedback.is_new("hal")) == (False, True)
    taste = feedback.taste("gus")
    assert (taste.history, taste.user_attributes, taste.spoken) == ({}, (1,), False)
    assert base_request({}, taste).user_attributes == (1,)
    answer = await shop.aexplain(user="gus", item="Emma")
    assert set(answer.items[0].parts) == {"user", "prior"}
    with pytest.raises(UnknownUserError, match="no user 'hal'"):
        feedback.taste("hal")


def test_whom_the_table_does_not_name_has_none(feedback: Feedback) -> None:
    feedback.like("hal", "Emma")
    assert feedback.taste("hal").user_attributes == ()
    assert feedback.taste(None).user_attributes == ()
