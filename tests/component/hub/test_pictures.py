"""Signed addresses, uploads, source pictures, and how long pictures are kept."""

import base64
import io
import stat

import pytest
from PIL import Image

from hub.pictures.receiving import MAX_BYTES
from hub.pictures.signing import Signer
from tests.component.hub.callers import b64, webp


@pytest.fixture
async def job(room):
    await room.bot.ask()
    return await room.host.pop()


async def test_upload_and_download(room):
    request = await room.bot.ask()
    job = await room.host.pop()
    assert (await room.nobody.upload(job["r2_upload"], webp(colour="green"))).status == 200
    assert (await room.nobody.upload(job["r2_upload"], webp(colour="blue"))).status == 200
    await room.host.submit(job["id"])
    status = await room.bot.status(request)
    fetched = await room.nobody.get(status["generations"][0]["img"])
    assert fetched.body == webp(colour="blue")
    assert fetched.headers["Access-Control-Allow-Origin"] == "*"
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "tamper",
    [
        lambda url: url.split("?")[0],
        lambda url: url.replace("expires=", "expires=9"),
        lambda url: url.replace("signature=", "signature=0")[:-1],
        lambda url: url[:-1],
        lambda url: url.replace("expires=", "expires=x"),
        lambda url: url.replace("expires=", "expires=²"),
        lambda url: url.replace("signature=", "signature=é"),
        lambda url: url.replace("/pictures/", "/pictures/..%2F"),
        lambda url: url.replace(".webp", "_src.webp"),
    ],
)
async def test_addresses_cannot_be_made_up(room, job, tamper):
    for method in ("PUT", "GET"):
        answer = await room.nobody.call(method, tamper(job["r2_upload"]), data=webp())
        assert answer.status in {403, 404}
    assert list(room.running.hub.pictures.path.iterdir()) == []


async def test_an_address_is_for_one_method(room, job):
    assert (await room.nobody.get(job["r2_upload"])).status == 403
    await room.host.deliver(job)
    (name,) = [file.name for file in room.running.hub.pictures.path.iterdir()]
    link = room.running.hub.signer.link(room.running.hub.address, "GET", name, room.clock.now)
    assert (await room.nobody.get(link)).status == 200
    assert (await room.nobody.upload(link)).status == 403


async def test_addresses_expire_after_half_an_hour(room, job):
    room.clock.advance(30 * 60)
    assert (await room.nobody.upload(job["r2_upload"])).status == 200
    room.clock.advance(1)
    assert (await room.nobody.upload(job["r2_upload"])).status == 403


async def test_every_status_makes_fresh_addresses(room):
    request = await room.bot.ask()
    await room.host.deliver(await room.host.pop())
    first = (await room.bot.status(request))["generations"][0]["img"]
    await room.pass_time(10 * 60)
    second = (await room.bot.status(request))["generations"][0]["img"]
    room.clock.advance(25 * 60)
    assert (await room.nobody.get(first)).status == 403
    assert (await room.nobody.get(second)).status == 200


async def test_uploads_are_bounded(room, job):
    big = io.BytesIO(bytes(MAX_BYTES + 1))
    assert (await room.nobody.upload(job["r2_upload"], big)).status == 413

    async def unannounced():
        for _ in range(41):
            yield bytes(1024 * 1024)

    assert (await room.nobody.upload(job["r2_upload"], unannounced())).status == 413
    assert (await room.nobody.upload(job["r2_upload"], b"")).status == 400
    assert not room.running.hub.pictures.has(f"{job['id']}.webp")


async def test_pictures_are_kept_two_hours(room):
    request = await room.bot.ask(params={"n": 2})
    await room.host.deliver(await room.host.pop())
    folder = room.running.hub.pictures.path
    await room.pass_time(119 * 60)
    assert len(list(folder.iterdir())) == 1
    assert (await room.bot.get(f"/generate/check/{request}")).status == 404
    await room.pass_time(61)
    assert list(folder.iterdir()) == []


async def test_a_link_to_a_deleted_picture(room):
    await room.bot.ask()
    job = await room.host.pop()
    await room.host.deliver(job)
    await room.pass_time(7201)
    hub = room.running.hub
    link = hub.signer.link(hub.address, "GET", f"{job['id']}.webp", room.clock.now)
    assert (await room.nobody.get(link)).status == 404


async def test_a_picture_that_is_gone_is_empty_in_base64(room):
    request = await room.bot.ask(r2=False)
    job = await room.host.pop()
    await room.host.deliver(job)
    room.running.hub.pictures.file(f"{job['id']}.webp").unlink()
    (picture,) = (await room.bot.status(request))["generations"]
    assert picture["img"] == ""


async def test_links_start_with_the_public_address(open_room):
    room = await open_room(public_url="https://hub.example.org/api/")
    await room.bot.ask()
    job = await room.host.pop()
    assert job["r2_upload"].startswith("https://hub.example.org/pictures/")
    assert room.running.url.startswith("http://127.0.0.1:")


async def test_links_follow_the_address_a_caller_uses(room):
    await room.bot.ask()
    port = room.running.port
    room.host.url = f"http://localhost:{port}/api"
    job = await room.host.pop()
    assert job["r2_upload"].startswith(f"http://localhost:{port}/pictures/")
    await room.host.deliver(job)


async def test_addresses_outlive_a_restart_and_the_secret_is_ours_alone(open_room, tmp_path):
    first = await open_room()
    await first.bot.ask()
    job = await first.host.pop()
    path = job["r2_upload"].split("/pictures/")[1]
    await first.running.close()
    second = await open_room()
    address = f"{second.running.hub.address}/pictures/{path}"
    assert (await second.host.upload(address)).status == 200
    secret = tmp_path / "hub.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_bytes()) == 32


def test_another_secret_signs_otherwise():
    one, two = Signer(b"1" * 32), Signer(b"2" * 32)
    link = one.link("http://h", "GET", "x.webp", 0)
    query = dict(part.split("=") for part in link.split("?")[1].split("&"))
    assert one.allows("GET", "x.webp", query, 0)
    assert not two.allows("GET", "x.webp", query, 0)
    assert not one.allows("GET", "x.webp", {}, 0)


# --- source pictures -----------------------------------------------------------------------


async def test_img2img_by_signed_address(room):
    source = webp((128, 64), "red", "PNG")
    request = await room.bot.ask(
        params={"denoising_strength": 0.6}, source_image=b64(source), source_processing="img2img"
    )
    job = await room.host.pop()
    assert job["source_processing"] == "img2img"
    assert job["payload"]["denoising_strength"] == 0.6
    fetched = await room.nobody.get(job["source_image"])
    image = Image.open(io.BytesIO(fetched.body))
    assert (image.format, image.size) == ("WEBP", (128, 64))
    red, green, blue = image.convert("RGB").getpixel((10, 10))
    assert red > 240
    assert max(green, blue) < 15
    await room.host.deliver(job)
    assert (await room.bot.check(request))["done"]
    await room.pass_time(20 * 60 + 1)
    assert [file.name for file in room.running.hub.pictures.path.iterdir()] == [f"{job['id']}.webp"]


async def test_img2img_in_base64_without_r2(room):
    source = webp((64, 64), "red")
    await room.bot.ask(source_image=b64(source), r2=False)
    job = await room.host.pop()
    assert base64.b64decode(job["source_image"]) == source


async def test_inpainting_with_a_mask(room):
    await room.bot.ask(
        source_image=b64(webp((64, 64), "red")),
        source_mask=b64(webp((64, 64), "white")),
        source_processing="inpainting",
    )
    job = await room.host.pop()
    assert job["source_processing"] == "inpainting"
    assert (await room.nobody.get(job["source_mask"])).body == webp((64, 64), "white")


async def test_inpainting_with_transparency(room):
    target = io.BytesIO()
    Image.new("RGBA", (64, 64), (255, 0, 0, 0)).save(target, "PNG")
    await room.bot.ask(source_image=b64(target.getvalue()), source_processing="inpainting")
    job = await room.host.pop()
    kept = Image.open(io.BytesIO((await room.nobody.get(job["source_image"])).body))
    assert kept.mode == "RGBA"
    assert kept.getpixel((5, 5))[3] == 0
