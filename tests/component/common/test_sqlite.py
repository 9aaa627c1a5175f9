"""What SQLite is asked in the event loop's own thread, and what may wait elsewhere."""

import asyncio
import sqlite3
import threading

import pytest

from common import sqlite


@pytest.fixture
async def near(tmp_path):
    """A connection, and the thread in which each of its statements ran."""
    connection = await sqlite.connect(str(tmp_path / "a.sqlite"), timeout=5.0, isolation_level=None)
    ran = {}
    connection._conn.set_trace_callback(
        lambda words: ran.update({words.split()[0]: threading.get_ident()})
    )
    yield connection, ran
    await connection.close()


async def run(connection, words):
    cursor = await connection.cursor()
    await cursor.execute(words)
    rows = await cursor.fetchall()
    await cursor.close()
    return rows


async def test_reading_and_writing_need_no_other_thread_but_taking_the_lock_and_committing_do(near):
    connection, ran = near
    await run(connection, "CREATE TABLE names (name TEXT)")
    await run(connection, "BEGIN IMMEDIATE")
    await run(connection, "INSERT INTO names VALUES ('a')")
    await run(connection, "UPDATE names SET name = 'b'")
    await connection.commit()
    assert await run(connection, "SELECT name FROM names") == [("b",)]
    here = threading.get_ident()
    at_once = {words for words, thread in ran.items() if thread == here}
    assert at_once == {"INSERT", "UPDATE", "SELECT"}
    assert set(ran) == {"CREATE", "BEGIN", "COMMIT"} | at_once


async def test_who_waits_for_the_lock_holds_nobody_up(near, tmp_path):
    connection, _ = near
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(run(connection, "BEGIN IMMEDIATE"))
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    await waiting
    await connection.rollback()


async def test_an_error_is_the_callers_and_a_closed_connection_says_so(tmp_path):
    connection = await sqlite.connect(str(tmp_path / "a.sqlite"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await run(connection, "SELECT name FROM names")
    await connection.close()
    with pytest.raises(ValueError, match=r"[Cc]losed|no active"):
        await run(connection, "SELECT 1")
