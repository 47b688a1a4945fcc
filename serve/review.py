"""The review console: answers that wait for a person, and that person's decisions."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from serve.access import Reviewer
from serve.pages import asset, page
from serve.parts import Shared
from serve.refusals import Refusal
from serve.widget_api import redacted

router = APIRouter()


class Decision(BaseModel):
    """A rating from 1 to 5, a better answer, or both."""

    message_id: str = Field(max_length=64)
    rating: int | None = Field(None, ge=1, le=5)
    corrected: str | None = Field(None, max_length=8000)
    comment: str = Field("", max_length=2000)


@router.get("/console", include_in_schema=False)
def console() -> Response:
    """The console as a page; it asks who works there by itself."""
    return page("console", "console.html", {})


@router.get("/console/{name}", include_in_schema=False)
def console_asset(name: str) -> Response:
    """The page's style and script."""
    return asset("console", name, {"common.js", "console.js", "console.css", "index.css", "desk.js", "desk.css"})


@router.get("/console/api/queue")
def queue(parts: Shared, key: Reviewer, limit: int = 50) -> dict[str, Any]:
    """Answers nobody reviewed: those with a thumb down first, then the least confident, then the oldest."""
    return {"cases": parts.record.waiting(max(1, min(limit, 200)))}


@router.post("/console/api/review")
def review(decision: Decision, parts: Shared, key: Reviewer) -> dict[str, Any]:
    """Keeps a decision. What is acknowledged is on the disk; personal data in a correction is replaced first."""
    place = parts.record.place(decision.message_id)
    if place is None:
        raise Refusal(404, "There is no such answer.", "no_such_message", "message_id")
    corrected = redacted(parts, place, decision.corrected or "")
    if decision.rating is None and not corrected:
        raise Refusal(400, "A review needs a rating from 1 to 5 or a corrected answer; this one has neither.")
    comment = redacted(parts, place, decision.comment)
    parts.record.review(decision.message_id, decision.rating, corrected, comment, key.id)
    return {"saved": True, "corrected": corrected}


@router.get("/console/api/stats")
def stats(parts: Shared, key: Reviewer) -> dict[str, Any]:
    """How much waits, how much is done, and how each model fares."""
    return parts.record.stats()
