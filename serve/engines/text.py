"""Token ids, one at a time -> text that is whole characters and ends at the stop strings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

REPLACEMENT = "\ufffd"


class Detokenizer:
    """Joins tokens into text. A character whose bytes are spread over several tokens comes out when it is whole."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._told = 0
        self._context = 0

    def feed(self, token: int) -> str:
        self._ids.append(token)
        text = self._new()
        if text.endswith(REPLACEMENT):
            return ""
        return self._tell(text)

    def end(self) -> str:
        """What is left, when the last character never became whole: without the broken part."""
        return self._tell(self._new().rstrip(REPLACEMENT))

    def _new(self) -> str:
        known = self._decode(self._ids[self._context : self._told])
        return self._decode(self._ids[self._context :])[len(known) :]

    def _tell(self, text: str) -> str:
        # Tokenizers decode a token differently at the start of a text: the piece told last stays as context.
        if text:
            self._context, self._told = self._told, len(self._ids)
        return text

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


class Stops:
    """Passes text on until one of the stop strings appears; holds back what may be the beginning of one."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.reached = False

    def feed(self, text: str) -> str:
        if self.reached:
            return ""
        held = self._held + text
        places = [place for stop in self._stops if (place := held.find(stop)) >= 0]
        if places:
            self.reached, self._held = True, ""
            return held[: min(places)]
        keep = max((_overlap(held, stop) for stop in self._stops), default=0)
        self._held = held[len(held) - keep :]
        return held[: len(held) - keep]

    def end(self) -> str:
        """What was held back, when no stop string came of it."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` begin `stop`."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
