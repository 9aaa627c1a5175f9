"""The database: transactions that begin are finished, and the schema comes up to date."""

import asyncio
import random
import sqlite3

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from common.database import Database, make_engine, open_database
from common.errors import StoreError, StoreRefused
from request.kept.tables import leases

pytestmark = pytest.mark.database

LEASE = {"name": "a", "owner": "x", "fence": 1, "until": 0.0}
INSERT = "INSERT INTO leases VALUES ('{}', 'x', 1, 0.0)"


async def insert(database, name, *, twice=False):
    async with database.write() as connection:
        await connection.exec_driver_sql(INSERT.format(name))
        await asyncio.sleep(0)
        if twice:
            await connection.exec_driver_sql(INSERT.format(f"{name}-second"))


async def insert_same_twice(database):
    async with database.write() as connection:
        for _ in range(2):
            await connection.exec_driver_sql(INSERT.format("a"))


async def names(database):
    async with database.read() as connection:
        return {row.name for row in await connection.exec_driver_sql("SELECT name FROM leases")}


async def test_transaction_that_fails_leaves_nothing(database):
    with pytest.raises(IntegrityError):
        await insert_same_twice(database)
    assert await names(database) == set()


async def test_cancelled_writers_finish_what_they_began_and_hold_no_lock(database):
    chance = random.Random(1)
    for round_ in range(8):
        tasks = [
            asyncio.create_task(insert(database, f"{round_}-{number}", twice=True))
            for number in range(12)
        ]
        for task in tasks:
            await asyncio.sleep(chance.random() * 0.002)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(30):
            await insert(database, f"{round_}-after")
    found = await names(database)
    halves = {name for name in found if "after" not in name and not name.endswith("-second")}
    assert {f"{name}-second" for name in halves} <= found
    assert {f"{round_}-after" for round_ in range(8)} <= found


async def test_cancelled_task_is_told_when_its_transaction_is_over(database):
    begun, done = asyncio.Event(), []

    async def write():
        async with database.write() as connection:
            await connection.exec_driver_sql(INSERT.format("a"))
            begun.set()
            await connection.exec_driver_sql(INSERT.format("b"))
        done.append("not told")

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == []
    assert await names(database) == {"a", "b"}


async def test_writers_at_once_all_get_their_turn(database):
    await asyncio.gather(*(insert(database, str(number)) for number in range(50)))
    assert len(await names(database)) == 50


async def test_writer_that_fails_takes_no_other_with_it(database):
    found = await asyncio.gather(
        insert(database, "a"),
        insert_same_twice(database),
        insert(database, "b"),
        return_exceptions=True,
    )
    assert [type(one) for one in found] == [type(None), IntegrityError, type(None)]
    assert await names(database) == {"a", "b"}


async def test_opening_again_keeps_what_is_there(database, database_url):
    await insert(database, "kept")
    again = await open_database(database_url)
    assert await names(again) == {"kept"}
    await again.close()


async def test_opening_what_is_up_to_date_waits_for_no_writer(database, database_url):
    async with database.write() as connection:
        await connection.exec_driver_sql(INSERT.format("a"))
        again = await open_database(database_url)
        assert await names(again) == set()
        await again.close()


async def test_two_that_open_an_empty_database_at_once(empty_database_url):
    both = await asyncio.gather(*(open_database(empty_database_url) for _ in range(2)))
    for opened in both:
        await opened.close()


async def test_database_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="folder"):
        await open_database(f"sqlite+aiosqlite:///{tmp_path / 'folder'}")


async def test_cancelled_task_is_told_even_if_its_transaction_fails(database):
    begun = asyncio.Event()

    async def write():
        try:
            async with database.write() as connection:
                await connection.exec_driver_sql(INSERT.format("a"))
                begun.set()
                await connection.exec_driver_sql(INSERT.format("a"))
        except IntegrityError:
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=30)
    task.cancel()
    assert done == {task}


# --- a database that does not answer ----------------------------------------------------------


async def test_connection_that_is_lent_is_waited_for_when_the_database_closes(database):
    lent, back = asyncio.Event(), asyncio.Event()

    async def read():
        async with database.read() as connection:
            lent.set()
            await back.wait()
            return (await connection.exec_driver_sql("SELECT 1")).scalar_one()

    reading = asyncio.create_task(read())
    await lent.wait()
    closing = asyncio.create_task(database.close())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not closing.done()
    back.set()
    assert await reading == 1
    await closing
    assert database.engine.pool.checkedin() == 0


async def test_database_that_is_closed_lends_no_connection(database):
    await database.close()
    with pytest.raises(StoreError, match="is closed"):
        await names(database)


async def test_server_that_is_not_there_is_a_passing_trouble():
    gone = Database(make_engine("postgresql+asyncpg://test@127.0.0.1:1/test"))
    with pytest.raises(StoreError, match="did not answer as it should"):
        await insert(gone, "a")
    await gone.close()


async def test_what_fits_in_no_column_is_no_passing_trouble(database, cluster):
    async with database.write() as connection:
        raw = connection.sync_connection.connection.driver_connection
        if cluster is None:
            raw.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)
    with pytest.raises(StoreRefused, match="has no place for what was to be written"):
        async with database.write() as connection:
            await connection.execute(leases.insert().values({**LEASE, "name": "x" * 2000}))
    async with database.write() as connection:
        await connection.execute(leases.insert().values({**LEASE, "name": "a"}))
    assert await names(database) == {"a"}


async def test_a_number_that_the_driver_does_not_send_is_no_passing_trouble(database, cluster):
    unfit = OverflowError if cluster is None else StoreRefused
    with pytest.raises(unfit):
        async with database.write() as connection:
            await connection.execute(leases.insert().values({**LEASE, "fence": 10**30}))


async def test_connections_that_are_all_taken_are_a_passing_trouble(database_url, cluster):
    if cluster is None:
        pytest.skip("SQLite lends as many connections as are wanted")
    few = Database(
        create_async_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    )
    async with few.read():
        with pytest.raises(StoreError):
            await names(few)
    await few.close()


async def test_lock_that_another_holds_is_waited_for_only_so_long(database_url, database):
    impatient = await open_database(database_url, busy_timeout=2.0)
    async with database.write() as connection:
        await connection.exec_driver_sql(INSERT.format("a"))
        with pytest.raises(StoreError):
            await insert(impatient, "a")
    await impatient.close()
    assert await names(database) == {"a"}


async def test_who_hangs_in_a_transaction_loses_it(database_url, cluster):
    if cluster is None:
        pytest.skip("SQLite's lock belongs to the process, whatever it does")
    hanging = await open_database(database_url, busy_timeout=2.0)
    other = await open_database(database_url)
    with pytest.raises(StoreError):
        await insert_around(hanging, insert(other, "a"))  # which waits for the lock till it is gone
    assert await names(other) == {"a"}
    await hanging.close()
    await other.close()


async def insert_around(database, work):
    async with database.write() as connection:
        await connection.exec_driver_sql(INSERT.format("a"))
        await work
        await connection.exec_driver_sql(INSERT.format("b"))


async def test_a_database_of_a_later_version_is_left_alone_and_it_is_said(database_url):
    opened = await open_database(database_url)
    async with opened.write() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await opened.close()
    with pytest.raises(StoreError) as refused:
        await open_database(database_url)
    assert refused.value.code == "store.newer"
    assert "9999" in str(refused.value)
