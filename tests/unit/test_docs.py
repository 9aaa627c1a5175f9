"""The docs lead somewhere: every link inside the repository points to a file that is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_links_inside_the_repository_point_to_files():
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in LINK.findall(page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert missing == []
    assert len(PAGES) > 8


def test_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make demo" in readme
    assert "make test" in readme


def test_rooms_of_the_readme_are_there():
    readme = (ROOT / "README.md").read_text("utf-8")
    rooms = re.findall(r"^\| `(\w+)/` \|", readme, re.MULTILINE)
    there = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    assert sorted(rooms) == sorted(there)
