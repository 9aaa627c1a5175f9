"""How praw gets to the fake: its settings, and a session that needs no certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests import Session
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from tests.fakes.reddit.server import FakeReddit


class _PlainHttp(HTTPAdapter):
    """Goes to http where https is asked for."""

    def send(self, request, **more):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **more)


def session_to(reddit: FakeReddit, session: Session) -> Session:
    """Lead a session's https addresses of the fake to it."""
    session.mount(f"https://{urlsplit(reddit.url).netloc}", _PlainHttp())
    session.trust_env = False
    return session


def settings_for(reddit: FakeReddit) -> dict[str, Any]:
    """Return the account's section of `config.yaml`."""
    return {
        "url": reddit.url,
        "oauth_url": reddit.url,
        "client_id": "an id",
        "client_secret": "a secret",
        "refresh_token": reddit.refresh_token,
        "username": reddit.world.bot,
        "owner": "olive",
    }
