"""Phrases that are never said (`serve.never_say`) -> a text without them, whole or piece by piece.

Each becomes a placeholder that stands for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import regex

NOBODY = 9000
"""The number of a placeholder that stands for nothing."""


def compiled(phrases: Sequence[str]) -> list[Any]:
    """Their patterns, those of most words first: in any case, and with any white space between words."""
    words = sorted((phrase.split() for phrase in phrases if phrase.strip()), key=lambda each: -len(each))
    return [regex.compile(r"\s+".join(map(regex.escape, each)), regex.IGNORECASE) for each in words]


def without(text: str, wanted: Sequence[Any]) -> str:
    """A whole text without the phrases of these patterns."""
    phrases = Phrases(wanted)
    return phrases.feed(text) + phrases.end()


class Phrases:
    """Replaces phrases; at each place the longest that stands there as whole words."""

    def __init__(self, phrases: Sequence[Any]) -> None:
        self._wanted = phrases
        self._before = ""
        self.held = ""

    def feed(self, text: str) -> str:
        self.held += text
        return self._out(last=False)

    def end(self) -> str:
        return self._out(last=True)

    def _out(self, last: bool) -> str:
        out = []
        while self.held:
            found = self._here(last)
            if found is None:
                break
            taken = found or 1
            out.append(f"<PRIVATE_{NOBODY}>" if found else self.held[0])
            self._before, self.held = self.held[taken - 1], self.held[taken:]
        return "".join(out)

    def _here(self, last: bool) -> int | None:
        """The length of the phrase that begins here; 0: none does; None: it is too early to say."""
        if not self._wanted or _joins(self._before):
            return 0
        longest = 0
        for phrase in self._wanted:
            found = phrase.match(self.held, partial=True)
            if found is None:
                continue
            at_the_end = found.end() == len(self.held)
            if at_the_end and not last:
                return None
            if not found.partial and (at_the_end or not _joins(self.held[found.end()])):
                longest = max(longest, found.end())
        return longest


def _joins(char: str) -> bool:
    return bool(char) and (char.isalnum() or char == "_")
