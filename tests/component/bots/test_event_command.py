"""`hordebots event`: from the wizard to the files that stay."""

import asyncio
import json
import time
from datetime import UTC, datetime

import pytest
import yaml
from typer.testing import CliRunner

from bots.__main__ import app
from bots.assembly.rooms import open_events
from bots.program import prepare_folder
from common.config import load
from common.errors import HordebotsError
from common.model import Job
from events.entries.candidate import Candidate
from events.entries.entry_store import Entrant
from events.model import Shown
from request.kept.encoding import job_to_json
from request.kept.leases import Leases
from styles.lists.previews import keep
from tests.fakes.pictures import plain
from tests.words import words

RUNNER = CliRunner()
DAY = 24 * 3600.0


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "config.yaml"
    text = "data_dir: data\naccounts: {lemmy: {}}\nweb: {public_url: 'https://art.example'}\n"
    file.write_text(text, "utf-8")
    return file


@pytest.fixture
def say(config):
    """Run a command; return what it prints."""

    def run(*words, code=0, **more):
        told = RUNNER.invoke(app, ["event", *words, "--config", str(config)], **more)
        if told.exception is not None and not isinstance(told.exception, SystemExit):
            raise told.exception
        assert told.exit_code == code, told.output
        return told.output

    return run


@pytest.fixture
def plan(tmp_path):
    def write(name="autumn", **more):
        now = time.time()
        document = {
            "name": name,
            "title": "Autumn",
            "theme": "Leaves",
            "kind": "contest",
            "schedule": {
                "opens": datetime.fromtimestamp(now + DAY, UTC).isoformat(),
                "closes": datetime.fromtimestamp(now + 8 * DAY, UTC).isoformat(),
            },
            "venues": [{"account": "lemmy", "to": "aiart"}],
            "voting": {"fewest_entries": 1, "fewest_votes": 1},
            **more,
        }
        file = tmp_path / f"{name}.yaml"
        file.write_text(yaml.safe_dump(document), "utf-8")
        return str(file)

    return write


def in_rooms(config, work):
    """Do something with the rows, as the running program would."""
    settings = load(config)

    async def go():
        async with open_events(settings, prepare_folder(settings.data_dir)) as parts:
            return await work(parts)

    return asyncio.run(go())


def test_a_dry_run_shows_every_post_and_the_worst_case_and_keeps_nothing(say, plan):
    told = say("new", "--file", plan(prizes={"places": [50, 20], "budget": 70}), "--dry-run")
    assert "lemmy/aiart: announce" in told
    assert "lemmy/aiart: heat-1 (4)" in told
    assert "lemmy/aiart: announce\nAutumn\n" in told
    assert "lemmy/aiart: winners (3)" in told
    assert "https://art.example/events/autumn" in told
    assert "In the worst case it costs 70 kudos." in told
    assert say("list") == "There are no events yet. `hordebots event new` plans one.\n"
    machine = json.loads(say("new", "--file", plan(), "--dry-run", "--json"))
    assert [post["key"] for post in machine["posts"]][:2] == ["announce", "open"]
    assert list(machine["times"])[-1] == "archived"


def test_the_wizard_asks_again_until_it_is_a_plan(say):
    answers = ["challenge", "Bad Name", "Autumn", "Leaves", *[""] * 9]
    good = ["party", "autumn", "Autumn", "Leaves", *[""] * 9]
    told = say("new", input="\n".join((*answers, *good)) + "\n")
    assert "begin with a small letter" in told
    shown = json.loads(say("show", "autumn", "--json"))
    assert (shown["state"], shown["plan"]["kind"]) == ("draft", "party")


def test_a_plan_with_a_mistake_is_refused_with_the_key(say, plan):
    with pytest.raises(HordebotsError, match=r"rules\.entries"):
        say("new", "--file", plan(rules={"entries": 0}))
    with pytest.raises(HordebotsError, match="no event called winter"):
        say("show", "winter")


def test_a_place_on_an_account_that_nobody_knows_is_told_of_and_the_draft_is_kept(plan, config):
    elsewhere = [{"account": "lemmmy", "to": "aiart"}, {"account": "lemmy"}, {"account": "web"}]
    file = plan(venues=elsewhere)
    for command in ("new --dry-run", "new", "plan autumn", "series begin weekly"):
        asked = ["event", *command.split(), "--file", file, "--config", str(config)]
        told = RUNNER.invoke(app, asked)
        assert told.exit_code == 0, told.output
        assert "Nothing will be posted at lemmmy/aiart: the con" in told.stderr
        assert "It has: lemmy, web. Correct `venues`" in told.stderr
        assert "no such account" not in told.stdout
        assert told.stdout
    shown = RUNNER.invoke(app, ["event", "show", "autumn", "--json", "--config", str(config)])
    assert json.loads(shown.stdout)["plan"]["venues"][0]["account"] == "lemmmy"
    machine = ["event", "new", "--file", plan("winter", venues=elsewhere), "--json"]
    told = RUNNER.invoke(app, [*machine, "--config", str(config)])
    assert (json.loads(told.stdout)["state"], "lemmmy/aiart" in told.stderr) == ("draft", True)


def test_a_plan_for_the_accounts_there_are_is_kept_without_a_word_more(plan, config):
    asked = ["event", "new", "--file", plan(), "--config", str(config)]
    assert RUNNER.invoke(app, asked).stderr == ""


async def two_enter(parts):
    """Ann and Bob, with a style each."""
    leases = Leases(parts.outbox._database, "bot")
    lease = await leases.take("lemmy")
    event = await parts.events.event("autumn")
    for number, who in enumerate(("ann", "bob"), start=1):
        job = Job(style="raw", prompt="a fox in fog", model="m", loras=())
        recipe = {
            "job": job_to_json(job),
            "prompt": "a fox in fog",
            "template": "{p} in fog###{np}",
            "called": f"fog {number}",
        }
        likeness = str(number) * 64
        one = Candidate(
            str(number) * 64, "image/webp", likeness, 512, 512, f"fox {who}", recipe=recipe
        )
        entrant = Entrant("lemmy", who, Shown.NAME, who.title(), "CC0-1.0")
        await parts.entries.entered(lease, event, one, entrant, written=time.time())


async def two_vote(parts):
    event = await parts.events.event("autumn")
    await parts.voting.cast(event, "lemmy", "cem", (2,))
    await parts.voting.cast(event, "lemmy", "dia", (1, 2))


@pytest.fixture
def awarded(say, plan, config):
    """A contest that an operator has led from its plan to its winner, entry 2."""
    say("new", "--file", plan())
    assert "opens" in say("announce", "autumn")
    assert "takes entries until" in say("open", "autumn")
    in_rooms(config, two_enter)
    say("hide", "autumn", "1", "--why", "copied")
    say("unhide", "autumn", "1")
    say("close", "autumn")
    say("vote", "autumn")
    in_rooms(config, two_vote)
    say("judge", "autumn", "2")
    say("award", "autumn")


@pytest.mark.usefixtures("awarded")
def test_an_operator_leads_a_contest_to_its_files(say, tmp_path):
    shown = say("show", "autumn")
    assert "copied" in shown
    assert "2  Bob  entered" in shown
    keep(tmp_path / "data" / "previews", {"fog 2": {"animal": plain()}})
    files = say("export", "autumn", "--out", str(tmp_path / "out")).split()
    names = sorted(file.rpartition("/")[2] for file in files)
    assert names[:-1] == [
        "autumn-attribution.md",
        "autumn-ballots.json",
        "autumn-feed.json",
        "autumn-previews.json",
        "autumn-styles.json",
        "autumn.json",
    ]
    previews = json.loads((tmp_path / "out" / "autumn-previews.json").read_text("utf-8"))
    assert previews == {"fog 2": {"animal": names[-1]}}
    styles = json.loads((tmp_path / "out" / "autumn-styles.json").read_text("utf-8"))
    assert styles["fog 2"]["prompt"] == "{p} in fog###{np}"


@pytest.mark.usefixtures("awarded")
def test_anybody_recounts_a_contest_and_learns_of_nobody_who_voted(say, tmp_path):
    say("export", "autumn", "--out", str(tmp_path / "out"))
    ballots = tmp_path / "out" / "autumn-ballots.json"
    told = RUNNER.invoke(app, ["event", "recount", str(ballots)])
    assert "1. entry 2: 2 points" in told.output
    assert "follows from these ballots" in told.output
    text = ballots.read_text("utf-8") + (tmp_path / "out" / "autumn.json").read_text("utf-8")
    assert not {"cem", "dia"} & words(text)
    forged = json.loads(ballots.read_text("utf-8"))
    forged["ballots"][0]["choices"] = [1]
    ballots.write_text(json.dumps(forged), "utf-8")
    assert RUNNER.invoke(app, ["event", "recount", str(ballots)]).exit_code == 2


def test_a_series_is_begun_listed_and_ended(say, plan):
    assert "every 7 days" in say("series", "begin", "weekly", "--file", plan())
    assert "weekly" in say("series", "list")
    assert "comes no more" in say("series", "end", "weekly")
    assert "no series" in say("series", "end", "weekly")


def test_an_event_that_was_is_the_template_of_another(say, plan, tmp_path):
    say("new", "--file", str(plan()))
    file = tmp_path / "winter.yaml"
    file.write_text(say("template", "autumn", "winter", "--opens", "2027-12-01T18:00:00"), "utf-8")
    written = yaml.safe_load(file.read_text("utf-8"))
    times = {
        name: datetime.fromisoformat(at)
        for name, at in written["schedule"].items()
        if "T" in str(at)
    }
    assert times["opens"] == datetime(2027, 12, 1, 18, tzinfo=UTC)
    assert (times["closes"] - times["opens"]).days == 7
    assert (written["title"], written["kind"]) == ("Autumn", "contest")
    assert "winter" in say("new", "--file", str(file))
    assert "winter" in say("list")
