"""What the demo model knows: subjects, colours, scenes and the words it is taught to ignore.

Plain data without imports of Pillow, numpy or torch: the training composes its pictures and
captions from it, and people are told of it (`phrasebook.knows`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing the model can draw.

    glyph: the emoji whose picture stands for it; names: the words for it, the main one first;
    share: how often it is shown in training relative to an ordinary subject (hard ones more).
    """

    glyph: str
    names: tuple[str, ...]
    share: float = 1.0

    @property
    def name(self) -> str:
        """The first of its names, by which it is drawn."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Scene:
    """A drawn background: the phrases that ask for it behind a subject, and on its own."""

    phrases: tuple[str, ...]
    alone: str


SUBJECTS: tuple[Subject, ...] = (
    Subject("🐱", ("cat", "kitten", "kitty")),
    Subject("🐶", ("dog", "puppy", "doggy")),
    Subject("🦊", ("fox",)),
    Subject("🐼", ("panda", "panda bear")),
    Subject("🦁", ("lion",)),
    Subject("🐸", ("frog", "toad")),
    Subject("🐵", ("monkey", "ape")),
    Subject("🐷", ("pig", "piglet")),
    Subject("🐰", ("rabbit", "bunny", "hare")),
    Subject("🐲", ("dragon",), 2.0),
    Subject("🦄", ("unicorn",), 1.4),
    Subject("🐧", ("penguin",)),
    Subject("🦉", ("owl",)),
    Subject("🦋", ("butterfly",), 1.2),
    Subject("🐢", ("turtle", "tortoise"), 1.3),
    Subject("🐙", ("octopus",), 1.4),
    Subject("🐳", ("whale",), 2.0),
    Subject("🐘", ("elephant",), 2.0),
    Subject("🦖", ("dinosaur", "t-rex"), 1.3),
    Subject("🌵", ("cactus",)),
    Subject("🎄", ("christmas tree", "xmas tree")),
    Subject("🍄", ("mushroom", "toadstool")),
    Subject("🌻", ("sunflower", "flower")),
    Subject("🍎", ("apple",)),
    Subject("🍓", ("strawberry",)),
    Subject("🍉", ("watermelon", "melon")),
    Subject("🍕", ("pizza", "pizza slice")),
    Subject("🍔", ("burger", "hamburger", "cheeseburger")),
    Subject("🍩", ("donut", "doughnut")),
    Subject("🚗", ("car", "automobile")),
    Subject("🚀", ("rocket", "spaceship")),
    Subject("🛸", ("ufo", "flying saucer"), 1.3),
    Subject("⛵", ("sailboat", "boat")),
    Subject("🏠", ("house", "home")),
    Subject("🏰", ("castle", "palace"), 1.2),
    Subject("🤖", ("robot", "android")),
    Subject("👻", ("ghost", "spirit")),
    Subject("👽", ("alien", "extraterrestrial")),
    Subject("💀", ("skull",)),
    Subject("🎃", ("pumpkin", "jack-o-lantern")),
    Subject("⛄", ("snowman",)),
    Subject("🌞", ("sun",)),
    Subject("⭐", ("star",)),
    Subject("🌍", ("earth", "globe", "planet")),
    Subject("❤️", ("heart", "love")),
    Subject("👑", ("crown",)),
    Subject("💎", ("diamond", "gem", "crystal")),
    Subject("🎈", ("balloon",)),
)

UNKNOWN = Subject("❓", ("question mark",))
"""What the model draws when it is asked for a thing it does not know."""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 48, 49),
    "orange": (243, 146, 55),
    "yellow": (250, 214, 80),
    "green": (76, 175, 80),
    "blue": (52, 120, 215),
    "purple": (130, 75, 175),
    "pink": (247, 150, 190),
    "white": (250, 250, 250),
    "black": (18, 18, 22),
    "grey": (150, 150, 155),
    "brown": (120, 80, 50),
    "teal": (40, 170, 170),
}
"""Background colours, as red, green and blue of 0..255."""

COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "grey": ("grey", "gray"),
    "teal": ("teal", "turquoise", "cyan"),
    "purple": ("purple", "violet"),
}
"""The words for a colour where there is more than its own name."""

SCENES: dict[str, Scene] = {
    "meadow": Scene(
        ("in a meadow", "on grass", "in a field", "in a garden", "in the park"), "a meadow"
    ),
    "night": Scene(("at night", "in the night sky", "under the stars"), "the night sky"),
    "space": Scene(("in space", "in outer space", "in the galaxy"), "outer space"),
    "beach": Scene(("at the beach", "on the beach", "by the sea", "on a beach"), "a beach"),
    "desert": Scene(("in the desert", "on sand dunes", "in a desert"), "a desert"),
    "sunset": Scene(("at sunset", "at dusk", "with a sunset"), "a sunset"),
    "snow": Scene(("in the snow", "in winter", "on snow"), "a snowy landscape"),
    "sea": Scene(("under water", "in the ocean", "underwater", "in the sea"), "the ocean"),
    "forest": Scene(("in a forest", "in the woods", "in the forest"), "a forest"),
    "city": Scene(("in the city", "on a street", "in a town", "in a city"), "a city"),
}

SMALL_WORDS = ("small", "tiny", "little")
BIG_WORDS = ("big", "large", "giant", "huge")
BESIDE_WORDS = ("and", "and", "next to", "with", "beside")
ABOVE_WORDS = ("above", "on top of", "over")
COMPANY_WORDS = ("with", "with", "and", "holding", "wearing", "riding", "next to", "in")
"""How prompts add things the model does not know to the one it does."""

LORAS: dict[str, str] = {
    "neon": "neon",
    "pixel": "pixel art",
    "watercolour": "watercolour",
}
"""The LoRAs that come with the model, and the words that go with them in a prompt."""

FILLERS: tuple[str, ...] = (
    "cute", "beautiful", "detailed", "highly detailed", "digital art", "masterpiece", "4k", "8k",
    "high quality", "illustration", "drawing", "a picture of", "a photo of", "a painting of",
    "award winning", "trending on artstation", "colorful", "funny", "realistic", "epic",
    "best quality", "amazing", "happy", "sad", "angry", "emoji", "icon", "sticker", "cartoon",
    "oil painting", "sharp focus", "cinematic lighting", "concept art", "by greg rutkowski",
    "unreal engine", "steampunk", "cyberpunk", "fantasy", "magical", "anime", "photorealistic",
    "hd", "3d render", "portrait of", "simple", "nice", "very", "my", "some", "one", "lovely",
    "sitting", "standing", "flying", "smiling", "running", "sleeping", "dancing", "old", "young",
    "fluffy", "shiny", "golden", "wooden", "dark", "bright", "vibrant colors", "studio lighting",
    "depth of field", "intricate", "watercolor", "sketch", "pixel art", "neon", "watercolour",
    "wearing a hat", "wearing sunglasses", "wearing a suit", "holding a sword", "with a smile",
    "playing guitar", "looking at viewer", "full body", "close up", "logo", "minimalist",
)  # fmt: skip
"""Words of ordinary prompts that change nothing in what this model draws."""

STRANGERS: tuple[str, ...] = (
    "zebra", "tiger", "horse", "woman", "man", "girl", "boy", "knight", "wizard", "mountain",
    "bridge", "guitar", "piano", "sword", "chair", "table", "lamp", "clock", "phone", "laptop",
    "camera", "bicycle", "motorcycle", "truck", "airplane", "helicopter", "tank", "tower",
    "temple", "river", "waterfall", "volcano", "island", "spider", "snake", "shark", "dolphin",
    "eagle", "parrot", "swan", "cow", "sheep", "goat", "deer", "squirrel", "hamster", "koala",
    "kangaroo", "giraffe", "rhino", "crocodile", "lizard", "snail", "ant", "wolf", "camel",
    "princess", "king", "queen", "soldier", "pirate", "ninja", "samurai", "cowboy", "angel",
    "demon", "vampire", "zombie", "witch", "fairy", "mermaid", "goblin", "orc", "elf", "dwarf",
    "face", "hand", "eye", "tree", "rose", "grapes", "lemon", "carrot", "bread", "cheese",
    "coffee", "tea", "bottle", "cup", "knife", "shoe", "dress", "shirt", "book", "pencil", "door",
    "window", "statue", "painting", "mask", "doll", "drum", "violin", "map", "key", "lock",
    "hammer", "anchor", "ship", "submarine", "train", "bus", "church", "school", "hospital",
    "cake", "banana", "crab", "fish", "bee", "chicken", "gift", "hat", "people", "landscape",
)  # fmt: skip
"""Things the model is not taught: asked for alone, they become `UNKNOWN`."""

NEGATIVES: tuple[str, ...] = (
    "", "", "", "", "", "", "", "",
    "blurry", "low quality", "worst quality, low quality", "ugly", "bad anatomy",
    "blurry, low quality, ugly", "deformed, bad hands", "text, watermark", "jpeg artifacts",
    "lowres, bad anatomy, bad hands, text, error", "ugly, deformed, disfigured", "nsfw",
    "out of focus", "duplicate", "noise", "masterpiece", "best quality", "cropped, worst quality",
)  # fmt: skip
"""Prompts that stand for "nothing in particular": the empty one and usual negative prompts."""


def plural(noun: str) -> str:
    """Return the plural of an English noun."""
    if noun.endswith(("fish", "sheep")):
        return noun
    if noun.endswith(("s", "sh", "ch", "x")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"
