"""A CivitAI to ask, and catalogues that remember."""

import asyncio

import pytest

from common.civitai.catalogue import AssetCatalogue
from common.civitai.client import CivitaiClient, Patience
from tests.fakes.civitai import FakeCivitai

QUICK = Patience(total=30.0, first_pause=0.01, longest_pause=0.05)


@pytest.fixture
async def civitai():
    async with FakeCivitai() as running:
        yield running


@pytest.fixture
def client(civitai, session):
    return CivitaiClient(civitai.url, session, patience=QUICK)


@pytest.fixture
async def open_catalogue(client, clock, tmp_path):
    """Open a catalogue on the test's folder; pauses take no time, but are counted."""
    opened = []

    async def open_one(*, asks=True):
        catalogue = await AssetCatalogue.open(
            client if asks else None, tmp_path, clock=clock, sleep=lambda _: asyncio.sleep(0)
        )
        opened.append(catalogue)
        return catalogue

    yield open_one
    for catalogue in opened:
        await catalogue.close()
