"""Chat messages -> tokens of a causal language model that OpenVINO GenAI runs, many answers at a time.

The model is converted once and kept in the workspace; the prompt is rendered by `instruct.prompt`, as in training, so
that no second tokenizer is needed. One thread runs the pipeline's steps while there is something to generate.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import math
import os
import queue
import secrets
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
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
from serve.engines.text import Detokenizer, Stops, context_of, fit

log = logging.getLogger("deskwright.serve")

AT_ONCE = 64
"""Answers generated at the same time; further ones wait."""

BLOCK = 32
"""Tokens a block of the cache has on processors."""

MOST_CACHE = 2 << 30
"""Bytes the keys and values of all answers may take together; when they do not suffice, an answer waits."""

BYTES = 4
"""Of a number in the cache, at most; the runtime may choose fewer."""

A_STEP = 1024
"""Prompt tokens read in one step at most, so that a long question does not hold up the other answers."""

NEVER = 1 << 30
"""An id that no token has, for models without an end: the pipeline insists on one."""

FORM = "1"
"""Changes when models must be converted anew."""

KEPT = 2
"""Promoted models whose copies stay: the present one, and the one that a rollback brings back."""

Piece = tuple[int, float]
"""A token's id and its probability."""

Brought = list[Piece] | None | Exception
"""What a step brought; None for the end, or why there is no more."""

Deliver = Callable[[Brought], None]


class OpenVINO:
    """Serves a tuned model, or with None the untuned base."""

    at_once = AT_ONCE

    def __init__(self, folder: Path, like: adapter.Loaded, model: str, digest: str, *, exact: bool = False) -> None:
        self.model = model
        self.digest = digest
        self._tokenizer = like.tokenizer
        self._ends = frozenset(ends(like))
        blocks, self._context = _room(folder, context_of(like.model))
        self._steps = _Steps(_pipeline(folder, blocks, exact))
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
        request = self._steps.begin(answer.prompt, answer.settings, arrived.put)
        try:
            while not answer.finished:
                yield from answer.feed(arrived.get())
        finally:
            self._steps.cancel(request)

    async def astream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> AsyncIterator[Token]:
        """The same without a thread of its own."""
        answer = await to_thread.run_sync(_Answer, self, messages, how)
        arrived: asyncio.Queue[Brought] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def deliver(brought: Brought) -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(arrived.put_nowait, brought)

        request = self._steps.begin(answer.prompt, answer.settings, deliver)
        try:
            while not answer.finished:
                for token in answer.feed(await arrived.get()):
                    yield token
        finally:
            self._steps.cancel(request)


def _folder(workspace: Workspace, digest: str) -> Path:
    """Where the converted copy of the model of this digest is, in the form that is configured."""
    return workspace.root / "openvino" / f"{digest}-{workspace.config.serve.weights}-{FORM}".replace("/", "--")


class _Answer:
    """One answer on its way from ids to text."""

    def __init__(self, engine: OpenVINO, messages: Sequence[Mapping[str, str]], how: Generation) -> None:
        self.prompt = fit(engine._tokenizer, messages, how.max_tokens, engine._context, engine.model)
        most = min(how.max_tokens, engine._context - len(self.prompt))
        self.settings = _settings(how, most, engine._ends)
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


class _Steps:
    """Runs the pipeline in one thread, which alone reads and ends requests; it sleeps while nothing is asked for."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._numbers = itertools.count()
        self._wake = threading.Condition()
        self._requests: dict[int, tuple[Any, Deliver]] = {}
        self._left: list[Any] = []
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="deskwright-openvino", daemon=True)
        self._thread.start()

    def begin(self, prompt: list[int], settings: Any, deliver: Deliver) -> int:
        import numpy as np
        import openvino

        number = next(self._numbers)
        ids = openvino.Tensor(np.array([prompt], dtype=np.int64))
        with self._wake:
            self._requests[number] = (self._pipeline.add_request(number, ids, settings), deliver)
            self._wake.notify()
        return number

    def cancel(self, number: int) -> None:
        """Frees what the answer takes; nothing where it is over."""
        with self._wake:
            if request := self._requests.pop(number, None):
                self._left.append(request[0])
                self._wake.notify()

    def close(self) -> None:
        with self._wake:
            self._closed = True
            self._wake.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._requests or self._left or self._closed)
                if self._closed:
                    return
                left, self._left = self._left, []
                running = list(self._requests.items())
            try:
                for handle in left:
                    handle.cancel()
                self._pipeline.step()
                for number, (handle, deliver) in running:
                    self._deliver(number, handle, deliver)
            except Exception as error:
                log.error("a step of OpenVINO failed; the answers under way end here: %s", type(error).__name__)
                self._end_all(error)

    def _deliver(self, number: int, handle: Any, deliver: Deliver) -> None:
        from openvino_genai.py_openvino_genai import GenerationStatus

        status = handle.get_status()
        if pieces := list(_read(handle)):
            deliver(pieces)
        if status != GenerationStatus.RUNNING:
            with self._wake:
                self._requests.pop(number, None)
            deliver(None if status == GenerationStatus.FINISHED else RuntimeError(f"OpenVINO ended it: {status.name}"))

    def _end_all(self, error: Exception) -> None:
        with self._wake:
            requests, self._requests = self._requests, {}
            self._left += [handle for handle, _ in requests.values()]
        for _, deliver in requests.values():
            deliver(error)


def _read(handle: Any) -> Iterator[Piece]:
    while handle.can_read():
        for output in handle.read().values():
            yield from zip(output.generated_ids, map(math.exp, output.generated_log_probs), strict=True)


def _room(folder: Path, context: int) -> tuple[int, int]:
    """Blocks of the cache, for every answer at its longest if they fit into the memory that it may take; and the tokens
    that one answer may then have with its prompt."""
    shape = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    block = BLOCK * shape["layers"] * 2 * shape["heads"] * shape["size"] * BYTES
    blocks = min(AT_ONCE * math.ceil(context / BLOCK), MOST_CACHE // block)
    return blocks, min(context, blocks * BLOCK)


def _pipeline(folder: Path, blocks: int, exact: bool) -> Any:
    import openvino_genai

    settings = openvino_genai.SchedulerConfig()
    settings.num_kv_blocks = blocks
    settings.max_num_batched_tokens = A_STEP
    settings.max_num_seqs = AT_ONCE
    settings.dynamic_split_fuse = True
    settings.enable_prefix_caching = True
    numbers = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"} if exact else {}
    return openvino_genai.ContinuousBatchingPipeline(str(folder), settings, "CPU", numbers)


def _settings(how: Generation, most: int, ends: frozenset[int]) -> Any:
    import openvino_genai

    settings = openvino_genai.GenerationConfig()
    settings.max_new_tokens = most
    settings.stop_token_ids = set(ends) or {NEVER}
    settings.eos_token_id = min(settings.stop_token_ids)
    settings.logprobs = 1
    settings.apply_chat_template = False
    settings.do_sample = how.temperature > 0
    if settings.do_sample:
        settings.temperature = how.temperature
        settings.top_p = how.top_p
        settings.rng_seed = secrets.randbits(32)
    return settings
