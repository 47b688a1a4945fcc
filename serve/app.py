"""A workspace and its models -> the web application: chat API, widget, review console, the people's desk.

`deskwright serve` runs it. There is no app at module level: `create_app` builds everything from what it is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from fastapi import FastAPI, Response
from starlette.types import Lifespan

from deskwright.workspace import Workspace
from serve import (
    chatwoot,
    handover_api,
    login_api,
    openai_api,
    people_api,
    refusals,
    retrieve_api,
    review,
    slack,
    widget_api,
    widget_pages,
)
from serve.access import session_secret
from serve.chat import Redactor
from serve.deliveries import LEASE, Unfinished
from serve.desk import Desk
from serve.limits import Limits
from serve.live import Live
from serve.middleware import REQUEST_ID, Cors, Faults, RequestId
from serve.pages import BodyLimit, Headers, page
from serve.parts import Parts, Shared
from serve.record import Record
from serve.refusals import documented
from serve.tasks import Tasks
from serve.webhook import Webhook


def create_app(workspace: Workspace, live: Live, gate: Redactor) -> FastAPI:
    """The application for one workspace."""
    chatwoot.check(workspace)
    slack.check(workspace)
    record, desk, tasks = Record(workspace.store), Desk(workspace.store), Tasks()
    webhook = Webhook(workspace, desk, record, tasks)
    app = routes(_background)
    limits = Limits(workspace.config.serve)
    secret, unfinished = session_secret(workspace), Unfinished(workspace.store)
    app.state.parts = Parts(workspace, gate, live, record, limits, desk, webhook, tasks, unfinished, secret)
    app.add_middleware(BodyLimit)
    app.add_middleware(Faults)
    app.add_middleware(
        Cors,
        allow_origins=workspace.config.serve.origins,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["*"],
        expose_headers=["Retry-After", REQUEST_ID],
    )
    app.add_middleware(Headers)
    app.add_middleware(RequestId)
    return app


def routes(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """Every route, and the document that describes them, without anything to answer from yet."""
    app = FastAPI(title="Deskwright", docs_url=None, redoc_url=None, lifespan=lifespan)
    refusals.install(app)
    app.include_router(openai_api.router)
    app.include_router(retrieve_api.router)
    for router in (
        widget_api.router,
        widget_pages.router,
        handover_api.router,
        login_api.router,
        people_api.router,
        review.router,
        chatwoot.router,
        slack.router,
    ):
        app.include_router(router, responses=documented(400, 401, 403, 404))
    app.add_api_route("/", index, include_in_schema=False)
    app.add_api_route("/healthz", health)
    return app


@asynccontextmanager
async def _background(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    parts.webhook.tell_all()
    await _go_on(parts)
    loop = asyncio.get_running_loop()
    again = loop.call_later(LEASE.total_seconds() + 1, lambda: parts.tasks.start("unfinished messages", _go_on(parts)))
    yield
    again.cancel()
    await parts.tasks.stop()
    parts.unfinished.leave()


async def _go_on(parts: Parts) -> None:
    """Goes on with messages of other services that a server before did not finish. What one was at that was killed is
    not told from what another is at, until it would be over."""
    for chat_id, works in (await to_thread.run_sync(parts.unfinished.take)).items():
        for service in (chatwoot, slack):
            if chat_id.startswith(f"{service.CHANNEL}-"):
                service.go_on(parts, chat_id, works)


def index(parts: Shared) -> Response:
    """What there is."""
    served = parts.live.served
    named = f"{served.name} ({served.digest})" if served.digest else served.name
    return page("console", "index.html", {"title": parts.workspace.config.serve.title, "model": named})


def health(parts: Shared) -> dict[str, Any]:
    """Whether the server is up, and which model answers."""
    return {"status": "ok", "model": parts.live.served.name, "digest": parts.live.served.digest}
