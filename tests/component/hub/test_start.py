"""Starting and closing: ports, users, folders, what survives."""

import asyncio
import socket
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from structlog.testing import capture_logs

from common.config import HubConfig, HubUser
from common.errors import ConfigError, StartupError
from hub.server import MIGRATIONS, start
from tests.component.hub.callers import BOT_KEY, USERS
from tests.waiting import wait_until


def user(name, key):
    return HubUser(name=name, key=SecretStr(key))


async def test_a_taken_port(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartupError) as caught:
            await start(HubConfig(port=port), tmp_path)
    assert str(port) in str(caught.value)
    assert "hub.port" in str(caught.value)


async def test_an_address_that_is_not_ours(tmp_path):
    with pytest.raises(StartupError):
        await start(HubConfig(host="192.0.2.1", port=0), tmp_path)


async def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "hub").write_text("in the way")
    with pytest.raises(StartupError) as caught:
        await start(HubConfig(port=0), tmp_path)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    "users",
    [
        (user("a", "key one"), user("a", "key two")),
        (user("a", "same key"), user("b", "same key")),
        (user("a", "0000000000"),),
        (user("a", ""),),
        (user("Anonymous", "key one"),),
    ],
)
async def test_users_that_cannot_be_told_apart(tmp_path, users):
    with pytest.raises(ConfigError):
        await start(HubConfig(port=0, users=users), tmp_path)


async def test_users_keep_their_number_whatever_the_order(open_room):
    first = await open_room()
    before = (await first.stranger.get("/find_user")).body["username"]
    await first.running.close()
    second = await open_room(users=(user("new", "the key of new"), *reversed(USERS)))
    assert (await second.stranger.get("/find_user")).body["username"] == before
    third = await second.bot.get("/find_user", headers={"apikey": "the key of new"})
    assert third.body["username"] == "new#4"


async def test_everything_is_there_after_a_restart(open_room):
    first = await open_room()
    request = await first.bot.ask(params={"n": 2})
    job = await first.host.pop()
    await first.running.close()
    second = await open_room()
    second.host.url = second.running.url
    assert (await second.bot.check(request))["processing"] == 1
    path = job["r2_upload"].split("/pictures/")[1]
    await second.host.upload(f"{second.running.hub.address}/pictures/{path}")
    assert (await second.host.submit(job["id"])).status == 200
    assert (await second.host.get("/find_user")).body["contributions"]["fulfillments"] == 1


async def taken_up_again(room, request):
    async def restarted():
        return (await room.bot.check(request))["restarted"]

    await wait_until(restarted)


async def test_the_clockwork_runs_by_itself(room):
    request = await room.bot.ask()
    await room.host.pop()
    room.clock.advance(151)
    await taken_up_again(room, request)


async def test_a_database_in_trouble_is_told_and_outlived(room, tmp_path):
    request = await room.bot.ask()
    await room.host.pop()

    def rename(old, new):
        with closing(sqlite3.connect(tmp_path / "hub.sqlite", timeout=30)) as file:
            file.execute(f"ALTER TABLE {old} RENAME TO {new}")
            file.commit()

    await asyncio.to_thread(rename, "generations", "elsewhere")
    with capture_logs() as logs:
        broken = await room.bot.get(f"/generate/check/{request}")
        assert (broken.status, broken.body) == (500, {"message": "Internal Server Error"})
        await wait_until(lambda: "hub.sweep_failed" in [entry["event"] for entry in logs])
    assert "hub.failed" in [entry["event"] for entry in logs]
    await asyncio.to_thread(rename, "elsewhere", "generations")
    room.clock.advance(151)
    await taken_up_again(room, request)


async def test_closing_frees_the_port(tmp_path):
    running = await start(HubConfig(port=0), tmp_path)
    await running.close()
    again = await start(HubConfig(port=running.port), tmp_path)
    await again.close()


async def test_keys_are_nowhere_to_be_seen(room, tmp_path):
    await room.bot.ask()
    assert BOT_KEY not in repr(vars(room.running.hub.users))
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert BOT_KEY.encode() not in file.read_bytes()


async def test_a_database_of_the_first_revision_comes_up_with_its_workers(tmp_path, open_room):
    """Workers made pictures only then, and nobody could pause them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    file = tmp_path / "hub.sqlite"
    file.unlink()  # the copy of a new one
    engine = sa.create_engine(f"sqlite:///{file}")
    zeros = ", ".join(["0"] * 7)
    offer = '{"name": "old worker", "models": ["old model"]}'
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO users VALUES (2, 'host', 1, 0, 5, 0, 0, 1, 1)")
        connection.exec_driver_sql(
            "INSERT INTO workers (id, name, owner, offer, info, maintenance, maintenance_msg,"
            " created, seen, uptime, recent_work, recent_seconds, made, made_work, earned,"
            f" uncompleted) VALUES ('w1', 'old worker', 2, '{offer}', '', 0, '', 1, 1, {zeros})"
        )
    engine.dispose()
    room = await open_room()
    (worker,) = (await room.host.get("/workers?name=old%20worker")).body
    assert (worker["type"], worker["paused"], worker["models"]) == ("image", False, ["old model"])
    assert (await room.host.get("/find_user")).body["kudos"] == 5
    assert (await room.host.pop("old worker"))["id"] is None
