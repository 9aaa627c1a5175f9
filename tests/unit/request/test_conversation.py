"""What `status` tells of the stylelists."""

import json

from common import texts
from common.civitai.catalogue import AssetCatalogue
from common.config import PlaceConfig
from request.grammar import Command, CommandName
from request.horde.hordes import Hordes
from request.talking.conversation import Conversation
from styles.lists.library import StyleLibrary


async def test_status_tells_the_age_the_trouble_and_the_faults_of_the_lists(tmp_path):
    now = 1_800_000_000.0
    folder = tmp_path / "list"
    folder.mkdir()
    styles = {"fine": {"prompt": "{p}", "model": "sd"}, "odd": {"prompt": "{p}", "modle": "sd"}}
    (folder / "styles.json").write_text(json.dumps(styles))
    library = await StyleLibrary.open([str(folder)], clock=lambda: now)
    catalogue = await AssetCatalogue.open(None, tmp_path / "civitai")

    async def status(later):
        asked = Conversation(library, catalogue, Hordes(()), texts.nothing, now=lambda: now + later)
        return (
            await asked.reply("1", Command(CommandName.STATUS), PlaceConfig())
        ).text.splitlines()

    lists, faults = await status(0)
    assert lists == "1 styles and 0 categories, read just now."
    assert faults.startswith("2 faults in the stylelists; `hordebots styles check`")
    (folder / "styles.json").write_text("{")
    await library.refresh()
    lists, trouble, _faults = await status(3 * 3600)
    await catalogue.close()
    assert lists == "1 styles and 0 categories, read 3 hours ago."
    assert "is not valid JSON" in trouble
    assert "The last good list is in use" in trouble
