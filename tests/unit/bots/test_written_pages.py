"""The pages that come from the code say what the code says."""

from __future__ import annotations

import pytest
import typer
from pydantic import Field

from bots import reference
from common.settings.section import Section


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_a_page_is_what_make_docs_writes(name):
    written = (reference.FOLDER / name).read_text("utf-8")
    assert written == reference.PAGES[name](), f"{name} is old: run `make docs`"


def test_a_setting_without_a_sentence_is_no_setting():
    class Silent(Section):
        told: int = Field(default=1, description="What it is for.")
        silent: int = 2

    with pytest.raises(ValueError, match=r"silent\.silent has no sentence"):
        list(reference._table(Silent, "silent."))


def test_an_option_without_a_sentence_is_no_option():
    app = typer.Typer()

    @app.command()
    def go(fast: int = 1) -> None:
        """Go somewhere."""
        raise NotImplementedError(fast)

    with pytest.raises(ValueError, match="--fast has no sentence"):
        list(reference._command("go", typer.main.get_command(app)))


def test_what_a_reload_takes_is_said_of_sections_and_of_what_is_in_them():
    assert reference._is_live("styles.parameters.steps")
    assert reference._is_live("civitai.unchecked")
    assert not reference._is_live("civitai.url")
    assert not reference._is_live("web.port")
