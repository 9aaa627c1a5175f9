"""Pictures: bounds before pixels, one file per content, the recipe inside."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from common import pictures
from common.errors import PictureError, StoreError
from common.pictures import Metadata, PictureFacts


def gradient(width: int = 96, height: int = 64) -> Image.Image:
    ramp = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (ramp, ramp.rotate(180), ramp))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_the_three_formats_are_read(kind):
    data = encoded(gradient(), kind)
    assert pictures.decode(data).size == (96, 64)
    assert pictures.verify(data) == PictureFacts(pictures.FORMATS[kind], 96, 64)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_not_read(kind):
    with pytest.raises(PictureError, match="not a picture"):
        pictures.decode(encoded(gradient(), kind))


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_a_cut_file_is_refused(kind, part):
    data = encoded(gradient(), kind)
    cut = data[: int(len(data) * part)]
    with pytest.raises(PictureError):
        pictures.verify(cut)
    with pytest.raises(PictureError):
        pictures.decode(cut)


def test_size_is_checked_before_pixels_are_decoded():
    header_only = encoded(gradient(2000, 1000), "PNG")[:60]
    with pytest.raises(PictureError, match=r"2000 × 1000 pixels; at most 1\.0 megapixels"):
        pictures.decode(header_only, max_pixels=1_000_000)


def test_a_bomb_is_refused():
    """A PNG header that promises 50,000 x 50,000 pixels."""
    data = bytearray(encoded(Image.new("1", (8, 8)), "PNG"))
    data[16:24] = (50_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    with pytest.raises(PictureError, match="far too many pixels"):
        pictures.decode(bytes(data))


def test_bytes_are_bounded():
    with pytest.raises(PictureError, match=r"at most 0\.0 MB"):
        pictures.decode(encoded(gradient(), "PNG"), max_bytes=100)


def test_a_photo_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(gradient(96, 64), "JPEG", exif=exif.tobytes())
    assert pictures.decode(data).size == (64, 96)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["WEBP", "PNG", "JPEG"]), st.integers(0, 300))
def test_damaged_files_raise_nothing_else(noise, kind, at):
    data = encoded(gradient(16, 16), kind)
    damaged = data[:at] + noise + data[at + len(noise) :]
    for look in (pictures.decode, pictures.verify, pictures.read_parameters):
        with suppress(PictureError):  # any other error fails the test
            look(damaged)


def test_store_names_by_content_and_is_idempotent(tmp_path: Path):
    data = encoded(gradient(), "WEBP")
    first = pictures.store(tmp_path / "pictures", data)
    changed = first.stat().st_ino
    assert first.name == pictures.sha256(data)
    assert first.read_bytes() == data
    assert pictures.store(tmp_path / "pictures", data) == first
    assert first.stat().st_ino == changed


def test_store_at_once_from_many_threads_leaves_one_file(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: pictures.store(tmp_path, b"x" * 10_000), range(32)))
    assert len(paths) == 1
    assert [file.name for file in tmp_path.iterdir()] == [pictures.sha256(b"x" * 10_000)]


def test_store_says_what_the_disk_said(tmp_path: Path):
    taken = tmp_path / "pictures"
    taken.write_text("a file")
    with pytest.raises(StoreError, match="could not be kept"):
        pictures.store(taken, b"x")


RECIPE = "a fox, snow\nNegative prompt: blurry – ü\nSteps: 20, Seed: 7"


def test_webp_carries_its_recipe_and_says_it_is_ai_made():
    metadata = Metadata(parameters=RECIPE, software="hordebots")
    data = pictures.encode_webp(gradient(), quality=80, metadata=metadata)
    image = Image.open(BytesIO(data))
    assert pictures.read_parameters(data) == RECIPE
    assert image.getexif()[0x0131] == "hordebots"
    assert b"trainedAlgorithmicMedia" in image.info["xmp"]
    assert image.getexif().get_ifd(0x8769)[0x9286].startswith(b"UNICODE\x00\x00a")


def test_transparency_is_kept():
    image = gradient().convert("RGBA")
    image.putalpha(100)
    back = pictures.decode(pictures.encode_webp(image))
    assert back.mode == "RGBA"
    assert back.getpixel((5, 5))[3] == 100


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("lossless", [True, False])
def test_parameters_are_written_without_touching_pixels(mode, lossless):
    image = gradient().convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    data = encoded(image, "WEBP", lossless=lossless)
    once = pictures.write_parameters(data, "first")
    twice = pictures.write_parameters(once, RECIPE)
    assert pictures.read_parameters(once) == "first"
    assert pictures.read_parameters(twice) == RECIPE
    assert pictures.decode(twice).tobytes() == pictures.decode(data).tobytes()
    assert pictures.decode(twice).mode == mode


def test_other_metadata_survives_a_new_recipe():
    data = pictures.encode_webp(
        gradient(), quality=80, metadata=Metadata(parameters="old", software="hordebots")
    )
    image = Image.open(BytesIO(pictures.write_parameters(data, "new")))
    assert image.getexif()[0x0131] == "hordebots"
    assert b"trainedAlgorithmicMedia" in image.info["xmp"]


@pytest.mark.parametrize("text", ["a fox, snow", RECIPE])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_png_and_jpeg_take_a_recipe_too(kind, text):
    exif = Image.Exif()
    exif[0x0131] = "somebody's program"
    data = encoded(gradient(), kind, exif=exif.tobytes())
    once = pictures.write_parameters(data, "first")
    twice = pictures.write_parameters(once, text)
    assert pictures.read_parameters(once) == "first"
    assert pictures.read_parameters(twice) == text
    assert pictures.verify(twice) == pictures.verify(data)
    assert pictures.decode(twice).tobytes() == pictures.decode(data).tobytes()
    assert Image.open(BytesIO(twice)).getexif()[0x0131] == "somebody's program"


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "JPEG"])
def test_no_recipe_takes_away_the_one_there_is(kind):
    data = pictures.write_parameters(encoded(gradient(), kind), RECIPE)
    bare = pictures.write_parameters(data, "")
    assert pictures.read_parameters(bare) is None
    assert b"a fox" not in bare
    assert RECIPE.encode("utf-16-be") not in bare
    assert pictures.decode(bare).tobytes() == pictures.decode(data).tobytes()


def test_a_png_without_recipe_keeps_no_text_that_may_be_one():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("prompt", '{"3": {"inputs": {"text": "a fox"}}}')  # where ComfyUI puts it
    bare = pictures.write_parameters(encoded(gradient(), "PNG", pnginfo=info), "")
    assert b"a fox" not in bare


def test_the_recipe_of_a_png_may_stand_behind_its_pixels():
    data = pictures.write_parameters(encoded(gradient(), "PNG"), RECIPE)
    start = data.index(b"iTXt") - 4
    length = 12 + int.from_bytes(data[start : start + 4], "big")
    chunk, rest = data[start : start + length], data[:start] + data[start + length :]
    end = rest.index(b"IEND") - 4
    assert pictures.read_parameters(rest[:end] + chunk + rest[end:]) == RECIPE


def test_the_likeness_outlives_another_size_format_and_quality():
    picture = Image.effect_mandelbrot((512, 640), (-2, -1.5, 1, 1.5), 40).convert("RGB")
    seen = pictures.likeness(picture)
    small = pictures.decode(encoded(picture.resize((256, 320)), "JPEG", quality=40))
    assert len(seen) == 64
    assert pictures.difference(seen, seen) == 0
    assert pictures.difference(seen, pictures.likeness(small)) <= 12
    for mode in ("RGBA", "CMYK", "P"):
        assert pictures.difference(seen, pictures.likeness(picture.convert(mode))) <= 12
    other = Image.effect_mandelbrot((512, 640), (-1.2, -0.6, 0.1, 0.4), 40).convert("RGB")
    assert pictures.difference(seen, pictures.likeness(other)) > 40


def test_a_png_recipe_is_read_where_others_put_it():
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("parameters", RECIPE)
    assert pictures.read_parameters(encoded(gradient(), "PNG", pnginfo=info)) == RECIPE


def test_a_recipe_is_read_whichever_way_round_its_letters_are():
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"UNICODE\x00" + RECIPE.encode(
        "utf-16-le"
    )
    assert pictures.read_parameters(encoded(gradient(), "JPEG", exif=exif.tobytes())) == RECIPE


def test_a_picture_without_recipe_has_none():
    assert pictures.read_parameters(encoded(gradient(), "JPEG")) is None


@pytest.mark.parametrize(
    ("image", "blank"),
    [
        (Image.new("RGB", (32, 32), (0, 0, 0)), True),
        (Image.new("L", (32, 32), 255), True),
        (gradient(), False),
        (Image.effect_noise((32, 32), 20), False),
    ],
)
def test_blank_pictures_are_seen(image, blank):
    assert pictures.is_blank(image) is blank


def test_a_picture_to_start_from_is_upright_small_and_without_metadata():
    image = gradient().resize((400, 200))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "a camera"
    target = BytesIO()
    image.convert("RGB").save(target, "JPEG", exif=exif.tobytes())
    source = pictures.as_source(target.getvalue(), longest_side=100)
    made = Image.open(BytesIO(source.data))
    assert (made.format, made.size, source.size) == ("WEBP", (50, 100), (50, 100))
    assert (source.transparent, len(made.getexif())) == (False, 0)


def test_transparent_parts_stay_and_get_no_border():
    image = Image.new("RGBA", (100, 100), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 50, 100))
    source = pictures.as_source(encoded(image, "PNG"), longest_side=500, border=0.25)
    made = Image.open(BytesIO(source.data))
    assert (source.transparent, made.size) == (True, (100, 100))
    assert (made.getpixel((10, 50))[3], made.getpixel((90, 50))[3]) == (0, 255)


def test_an_opaque_picture_gets_a_transparent_border_to_be_continued_into():
    opaque = Image.new("RGBA", (100, 60), (0, 200, 0, 255))
    source = pictures.as_source(encoded(opaque, "PNG"), longest_side=500, border=0.25)
    made = Image.open(BytesIO(source.data))
    assert (source.transparent, made.size) == (True, (150, 90))
    assert (made.getpixel((5, 45))[3], made.getpixel((75, 45))[3]) == (0, 255)
    assert not pictures.as_source(encoded(opaque, "PNG"), longest_side=500).transparent
