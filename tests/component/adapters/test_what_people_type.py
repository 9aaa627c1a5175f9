"""What people type, on each platform: the answer is short, right, and says what to do next."""

from __future__ import annotations

import pytest

SETTINGS = {"default_style": "raw", "pictures": 1}
AT_ONCE = 8
"""What is asked before answers are waited for: all of it would take a busy machine too long."""

ANSWERED = {
    "drwa for me a cat please!": (1, "“drwa” was read as draw"),
    "draw 2 pictures of cats": (2, "“2 pictures of” was read as --n 2"),
    "```\ndraw a cat\n```": (1, "a cat"),
    "draw a cat @everyone": (1, "a cat"),
    "draw “a cat”—black\n\n- with a hat\n- in snow": (1, "with a hat"),
    "male mir bitte ein Haus": (1, "ein Haus"),
    "画一只猫": (1, "一只猫"),
    "ارسم لي قطة": (1, "قطة"),
    "draw for me style: raw": (0, "draw for me a fox in the snow style: raw"),
    "I'm bored. Draw me a cat for @bob": (1, "a cat"),
    "draw a cat https://x.example/a": (1, "a cat"),
    "draw this https://x.example/a": (0, "I draw from words and do not open addresses"),
    "you suck": (0, "I am sorry."),
    "good bot": (0, "Thank you!"),
    "lol": (0, "I make pictures: write draw"),
    "what styles do you have?": (0, "More: styles WORD"),
    "thanks!": (0, "You are welcome."),
    "why did it fail?": (0, "I only make pictures and cannot talk"),
    "a red car": (0, "draw for me a red car"),
    "how do I use you?": (0, "What must not be in it"),
    "never mind": (0, "Nothing of yours is being made"),
    "style: raw": (0, "Reply to one of my answers"),
}
"""How many pictures answer a text, and what the answer says."""

REPLIED = {
    "again --n 2": (2, "a fox"),
    "make it blue": (1, "a fox, blue"),
    "vary the first": (1, "a fox"),
    "how did you make this?": (0, "Style raw"),
    "16:9 please": (1, "a fox"),
    "without the hat": (1, "a fox"),
    "why is it black?": (0, "A picture that a worker's safety check has withheld"),
    "change the fox to a bear": (1, "a bear"),
    "flip it": (0, "I cannot turn, mirror or cut a finished picture"),
    "the first one": (0, "reply `vary 1` for more like it"),
    "are you a bot?": (0, "I am a program"),
}
"""The same for replies to a picture."""

AGREED = {"yes please": (1, "a red car")}
"""What answers the question whether a red car was wanted."""


def told(plug, words):
    """Return a sentence as the platform shows it: not all know marks of code, or show them so."""
    if plug.name == "mastodon":
        return words.replace("`", "“", 1).replace("`", "”", 1)
    return words.replace("`", "") if plug.name == "web" else words


@pytest.mark.parametrize("settings", [SETTINGS])
async def test_what_people_type_is_answered(settings, bot, plug):
    picture = await plug.answer(await plug.say("draw for me a fox", person="zoe"))
    asked = [(text, {"person": f"person{number}"}) for number, text in enumerate(ANSWERED)]
    asked += [
        (text, {"person": f"other{number}", "reply_to": picture.id})
        for number, text in enumerate(REPLIED)
    ]
    answers = {}
    for first in range(0, len(asked), AT_ONCE):
        said = {text: await plug.say(text, **how) for text, how in asked[first : first + AT_ONCE]}
        answers |= {text: await plug.answer(one) for text, one in said.items()}
    how = {**dict(asked)["a red car"], "reply_to": answers["a red car"].id}
    answers["yes please"] = await plug.answer(await plug.say("yes please", **how))
    for text, (pictures, words) in {**ANSWERED, **REPLIED, **AGREED}.items():
        answer = answers[text]
        assert answer.pictures == pictures, text
        assert told(plug, words) in answer.text, text
        assert "@everyone" not in answer.text or plug.name not in {"discord", "mastodon"}
        assert "`" not in answer.text or plug.name != "mastodon"  # it shows Markdown as it is
