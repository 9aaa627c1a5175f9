"""What the worker writes: recipes into pictures, faults to the server, lines to its operator."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from PIL import Image
from rich.console import Console

from worker import events
from worker.engines.protocol import EngineLora, Fault, Task
from worker.events import WorkerEvent
from worker.horde.delivery import describe
from worker.order import gen_metadata
from worker.status.console import CODES, Teller, sentence

TASK = Task(
    model="Deliberate",
    prompt="a fox",
    negative="",
    width=512,
    height=768,
    steps=20,
    cfg_scale=7,
    sampler="k_euler",
    karras=False,
    seeds=(1,),
)


def test_a_plain_recipe_is_two_lines():
    first, second = describe(TASK, 9).split("\n")
    assert first == "a fox"
    assert second.startswith(
        "Steps: 20, Sampler: k_euler, CFG scale: 7, Seed: 9, Size: 512x768, Model: Deliberate, Ver"
    )


def test_a_recipe_names_all_that_shaped_the_picture():
    task = replace(
        TASK,
        negative="blurry",
        karras=True,
        clip_skip=2,
        source_image=Image.new("RGB", (8, 8)),
        denoise=0.4,
        loras=(EngineLora("snow", 0.5),),
    )
    recipe = describe(task, 9)
    for words in (
        "\nNegative prompt: blurry\n",
        "Sampler: k_euler karras",
        "Clip skip: 2",
        "Denoising strength: 0.4",
        "Lora: snow:0.5",
    ):
        assert words in recipe


def test_faults_stay_within_the_servers_limits():
    faults = [Fault("information", "see_ref", "x" * 1000)] * 60
    entries = gen_metadata(faults)
    assert len(entries) == 50
    assert len(entries[0]["ref"]) == 255
    assert gen_metadata([Fault("source_mask", "parse_failed")]) == [
        {"type": "source_mask", "value": "parse_failed"}
    ]


EXAMPLES: list[WorkerEvent] = [
    events.Started("[shop]", "http://127.0.0.1", "demo", ("a", "b", "c", "d", "e", "f")),
    events.Popped(("1", "2"), "a", 512, 512, 20),
    events.Step(("1", "2"), 0.5),
    events.Submitted("1", 7, 3.0),
    events.Failed("1", "It is broken."),
    events.Waiting("The server is away."),
    events.Resumed(),
    events.Notice("Update please."),
    events.Measured("a", 0.05, 1024 * 1024, 4, 2),
    events.Skipped("max_pixels (3)"),
]


def test_every_event_has_a_sentence():
    assert {type(event) for event in EXAMPLES} == set(CODES)
    lines = [sentence(event) for event in EXAMPLES]
    assert lines[0] == "[shop] serves http://127.0.0.1 with the engine demo: a, b, c, d, e …"
    assert lines[1] == "2 × a, 512 × 512, 20 steps"
    assert lines[3] == "delivered (seed 7, 3 kudos)"
    assert all(lines)


@pytest.mark.parametrize("terminal", [True, False])
def test_events_become_lines_above_a_panel(terminal):
    output = StringIO()
    console = Console(file=output, force_terminal=terminal, width=120, soft_wrap=True)
    with Teller(console, lambda: "12:00:00") as teller:
        for event in EXAMPLES:
            teller.tell(event)
        teller.tell(events.Step(("3",), 0.2))
    shown = output.getvalue()
    assert "12:00:00 [shop] serves" in shown
    assert ("an hour" in shown) is terminal
