"""Chat messages -> tokens of a causal language model that OpenVINO GenAI runs, many answers at a time.

The model is converted once and kept in the workspace; the prompt is rendered by `instruct.prompt`, as in training, so
that no second tokenizer is needed. `serve.engines.steps` runs the pipeline.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import queue
import secrets
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from anyio import to_thread

from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from instruct import adapter, base
from instruct.answering import ends
from instruct.rounds import Model, champions
from serve.engines import kept
from serve.engines.conversion import ABOUT, convert
from serve.engines.steps import AT_ONCE, Brought, Steps
from serve.engines.text import Detokenizer, Stops, context_of, fit

log = logging.getLogger("deskwright.serve")

BLOCK = 32
"""Tokens a block of the cache has on processors."""

MOST_CACHE = 2 << 30
"""Bytes the keys and values of all answers may take together; when they do not suffice, an answer waits."""

BYTES = 4
"""Of a number in the cache, at most; the runtime may choose fewer."""

NEVER = 1 << 30
"""An id that no token has, for models without an end: the pipeline insists on one."""

FORM = "1"
"""Changes when models must be converted anew."""

KEPT = 2
"""Promoted models whose copies stay: the present one, and the one that a rollback brings back."""


class OpenVINO:
    """Serves a tuned model, or with None the untuned base."""

    at_once = AT_ONCE

    def __init__(self, folder: Path, like: adapter.Loaded, model: str, digest: str, *, exact: bool = False) -> None:
        self.model = model
        self.digest = digest
        self._tokenizer = like.tokenizer
        self._ends = frozenset(ends(like))
        blocks, self._context = room(folder, context_of(like.model))
        self._steps = Steps(folder, blocks, exact=exact)
        weakref.finalize(self, self._steps.close)

    @classmethod
    def open(cls, workspace: Workspace, model: Model | None) -> OpenVINO:
        """Converts the model where that was not done before.

        Raises:
            Unconvertible: it is of a kind that the conversion does not cover.
        """
        int8 = workspace.config.serve.weights == "int8"
        folder = _folder(workspace, model.digest if model else base.digest(workspace))

        def make(place: Path) -> None:
            log.info("converting the model to OpenVINO, once")
            convert(adapter.load(workspace, model).model, place, int8=int8)

        like = adapter.without_weights(workspace, model)
        held = kept.use(folder, make)
        try:
            name = model.name if model else workspace.config.model.base
            engine = cls(folder, like, name, model.digest if model else "", exact=not int8)
        except BaseException:
            os.close(held)
            raise
        weakref.finalize(engine, os.close, held)
        kept.clean(folder.parent, {_folder(workspace, one.digest).name for one in champions(workspace.store, KEPT)})
        return engine

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        """The answer, piece by piece. Greedy at temperature 0, else sampled.

        Raises:
            TooLong: the system text and the last message alone do not fit into the model.
        """
        answer = _Answer(self, messages, how)
        arrived: queue.SimpleQueue[Brought] = queue.SimpleQueue()
        cancel = self._steps.begin(answer.prompt, answer.settings, arrived.put)
        try:
            while not answer.finished:
                yield from answer.feed(arrived.get())
        finally:
            cancel()

    async def astream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> AsyncIterator[Token]:
        """The same without a thread of its own."""
        answer = await to_thread.run_sync(_Answer, self, messages, how)
        arrived: asyncio.Queue[Brought] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def deliver(brought: Brought) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(arrived.put_nowait, brought)

        cancel = self._steps.begin(answer.prompt, answer.settings, deliver)
        try:
            while not answer.finished:
                for token in answer.feed(await arrived.get()):
                    yield token
        finally:
            cancel()


def _folder(workspace: Workspace, digest: str) -> Path:
    """Where the converted copy of the model of this digest is, in the form that is configured."""
    return workspace.root / "openvino" / f"{digest}-{workspace.config.serve.weights}-{FORM}".replace("/", "--")


class _Answer:
    """One answer on its way from ids to text."""

    def __init__(self, engine: OpenVINO, messages: Sequence[Mapping[str, str]], how: Generation) -> None:
        self.prompt = fit(engine._tokenizer, messages, how.max_tokens, engine._context, engine.model)
        most = min(how.max_tokens, engine._context - len(self.prompt))
        self.settings = settings_of(how, most, engine._ends)
        self.finished = False
        self._ends = engine._ends
        self._text, self._stops = Detokenizer(engine._tokenizer), Stops(how.stop)
        self._made, self._likely = 0, 0.0

    def feed(self, brought: Brought) -> Iterator[Token]:
        """What a step's tokens add to the text; with the end of the answer, its last token."""
        if isinstance(brought, Exception):
            raise brought
        said, reason = "", "length" if brought is None else ""
        for token, probability in brought or ():
            self._made += 1
            self._likely += probability
            if token not in self._ends:
                said += self._stops.feed(self._text.feed(token))
            if token in self._ends or self._stops.reached:
                reason = "stop"
                break
        if reason:
            yield self._last(said, reason)
        elif said:
            yield Token(said)

    def _last(self, said: str, reason: str) -> Token:
        self.finished = True
        rest = "" if self._stops.reached else self._stops.feed(self._text.end()) + self._stops.end()
        confidence = round(self._likely / self._made, 4) if self._made else None
        return Token(said + rest, reason, len(self.prompt), self._made, confidence=confidence)


def room(folder: Path, context: int) -> tuple[int, int]:
    """Blocks of the cache, for every answer at its longest if they fit into the memory that it may take; and the tokens
    that one answer may then have with its prompt."""
    shape = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    block = BLOCK * shape["layers"] * 2 * shape["heads"] * shape["size"] * BYTES
    blocks = min(AT_ONCE * math.ceil(context / BLOCK), MOST_CACHE // block)
    return blocks, min(context, blocks * BLOCK)


def settings_of(how: Generation, most: int, ends: frozenset[int]) -> dict[str, Any]:
    """The attributes of OpenVINO's GenerationConfig."""
    stops = set(ends) or {NEVER}
    greedy = {
        "max_new_tokens": most,
        "stop_token_ids": stops,
        "eos_token_id": min(stops),
        "logprobs": 1,
        "apply_chat_template": False,
        "do_sample": how.temperature > 0,
    }
    if not greedy["do_sample"]:
        return greedy
    return {**greedy, "temperature": how.temperature, "top_p": how.top_p, "rng_seed": secrets.randbits(32)}
