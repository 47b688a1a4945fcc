"""A workspace and its models -> the web application: chat API, widget, review console.

`deskwright serve` runs it. There is no app at module level: `create_app` builds everything from what it is given.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response
from starlette.middleware.cors import CORSMiddleware

from deskwright.workspace import Workspace
from serve import openai_api, refusals, review, widget_api, widget_pages
from serve.chat import Redactor
from serve.live import Live
from serve.pages import BodyLimit, Headers, page
from serve.parts import Parts, Shared
from serve.record import Record


def create_app(workspace: Workspace, live: Live, gate: Redactor) -> FastAPI:
    """The application for one workspace."""
    app = FastAPI(title="Deskwright", docs_url=None, redoc_url=None)
    app.state.parts = Parts(workspace, gate, live, Record(workspace.store))
    refusals.install(app)
    for router in (openai_api.router, widget_api.router, widget_pages.router, review.router):
        app.include_router(router)
    app.add_api_route("/", index, include_in_schema=False)
    app.add_api_route("/healthz", health)
    app.add_middleware(BodyLimit)
    app.add_middleware(Headers)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=workspace.config.serve.origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )
    return app


def index(parts: Shared) -> Response:
    """What there is."""
    served = parts.live.served
    named = f"{served.name} ({served.digest})" if served.digest else served.name
    return page("console", "index.html", {"title": parts.workspace.config.serve.title, "model": named})


def health(parts: Shared) -> dict[str, Any]:
    """Whether the server is up, and which model answers."""
    return {"status": "ok", "model": parts.live.served.name, "digest": parts.live.served.digest}
