"""Clients for whoever pays: the bot's own account, and sponsors by the keys they gave."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from common.errors import Refusal
from common.horde.client import HordeClient
from events.kudos.funds import Funds
from events.kudos.records import FundRow, FundState
from events.kudos.seal import Seal

ANONYMOUS_ID = 0
Build = Callable[[SecretStr], HordeClient]


class Payers:
    """Keeps a client for each fund, because its Horde's limits are kept by the client.

    `house` is the bot's own account on the Horde that prizes are paid on, None where there is
    none; `build` makes a client there for another key.
    """

    def __init__(
        self, funds: Funds, seal: Seal | None, *, house: HordeClient | None, build: Build | None
    ) -> None:
        self._funds = funds
        self._seal = seal
        self._house = house
        self._build = build
        self._kept: dict[str, HordeClient] = {}

    def house(self) -> HordeClient:
        """Return the client of the bot's own account. Raises Refusal if there is none."""
        if self._house is None:
            raise Refusal("kudos.no_horde")
        return self._house

    def seal(self) -> Seal:
        """Return what seals keys. Raises Refusal with what the operator has to set."""
        if self._seal is None:
            raise Refusal("kudos.no_seal_key")
        return self._seal

    def client(self, key: SecretStr) -> HordeClient:
        """Return a new client for a key. Raises Refusal where no Horde pays prizes."""
        if self._build is None:
            raise Refusal("kudos.no_horde")
        return self._build(key)

    async def of(self, fund: str) -> HordeClient:
        """Return who pays a fund. Raises Refusal where the key is gone, or cannot be opened."""
        row = await self._funds.get(fund)
        if row is None or row.state is not FundState.READY:
            self._kept.pop(fund, None)
            raise Refusal("kudos.sponsor_left")
        return self.of_row(row)

    def of_row(self, row: FundRow) -> HordeClient:
        """Return who pays a fund that was just read."""
        if row.is_house:
            return self.house()
        if row.id not in self._kept:
            if row.sealed is None:
                raise Refusal("kudos.sponsor_left")
            key = self.seal().open(row.sealed, purpose_of(row.id, "key"))
            self._kept[row.id] = self.client(key)
        return self._kept[row.id]

    def drop(self, fund: str) -> None:
        """Forget a sponsor's key in memory too."""
        self._kept.pop(fund, None)


def purpose_of(fund: str, what: str) -> str:
    """Return what a sealed secret is bound to."""
    return f"{fund}:{what}"
