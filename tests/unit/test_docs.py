"""The docs lead somewhere: every link inside the repository points to a file that is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
SHOWN = re.compile(r"!\[[^\]]*\]\(([^)#\s]+)\)")
ANCHOR = re.compile(r"\[[^\]]*\]\(([^)#\s]*)#([^)\s]+)\)")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "README.md"]
PATH = re.compile(r"`([\w.-]+/[\w./-]*)`")
FOLDERS = {"bots", "web", "events", "request", "styles", "common", "hub", "worker", "docs", "tests"}
"""Named, since there are others once the program has run here."""
MODULES = {"common/texts.say", "common/pictures.likeness"}
"""A name in a module, not a file."""


def test_links_inside_the_repository_point_to_files():
    missing = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in LINK.findall(page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert missing == []
    assert len(PAGES) > 8


def test_every_picture_of_the_docs_is_shown_on_a_page():
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in SHOWN.findall(page.read_text("utf-8"))
        if "://" not in target
    }
    kept = {file for file in (ROOT / "docs" / "pictures").iterdir() if file.is_file()}
    assert sorted(file.name for file in shown ^ kept) == []
    assert len(shown) > 20


def test_paths_that_the_docs_name_are_there():
    named = [
        (page.relative_to(ROOT), path)
        for page in PAGES
        for path in PATH.findall(page.read_text("utf-8"))
        if path.split("/")[0] in FOLDERS and "LANGUAGE" not in path and path not in MODULES
    ]
    tests = ROOT / "tests"  # a page on tests names them from a folder of theirs on
    gone = [one for one in named if not (ROOT / one[1]).exists() and not [*tests.rglob(one[1])]]
    assert gone == []
    assert len(named) > 100


def anchors_of(page):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.casefold()) for heading in headings)
    return {one.strip().replace(" ", "-") for one in plain}


def test_links_to_a_heading_find_it():
    missing = []
    for page in PAGES:
        for target, anchor in ANCHOR.findall(page.read_text("utf-8")):
            if "://" in target:
                continue
            other = page.parent / target if target else page
            if other.suffix == ".md" and anchor not in anchors_of(other):
                missing.append(f"{page.relative_to(ROOT)}: {target}#{anchor}")
    assert missing == []


def test_every_page_can_be_found_from_the_index():
    seen, open_pages = set(), [ROOT / "README.md"]
    while open_pages:
        page = open_pages.pop()
        if page in seen or page.suffix != ".md" or not page.is_file():
            continue
        seen.add(page)
        links = LINK.findall(page.read_text("utf-8"))
        open_pages += [(page.parent / one).resolve() for one in links if "://" not in one]
    lost = {page.resolve() for page in (ROOT / "docs").rglob("*.md")} - seen
    assert sorted(str(page.relative_to(ROOT)) for page in lost) == []


def test_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make demo" in readme
    assert "make test" in readme


def test_rooms_of_the_readme_are_there():
    readme = (ROOT / "README.md").read_text("utf-8")
    rooms = re.findall(r"^\| `(\w+)/` \|", readme, re.MULTILINE)
    there = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    assert sorted(rooms) == sorted(there)
