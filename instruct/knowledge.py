"""Documents -> passages that are found beside the resolved exchanges, kept in the workspace until they are removed.

Each document is a file of its own in `knowledge/`, redacted by the gate and sealed as the store's texts are. This is
the only writer of that folder.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from connectors import documents
from deskwright import audit
from deskwright.errors import DeskwrightError
from deskwright.store import Sealed, now
from deskwright.workspace import Workspace
from instruct.encoder import DIMENSIONS, encode
from instruct.passages import Passage, Passages
from privacy.gate import Clean, Gate

FOLDER = "knowledge"
ENDING = ".sealed"
GROUP = "knowledge"
WARMING = "E-417"
"""A question that asks for all parts of an index, by meaning and by code."""


@dataclass(frozen=True, slots=True)
class Known:
    """A document that is held. `replaced` is how much personal data the gate replaced in it."""

    id: str
    name: str
    title: str
    passages: int
    replaced: int
    added_at: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a file: "added", "changed", "unchanged", or "left out" with the reason."""

    file: Path
    state: str
    known: Known | None = None
    reason: str = ""


def add(workspace: Workspace, gate: Gate, paths: Iterable[Path]) -> list[Added]:
    """Adds files, and those in folders; a document of the same name is replaced. One that cannot be read or passed
    is left out, and the others are added.

    Raises:
        DeskwrightError: two files have the same name; nothing was added.
    """
    return [_add(workspace, gate, file, name) for file, name in _files(paths)]


def describe(added: Sequence[Added]) -> list[str]:
    """A line a file."""
    return [
        f"left out: {one.reason}"
        if one.known is None
        else f"{one.state}: {one.known.name} ({one.known.title}), {one.known.passages} passages, "
        f"{one.known.replaced} pieces of personal data replaced"
        for one in added
    ]


def all_known(workspace: Workspace) -> list[Known]:
    """The documents that are held, by name."""
    held = (_known(_open(workspace, file)) for file in _folder(workspace).glob(f"*{ENDING}"))
    return sorted(held, key=lambda known: (known.name, known.id))


def remove(workspace: Workspace, wanted: str) -> Known:
    """Removes the document of this id or name.

    Raises:
        DeskwrightError: there is none, or several have the name.
    """
    found = [known for known in all_known(workspace) if wanted in (known.id, known.name)]
    if len(found) != 1:
        here = ", ".join(f"{known.id} ({known.name})" for known in found or all_known(workspace)) or "none"
        raise DeskwrightError(f"Found {len(found)} documents called {wanted!r}; expected one. There are: {here}.")
    (_folder(workspace) / f"{found[0].id}{ENDING}").unlink()
    _record(workspace, "forget", found[0])
    return found[0]


def passages(workspace: Workspace) -> Passages:
    """The index of all documents.

    Raises:
        DeskwrightError: a document does not open with the workspace's key.
    """
    held = [_open(workspace, file) for file in sorted(_folder(workspace).glob(f"*{ENDING}"))]
    found = [passage for one in held for passage in _passages(one)]
    raw = b"".join(base64.b64decode(one["vectors"]) for one in held)
    vectors = np.frombuffer(raw, np.float16).reshape(-1, DIMENSIONS)
    return Passages(found, vectors, [GROUP] * len(found))


def stamp(workspace: Workspace) -> str:
    """Changes when a document is added, changed or removed; "" where there is none."""
    files = sorted((file.name, file.stat().st_mtime_ns) for file in _folder(workspace).glob(f"*{ENDING}"))
    return sha256(repr(files).encode()).hexdigest()[:16] if files else ""


def digest(workspace: Workspace) -> str:
    """Names the content of all documents; "" where there is none."""
    held = sorted(_open(workspace, file)["digest"] for file in _folder(workspace).glob(f"*{ENDING}"))
    return sha256("".join(held).encode()).hexdigest()[:16] if held else ""


def beside(workspace: Workspace, exchanges: Passages) -> Passages:
    """The exchanges and the documents, as one index."""
    documents_ = passages(workspace)
    return exchanges.joined(documents_) if len(documents_) else exchanges


class Library:
    """The exchanges of a training set and the documents, as one index, for many threads. Documents that were added or
    removed since are noticed at the next question; the one that notices makes the index anew, and the others wait.

    Raises:
        DeskwrightError: a document does not open with the workspace's key; here, or at a question if it came later.
    """

    def __init__(self, workspace: Workspace, exchanges: Passages | None) -> None:
        self._workspace = workspace
        self._exchanges = exchanges or Passages.build([], [])
        self._state: tuple[str, Passages] | None = None
        self._one_at_a_time = Lock()
        self._index()

    def search(self, question: str, k: int) -> list[Passage]:
        """The `k` passages that help most, best first."""
        return self._index().search(question, k)

    def _index(self) -> Passages:
        with self._one_at_a_time:
            try:
                return self._present()
            except FileNotFoundError:  # a document was removed while it was read
                return self._present()

    def _present(self) -> Passages:
        present = stamp(self._workspace)
        if self._state is None or present != self._state[0]:
            index = beside(self._workspace, self._exchanges)
            index.search(WARMING, 1)
            self._state = present, index
        return self._state[1]


def _files(paths: Iterable[Path]) -> list[tuple[Path, str]]:
    """Each file with the name it is known by: its path below the folder that was named."""
    files: dict[str, Path] = {}
    for path in paths:
        for file, name in _below(path) if path.is_dir() else [(path, path.name)]:
            other = files.setdefault(name, file)
            if other.resolve() != file.resolve():
                raise DeskwrightError(
                    f"Found two files of the name {name}: {other} and {file}. The second would replace the first. "
                    "Expected names of their own: rename one, or give the folder that both are in. Nothing was added."
                )
    return [(file, name) for name, file in files.items()]


def _below(folder: Path) -> list[tuple[Path, str]]:
    """The files in a folder and its folders, without hidden ones."""
    names = [(file, file.relative_to(folder)) for file in sorted(folder.rglob("*")) if file.is_file()]
    return [(file, name.as_posix()) for file, name in names if not any(part.startswith(".") for part in name.parts)]


def _add(workspace: Workspace, gate: Gate, file: Path, name: str) -> Added:
    try:
        document = documents.read(file)
        clean = gate.clean(documents.as_conversation(document, name))
    except DeskwrightError as error:
        return Added(file, "left out", reason=str(error))
    made = _made(workspace, name, document, clean)
    kept = _folder(workspace) / f"{made['id']}{ENDING}"
    before = _open(workspace, kept) if kept.is_file() else None
    if before and before["digest"] == made["digest"]:
        return Added(file, "unchanged", _known(before))
    vectors = encode([passage.indexed for passage in _passages(made)]).astype(np.float16)
    made["vectors"] = base64.b64encode(vectors.tobytes()).decode()
    _write(kept, _seal(workspace).process_bind_param(json.dumps(made), None) or b"")
    known = _known(made)
    _record(workspace, "learn", known)
    return Added(file, "changed" if before else "added", known)


def _made(workspace: Workspace, name: str, document: documents.Document, clean: Clean) -> dict[str, Any]:
    """What is kept. The name under which it is found again is a keyed hash: a file's name may be a person's."""
    lines = [message.text for message in clean.conversation.messages]
    content = [clean.gate_version, name, document.title, document.passages]
    return {
        "id": workspace.store.pseudonym("knowledge", name)[:12],
        "name": clean.conversation.channel,
        "title": clean.conversation.subject,
        "passages": list(zip(lines[::2], lines[1::2], strict=True)),
        "replaced": sum(clean.counts.values()),
        "added_at": now().isoformat(timespec="seconds"),
        "digest": workspace.store.pseudonym("knowledge", json.dumps(content)),
    }


def _passages(made: dict[str, Any]) -> list[Passage]:
    title = made["title"]
    asked = (", ".join(filter(None, [title, place.removeprefix(title).lstrip(", ")])) for place, _ in made["passages"])
    return [
        Passage(f"{made['id']}/{n}", question, text, alone=False, title=title, place=place)
        for n, (question, (place, text)) in enumerate(zip(asked, made["passages"], strict=True), 1)
    ]


def _known(made: dict[str, Any]) -> Known:
    shown = {name: made[name] for name in ("id", "name", "title", "replaced", "added_at")}
    return Known(**shown, passages=len(made["passages"]))


def _folder(workspace: Workspace) -> Path:
    return workspace.root / FOLDER


def _seal(workspace: Workspace) -> Sealed:
    return Sealed(workspace.keys.encryption, FOLDER)


def _open(workspace: Workspace, file: Path) -> dict[str, Any]:
    return json.loads(_seal(workspace).process_result_value(file.read_bytes(), None) or "")  # type: ignore[no-any-return]


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    file.parent.mkdir(exist_ok=True)
    making = file.with_suffix(".making")
    with making.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    making.replace(file)


def _record(workspace: Workspace, action: str, known: Known) -> None:
    with workspace.store.begin() as connection:
        audit.record(workspace.store, connection, action, document=known.id, passages=known.passages)
