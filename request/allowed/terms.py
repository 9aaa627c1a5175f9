"""What holds while the pictures of a request are made."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import SecretStr

from common.horde.schedule import SHORTEST


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things are waited for, in seconds."""

    request: float = 2 * 3600
    """A request fails after this."""
    straggler: float = 300
    """The last job open is given up this long after its siblings, or after its turn has come."""
    queued: float = 1800
    """It waits for its turn this long after its siblings, if the Horde says that it does."""
    unreachable: float = 600
    """A Horde that does not answer, or is closed, is asked again for this long."""
    impossible: float = 600
    """A job nobody can make waits this long for somebody who can."""
    elsewhere: float = 30
    """The same where another Horde could make it and gets it then, or where nobody enlarges it."""
    pause: float = 2
    """Between two rounds through the endpoints; grows to ten times that."""
    look: float = SHORTEST
    """Between two looks at one request at least, and until the first."""


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose kudos a request is made with instead of the operator's."""

    horde: str
    """Name of the Horde (`horde.endpoints`) that the key is for; only that one is asked."""
    key: SecretStr


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all jobs of a request."""

    private: bool = False
    """No recipe goes into the files."""
    hordes: tuple[str, ...] = ()
    """Names of the Hordes that may be asked; empty: all."""
    person: str = ""
    """A keyed hash of who asks: people take turns, and some Hordes want to tell them apart."""
    payer: Payer | None = None
    """Whose kudos it is made with; None: the operator's."""

    def paid_by(self, payer: Payer | None) -> Terms:
        """Return what holds if somebody else pays, where their Horde may be asked at all."""
        if payer is None or (self.hordes and payer.horde not in self.hordes):
            return self
        return replace(self, hordes=(payer.horde,), payer=payer)
