"""The fake's accounts: users, shared keys, and kudos that go from one to the other."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.horde.answers import error, invalid, mistyped
from tests.fakes.journal import json_of

if TYPE_CHECKING:
    from tests.fakes.horde.server import FakeHorde

ANONYMOUS = "0000000000"
SELF = "member#1"
"""Whose every key is that is not the anonymous one, nor somebody's in `owners`."""
DEFAULTS = {
    "kudos": 5000,
    "max_image_pixels": -1,
    "max_image_steps": -1,
    "max_text_tokens": -1,
}
"""Of a shared key."""
MOST_KEYS = {False: 3, True: 10}
"""Shared keys of one account, by whether it is trusted."""
NO_SHARED_KEY = "No user matching sent Shared Key."


class AccountRoutes:
    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde
        self._paid: dict[str, list[str]] = {}
        """Ids of the requests that a shared key has paid for, by its id."""

    def all(self, v2: str) -> Iterable[web.RouteDef]:
        key = f"{v2}/sharedkeys/{{id}}"
        return [
            web.get(f"{v2}/find_user", self._find_user, name="find_user"),
            web.get(f"{v2}/users/{{id}}", self._user, name="user"),
            web.put(f"{v2}/sharedkeys", self._create_key, name="shared_key_create"),
            web.get(key, self._show_key, name="shared_key"),
            web.patch(key, self._change_key, name="shared_key_change"),
            web.delete(key, self._delete_key, name="shared_key_delete"),
            web.post(f"{v2}/kudos/transfer", self._transfer, name="transfer"),
        ]

    # --- users ------------------------------------------------------------------------------

    async def _find_user(self, request: web.Request) -> web.Response:
        if not self.knows_key(request):
            return error(404, "UserNotFound", "No user matching sent API Key.")
        given = request.headers.get("apikey", "")
        anonymous = given == ANONYMOUS
        shared = self._horde.shared_keys.get(given)
        owner = self._owner(request)
        name = owner if shared is None else f"{owner} (Shared Key: {shared['name']})"
        user = {
            "username": "Anonymous#0" if anonymous else name,
            "id": 0 if anonymous else int(owner.rpartition("#")[2]),
            "kudos": 0.0 if anonymous else self._balance(owner),
            "concurrency": 500 if anonymous else 30,
            "trusted": self._horde.trusted,
            "moderator": False,
            "service": self._horde.service,
            "worker_ids": [],
        }
        if not anonymous and shared is None:  # the server shows these to the owner alone
            user["sharedkey_ids"] = [
                key_id
                for key_id, key in self._horde.shared_keys.items()
                if key["username"] == owner
            ]
        return web.json_response(user)

    def _owner(self, request: web.Request) -> str:
        """Return whose the key of a request is."""
        given = request.headers.get("apikey", "")
        shared = self._horde.shared_keys.get(given)
        return self._horde.owners.get(given, SELF) if shared is None else shared["username"]

    def _balance(self, name: str) -> float:
        return self._horde.kudos if name == SELF else self._horde.users[name]

    async def _user(self, request: web.Request) -> web.Response:
        asked = request.match_info["id"]
        username = next((u for u in self._horde.users if u.endswith(f"#{asked}")), None)
        if username is None:
            return error(404, "UserNotFound", f"User with ID '{asked}' not found.")
        return web.json_response(
            {
                "username": username,
                "id": int(asked),
                "kudos": self._balance(username),
                "concurrency": 30,
                "worker_invited": 0,
                "moderator": False,
                "worker_count": 0,
                "trusted": self._horde.trusted,
                "flagged": False,
                "service": False,
                "education": False,
                "customizer": False,
                "deleted": False,
                "pseudonymous": False,
                "account_age": 851,
            }
        )

    def knows_key(self, request: web.Request) -> bool:
        given = request.headers.get("apikey")
        known = self._horde.keys
        return known is None or given in known or given in self._horde.shared_keys

    def _refuse_key(self, request: web.Request) -> web.Response | None:
        """Refuse whoever is no user; a shared key is none."""
        if "apikey" not in request.headers:
            return invalid({"apikey": "Missing required parameter in the HTTP headers"})
        shared = request.headers["apikey"] in self._horde.shared_keys
        if shared or not self.knows_key(request):
            return error(401, "InvalidAPIKey", "No user matching sent API Key.")
        return None

    # --- shared keys ------------------------------------------------------------------------

    async def _create_key(self, request: web.Request) -> web.Response:
        problem = self._refuse_key(request)
        if problem is not None:
            return problem
        if request.headers["apikey"] == ANONYMOUS:
            return error(403, "AnonForbidden", "Anonymous is not allowed to do this.")
        body = await json_of(request)
        if (problem := mistyped(body)) is not None:
            return problem
        most = MOST_KEYS[self._horde.trusted]
        if self._keys_of(self._owner(request)) >= most:
            return error(403, "Forbidden", f"You cannot have more than {most} shared keys.")
        key_id = str(uuid.uuid4())
        key = {"id": key_id, "username": self._owner(request), "utilized": 0, **DEFAULTS}
        self._horde.shared_keys[key_id] = key | _changes(body)
        return web.json_response(self._horde.shared_keys[key_id])

    def _keys_of(self, owner: str) -> int:
        return sum(key["username"] == owner for key in self._horde.shared_keys.values())

    async def _show_key(self, request: web.Request) -> web.Response:
        key = self._horde.shared_keys.get(request.match_info["id"])
        if key is None:
            return error(401, "InvalidAPIKey", NO_SHARED_KEY)
        return web.json_response(key)

    async def _change_key(self, request: web.Request) -> web.Response:
        problem = self._not_our_key(request)
        if problem is not None:
            return problem
        body = await json_of(request)
        if (problem := mistyped(body)) is not None:
            return problem
        changes = _changes(body)
        if not changes:
            return error(400, "NoSharedKeyModSelected", "Nothing to modify was given.")
        key = self._horde.shared_keys[request.match_info["id"]]
        key.update(changes)
        return web.json_response(key)

    async def _delete_key(self, request: web.Request) -> web.Response:
        problem = self._not_our_key(request)
        if problem is not None:
            return problem
        key_id = request.match_info["id"]
        del self._horde.shared_keys[key_id]
        for horde_id in self._paid.pop(key_id, ()):  # they go with it
            self._horde.requests.pop(horde_id, None)
        return web.json_response({"message": "OK"})

    def _not_our_key(self, request: web.Request) -> web.Response | None:
        key_id = request.match_info["id"]
        key = self._horde.shared_keys.get(key_id)
        if key is None:
            return error(401, "InvalidAPIKey", NO_SHARED_KEY)
        problem = self._refuse_key(request)
        if problem is None and key["username"] != self._owner(request):
            problem = error(403, "Forbidden", f"Shared Key {key_id} belongs to somebody else.")
        return problem

    def refuse_payer(self, request: web.Request, cost: float) -> web.Response | None:
        """Return the refusal of a shared key that cannot pay; take the cost from one that can."""
        key = self._horde.shared_keys.get(request.headers.get("apikey", ""))
        if key is None or key["kudos"] == -1:
            return None
        if key["kudos"] == 0:
            return error(403, "SharedKeyEmpty", "This shared key has no kudos.")
        if key["kudos"] < cost:
            return error(403, "SharedKeyInsufficientKudos", "This shared key has too few kudos.")
        key["kudos"] -= int(cost)
        key["utilized"] += int(cost)
        return None

    def note_payer(self, request: web.Request, horde_id: str) -> None:
        """Note which requests a shared key has paid for."""
        key_id = request.headers.get("apikey", "")
        if key_id in self._horde.shared_keys:
            self._paid.setdefault(key_id, []).append(horde_id)

    # --- kudos ------------------------------------------------------------------------------

    async def _transfer(self, request: web.Request) -> web.Response:
        body = await json_of(request)
        problem = self._refuse_key(request)
        if problem is None:
            problem = mistyped(body)
        if problem is not None:
            return problem
        missing = {
            field: "Missing required parameter in the JSON body"
            for field in ("username", "amount")
            if body.get(field) is None
        }
        if missing:
            return invalid(missing)
        return self._carry_out(request, body["username"], body["amount"])

    def _carry_out(self, request: web.Request, to: str, amount: int) -> web.Response:
        """Move kudos, or say why not, in the server's order of questions.

        An order that was carried out before is answered again only after most of them: an
        account that was flagged meanwhile has its kudos, and the answer still says no.
        """
        horde, order = self._horde, request.headers.get("Idempotency-Key")
        payer, receiver = self._owner(request), self._receiver(to)
        reason = self._why_not(request, payer, receiver, amount)
        if reason:
            return error(400, reason, "The kudos stay where they are.")
        if order is not None and (payer, order) in horde.orders:
            if horde.orders[payer, order] != (receiver, amount):
                return error(400, "IdempotencyKeyConflict", "The key was used otherwise.")
            return web.json_response({"transferred": float(amount)})
        if amount > self._balance(payer):
            return error(400, "KudosTransferNotEnough", "Not enough kudos.")
        self._move(payer, receiver, amount)
        if to in horde.shared_keys and horde.shared_keys[to]["kudos"] != -1:
            horde.shared_keys[to]["kudos"] += amount
        horde.transfers.append((to, amount))
        if order is not None:
            horde.orders[payer, order] = (receiver, amount)
        horde.sent_at[payer, receiver] = horde.now()
        return web.json_response({"transferred": float(amount)})

    def _receiver(self, to: str) -> str:
        """Return whose kudos grow; only the number of a name counts, "" for nobody."""
        if to in self._horde.shared_keys:
            return str(self._horde.shared_keys[to]["username"])
        number = to.rpartition("#")[2]
        if number == "0":
            return "Anonymous#0"
        return next((u for u in self._horde.users if u.endswith(f"#{number}")), "")

    def _why_not(self, request: web.Request, payer: str, receiver: str, amount: int) -> str:
        horde = self._horde
        reasons = {
            "KudosTransferFromAnon": request.headers["apikey"] == ANONYMOUS,
            "InvalidTargetUsername": not receiver,
            "KudosTransferToAnon": receiver == "Anonymous#0",
            "KudosTransferToSelf": receiver == payer,
            "TooFastKudosTransfers": self._just_sent(receiver, payer),
            "SourceAccountFlagged": payer in horde.flagged,
            "TargetAccountFlagged": receiver in horde.flagged,
            "NegativeKudosTransfer": amount < 0,
            "InvalidKudosTransferAmount": amount == 0,
        }
        return next((rc for rc, holds in reasons.items() if holds), "")

    def _just_sent(self, payer: str, receiver: str) -> bool:
        at = self._horde.sent_at.get((payer, receiver))
        return at is not None and self._horde.now() - at < REVERSE_PAUSE

    def _move(self, payer: str, receiver: str, amount: int) -> None:
        for name, change in ((payer, -amount), (receiver, amount)):
            if name == SELF:
                self._horde.kudos += change
            else:
                self._horde.users[name] += change


REVERSE_PAUSE = 60.0
"""Seconds in which kudos cannot go back to whom they just came from."""
MOST_DAYS = 100_000


def _changes(body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a shared key that a body sets, as the server tells them."""
    changes = {name: body[name] for name in ("name", *DEFAULTS) if body.get(name) is not None}
    if 0 < (days := body.get("expiry") or -1) < MOST_DAYS:
        end = datetime.now(UTC) + timedelta(days=days)
        changes["expiry"] = format_datetime(end.replace(tzinfo=None, microsecond=0))
    return changes
