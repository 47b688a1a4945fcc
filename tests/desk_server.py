"""A support desk behind the widget, as small as can be: the widget's real pages, and its API with answers that a test
decides on. Unlike the real server it can be told who is at the desk, and to fail."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from deskwright.workspace import Workspace
from serve import refusals, widget_pages
from serve.pages import Headers
from serve.parts import Parts
from serve.refusals import Refusal

router = APIRouter(prefix="/widget/api")


@dataclass
class Desk:
    """Who is there, and what was said and done. `answer` gives the pieces of an answer; None breaks the stream off."""

    answer: Callable[[str], list[str | None]] = lambda message: [message]
    state: str = "bot"
    open: bool = True
    staffed: bool = True
    pause: float = 0.0
    failures: list[int] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)
    thumbs: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)
    polls: int = 0
    handover: bool = False
    takes: bool = False
    """A person takes the chat while the bot answers."""
    renews: bool = False
    """The next answer ends with a fresh token, and the old one is worth nothing any more."""

    def write(self, text: str) -> None:
        """A person at the desk writes."""
        self.state = "human"
        self.messages.append({"message_id": f"human_{len(self.messages)}", "role": "human", "text": text})


def create_app(ws: Workspace, desk: Desk) -> FastAPI:
    app = FastAPI()
    app.state.parts = object.__new__(Parts)
    object.__setattr__(app.state.parts, "workspace", ws)  # the pages ask for no other part
    app.state.desk = desk
    refusals.install(app)
    app.include_router(router)
    app.include_router(widget_pages.router)
    app.add_middleware(Headers)
    return app


def known(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    origin = request.headers.get("origin") or request.headers.get("x-origin")
    if origin != f"http://{request.headers['host']}":
        raise Refusal(403, "This page may not use the chat.", "wrong_origin")
    if desk.failures:
        raise Refusal(desk.failures.pop(0), "The desk fails.")
    if request.headers.get("authorization", "").removeprefix("Bearer ") not in desk.tokens:
        raise Refusal(401, "This chat session has ended.", "session_ended")
    return desk


@router.post("/session")
def session(request: Request) -> dict[str, Any]:
    token = secrets.token_hex(8)
    request.app.state.desk.tokens.add(token)
    return {"token": token, "expires_in": 7200}


@router.post("/chat")
async def chat(request: Request) -> StreamingResponse:
    desk, message = known(request), (await request.json())["message"]
    desk.asked.append(message)
    if desk.handover:
        desk.state = "pending"
    return StreamingResponse(_events(desk, message), media_type="text/event-stream")


def _events(desk: Desk, message: str) -> Iterator[str]:
    if desk.state in ("pending", "human") and not desk.handover:
        yield _event(type="end", message_id=None, state=desk.state, action="wait")
        return
    for piece in desk.answer(message):
        if piece is None:
            return
        time.sleep(desk.pause)
        yield _event(type="text", text=piece)
    if desk.takes:
        desk.state = "human"
        yield _event(type="end", message_id=None, state=desk.state, action="wait")
        return
    action, more = "handover" if desk.handover else None, {}
    if desk.renews:
        desk.tokens = {"fresh"}
        more = {"token": "fresh"}
    yield _event(type="end", message_id=f"msg_{len(desk.asked)}", state=desk.state, action=action, **more)
    desk.handover = desk.renews = False


def _event(**data: Any) -> str:
    return f"data: {json.dumps(data)}\n\n"


@router.post("/feedback")
async def feedback(request: Request) -> dict[str, bool]:
    known(request).thumbs.append(await request.json())
    return {"saved": True}


@router.post("/person")
async def person(request: Request) -> dict[str, Any]:
    desk = known(request)
    if not desk.staffed:
        raise Refusal(404, "Not Found")
    desk.left.append(await request.json())
    desk.state = "pending"
    return {"state": desk.state, "open": desk.open}


@router.get("/state")
def state(request: Request, after: str = "") -> dict[str, Any]:
    desk = known(request)
    desk.polls += 1
    ids = [message["message_id"] for message in desk.messages]
    new = desk.messages[ids.index(after) + 1 :] if after in ids else desk.messages
    return {"state": desk.state, "open": desk.open, "messages": new}


@router.delete("/chat")
def delete(request: Request) -> Response:
    known(request).tokens.clear()
    return Response(status_code=204)
