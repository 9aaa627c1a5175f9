"""Clients for whoever pays: the bot's own account, and sponsors by the keys they gave."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from common.errors import Refusal
from common.horde.client import HordeClient
from common.horde.transport import Patience
from events.kudos.funds import Funds
from events.kudos.records import FundRow, FundState
from events.kudos.seal import Seal

ANONYMOUS_ID = 0
ONE_TRY = Patience(connect=5.0, total=15.0, attempts=1, limiter_wait=5.0)
"""For clients that send kudos: the ledger itself knows when to try again, and no try may outlast
the lease under which it was begun.
"""


class Payers:
    """Keeps a client for each fund, because its Horde's limits are kept by the client.

    `horde` returns the client of the Horde that prizes are paid on, with the key of the bot's own
    account; None where there is none.
    """

    def __init__(
        self,
        funds: Funds,
        seal: Seal | None,
        horde: Callable[[], HordeClient | None],
        *,
        patience: Patience = ONE_TRY,
    ) -> None:
        self._funds = funds
        self._seal = seal
        self._horde = horde
        self._patience = patience
        self._asked: HordeClient | None = None
        self._kept: dict[str, HordeClient] = {}

    def house(self) -> HordeClient:
        """Return the client of the bot's own account. Raises Refusal if there is none."""
        horde = self._horde()
        if horde is None:
            raise Refusal("kudos.no_horde")
        if horde is not self._asked:  # the operator has changed it while we run
            self._asked, self._kept = horde, {"": horde.with_key(patience=self._patience)}
        return self._kept[""]

    def seal(self) -> Seal:
        """Return what seals keys. Raises Refusal with what the operator has to set."""
        if self._seal is None:
            raise Refusal("kudos.no_seal_key")
        return self._seal

    def client(self, key: SecretStr) -> HordeClient:
        """Return a new client for a key. Raises Refusal where no Horde pays prizes."""
        return self.house().with_key(key)

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
        self.house()
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
