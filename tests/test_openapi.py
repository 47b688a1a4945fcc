"""The OpenAPI document: Schemathesis makes requests from it, good and bad ones, and holds the answers against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from instruct.passages import Passage
from privacy.gate import Gate
from serve import access
from serve.app import create_app, routes
from serve.chat import build_chat
from serve.commands import run
from serve.engines.echo import Echo
from serve.live import Live, Served
from serve.record import Said
from tests.server_process import make

EXAMPLES = 15
UNLIMITED = '[serve]\nlimit_key = ""\nlimit_session = ""\nlimit_address = ""\n'
ROLES = {"/v1": "integration", "/console": "reviewer"}


class Index:
    def search(self, question: str, k: int) -> list[Passage]:
        return [Passage("p1", "Where is it?", "On its way.", 0.8)][:k]


class Api:
    """A server at work, with a rated chat, and what a request needs to get past its doors."""

    def __init__(self, root: Path) -> None:
        ws = make(root, UNLIMITED)
        gate = Gate.of(ws)
        chat = build_chat(gate, Echo("echo-1"), None, "Help.", 0)
        served = Served("echo-1", "d1", chat, Index())
        self.app = create_app(ws, Live(ws.store, lambda model: served, untuned=True), gate)
        self.running = run(self.app, "127.0.0.1", 0)
        self.app.state.parts.record.keep("chat_1", "widget", [], Said("msg_1", "hello", "echo-1", "d1"))
        self.keys = {place: access.create(ws.store, role, "test") for place, role in ROLES.items()}
        self.keys["/widget"] = access.sign(access.session_secret(ws), "chat_1", self.running.url)

    def headers(self, path: str) -> dict[str, str]:
        key = next((key for place, key in self.keys.items() if path.startswith(place)), "")
        return {"Origin": self.running.url, **({"Authorization": f"Bearer {key}"} if key else {})}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    made = Api(tmp_path_factory.mktemp("api") / "ws")
    yield made
    made.running.stop()


def document() -> dict[str, Any]:
    """Without the keys, which each request has and which are not made up."""
    made = routes().openapi()
    for operations in made["paths"].values():
        for operation in operations.values():
            operation.pop("security", None)
    return made


schema = schemathesis.openapi.from_dict(document())


# A conversation ends on the customer, a review says something: no schema can say that, so 400 is no contradiction.
@schema.parametrize()
@settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
def test_answers_are_as_the_document_says(case: schemathesis.Case, api: Api) -> None:
    case.call_and_validate(
        base_url=api.running.url, headers=api.headers(case.path), excluded_checks=[positive_data_acceptance]
    )
