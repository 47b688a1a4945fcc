"""Files of this package -> responses with the headers that keep a page to itself. No page loads anything from elsewhere
or runs a script that stands in it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from html import escape
from importlib.resources import files

from fastapi import Request, Response
from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.refusals import Refusal

MEDIA_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
    "frame-ancestors "
)

EMBEDDED = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""For a page in the frame of another: a page that isolates itself shows only frames that say so too."""

PLACE = re.compile(r"\{\{(\w+)\}\}")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every response that does not set its own."""

LARGEST_BODY = 64 * 1024
TOO_LARGE = Refusal(413, f"The request is too large: at most {LARGEST_BODY} bytes are taken.", "too_large")


def page(folder: str, name: str, values: Mapping[str, str], embed: Sequence[str] | None = None) -> Response:
    """A page with `{{name}}` replaced by escaped values. `embed`: the origins that may frame it, besides this one."""
    text = PLACE.sub(lambda place: _escaped(values[place[1]]), _read(folder, name))
    ancestors = "'none'" if embed is None else " ".join(["'self'", *embed])
    headers = {"Content-Security-Policy": PAGE_POLICY + ancestors}
    if embed is not None:
        headers |= EMBEDDED
    return Response(text, media_type="text/html", headers=headers)


def asset(folder: str, name: str, allowed: set[str]) -> Response:
    """One of the `allowed` files; any page may load it."""
    if name not in allowed:
        raise Refusal(404, "There is no such file.")
    return _file(_read(folder, name), name.rsplit(".", 1)[1])


def script(folder: str, name: str, settings: Mapping[str, object]) -> Response:
    """A script with `{{settings}}` replaced by JSON; any page may load it."""
    return _file(_read(folder, name).replace("{{settings}}", json.dumps(settings)), "js")


def style(text: str) -> Response:
    """A style sheet that was made here; any page may load it."""
    return _file(text, "css")


def economical(request: Request, response: Response) -> Response:
    """The response compressed, and without its body for a browser that has it already (RFC 9110, 13.1.2)."""
    body = bytes(response.body)
    tag = f'W/"{sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Vary": "Accept-Encoding"}
    headers |= {name: value for name, value in response.headers.items() if name != "content-length"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(body, headers=headers)
    return Response(_compressed(body), headers={**headers, "Content-Encoding": "gzip"})


class Markup(str):
    """HTML that was made here, of nothing that came from elsewhere: a page takes it as it is."""


class Headers:
    """Adds `HEADERS` to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class BodyLimit:
    """Refuses requests of more than `LARGEST_BODY` bytes, whether they say so or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = RequestHeaders(scope=scope).get("content-length", "")
        if length.isdecimal() and int(length) > LARGEST_BODY:
            await TOO_LARGE.response()(scope, receive, send)
            return
        messages: list[Message] = []
        size = 0
        while not messages or messages[-1].get("more_body"):
            messages.append(await receive())
            size += len(messages[-1].get("body", b""))
            if size > LARGEST_BODY:
                await TOO_LARGE.response()(scope, receive, send)
                return
        again = iter(messages)

        async def replayed() -> Message:
            return next(again, None) or await receive()

        await self._app(scope, replayed, send)


def _escaped(value: str) -> str:
    return value if isinstance(value, Markup) else escape(value)


def _file(text: str, kind: str) -> Response:
    headers = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(text, media_type=MEDIA_TYPES[kind], headers=headers)


@lru_cache(maxsize=64)
def _compressed(body: bytes) -> bytes:
    return gzip.compress(body)


def _read(folder: str, name: str) -> str:
    return (files("serve") / folder / name).read_text(encoding="utf-8")
