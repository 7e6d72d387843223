"""Hostile users: no request gets a lie, another user's history, a prompt, a file or an update; odd names stay names."""

import sqlite3
from pathlib import Path

import pytest

from agent.errors import RequestError
from agent.ledger import FILE
from agent.recommender import MAX_REQUEST
from agent.threads import FILE as THREADS_FILE
from agent.toolbox import Toolbox
from kg.domain import Domains
from kg.errors import DomainError, UnknownDomainError, UnknownEntityError, UnknownUserError
from kg.importing import import_domain
from kg.types import Iri
from tests.agent.fakes import ScriptedGate, any_of, first, last
from tests.attacks.asking import answered
from tests.attacks.attack import InputAttack, RequestAttack
from tests.attacks.checks import (
    assert_harmless_prompt,
    assert_no_leak,
    assert_no_lie,
    assert_own_history,
    behaviour,
    texts_of,
)
from tests.attacks.conftest import Make, params
from tests.attacks.request_attacks import DOMAINS, ITEMS, REQUEST_ATTACKS, THREADS, TOO_LONG, USERS
from tests.attacks.world import GENRES, OTHER, USER

TOOLS = {"interpret", "act", "rank_items", "nearest_items", "link_entities", "find_paths", "sparql", "answer_question"}
STEPS = {*TOOLS, "explain", "justify"}


@pytest.mark.parametrize("attack", params(REQUEST_ATTACKS))
async def test_a_request_gets_a_list_or_an_answer_and_nothing_else(
    clean: Toolbox, over: Make, tmp_path: Path, attack: RequestAttack
) -> None:
    triples, history = len(clean.snapshot.store), clean.snapshot.interactions.history(USER)
    own = {Iri(clean.snapshot.items[at]): value for at, value in history.items()}
    for choose in (last,) if attack.plain is None else (first,):
        gate = ScriptedGate(choose)
        recommender = over(clean, gate, home=tmp_path / "home")
        answer = await answered(recommender, attack.text, user=USER, k=2)
        assert len(answer.items) <= 12
        assert {step.action for step in answer.trace} <= STEPS
        assert_no_leak(texts_of(answer), said=[attack.text])
        assert_own_history(answer, own)
        assert_no_lie(answer, clean.snapshot, attack.lie)
        for call in gate.calls:
            assert_harmless_prompt(call)
        if attack.plain is not None:
            plain = await answered(over(clean, choose, home=tmp_path / "home"), attack.plain, user=USER, k=2)
            assert behaviour(answer).results == behaviour(plain).results
    assert len(clean.snapshot.store) == triples
    assert_nothing_of_others(tmp_path / "home" / FILE)


def assert_nothing_of_others(ledger: Path) -> None:
    """Fail where the ledger holds a word of anybody but the user."""
    if ledger.exists():
        with sqlite3.connect(ledger) as connection:
            assert {user for (user,) in connection.execute("SELECT user FROM entries")} <= {USER}
        connection.close()


@pytest.mark.parametrize("attack", params(TOO_LONG))
async def test_a_request_that_is_too_long_is_refused(clean: Toolbox, over: Make, attack: InputAttack) -> None:
    gate = ScriptedGate(first)
    with pytest.raises(RequestError, match=f"at most {MAX_REQUEST:,} characters") as caught:
        await answered(over(clean, gate), attack.text, user=USER)
    assert len(str(caught.value)) < 200
    assert not gate.calls


@pytest.mark.parametrize("attack", params(USERS))
async def test_a_name_of_a_user_is_nobody_elses(
    clean: Toolbox, over: Make, tmp_path: Path, attack: InputAttack
) -> None:
    recommender = over(clean, home=tmp_path / "home")
    recommender.rate(OTHER, "Emma", 1)
    before = recommender.feedback(OTHER)
    with pytest.raises(UnknownUserError):
        await answered(recommender, "something like Dracula", user=attack.text)
    with pytest.raises(UnknownUserError):
        recommender.erase(attack.text)
    try:
        recommender.like(attack.text, "Dracula")
    except RequestError:
        assert recommender.feedback(OTHER) == before
        return
    assert [one.iri for one in recommender.feedback(attack.text)] == ["http://library.example/known/0"]
    answer = await answered(recommender, "", user=attack.text, k=3)
    assert_no_leak(texts_of(answer.model_copy(update={"user": None})), said=[attack.text])
    assert_own_history(answer, {Iri("http://library.example/known/0"): 4.0})
    assert answer.text.isprintable()
    assert recommender.erase(attack.text) == 1
    assert recommender.feedback(OTHER) == before
    assert {path.name for path in (tmp_path / "home").iterdir()} <= {FILE, f"{FILE}.lock", f"{FILE}-wal", f"{FILE}-shm"}


@pytest.mark.parametrize("attack", params(THREADS))
async def test_a_name_of_a_conversation_names_no_file(
    clean: Toolbox, over: Make, tmp_path: Path, attack: InputAttack
) -> None:
    recommender = over(clean, home=tmp_path / "home")
    first_turn = await answered(recommender, f"something like Dracula, no {GENRES[1]}", k=2, thread="mine")
    assert not await recommender.has_thread(attack.text)
    await answered(recommender, "something like Emma", k=2, thread=attack.text)
    assert await recommender.has_thread("mine")
    more = await answered(recommender, "more", k=2, thread="mine")
    assert not {item.iri for item in more.items} & {item.iri for item in first_turn.items}
    assert all(path.name.startswith((THREADS_FILE, FILE)) for path in (tmp_path / "home").iterdir())
    assert {path.name for path in tmp_path.iterdir()} <= {"home", *(p.name for p in tmp_path.glob("*_home"))}


@pytest.mark.parametrize("attack", params(DOMAINS))
def test_a_name_of_a_domain_leads_nowhere_else(worlds: Path, tmp_path: Path, attack: InputAttack) -> None:
    domains = Domains(tmp_path / "home")
    with pytest.raises(UnknownDomainError) as caught:
        domains.find(attack.text)
    assert len(str(caught.value)) < 500
    with pytest.raises(DomainError):
        import_domain(worlds / "clean", attack.text, domains)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("attack", params(ITEMS))
def test_feedback_on_what_is_no_item_is_refused(
    clean: Toolbox, over: Make, tmp_path: Path, attack: InputAttack
) -> None:
    recommender = over(clean, home=tmp_path / "home")
    for note in (recommender.like, recommender.dislike, recommender.seen):
        with pytest.raises(UnknownEntityError) as caught:
            note(USER, attack.text)
        assert len(str(caught.value)) < 1_000
    with pytest.raises(UnknownEntityError):
        recommender.rate(USER, attack.text, 5)
    assert recommender.feedback(USER) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 6.0, 1e308])
def test_a_rating_off_the_scale_is_refused(clean: Toolbox, over: Make, tmp_path: Path, value: float) -> None:
    recommender = over(clean, home=tmp_path / "home")
    with pytest.raises(RequestError, match="go from 1 to 5"):
        recommender.rate(USER, "Dracula", value)
    assert recommender.feedback(USER) == []


async def test_a_user_takes_back_and_erases_nobody_elses_words(clean: Toolbox, over: Make, tmp_path: Path) -> None:
    recommender = over(clean, any_of(1), home=tmp_path / "home")
    entry = recommender.rate(OTHER, "Emma", 1)
    recommender.like(USER, "Dracula")
    with pytest.raises(RequestError, match="has no entry"):
        recommender.undo(USER, entry.id)
    assert recommender.erase(USER) == 1
    assert [one.id for one in recommender.feedback(OTHER)] == [entry.id]
