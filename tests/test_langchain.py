"""`deskwright.langchain` passes LangChain's own standard suites, against a server in a process of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from langchain_tests.integration_tests import ChatModelIntegrationTests, RetrieversIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from deskwright.langchain import ChatDeskwright, DeskwrightRetriever
from deskwright.store import now
from deskwright.workspace import Workspace
from instruct import adapter, rounds
from instruct.passages import Passage, Passages
from instruct.rounds import Model
from serve import access
from tests.server_process import make, serving

MANUAL = Path(__file__).resolve().parents[1] / "docs" / "integrations.md"

EXCHANGES = {
    "Where is my parcel?": "It is on its way.",
    "Can I return an opened bag?": "Yes, within 30 days.",
    "How do I change my address?": "Write to <EMAIL_1>.",
    "Do you sell gift cards?": "We do.",
}


def tuned(root: Path) -> Workspace:
    """A workspace whose promoted model has passages; the echo engine needs no weights of it."""
    ws = make(root)
    folder = adapter.folder(ws, "round-1")
    folder.mkdir(parents=True)
    adapter.write_card(folder, adapter.untuned(ws))
    found = [Passage(f"p{n}", *exchange) for n, exchange in enumerate(EXCHANGES.items())]
    (ws.datasets / "set").mkdir(parents=True)
    Passages.build(found, ["g"] * len(found)).save(ws.datasets / "set")
    with ws.store.begin() as opened:
        opened.execute(ws.store.tables.datasets.insert().values(fingerprint="set", made_at=now(), report={}))
    model = Model("round-1", 1, "d1", "demo", "set")
    rounds.register(ws.store, model)
    rounds.promote(ws.store, model, force="a test")
    return ws


@pytest.fixture(scope="module", autouse=True)
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Where a server is and what opens it; the suites find it in the environment."""
    ws = tuned(tmp_path_factory.mktemp("langchain") / "ws")
    key = access.create(ws.store, "integration", "test")
    with serving(ws) as url, pytest.MonkeyPatch.context() as environment:
        environment.setenv("DESKWRIGHT_URL", f"{url}/v1")
        environment.setenv("DESKWRIGHT_API_KEY", key)
        yield {"base_url": f"{url}/v1", "api_key": key}


class TestChatModelUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatDeskwright

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        found = {"DESKWRIGHT_URL": "http://bot.example/v1", "DESKWRIGHT_API_KEY": "dw_1"}
        return found, {}, {"base_url": "http://bot.example/v1", "api_key": "dw_1"}


class TestChatModel(ChatModelIntegrationTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatDeskwright

    @property
    def model_override_value(self) -> str:
        return "round-1"


class TestRetriever(RetrieversIntegrationTests):
    @property
    def retriever_constructor(self) -> type[DeskwrightRetriever]:
        return DeskwrightRetriever

    @property
    def retriever_query_example(self) -> str:
        return "Where is my order?"


def test_an_answer_says_what_it_leans_on() -> None:
    model = ChatDeskwright()
    whole = model.invoke("Where is it?")
    pieces = [piece for piece in model.stream("Where is it?") if isinstance(piece, AIMessageChunk)]
    streamed = sum(pieces[1:], pieces[0])

    assert whole.content == streamed.content == "Where is it?"
    assert whole.usage_metadata == streamed.usage_metadata
    assert whole.response_metadata["digest"] == "d1"
    assert whole.response_metadata["sources"][0]["question"] == "Where is my parcel?"
    assert set(whole.response_metadata) == set(streamed.response_metadata)
    assert whole.response_metadata["message_id"] != streamed.response_metadata["message_id"]


def test_the_nearest_exchange_comes_first_with_its_parts() -> None:
    first = DeskwrightRetriever(k=1).invoke("May I send back a bag that I opened?")

    assert first[0].page_content == "Question: Can I return an opened bag?\nAnswer: Yes, within 30 days."
    assert first[0].id == "p1"
    assert 0 < first[0].metadata["score"] <= 1


def test_both_work_in_a_chain() -> None:
    def joined(documents: list[Document]) -> str:
        return documents[0].metadata["answer"]

    prompt = ChatPromptTemplate.from_messages([("human", "{known} {asked}")])
    known = DeskwrightRetriever() | joined
    chain = {"known": known, "asked": RunnablePassthrough()} | prompt | ChatDeskwright() | StrOutputParser()

    assert chain.invoke("Do you sell gift cards?") == "We do. Do you sell gift cards?"


@pytest.mark.parametrize("heading", ["OpenAI's client", "LangChain"])
def test_the_examples_of_the_manual_run(
    heading: str, connection: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    section = MANUAL.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    python = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    for code in python:
        here = code.replace("http://127.0.0.1:8000/v1", connection["base_url"]).replace("dw_...", connection["api_key"])
        names: dict[str, Any] = {}
        exec(compile(here, MANUAL.name, "exec"), names)
        if "client" in names:
            names["client"].close()

    assert python
    assert capsys.readouterr().out.startswith("Can I return an opened bag of beans?\nWhere is my order?")


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
@pytest.mark.parametrize("heading", ["OpenAI's client", "LangChain"])
def test_the_commands_of_the_manual_run(heading: str, connection: dict[str, Any]) -> None:
    section = MANUAL.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    (command,) = re.findall(r"```sh\n(curl .*?)```", section, re.DOTALL)
    here = command.replace("http://127.0.0.1:8000/v1", connection["base_url"]).replace("dw_...", connection["api_key"])
    answer = subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=True).stdout

    assert set(json.loads(answer)) & {"choices", "passages"}


def test_what_it_cannot_do_is_said() -> None:
    model = ChatDeskwright()
    picture = HumanMessage([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}])

    with pytest.raises(NotImplementedError):
        model.bind_tools([])
    with pytest.raises(NotImplementedError):
        model.with_structured_output({"title": "a", "type": "object"})
    with pytest.raises(openai.BadRequestError, match="Only text"):
        model.invoke([picture])


def test_the_key_is_shown_nowhere(connection: dict[str, Any]) -> None:
    model = ChatDeskwright(**connection)

    assert connection["api_key"] not in repr(model) + str(model) + str(model._identifying_params)
