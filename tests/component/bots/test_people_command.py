"""`hordebots people`: the operator sees who asks, and bans."""

import json

from tests.component.bots.programs import run


def test_a_ban_and_its_end_are_kept(write_config, tmp_path):
    config = write_config(data_dir=str(tmp_path / "data"))

    def people(*words):
        done = run("people", *words, "--config", config, cwd=tmp_path)
        assert done.code == 0, done.err
        return done.out

    assert "unban" in people("ban", "web", "ann")
    assert "ann may ask on web again" in people("unban", "web", "ann")
    assert json.loads(people("list", "web", "--json")) == []
