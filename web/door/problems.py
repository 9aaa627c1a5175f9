"""What a visitor is told when something cannot be done: a page, or JSON for the script."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from common import texts
from common.errors import HordebotsError
from web.templating import Pages


class Problem(HordebotsError):
    """The room declines what a browser sent.

    `retry_after` is in seconds; `way` is a page that leads on: its path, and the code of its name.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        *,
        retry_after: int = 0,
        way: tuple[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(code, **values)
        self.way = way
        self.status = status
        self.headers = {"Retry-After": str(retry_after)} if retry_after else {}


def wants_json(request: web.Request) -> bool:
    """Tell whether our script asks, and not the browser itself."""
    return request.headers.get("Accept") == "application/json"


def tell_problems(pages: Pages) -> Middleware:
    """Return the middleware that turns errors into friendly answers."""
    log = structlog.get_logger(__name__)

    @web.middleware
    async def tell(request: web.Request, handler: Handler) -> web.StreamResponse:
        way = None
        try:
            return await handler(request)
        except Problem as problem:
            status, sentence, headers = problem.status, str(problem), problem.headers
            way = problem.way
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            status, sentence, headers = HTTPStatus(error.status), _sentence(error.status), {}
            if "Allow" in error.headers:
                headers["Allow"] = error.headers["Allow"]
        except Exception:  # noqa: BLE001  (the last resort: it is logged, and a page says so)
            await log.aexception("web.failed", method=request.method, path=_path(request))
            status, headers = HTTPStatus.INTERNAL_SERVER_ERROR, {}
            sentence = _sentence(status)
        if wants_json(request):
            return web.json_response({"problem": sentence}, status=status, headers=headers)
        page = pages.problem(_title(status), sentence, way)
        return web.Response(text=page, content_type="text/html", status=status, headers=headers)

    return tell


def _path(request: web.Request) -> str:
    """Return the address asked for without what differs in it: that may be a secret."""
    resource = request.match_info.route.resource
    return request.path if resource is None else resource.canonical


def _title(status: int) -> str:
    code = f"web_problem.{status}"
    return texts.say(code if texts.knows(code) else "web_problem.400")


def _sentence(status: int) -> str:
    code = f"web_problem.sentence_{status}"
    return texts.say(code if texts.knows(code) else "web_problem.sentence_other")
