"""Pronouns in a conversation: each speaks of what was named last, of its kind; where several fit, the user is asked."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.answer import Answer
from agent.chat.state import new_thread
from agent.recommender import Recommender
from agent.referring import MAX_GROUP, MAX_GROUPS, Referring, remembered
from kg.linking import Mention
from kg.snapshot import Snapshot
from tests.agent.conftest import Make
from tests.agent.fakes import ScriptedGate, planned, unreachable

SHOP = "http://shop.example/"
EMMA, DRACULA, TRIAL = (SHOP + f"book/{name}" for name in ("emma", "dracula", "trial"))
AUSTEN, STOKER, SHELLEY = (SHOP + f"person/{name}" for name in ("austen", "stoker", "shelley"))
HORROR = SHOP + "genre/horror"


def meant(tiny: Snapshot, text: str, *groups: list[str], taken: tuple[Mention, ...] = ()) -> list[tuple[str, set[str]]]:
    found = Referring(tiny).mentions(text, groups, taken)
    return [(one.text, {candidate.iri for candidate in one.candidates}) for one in found]


@pytest.mark.parametrize(
    ("text", "word", "iri"),
    [
        ("who wrote it?", "it", EMMA),
        ("What is its genre?", "its", EMMA),
        ("and who wrote that one?", "that one", EMMA),
        ("who wrote this book", "this book", EMMA),
        ("who wrote that?", "that", EMMA),
        ("what else did she write?", "she", AUSTEN),
        ("which books of hers are there", "hers", AUSTEN),
        ("who influenced him", "him", AUSTEN),
    ],
)
def test_a_pronoun_speaks_of_the_last_of_its_kind(tiny: Snapshot, text: str, word: str, iri: str) -> None:
    assert meant(tiny, text, [AUSTEN], [EMMA], [DRACULA, STOKER]) == [(word, {iri})]


def test_the_latest_group_with_its_kind_counts(tiny: Snapshot) -> None:
    assert meant(tiny, "who wrote it", [DRACULA], [EMMA]) == [("it", {DRACULA})]
    assert meant(tiny, "who wrote it", [EMMA, DRACULA], [TRIAL]) == [("it", {EMMA, DRACULA})]
    assert meant(tiny, "what else did he write", [EMMA], [STOKER, AUSTEN]) == [("he", {STOKER, AUSTEN})]
    assert meant(tiny, "who wrote them", [EMMA, AUSTEN]) == [("them", {EMMA, AUSTEN})]


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("who wrote it", []),
        ("who wrote it", [[AUSTEN]]),
        ("what did he write", [[EMMA, HORROR]]),
        ("is it true that Jane Austen wrote books", [[EMMA]]),
        ("who wrote the ninth one", [[EMMA, DRACULA]]),
        ("who wrote that book which is old", [[AUSTEN]]),
        ("who are the authors that wrote horror", [[EMMA]]),
        ("who wrote the first one", [[EMMA]]),
    ],
)
def test_what_speaks_of_nothing_is_left_alone(tiny: Snapshot, text: str, groups: list[list[str]]) -> None:
    assert meant(tiny, text, *groups) == []


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("who wrote the second one?", DRACULA),
        ("when is the first book from", EMMA),
        ("who wrote the last one", TRIAL),
        ("who wrote number 2", DRACULA),
    ],
)
def test_places_of_a_list_may_be_named(tiny: Snapshot, text: str, iri: str) -> None:
    assert [found for _, found in meant(tiny, text, [EMMA, DRACULA, TRIAL])] == [{iri}]


def test_two_pronouns_and_one_said_twice(tiny: Snapshot) -> None:
    assert meant(tiny, "did he write it?", [STOKER], [DRACULA]) == [("he", {STOKER}), ("it", {DRACULA})]
    assert meant(tiny, "does it have a genre in it", [DRACULA]) == [("it", {DRACULA})]
    named = tuple(tiny.linker.spot("Who wrote It and Emma"))
    assert all(one.text != "Emma" for one in Referring(tiny).mentions("Who wrote Emma", [[DRACULA]], named))


@pytest.mark.slow
@given(st.lists(st.lists(st.sampled_from("abcdefgh"))), st.lists(st.sampled_from("abcdefgh")))
def test_nothing_is_remembered_twice_and_the_latest_comes_first(earlier: list[list[str]], answers: list[str]) -> None:
    groups = remembered(answers, ["a"], earlier)
    flat = [one for group in groups for one in group]
    assert len(flat) == len(set(flat))
    assert len(groups) <= MAX_GROUPS
    assert all(groups)
    assert not answers or groups[0] == list(dict.fromkeys(answers))


def test_long_answers_are_remembered_in_part() -> None:
    assert len(remembered(map(str, range(500)), [], [])[0]) == MAX_GROUP


Ask = Callable[[str], Answer]


@pytest.fixture(params=["model", "rules"])
def bookseller(request: pytest.FixtureRequest, bookshop: Make) -> Recommender:
    """A recommender whose model reads every question as one for the author, and one without a model."""
    return bookshop(ScriptedGate(planned(m1="author")) if request.param == "model" else unreachable)


def labels(answer: Answer) -> list[str]:
    return [one.label for one in answer.answers]


def test_a_follow_up_asks_about_what_was_answered(bookseller: Recommender) -> None:
    thread = new_thread()
    assert labels(bookseller.ask("Who wrote Dracula?", thread=thread)) == ["Bram Stoker"]
    again = bookseller.ask("and who wrote it?", thread=thread)
    assert labels(again) == ["Bram Stoker"]
    assert "Dracula" in again.text
    assert not bookseller.ask("who wrote it?").answers, "without a thread there is nothing that it could mean"
    assert not bookseller.ask("who wrote it?", thread=new_thread()).answers


def test_what_else_leaves_out_what_was_spoken_of(bookshop: Make) -> None:
    asked = iter(({"m1": "author"}, {"m1": "^author"}, {"m1": "^author"}))
    gate = ScriptedGate(lambda call: planned(**next(asked))(call) if "do" in call.choices[0] else call.choices[0])
    shop = bookshop(gate)
    assert labels(shop.ask("Who wrote Frankenstein?", thread="t")) == ["Mary Shelley"]
    assert labels(shop.ask("What else did she write?", thread="t")) == ["The Last Man"]
    assert labels(shop.ask("Which books did she write?", thread="t")) == ["Frankenstein", "The Last Man"]


def test_the_rules_follow_up_too(bookshop: Make) -> None:
    shop = bookshop(unreachable)
    shop.ask("Who wrote Frankenstein?", thread="t")
    assert labels(shop.ask("What else is written by her?", thread="t")) == ["The Last Man"]
    assert labels(shop.ask("When was it written?", thread="t")) == ["1826"]


def test_the_user_is_asked_back_where_several_fit_and_nothing_is_forgotten(bookseller: Recommender) -> None:
    shown = bookseller.recommend(query="books like Dracula", k=3, thread="t")
    names = [item.label for item in shown.items]
    asked = bookseller.ask("who wrote it?", thread="t")
    assert not asked.answers
    assert "Which one do you mean?" in asked.text
    assert all(name in asked.text for name in names)
    second = bookseller.ask("who wrote the second one?", thread="t")
    assert names[1] in second.text
    assert len(second.answers) == 1


def test_a_chat_understands_them_without_being_told_that_it_is_a_question(bookshop: Make) -> None:
    import asyncio  # noqa: PLC0415 - for this test alone

    shop = bookshop(unreachable)

    async def said(message: str) -> Answer:
        events = [event async for event in shop.stream(message, thread="chat")]
        return events[-1].answer  # type: ignore[union-attr]

    first = asyncio.run(said("Who wrote Dracula?"))
    assert (first.intent, labels(first)) == ("ask", ["Bram Stoker"])
    then = asyncio.run(said("and when was it published, which year?"))
    assert (then.intent, labels(then)) == ("ask", ["1897"])
    other = asyncio.run(said("books like Emma"))
    assert other.intent == "recommend"
