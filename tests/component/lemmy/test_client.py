"""The Lemmy client finds out which API there is, and says what went wrong."""

import aiohttp
import pytest
from pydantic import SecretStr

from bots.lemmy.detection import open_client
from bots.lemmy.session import Account
from bots.lemmy.tokens import TokenFile
from bots.lemmy.transport import Missing, Stranger, WrongPassword
from common.errors import PlatformBusy, PlatformError, PlatformRefused
from tests.fakes import faults
from tests.fakes.lemmy import FakeLemmy

HTML = faults.html(502)
old = pytest.mark.parametrize("lemmy", ["0.19"], indirect=True)
new = pytest.mark.parametrize("lemmy", ["1.0"], indirect=True)


@pytest.fixture
async def enter(lemmy, tmp_path):
    """Log in."""
    async with aiohttp.ClientSession() as session:

        async def entered(password=None):
            account = Account(username="painter", password=SecretStr(password or lemmy.password))
            tokens = TokenFile(tmp_path / "token", url=lemmy.url, username="painter")
            return await open_client(lemmy.url, account, tokens, session, agent="test")

        yield entered


@pytest.fixture
async def client(enter):
    return await enter()


async def test_newest_api_is_taken_and_the_limits_are_read(lemmy, client):
    assert client.site.version == lemmy.version
    assert client.base == {"0.19": "/api/v3", "1.0": "/api/v4"}[lemmy.flavour]
    assert client.rate("register").most == 3
    assert client.site.languages[32] == "de"
    assert client.me.bot_account


@new
async def test_new_server_that_is_ill_is_not_taken_for_an_old_one(lemmy, enter):
    lemmy.fail("site", HTML)
    with pytest.raises(PlatformError, match="502"):
        await enter()
    assert (await enter()).base == "/api/v4"


@new
async def test_new_server_without_its_new_api_is_said_to_be_so(lemmy, enter):
    lemmy.fail("site", faults.answer(404, "no"))
    with pytest.raises(PlatformError, match="new API does not answer"):
        await enter()


@old
async def test_server_that_was_renewed_is_noticed(lemmy, client):
    lemmy.fail("mentions", faults.answer(404, "no"))
    with pytest.raises(Missing):
        await client.unread()


async def test_hundreds_of_unread_things_are_read_oldest_first(lemmy, client):
    post = lemmy.world.post(lemmy.world.community("cats"))
    for number in range(120):
        person = lemmy.world.person(f"p{number}")
        lemmy.world.comment(person, f"@painter {number}", post=post)
    told = await client.unread()
    assert [one.about.comment.content for one in told] == [f"@painter {n}" for n in range(120)]
    await client.mark_read(told[0])
    assert len(await client.unread()) == 119


async def test_entry_that_cannot_be_read_hides_no_other(lemmy, client):
    post = lemmy.world.post(lemmy.world.community("cats"))
    for text in ("@painter one", "@painter two"):
        lemmy.world.comment(lemmy.world.person("ann"), text, post=post)
    broken = lemmy.world.comment(lemmy.world.person("x"), "@painter x", post=post)
    broken.content = None
    lemmy.journal.exchanges.clear()
    assert len(await client.unread()) == 2
    lemmy.journal.exchanges.clear()  # that one is not by the types


async def test_limit_is_said_in_seconds_as_the_server_counts(lemmy, client):
    lemmy.limits.rates["comment"] = (0, 600)
    await client.look()
    post = lemmy.world.post(lemmy.world.community("cats"))
    with pytest.raises(PlatformBusy) as caught:
        await client.comment("hi", post=post.id, parent=None, language=0)
    assert caught.value.retry_after == 600


@pytest.mark.parametrize("fault", [faults.html(), faults.truncate(), HTML])
async def test_answer_that_is_none_may_pass(lemmy, client, fault):
    lemmy.fail("comments", fault)
    with pytest.raises(PlatformError) as caught:
        await client.comments_below(post=1, parent=None)
    assert not isinstance(caught.value, PlatformRefused)


async def test_picture_that_is_too_large_is_refused_for_good(lemmy, client):
    lemmy.image_bytes = 3
    with pytest.raises(PlatformRefused):
        await client.upload(b"RIFF0000WEBP", "a.webp", "image/webp")


async def test_wrong_password_is_said(enter):
    with pytest.raises(WrongPassword, match="two-factor"):
        await enter("wrong")


async def test_second_factor_is_said(lemmy, enter):
    lemmy.totp = "123456"
    with pytest.raises(WrongPassword, match="two-factor"):
        await enter()


async def test_no_more_than_two_logins_an_hour_are_tried(lemmy, client):
    lemmy.forget_logins()
    await client.unread()
    lemmy.forget_logins()
    with pytest.raises(PlatformBusy) as caught:
        await client.unread()
    assert caught.value.retry_after > 3000
    assert lemmy.journal.count("login") == 2


def test_stranger_is_no_reason_to_give_up():
    assert not issubclass(Stranger, PlatformRefused)
    assert FakeLemmy("1.0").version == "1.0.0"
