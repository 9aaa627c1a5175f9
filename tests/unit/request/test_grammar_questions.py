"""What is only asked about is explained, not done."""

import pytest

from events.linking.commands import COMMANDS as LINKING
from events.wishes import COMMANDS as WISHES
from request.grammar import Command, CommandName, FollowUp, FollowUpKind, read
from request.talking import glossary
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime"))


def reading(text, *, reply=True):
    return read(text, NAMES, reply=reply, others={**WISHES, **LINKING})


EXPLAINED = {
    "delete?": "delete",
    "Delete this? 🤔": "delete",
    "stop?": "stop",
    "shut up?": "stop",
    "forget me？": "forget me",
    "cancel?": "cancel",
    "report?": "report",
    "share?": "share",
    "share always?": "share",
    "unshare?": "unshare",
    "pause?": "pause",
    "resume?": "resume",
    "ban bob?": "ban",
    "unban bob?": "unban",
}


@pytest.mark.parametrize("reply", [True, False])
@pytest.mark.parametrize("text", EXPLAINED)
def test_a_question_about_a_command_does_nothing_and_there_is_something_to_say(text, reply):
    word = EXPLAINED[text]
    assert reading(text, reply=reply) == Command(CommandName.HELP, word, asked=True)
    assert f"`{word}" in glossary.explain(glossary.find(word), log_days=7)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("delete", CommandName.DELETE),
        ("can you delete this?", CommandName.DELETE),
        ("delete this, please?", CommandName.DELETE),
        ("could you stop?", CommandName.STOP),
        ("report why is this here?", CommandName.REPORT),
        ("status?", CommandName.STATUS),
        ("queue?", CommandName.QUEUE),
        ("help?", CommandName.HELP),
        ("start?", CommandName.START),
    ],
)
def test_what_is_asked_for_is_done_and_so_is_what_only_looks_on(text, name):
    assert reading(text).name is name


def test_a_picture_may_be_asked_for_with_a_question_mark():
    assert reading("again?") == FollowUp(FollowUpKind.AGAIN)


@pytest.mark.parametrize("text", ["unlink?", "withdraw autumn?", "event autumn cancel?", "events?"])
def test_of_a_command_of_a_room_above_it_is_noted(text):
    assert reading(text).name is CommandName.OTHER
    assert reading(text).asked
    assert not reading(text.rstrip("?")).asked


@pytest.mark.parametrize(
    "text",
    [
        *(
            "link?",
            "link please",
            "Link? 🙏",
            "what's the link",
            "can I have the link?",
            "the link",
        ),
        *(
            "link to this?",
            "hast du den Link?",
            "le lien svp",
            "¿me pasas el enlace?",
            "qual o link?",
        ),
        *("リンクは？", "リンクをください"),
    ],
)
def test_under_an_answer_its_link_is_meant(text):
    assert reading(text) == Command(CommandName.HELP, "link", asked=True)


@pytest.mark.parametrize("text", ["link", "/link", "Link", "link KX7P-M3QT", "link ab#7"])
def test_the_command_of_that_name_is_still_one(text):
    meant = reading(text)
    assert (meant.name, meant.word, meant.asked) == (CommandName.OTHER, "link", False)
