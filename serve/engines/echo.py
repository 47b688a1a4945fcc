"""The last message of the customer -> the same words back, one at a time: an engine without a model, for tests."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from instruct.rounds import Model
from serve.engines.text import Stops


class Echo:
    """Says the last message again. `pause` is the time between two words, in seconds."""

    def __init__(self, model: str = "echo", digest: str = "", pause: float = 0.0) -> None:
        self.model = model
        self.digest = digest
        self.pause = pause

    @classmethod
    def open(cls, workspace: Workspace, model: Model | None) -> Echo:
        return cls(model.name, model.digest) if model else cls()

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        """The words of the last message; each is a token."""
        words = messages[-1]["content"].split()
        asked = sum(len(message["content"].split()) for message in messages)
        stops = Stops(how.stop)
        said = words[: how.max_tokens]
        for n, word in enumerate(said):
            time.sleep(self.pause)
            if text := stops.feed(word if n == 0 else f" {word}"):
                yield Token(text)
            if stops.reached:
                break
        reason = "stop" if stops.reached or len(said) == len(words) else "length"
        yield Token(stops.end(), reason, asked, len(said), confidence=1.0)
