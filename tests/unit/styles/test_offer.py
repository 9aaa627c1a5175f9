"""What may be offered where adult pictures are not meant."""

import pytest

from styles.lists.offer import offered


@pytest.mark.parametrize(
    ("name", "may"),
    [("raw", True), ("lewd", False), ("rude", False), ("adults", False), ("all", True)],
)
def test_adult_styles_models_and_categories_are_not_offered(build, reference, name, may):
    assert offered(build(), reference, nsfw=False)(name) is may
    assert offered(build(), reference, nsfw=True)(name) is True


def test_suggestions_leave_them_out(build, reference):
    stylelist = build()
    offer = offered(stylelist, reference, nsfw=False)
    assert "lewd" in stylelist.names.suggest("lewd")
    assert "lewd" not in stylelist.names.suggest("lewd", offer)
