"""What adapters are lent by the program."""

from __future__ import annotations

from bots.assembly.endpoints import LiveHordes
from bots.assembly.knowledge import Knowledge
from bots.assembly.live import LiveConfig
from common.database import Database
from common.texts import Line, nothing
from request.allowed.chat_settings import SettingsStore
from request.allowed.places import Places
from request.allowed.preferences import PreferenceStore
from request.kept.cursors import Cursors
from request.kept.people import People
from request.kept.store import Store
from request.lending import Services
from request.talking.enquiries import Enquiries


def lend(
    live: LiveConfig,
    database: Database,
    store: Store,
    knowledge: Knowledge,
    hordes: LiveHordes,
    *,
    people: People,
    preferences: PreferenceStore,
    about: Line = nothing,
) -> Services:
    """Put together what adapters are lent."""
    settings = SettingsStore(database)
    enquiries = Enquiries(
        store,
        knowledge.library,
        lambda: knowledge.reference.current,
        knowledge.catalogue,
        hordes,
        previews=knowledge.previews,
        people=people,
        preferences=preferences,
    )
    return Services(
        config=live.current,
        live=live,
        database=database,
        pictures=live.current.data_dir / "pictures",
        enquiries=enquiries,
        settings=settings,
        places=Places(live, settings),
        cursors=Cursors(database),
        about=about,
    )
