"""Words on Discord's commands, forms and buttons are as short as Discord takes them."""

from __future__ import annotations

import re

import pytest

from common import texts

NAME = re.compile(r"[-_'\w]{1,32}")
FORM = 45
"""Titles of forms and labels of their fields."""
FORMS = re.compile(
    r"discord\.(edit|remix)_(title|prompt|negative|options|strength)|discord\.own_(title|sharing)"
    r"|discord_options\.(style|size|model)_own_is"
    r"|discord_settings\.(style|limits|role|default_style|styles|(max_)?pictures"
    r"|requests_per_hour|running_per_person)"
)
LONGEST = (
    (FORMS, FORM),
    (re.compile(r"discord(_styles)?\.\w+_example"), 100),
    (re.compile(r"discord_(commands|options|event)\.\w+"), 100),
    (re.compile(r"discord_menus\.\w+"), 32),
    (
        re.compile(r"discord_buttons\.\w+|discord_settings\.\w+|discord_styles\.(back|on|subject)"),
        80,
    ),
    (
        re.compile(r"discord_styles\.choose|discord\.(style_placeholder|mine_choose|choose_\w+)"),
        150,
    ),
)
SENTENCES = {"discord_settings.summary", "discord_settings.unusable"}


@pytest.mark.parametrize("language", texts.spoken())
def test_what_stands_on_something_is_no_longer_than_discord_allows(language):
    found = {
        code: said for code, said in texts.catalogue(language).items() if code not in SENTENCES
    }
    for codes, most in LONGEST:
        named = {code: said for code, said in found.items() if codes.fullmatch(code)}
        assert named
        assert {code: said for code, said in named.items() if not 1 <= len(said) <= most} == {}


@pytest.mark.parametrize("language", texts.spoken())
def test_commands_and_options_are_called_as_discord_takes_it_and_no_two_commands_alike(language):
    found = texts.catalogue(language)
    choices = {
        "discord_options.share_always",
        "discord_options.share_ask",
        "discord_options.share_never",
    }
    names = {
        code: said
        for code, said in found.items()
        if re.fullmatch(r"discord_(commands|options)\.\w+(?<!_is)", code) and code not in choices
    }
    assert len(names) > 40
    strange = {c: one for c, one in names.items() if not NAME.fullmatch(one) or one != one.lower()}
    assert strange == {}
    commands = [said for code, said in names.items() if code.startswith("discord_commands.")]
    assert sorted(commands) == sorted(set(commands))
