"""Values that go through the store come back as they were."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from common.model import (
    Audience,
    Credit,
    Ending,
    Incoming,
    IncomingKind,
    Job,
    LoraUse,
    Note,
    NoteKind,
    Outcome,
    Person,
    Picture,
    Place,
    TiUse,
)
from request.kept import encoding

NOW = datetime(2026, 11, 26, 22, tzinfo=UTC)
PLAIN = Incoming(Place("web"), "1", Person("ann", "Ann"), "draw", NOW)
FULL = replace(
    PLAIN,
    place=Place("web", "club", "room"),
    kind=IncomingKind.BUTTON,
    audience=Audience.UNLISTED,
    pictures=("https://x/y.png",),
    mentions=("painter", "<@1>"),
    roles=("7", "8"),
    joined=NOW,
    adult=False,
    cursor="9",
    language="de",
    context={"token": "t"},
)
CREDIT = Credit("Neon", "bob", "https://x/neon")
JOB = Job(
    style="raw",
    prompt="a fox",
    model="m",
    loras=(LoraUse("neon", credit=CREDIT), LoraUse("plain")),
    tis=(TiUse("bad", credit=CREDIT),),
    post_processing=("upscale",),
    extra_pictures=("sha256:1",),
)
PICTURE = Picture(1, Path("p"), "a" * 64, "image/webp", 64, 64, "raw", "m", "7", "w", "a fox")
OUTCOME = Outcome(
    request="abc",
    ending=Ending.PARTIAL,
    text="One of two.",
    pictures=(PICTURE,),
    notes=(Note("cut", "It was cut.", NoteKind.INFO),),
    suggestions=("neon",),
    follow_ups=("again",),
    code="answer.partial",
    kudos=8.5,
    private=True,
    spoiler=True,
)


def through_json(value):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("incoming", [PLAIN, FULL])
def test_what_was_heard_comes_back(incoming):
    plain = through_json(encoding.incoming_to_json(incoming))
    assert encoding.incoming_from_json(plain) == incoming


def test_what_an_earlier_version_heard_is_read():
    """Roles, mentions and the age of an account came later."""
    plain = through_json(encoding.incoming_to_json(PLAIN))
    for name in ("mentions", "roles", "joined"):
        del plain[name]
    assert encoding.incoming_from_json(plain) == PLAIN


@pytest.mark.parametrize("job", [JOB, Job(style="raw", prompt="a fox", model="m")])
def test_a_job_comes_back(job):
    assert encoding.job_from_json(through_json(encoding.job_to_json(job))) == job


def test_a_job_of_an_earlier_version_is_read():
    """Extra pictures and credits came later."""
    plain = through_json(encoding.job_to_json(replace(JOB, extra_pictures=())))
    del plain["extra_pictures"]
    for use in (*plain["loras"], *plain["tis"]):
        del use["credit"]
    uncredited = (LoraUse("neon"), LoraUse("plain"))
    expected = replace(JOB, extra_pictures=(), loras=uncredited, tis=(TiUse("bad"),))
    assert encoding.job_from_json(plain) == expected


def test_an_answer_comes_back_with_the_pictures_it_is_given():
    plain = through_json(encoding.outcome_to_json(OUTCOME))
    assert "pictures" not in plain
    assert encoding.outcome_from_json("abc", plain, (PICTURE,)) == OUTCOME


def test_an_answer_of_an_earlier_version_is_read():
    plain = through_json(encoding.outcome_to_json(OUTCOME))
    for name in ("code", "kudos", "private", "spoiler"):
        del plain[name]
    expected = replace(OUTCOME, code="", kudos=None, private=False, spoiler=False)
    assert encoding.outcome_from_json("abc", plain, (PICTURE,)) == expected


def test_what_no_database_can_hold_is_taken_out_of_all_that_was_heard():
    strange = replace(
        FULL, text="a\x00 fox \ud800", roles=("\x007",), context={"to\x00ken": "\udfff"}
    )
    plain = encoding.incoming_to_json(strange)
    assert (plain["text"], plain["roles"], plain["context"]) == ("a fox ?", ["7"], {"token": "?"})
