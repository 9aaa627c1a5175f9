"""What the guard lets through: words before, pictures after."""

import sys
from dataclasses import replace

import pytest
from PIL import Image

from common.errors import WorkerError
from worker.engines.protocol import EngineLora, Fault, Generated, Task
from worker.order import Order, Verdict, Withheld
from worker.safety.checkers import CommandChecker, build_checker
from worker.safety.guard import FOR_ADULTS, NOT_CHECKED, Guard
from worker.safety.judgement import DOUBTFUL, NUDE, judge

TASK = Task("m", "a fox", "", 64, 64, 5, 4.0, "k_euler", karras=True, seeds=(1,))
ORDER = Order(("a",), (None,), TASK, deadline=100.0)
IMAGE = Image.new("RGB", (64, 64), "red")


class Eye:
    """A checker that sees what it is told; None: it breaks."""

    name = "eye"

    def __init__(self, nudity):
        self.sees = nudity
        self.looked = 0

    def load(self):
        pass

    def nudity(self, image):
        assert image.mode == "RGB"
        self.looked += 1
        if self.sees is None:
            raise OSError("gone")
        return self.sees

    def close(self):
        pass


def look(nudity, *, nsfw=False, order=ORDER):
    (result,) = Guard(Eye(nudity), nsfw=nsfw).look(order, [Generated(IMAGE, 7)])
    return result


def asking(prompt, **changes):
    return replace(ORDER, task=replace(TASK, prompt=prompt, **changes))


@pytest.mark.parametrize(
    ("nudity", "minor", "verdict"),
    [
        (0.0, False, Verdict.FINE),
        (NUDE - 0.01, False, Verdict.FINE),
        (NUDE, False, Verdict.NSFW),
        (DOUBTFUL - 0.01, True, Verdict.FINE),
        (DOUBTFUL, True, Verdict.CSAM),
        (1.0, True, Verdict.CSAM),
        (float("nan"), True, Verdict.CSAM),
        (float("nan"), False, Verdict.NSFW),
    ],
)
def test_the_verdict(nudity, minor, verdict):
    assert judge(nudity, minor=minor) is verdict


def test_a_harmless_picture_leaves_as_it_is():
    assert look(0.0) == Generated(IMAGE, 7)


def test_a_picture_for_adults_leaves_only_where_it_may():
    assert look(0.9) == Withheld(7, Verdict.NSFW)
    assert look(0.9, nsfw=True) == Generated(IMAGE, 7, (FOR_ADULTS,))
    assert look(0.9, nsfw=True, order=replace(ORDER, censor=True)) == Withheld(7, Verdict.NSFW)


@pytest.mark.parametrize("nsfw", [True, False])
def test_hardly_any_nudity_beside_a_child_is_withheld_whatever_is_allowed(nsfw):
    order = asking("a child at the lake")
    assert look(0.2, nsfw=nsfw, order=order) == Withheld(7, Verdict.CSAM)
    assert look(0.05, nsfw=nsfw, order=order) == Generated(IMAGE, 7)


def test_a_lora_speaks_too():
    order = asking("at the lake", loras=(EngineLora("schoolgirl"),))
    assert look(0.3, order=order) == Withheld(7, Verdict.CSAM)
    titled = replace(ORDER, titles=("Cute child",))
    assert look(0.3, order=titled) == Withheld(7, Verdict.CSAM)


def test_what_could_not_be_looked_at_stays():
    assert look(None) == NOT_CHECKED
    fault = Fault("information", "see_ref", "x")
    assert Guard(Eye(0.9), nsfw=False).look(ORDER, [fault]) == [fault]


@pytest.mark.parametrize(
    "prompt",
    ["nude child", "n4ked t e e n", "l0li", "a 14 year old in lingerie", "小 niña desnuda"],
)
def test_words_that_are_never_drawn(prompt):
    for checker in (None, Eye(0.0)):
        assert Guard(checker, nsfw=True).forbids(asking(prompt))


def test_ordinary_words_are_drawn_and_a_source_is_looked_at():
    guard = Guard(eye := Eye(0.6), nsfw=True)
    assert not guard.forbids(asking("nude woman, oil painting", source_image=IMAGE))
    assert guard.forbids(asking("a child by the sea", source_image=IMAGE))
    assert not guard.forbids(asking("a child by the sea"))
    assert eye.looked == 2


# --- programs that look -------------------------------------------------------------------------

LOOKS = """
import json, struct, sys
while head := sys.stdin.buffer.read(4):
    picture = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    assert picture.startswith(b"\\x89PNG")
    print(json.dumps({"nsfw": len(picture) > 2000}), flush=True)
"""


def command(program, **options):
    return CommandChecker([sys.executable, "-c", program], **options)


def test_a_program_is_sent_pictures_and_says_what_it_sees():
    checker = command(LOOKS)
    checker.load()
    noisy = Image.effect_noise((64, 64), 90).convert("RGB")
    assert (checker.nudity(IMAGE), checker.nudity(noisy)) == (0.0, 1.0)
    checker.close()


@pytest.mark.parametrize(
    ("program", "seconds"),
    [
        ("raise SystemExit(1)", 5),
        ("import time; time.sleep(60)", 0.2),
        ("import sys; sys.stdin.buffer.read(4); print('what?', flush=True)", 5),
        ("import sys; sys.stdin.buffer.read(4); print('{}', flush=True)", 5),
    ],
)
def test_a_program_that_says_nothing_useful_is_refused_in_time(program, seconds):
    checker = command(program, seconds=seconds)
    with pytest.raises(WorkerError, match="command"):
        checker.load()
    checker.close()


def test_a_program_that_died_is_started_again():
    once = LOOKS.replace("while head :=", "if head :=")
    checker = command(once)
    checker.load()
    checker._process.wait()
    assert checker.nudity(IMAGE) == 0.0
    checker.close()


def test_a_checker_nobody_knows_names_the_others():
    with pytest.raises(WorkerError, match="open_nsfw"):
        build_checker("magic")
    assert build_checker("diffusers:/x").name == "diffusers"
    assert build_checker("command:look --at").name == "command"
