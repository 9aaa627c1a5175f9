"""What people are told."""

from dataclasses import replace
from pathlib import Path

from common.errors import Refusal
from common.model import Ending, Job, Note, NoteKind, Picture
from request.adapter import Capabilities
from request.answering import answers
from request.kept.records import JobRow, JobState, PictureRow

INFO = NoteKind.INFO
PHONE = Capabilities(text_length=60, pictures_per_reply=4, picture_bytes=10**6)


def job(number=1, n=2, reason=None, style="neon"):
    return JobRow(
        id=number,
        number=number,
        job=Job(style=style, prompt="p", model="m", n=n),
        state=JobState.DONE,
        endpoint="hub",
        horde_id="x",
        attempts=1,
        wasted=0,
        reason=reason,
    )


def row(job_id=1, sha256="a" * 64):
    return PictureRow(
        job=job_id,
        generation="g",
        seed="7",
        model="m",
        worker="w",
        censored=sha256 is None,
        sha256=sha256,
        mime="image/webp",
        width=512,
        height=512,
    )


def pictures(count):
    return answers.describe_pictures("r", "a fox", (job(),), [row()] * count, Path("/pictures"))


def test_all_pictures():
    outcome = answers.finished("r", "a fox", [job(n=2)], pictures(2), ())
    assert outcome.ending is Ending.DONE
    assert outcome.text == "Here you are, 2 pictures: a fox"
    assert outcome.follow_ups == ("again", "info")


def test_fewer_pictures_come_with_the_reason():
    outcome = answers.finished(
        "r", "a fox", [job(n=2, reason="Because."), job(2, n=2, reason="Because.")], pictures(1), ()
    )
    assert outcome.ending is Ending.PARTIAL
    assert outcome.text == "1 of 4 pictures: a fox Because."


def test_no_picture_says_why():
    outcome = answers.finished("r", "a fox", [job(reason="The worker fell over.")], (), ())
    assert outcome.ending is Ending.FAILED
    assert "The worker fell over." in outcome.text


def test_censored_pictures_are_not_shown_and_numbers_run_through():
    jobs = (job(1, style="neon"), job(2, style="raw"))
    rows = [row(1), row(1, sha256=None), row(2)]
    shown = answers.describe_pictures("r", "a fox", jobs, rows, Path("/pictures"))
    assert [(picture.number, picture.style) for picture in shown] == [(1, "neon"), (2, "raw")]
    assert shown[0].alt == "AI picture: a fox (style neon, seed 7, request r)"
    assert shown[0].path == Path("/pictures") / ("a" * 64)


def test_alternative_text_of_a_long_prompt_keeps_style_and_seed():
    (picture,) = answers.describe_pictures("r", "x" * 5000, (job(),), [row()], Path("/p"))
    assert len(picture.alt) <= answers.ALT_LENGTH
    assert picture.alt.endswith("(style neon, seed 7, request r)")


def test_refusal_keeps_its_suggestions():
    outcome = answers.refused("r", Refusal("refused.running", limit=3, suggestions=("neon",)))
    assert (outcome.ending, outcome.suggestions) == (Ending.REFUSED, ("neon",))
    assert "3 requests" in outcome.text


def test_suggestions_stand_in_the_text_where_nothing_can_be_pressed():
    outcome = answers.refused("r", Refusal("refused.running", limit=3, suggestions=("neon", "oil")))
    (written,) = answers.cut(outcome, replace(PHONE, text_length=500))
    (pressed,) = answers.cut(outcome, replace(PHONE, text_length=500, pressed=True))
    assert written.text == f"{outcome.text}\nPerhaps: neon, oil"
    assert pressed.text == outcome.text


def test_other_styles_are_to_be_had_by_a_reply():
    outcome = answers.refused(
        "r", Refusal("refused.style_unknown", words="nein", suggestions=("neon", "oil"))
    )
    (written,) = answers.cut(outcome, replace(PHONE, text_length=500))
    assert written.text.endswith(
        "Perhaps: neon, oil. Reply `style: neon` and I draw it in that one."
    )


def test_answer_is_cut_to_what_a_platform_carries():
    outcome = answers.finished("r", "a fox", [job(n=10)], pictures(10), (Note("n", "y" * 100),))
    parts = answers.cut(outcome, PHONE)
    assert [len(part.pictures) for part in parts] == [4, 4, 2]
    assert [part.number for part in parts] == [1, 2, 3]
    assert all(len(part.text) <= 60 for part in parts)
    assert parts[1].text == "(2/3)"


def test_text_alone_is_one_part():
    (part,) = answers.cut(answers.told("r", "hello"), PHONE)
    assert (part.text, part.pictures, part.total) == ("hello", (), 1)


def test_answer_with_pictures_says_they_are_machine_made():
    outcome = answers.finished("r", "a fox", [job(n=2)], pictures(2), ())
    assert "Made by AI. How: info r" in answers.full_text(outcome)
    assert "Made by AI." not in answers.full_text(replace(outcome, pictures=()))
    assert isinstance(outcome.pictures[0], Picture)


def test_a_picture_whose_prompt_nobody_said_is_answered_without_one():
    outcome = answers.finished("r", "", [job(n=1)], pictures(1), ())
    assert outcome.text == "Here you are."


def test_a_long_prompt_leaves_room_for_what_was_changed():
    notes = (Note("note.text_cut", "The rest was not read."), Note("note.quiet", "q" * 300, INFO))
    outcome = answers.finished("r", "a fox " * 40, [job(n=1)], pictures(1), notes)
    (part,) = answers.cut(outcome, replace(PHONE, text_length=150))
    assert len(part.text) <= 150
    assert part.text.splitlines()[1] == "The rest was not read."
