"""A second opinion: schemathesis asks our hub and the fake Horde what the server's document allows.

It reads the public server's Swagger document, makes requests that fit it and requests that do not,
and holds the answers against it. The same ones each time (`derandomize`), and few: what this is
for is the odd input nobody thought of.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from contextlib import ExitStack, asynccontextmanager, contextmanager

import pytest

FOLDER = os.environ.get("CONTRACTS_DIR")
if not FOLDER:
    pytest.skip(
        "CONTRACTS_DIR is not set: point it at the folder with the contracts",
        allow_module_level=True,
    )

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from common.config import HubConfig
from hub.routes import client, status, worker
from hub.server import start
from tests.component.hub.callers import BOT_KEY, HOST_KEY, USERS
from tests.contract.hub_replay import read_document
from tests.fakes.horde import FakeHorde
from tests.fakes.horde.requests import WORKER_ID, WORKER_NAME

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
EXAMPLES = 3
"""Requests of each operation and kind."""
UNDOCUMENTED = {400, 401, 403, 404, 429}
"""What the server says besides the statuses of its document."""
BODY = {"prompt": "a fox", "params": {}, "models": ["some model"]}
STYLE_ID = "00000000-0000-4000-8000-0000000057f1"
V2 = "/api/v2"


def nameless(path):
    """Return a path with its placeholders' names left out: servers may call them otherwise."""
    return re.sub(r"\{[^}]*\}", "{}", path)


DOCUMENT = read_document()
DOCUMENT["definitions"]["RequestError"]["required"] = ["message"]  # the schema check gives no `rc`
for definition in ("SharedKeyDetails", "SharedKeyInput"):  # the server writes dates as mails do
    DOCUMENT["definitions"][definition].get("properties", {}).get("expiry", {}).pop("format", None)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {
    (operation.method.upper(), nameless(f"/api{operation.path}")): operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
}
SERVED = {
    "fake": [(route.method, route.path) for route in FakeHorde().routes.all()],
    "hub": [
        (route.method, route.path)
        for table in (client.routes, worker.routes, status.routes)
        for route in table
    ],
}
ASKED = [
    (server, method, nameless(path))
    for server, routes in SERVED.items()
    for method, path in routes
    if path.startswith(V2)
]
QUESTIONS = [
    (*asked, kind)
    for asked in ASKED
    for kind in ("fitting", "unfitting")
    if kind == "fitting" or asked[1] in {"POST", "PUT", "PATCH"}
]
"""What is asked without a body can hardly be wrong."""
KINDS = {"fitting": GenerationMode.POSITIVE, "unfitting": GenerationMode.NEGATIVE}


# --- the servers, each in a thread of its own ---------------------------------------------------


@contextmanager
def serving(opened):
    """Run an asyncio server; `opened` is its context, which yields its address."""
    loop, ready, ended, found = asyncio.new_event_loop(), threading.Event(), asyncio.Event(), []

    async def serve():
        async with opened as address:
            found.append(address)
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(60)
        yield found[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(60)
        loop.close()


def send(method, url, body, key):
    return requests.request(method, url, json=body, headers={"apikey": key}, timeout=30).json()


@contextmanager
def fake(_folder):
    """Run a fake Horde with one of everything; yields its address, a key and what has an id."""
    style = {"id": STYLE_ID, "name": "snow", "prompt": "{p}{np}", "models": ["m"], "params": {}}
    horde = FakeHorde()
    horde.styles = [style]
    horde.collections = [{"id": STYLE_ID, "name": "foxes", "type": "image", "styles": [style]}]

    @asynccontextmanager
    async def opened():
        async with horde:
            yield horde.url

    with serving(opened()) as url:
        forms = {"forms": [{"name": "caption"}], "source_image": "aGk="}
        made = send("POST", f"{url}/v2/generate/async", BODY, "k")["id"]
        known = {
            "/generate/check/": made,
            "/generate/status/": made,
            "/generate/text/status/": send("POST", f"{url}/v2/generate/text/async", BODY, "k")[
                "id"
            ],
            "/interrogate/status/": send("POST", f"{url}/v2/interrogate/async", forms, "k")["id"],
            "/sharedkeys/": send("PUT", f"{url}/v2/sharedkeys", {"name": "a key"}, "k")["id"],
            "/styles/image/": STYLE_ID,
            "/styles/image_by_name/": "snow",
            "/collections/": STYLE_ID,
            "/collection_by_name/": "foxes",
            "/users/": "2",
            "/workers/": WORKER_ID,
            "/workers/name/": WORKER_NAME,
        }
        yield url, "k", known


@contextmanager
def hub(folder):
    """Run our hub with a request and a worker."""
    config = HubConfig(port=0, users=USERS, requests_per_second=10**6, requests_per_minute=10**6)

    @asynccontextmanager
    async def opened():
        running = await start(config, folder)
        try:
            yield running.url
        finally:
            await running.close()

    with serving(opened()) as url:
        offer = {
            "name": "a worker",
            "models": ["some model"],
            "bridge_agent": "a:1:b",
            "threads": 1,
        }
        send("POST", f"{url}/v2/generate/pop", offer, HOST_KEY)
        [host] = requests.get(f"{url}/v2/workers", timeout=30).json()
        made = send("POST", f"{url}/v2/generate/async", BODY, BOT_KEY)["id"]
        known = {
            "/generate/check/": made,
            "/generate/status/": made,
            "/workers/": host["id"],
            "/workers/name/": host["name"],
            "/status/models/": "some model",
        }
        yield url, HOST_KEY, known


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """Start a server when it is first asked for."""
    with ExitStack() as stack:
        running = {}

        def running_one(name):
            if name not in running:
                opened = {"fake": fake, "hub": hub}[name](tmp_path_factory.mktemp(name))
                running[name] = stack.enter_context(opened)
            return running[name]

        yield running_one


# --- the questions ------------------------------------------------------------------------------


def test_every_path_we_serve_is_one_of_the_servers():
    assert {(method, path) for _, method, path in ASKED} <= set(OPERATIONS)


@pytest.mark.parametrize(
    ("server", "method", "path", "kind"), QUESTIONS, ids=map(" ".join, QUESTIONS)
)
def test_an_odd_request_gets_an_answer_that_fits_the_document(servers, server, method, path, kind):
    url, key, known = servers(server)
    operation = OPERATIONS[method, path]
    documented = {int(code) for code in operation.definition.raw["responses"] if code.isdigit()}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=KINDS[kind]))
    def ask(case):
        for headers, place in (({}, {}), ({"apikey": key}, place_in(operation, known))):
            case.path_parameters = case.path_parameters | place
            response = case.call(base_url=url, headers=headers, timeout=30)
            case.validate_response(response, checks=CHECKS)
            assert response.status_code in documented | UNDOCUMENTED, response.text

    ask()


def place_in(operation, known):
    """Return what stands in an operation's path instead of something invented, if we know it."""
    before, _, name = operation.path.removeprefix("/v2").partition("{")
    return {name.partition("}")[0]: known[before]} if before in known else {}
