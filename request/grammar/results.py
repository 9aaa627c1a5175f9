"""What reading a message can give besides an `ImageRequest`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from common.model import Note
from styles.image_request import ImageRequest


class CommandName(StrEnum):
    """Commands that ask for words, not pictures. The value is what people type."""

    HELP = "help"
    STYLES = "styles"
    MODELS = "models"
    LORAS = "loras"
    """Needs a search; without one the answer says how."""
    STATUS = "status"
    QUEUE = "queue"
    STOP = "stop"
    """The person wants to hear nothing more from the bot."""
    START = "start"
    FORGET_ME = "forget me"
    SHARE = "share"
    """The answer this one replies to is shown; with `always`, `ask` or `never` it holds for all."""
    UNSHARE = "unshare"
    """The answer this one replies to is shown no more; with `all`, none of the person's is."""
    MY = "my"
    """The person's own defaults; the argument says which to set."""
    CANCEL = "cancel"
    """The asker's running request."""
    DELETE = "delete"
    """The answer this one replies to."""
    DESCRIBE = "describe"
    """What a picture shows: the one attached, or one of the answer this one replies to."""
    HORDE = "horde"
    """How much is made and waited for, and the news."""
    REPORT = "report"
    """The answer this one replies to, to the moderators; the argument says why."""
    PAUSE = "pause"
    """Nothing is drawn in the place any more; with the argument `here`, in the channel."""
    RESUME = "resume"
    BAN = "ban"
    """A person, or the asker of the answer this one replies to, may ask no more."""
    UNBAN = "unban"
    LOG = "log"
    """What was asked in the place lately; the argument says how many."""
    OTHER = "other"
    """One that a room above has added (`extension.py`), by its `word`."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, with the word or search that followed it ("" if none)."""

    name: CommandName
    argument: str = ""
    word: str = ""
    """OTHER: the word of the command; the argument is the whole text."""
    asked: bool = False
    """HELP: the word was not said, but what it explains was asked in a sentence of its own.
    OTHER: it was only asked about (`questions.py`)."""


class FollowUpKind(StrEnum):
    """What to do with an earlier request. The value is what people type and buttons carry."""

    AGAIN = "again"
    """The same request, new seeds, styles drawn anew."""
    SAME_SEED = "same seed"
    """The same request with the same seeds and styles."""
    STYLE = "style"
    """The same prompt and seed in another style."""
    EDIT = "edit"
    """A new prompt; style and options stay unless they are named."""
    VARY = "vary"
    """New pictures close to one of the answer's."""
    UPSCALE = "upscale"
    """One of the answer's pictures again, larger."""
    ZOOM = "zoom out"
    """One of the answer's pictures, continued beyond its edges."""
    INFO = "info"
    """How a picture was made."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A reply that goes back to an earlier request."""

    kind: FollowUpKind
    style: str | None = None
    """STYLE: the style or category to use instead."""
    edit: ImageRequest | None = None
    """EDIT: the new prompt and the options named with it; AGAIN, SAME_SEED: what differs."""
    adds: bool = False
    """EDIT: the prompt is added to the earlier one."""
    replaces: str = ""
    """EDIT that adds: what its prompt stands for, if the earlier one has it."""
    gone: bool = False
    """EDIT that replaces: what is replaced is not to be seen any more."""
    picture: int | None = None
    """VARY, UPSCALE, ZOOM, INFO: the number of the picture, through all parts; None: not said."""
    request: str | None = None
    """AGAIN, SAME_SEED, INFO: the short id of the request meant; None: the one replied to."""
    strength: float | None = None
    """VARY: how far the picture is changed, 0.01..1; None: not said."""
    notes: tuple[Note, ...] = ()
    """What the reader corrected in it."""

    @property
    def keeps_seed(self) -> bool:
        """Whether the `rng_seed` of the earlier request is used again."""
        return self.kind in {FollowUpKind.SAME_SEED, FollowUpKind.STYLE}


class WhyNot(StrEnum):
    """Why a text asks for nothing."""

    NOT_ADDRESSED = "not addressed"
    """It was not said to the bot: no answer."""
    EMPTY = "empty"
    """Nothing is left but mentions and quotes."""
    NO_VERB = "no verb"
    """It was said to the bot but asks for nothing it knows: the help line, once a day."""
    GREETING = "greeting"
    THANKS = "thanks"
    PRAISE = "praise"
    SCOLDING = "scolding"
    QUESTION = "question"
    YES = "yes"
    """It says yes: if it answers the question whether a picture is wanted, one is."""
    CHOICE = "choice"
    """It picks out a picture of the answer it replies to, and does not say what for."""
    TALK = "talk"
    """A reply to one of the bot's posts that fits no follow-up: no answer where others read."""


@dataclass(frozen=True, slots=True)
class NotARequest:
    """A text that asks for nothing."""

    why: WhyNot
    prompt: str = ""
    """NO_VERB: what was probably to be drawn; CHOICE: the picture's number."""
