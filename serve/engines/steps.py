"""Prompts' ids -> the tokens that OpenVINO GenAI generates after them, many answers at a time, in a process of its own.

The library's binding holds the interpreter's lock while a step computes; in the server's own process nobody else would
be heard meanwhile (docs/decisions/0010-steps-in-their-own-process.md). The two processes talk over a pair of sockets,
and the child ends when its end of the pair does, however the server ended.
"""

from __future__ import annotations

import itertools
import logging
import math
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

import psutil

from deskwright.errors import DeskwrightError

log = logging.getLogger("deskwright.serve")

AT_ONCE = 64
"""Answers generated at the same time; further ones wait."""

A_STEP = 1024
"""Prompt tokens read in one step at most, so that a long question does not hold up the other answers."""

A_CHILD = 1000
"""Answers of one process. The library's prefix cache keeps 20 to 70 kB of each for ever."""

SECONDS_TO_END = 10

PACE = 0.05
"""Seconds between two tellings of what an answer gained: nobody reads faster, and each takes time from the model."""

BEGINNING = 8
"""Tokens of an answer that are told as they come."""

Piece = tuple[int, float]
"""A token's id and its probability."""

Brought = list[Piece] | None | Exception
"""What a step brought; None for the end, or why there is no more."""

Deliver = Callable[[Brought], None]

Told = tuple[int, list[Piece] | str]
"""What the child tells the server of an answer: its number, and what it gained or how it ended."""

FINISHED = "FINISHED"
"""How an answer ends that came to its end; anything else says what went wrong."""

Wish = tuple[int, list[int] | None, Mapping[str, Any]]
"""What the server asks of the child: an answer's number, its prompt and its settings; without a prompt, its end."""


class Lost(DeskwrightError):
    """The process that generates has ended."""


@dataclass(slots=True, eq=False)
class _Child:
    """`answers` are those under way. While it is `relieving`, another is loaded to take over; once it is `relieved`, no
    more come."""

    process: subprocess.Popen[bytes]
    ours: Connection[Wish | None, Any]
    wishes: queue.SimpleQueue[Wish | None]
    answers: dict[int, Deliver] = field(default_factory=dict)
    begun: int = 0
    relieving: bool = False
    relieved: bool = False


class Steps:
    """The server's side. `begin` returns at once; what a step brought is delivered in a thread of this object's.

    A process that was lost takes the answers under way with it, and the next question starts another. One that has
    begun `A_CHILD` answers is relieved by another, once that is ready, and ends with its last answer.

    Raises:
        Lost: the model could not be loaded.
    """

    def __init__(self, folder: Path, blocks: int, *, exact: bool) -> None:
        self._words = [str(folder), str(blocks), "exact" if exact else "fast"]
        self._numbers = itertools.count()
        self._lock = threading.RLock()  # a garbage collection within it may end an abandoned answer, which takes it too
        self._closed = False
        child = self._start()
        self._child: _Child | None = child
        if fault := _greeting(child):
            raise Lost(f"OpenVINO could not load the model in {folder}: {fault}")
        self._follow(child)

    def begin(self, prompt: list[int], settings: Mapping[str, Any], deliver: Deliver) -> Callable[[], None]:
        """Returns what cancels the answer and frees what it takes; it does nothing where the answer is over."""
        with self._lock:
            if self._child is None:
                fresh = self._start()
                self._follow(fresh)
                self._child = fresh
            child = self._child
            number = next(self._numbers)
            child.answers[number] = deliver
            child.begun += 1
            child.wishes.put((number, prompt, settings))
            if child.begun % A_CHILD == 0 and not child.relieving:
                child.relieving = True
                threading.Thread(target=self._relieve, args=(child,), name="deskwright-openvino", daemon=True).start()
        return partial(self._cancel, child, number)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._child:
                self._child.wishes.put(None)

    def _cancel(self, child: _Child, number: int) -> None:
        with self._lock:
            if child.answers.pop(number, None):
                child.wishes.put((number, None, {}))
                _rest(child)

    def _relieve(self, child: _Child) -> None:
        """Where two of them do not fit into the memory, or another does not load, the old one goes on."""
        fresh, fault = None, _crowded(child)
        if not fault:
            try:
                fresh = self._start()
                fault = _greeting(fresh)
            except OSError as error:
                fault = f"it could not be started: {error}"
        if fault or not fresh:
            log.warning("OpenVINO goes on in the process that it has, which grows slowly: %s", fault)
            child.relieving = False
            return
        with self._lock:
            self._follow(fresh)  # within the lock: one that is lost at once is found to be the present one
            if self._closed or self._child not in (child, None):
                fresh.wishes.put(None)
                return
            self._child, child.relieved = fresh, True
            _rest(child)

    def _start(self) -> _Child:
        ours, theirs = Pipe()
        command = [sys.executable, "-P", "-m", "serve.engines.steps", str(theirs.fileno()), *self._words]
        with theirs:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        return _Child(process, ours, queue.SimpleQueue())

    def _follow(self, child: _Child) -> None:
        for work in (self._tell, self._hear):
            threading.Thread(target=work, args=(child,), name="deskwright-openvino", daemon=True).start()

    def _tell(self, child: _Child) -> None:
        """In a thread, since the child reads between steps only and the socket may be full until then."""
        try:
            while wish := child.wishes.get():
                child.ours.send(wish)
            child.ours.send(None)
        except OSError:
            pass  # `_hear` sees it too, and says so

    def _hear(self, child: _Child) -> None:
        try:
            while True:
                heard = child.ours.recv()
                if not isinstance(heard, str):
                    for number, told in heard:
                        self._deliver(child, number, told)
                elif heard:  # the greeting of one that was started for a question
                    log.error("OpenVINO could not load the model again: %s", heard)
        except (EOFError, OSError):
            pass  # it has ended, and `_lost` tells how
        finally:
            self._lost(child)

    def _deliver(self, child: _Child, number: int, told: list[Piece] | str) -> None:
        with self._lock:
            deliver = child.answers.pop(number, None) if isinstance(told, str) else child.answers.get(number)
            _rest(child)
        if deliver:
            deliver(_brought(told))

    def _lost(self, child: _Child) -> None:
        with self._lock:
            answers, child.answers = child.answers, {}
            if self._child is child:
                self._child = None
        child.wishes.put(None)
        status = _ended(child.process)
        if status:
            log.error("the process that runs OpenVINO ended with status %d; %d answers end here", status, len(answers))
        said = f"The process that runs OpenVINO ended with status {status}; the next question starts another."
        for deliver in answers.values():
            deliver(Lost(said))


def _ended(process: subprocess.Popen[bytes]) -> int:
    """The status of a process whose socket is closed. It has nothing left to do but to end, and does not obey signals
    that can be ignored."""
    try:
        return process.wait(SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _crowded(child: _Child) -> str:
    """Why another process like this one has no room; nothing if it has."""
    free = psutil.virtual_memory().available
    try:
        takes = psutil.Process(child.process.pid).memory_info().rss
    except psutil.NoSuchProcess:
        return "it is gone"
    return f"another takes {takes / 1e9:.1f} GB, and {free / 1e9:.1f} are free" if takes > free else ""


def _rest(child: _Child) -> None:
    """Ends a process that is relieved and has no more answers under way."""
    if child.relieved and not child.answers:
        child.wishes.put(None)


def _brought(told: list[Piece] | str) -> Brought:
    if isinstance(told, list):
        return told
    return None if told == FINISHED else Lost(f"OpenVINO ended the answer: {told}")


def _greeting(child: _Child) -> str:
    """What went wrong while the model was loaded; nothing if all is well."""
    try:
        fault = str(child.ours.recv())
    except (EOFError, OSError):
        return f"its process ended with status {child.process.wait()}"
    if fault:
        child.process.wait()
    return fault


@dataclass(slots=True)
class _Answer:
    """One under way: the library's handle, how many tokens were told, and when the last ones were."""

    handle: Any
    told: int = 0
    at: float = 0.0

    def gained(self, over: bool) -> list[Piece]:
        """The tokens that are to be told now."""
        if not over and self.told >= BEGINNING and time.monotonic() - self.at < PACE:
            return []
        pieces = list(read(self.handle))
        self.told, self.at = self.told + len(pieces), time.monotonic()
        return pieces


class _Generating:
    """The child's side: steps while there is something to generate, and between them hears what is asked for. A step
    that fails ends the process, and with it all that the library may have left half done."""

    def __init__(self, server: Connection[Any, Any], pipeline: Any) -> None:
        self._server = server
        self._pipeline = pipeline
        self._running: dict[int, _Answer] = {}

    def run(self) -> None:
        """Until the server wants no more, or is gone."""
        while self._heard():
            self._pipeline.step()
            if brought := [one for number in list(self._running) for one in self._gained(number)]:
                self._server.send(brought)

    def _heard(self) -> bool:
        while not self._running or self._server.poll():
            try:
                wish = self._server.recv()
            except (EOFError, OSError):
                return False
            if wish is None:
                return False
            self._grant(*wish)
        return True

    def _grant(self, number: int, prompt: list[int] | None, settings: Mapping[str, Any]) -> None:
        if prompt is not None:
            try:
                handle = self._pipeline.add_request(number, tensor(prompt), config(settings))
            except Exception as error:
                self._server.send([(number, f"it did not begin: {error}".splitlines()[0])])
            else:
                self._running[number] = _Answer(handle)
        elif answer := self._running.pop(number, None):
            answer.handle.cancel()

    def _gained(self, number: int) -> Iterator[Told]:
        from openvino_genai.py_openvino_genai import GenerationStatus

        answer = self._running[number]
        status = answer.handle.get_status()
        over = status != GenerationStatus.RUNNING
        if pieces := answer.gained(over):
            yield number, pieces
        if over:
            del self._running[number]
            yield number, status.name


def open_pipeline(folder: Path, blocks: int, *, exact: bool) -> Any:
    """OpenVINO's batching pipeline with a cache of so many blocks; `exact` computes in single precision throughout."""
    import openvino_genai

    settings = openvino_genai.SchedulerConfig()
    settings.num_kv_blocks = blocks
    settings.max_num_batched_tokens = A_STEP
    settings.max_num_seqs = AT_ONCE
    settings.dynamic_split_fuse = True
    settings.enable_prefix_caching = True
    numbers = {"INFERENCE_PRECISION_HINT": "f32", "KV_CACHE_PRECISION": "f32"} if exact else {}
    return openvino_genai.ContinuousBatchingPipeline(str(folder), settings, "CPU", numbers)


def tensor(prompt: list[int]) -> Any:
    import numpy as np
    import openvino

    return openvino.Tensor(np.array([prompt], dtype=np.int64))


def config(settings: Mapping[str, Any]) -> Any:
    """The library's own object with these attributes."""
    import openvino_genai

    made = openvino_genai.GenerationConfig()
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def read(handle: Any) -> Iterator[Piece]:
    """What an answer has gained since the last time."""
    while handle.can_read():
        for output in handle.read().values():
            yield from zip(output.generated_ids, map(math.exp, output.generated_log_probs), strict=True)


def main(descriptor: str, folder: str, blocks: str, numbers: str) -> None:
    """The child. Signals are the server's to obey: it may let answers under way come to their end first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    server: Connection[Any, Any] = Connection(int(descriptor))
    try:
        pipeline = open_pipeline(Path(folder), int(blocks), exact=numbers == "exact")
    except Exception as error:
        server.send(f"{type(error).__name__}: {error}")
        raise SystemExit(1) from error
    with suppress(BrokenPipeError, ConnectionResetError):  # the server is gone, and so is the work
        server.send("")
        _Generating(server, pipeline).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
