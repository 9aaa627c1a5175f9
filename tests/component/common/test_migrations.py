"""The schema comes up from every earlier revision, and the rows in it stay."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import create_async_engine

from common.database import open_database
from common.storage import revisions
from common.storage.revisions import MIGRATIONS
from events import tables as events_tables
from events.kudos import tables as kudos_tables
from events.kudos.funds import Funds
from events.kudos.ledger import Ledger
from events.linking import tables as linking_tables
from events.linking.links import Links
from events.model import State
from events.store import EventStore
from hub.server import MIGRATIONS as HUB_MIGRATIONS
from request.allowed.chat_settings import SettingsStore
from request.allowed.preferences import PreferenceStore
from request.kept import files
from request.kept import tables as request_tables
from request.kept.copies import Copies
from request.kept.cursors import Cursors
from request.kept.leases import Leases
from request.kept.marks import Marks
from request.kept.store import Store
from request.talking.reports import Reports
from web.chat import tables as web_tables
from web.chat.room import Room

pytestmark = pytest.mark.database

ALEMBIC = Config()
ALEMBIC.set_main_option("script_location", str(MIGRATIONS))
REVISIONS = [
    script.revision
    for script in reversed(list(ScriptDirectory.from_config(ALEMBIC).walk_revisions()))
]
INCOMING = (
    '{"place": {"account": "web", "community": "", "channel": ""}, "event": "1", '
    '"person": {"id": "ann", "name": "Ann"}, "text": "draw a fox", "created": '
    '"2026-01-01T00:00:00+00:00", "kind": "message", "audience": "public", "addressed": true, '
    '"verb_optional": false, "parent": null, "pictures": [], "language": null, "context": {}}'
)
PARSED = '{"prompt": "a fox"}'
JOB = (
    '{"style": "raw", "prompt": "a fox", "model": "m", "loras": [], "tis": [], '
    '"post_processing": []}'
)
REQUEST = (
    f"INSERT INTO requests VALUES ('abc', 'web:1', 'web', '', '', 'ann', '{INCOMING}', "
    f"'{PARSED}', 7, NULL, 'working', NULL, '[]', 1.5, 1.5)"
)
OF_IT = f"INSERT INTO jobs VALUES (1, 'abc', 1, '{JOB}', 'submitted', 'h', 'id', 1, 0, NULL, 1.5)"
SOURCE = REQUEST.replace("'abc', 'web:1'", "'def', 'web:2'").replace(
    PARSED, '{"prompt": "a fox", "source_picture": "sha256:bb", "extra_pictures": ["sha256:cc"]}'
)
POST = "INSERT INTO posts VALUES (1, 'abc', 'web', 1, 'posted', '9', '[1]', 1.5)"
PICTURE = (
    "INSERT INTO pictures (id, request, job, generation, sha256, mime, width, height, seed, model, "
    "worker, censored, gen_metadata) "
    "VALUES (1, 'abc', 1, 'g1', 'aa', 'image/webp', 64, 64, '7', 'm', 'w', true, '[]')"
)
PLAN = (
    '{"name": "autumn", "title": "Autumn", "theme": "Leaves", "schedule": '
    '{"opens": "2027-01-01T00:00:00+00:00", "closes": "2027-01-08T00:00:00+00:00"}}'
)
MARKS = Marks(b"")
ANN, OWN = MARKS.person("web", "ann"), '{"style": "oil"}'
ROWS = {
    "0001": (
        *(REQUEST, SOURCE, OF_IT, POST, PICTURE),
        "INSERT INTO leases VALUES ('web', 'one', 7, 9.5)",
    ),
    "0002": (
        "INSERT INTO web_visitors VALUES ('v', 'Ada', 1.5)",
        (
            "INSERT INTO web_messages (room, author, kind, text, notes, suggestions, follow_ups, "
            "created, hidden) VALUES ('web', 'v', 'message', 'draw a fox', '[]', '[]', '[]', 1.5, false)"
        ),
    ),
    "0003": ("INSERT INTO people VALUES ('ab', 'banned', 1.5)",),
    "0004": (
        "INSERT INTO chat_settings VALUES ('web', 'c', '', '{\"paused\": true}', 1.5)",
        "INSERT INTO cursors VALUES ('web', '42')",
    ),
    "0005": ("INSERT INTO reports VALUES (1, 'abc', 'ab', 'ugly', 1.5)",),
    "0008": ("INSERT INTO votes VALUES ('abc', 'web', '9', 1.5, '[1, 2]')",),
    "0009": (
        "INSERT INTO copies VALUES (1, 'abc', 'web', 'f', 's', '', 'intended', NULL, NULL, 1, 1, 1)",
    ),
    "0010": (
        f"INSERT INTO events VALUES ('ev', 'autumn', '{PLAN}', 'open', 9.5, NULL, 's', NULL, 1, 1)",
    ),
    "0011": (
        "INSERT INTO links (browser, person, account, name, at) VALUES ('b', 'p', 'discord', 'Ann', 1.5)",
        "INSERT INTO horde_names VALUES ('p', 'ann#7', 1.5)",
    ),
    "0012": (
        (
            "INSERT INTO kudos_funds VALUES ('f', 'ev', 'prizes', 'ready', 'bot#1', 50, NULL, NULL, "
            "NULL, NULL, NULL, 1.5, 1.5)"
        ),
        "INSERT INTO kudos_prizes VALUES ('z', 'ev', 'p', 'p', 'place 1', 50, 9.5, 1.5)",
        (
            "INSERT INTO kudos_transfers VALUES ('t', 'z', 'ev', 'f', 50, 'ann#7', 'sending', false, "
            "1, 1.5, '', 1.5)"
        ),
    ),
    "0013": ("INSERT INTO holds VALUES (1, 'aa')",),
    "0014": (f"INSERT INTO preferences VALUES ('{ANN}', '{OWN}', 1.5)",),
    "0015": ("INSERT INTO event_requests VALUES ('abc', 'ev', 3, 1.5)",),
    "0020": (
        "INSERT INTO sources VALUES ('def', 'bb')",
        "INSERT INTO sources VALUES ('def', 'cc')",
    ),
    "0007": ("INSERT INTO spending VALUES ('abc', 1, 'web', '', 8.0, 1.5)",),
}
"""What stands in the tables a revision brought."""


async def upgraded(url, revision, statements=()):
    """Bring an empty database to a revision, as it was then, and put rows into it."""
    engine = create_async_engine(url)

    def migrate(connection):
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with engine.begin() as connection:
        await connection.run_sync(migrate)
        for statement in statements:
            await connection.exec_driver_sql(statement)
    await engine.dispose()


async def check_events(database, kept):
    """Read the rows of events, links and kudos."""
    if "0010" in kept:
        event = await EventStore(database).event("autumn")
        assert (event.state, event.due) == (State.OPEN, 9.5)
    if "0015" in kept:
        done = await EventStore(database).done("abc")
        assert (done.event, done.number) == ("ev", 3)
    if "0011" in kept:
        links = Links(database, Marks(b""))
        assert [one.name for one in await links.bound("b")] == ["Ann"]
        assert await links.horde_names(["p"]) == {"p": "ann#7"}
        assert await links.joined("b") is None
    if "0012" in kept:
        assert (await Ledger(database).sheet("ev")).on_the_way == 50
        [fund] = await Funds(database, Marks(b"")).of("ev")
        assert fund.kudos == 50


@pytest.mark.parametrize("revision", REVISIONS)
async def test_rows_of_every_earlier_revision_are_read_after_the_upgrade(
    empty_database_url, revision
):
    kept = [first for first in ROWS if first <= revision]
    rows = [row for first in kept for row in ROWS[first]]
    await upgraded(empty_database_url, revision, rows)
    database = await open_database(empty_database_url)
    try:
        store = Store(database)
        row = await store.request("abc")
        [job] = await store.jobs_of("abc")
        assert (row.incoming.person.id, row.parsed) == ("ann", {"prompt": "a fox"})
        assert (job.job.style, job.horde_id) == ("raw", "id")
        assert await store.posts_of("abc") == ["9"]
        assert [one.sha256 for one in await store.pictures_of("abc")] == ["aa"]
        assert await files.used(database, ["aa", "bb", "cc", "dd"]) == {"aa", "bb", "cc"}
        assert (await Leases(database, "one", now=lambda: 1.0).take("web")).fence == 8
        if "0002" in kept:
            message = await Room(database, "web").message(1)
            assert (message.text, message.language) == ("draw a fox", None)
        if "0004" in kept:
            assert (await SettingsStore(database).of("web", "c")).paused is True
            assert await Cursors(database).read("web") == "42"
        if "0005" in kept:
            [report] = await Reports(database, Marks(b"")).of("web")
            assert report.reason == "ugly"
        if "0008" in kept:
            assert await store.votes_of("abc") == [1, 2]
        if "0009" in kept:
            [copy] = await Copies(database, Marks(b"")).due("s")
            assert (copy.request, copy.tries) == ("abc", 1)
        await check_events(database, kept)
        if "0013" in kept:
            assert await Copies(database, Marks(b"")).held(copy) == ["aa"]
        if "0014" in kept:
            assert (await PreferenceStore(database, MARKS).of("web", "ann")).style == "oil"
        if "0007" in kept:
            assert await store.spent(since=1.0) == 8.0
    finally:
        await database.close()


async def test_the_newest_revision_is_what_the_tables_say(database):

    def columns(connection):
        inspector = sa.inspect(connection)
        return {
            table: {column["name"] for column in inspector.get_columns(table)}
            for table in inspector.get_table_names()
        }

    async with database.read() as connection:
        found = await connection.run_sync(columns)
    for metadata in (
        request_tables.metadata,
        web_tables.metadata,
        events_tables.metadata,
        linking_tables.metadata,
        kudos_tables.metadata,
    ):
        for table in metadata.tables.values():
            assert found[table.name] == {column.name for column in table.columns}


def test_the_history_is_one_line():
    numbers = range(1, len(REVISIONS) + 1)
    assert [f"{number:04}" for number in numbers] == REVISIONS


@pytest.mark.parametrize("folder", [MIGRATIONS, HUB_MIGRATIONS], ids=["core", "hub"])
def test_the_newest_revision_is_known_by_its_file_name(folder):
    assert revisions.newest(folder) == ScriptDirectory(str(folder)).get_current_head()
