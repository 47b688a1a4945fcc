"""What a caller did wrong -> an error body in OpenAI's form, with its status; never with the caller's own text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
"""Of other statuses it is `invalid_request_error`, or from 500 on `server_error`."""

ROUTING = {
    404: "There is nothing at this address. {below}/openapi.json lists what there is.",
    405: "This address does not take this method; the header Allow names those it takes.",
}

UNSUPPORTED = "unsupported_value"
"""The kind of fault where a value is right in itself, and cannot be done here."""


class Fault(BaseModel):
    """`message` is for people, `code` for programs; `param` names the field at fault."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorBody(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "message": "There is no such model here; known are 'deskwright' and 'round-1'.",
                        "type": "invalid_request_error",
                        "param": "model",
                        "code": "model_not_found",
                    }
                }
            ]
        }
    )

    error: Fault


class Refusal(Exception):
    """A request that is not answered. `code` is for programs, `message` for people."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> dict[str, dict[str, str | None]]:
        kind = TYPES.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def response(self) -> JSONResponse:
        headers = {"WWW-Authenticate": "Bearer", **self.headers} if self.status == 401 else self.headers
        return JSONResponse(self.body(), self.status, headers)


MEANINGS = {
    400: "The request has a fault; the message names it.",
    401: "No valid key or session.",
    403: "The key's role or the page's origin may not do this.",
    404: "There is no such model, answer or address.",
    413: "The request is too large.",
    429: "Too much at once; the header Retry-After says in how many seconds to try again.",
    500: "A fault of the server.",
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route, for the OpenAPI document."""
    every: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorBody, "description": MEANINGS[status]} for status in (*statuses, 413, 429, 500)
    }
    return {**every, "default": {"model": ErrorBody, "description": "Any other error."}}


def not_redacted(what: str) -> Refusal:
    """What to say of a text that the gate refuses."""
    return Refusal(400, f"Personal data in this {what} could not be removed with certainty. Rephrase it.")


def install(app: FastAPI, nowhere: str = ROUTING[404]) -> None:
    """Every refusal, fault of a body and unknown address comes out in this one form. `nowhere` is said of an unknown
    address; `{below}` in it is the path where the application is mounted."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = [(_place(fault["loc"]), fault["msg"], fault["type"]) for fault in error.errors()]
        message = "; ".join(f"{place}: {what}" if place else what for place, what, _ in faults)
        place, _, kind = faults[0]
        return Refusal(400, message, UNSUPPORTED if kind == UNSUPPORTED else None, place or None).response()

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        routing = {**ROUTING, 404: nowhere}
        below = request.scope.get("root_path", "")
        message = routing[error.status_code].format(below=below) if error.status_code in routing else str(error.detail)
        headers = _allowed(request) if error.status_code == 405 else None
        return Refusal(error.status_code, message, headers=headers or error.headers).response()


def _allowed(request: Request) -> dict[str, str] | None:
    """All methods of an address; the router names those of its first route only."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    asked = request.url.path.removeprefix(request.scope.get("root_path", ""))
    here = [methods for path, methods in paths.items() if compile_path(path)[0].match(asked)]
    return {"Allow": ", ".join(sorted({method.upper() for methods in here for method in methods}))} if here else None


def _place(loc: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in loc if part != "body" and not str(part).startswith("function-"))
