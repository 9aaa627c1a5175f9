"""What a reload changes, what it names for the next start, and what it leaves alone."""

from __future__ import annotations

import pytest

from bots.operator.reload import LIVE, Reloaded, differences, merged
from common.config import Config, parse


def config(**sections):
    return parse({"instance": "one", **sections})


def test_settings_that_differ_are_named_by_their_place():
    before = config(web={"port": 1}, defaults={"pictures": 2}, keep_days=3)
    after = config(web={"port": 2}, defaults={"pictures": 4}, keep_days=3, run=["web", "hub"])
    assert set(differences(before, after)) == {"web.port", "defaults.pictures", "run"}
    assert list(differences(before, before)) == []


def test_only_what_may_change_changes():
    before = config(civitai={"url": "https://a", "max_megabytes": 1}, web={"port": 1})
    after = config(
        civitai={"url": "https://b", "max_megabytes": 2, "unchecked": "allow"},
        web={"port": 2},
        communities={"web/web": {"pictures": 1}},
        log={"level": "debug"},
    )
    result = merged(before, after)
    assert (result.civitai.url, result.civitai.max_megabytes) == ("https://a", 2)
    assert result.civitai.unchecked == "allow"
    assert (result.web.port, result.log.level) == (1, "debug")
    assert result.place("web", "web").pictures == 1


def test_a_secret_that_changes_is_named_but_not_told():
    before = config(horde={"endpoints": [{"url": "http://x", "key": "first-key"}]})
    after = config(horde={"endpoints": [{"url": "http://x", "key": "second-key"}]})
    names = tuple(differences(before, after))
    assert names == ("horde.endpoints",)
    assert "-key" not in " ".join(Reloaded(changed=names).sentences)


@pytest.mark.parametrize("setting", sorted(LIVE))
def test_every_setting_that_may_change_exists(setting):
    section, _, name = setting.partition(".")
    found = getattr(Config(), section)
    assert not name or name in type(found).model_fields


def test_a_mistake_comes_before_everything_else():
    told = Reloaded(problem="It is wrong.", changed=("web.port",)).sentences
    assert told == ("Nothing has changed: It is wrong.",)
