"""Who else is on this machine, as the system's own tools tell it."""

from __future__ import annotations

import os
import sys

import pytest

from worker.system.neighbours import neighbour, on_the_card, programs, run_tool


def tool(**outputs):
    return lambda command: outputs.get(command[0].replace("-", "_"), "")


def test_a_program_goes_by_its_name_with_or_without_folder_ending_and_case():
    own = next(iter(programs()))
    assert neighbour([f"/opt/{own.upper()}.EXE"]) == own
    assert neighbour(["surely nothing of this name"]) is None
    assert neighbour([]) is None


def test_any_is_who_computes_with_the_card_besides_us():
    system = tool(nvidia_smi=f"{os.getpid()}, python\n99999999, C:\\games\\game.exe\n[N/A], x\n")
    assert list(on_the_card(system)) == ["game.exe"]
    assert neighbour(["any"], system) == "game.exe"
    assert neighbour(["any"], tool(nvidia_smi=f"{os.getpid()}, python\n")) is None


@pytest.mark.parametrize("command", [["no such tool"], [sys.executable, "-c", "exit(3)"]])
def test_a_tool_that_is_not_there_or_fails_tells_nothing(command):
    assert run_tool(command) == ""
