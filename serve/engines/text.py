"""What engines that generate ids share: a prompt that fits; text that is whole characters and ends at stop strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deskwright.errors import DeskwrightError
from instruct.prompt import render

REPLACEMENT = "\ufffd"

LEAST_ROOM = 16
"""Tokens an answer may at least have; a question that leaves fewer is refused."""


class TooLong(DeskwrightError):
    """The question does not fit into the model."""


def fit(tokenizer: Any, messages: Sequence[Mapping[str, str]], most: int, context: int, name: str) -> list[int]:
    """The prompt's ids. Old turns go until an answer of `most` tokens has room; the system text and the last message
    stay.

    Raises:
        TooLong: those two alone do not fit into `context` tokens.
    """
    turns = list(messages)
    ids = render(tokenizer, turns, prompt=True)
    if len(ids) + most > context and len(turns) > 2:  # roughly first: rendering costs
        sizes = [len(tokenizer(turn["content"], add_special_tokens=False)["input_ids"]) for turn in turns]
        while sum(sizes) + most > context and len(turns) > 2:
            del turns[1], sizes[1]
        ids = render(tokenizer, turns, prompt=True)
    while len(ids) + most > context and len(turns) > 2:
        del turns[1]
        ids = render(tokenizer, turns, prompt=True)
    if len(ids) + min(most, LEAST_ROOM) > context:
        raise TooLong(
            f"The message is too long for {name}: found {len(ids)} tokens with the instructions; "
            f"expected at most {context - LEAST_ROOM}."
        )
    return ids


def context_of(model: Any) -> int:
    """Tokens the model can see at once."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None) or 2**31


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
