"""Applications around engines that a test can steer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from instruct.confidence import Confidence, Scale
from privacy.gate import Gate
from serve.app import create_app
from serve.chat import build_chat
from serve.live import Live, Served
from serve.policy import Judge, Words

WORDS = Words("Could you say more?", "Shall a colleague take over?", "A colleague will help.")


class Held:
    """Says one word, then waits for `go` before the second."""

    model, digest = "held", "d1"

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        yield Token("Well,")
        self.begun.set()
        assert self.go.wait(30)
        yield Token(" hello")
        yield Token(" there", "stop", 1, 3, confidence=1.0)


class Saying:
    """Says the same to everybody, and keeps what it was asked."""

    model, digest = "saying", "d1"

    def __init__(self, words: str) -> None:
        self.words = words
        self.asked: list[list[dict[str, str]]] = []

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        self.asked.append([dict(message) for message in messages])
        yield Token(self.words, "stop", 1, 3, confidence=1.0)


def judge(least: float | None = 0.3, least_after: float | None = None) -> Judge:
    """Sure of what is near, and of tokens that are likely."""
    before = Scale((0.5, 0, 0, 0), (0.1, 1, 1, 1), (1.0, 0, 0, 0), 0.0, least)
    after = Scale((0, 0, 0, 0, 0.5), (1, 1, 1, 1, 0.1), (0, 0, 0, 0, 1.0), 0.0, least_after)
    return Judge(Confidence(before, after, 100, 0.5), WORDS)


def application(ws: Workspace, engine: Any, by: Judge | None = None) -> Any:
    gate = Gate.of(ws)
    chat = build_chat(gate, engine, None, "Help.", 0, judge=by)
    return create_app(ws, Live(ws.store, lambda model: Served(engine.model, engine.digest, chat), untuned=True), gate)
