"""Feedback changes the very next list, can be taken back, and speaks where it is kept."""

import math
from pathlib import Path

import pytest

from agent.answer import Answer, FinishedEvent
from agent.errors import LedgerError, RequestError
from agent.feedback import Feedback
from agent.ledger import FILE, Ledger
from agent.recommender import Recommender
from agent.toolbox import Toolbox
from kg.errors import UnknownEntityError, UnknownUserError
from tests.agent.conftest import Make
from tests.agent.fakes import first

BOOK, PERSON = "http://shop.example/book/", "http://shop.example/person/"


async def say(recommender: Recommender, message: str, user: str | None = "ann", thread: str | None = "t") -> Answer:
    answer: Answer | None = None
    async for event in recommender.stream(message, user=user, thread=thread):
        if isinstance(event, FinishedEvent):
            answer = event.answer
    assert answer is not None
    return answer


def names(answer: Answer) -> list[str]:
    return [item.label for item in answer.items]


@pytest.fixture
def feedback(toolbox: Toolbox, tmp_path: Path) -> Feedback:
    return Feedback(toolbox.snapshot, Ledger(tmp_path / FILE))


@pytest.mark.slow
async def test_a_liked_item_is_gone_and_moves_its_neighbours(bookshop: Make) -> None:
    recommender = bookshop(first)
    before = await recommender.arecommend(user="ann")
    recommender.like("ann", "The Trial")
    after = await recommender.arecommend(user="ann")
    assert "The Trial" in names(before)
    assert "The Trial" not in names(after)
    assert names(after)[0] == "The Castle" != names(before)[0]
    assert any(one.iri == BOOK + "trial" for one in after.items[0].contributions)
    assert math.isclose(sum(after.items[0].parts.values()), after.items[0].score, abs_tol=1e-5)


async def test_undo_brings_back_exactly_the_former_list(bookshop: Make) -> None:
    recommender = bookshop(first)
    before = await recommender.arecommend(user="ann")
    recommender.rate("ann", "Emma", 1)
    recommender.avoid("ann", "Franz Kafka")
    recommender.seen("ann", "The Last Man")
    assert (await recommender.arecommend(user="ann")).items != before.items
    for _ in range(3):
        recommender.undo("ann")
    assert (await recommender.arecommend(user="ann")).items == before.items


async def test_an_avoided_entity_is_gone_from_every_list(bookshop: Make) -> None:
    recommender = bookshop(first)
    recommender.avoid("ann", "Mary Shelley")
    answer = await recommender.arecommend(user="ann", query="books with sci-fi")
    assert names(answer) == ["The War of the Worlds"]
    assert answer.removed_by["no Mary Shelley"] == 2
    explained = await recommender.aexplain(item="Frankenstein", user="ann")
    assert "no Mary Shelley" in explained.text


async def test_what_a_request_asks_for_goes_before_what_is_avoided(bookshop: Make) -> None:
    recommender = bookshop(first)
    recommender.avoid("ann", "Mary Shelley")
    assert set(names(await recommender.arecommend(user="ann", query="books by Mary Shelley"))) == {
        "Frankenstein",
        "The Last Man",
    }


async def test_a_preferred_entity_comes_first(bookshop: Make) -> None:
    recommender = bookshop(first)
    recommender.prefer("ann", "Franz Kafka")
    answer = await recommender.arecommend(user="ann", k=2)
    assert set(names(answer)) == {"The Trial", "The Castle"}
    assert "Franz Kafka" in (answer.items[0].justification or pytest.fail("no justification")).text


async def test_a_rating_may_be_told_and_a_liking_not(bookshop: Make) -> None:
    recommender = bookshop(first)
    recommender.rate("ann", "The Trial", 5)
    (rated, *_) = (await recommender.arecommend(user="ann")).items
    assert rated.justification is not None
    assert any(fact.value == 5 for claim in rated.justification.claims for fact in claim.history)
    recommender.like("ann", "The Trial")
    (liked, *_) = (await recommender.arecommend(user="ann")).items
    assert liked.justification is not None
    assert "rated" not in liked.justification.text


async def test_a_new_user_begins_with_a_word(bookshop: Make) -> None:
    recommender = bookshop(first)
    with pytest.raises(UnknownUserError, match="`thence feedback like BOOK --user NAME`"):
        await recommender.arecommend(user="zoe")
    with pytest.raises(UnknownUserError):
        recommender.feedback("zoe")
    recommender.like("zoe", "The Trial")
    answer = await recommender.arecommend(user="zoe")
    assert names(answer)[0] == "The Castle"
    recommender.undo("zoe")
    assert "The Trial" in names(await recommender.arecommend(user="zoe", k=8))
    assert recommender.erase("zoe") == 2
    with pytest.raises(UnknownUserError):
        await recommender.arecommend(user="zoe")


async def test_one_users_words_do_not_move_anothers_list(bookshop: Make) -> None:
    recommender = bookshop(first)
    before = await recommender.arecommend(user="ben")
    recommender.like("ann", "The Trial")
    recommender.avoid("ann", "Mary Shelley")
    assert (await recommender.arecommend(user="ben")).items == before.items
    assert recommender.feedback("ben") == []


async def test_a_damaged_ledger_is_told(bookshop: Make, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / FILE).write_bytes(b"scribble " * 200)
    with pytest.raises(LedgerError, match="put a copy back or move it away"):
        await bookshop(first).arecommend(user="ann")
    assert (await bookshop(first).arecommend(query="books like Dracula")).items


@pytest.mark.parametrize("value", [0, 5.5, -1, float("nan"), float("inf")])
def test_a_value_off_the_scale_is_refused(feedback: Feedback, value: float) -> None:
    with pytest.raises(RequestError, match=r"ratings of bookshop go from 1 to 5"):
        feedback.rate("ann", "Emma", value)
    assert feedback.entries("ann") == []


def test_unknown_names_are_told_with_near_ones(feedback: Feedback) -> None:
    with pytest.raises(UnknownEntityError, match="Did you mean Dracula"):
        feedback.like("ann", "Drakula")
    with pytest.raises(
        UnknownEntityError, match=r"nothing in bookshop is named 'Mary Shelly'\. Did you mean Mary Shelley"
    ):
        feedback.avoid("ann", "Mary Shelly")


@pytest.mark.parametrize("user", ["", " ann", "a\nb", "x" * 101])
def test_a_name_that_cannot_be_one_is_refused(feedback: Feedback, user: str) -> None:
    with pytest.raises(RequestError, match="printable characters"):
        feedback.like(user, "Emma")


@pytest.mark.parametrize("name", [PERSON + "kafka", "Franz Kafka", "弗兰兹·卡夫卡"])
def test_an_entity_is_named_by_iri_or_label(feedback: Feedback, name: str) -> None:
    assert feedback.entity(name) == PERSON + "kafka"


async def test_a_liking_told_to_a_user_is_in_the_ledger(bookshop: Make) -> None:
    recommender = bookshop(first)
    noted = await say(recommender, "I loved The Trial")
    assert noted.text == "Noted for ann: you like The Trial. It counts from now on."
    (entry,) = recommender.feedback("ann")
    assert (entry.kind, entry.iri, entry.said) == ("like", BOOK + "trial", "I loved The Trial")
    assert names(await recommender.arecommend(user="ann"))[0] == "The Castle"


async def test_without_a_user_it_counts_in_the_conversation(bookshop: Make, tmp_path: Path) -> None:
    recommender = bookshop(first)
    noted = await say(recommender, "I loved The Trial", user=None)
    assert noted.text == "Noted: you like The Trial. It counts in this conversation."
    assert names(await say(recommender, "recommend me something", user=None))[0] == "The Castle"
    assert not (tmp_path / "home" / FILE).exists()
    lost = await say(recommender, "I loved The Trial", user=None, thread=None)
    assert lost.text == ("You say that you like The Trial. There is neither a user nor a conversation to keep it for.")


async def test_several_items_are_told_apart(bookshop: Make) -> None:
    recommender = bookshop(first)
    noted = await say(recommender, "I loved The Trial but hated Frankenstein")
    assert noted.text == "Noted for ann: you like The Trial and you do not like Frankenstein. It counts from now on."
    assert [(one.kind, one.iri) for one in recommender.feedback("ann")] == [
        ("like", BOOK + "trial"),
        ("dislike", BOOK + "frankenstein"),
    ]


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ("I give The Trial 2 out of 5", 2.0),
        ("I'd rate The Trial 4", 4.0),
        ("The Trial: 3/5", 3.0),
        ("five stars for The Trial", 5.0),
        ("I gave The Trial two stars", 2.0),
    ],
)
async def test_a_rating_is_read(bookshop: Make, message: str, value: float) -> None:
    recommender = bookshop(first)
    noted = await say(recommender, message)
    assert noted.text == f"Noted for ann: you rate The Trial {value:g}. It counts from now on."
    assert [(one.kind, one.value) for one in recommender.feedback("ann")] == [("rating", value)]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("I give The Trial 9", "Nothing is noted: ratings of bookshop go from 1 to 5, got 9."),
        ("I give The Trial 4 out of 10", "Nothing is noted: ratings here go from 1 to 5, not to 10."),
    ],
)
async def test_a_rating_on_another_scale_is_not_noted(bookshop: Make, message: str, text: str) -> None:
    recommender = bookshop(first)
    assert (await say(recommender, message)).text == text
    assert recommender.feedback("ann") == []


async def test_not_this_author_is_that_of_the_item_in_focus(bookshop: Make) -> None:
    recommender = bookshop(first)
    await say(recommender, "why Frankenstein?")
    noted = await say(recommender, "not this author")
    assert noted.text == "Noted for ann: you want no Mary Shelley. It counts from now on."
    assert not {"Frankenstein", "The Last Man"} & set(names(await say(recommender, "recommend me something")))


async def test_not_the_author_of_an_item_needs_no_focus(bookshop: Make) -> None:
    recommender = bookshop(first)
    await say(recommender, "not the author of Frankenstein")
    assert [(one.kind, one.iri) for one in recommender.feedback("ann")] == [("avoid", PERSON + "shelley")]


async def test_which_author_is_asked_where_several_items_are_shown(bookshop: Make) -> None:
    recommender = bookshop(first)
    await say(recommender, "books with sci-fi")
    asked = await say(recommender, "not this author, please")
    assert asked.text == "Which book do you mean? Say “not the author of …”, with its name."
    assert recommender.feedback("ann") == []


async def test_what_a_user_hates_is_avoided_from_now_on(bookshop: Make) -> None:
    recommender = bookshop(first)
    answer = await say(recommender, "I hate horror")
    assert answer.text.endswith("Noted for ann: no Horror from now on.")
    assert not {"Frankenstein", "Dracula"} & set(names(await recommender.arecommend(user="ann", k=8)))


async def test_a_one_shot_request_writes_nothing(bookshop: Make) -> None:
    recommender = bookshop(first)
    await recommender.arecommend(user="ann", query="I hate horror")
    await recommender.arecommend(user="ann", query="I loved The Trial")
    assert recommender.feedback("ann") == []


async def test_what_was_taken_back_does_not_live_on_in_a_conversation(bookshop: Make) -> None:
    """No node puts the ledger into the wish: it is read anew for each list."""
    recommender = bookshop(first)
    recommender.avoid("ann", "Mary Shelley")
    await say(recommender, "books with sci-fi")
    recommender.undo("ann")
    assert "Frankenstein" in names(await say(recommender, "but no H. G. Wells"))


async def test_more_leaves_out_what_was_shown(bookshop: Make) -> None:
    recommender = bookshop(first)
    shown: list[str] = []
    for message in ("two books", "more", "show me two more"):
        answer = await say(recommender, message, user=None)
        assert len(answer.items) == 2
        assert not set(shown) & set(names(answer))
        shown += names(answer)
    await say(recommender, "something else", user=None)
    assert (await say(recommender, "more", user=None)).text == ("I have shown all books that meet the wish.")


async def test_a_count_is_kept_by_a_refinement(bookshop: Make) -> None:
    recommender = bookshop(first)
    assert len((await say(recommender, "two sci-fi books", user=None)).items) == 2
    refined = await say(recommender, "from before 1900", user=None)
    assert (refined.intent, len(refined.items)) == ("refine", 2)


async def test_more_like_this_goes_on_from_what_was_shown(bookshop: Make) -> None:
    recommender = bookshop(first)
    await say(recommender, "why Dracula?", user=None)
    answer = await say(recommender, "more like this", user=None)
    assert answer.text.startswith("5 books: like Dracula")
    assert "Dracula" not in names(answer)


async def test_what_is_only_known_is_not_recommended(bookshop: Make) -> None:
    recommender = bookshop(first)
    noted = await say(recommender, "I've read Frankenstein")
    assert noted.text == "Noted for ann: you know Frankenstein. It is not recommended from now on."
    assert [(one.kind, one.value) for one in recommender.feedback("ann")] == [("seen", None)]
    assert "Frankenstein" not in names(await recommender.arecommend(user="ann", k=8))


async def test_names_that_feedback_cannot_place_are_told(bookshop: Make) -> None:
    noted = await say(bookshop(first), "I loved The Trial and Zorblax Quux")
    assert noted.text.endswith("I know nothing named “Zorblax Quux”.")
