"""The page of the grammar says what the code does: options, verbs, commands, follow-ups."""

import re
from pathlib import Path

from common.texts import catalogue, languages
from request.grammar import OPTIONS, CommandName, FollowUpKind

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "grammar.md").read_text("utf-8")


def section(title):
    return PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(text):
    return [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]


def test_the_table_of_options_is_that_of_the_code():
    documented = {
        name
        for cell in first_cells(section("Options"))
        for name in re.findall(r"`--([\w-]+)", cell)
    }
    assert documented == {option.names[0] for option in OPTIONS if option.listed}


def test_every_option_of_other_programs_is_on_the_page():
    habits = section("From Midjourney") + section("From A1111 and CivitAI")
    names = [name for option in OPTIONS for name in option.names if name != "style"]
    known = section("Options") + habits
    assert [name for name in names if f"--{name}" not in known] == []


def test_every_command_and_follow_up_is_on_the_page():
    commands = section("Commands") + section("In reply to an answer")
    names = {*CommandName, *FollowUpKind} - {CommandName.OTHER}  # those have pages of their own
    assert [name.value for name in names if f"`{name.value}" not in commands] == []


def test_the_table_of_languages_is_that_of_the_catalogue():
    rows = {
        cells[1].strip(" `"): "|".join(cells)
        for cells in (line.split("|") for line in section("Languages").splitlines())
        if re.fullmatch(r" `[a-z]{2}` ", cells[1] if len(cells) > 1 else "")
    }
    assert set(rows) == set(languages())
    for language, row in rows.items():
        for group in ("verbs", "verbs_end", "again"):
            for phrase in catalogue(language).get(f"grammar.{group}", "").split("|"):
                assert phrase.strip() in row, (language, phrase)


def test_nothing_is_promised_for_later():
    assert "not yet" not in PAGE.casefold()
