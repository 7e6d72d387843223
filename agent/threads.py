"""Conversations that survive a restart: LangGraph's SQLite checkpointer, one checkpoint a thread."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiosqlite
from filelock import FileLock
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

FILE = "threads.sqlite"


@asynccontextmanager
async def open_threads(home: Path) -> AsyncIterator[AsyncSqliteSaver]:
    """Yield the checkpointer of this machine's conversations."""
    home.mkdir(parents=True, exist_ok=True)
    await asyncio.to_thread(_keep_a_log, home / FILE)
    async with aiosqlite.connect(home / FILE) as connection:
        await connection.execute("PRAGMA busy_timeout=10000")
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        yield saver


async def has_thread(saver: AsyncSqliteSaver, thread: str) -> bool:
    """Tell whether a conversation of that name exists."""
    return await saver.aget_tuple({"configurable": {"thread_id": thread}}) is not None


async def prune(saver: AsyncSqliteSaver, thread: str) -> None:
    """Drop all checkpoints of a conversation but the latest: they grow without bound, and nothing goes back to them."""
    latest = await saver.aget_tuple({"configurable": {"thread_id": thread}})
    if latest is None:
        return
    kept = latest.config["configurable"]["checkpoint_id"]
    for table in ("checkpoints", "writes"):
        await saver.conn.execute(f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id <> ?", (thread, kept))
    await saver.conn.commit()


def _keep_a_log(path: Path) -> None:
    """Let readers and a writer work at once; the change of mode itself waits for nobody, so it takes turns here."""
    with FileLock(path.with_name(f"{FILE}.lock")), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
