"""A small list that has one of everything, and a resolver with everything at hand."""

import json

import pytest

from common.reference.models import ModelReference
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.lists import stylelist
from styles.resolving.resolver import resolve

STYLES = {
    "raw": {"prompt": "{p}{np}", "model": "sd"},
    "neon": {
        "prompt": "{p}, neon###dull, {np}",
        "model": "sd",
        "steps": 20,
        "loras": [{"name": "1"}],
    },
    "oil": {
        "prompt": "{p}, oil###{np}",
        "model": "xl",
        "width": 1152,
        "height": 896,
        "karras": False,
    },
    "fast": {"prompt": "{p}", "model": "flux", "steps": 4, "cfg_scale": 1, "hires_fix": True},
    "lewd": {"prompt": "{p}", "model": "sd", "nsfw": True},
    "rude": {"prompt": "{p}", "model": "adult"},
    "fine": {"prompt": "{p}", "model": "sd", "enhance": True, "aliases": ["good"]},
    "fine xl": {"prompt": "{p}", "model": "xl", "enhance": True},
    "strange": {"prompt": "{p}", "model": "unknown", "enhance": True},
    "pony": {"prompt": "{p}, pony", "model": "sd"},
}
CATEGORIES = {
    "featured": ["neon", "oil"],
    "all": ["neon", "deep", "all", "neon", "nobody", "fast"],
    "deep": ["all", "oil", "pony"],
    "pony": ["pony", "oil"],
    "adults": ["lewd", "rude"],
    "empty": ["nobody"],
    "three": ["neon", "oil", "fast"],
}
ENHANCEMENTS = {
    "stable diffusion 1": {
        "tis": [{"name": "7", "inject_ti": "negprompt", "id": 7}],
        "clip_skip": 2,
    }
}
REFERENCE = {
    "sd": {"baseline": "stable diffusion 1"},
    "sd2": {"baseline": "stable diffusion 2"},
    "xl": {"baseline": "stable_diffusion_xl"},
    "flux": {"baseline": "flux_1"},
    "adult": {"baseline": "stable diffusion 1", "nsfw": True},
    "cascade": {"baseline": "stable_cascade"},
}


def built(styles=None, categories=None, enhancements=None):
    """A merged list of the given tables."""
    tables = {
        "styles.json": STYLES if styles is None else styles,
        "categories.json": CATEGORIES if categories is None else categories,
        "enhancements.json": ENHANCEMENTS if enhancements is None else enhancements,
    }
    contents = {name: json.dumps(table).encode() for name, table in tables.items()}
    return stylelist.merge([stylelist.parse(contents, "test")])


@pytest.fixture
def build():
    return built


@pytest.fixture(scope="session")
def reference():
    return ModelReference.from_mapping(REFERENCE)


@pytest.fixture(scope="session")
def resolved(reference):
    """resolve() of an ImageRequest's fields, everything else by keyword."""
    usual = built()

    def run(
        prompt="a fox",
        *,
        stylelist=usual,
        served=None,
        rng_seed=1,
        limits=None,
        facts=reference,
        **fields,
    ):
        return resolve(
            ImageRequest(prompt, **fields),
            stylelist,
            served=served,
            reference=facts,
            limits=limits or Limits(),
            rng_seed=rng_seed,
        )

    return run


@pytest.fixture(scope="session")
def job(resolved):
    """The only job of a request."""

    def run(*args, **fields):
        (only,) = resolved(*args, **fields).jobs
        return only

    return run
