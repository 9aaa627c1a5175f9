"""The bot's own account, looked over: may it do what it must, and does its profile say who it is.

Servers ask for that: a bot is marked as one, names who answers for it, and says how to be rid of
it. People must know who makes the pictures, and who sees what they write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bots.mastodon.calls import Calls
from bots.mastodon.server import Server
from bots.shared.markup import plain_text
from common.errors import PlatformError
from common.findings import Finding
from common.texts import say, speaking

NEEDED = {
    "read": ("read:accounts", "read:notifications", "read:statuses"),
    "write": ("write:statuses", "write:media", "write:favourites", "write:accounts"),
}
"""Scopes of a token: either the whole, or these parts of it."""
SAID = ("AI Horde", "stop", "forget me")
"""What the profile has to speak of, in whatever words."""
FIELDS = ("made", "opt_out")
MOST_NOTE = 500
MOST_FIELDS = 4


class Profile:
    """The account of a bot on a server. `owner` is who answers for it: `@name@server`.

    What it says there is in `language`, what is found in the operator's.
    """

    def __init__(
        self, what: str, calls: Calls, server: Server, owner: str, *, language: str | None = None
    ) -> None:
        self._what = what
        self._calls = calls
        self._server = server
        self._owner = owner
        self._language = language

    async def examine(self, *, fix: bool) -> list[Finding]:
        """Say what is well and what is not; with `fix`, set the profile. Raises PlatformError."""
        me = await self._calls("account_verify_credentials")
        fixed = False
        with speaking(self._language):
            changes = self._changes(me) if fix else {}
        if changes:
            me = await self._calls("account_update_credentials", **changes)
            fixed = True
        account = say("mastodon.account", acct=me["acct"], domain=self._server.domain)
        return [
            Finding(self._what, ok=True, sentence=account),
            await self._scopes(),
            self._finding(bool(me["bot"]), "bot_flag"),
            self._finding(self._names_owner(me), "owner" if self._owner else "owner_unset"),
            self._finding(self._explains(me), "note"),
            *([Finding(self._what, ok=True, sentence=say("mastodon.fixed"))] if fixed else []),
        ]

    async def _scopes(self) -> Finding:
        try:
            app = await self._calls("app_verify_credentials")
        except PlatformError:
            app = {}
        given = {str(scope) for scope in app.get("scopes") or ()}
        missing = [
            part
            for whole, parts in NEEDED.items()
            for part in parts
            if given and whole not in given and part not in given
        ]
        return self._finding(not missing, "scopes", missing=", ".join(missing))

    def _changes(self, me: Mapping[str, Any]) -> dict[str, Any]:
        """Return what has to be set; what the operator wrote stays.

        Where the text of the profile has no room left, its fields say the same.
        """
        source = me.get("source") or {}
        changes: dict[str, Any] = {} if me["bot"] else {"bot": True}
        added = []
        if self._owner and not self._names_owner(me):
            added.append((say("mastodon.operator"), self._owner))
        if not self._explains(me):
            note = f"{source.get('note') or ''}\n\n{say('mastodon.profile')}".strip()
            if len(note) <= MOST_NOTE:
                changes["note"] = note
            else:
                added += [(say(f"mastodon.{one}"), say(f"mastodon.{one}_text")) for one in FIELDS]
        if added:
            fields = source.get("fields") or ()
            kept = [(str(field["name"]), str(field["value"])) for field in fields]
            changes["fields"] = [*added, *kept][:MOST_FIELDS]
        return changes

    def _names_owner(self, me: Mapping[str, Any]) -> bool:
        return bool(self._owner) and self._owner.lower() in _words(me).lower()

    def _explains(self, me: Mapping[str, Any]) -> bool:
        words = _words(me).lower()
        return all(word.lower() in words for word in SAID)

    def _finding(self, ok: bool, code: str, **values: object) -> Finding:
        ending = "" if ok else "_missing"
        return Finding(self._what, ok, say(f"mastodon.{code}{ending}", **values))


def _words(me: Mapping[str, Any]) -> str:
    """Return all a profile says, as it was typed where the server tells that."""
    source = me.get("source") or {}
    fields = [*(me.get("fields") or ()), *(source.get("fields") or ())]
    told = " ".join(f"{field.get('name')} {field.get('value')}" for field in fields)
    return f"{source.get('note') or ''} {plain_text(str(me.get('note') or ''))} {told}"
