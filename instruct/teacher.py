"""`--distill-from` -> a teacher: a model of the hub or in a folder, or any OpenAI-compatible server -> its answers.

A server is given as its base address, with the model after a `#` where it has several:
`http://127.0.0.1:8000/v1#llama`. Its key, if it wants one, is in DESKWRIGHT_TEACHER_API_KEY. Questions, which are
redacted, go to that address alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from deskwright.config import over_tls
from deskwright.errors import DeskwrightError
from deskwright.terminal import progress
from deskwright.workspace import Workspace
from instruct import adapter, base
from instruct.answering import MOST_NEW_TOKENS, Said, generated
from instruct.rows import Row

KEY = "DESKWRIGHT_TEACHER_API_KEY"
AT_ONCE = 8
SECONDS = 300.0
"""For one answer."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """`name` says which model it is, down to its weights where they are here; `answer` gives one answer a row."""

    name: str
    answer: Callable[[Sequence[Row]], list[Said]]


def find(workspace: Workspace, given: str) -> Teacher:
    """The teacher that was asked for; a model is loaded with its first answer.

    Raises:
        DeskwrightError: there is none there; the message says what to do.
    """
    return _server(workspace, given) if given.startswith(("http://", "https://")) else _model(workspace, given)


def _model(workspace: Workspace, given: str) -> Teacher:
    """Weights on this machine. What the workspace has pinned of its own base stays as it is."""
    folder = Path(given).expanduser()
    if not folder.is_dir():
        from instruct import hub

        name, revision = hub.parse(given)
        folder = hub.local(name, revision) or hub.fetch(name, revision)
    section = workspace.config.model.model_copy(update={"base": str(folder), "chat_template": ""})
    teaching = Workspace(workspace.root, workspace.config.model_copy(update={"model": section}), workspace.keys)
    loaded: list[adapter.Loaded] = []

    def answer(rows: Sequence[Row]) -> list[Said]:
        if not loaded:
            loaded.append(adapter.load(teaching, None))
        return generated(loaded[0], rows, "the teacher")

    return Teacher(base.digest(teaching), answer)


def _server(workspace: Workspace, given: str) -> Teacher:
    address, _, name = given.partition("#")
    try:
        address = over_tls(address.rstrip("/"))
    except ValueError as error:
        raise DeskwrightError(f"--distill-from: found {address}; {error}.") from None
    key = os.environ.get(KEY, "")
    client = httpx2.Client(timeout=SECONDS, headers={"Authorization": f"Bearer {key}"} if key else {})
    model = name or _only_model(client, address)
    system = workspace.config.dataset.system

    def one(row: Row) -> Said:
        asked = {"model": model, "messages": row.prompt(system), "temperature": 0, "max_tokens": MOST_NEW_TOKENS}
        reply = _asked(client, "POST", f"{address}/chat/completions", asked)
        try:
            choice = reply["choices"][0]
            return Said((choice["message"]["content"] or "").strip(), choice["finish_reason"] == "stop")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise _odd(address, "a choice with a message and a finish_reason") from None

    def answer(rows: Sequence[Row]) -> list[Said]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(progress(pool.map(one, rows), "answers of the teacher", "answers", len(rows)))

    return Teacher(f"{model} at {address}", answer)


def _only_model(client: httpx2.Client, address: str) -> str:
    try:
        names = [str(model["id"]) for model in _asked(client, "GET", f"{address}/models")["data"]]
    except (KeyError, TypeError):
        raise _odd(address, "a list of models") from None
    if len(names) == 1:
        return names[0]
    raise DeskwrightError(
        f"The server at {address} has {len(names)} models ({', '.join(names)}); say which: "
        f"--distill-from {address}#MODEL."
    )


def _asked(client: httpx2.Client, method: str, address: str, body: dict[str, Any] | None = None) -> Any:
    try:
        reply = client.request(method, address, json=body)
        reply.raise_for_status()
        return reply.json()
    except httpx2.HTTPStatusError as error:
        said = f"it answered {error.response.status_code} {error.response.reason_phrase}"
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        said = f"it could not be asked ({type(error).__name__})"
    except ValueError:
        raise _odd(address, "JSON") from None
    raise DeskwrightError(
        f"The teacher at {address}: {said}. Expected an OpenAI-compatible server at the address before "
        f"/chat/completions, its key in {KEY} if it wants one. What was answered so far is kept; give the same command "
        "again to go on."
    )


def _odd(address: str, expected: str) -> DeskwrightError:
    return DeskwrightError(f"The teacher at {address} gave an answer that cannot be read; expected {expected}.")
