"""The page of limits has every limit of the configuration, with its default."""

import re
from pathlib import Path

import pytest

from common.config import CivitaiConfig, HordeConfig, HubConfig, PlaceConfig, WebConfig

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "limits.md").read_text("utf-8")
ROW = re.compile(r"^\| .+ \| `(\w+)` \| `?(\w+)`? \| (\S+?)(?::.*)? \|$", re.MULTILINE)
SECTIONS = {
    "place": PlaceConfig,
    "horde": HordeConfig,
    "web": WebConfig,
    "civitai": CivitaiConfig,
    "hub": HubConfig,
}
NO_LIMITS = {"pictures", "nsfw", "trusted_workers", "hordes", "private_hordes"} | {
    *("enabled", "default_style", "styles", "roles", "language")
}
"""Settings of a place that say what it prefers."""


def written(default):
    if default == ():
        return "none"
    return {None: "null", False: "false"}.get(default, str(default))


@pytest.mark.parametrize(("setting", "section", "default"), ROW.findall(PAGE))
def test_a_limit_on_the_page_is_a_setting_with_that_default(setting, section, default):
    assert written(SECTIONS[section].model_fields[setting].default) == default


def test_every_limit_of_a_place_is_on_the_page():
    listed = {setting for setting, section, _ in ROW.findall(PAGE) if section == "place"}
    assert listed == set(PlaceConfig.model_fields) - NO_LIMITS
