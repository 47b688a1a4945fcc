"""A request of the chat widget -> the chat that it may speak in. The routes of the widget take it from here.

The token is bound to one chat and one origin, or one key of an app; what it says is checked before the store is asked.
"""

from __future__ import annotations

from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, ValidationError

from serve import access
from serve.desk import BOT, DELETED
from serve.parts import Parts, Shared
from serve.refusals import Refusal
from serve.wishes import agrees, asks_for_person

LONGEST_MESSAGE = 4000


class Question(BaseModel):
    message: str = Field(min_length=1, max_length=LONGEST_MESSAGE)


_bearer = HTTPBearer(auto_error=False, scheme_name="session", description="From `POST /widget/api/session`.")


async def _token(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    return sent.credentials if sent else ""


Token = Annotated[str, Depends(_token)]


def _origin(request: Request, parts: Parts) -> str:
    """The page's origin, which must be this server or one of `serve.origins`. Browsers leave the header `Origin` out
    when a page asks its own server for something by GET, and only then; so the widget says it in `X-Origin` as well."""
    origin = request.headers.get("origin") or request.headers.get("x-origin", "")
    host = request.headers.get("host")
    own = host and origin in (f"http://{host}", f"https://{host}")
    if not own and origin not in parts.workspace.config.serve.origins:
        message = "This page may not use the chat: its origin is neither in serve.origins nor the host that was asked."
        more = "A reverse proxy must pass the header Host on; an app of your own sends a key of the role widget."
        raise Refusal(403, f"{message} {more}", "wrong_origin")
    return origin


async def _opener(request: Request, parts: Shared, sent: access.Sent) -> tuple[str, str]:
    """The origin of the page that opens a chat, or the id of an app's key: one of the two, the other is empty."""
    if sent and sent.credentials.startswith(access.MARK):
        return "", (await access.opens_chats(request, sent)).id
    origin = _origin(request, parts)
    parts.limits.count_address(request)
    return origin, ""


Opener = Annotated[tuple[str, str], Depends(_opener)]


async def _page(request: Request, parts: Shared, token: Token) -> str:
    """The page's origin; none is asked for in a chat that was opened with a key."""
    return "" if access.claimed(token).key else _origin(request, parts)


Page = Annotated[str, Depends(_page)]


async def _known(request: Request, parts: Shared, page: Page, token: Token) -> str:
    return await _checked(request, parts, page, token)


Known = Annotated[str, Depends(_known)]


async def _chat(request: Request, parts: Shared, page: Page, chat_id: Known) -> str:
    return _counted(request, parts, page, chat_id)


Chat = Annotated[str, Depends(_chat)]
"""The id of the chat that the session token is for."""


async def _asking(request: Request, parts: Shared, page: Page, token: Token) -> str:
    said = _signed(request, parts, page, token)
    line = parts.live.served.line
    refused = line.full and _is_for_the_bot(parts, said.chat_id, await _message(request))
    chat_id = said.chat_id if refused else await _checked(request, parts, page, token)
    _counted(request, parts, page, chat_id)
    if refused:
        line.look()
    return chat_id


Asking = Annotated[str, Depends(_asking)]
"""The same for who asks something. A question for the bot is refused where its line is full, without a look into the
store; what is said to a person is not, and who asks for one neither."""


async def _watched(parts: Shared, chat_id: Known) -> str:
    parts.limits.count("watch", chat_id)
    return chat_id


Watched = Annotated[str, Depends(_watched)]
"""The same for who only looks for news: many who wait may share an address, and are not counted by it."""


async def _own(request: Request, parts: Shared, page: Page, token: Token) -> str:
    chat_id = await _checked(request, parts, page, token, ended=True)
    parts.limits.count("session", chat_id)
    return chat_id


Own = Annotated[str, Depends(_own)]
"""The same where the session has ended: nobody can go on with that chat, but whose it was may delete it."""


async def _checked(request: Request, parts: Parts, origin: str, token: str, ended: bool = False) -> str:
    """The token's chat; an address that sends wrong tokens is counted."""
    said, moves = _signed(request, parts, origin, token, ended), parts.desk.moves
    try:
        state = await to_thread.run_sync(_state, parts, said)
    except Refusal:
        parts.limits.count_address(request)
        raise
    if state == BOT:
        parts.lately.bots[said.chat_id] = moves
    return said.chat_id


def _signed(request: Request, parts: Parts, origin: str, token: str, ended: bool = False) -> access.Session:
    """What the token says, as far as its signature tells."""
    try:
        return access.session(parts.secret, token, origin, ended)
    except Refusal:
        parts.limits.count_address(request)
        raise


def _state(parts: Parts, said: access.Session) -> str:
    """Who has the chat."""
    if said.key and not access.is_valid(parts.workspace.store, said.key):
        raise Refusal(401, "The key that opened this chat was revoked.", "session_ended")
    state = parts.desk.state(said.chat_id)
    if state == DELETED:
        raise Refusal(401, "This chat was deleted. Start a new one.", "session_ended")
    return state


def _counted(request: Request, parts: Parts, page: str, chat_id: str) -> str:
    if page:  # an app may speak for many from one address
        parts.limits.count_address(request)
    parts.limits.count("session", chat_id)
    return chat_id


async def _message(request: Request) -> str:
    """What is asked; nothing where the body is no question, since a wrong token is told of before a wrong body."""
    try:
        return Question.model_validate_json(await request.body()).message
    except ValidationError:
        return ""


def _is_for_the_bot(parts: Parts, chat_id: str, message: str) -> bool:
    """Whether a message surely is, by what is in memory: nobody has the chat, and it asks for nobody."""
    if not message or parts.lately.bots.get(chat_id) != parts.desk.moves:
        return False
    before = parts.memory.turns(chat_id)
    if before is None and agrees(message):  # perhaps to the offer of a person
        return False
    turns = [*(before or []), {"role": "user", "content": message}]
    return not asks_for_person(turns, parts.workspace.config.serve.offer_person)


async def _renewed(parts: Shared, page: Page, token: Token) -> str | None:
    return access.renewed(parts.secret, token, page)


Renewed = Annotated[str | None, Depends(_renewed)]
"""A fresh token for the same chat, where half of the time of the one that was sent is over."""
