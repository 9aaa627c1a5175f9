"""Work that is not cut off, and has an end all the same."""

import asyncio

import pytest

from common.database import Database, make_engine
from common.errors import StoreError
from common.storage.steady import bounded, finish


async def test_who_is_cancelled_is_told_when_it_is_over():
    go_on = asyncio.Event()
    waiting = asyncio.create_task(finish(go_on.wait()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    done, interrupted = await waiting
    assert done.result() is True
    assert interrupted


async def test_what_never_ends_is_given_up():
    never = asyncio.get_running_loop().create_future()
    done, interrupted = await finish(bounded(never, 0.01))
    with pytest.raises(TimeoutError):
        done.result()
    assert not interrupted


async def test_work_that_was_cut_off_is_no_cancelling_of_whoever_waits_for_it():
    gone = asyncio.get_running_loop().create_future()
    gone.cancel()
    done, interrupted = await finish(bounded(gone, 30.0))
    with pytest.raises(ConnectionError):
        done.result()
    assert not interrupted


async def test_who_is_cancelled_while_there_is_no_server_is_told_so(unused_tcp_port):
    database = Database(make_engine(f"postgresql+asyncpg://a@127.0.0.1:{unused_tcp_port}/a"))

    async def look():
        async with database.read():
            pass

    with pytest.raises(StoreError):
        await look()
    looking = asyncio.create_task(look())
    await asyncio.sleep(0)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    await database.close()
