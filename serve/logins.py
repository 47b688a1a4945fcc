"""A request with the cookie of a log-in -> the person, if the request is the console's own.

SameSite alone leaves other applications of the same site (RFC 6265bis, 8.8). So whatever changes something must come
from a page of this origin besides, with a token that only such a page can have read (OWASP, Cross-Site Request Forgery
Prevention Cheat Sheet).
"""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.security import APIKeyCookie

from serve import people
from serve.people import Person
from serve.refusals import Refusal

NAME = "deskwright_login"
CSRF = "X-CSRF-Token"
SAFE = ("GET", "HEAD", "OPTIONS")

_described = APIKeyCookie(
    name=NAME,
    auto_error=False,
    scheme_name="login",
    description="The cookie that `POST /console/api/login` sets; its name goes on with letters of the workspace. "
    f"Whatever is not a GET needs the header `{CSRF}` besides.",
)

Cookie = Annotated[str | None, Depends(_described)]
"""For the OpenAPI document; `token` finds the cookie under its whole name."""


def token(request: Request) -> str:
    """What the browser keeps of a log-in to this application; empty where there is nothing."""
    return request.cookies.get(_name(request), "")


def person(request: Request) -> Person:
    """Who is logged in.

    Raises:
        Refusal: nobody is, or the request would change something and is not the console's own.
    """
    parts, sent = request.app.state.parts, token(request)
    if not sent:
        raise Refusal(
            401,
            "Nobody is logged in. Log in; a program sends the header `Authorization: Bearer dw_...`.",
            "not_logged_in",
        )
    found = people.logged_in(parts.workspace.store, sent)
    if found is None:
        parts.limits.count_address(request)
        raise Refusal(401, "The log-in has ended. Log in again.", "login_ended")
    if request.method not in SAFE:
        same_origin(request)
        if not hmac.compare_digest(csrf(request).encode(), request.headers.get(CSRF, "").encode()):
            raise Refusal(403, f"The header {CSRF} is missing or wrong. Load the page again.", "wrong_csrf_token")
        people.used(parts.workspace.store, sent)
    parts.limits.count("key", found.id)
    return found


def same_origin(request: Request, else_allowed: bool = False) -> None:
    """Browsers say where a request comes from: by Sec-Fetch-Site (w3.org/TR/fetch-metadata), over plain HTTP by Origin
    only. `else_allowed`: so is a request that says neither, which no browser sent.

    Raises:
        Refusal: it is another page's.
    """
    site, origin, host = (request.headers.get(name) for name in ("sec-fetch-site", "origin", "host"))
    own = site == "same-origin" if site else origin in (f"http://{host}", f"https://{host}")
    if not own and not (else_allowed and site is None and origin is None):
        message = "This request comes from a page that is not this server's."
        raise Refusal(403, f"{message} A reverse proxy must pass the header Host on.", "wrong_origin")


def csrf(request: Request, sent: str = "") -> str:
    """The token that goes with a log-in: only who can read this application's answers knows it."""
    return _keyed(request, f"console csrf\0{sent or token(request)}")


def keep(request: Request, response: Response, sent: str) -> None:
    """Lets the browser keep the token of a log-in until it is closed."""
    response.set_cookie(_name(request), sent, secure=_tls(request), httponly=True, samesite="strict")


def drop(request: Request, response: Response) -> None:
    """Lets the browser forget it."""
    response.delete_cookie(_name(request), secure=_tls(request), httponly=True, samesite="strict")


def _name(request: Request) -> str:
    """Each application's own, since a browser keeps cookies by host, whatever the port, and the path that it knows may
    be another than ours: a reverse proxy can put a bot anywhere. The prefix lets a browser take it over TLS only, and
    for no other host (RFC 6265bis, 4.1.3)."""
    return f"{'__Host-' if _tls(request) else ''}{NAME}_{_keyed(request, 'login cookie')[:8]}"


def _keyed(request: Request, text: str) -> str:
    return hmac.digest(request.app.state.parts.secret, text.encode(), "sha256").hex()


def _tls(request: Request) -> bool:
    return request.url.scheme == "https"
