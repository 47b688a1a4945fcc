"""Logging in to the console with a name and a password, and out again."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from serve import logins, passwords, people
from serve.access import Key, Reviewer
from serve.limits import address
from serve.parts import Parts, Shared
from serve.people import Person
from serve.refusals import Refusal, documented

router = APIRouter()


class Credentials(BaseModel):
    name: str = Field(min_length=1, max_length=people.LONGEST_NAME, pattern=r"^[^\x00]*$")
    password: str = Field(min_length=1, max_length=passwords.LONGEST, repr=False)


class Somebody(BaseModel):
    """Whoever works in the console. `csrf_token` goes into the header `X-CSRF-Token` of what is not a GET; with a key
    none is needed, and it is null."""

    id: str
    name: str
    role: str
    csrf_token: str | None


@router.post("/console/api/login")
async def login(given: Credentials, request: Request, response: Response, parts: Shared) -> Somebody:
    """Logs somebody in: sets the cookie. A log-in that the browser had before ends."""
    logins.same_origin(request, else_allowed=True)
    person, token = await to_thread.run_sync(_log_in, given, request, parts, limiter=parts.passwords)
    logins.keep(request, response, token)
    return _shown(person, logins.csrf(request, token))


@router.post("/console/api/logout", status_code=204, responses=documented(401, 403))
def logout(request: Request, parts: Shared, cookie: logins.Cookie) -> Response:
    """Ends the log-in at once."""
    logins.person(request)
    people.log_out(parts.workspace.store, logins.token(request))
    gone = Response(status_code=204)
    logins.drop(request, gone)
    return gone


@router.get("/console/api/me")
def me(request: Request, parts: Shared, who: Reviewer) -> Somebody:
    """Who is logged in, or whose key this is."""
    if isinstance(who, Key):
        return Somebody(id=who.id, name=who.label, role=who.role, csrf_token=None)
    people.used(parts.workspace.store, logins.token(request))
    return _shown(who, logins.csrf(request))


def _log_in(given: Credentials, request: Request, parts: Parts) -> tuple[Person, str]:
    """Runs in a thread, few at a time, so that what is counted here is counted before many more are let in."""
    store = parts.workspace.store
    counted = (f"address {address(request)}", f"name {people.folded(given.name)}")
    for who in counted:
        parts.limits.check("login", who)
    found = people.log_in(store, given.name, given.password)
    if found is None:
        for who in counted:
            parts.limits.add("login", who)
        raise Refusal(401, "The name or the password is wrong.", "wrong_login")
    if before := logins.token(request):
        people.log_out(store, before)
    return found


def _shown(person: Person, token: str) -> Somebody:
    return Somebody(id=person.id, name=person.name, role=person.role, csrf_token=token)
