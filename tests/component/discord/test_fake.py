"""The fake Discord, held against the real library: what discord.py expects is what it gets."""

from __future__ import annotations

import asyncio
import io

import discord
import pytest
import yarl
from discord import app_commands, ui

from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.people import labels_of, pictures_of, text_of


class Bot(discord.AutoShardedClient):
    """A small bot with one of everything."""

    def __init__(self):
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        quick = {"max_ratelimit_timeout": 30.0, "guild_ready_timeout": 0.05}
        super().__init__(intents=intents, **quick)
        self.tree = app_commands.CommandTree(self)
        self.heard = []
        self.pressed = []
        self.is_set_up = asyncio.Event()
        self.painted = asyncio.Event()
        """Set when its own picture is known to it, so that it hears presses below."""
        self.tree.command(name="paint", description="Paint")(self.paint)

    @app_commands.describe(prompt="what")
    async def paint(
        self, interaction: discord.Interaction, prompt: str, picture: discord.Attachment = None
    ):
        await interaction.response.defer(thinking=True)
        file = discord.File(io.BytesIO(b"webp"), "1.webp", description="a fox")
        await interaction.edit_original_response(view=self.result(prompt), attachments=[file])
        self.painted.set()

    def result(self, prompt):
        view = ui.LayoutView(timeout=None)
        gallery = ui.MediaGallery(discord.MediaGalleryItem("attachment://1.webp"))
        box = ui.Container(ui.TextDisplay(prompt), gallery, id=4711)
        button = ui.Button(label="Again", custom_id="again")
        button.callback = self.press
        box.add_item(ui.ActionRow(button))
        view.add_item(box)
        return view

    async def press(self, interaction):
        self.pressed.append(interaction)
        modal = ui.Modal(title="Edit", custom_id="edit")
        modal.add_item(ui.Label(text="Prompt", component=ui.TextInput(custom_id="prompt")))
        modal.on_submit = self.submitted
        await interaction.response.send_modal(modal)

    async def submitted(self, interaction):
        await interaction.response.send_message("thanks", ephemeral=True)

    async def before_identify_hook(self, shard_id, *, initial=False):
        """Do not space logins out as Discord wants it."""

    async def setup_hook(self):
        await self.tree.sync()
        self.is_set_up.set()

    async def on_message(self, message):
        self.heard.append(message)


@pytest.fixture
async def fake(monkeypatch):
    async with FakeDiscord() as server:
        monkeypatch.setattr(discord.http.Route, "BASE", server.api)
        gateway = yarl.URL(server.gateway_url)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)
        yield server


@pytest.fixture
async def place(fake):
    guild = fake.world.guild()
    return fake.world.channel(guild, "pictures")


@pytest.fixture
async def bot(fake, place):
    client = Bot()
    running = asyncio.create_task(client.start(fake.token))
    await asyncio.wait_for(client.is_set_up.wait(), 30)
    await asyncio.wait_for(client.wait_until_ready(), 30)
    yield client
    await client.close()
    await asyncio.wait_for(running, 30)


async def test_a_command_is_deferred_and_answered_with_a_picture_in_a_layout(fake, place, bot):
    ann = fake.world.person("Ann")
    pressed = fake.people.slash(ann, place, "paint", prompt="a fox")
    assert (await pressed.answered())["type"] == 5
    message = await pressed.shows("a fox")
    assert labels_of(message) == ["Again"]
    assert pictures_of(message)[0]["media"]["url"].endswith("/1.webp")
    assert message["attachments"][0]["description"] == "a fox"
    assert [box["id"] for box in message["components"]] == [4711]


async def test_a_button_opens_a_modal_and_its_text_comes_back(fake, place, bot):
    ann = fake.world.person("Ann")
    message = await fake.people.slash(ann, place, "paint", prompt="a fox").shows("a fox")
    await asyncio.wait_for(bot.painted.wait(), 30)
    pressed = fake.people.press(ann, message, "Again")
    assert (await pressed.answered())["type"] == 9
    answer = fake.people.submit(pressed, prompt="a red fox")
    assert (await answer.answered())["data"]["content"] == "thanks"
    assert answer.original["flags"] & 64


async def test_a_second_answer_and_a_late_one_are_refused_with_discords_codes(fake, place, bot):
    ann = fake.world.person("Ann")
    message = await fake.people.slash(ann, place, "paint", prompt="a fox").shows("a fox")
    await asyncio.wait_for(bot.painted.wait(), 30)
    pressed = fake.people.press(ann, message, "Again")
    await pressed.answered()
    interaction = bot.pressed[0]
    with pytest.raises(discord.HTTPException) as raised:
        await twice(interaction)
    assert raised.value.code == 40060
    late = fake.interactions.begin(2, ann, place)
    fake.skip(31)
    with pytest.raises(discord.NotFound) as raised:
        await twice(interaction, flake=late.id, token=late.token)
    assert raised.value.code == 10062
    fake.skip(900)
    with pytest.raises(discord.HTTPException) as raised:
        await interaction.followup.send("too late")
    assert raised.value.code == 50027


async def twice(interaction, *, flake=None, token=None):
    """Answer an interaction again, as another process might."""
    route = discord.http.Route(
        "POST",
        "/interactions/{interaction_id}/{interaction_token}/callback",
        interaction_id=flake or interaction.id,
        interaction_token=token or interaction.token,
    )
    await interaction.client.http.request(route, json={"type": 5})


async def test_a_cut_connection_is_resumed_and_nothing_said_meanwhile_is_lost(fake, place, bot):
    ann = fake.world.person("Ann")
    await fake.live.drop()
    fake.people.say(ann, place, "@Painter hello")
    await fake.until(lambda: bot.heard)
    assert fake.live.resumed == 1
    assert bot.heard[0].content.endswith("hello")


async def test_an_invalid_session_is_begun_anew(fake, place, bot):
    await fake.live.invalidate()
    await fake.until(lambda: fake.live.identified == 2)


async def test_what_does_not_mention_the_bot_comes_without_its_words(fake, place, bot):
    ann = fake.world.person("Ann")
    fake.people.say(ann, place, "just talking")
    await fake.until(lambda: bot.heard)
    assert bot.heard[0].content == ""


async def test_limits_are_kept_by_the_client_and_the_same_nonce_posts_once(fake, place, bot):
    fake.limits["post"] = (2, 0.4)
    channel = bot.get_channel(int(place["id"]))
    for _ in range(2):
        await channel.send("once", nonce="n-1")
    for number in range(3):
        await channel.send(f"more {number}")
    assert [text_of(m) for m in fake.world.in_channel(place)] == [
        "once",
        "more 0",
        "more 1",
        "more 2",
    ]
    assert fake.journal.count("post") == 5


async def test_what_discord_would_not_take_is_refused(fake, place, bot):
    channel = bot.get_channel(int(place["id"]))
    view = bot.result("x")
    view.add_item(ui.ActionRow(ui.Button(label="Same", custom_id="again")))
    file = discord.File(io.BytesIO(b"webp"), "1.webp")
    with pytest.raises(discord.HTTPException, match="DUPLICATED"):
        await channel.send(view=view, file=file)
    file = discord.File(io.BytesIO(b"webp"), "other.webp")
    with pytest.raises(discord.HTTPException, match="attachment"):
        await channel.send(view=bot.result("x"), file=file)


async def test_a_wrong_token_and_a_privileged_intent_are_told_apart(fake, place):
    client = Bot()
    with pytest.raises(discord.LoginFailure):
        await client.start("wrong")
    await client.close()
    client = Bot()
    client._connection._intents.message_content = True
    with pytest.raises(discord.PrivilegedIntentsRequired):
        await client.start(fake.token)
    await client.close()
