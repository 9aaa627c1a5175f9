"""The whole training in miniature: every stage a few seconds, and it goes on where it stopped."""

import itertools
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
from worker.demo_model.training.sprites import FONT_PATH

pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(not FONT_PATH.exists(), reason="needs the font Noto Color Emoji"),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder after a tiny run in one process, and where the model went."""
    from worker.demo_model.train import Plan, train

    work = tmp_path_factory.mktemp("work")
    plan = Plan(
        processes=1,
        tidy=320,
        varied=40,
        extra=40,
        styled=40,
        autoencoder=3,
        denoiser=4,
        decoder=2,
        neon=2,
        watercolour=1,
        pixel=1,
    )
    train(work, work / "out", plan)
    return work, plan


def figures(work, stage):
    return json.loads((work / "finished" / stage).read_text())


def test_every_stage_finishes_and_does_something(trained):
    work, _ = trained
    assert figures(work, "data") == {"tidy": 320, "varied": 40, "extra": 40}
    assert figures(work, "autoencoder")["plain"] > 0
    assert 0 < figures(work, "denoiser")["held_out_loss"] < 1.5
    for stage in ("decoder", "lora-neon", "lora-watercolour", "lora-pixel"):
        assert figures(work, stage)["iterations"] >= 1
    assert figures(work, "pack")["megabytes"] < 6


def test_what_it_wrote_draws_with_numpy(trained):
    from worker.demo_model.runtime import DemoPipeline

    out = trained[0] / "out"
    pipeline = DemoPipeline.load(out / "weights")
    loras = [(path, 1.0) for path in sorted((out / "loras").iterdir())]
    assert len(loras) == 3
    picture = pipeline.generate("a cat", seed=1, steps=4, loras=loras)
    assert picture.shape == (128, 128, 3)


def test_what_it_wrote_is_a_plain_diffusers_pipeline(trained):
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(trained[0] / "out" / "weights")
    assert pipeline.tokenizer.model_max_length == 32
    assert pipeline.vae.config.scaling_factor == figures(trained[0], "encode")["scale"]
    assert "_name_or_path" not in (trained[0] / "out/weights/unet/config.json").read_text()


def test_finished_stages_are_not_done_again(trained, capsys):
    from worker.demo_model.train import train

    work, plan = trained
    before = (work / "pictures.npy").stat().st_mtime_ns
    train(work, work / "out", plan)
    assert capsys.readouterr().out.count("finished before") == 9
    assert (work / "pictures.npy").stat().st_mtime_ns == before


def test_an_interrupted_stage_goes_on_from_its_checkpoint(trained, monkeypatch):
    from worker.demo_model.training import budget, denoiser
    from worker.demo_model.training.folder import WorkFolder

    folder, looks = WorkFolder(trained[0]), itertools.count()
    monkeypatch.setattr(budget, "SAVE_EVERY", 0.0)
    # time passes with each look at it, however fast the machine is
    clock = partial(budget.Budget, clock=lambda: next(looks) * 0.05)
    monkeypatch.setattr(denoiser, "Budget", clock)
    denoiser.train_denoiser(folder, 1.5, processes=1)
    # the marker of a finished stage drops the checkpoint, so one is made again here
    assert folder.restore(denoiser.STAGE) is None
    kept = {}
    monkeypatch.setattr(WorkFolder, "finish", lambda _self, stage, **told: kept.update(told))
    denoiser.train_denoiser(folder, 1.5, processes=1)
    first = kept["iterations"]
    denoiser.train_denoiser(folder, 3.0, processes=1)
    assert kept["iterations"] > first


def test_goes_on_from_an_earlier_model(trained, tmp_path):
    from worker.demo_model.training import denoiser, encode
    from worker.demo_model.training.dataset import make_data
    from worker.demo_model.training.folder import WorkFolder
    from worker.demo_model.training.start import go_on_from

    folder, earlier = WorkFolder(tmp_path), trained[0] / "out" / "weights"
    go_on_from(folder, earlier)
    assert folder.finished("autoencoder")
    make_data(folder, FONT_PATH, (300, 20, 20))
    tokenizer = "tokenizer/tokenizer.json"
    assert (tmp_path / tokenizer).read_bytes() == (earlier / tokenizer).read_bytes()
    encode.encode(folder, processes=1)
    assert figures(tmp_path, "encode")["scale"] == figures(trained[0], "encode")["scale"]
    denoiser.train_denoiser(folder, 2.0, processes=1, rate=0.0)
    # at no learning rate the held-out loss is the earlier model's: it was really taken over
    kept = figures(tmp_path, "denoiser")["held_out_loss"]
    assert kept < figures(trained[0], "denoiser")["held_out_loss"] + 0.2


def test_two_processes_train_as_one(trained):
    from worker.demo_model.training import denoiser
    from worker.demo_model.training.folder import WorkFolder

    folder = WorkFolder(trained[0])
    denoiser.train_denoiser(folder, 3.0, processes=2)
    told = figures(trained[0], denoiser.STAGE)
    assert told["samples"] == told["iterations"] * denoiser.BATCH * 2


class TestData:
    def rng(self, seed=0):
        import random

        return random.Random(seed)

    def test_same_seed_gives_the_same_pictures_and_captions(self):
        from worker.demo_model.training.captions import caption
        from worker.demo_model.training.layouts import draw, plan
        from worker.demo_model.training.sprites import SpriteBook

        sprites, made = SpriteBook(), []
        for _ in range(2):
            rng = self.rng(4)
            layouts = [plan(rng, varied=True) for _ in range(30)]
            captions = [caption(layout, rng) for layout in layouts]
            made.append((captions, [draw(layout, sprites, rng).tobytes() for layout in layouts]))
        assert made[0] == made[1]

    def test_all_places_are_whole_cells_and_inside(self):
        from worker.demo_model.training.layouts import plan

        rng = self.rng()
        for index in range(2000):
            for placed in plan(rng, varied=index % 2 == 0).placed:
                left, top = placed.x - placed.size // 2, placed.y - placed.size // 2
                assert placed.x % 8 == placed.y % 8 == 0
                assert 0 <= left <= 128 - placed.size
                assert 0 <= top <= 128 - placed.size

    def test_captions_name_what_is_to_be_seen(self):
        from worker.demo_model.training.captions import caption
        from worker.demo_model.training.layouts import Kind, plan
        from worker.demo_model.vocabulary import plural

        rng = self.rng()
        for _ in range(2000):
            layout = plan(rng)
            text = caption(layout, rng)
            for placed in layout.placed:
                names = placed.subject.names
                known = any(name in text or plural(name) in text for name in names)
                assert known or layout.kind is Kind.STRANGER, text

    @pytest.mark.parametrize(
        ("noun", "wanted"),
        [("cat", "cats"), ("fox", "foxes"), ("puppy", "puppies"), ("monkey", "monkeys")],
    )
    def test_plurals(self, noun, wanted):
        from worker.demo_model.vocabulary import plural

        assert plural(noun) == wanted

    @pytest.mark.parametrize("style", ["pixel", "neon", "watercolour", "sepia", "blueprint"])
    def test_styles_change_a_picture_and_keep_its_size(self, style):
        from worker.demo_model.training.grounds import scene
        from worker.demo_model.training.styles import STYLES

        plain = scene("city", self.rng())
        styled = STYLES[style](plain)
        assert styled.size == plain.size
        assert styled.mode == "RGB"
        off = np.abs(np.asarray(styled).astype(int) - np.asarray(plain).astype(int))
        assert off.mean() > 3

    def test_missing_font_says_what_to_install(self, tmp_path):
        from worker.demo_model.training.sprites import SpriteBook

        with pytest.raises(FileNotFoundError, match="fonts-noto-color-emoji"):
            SpriteBook(tmp_path / "none.ttf")

    def test_every_subject_has_a_glyph_of_its_own(self):
        from worker.demo_model.training.sprites import SpriteBook
        from worker.demo_model.vocabulary import SUBJECTS, UNKNOWN

        sprites = SpriteBook()
        pictures = {sprites.scaled(subject, 48).tobytes() for subject in (*SUBJECTS, UNKNOWN)}
        assert len(pictures) == len(SUBJECTS) + 1
        assert isinstance(sprites.scaled(UNKNOWN, 48), Image.Image)


class TestOptimiser:
    def test_updates_of_matrices_are_nearly_orthogonal(self):
        import torch

        from worker.demo_model.training.muon import Muon

        torch.manual_seed(0)
        matrix = torch.nn.Parameter(torch.zeros(6, 20))
        bias = torch.nn.Parameter(torch.zeros(6))
        optimiser = Muon([("a.weight", matrix), ("a.bias", bias)], rate=1.0, decay=0.0)
        matrix.grad = torch.randn(6, 20)
        optimiser.step(1.0)
        singular = torch.linalg.svdvals(matrix.detach())
        assert 0.5 < singular.min() <= singular.max() < 1.5

    def test_learns_a_small_task(self):
        import torch

        from worker.demo_model.training.muon import Muon

        torch.manual_seed(0)
        layer = torch.nn.Linear(8, 8)
        optimiser = Muon(layer.named_parameters(), rate=0.05, adam_rate=0.05, decay=0.0)
        x, wanted = torch.randn(64, 8), torch.randn(64, 8) * 0.01

        def loss():
            return (layer(x) - wanted).pow(2).mean()

        before = loss().item()
        for step in range(60):
            layer.zero_grad()
            loss().backward()
            optimiser.step(1 - step / 60)
        assert loss().item() < before / 20

    def test_state_comes_back(self):
        import torch

        from worker.demo_model.training.muon import Muon

        def run(optimiser, matrix):
            matrix.grad = torch.ones(4, 4)
            optimiser.step(0.5)

        bias = torch.nn.Parameter(torch.zeros(4))
        first = torch.nn.Parameter(torch.eye(4))
        one = Muon([("a.weight", first), ("a.bias", bias)])
        run(one, first)
        second = torch.nn.Parameter(first.detach().clone())
        two = Muon([("a.weight", second), ("a.bias", bias)])
        two.load_state_dict(one.state_dict())
        run(one, first)
        run(two, second)
        assert torch.equal(first, second)


def test_budget_counts_what_was_spent_before():
    from worker.demo_model.training.budget import Budget, hold_then_fall, warm_up

    now = [100.0]
    budget = Budget(60.0, spent=30.0, clock=lambda: now[0])
    assert budget.share == 0.5
    now[0] += 60
    assert budget.share == 1.0
    assert [hold_then_fall(share, 0.5) for share in (0.2, 0.75, 1.0)] == [1.0, 0.5, 0.003]
    assert warm_up(0, 10) == pytest.approx(0.1)


def test_plan_is_what_the_command_line_says():
    from worker.demo_model.train import Plan

    assert replace(Plan(), neon=1).neon == 1
    total = sum(getattr(Plan(), name) for name in ("autoencoder", "denoiser", "neon"))
    assert total <= 100 * 60
