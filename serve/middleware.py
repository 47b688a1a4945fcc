"""What every request passes on its way: it gets an id, and what breaks becomes an answer and a line of the log.

The classes are ASGI middleware (asgi.readthedocs.io); `create_app` puts them around the routes.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.refusals import Refusal

log = logging.getLogger("deskwright.serve")

REQUEST_ID = "X-Request-ID"

FOR_PAGES = ("/v1/", "/widget/api/")


def below(scope: Scope) -> str:
    """The path as this application's routes have it: ASGI's `path` begins with the path where it is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


class RequestId:
    """Names each request: `scope["request_id"]`, and the header that OpenAI's clients show with an error."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = f"req_{secrets.token_hex(12)}"

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = scope["request_id"]
            await send(message)

        await self._app(scope, receive, named)


class Cors(CORSMiddleware):
    """Lets pages of the configured origins call the APIs; the rest of the server is none of theirs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        open_to_pages = scope["type"] == "http" and below(scope).startswith(FOR_PAGES)
        await (super().__call__ if open_to_pages else self.app)(scope, receive, send)


class Faults:
    """An exception that no route expected -> an error in OpenAI's form. The log has its kind and place only: its text
    may quote the customer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
            return
        except Exception as error:
            log.error("%s failed: %s", scope["request_id"], place(error))
        if started:
            raise RuntimeError("a response broke off")  # the server closes the connection: half an answer is no answer
        message = f"Something went wrong here. Try again; the server's log names the fault of {scope['request_id']}."
        await Refusal(500, message).response()(scope, receive, send)


def place(error: BaseException) -> str:
    """What kind of fault it is and where in the code, without any value."""
    frames = traceback.extract_tb(error.__traceback__)
    last = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{last}"
