"""Which jobs a Horde serves, by what it tells of its models and workers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.horde.wire import ModelStatus, WorkerStatus
from common.model import Job, LoraUse, TiUse
from request.horde.offers import Offer

FOX = Job(style="raw", prompt="a fox", model="m")
ABLE = {
    "nsfw": True,
    "img2img": True,
    "painting": True,
    "lora": True,
    "controlnet": True,
    "post-processing": True,
    "max_pixels": 1024 * 1024,
}


def model(count=1, **traits):
    return ModelStatus(name="m", count=count, **traits)


def worker(**traits):
    fields = {"name": "w", "models": ["m", "m"], "online": True, "trusted": True, **ABLE, **traits}
    return WorkerStatus.model_validate(fields)


SOURCE = replace(FOX, source_picture="sha256:0", source_processing="img2img")
WANTS = {
    "nsfw": replace(FOX, nsfw=True),
    "img2img": SOURCE,
    "painting": replace(SOURCE, source_processing="inpainting"),
    "lora": replace(FOX, loras=(LoraUse("1"),)),
    "controlnet": replace(SOURCE, control_type="canny"),
    "post-processing": replace(FOX, post_processing=("GFPGAN",)),
    "trusted": replace(FOX, trusted_workers=True),
}


@pytest.mark.parametrize("ability", WANTS)
def test_a_job_is_served_only_by_a_worker_that_can_do_it(ability):
    without = Offer.of([model()], [worker(**{ability: False})])

    assert Offer.of([model()], [worker()]).serves(WANTS[ability])
    assert not without.serves(WANTS[ability])
    assert without.serves(FOX)


def test_textual_inversions_need_what_loras_need():
    assert not Offer.of([model()], [worker(lora=False)]).serves(replace(FOX, tis=(TiUse("1"),)))


def test_a_picture_has_to_fit_a_worker():
    offer = Offer.of([model()], [worker()])

    assert offer.serves(replace(FOX, width=1024, height=1024))
    assert not offer.serves(replace(FOX, width=1024, height=1088))


def test_one_worker_that_can_is_enough():
    offer = Offer.of([model(count=2)], [worker(lora=False), worker()])

    assert offer.serves(WANTS["lora"])


def test_a_worker_the_list_does_not_know_yet_is_believed_to_be_able():
    offer = Offer.of([model(count=2)], [worker(lora=False, trusted=False)])

    assert offer.serves(WANTS["lora"])
    assert offer.served(trusted=True)["m"].workers == 1
    assert offer.served(trusted=True)["m"].loras


@pytest.mark.parametrize("away", [{"online": False}, {"maintenance_mode": True}])
def test_who_is_away_is_not_counted(away):
    offer = Offer.of([model(count=1)], [worker(trusted=False), worker(**away)])

    assert offer.served(trusted=True) == {}


def test_threads_count_and_a_model_named_twice_counts_once():
    offer = Offer.of([model(count=5)], [worker(threads=3, trusted=False), worker(threads=2)])

    assert offer.served(trusted=True)["m"].workers == 2
    assert offer.served(trusted=False)["m"].workers == 5


def test_what_no_worker_can_do_is_told_of_the_model():
    served = Offer.of([model()], [worker(lora=False, img2img=False)]).served(trusted=False)["m"]

    assert not served.loras
    assert not served.source_pictures


def test_a_horde_that_does_not_say_is_believed_to_serve_everything():
    silent = Offer.of(None, [worker()])

    assert silent.serves(FOX)
    assert silent.served(trusted=True) is None
    assert silent.wait("m") == 0


def test_without_a_list_of_workers_the_models_alone_count():
    offer = Offer.of([model(eta=40)], None)

    assert offer.serves(WANTS["lora"])
    assert not offer.serves(replace(FOX, model="another"))
    assert offer.served(trusted=True)["m"].workers == 1
    assert (offer.wait("m"), offer.wait("another")) == (40, 0)


def test_models_of_texts_and_models_nobody_serves_are_left_out():
    rows = [model(count=0), ModelStatus(name="text", count=3, type="text")]

    assert Offer.of(rows, []).served(trusted=False) == {}
