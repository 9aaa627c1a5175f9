"""The fake Lemmy behaves as Lemmy does, and by Lemmy's own types where they are at hand."""

import aiohttp
import pytest

from tests.fakes import faults

WEBP = b"RIFF0000WEBP"
HEADERS = {"Authorization": "Bearer token-1"}
PATHS = {
    "0.19": {"login": "/api/v3/user/login", "upload": "/pictrs/image", "base": "/api/v3"},
    "1.0": {"login": "/api/v4/account/auth/login", "upload": "/api/v4/image", "base": "/api/v4"},
}


class Caller:
    """Calls one version's API as its users do."""

    def __init__(self, lemmy, session):
        self.lemmy, self.session = lemmy, session
        self.paths = PATHS[lemmy.flavour]

    async def call(self, method, path, body=None, *, whole=False, **query):
        url = self.lemmy.origin + (path if whole else self.paths["base"] + path)
        async with self.session.request(method, url, json=body, params=query) as response:
            plain = response.content_type != "application/json"
            return response.status, await (response.text() if plain else response.json())

    async def login(self, password="open sesame", **more):
        wish = {"username_or_email": "painter", "password": password, **more}
        status, answer = await self.call("POST", self.paths["login"], wish, whole=True)
        if status == 200:
            self.session.headers["Authorization"] = f"Bearer {answer['jwt']}"
        return status, answer

    async def told(self):
        """Return the contents of what the bot is told and has not read, as each version lists it."""
        if self.lemmy.flavour == "1.0":
            _, page = await self.call("GET", "/account/notification/list", unread_only="true")
            kinds = (
                item["data"].get("comment") or item["data"].get("private_message")
                for item in page["items"]
            )
            return {thing["content"] for thing in kinds}
        _, one = await self.call("GET", "/user/mention", unread_only="true")
        _, two = await self.call("GET", "/user/replies", unread_only="true")
        _, three = await self.call("GET", "/private_message/list", unread_only="true")
        comments = [*one["mentions"], *two["replies"]]
        return {view["comment"]["content"] for view in comments} | {
            view["private_message"]["content"] for view in three["private_messages"]
        }


@pytest.fixture
async def caller(lemmy):
    async with aiohttp.ClientSession() as session:
        yield Caller(lemmy, session)


async def test_login_three_times_an_hour(caller):
    assert (await caller.login("wrong"))[0] == 401
    assert (await caller.login())[0] == 200
    assert (await caller.login())[0] == 200
    status, answer = await caller.login()
    expected = (
        (400, "rate_limit_error") if caller.lemmy.flavour == "0.19" else (429, "too_many_requests")
    )
    assert (status, answer["error"]) == expected


async def test_what_is_said_to_the_bot_comes_as_each_version_tells_it(caller):
    world = caller.lemmy.world
    post = world.post(world.community("cats"))
    ann = world.person("ann", host="elsewhere.example")
    world.comment(ann, "@painter draw for me a fox", post=post)
    world.message(ann, "help")
    answer = world.comment(world.bot, "Here you are", post=post)
    world.comment(ann, "again", parent=answer)
    world.comment(ann, "not for the bot", post=post)
    await caller.login()
    assert await caller.told() == {"@painter draw for me a fox", "help", "again"}


async def test_comments_are_answered_listed_and_deleted(caller):
    world = caller.lemmy.world
    asked = world.comment(world.person("ann"), "@painter hi", post=world.post(world.community("c")))
    await caller.login()
    body = {"content": "hello", "post_id": asked.post.id, "parent_id": asked.id}
    status, answer = await caller.call("POST", "/comment", body)
    assert status == 200
    assert [reply.content for reply in world.answers_to(asked)] == ["hello"]
    _, listed = await caller.call("GET", "/comment/list", parent_id=asked.id, limit=50)
    found = listed.get("items") or listed.get("comments")
    assert [view["comment"]["content"] for view in found] == ["hello", "@painter hi"]
    number = answer["comment_view"]["comment"]["id"]
    method, path = (
        ("DELETE", "/comment") if caller.lemmy.flavour == "1.0" else ("POST", "/comment/delete")
    )
    status, _ = await caller.call(method, path, {"comment_id": number, "deleted": True})
    assert (status, world.answers_to(asked)) == (200, [])


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        ({"locked": True}, "locked"),
        ({"deleted": True}, "deleted"),
        ({"removed": True}, "deleted"),
    ],
)
async def test_posts_that_take_no_comments(caller, trouble, code):
    world = caller.lemmy.world
    post = world.post(world.community("c"), **trouble)
    await caller.login()
    status, answer = await caller.call("POST", "/comment", {"content": "x", "post_id": post.id})
    assert (status, answer["error"]) == (400, code)


async def test_pictures_are_taken_six_an_hour_and_not_too_large(caller):
    await caller.login()
    lemmy, seen = caller.lemmy, []
    lemmy.limits.rates["image"] = (6, 3600)
    lemmy.image_bytes = 100
    for size in (10, 200, 10, 10, 10, 10, 10):
        form = aiohttp.FormData()
        form.add_field("images[]", WEBP + b"0" * size, filename="a.webp", content_type="image/webp")
        url = lemmy.origin + caller.paths["upload"]
        async with caller.session.post(url, data=form) as response:
            seen.append(response.status)
    good, large, limited = (200, 400, 429) if lemmy.flavour == "1.0" else (201, 413, 400)
    assert seen == [good, large, *[good] * 4, limited]


async def test_the_old_api_of_the_new_server_knows_no_mentions(caller):
    lemmy = caller.lemmy
    await caller.login()
    modern = lemmy.flavour == "1.0"
    for path in ("/api/v3/user/mention", "/api/v3/user/replies", "/api/v3/private_message/list"):
        status, _ = await caller.call("GET", path, whole=True)
        assert (status == 404) == modern
    status, site = await caller.call("GET", "/api/v3/site", whole=True)
    assert (status, site["version"]) == (200, lemmy.version)
    status, _ = await caller.call("GET", "/api/v4/site", whole=True)
    assert (status == 200) == modern


async def test_faults_come_in_order_and_the_journal_says_so(caller):
    caller.lemmy.fail("site", faults.html(502))
    async with caller.session.get(f"{caller.lemmy.origin}/api/v3/site") as response:
        status = response.status
    assert status == 502
    assert (await caller.call("GET", "/site"))[0] == 200
    assert [e.status for e in caller.lemmy.journal.of("site")] == [502, 200]
