"""What must hold when a challenge is over, read off the platforms, the Horde and what was published."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from events.kudos.tables import kudos_prizes, kudos_transfers
from events.tables import event_posts, events
from tests.crash.crowd import NAME, Crowd, Entrant, Voter
from tests.crash.fair import SHOWCASE, Fair, code_in
from tests.fakes.discord.people import text_of
from web.chat.tables import messages

ONCE = ("announce", "open", "remind", "winners")
PLACES = 3
PER_POST = 4


class Proof:
    def __init__(
        self, fair: Fair, crowd: Crowd, entrants: Sequence[Entrant], voters: Sequence[Voter]
    ) -> None:
        self._fair = fair
        self._crowd = crowd
        self._entrants = entrants
        self._voters = voters

    async def check(
        self, podium: Sequence[str], *, places: Sequence[int], participation: int, budget: int
    ) -> None:
        """Check everything; `podium` is what the page says of the winners. Raises AssertionError."""
        archive, ballots = await self._published()
        await self._check_answers()
        await self._check_posts()
        self._check_winners(archive, podium)
        self._check_entries(archive)
        self._check_ballots(ballots)
        await self._check_kudos(archive, places, participation, budget)

    async def _published(self) -> tuple[dict, dict]:
        """Return what the program publishes; anybody counts it again and comes to the same."""
        folder = self._fair.folder / "out"
        await self._fair.command("event", "export", NAME, "--out", str(folder))
        file = folder / f"{NAME}-ballots.json"
        words = ("event", "recount", str(file), "--json")
        again = json.loads(await self._fair.command(*words, configured=False))
        assert again["same"], again
        archive = json.loads((folder / f"{NAME}.json").read_text())
        first = [line["number"] for line in again["result"]][:PLACES]
        assert archive["result"]["winners"] == first
        return archive, json.loads(file.read_text())

    async def _check_answers(self) -> None:
        """Whatever somebody wrote was answered once."""
        for plug, said in self._crowd.said:
            answers = await plug.answers(said)
            assert len(answers) == 1, (plug.name, said, answers)

    async def _check_posts(self) -> None:
        """Each post stands once in each place, and nothing else does."""
        heats = -(-len(self._entrants) // PER_POST)
        rows = await self._fair.rows(sa.select(event_posts, events.c.id.label("of")).join(events))
        for account, texts in self._seen().items():
            keys = {*ONCE, *(f"heat-{number}" for number in range(1, heats + 1))}
            if account == "mastodon":
                keys |= {f"poll-{number}" for number in range(1, heats + 1)}
            mine = [row for row in rows if row.account == account]
            standing = [row for row in mine if row.state in {"posted", "counted"}]
            assert {row.key for row in standing} == keys, account
            assert {row.state for row in mine} <= {"posted", "counted", "removed"}, account
            found = Counter(code for text in texts if (code := code_in(text)))
            wanted = Counter(f"{row.of}-{row.id}" for row in standing)
            assert found == wanted, (account, found - wanted, wanted - found)
        web = Counter(await self._on_the_web())
        wanted = {f"{row.of}-{row.id}" for row in rows if row.account == "web"}
        assert set(web.values()) == {1}
        assert set(web) == {code for code in wanted if code in web}
        assert len(web) == len(ONCE) + heats

    def _seen(self) -> dict[str, Iterable[str]]:
        """Return the texts of the bot's own posts, by platform."""
        plugs = self._fair.plugs
        discord, lemmy = plugs["discord"], plugs["lemmy"].world
        community = plugs["mastodon"].server.community
        return {
            "discord": [
                text_of(one)
                for one in discord.world.in_channel(discord.wall)
                if one["author"] is discord.world.bot
            ],
            "mastodon": [
                one.text for one in community.posts.values() if one.author is community.bot
            ],
            "lemmy": [one.body for one in lemmy.posts.values() if one.creator is lemmy.bot],
            "reddit": [one.title for one in plugs["reddit"].world.posts_of_bot()],
        }

    async def _on_the_web(self) -> list[str]:
        query = sa.select(messages.c.copy).where(messages.c.copy.is_not(None))
        return [row.copy for row in await self._fair.rows(query)]

    def _check_winners(self, archive: dict, podium: Sequence[str]) -> None:
        """The winners are named on the page, wherever it was held, and in the showcase."""
        by_entry = {who.entry: who.name for who in self._entrants}
        names = [by_entry[number] for number in archive["result"]["winners"]]
        assert len(names) == len(podium) == PLACES
        assert all(name in said for name, said in zip(names, podium, strict=True)), podium
        for account, texts in self._seen().items():
            told = [text for text in texts if all(name in text for name in names)]
            assert len(told) == {"lemmy": 2, "reddit": 0}.get(account, 1), (account, told)
        lemmy = self._fair.plugs["lemmy"].world
        shown = [one for one in lemmy.posts.values() if one.community.name == SHOWCASE]
        assert len(shown) == 1

    def _check_entries(self, archive: dict) -> None:
        """Each entrant has the one entry they were told of, under their name."""
        entries = {one["number"]: one for one in archive["entries"]}
        assert sorted(entries) == list(range(1, len(self._entrants) + 1))
        for who in self._entrants:
            assert entries[who.entry]["name"].partition("@")[0] == who.name
            assert who.prompt in entries[who.entry]["recipe"]["prompt"]
        statistics = archive["statistics"]
        assert statistics["entries"] == statistics["entrants"] == len(self._entrants)
        steps = [line["step"] for line in archive["steps"]]
        assert len(steps) == len(set(steps)) == 10, steps

    def _check_ballots(self, ballots: dict) -> None:
        """Under each voter's receipt stands what they chose, and there are no other ballots."""
        published = {one["id"]: set(one["choices"]) for one in ballots["ballots"]}
        assert len(published) == len(ballots["ballots"]) == len(self._voters)
        for who in self._voters:
            assert published[who.receipt] == who.aims, who

    async def _check_kudos(
        self, archive: dict, places: Sequence[int], participation: int, budget: int
    ) -> None:
        """What went by the Horde's books is what was won, each once, and within the budget."""
        horde = self._fair.horde
        won = dict(zip(archive["result"]["winners"], places, strict=True))
        owed: Counter[tuple[str, int]] = Counter()
        held = 0
        for who in self._entrants:
            sums = [participation, *([won[who.entry]] if who.entry in won else [])]
            if who.named:
                owed.update((who.horde, kudos) for kudos in sums)
            else:
                held += sum(sums)
        assert Counter(horde.transfers) == owed, (Counter(horde.transfers), owed)
        assert len(horde.orders) == len(horde.transfers), "without a key, or with another's"
        paid = sum(kudos for _, kudos in horde.transfers)
        assert paid <= budget
        assert horde.kudos == budget + 5.0 - paid
        assert paid + held == budget
        by_state = await self._by_state()
        assert by_state == {"sent": paid, "waiting": held}, by_state
        twice = sa.select(kudos_prizes.c.person, kudos_prizes.c.reason).group_by(
            kudos_prizes.c.person, kudos_prizes.c.reason
        )
        assert not await self._fair.rows(twice.having(sa.func.count() > 1))

    async def _by_state(self) -> dict[str, int]:
        query = sa.select(kudos_transfers.c.state, sa.func.sum(kudos_transfers.c.kudos))
        return dict(map(tuple, await self._fair.rows(query.group_by(kudos_transfers.c.state))))

    async def figures(self) -> str:
        fair, horde = self._fair, self._fair.horde
        asked = horde.journal.count("transfer")
        return (
            f"{sum(fair.struck.values())} kills, {fair.bot.starts} starts, {fair.gate.count} "
            f"exchanges, {fair.bot.board.commits} commits; {len(self._entrants)} entries, "
            f"{len(self._voters)} ballots, {len(self._crowd.said)} messages answered once; "
            f"{len(horde.transfers)} transfers in {asked} tries, "
            f"{sum(kudos for _, kudos in horde.transfers)} kudos paid, the rest waits"
        )
