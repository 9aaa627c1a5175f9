"""Section 1 of the rules: cleaning, mentions, verbs, prompt and negative."""

import pytest

from common.errors import Refusal
from request.grammar import ImageRequest, NotARequest, WhyNot, read
from request.grammar.clean import LONGEST_RAW, LONGEST_TEXT
from styles.names import NameIndex

NAMES = NameIndex(("raw", "anime", "stylepunks", "jim eidomode", "neon"), {"cel": "anime"})
BOT = ("painter", "<@123>", "<@&456>", "painter@example.social")


def reading(text, **context):
    return read(text, NAMES, bot_names=BOT, **context)


def prompt(text, **context):
    return reading(text, **context).prompt


@pytest.mark.parametrize(
    "verb",
    [
        *("draw for me", "draw for us", "draw me", "draw us", "draw", "imagine", "Draw  For\nme"),
        *("DRAW", "draw:", "draw me,", "/imagine", "!draw", "please draw", "can you draw me"),
        *("Hello! Could you please draw us", "hi there, draw"),
        *("draw：", "...draw me", "hey, can you please draw for us:"),
    ],
)
def test_verbs_and_politeness(verb):
    assert prompt(f"{verb} a fox") == "a fox"


@pytest.mark.parametrize(
    "text",
    [
        *("a fox", "drawing a fox", "draws a fox", "draw-me a fox", "drwa-me a fox"),
        *("withdraw a fox", "I draw a fox", '"draw a fox" and "a cat"', "画家很好"),
    ],
)
def test_without_a_verb_at_the_start_it_is_no_request(text):
    assert reading(text).why is WhyNot.NO_VERB


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@alice as a knight", "alice as a knight"),
        ("a fox", "a fox"),
        ("draw me a fox", "a fox"),
        ("help", "help"),
        ("please", "please"),
        ('"', '"'),
    ],
)
def test_where_the_verb_may_be_left_out_the_whole_text_is_the_prompt(text, expected):
    assert prompt(text, verb_optional=True) == expected


def test_what_was_not_said_to_the_bot_is_no_request():
    assert reading("draw a fox", addressed=False) == NotARequest(WhyNot.NOT_ADDRESSED)


@pytest.mark.parametrize("text", ["", "  \n", "@painter", "> draw a fox", "\u200b\x00", '""'])
def test_nothing_but_mentions_and_quotes_is_empty(text):
    assert reading(text) == NotARequest(WhyNot.EMPTY)


def test_a_reply_that_fits_nothing_is_talk():
    assert reading("nice one", reply=True) == NotARequest(WhyNot.TALK)


@pytest.mark.parametrize(
    "text",
    ["draw", "draw for me", "draw ### bad", "draw --n 2", "draw style: raw.", "描いて", "그려줄래"],
)
def test_an_empty_prompt_is_refused_with_an_example(text):
    with pytest.raises(Refusal, match="for example: draw for me") as refusal:
        reading(text)
    assert refusal.value.code == "refused.empty_prompt"


@pytest.mark.parametrize("text", ["draw", "draw --n 2", "draw for me style: anime"])
def test_where_a_picture_came_along_the_prompt_may_be_empty(text):
    asked = reading(text, picture=True)
    assert isinstance(asked, ImageRequest)
    assert asked.prompt == ""


def test_the_prompt_may_run_over_several_lines():
    assert prompt("draw me a fox\n\nin the snow") == "a fox\n\nin the snow"


@pytest.mark.parametrize(
    "text",
    [
        "@painter draw a fox",
        "draw a fox @painter",
        "draw @painter a fox",
        "@Painter@example.social draw a fox",
        "<@123> draw a fox",
        "draw a fox <@&456>",
        "u/painter draw a fox",
        "[@painter@example.social](https://example.social/u/painter) draw a fox",
        "@alice @bob@other.social @painter draw a fox",
        "hello @painter, draw a fox",
        "<@!123> draw a fox",
        "<@999> draw a fox",
        "draw a fox @PAINTER",
    ],
)
def test_mentions_are_taken_out_wherever_they_stand(text):
    assert prompt(text) == "a fox"


@pytest.mark.parametrize("mention", ["@painter@example.social", "@painter.bot", "@painter"])
def test_a_bot_is_mentioned_by_each_of_its_names_with_or_without_its_host(mention):
    found = read(f"draw a fox {mention}", NAMES, bot_names=("painter", "painter.bot"))
    assert found == ImageRequest("a fox")


def test_a_mention_leaves_one_space_and_no_gap_before_punctuation():
    assert prompt("draw a fox @painter, blue") == "a fox, blue"


@pytest.mark.parametrize("words", ["me@painter.org", "@_@ face", "a fox @ 5 pm"])
def test_other_at_signs_stay(words):
    assert prompt(f"draw {words}") == words


def test_a_mention_inside_an_address_is_part_of_it():
    text = "--strength 0.5 https://example.social/@painter/1.png https://example.org/u/painter"
    assert reading(f"draw a fox {text}").addresses == tuple(text.split()[2:])


def test_quoted_lines_are_dropped_before_mentions_are_looked_for():
    assert reading("> @painter draw a cat") == NotARequest(WhyNot.EMPTY)


def test_quoted_lines_are_dropped():
    assert prompt("> draw a cat\n>> again\ndraw a fox\n> style: zzz\nin snow") == "a fox\nin snow"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u200b fo\u200dx", "a fox"),
        ("a \u202efox\u202c", "a fox"),
        ("a\x00 \x07fox\x7f", "a fox"),
        ("a \ud800fox", "a fox"),
        ("cafe\u0301", "café"),
        ("a\tfox", "a\tfox"),
        ("a\r\nfox", "a\nfox"),
        ("İstanbul, STRASSE ß ﬁ", "İstanbul, STRASSE ß ﬁ"),
        ("a fox\u2028in snow", "a fox\u2028in snow"),
        ("e\u200b\u0301t\u0301e\u0301", "ét\u0301é"),
    ],
)
def test_cleaning(text, expected):
    assert prompt(f"draw {text}") == expected


def test_a_long_message_is_cut_with_a_note():
    request = reading("draw " + "x" * 5000)
    assert len(request.prompt) == 4000 - len("draw ")
    assert [note.code for note in request.notes] == ["note.text_cut"]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("a" * LONGEST_TEXT, False),
        ("a" * (LONGEST_TEXT + 1), True),
        ("a" + "\u200b" * (LONGEST_RAW - 1), False),
        ("a" + "\u200b" * LONGEST_RAW, True),
    ],
    ids=["all of it", "a character too many", "all of it, unseen", "one unseen too many"],
)
def test_that_something_was_not_read_is_said_if_and_only_if_it_is_so(text, cut):
    found = reading(text, verb_optional=True)
    assert ["was longer than 4000" in note.text for note in found.notes] == [True] * cut


@pytest.mark.parametrize(
    ("text", "positive", "negative"),
    [
        ("a fox ### bad", "a fox", "bad"),
        ("a fox###bad", "a fox", "bad"),
        ("a fox ##### bad", "a fox", "bad"),
        ("a fox ### bad ### worse", "a fox", "bad, worse"),
        ("a fox ###", "a fox", ""),
        ("a fox ## not yet", "a fox ## not yet", ""),
        ("a fox --no cars, people", "a fox", "cars, people"),
        ("a fox --no cars --n 2 in snow", "a fox in snow", "cars"),
        ("a fox --no cars ### bad", "a fox", "bad, cars"),
        ("a fox ### bad --no cars --no men", "a fox", "bad, cars, men"),
        ("a fox ### bad --n 2 worse", "a fox", "bad worse"),
        ("a fox --no cars style: raw", "a fox", "cars"),
    ],
)
def test_negative_prompts(text, positive, negative):
    request = reading(f"draw {text}")
    assert (request.prompt, request.negative) == (positive, negative)


def test_braces_stay_in_the_prompt_for_the_resolver():
    assert prompt("draw a {red, blue} {fox|cat}") == "a {red, blue} {fox|cat}"


def test_a_full_request():
    assert reading("@painter draw for me a fox in the snow style: stylepunks") == ImageRequest(
        prompt="a fox in the snow", style="stylepunks"
    )
