"""Spandrel where torchvision is not installed, or skips the tests if it is not here itself."""

from __future__ import annotations

import importlib.util
import sys
import types

import pytest

NAMES = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")


def find_spandrel():
    """Import it; it wants torchvision for architectures that no test here has."""
    missing = NAMES if importlib.util.find_spec("torchvision") is None else ()
    for name in missing:
        sys.modules[name] = types.ModuleType(name)
        for one in ("InterpolationMode", "normalize", "rotate", "functional", "transforms"):
            setattr(sys.modules[name], one, object)
    pytest.importorskip("spandrel")
    for name in missing:
        del sys.modules[name]
