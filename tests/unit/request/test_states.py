"""Moderators read in words of their language where a request stands."""

import pytest

from common import texts
from request.kept.records import RequestState


@pytest.mark.parametrize("language", texts.spoken())
def test_every_state_has_words_of_its_own_in_every_language(language):
    words = texts.catalogue(language)
    said = [words[f"moderation.state_{state.value}"] for state in RequestState]
    assert len(set(said)) == len(RequestState)
