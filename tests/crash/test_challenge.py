"""One challenge on five platforms, from the wizard to its archive, killed (SIGKILL) on the way.

`KILLS` says how often: a fifth of it, at most 50 times. Forty people enter and two hundred vote, each
in the way of their platform; a winner names an account on the Horde only when all is over. The
clock runs eight times as fast, and jumps over the days in which nothing happens.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from events.kudos.tables import kudos_transfers
from tests.crash.crowd import NAME, Crowd, Entrant, Voter
from tests.crash.fair import WALL, Fair, opened
from tests.crash.proof import Proof
from tests.crash.world import live, new_pace
from tests.fakes.horde import faults

KILLS = min(50, max(6, int(os.environ.get("KILLS", "60")) // 5))
PACE = float(os.environ.get("CRASH_PACE", "8"))
HOUR, DAY = 3600.0, 24 * 3600.0
PLACES, PARTICIPATION = (1000, 500, 250), 20
ENTRANTS = (
    ("discord", "button", 8),
    ("discord", "words", 6),
    ("mastodon", "words", 8),
    ("lemmy", "words", 7),
    ("reddit", "words", 6),
    ("web", "page", 5),
)
VOTERS = (
    ("discord", "button", 60),
    ("discord", "words", 30),
    ("mastodon", "words", 40),
    ("lemmy", "words", 20),
    ("reddit", "words", 15),
    ("mastodon", "page", 15),
    ("lemmy", "page", 10),
    ("reddit", "page", 10),
)
"""Those of the page have bound their browser to an account of theirs."""
BUDGET = sum(PLACES) + PARTICIPATION * sum(count for _, _, count in ENTRANTS)
LATE = 12
"""Entrants who have named no account on the Horde when prizes are given; a third of them never do."""
SHARES = {
    "announced": 10,
    "entering": 28,
    "reminded": 4,
    "closed": 4,
    "voting": 24,
    "counted": 6,
    "awarded": 12,
    "claimed": 8,
    "archived": 4,
}
"""Of a hundred kills, how many fall into each phase."""
POSTING = ("post", "post_status", "post_create", "submit")
ANSWERING = ("post", "callback", "follow_up", "edit_original", "post_status", "comment")


def shares(kills: int) -> dict[str, int]:
    """Share kills out, so that they add up; the largest remainders get the rest."""
    exact = {phase: kills * share / 100 for phase, share in SHARES.items()}
    whole = {phase: int(count) for phase, count in exact.items()}
    rest = sorted(exact, key=lambda phase: whole[phase] - exact[phase])
    for phase in rest[: kills - sum(whole.values())]:
        whole[phase] += 1
    return whole


class Challenge:
    """What happens, one phase after another."""

    def __init__(self, fair: Fair, kills: int) -> None:
        self.fair = fair
        self.crowd = Crowd(fair)
        self.kills = shares(kills)
        numbers = itertools.count(1)
        self.entrants = [
            Entrant(number := next(numbers), account, way, f"artist{number}#{100 + number}")
            for account, way, count in ENTRANTS
            for _ in range(count)
        ]
        self.voters = [
            Voter(next(numbers), account, way)
            for account, way, count in VOTERS
            for _ in range(count)
        ]
        self.favourite = self.entrants[0]
        self.podium: list[str] = []
        fair.horde.users |= dict.fromkeys((one.horde for one in self.entrants), 0.0)
        fair.horde.kudos = BUDGET + 5.0
        fair.horde.seconds = 1.0

    async def phase(
        self,
        name: str,
        names: Sequence[str],
        people: Sequence[Coroutine] = (),
        *,
        nudge: float = 0.0,
    ) -> None:
        """Let people do something, and the program die, in turns; then let it all come to its end."""
        kills = self.kills[name]
        tasks: list[asyncio.Task[None]] = []
        for turn in range(kills + 1):
            batch = people[turn :: kills + 1]
            tasks += [asyncio.create_task(one) for one in batch]
            if turn < kills:
                where = await self.fair.kill(names, nudge=nudge)
                print(f"{time.strftime('%X')} {name} {turn + 1}/{kills}: {where}", flush=True)
        self.fair.start()
        await asyncio.gather(*tasks)
        assert not self.crowd.wrong, "\n".join(self.crowd.wrong)

    async def over(self, state: str, *, nudge: float = 0.0) -> None:
        await self.fair.comes_to(state, nudge=nudge)
        await self.fair.until(self.fair.is_posted, f"the posts of {state}", nudge=nudge)

    async def skip(self, until: float) -> None:
        """Let the program be away until then."""
        await self.fair.until(self.fair.is_quiet, "that all is answered")
        await self.fair.bot.kill()
        self.fair.jump(until - self.fair.calendar.unix())

    # --- the phases -------------------------------------------------------------------------

    async def plan(self) -> None:
        """Ask the wizard, and look at everything before it is announced."""
        opens = self.fair.calendar.unix() + HOUR
        venues = f"discord/{self.fair.plugs['discord'].wall['id']}, mastodon, lemmy/{WALL}"
        answers = (
            "challenge",
            NAME,
            "Lanterns",
            "A light that somebody has left on.",
            datetime.fromtimestamp(opens, UTC).isoformat(),
            datetime.fromtimestamp(opens + 7 * DAY, UTC).isoformat(),
            "48",
            f"{venues}, reddit/{WALL}, web",
            "1",
            "light",
            "pumpkin",
            ", ".join(map(str, PLACES)),
            str(PARTICIPATION),
            str(BUDGET),
        )
        typed = "\n".join((*answers, ""))
        rehearsed = await self.fair.command("event", "new", "--dry-run", typed=typed)
        assert f"it costs {BUDGET:,} kudos" in rehearsed, rehearsed
        assert "is a draft" in await self.fair.command("event", "new", typed=typed)
        self.fair.start()
        await self.fair.until(self.fair.is_up, "its first start")
        assert "opens" in await self.fair.command("event", "announce", NAME)
        await self.fair.bot.kill()

    async def enter(self) -> None:
        await self.phase("announced", POSTING)
        await self.over("announced")
        await self.skip(await self.fair.due())
        people = list(self.entrants)
        self.fair.random.shuffle(people)
        names = ("picture", *ANSWERING, *POSTING)
        await self.phase("entering", names, [self.crowd.enter(one) for one in people])
        await self.over("open")
        others = [one for one in people if one is not self.favourite]
        await asyncio.gather(*(self.crowd.name_horde(one) for one in others[LATE - 1 :]))

    async def vote(self) -> None:
        closes = await self.fair.due()
        await self.skip(closes - DAY + 60)
        await self.phase("reminded", POSTING)
        await self.over("open")
        await self.skip(closes)
        await self.phase("closed", ())
        await self.over("closed")
        await self.skip(await self.fair.due())
        self.choose()
        people = list(self.voters)
        self.fair.random.shuffle(people)
        names = (*ANSWERING, *POSTING)
        await self.phase("voting", names, [self.crowd.vote(one) for one in people])
        await self.over("voting")
        await self.fair.until(self.fair.is_quiet, "that all votes are answered")
        doubtful = [one for one in self.voters if one.insisted]
        await asyncio.gather(*(self.crowd.look_again(one) for one in doubtful))
        for post in self.fair.plugs["mastodon"].server.community.posts.values():
            if post.poll is not None:
                post.poll.votes = [self.fair.random.randint(0, 9) for _ in post.poll.votes]

    def choose(self) -> None:
        """Let each voter like some entries; most like that of one entrant."""
        numbers = [one.entry for one in self.entrants]
        for one in self.voters:
            one.aims = set(self.fair.random.sample(numbers, 1 if one.way == "button" else 3))
            if self.fair.random.random() < 0.8:
                one.aims.add(self.favourite.entry)

    async def award(self) -> None:
        await self.skip(await self.fair.due())
        await self.phase("counted", ("poll",))
        await self.over("review", nudge=60)
        await self.skip(await self.fair.due())
        horde = self.fair.horde
        horde.fail("transfer", faults.rc("TooFastKudosTransfers"), 3)
        horde.fail("transfer", faults.lose(), 1)
        horde.fail("transfer", faults.limiter(), 1)
        await self.phase("awarded", ("transfer",) * 4 + POSTING, nudge=60)
        await self.over("promoted", nudge=60)

    async def claim(self) -> None:
        """Let most of those who have named no account do so now, the winner among them."""
        late = [one for one in self.entrants if not one.named]
        assert self.favourite in late
        late.remove(self.favourite)
        claiming = [self.favourite, *late[LATE // 3 :]]
        self.fair.horde.fail("transfer", faults.lose(), 1)
        await self.skip(self.fair.calendar.unix() + DAY)
        people = [self.crowd.name_horde(one) for one in claiming]
        await self.phase("claimed", ("transfer",), people, nudge=60)
        under_way = sa.select(sa.func.count()).where(
            kudos_transfers.c.state.in_(("intended", "sending"))
        )

        async def paid() -> bool:
            return await self.fair.one(under_way) == 0

        await self.fair.until(paid, "the last prize", nudge=60)

    async def archive(self) -> None:
        await self.skip(await self.fair.due())
        await self.phase("archived", ())
        await self.over("archived")
        await self.fair.until(self.fair.is_quiet, "the end")
        self.podium = await self.crowd.result()
        await self.fair.bot.stop()


@pytest.mark.timeout(0)
def test_a_challenge_on_five_platforms_is_held_from_wizard_to_archive(tmp_path):
    pace, began = new_pace(PACE), time.monotonic()
    database = f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"

    async def main():
        async with opened(pace, tmp_path, database, seed=KILLS) as fair:
            challenge = Challenge(fair, KILLS)
            try:
                for part in ("plan", "enter", "vote", "award", "claim", "archive"):
                    at = time.monotonic()
                    await getattr(challenge, part)()
                    print(f"{part}: {time.monotonic() - at:.1f} s", flush=True)
            finally:
                await challenge.crowd.close()
            proof = Proof(fair, challenge.crowd, challenge.entrants, challenge.voters)
            await proof.check(
                challenge.podium, places=PLACES, participation=PARTICIPATION, budget=BUDGET
            )
            assert sum(fair.struck.values()) == KILLS
            print(f"\n{await proof.figures()}; {time.monotonic() - began:.0f} s")
            print(f"Struck: {dict(sorted(fair.struck.items()))}", flush=True)

    live(pace, main)
