"""The language of the project: what goes from an adapter to the core and back.

`Incoming` (adapter → core) is what a person wrote, `Job` (resolver → Horde client) is one
submission ready for the Horde, `Outcome` (core → adapter) is what the person is told. No
platform object and no Horde dict crosses these borders. Start reading here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was said: our account there, the community, the channel in it."""

    account: str
    """Name of the account in `config.yaml`."""
    community: str = ""
    """Guild, the asker's domain, Lemmy community, subreddit; "" where there is only one."""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who said it. `id` is the platform's own and stable; `name` is what people read."""

    id: str
    name: str


class Audience(StrEnum):
    """Who can read what was written."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    """Everybody who comes upon it; it is shown in no list, and so in none of ours."""
    PRIVATE = "private"
    """Only the asker and the bot: a direct message, an ephemeral interaction."""


class IncomingKind(StrEnum):
    """What the person did."""

    MESSAGE = "message"
    BUTTON = "button"
    """A button under one of our answers; `text` is the follow-up it stands for (`again`). For
    `cancel` the `parent` is the event whose request is meant."""
    EDIT = "edit"
    """The asker changed the post that `event` names; `text` is what it says now."""
    DELETION = "deletion"
    """The asker deleted the post that `event` names."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a person wrote or pressed, as an adapter heard it."""

    place: Place
    event: str
    """Id of what the person wrote (status, comment, message, interaction, form token)."""
    person: Person
    text: str
    created: datetime
    """With time zone, by the platform's clock."""
    kind: IncomingKind = IncomingKind.MESSAGE
    audience: Audience = Audience.PUBLIC
    addressed: bool = True
    """Whether the bot was mentioned, or cannot be meant otherwise (slash command, web room)."""
    expects: bool = False
    """Whether the platform shows the person that an answer is due (a slash command, a button):
    then nothing is passed over in silence."""
    verb_optional: bool = False
    """True where the whole text is the prompt (a slash command's prompt field)."""
    parent: str | None = None
    """Platform id of the post this one replies to, if any; `#ID` where a button names one of our
    requests itself."""
    pictures: tuple[str, ...] = ()
    """https addresses of the pictures attached, or `sha256:<hex>` of bytes already kept."""
    mentions: tuple[str, ...] = ()
    """The bot's own names as people write them here: `painter`, `painter@example.social`,
    `<@123>`. They are taken out of the text, wherever they stand."""
    moderator: bool = False
    """Whether the person may moderate the place, by the platform's own rights."""
    roles: tuple[str, ...] = ()
    """Ids of the person's roles in the community, on platforms that have them."""
    joined: datetime | None = None
    """When the person's account was made, where the platform tells."""
    turned_away: str = ""
    """Code of the sentence why the account does not serve this person; "" where it does."""
    adult: bool | None = None
    """Whether the platform marks the place as one for adults, or the writer what they wrote; None
    where there is no such mark."""
    cursor: str | None = None
    """How far the platform's list of what people wrote is read with this event; kept with it.
    None for what came as a stream."""
    language: str | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    """What the adapter itself needs to answer later; opaque to the core, survives a restart."""


class NoteKind(StrEnum):
    """How loud a note is."""

    INFO = "info"
    """Something was drawn or chosen for the person (the styles of a category)."""
    CHANGED = "changed"
    """Something the person wrote was cut, clamped, replaced or skipped."""


@dataclass(frozen=True, slots=True)
class Note:
    """What happened to a request on its way, for the answer. `text` is a sentence for people."""

    code: str
    text: str
    kind: NoteKind = NoteKind.CHANGED


@dataclass(frozen=True, slots=True)
class Credit:
    """Whose work was used: shown with every answer, never sent to a Horde."""

    title: str
    creator: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class LoraUse:
    """A LoRA of a job, as the Horde takes it."""

    name: str
    """CivitAI model id, version id (with `is_version`), or a name the worker knows."""
    model: float = 1.0
    clip: float = 1.0
    inject_trigger: str | None = None
    is_version: bool = False
    credit: Credit | None = None
    """None where nobody has looked it up."""


@dataclass(frozen=True, slots=True)
class TiUse:
    """A textual inversion of a job, as the Horde takes it."""

    name: str
    inject_ti: str | None = None
    strength: float | None = None
    credit: Credit | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One submission to a Horde: everything it needs but the endpoint and the key.

    Fields that are None are left out of the body, so that the server's default holds.
    `common/horde/wire.py` turns it into the body of `POST /v2/generate/async`.
    """

    style: str
    """Name of the style it came from, for the answer."""
    prompt: str
    """`POSITIVE###NEGATIVE`, or only the positive."""
    model: str
    n: int = 1
    width: int = 512
    height: int = 512
    steps: int = 30
    cfg_scale: float = 7.5
    sampler: str = "k_euler_a"
    karras: bool = True
    clip_skip: int = 1
    hires_fix: bool = False
    tiling: bool = False
    seed: str | None = None
    """Sent only if the person gave one."""
    seed_variation: int | None = None
    loras: tuple[LoraUse, ...] = ()
    tis: tuple[TiUse, ...] = ()
    post_processing: tuple[str, ...] = ()
    denoising_strength: float | None = None
    source_picture: str | None = None
    """`sha256:<hex>` of a picture in the picture folder; the client sends its bytes."""
    source_processing: str | None = None
    """`img2img`, `inpainting`, `outpainting` or `remix`."""
    extra_pictures: tuple[str, ...] = ()
    """Further pictures of a remix, like `source_picture`; at most 5."""
    enlarge: bool = False
    """Nothing but `post_processing` is wished for: an alchemist may do it to the source picture as
    it is. Who draws instead changes it a little."""
    unseen: bool = False
    """The source picture was brought along: no Horde has judged yet what it shows."""
    control_type: str | None = None
    """ControlNet: what is taken from the source picture."""
    nsfw: bool = False
    censor_nsfw: bool = True
    trusted_workers: bool = False
    slow_workers: bool = True

    @property
    def assets(self) -> tuple[LoraUse | TiUse, ...]:
        """LoRAs, then textual inversions."""
        return (*self.loras, *self.tis)


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture. Its bytes lie at `path` until the request is pruned."""

    number: int
    """1-based, running through all parts of the answer."""
    path: Path
    sha256: str
    mime: str
    width: int
    height: int
    style: str
    model: str
    seed: str
    worker: str
    alt: str
    """Alternative text, written by the core."""
    notes: tuple[str, ...] = ()
    """What `gen_metadata` said of it, in words."""


class Ending(StrEnum):
    """How a request ended, for the one who asked."""

    DONE = "done"
    """All pictures asked for."""
    PARTIAL = "partial"
    """Some of them, with the reason."""
    REFUSED = "refused"
    """Declined before anything was sent; the reason is the text."""
    FAILED = "failed"
    """Nothing came; the reason is the text."""
    TOLD = "told"
    """No pictures were asked for: help, a list, a status."""


@dataclass(frozen=True, slots=True)
class Part:
    """One post of an answer: the adapter posts it as it is."""

    number: int
    """1-based."""
    total: int
    text: str
    """Plain text with line breaks; the adapter escapes it for its platform."""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole answer to a request, before it is cut into parts for a platform."""

    request: str
    """Short id of the request, shown to people."""
    ending: Ending
    text: str
    pictures: tuple[Picture, ...] = ()
    notes: tuple[Note, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Words a person may press or type next (style names)."""
    follow_ups: tuple[str, ...] = ()
    """Follow-up commands that make sense now (`again`)."""
    code: str = ""
    """Which sentence of the catalogue the text is, where somebody may want to know later."""
    kudos: float | None = None
    """What the Hordes charged for it; None if that is not known."""
    private: bool = False
    """Only the asker may see it: they said `--private`."""
    spoiler: bool = False
    """Its pictures hide behind a warning: the asker said `--spoiler`."""


class Phase(StrEnum):
    """Where a running request is."""

    RECEIVED = "received"
    WAITING = "waiting"
    """In our own queue, or in the Horde's."""
    GENERATING = "generating"
    FINISHING = "finishing"


@dataclass(frozen=True, slots=True)
class Progress:
    """What a waiting person may be shown."""

    phase: Phase
    asked: int
    """Pictures asked for."""
    finished: int = 0
    position: int | None = None
    """Place in the queue, 0 when being made; None if not known."""
    wait_seconds: int | None = None
    note: str = ""
    """A sentence, when something holds it up."""
    own_queue: bool = False
    """Whether the queue is our own, where people take turns, not yet the Horde's."""
