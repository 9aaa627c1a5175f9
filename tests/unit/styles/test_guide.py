"""The list that the guide to writing styles shows is one that can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

from styles.lists import stylelist

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "write-a-style.md"
FILES = ("styles.json", "categories.json", "enhancements.json")


def test_the_list_in_the_guide_lacks_nothing_but_members_of_other_lists():
    shown = re.findall(r"```json\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    contents = {name: text.encode() for name, text in zip(FILES, shown, strict=False)}
    read = stylelist.parse(contents, "the guide")
    fog, thunder = read.styles.values()
    assert (fog.name, fog.author, read.names.get("harbor fog")) == ("harbour fog", "ann", fog.name)
    assert read.expand("featured") == (fog.name, thunder.name)
    assert read.faults == ()
    missing = stylelist.merge([read]).faults
    assert {fault.field for fault in missing} == {"watercolour"}
