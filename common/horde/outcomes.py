"""What the server's errors mean: an answer turned into the error it stands for.

The server says `{"message", "rc"}`. Its limiter says 429 with a message and no `rc`, its schema
check 400 with `errors` and no `rc`; what it does not explain is judged by the status code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from common import texts
from common.errors import (
    HordeBusy,
    HordeError,
    HordeForbidden,
    HordeGone,
    HordeRejected,
    HordeUnreachable,
)
from common.horde.return_codes import ENDPOINT_PAUSES, KEY_PAUSE, MENDED, OUTCOMES, PAUSES

SHOWN = 200
"""Characters of the server's message that people are shown."""
LOGGED = 2000
"""Characters of it that are kept for the log, as `error.values["answer"]`."""

LIMITER_PAUSE = 5.0
"""Seconds to wait after a 429 that does not say how long."""
LAST_MOMENT = 0.5
"""The least to wait after one: servers count whole seconds and say 0 in the last one."""
LONGEST_TIMEOUT = 86_400.0
"""Seconds of a `TimeoutIP` that are believed."""
_TIMEOUT = re.compile(r"(\d{1,9}) more seconds")

_BY_STATUS: dict[int, tuple[type[HordeError], str]] = {
    401: (HordeForbidden, "horde.key_invalid"),
    403: (HordeForbidden, "horde.forbidden_because"),
    404: (HordeGone, "horde.gone"),
    408: (HordeUnreachable, "horde.unreachable"),
    413: (HordeRejected, "horde.too_large"),
    423: (HordeBusy, "horde.busy"),
    429: (HordeBusy, "horde.busy"),
}
_CLEAR_WITHOUT_WORDS = frozenset({408, 413, 429})
"""These mean the same from any proxy; a 403 or 404 in HTML is a gatekeeper's, not the Horde's."""


def error_of(status: int, answer: Any, headers: Mapping[str, str], *, horde: str) -> HordeError:
    """Return the error that an answer with a status of 400 or more stands for.

    `answer` is the decoded JSON, or None if there was none; `horde` is the endpoint's name.
    """
    body = answer if isinstance(answer, Mapping) else {}
    rc = body.get("rc")
    rc = rc[:100].rstrip(".") if isinstance(rc, str) else ""  # some end like a sentence
    kind, code = OUTCOMES.get(rc) or _judge_by_status(status, known=bool(body))
    said = _message_of(body)
    return kind(
        code,
        rc=rc,
        status=status,
        retry_after=_pause(kind, rc, headers),
        horde=horde,
        message=shorten(said),
        answer=said[:LOGGED],
        pauses_endpoint=_endpoint_pause(status, rc, said),
    )


def mend(error: HordeError) -> str:
    """Return what the operator can do about an error; "" if there is nothing but waiting."""
    known = MENDED.get(error.rc)
    return "" if known is None else texts.say(f"mend.{known}")


def is_limiter(error: HordeError) -> bool:
    """Tell whether the rate limiter spoke: nothing was looked at, and waiting helps."""
    return isinstance(error, HordeBusy) and error.status == 429 and not error.rc


def shorten(message: str, limit: int = SHOWN) -> str:
    """Return a server's message as one line of at most `limit` characters, for people."""
    line = " ".join("".join(c if c.isprintable() else " " for c in message).split())
    line, _, _ = line.partition(" You have requested this URI")
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _judge_by_status(status: int, *, known: bool) -> tuple[type[HordeError], str]:
    """Return class and sentence for a status whose `rc` says nothing."""
    if status in _BY_STATUS and (known or status in _CLEAR_WITHOUT_WORDS):
        return _BY_STATUS[status]
    if 400 <= status < 500 and known:
        return HordeRejected, "horde.rejected_because"
    if status >= 500:
        return HordeUnreachable, "horde.broken" if known else "horde.unreachable"
    return HordeUnreachable, "horde.not_a_horde"


def _message_of(body: Mapping[str, Any]) -> str:
    """Return the message, with the faulty fields where the schema check names them."""
    faults = body.get("errors")
    if isinstance(faults, Mapping) and faults:
        return "; ".join(f"{field}: {problem}" for field, problem in faults.items())
    return str(body.get("message") or texts.say("horde.no_message"))


def _pause(kind: type[HordeError], rc: str, headers: Mapping[str, str]) -> float | None:
    if kind is not HordeBusy:
        return None
    if rc:
        return PAUSES.get(rc)
    asked = parse_retry_after(headers.get("Retry-After"))
    return LIMITER_PAUSE if asked is None else max(asked, LAST_MOMENT)


def _endpoint_pause(status: int, rc: str, said: str) -> float | None:
    if rc == "TimeoutIP" and (found := _TIMEOUT.search(said)):
        return min(max(float(found[1]), 1.0), LONGEST_TIMEOUT)
    if rc in OUTCOMES or status != 401:
        return ENDPOINT_PAUSES.get(rc)
    return KEY_PAUSE


def parse_retry_after(text: str | None) -> float | None:
    """Return the seconds a `Retry-After` asks for; None for none, a date, or nonsense."""
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if 0 <= seconds < 86_400 else None
