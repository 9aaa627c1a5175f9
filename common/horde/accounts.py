"""Accounts of a Horde: who somebody is, shared keys, and kudos from one to another."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from common.errors import (
    HordeForbidden,
    HordeGone,
    HordeRejected,
    HordeUnclear,
    HordeUnreachable,
)
from common.horde.connection import Connection, segment
from common.horde.limits import Budget
from common.horde.wire_accounts import SharedKey, SharedKeyBody, TransferBody, Transferred, User

LONGEST_ORDER = 255
"""Characters of an idempotency key."""
_OF_THE_RECEIVER = frozenset({"DeletedUser", "SharedKeyExpired"})
"""In a transfer these may be about the other side, so they say nothing about our key."""


class AccountCalls(Connection):
    """Users, shared keys, kudos."""

    async def find_user(self) -> User:
        """Return the owner of the key. Raises HordeForbidden if there is none."""
        answer = await self._ask("GET", "/find_user", counted_by="find_user", with_key=True)
        return self._read(User.model_validate, answer)

    async def user(self, user_id: int) -> User:
        """Return what everybody may know of a user. Raises HordeGone if there is none."""
        answer = await self._ask(
            "GET",
            f"/users/{user_id:d}",
            budget=Budget.USER,
            counted_by=str(user_id),
            missing="horde.user_unknown",
        )
        return self._read(User.model_validate, answer)

    async def create_shared_key(self, body: SharedKeyBody) -> SharedKey:
        """Create a key that spends our kudos. HordeUnclear: it may exist without us knowing it.

        The server allows 3 to a user, 10 to a trusted one, and says HordeForbidden after that.
        """
        answer = await self._ask(
            "PUT",
            "/sharedkeys",
            budget=Budget.SHARED_KEY,
            body=body,
            with_key=True,
            repeatable=False,
        )
        return self._read(SharedKey.model_validate, answer, lost=HordeUnclear)

    async def shared_key(self, key_id: SecretStr) -> SharedKey:
        """Return what is left of a shared key, anybody's. Raises HordeGone if there is none.

        The server remembers its answer for a minute.
        """
        return await self._shared_key("GET", key_id)

    async def change_shared_key(self, key_id: SecretStr, body: SharedKeyBody) -> SharedKey:
        """Change what `body` names.

        Raises HordeGone if there is no such key, HordeForbidden if it is not ours.
        """
        return await self._shared_key("PATCH", key_id, body)

    async def delete_shared_key(self, key_id: SecretStr) -> None:
        """Delete a shared key of ours; one that is not there is deleted already."""
        try:
            await self._ask_shared_key("DELETE", key_id)
        except HordeGone:
            return

    async def transfer_kudos(
        self, to: str | SecretStr, amount: int, *, idempotency_key: str
    ) -> float:
        """Give kudos to `alias#id` or to a shared key; return how many went.

        Whoever asks again with the same `idempotency_key` (1 to 255 ASCII characters), even days
        later, gives nothing twice; so lost answers are asked for again here. HordeUnclear: ask
        again later with that key. HordeBusy: too soon, ask again after `retry_after`. Raises
        HordeRejected if it will never be done, ValueError for an amount below 1 or no key.
        """
        _check_order(idempotency_key)
        secret = to.get_secret_value() if isinstance(to, SecretStr) else ""
        body = TransferBody(username=secret or str(to), amount=amount)
        try:
            answer = await self._ask(
                "POST",
                "/kudos/transfer",
                budget=Budget.TRANSFER,
                body=body,
                with_key=True,
                headers={"Idempotency-Key": idempotency_key},
                secret=secret,
            )
            transferred = self._read(Transferred.model_validate, answer)
        except HordeForbidden as error:
            if error.rc not in _OF_THE_RECEIVER:
                raise
            message = error.values.get("message", "")
            raise HordeRejected(
                "horde.kudos_transfer", rc=error.rc, status=error.status, message=message
            ) from error
        except HordeUnreachable as error:  # one of the attempts may have arrived
            raise HordeUnclear("horde.kudos_unclear", status=error.status) from error
        return transferred.transferred

    async def _shared_key(
        self, method: str, key_id: SecretStr, body: SharedKeyBody | None = None
    ) -> SharedKey:
        answer = await self._ask_shared_key(method, key_id, body)
        return self._read(SharedKey.model_validate, answer)

    async def _ask_shared_key(
        self, method: str, key_id: SecretStr, body: SharedKeyBody | None = None
    ) -> Any:
        secret = key_id.get_secret_value()
        try:
            return await self._ask(
                method,
                f"/sharedkeys/{segment(secret)}",
                counted_by=f"{method} sharedkeys",
                body=body,
                with_key=method != "GET",
                secret=secret,
                missing="horde.shared_key_unknown",
            )
        except HordeForbidden as error:
            if not _means_shared_key(error, method):
                raise
            raise HordeGone(
                "horde.shared_key_unknown", rc=error.rc, status=error.status, horde=self.name
            ) from error


def _means_shared_key(error: HordeForbidden, method: str) -> bool:
    """Tell whether an unknown key is the shared one: servers say 401 for both it and our own.

    Reading needs no key of ours; where one is sent, only the server's words tell them apart.
    """
    said = str(error.values.get("answer", ""))
    return error.rc == "InvalidAPIKey" and (method == "GET" or "Shared Key" in said)


def _check_order(idempotency_key: str) -> None:
    """Raise ValueError for what cannot stand in a header, or would make every transfer new."""
    if not (0 < len(idempotency_key) <= LONGEST_ORDER):
        raise ValueError("An idempotency key has 1 to 255 characters.")
    if not (idempotency_key.isascii() and idempotency_key.isprintable()):
        raise ValueError("An idempotency key has printable ASCII characters only.")
