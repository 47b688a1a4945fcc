"""The promoted model -> the chat that answers. A newly promoted one takes over while the server runs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from anyio import to_thread

from deskwright import plugins
from deskwright.errors import DeskwrightError
from deskwright.store import Store
from deskwright.workspace import Workspace
from instruct import adapter, needs_human
from instruct.confidence import Confidence
from instruct.knowledge import Library
from instruct.passages import Passages
from instruct.rounds import Model, champion
from privacy.detect.patterns import Patterns
from serve.chat import Index, Part, Redactor, at_once, build_chat
from serve.guard import Guards
from serve.line import Line
from serve.policy import Judge, Words

log = logging.getLogger("deskwright.serve")

PATIENCE = 10.0
"""Seconds an answer waits for a newly promoted model. If it takes longer, the one before answers meanwhile."""

RETRY = 60.0
"""Seconds until a model that could not be loaded is tried again."""


@dataclass(frozen=True, slots=True)
class Served:
    """A model at work."""

    name: str
    digest: str
    chat: Part
    index: Index | None = None
    """The passages the chat looks in, where it was tuned with any."""
    line: Line = field(init=False)
    """Of those who wait for an answer of it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "line", Line(at_once=at_once(self.chat)))


Opener = Callable[[Model | None], Served]
"""Loads a tuned model; with None the untuned base."""


def opener(workspace: Workspace, gate: Redactor, engine: str) -> Opener:
    """Loads models with this engine, each with the passages and the system text it was tuned with."""
    kind = plugins.load("engines", engine)
    config = workspace.config
    patterns = Patterns(config.privacy.regions)
    guards = Guards(patterns, config.privacy.languages[0], config.serve.never_say, config.privacy.allow)

    def open_model(model: Model | None) -> Served:
        made = kind.open(workspace, model)
        card = adapter.read_card(adapter.folder(workspace, model.name)) if model else adapter.untuned(workspace)
        quote_from = card.quote_from if workspace.config.serve.quote else None
        judge = _judge(workspace, card, model)
        searched = card.passages or quote_from is not None or (judge and judge.confidence)
        exchanges = Passages.open(workspace, model.dataset) if model and searched else None
        index = Library(workspace, exchanges) if searched else None
        chat = build_chat(gate, made, index, card.system, card.passages, quote_from, judge, guards)
        return Served(made.model, made.digest, chat, index)

    return open_model


def _judge(workspace: Workspace, card: adapter.Card, model: Model | None) -> Judge | None:
    """None where nothing is known of the model, or the configuration wants none."""
    known, config = Confidence.of(card.confidence), workspace.config.serve
    if not config.policy:
        return None
    needs_person, why = needs_human.trusted(workspace, model.dataset) if model else (None, "")
    if model and not needs_person:
        log.warning(
            "Nobody is offered a person for their words, since what `deskwright needs-human` learns is not used: %s",
            why,
        )
    words = Words(config.ask_back, config.offer_person, config.hand_over)
    return Judge(known, words, needs_person) if known or needs_person else None


class Live:
    """Knows which model answers now.

    Raises:
        DeskwrightError: nothing is promoted, and `untuned` does not allow the base model to answer.
    """

    def __init__(self, store: Store, open_model: Opener, untuned: bool = False, patience: float = PATIENCE) -> None:
        self._store = store
        self._open = open_model
        self._untuned = untuned
        self._patience = patience
        self._loading: asyncio.Task[None] | None = None
        self._failed = ("", 0.0)
        model = champion(store)
        if model is None and not untuned:
            raise DeskwrightError(
                "No model is promoted, so there is nothing to serve. Run `deskwright tune`, `deskwright evaluate` and "
                "`deskwright promote`; or serve the base model as it is with --untuned."
            )
        self._name = _name(model)
        self._served = open_model(model)

    @property
    def served(self) -> Served:
        """The model that answered last."""
        return self._served

    async def current(self) -> Served:
        """The model that answers now. Looks for a promotion or a rollback first."""
        model = await to_thread.run_sync(champion, self._store)
        if self._is_news(model) and self._loading is None:
            self._loading = asyncio.create_task(self._load(model))
        if self._loading is not None:
            await asyncio.wait({self._loading}, timeout=self._patience)
        return self._served

    def _is_news(self, model: Model | None) -> bool:
        name = _name(model)
        if name == self._name or (model is None and not self._untuned):
            return False
        failed, at = self._failed
        return name != failed or time.monotonic() - at > RETRY

    async def _load(self, model: Model | None) -> None:
        name = _name(model)
        try:
            self._served = await to_thread.run_sync(self._open, model)
            self._name = name
            log.info("%s answers now", self._served.name)
        except Exception as error:
            self._failed = (name, time.monotonic())
            what = str(error) if isinstance(error, DeskwrightError) else type(error).__name__
            log.error("%s was promoted but could not be loaded, %s goes on: %s", name, self._served.name, what)
        finally:
            self._loading = None


def _name(model: Model | None) -> str:
    return model.name if model else ""
