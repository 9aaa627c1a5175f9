"""Fetching with few bytes and little time, from any address."""

from common.fetching.fetch import Fetched, fetch


async def get(address: str, **options: object) -> Fetched:
    usual = {"limit_bytes": 1000, "timeout": 30, "public_only": False}
    return await fetch(address, **{**usual, **options})
