"""`--distill-from`, or `dataset.paraphraser` -> a model of the hub or in a folder, or any OpenAI-compatible server ->
its answers.

A server is given as its base address, with the model after a `#` where it has several:
`http://127.0.0.1:8000/v1#llama`. Its key, if it wants one, is in DESKWRIGHT_TEACHER_API_KEY. Questions, which are
redacted, go to that address alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deskwright.config import over_tls
from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import adapter, base
from instruct.answering import MOST_NEW_TOKENS, Said, generated
from instruct.chat_server import ChatServer, at_once
from instruct.rows import Row

KEY = "DESKWRIGHT_TEACHER_API_KEY"
ANSWERS = "answers.jsonl"
BATCH = 64
"""Answers that a kill may cost."""
SERVER = ("http://", "https://")
HINT = f"Its key is in {KEY} if it wants one. What was answered so far is kept; give the same command again to go on."


@dataclass(frozen=True, slots=True)
class Teacher:
    """`name` says which model it is, down to its weights where they are here; `answer` gives one answer a row."""

    name: str
    answer: Callable[[Sequence[Row]], list[Said]]


def find(workspace: Workspace, given: str, by: str = "--distill-from") -> Teacher:
    """The teacher that was asked for, by an option or a setting; a model is loaded with its first answer. Its prompts
    have the workspace's system text (`dataset.system`).

    Raises:
        DeskwrightError: there is none there; the message says what to do.
    """
    return _server(workspace, given, by) if given.startswith(SERVER) else _model(workspace, given)


def kept_answers(folder: Path, teacher: Teacher, rows: Sequence[Row]) -> list[Said]:
    """One a row, kept in `folder` as they come; those that a run before this was given are read."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ANSWERS
    said = [Said(**json.loads(line)) for line in _whole_lines(file)]
    for at in range(len(said), len(rows), BATCH):
        new = teacher.answer(rows[at : at + BATCH])
        lines = "".join(json.dumps({"text": one.text, "whole": one.whole}) + "\n" for one in new)
        with file.open("a", encoding="utf-8") as opened:
            opened.write(lines)
        said += new
    return said


def _whole_lines(file: Path) -> list[str]:
    """The lines that were written to their end; what a kill cut off is taken away."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    whole = text[: text.rfind("\n") + 1]
    file.write_text(whole, encoding="utf-8")
    return whole.splitlines()


def here(workspace: Workspace, given: str, chat_template: str = "") -> tuple[str, Workspace]:
    """A model whose weights are on this machine, or come to it: its name, down to its commit or its weights, and the
    workspace with it as its base. What the workspace has pinned of its own base stays as it is.

    Raises:
        DeskwrightError: it cannot be had; the message says what to do.
    """
    folder, name = Path(given).expanduser(), ""
    if not folder.is_dir():
        from instruct import hub

        name, revision = hub.parse(given)
        folder = hub.local(name, revision) or hub.fetch(name, revision)
    section = workspace.config.model.model_copy(update={"base": str(folder), "chat_template": chat_template})
    teaching = Workspace(workspace.root, workspace.config.model_copy(update={"model": section}), workspace.keys)
    return f"{name}@{folder.name}" if name else base.digest(teaching), teaching


def _model(workspace: Workspace, given: str) -> Teacher:
    name, teaching = here(workspace, given)
    loaded: list[adapter.Loaded] = []

    def answer(rows: Sequence[Row]) -> list[Said]:
        if not loaded:
            loaded.append(adapter.load(teaching, None))
        return generated(loaded[0], rows, "the teacher")

    return Teacher(name, answer)


def _server(workspace: Workspace, given: str, by: str) -> Teacher:
    address, _, name = given.partition("#")
    try:
        address = over_tls(address.rstrip("/"))
    except ValueError as error:
        raise DeskwrightError(f"{by}: found {address}; {error}.") from None
    server = ChatServer("teacher", address, os.environ.get(KEY, ""), HINT)
    model = name or _only_model(server, by)
    system = workspace.config.dataset.system

    def one(row: Row) -> Said:
        return server.answer(model, row.prompt(system), MOST_NEW_TOKENS)

    return Teacher(f"{model} at {address}", lambda rows: at_once(one, rows, "answers of the teacher"))


def _only_model(server: ChatServer, by: str) -> str:
    names = server.models()
    if len(names) == 1:
        return names[0]
    raise DeskwrightError(
        f"The server at {server.address} has {len(names)} models ({', '.join(names)}); say which: "
        f"{by} {server.address}#MODEL."
    )
