"""Pictures of the subjects, rendered from the Noto Color Emoji font and scaled."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from worker.demo_model.vocabulary import Subject

FONT_PATH = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
FONT_SIZE = 109
"""The one size, in pixels, in which the font holds its bitmaps."""


class SpriteBook:
    """Subjects as RGBA pictures, each size made once and kept."""

    def __init__(self, font_path: Path = FONT_PATH) -> None:
        if not font_path.exists():
            raise FileNotFoundError(
                f"The emoji font is not at {font_path}; "
                "install it (Debian: fonts-noto-color-emoji) or name its file with --font."
            )
        self._font = ImageFont.truetype(str(font_path), FONT_SIZE)
        self._glyphs: dict[str, Image.Image] = {}
        self._scaled: dict[tuple[str, int], Image.Image] = {}

    def glyph(self, subject: Subject) -> Image.Image:
        """Return the subject in the font's own size, cropped to its ink."""
        if subject.glyph not in self._glyphs:
            canvas = Image.new("RGBA", (160, 150), (0, 0, 0, 0))
            ImageDraw.Draw(canvas).text((8, 8), subject.glyph, font=self._font, embedded_color=True)
            self._glyphs[subject.glyph] = canvas.crop(canvas.getbbox())
        return self._glyphs[subject.glyph]

    def scaled(self, subject: Subject, size: int) -> Image.Image:
        """Return the subject centred in a transparent square of `size` pixels."""
        key = (subject.glyph, size)
        if key not in self._scaled:
            glyph = self.glyph(subject)
            factor = size / max(glyph.size)
            width, height = (max(1, round(side * factor)) for side in glyph.size)
            small = glyph.resize((width, height), Image.Resampling.LANCZOS)
            square = Image.new("RGBA", (size, size), (0, 0, 0, 0))
            square.paste(small, ((size - width) // 2, (size - height) // 2))
            self._scaled[key] = square
        return self._scaled[key]
