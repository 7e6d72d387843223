"""Conversations: they survive a restart, stay apart, and stay small."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from agent.answer import Answer, FinishedEvent
from agent.recommender import Recommender
from agent.settings import load_settings
from agent.threads import FILE, has_thread, open_threads, prune
from agent.toolbox import Toolbox
from tests.agent.conftest import Make
from tests.agent.fakes import Pause, ScriptedGate, first, planned


async def say(recommender: Recommender, message: str, thread: str | None = "t") -> Answer:
    answer: Answer | None = None
    async for event in recommender.stream(message, thread=thread):
        if isinstance(event, FinishedEvent):
            answer = event.answer
    assert answer is not None
    return answer


def names(answer: Answer) -> set[str]:
    return {item.label for item in answer.items}


def rows(home: Path, table: str) -> list[str]:
    with sqlite3.connect(home / FILE) as connection:
        return [row[0] for row in connection.execute(f"SELECT thread_id FROM {table} ORDER BY thread_id")]


@pytest.mark.slow
async def test_a_conversation_survives_a_restart(bookshop: Make) -> None:
    await say(bookshop(first), "books with sci-fi")
    await say(bookshop(first), "I love Dracula")
    refined = await say(bookshop(first), "without H. G. Wells")
    assert refined.intent == "refine"
    assert names(refined) == {"Frankenstein", "The Last Man"}
    assert any(one.iri.endswith("dracula") for item in refined.items for one in item.contributions)


@pytest.mark.slow
async def test_without_a_thread_nothing_is_kept(bookshop: Make, tmp_path: Path) -> None:
    recommender = bookshop(first)
    await say(recommender, "books with sci-fi", thread=None)
    assert (await say(recommender, "without H. G. Wells", thread=None)).intent == "recommend"
    assert not (tmp_path / "home" / FILE).exists()


@pytest.mark.slow
async def test_threads_do_not_know_each_other(bookshop: Make) -> None:
    recommender = bookshop(first)
    await say(recommender, "books with sci-fi", thread="a")
    assert (await say(recommender, "without H. G. Wells", thread="b")).intent == "recommend"


@pytest.mark.slow
async def test_equal_names_in_two_domains_do_not_mix(bookshop: Make, odd: Toolbox, tmp_path: Path) -> None:
    films = Recommender(odd, ScriptedGate(first), load_settings(home=tmp_path / "home"))
    await say(bookshop(first), "books with sci-fi")
    await say(films, "films like Airplane!")
    assert (await say(bookshop(first), "without H. G. Wells")).domain == "bookshop"
    assert names(await say(bookshop(first), "but without H. G. Wells")) == {"Frankenstein", "The Last Man"}
    assert rows(tmp_path / "home", "checkpoints") == ["bookshop/t", "odd/t"]


@pytest.mark.slow
async def test_one_checkpoint_a_thread_is_kept(bookshop: Make, tmp_path: Path) -> None:
    recommender = bookshop(first)
    for message in ("books with sci-fi", "without H. G. Wells", "who wrote Dracula?", "thanks!"):
        await say(recommender, message, thread="a")
        await say(recommender, message, thread="b")
    assert rows(tmp_path / "home", "checkpoints") == ["bookshop/a", "bookshop/b"]
    assert len(rows(tmp_path / "home", "writes")) <= 40


@pytest.mark.slow
async def test_what_an_earlier_request_found_is_not_answered_again(bookshop: Make) -> None:
    recommender = bookshop(planned(m1="author"))
    wish = await say(recommender, "books with horror")
    question = await say(recommender, "who wrote Emma?")
    assert wish.items
    assert question.items == []
    assert [one.label for one in question.answers] == ["Jane Austen"]
    talk = await say(recommender, "thanks!")
    assert (talk.items, talk.answers, talk.removed_by) == ([], [], {})
    assert len(talk.trace) == 1


@pytest.mark.slow
async def test_a_request_that_is_cancelled_does_not_end_the_conversation(bookshop: Make, tmp_path: Path) -> None:
    await say(bookshop(first), "books with sci-fi")
    gate = ScriptedGate(lambda _: Pause(60))
    task = asyncio.create_task(say(bookshop(gate), "without Mary Shelley"))
    while not gate.calls:
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    answer = await say(bookshop(first), "books with horror")
    assert names(answer) == {"Dracula", "Frankenstein"}
    assert [step.step for step in answer.trace] == [1, 2, 3]
    assert not answer.degraded
    assert rows(tmp_path / "home", "checkpoints") == ["bookshop/t"]


@pytest.mark.slow
async def test_two_threads_may_be_written_at_once(bookshop: Make) -> None:
    recommender = bookshop(lambda _: Pause(0.01))
    answers = await asyncio.gather(*(say(recommender, "books with sci-fi", thread=str(at)) for at in range(5)))
    assert all(names(answer) == names(answers[0]) for answer in answers)


@pytest.mark.slow
async def test_many_first_conversations_may_open_the_file_at_once(tmp_path: Path) -> None:
    async def opened(home: Path) -> bool:
        async with open_threads(home) as saver:
            return await has_thread(saver, "bookshop/t")

    for at in range(10):
        assert await asyncio.gather(*(opened(tmp_path / str(at)) for _ in range(8))) == [False] * 8


@pytest.mark.slow
async def test_has_thread_and_prune_know_what_is_there(bookshop: Make, tmp_path: Path) -> None:
    await say(bookshop(first), "books with sci-fi")
    async with open_threads(tmp_path / "home") as saver:
        assert await has_thread(saver, "bookshop/t")
        assert not await has_thread(saver, "bookshop/other")
        await prune(saver, "bookshop/other")
        assert await has_thread(saver, "bookshop/t")


@pytest.mark.slow
async def test_a_conversation_belongs_to_its_user(bookshop: Make) -> None:
    """Another user with the same name for it begins anew: a conversation knows wishes and what was shown."""
    recommender = bookshop(first)
    await recommender.arecommend(user="ann", query="horror", thread="evening")
    assert await recommender.has_thread("evening", "ann")
    assert not await recommender.has_thread("evening", "ben")
    assert not await recommender.has_thread("evening")
    assert not await recommender.has_thread("ann/evening")
