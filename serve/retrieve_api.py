"""`POST /v1/retrieve`: a question -> the resolved exchanges and passages of documents nearest to it, as the
model that answers would see them.

`deskwright.langchain.DeskwrightRetriever` is a client of it.
"""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from privacy.gate import Refused
from serve.access import Integration
from serve.parts import Shared
from serve.refusals import Refusal, documented, not_redacted

LONGEST_QUERY = 4000
MOST = 50

router = APIRouter()


class Query(BaseModel):
    model_config = ConfigDict(
        strict=True, json_schema_extra={"examples": [{"query": "Can I return an opened bag of beans?", "k": 2}]}
    )

    query: str = Field(min_length=1, max_length=LONGEST_QUERY)
    k: int = Field(4, ge=1, le=MOST)


class Found(BaseModel):
    """A resolved exchange, redacted, or a passage of a document; `score` is the cosine between its question and the one
    asked."""

    id: str
    question: str
    answer: str
    score: float
    title: str = Field("", description="Of a passage of a document: the document's.")
    place: str = Field("", description="Of a passage of a document: where in it.")


class Passages(BaseModel):
    passages: list[Found]


@router.post("/v1/retrieve", responses=documented(400, 401, 403, 404))
async def retrieve(asked: Query, parts: Shared, key: Integration) -> Passages:
    """The `k` nearest passages, nearest first. The query is redacted before it is looked up, and is not kept."""
    served = await parts.live.current()
    index = served.index
    if index is None:
        raise Refusal(
            404,
            f"{served.name} was tuned without passages (dataset.passages), so there is nothing to retrieve.",
            "no_passages",
        )
    try:
        redacted = await to_thread.run_sync(parts.gate.redact, [asked.query])
    except Refused:
        raise not_redacted("query") from None
    found = await to_thread.run_sync(index.search, redacted.texts[-1], asked.k)
    return Passages(passages=[Found(**{name: getattr(one, name) for name in Found.model_fields}) for one in found])
