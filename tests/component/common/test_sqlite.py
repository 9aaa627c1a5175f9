"""What SQLite is asked in the event loop's own thread, what may wait elsewhere, and who shares."""

import asyncio
import shutil
import sqlite3
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.interfaces import CacheStats
from sqlalchemy.exc import IntegrityError

from common.database import open_database
from common.errors import StoreError
from request.kept.tables import leases

INSERT = "INSERT INTO leases VALUES ('{}', 'x', 1, 0.0)"


@pytest.fixture
def commits(database):
    """The threads in which transactions were committed."""
    seen = []
    event.listen(
        database.engine.sync_engine, "commit", lambda _: seen.append(threading.get_ident())
    )
    return seen


@pytest.fixture
def other(data_dir, migrated, database):
    """Another process, as far as SQLite knows."""
    connection = sqlite3.connect(data_dir / migrated.name, isolation_level=None)
    yield connection
    connection.close()


async def insert(database, name, *more):
    async with database.write() as connection:
        await connection.exec_driver_sql(INSERT.format(name))
        for words in more:
            await connection.exec_driver_sql(words)


async def names(database):
    async with database.read() as connection:
        return {row.name for row in await connection.exec_driver_sql("SELECT name FROM leases")}


async def test_what_was_compiled_for_one_file_need_not_be_for_another(data_dir, migrated, database):
    statement = sa.select(leases.c.name).where(leases.c.fence > 41)
    shutil.copy(data_dir / migrated.name, data_dir / "another.sqlite")
    another = await open_database(f"sqlite:///{data_dir / 'another.sqlite'}")
    hits = []
    for file in (database, another):
        async with file.read() as connection:
            hits.append((await connection.execute(statement)).context.cache_hit)
    await another.close()
    assert hits == [CacheStats.CACHE_MISS, CacheStats.CACHE_HIT]


async def test_only_what_may_wait_leaves_the_event_loop(database, commits):
    asked = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda *_: asked.append(threading.get_ident()),
    )
    await insert(database, "a")
    assert await names(database) == {"a"}
    assert set(asked) == {threading.get_ident()}
    assert threading.get_ident() not in commits


async def test_who_waits_for_the_lock_holds_nobody_up(database, other):
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(insert(database, "a"))
    for _ in range(5):
        assert await names(database) == set()
    assert not waiting.done()
    other.execute("COMMIT")
    await waiting
    assert await names(database) == {"a"}


async def test_who_stops_waiting_for_the_lock_leaves_none_behind(database, other):
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(insert(database, "a"))
    await asyncio.sleep(0)
    waiting.cancel()
    other.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await waiting
    other.execute(INSERT.format("b"))
    await insert(database, "c")
    assert await names(database) == {"b", "c"}


async def test_all_who_wait_for_the_disk_share_the_next_transaction(database, commits):
    commits.clear()
    await asyncio.gather(*(insert(database, str(number)) for number in range(50)))
    assert len(await names(database)) == 50
    assert len(commits) == 1


async def test_nobody_is_told_before_it_is_on_the_disk(database, other):
    told = []

    async def write(name):
        await insert(database, name)
        told.append((name, other.execute("SELECT count(*) FROM leases").fetchone()))

    await asyncio.gather(write("a"), write("b"))
    assert told == [("a", (2,)), ("b", (2,))]


async def test_a_transaction_that_cannot_be_committed_counts_for_nobody(database):
    orphan = "INSERT INTO jobs VALUES (1, 'none', 1, '{}', '', NULL, NULL, 1, 0, NULL, 1.5)"
    late = "PRAGMA defer_foreign_keys=ON"
    found = await asyncio.gather(
        insert(database, "a"), insert(database, "b", late, orphan), return_exceptions=True
    )
    assert [type(one) for one in found] == [IntegrityError, IntegrityError]
    await insert(database, "c")
    assert await names(database) == {"c"}


@pytest.mark.parametrize("then", ["", "nonsense"])
async def test_a_transaction_that_sqlite_has_undone_counts_for_nobody(database, then):
    mine = insert(database, "b", "ROLLBACK", *filter(None, [then]))
    found = await asyncio.gather(insert(database, "a"), mine, return_exceptions=True)
    assert [type(one) for one in found] == [StoreError, StoreError]
    await insert(database, "c")
    assert await names(database) == {"c"}


async def test_a_writer_may_be_cancelled_while_the_disk_is_busy(database):
    await insert(database, "c")  # so that it is open
    one, two = (asyncio.create_task(insert(database, name)) for name in "ab")
    await asyncio.sleep(0)
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    await two
    assert await names(database) == {"a", "b", "c"}


async def test_closing_waits_for_the_disk(database, other):
    writing = asyncio.create_task(insert(database, "a"))
    await asyncio.sleep(0)
    await database.close()
    assert other.execute("SELECT name FROM leases").fetchall() == [("a",)]
    await writing


async def test_a_full_disk_is_named_with_what_to_do(database):
    async def fill():
        async with database.write() as connection:
            pages = await connection.exec_driver_sql("PRAGMA page_count")
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages.scalar()}")
            await connection.exec_driver_sql("CREATE TABLE large AS SELECT randomblob(99999)")

    with pytest.raises(StoreError, match="Look whether the disk is full; make room"):
        await fill()
