"""Two bots of one server, in a process of its own: they know different answers to the same questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from deskwright.store import now
from deskwright.workspace import Workspace
from instruct import adapter, rounds
from instruct.passages import Passage, Passages
from instruct.rounds import Model
from tests.server_process import command, make

QUESTION = "Where is my parcel?"
ANSWERS = {"shop": "In the green van, dear customer.", "help": "On the third shelf of our office."}
SURE = 0.8
"""A question so near to a known one gets the known answer as it stands."""


@dataclass(frozen=True)
class Bots:
    """The server's address, and what it serves."""

    url: str
    workspaces: Mapping[str, Workspace]

    def at(self, name: str, path: str = "") -> str:
        return f"{self.url}/bots/{name}{path}"


def bot(root: Path, name: str, settings: str = "") -> Workspace:
    """A workspace whose promoted model quotes a colleague; the echo engine needs no weights of it."""
    ws = make(root / name, settings)
    found = [Passage(f"{name}-1", QUESTION, ANSWERS[name])]
    (ws.datasets / "set").mkdir(parents=True)
    Passages.build(found, ["g"]).save(ws.datasets / "set")
    with ws.store.begin() as connection:
        connection.execute(ws.store.tables.datasets.insert().values(fingerprint="set", made_at=now(), report={}))
    promote(ws, name, 1)
    return ws


def promote(ws: Workspace, name: str, number: int) -> str:
    """A model of this bot becomes the one that answers; returns its name."""
    model = Model(f"{name}-{number}", number, f"digest-of-{name}-{number}", "demo", "set")
    folder = adapter.folder(ws, model.name)
    folder.mkdir(parents=True)
    adapter.write_card(folder, replace(adapter.untuned(ws), passages=1, quote_from=SURE))
    rounds.register(ws.store, model)
    rounds.promote(ws.store, model, force="a test")
    return model.name


@contextmanager
def serving(workspaces: Mapping[str, Workspace], *options: str, engine: str = "echo") -> Iterator[Bots]:
    named = [f"{name}={ws.root}" for name, ws in workspaces.items()]
    with command(*named, "--engine", engine, *options) as url:
        yield Bots(url, workspaces)
