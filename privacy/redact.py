"""Texts and the spans found in them -> the same texts with placeholders, stable and in order of first sight."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed
from operator import itemgetter

from deskwright.entities import DROPPED
from deskwright.entities import ENTITIES as ENTITIES
from deskwright.plugins import Span

PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]*)_(\d{1,4})>")

DENIED = "deny-list"
OWN = -1
_RANK = {entity: rank for rank, entity in enumerate(ENTITIES)}


BY_CHANCE = 0.6
"""The score of a national number that has neither a cue nor a strong check."""


@dataclass(frozen=True, slots=True)
class Found:
    """A span, and who it is where that is known: what is `same` gets the same placeholder."""

    span: Span
    same: str


@dataclass
class Pseudonyms:
    """Hands out placeholders for one conversation. `words` maps them back and lives in memory only."""

    words: dict[str, str] = field(default_factory=dict)
    _given: dict[tuple[str, str], str] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)
    _typed: set[str] = field(default_factory=set)

    def reserve(self, text: str) -> None:
        """Placeholder-shaped words already in a text are not given to anybody."""
        self._typed.update(match.group() for match in PLACEHOLDER.finditer(text))

    def of(self, found: Found, words: str) -> str:
        key = (found.span.entity, found.same)
        if key not in self._given:
            self._given[key] = self._next(found.span.entity)
            if found.span.entity != DROPPED:
                self.words[self._given[key]] = words
        return self._given[key]

    def _next(self, entity: str) -> str:
        while True:
            number = self._last[entity] = self._last.get(entity, 0) + 1
            if (placeholder := f"<{entity}_{number}>") not in self._typed:
                return placeholder


def resolve(found: Sequence[Found], taken: Sequence[tuple[int, int]] = ()) -> list[Found]:
    """The spans that stand when overlapping ones are settled: the longest wins, then the deny-list, the workspace's own
    kinds, and the earlier kind of `ENTITIES`. What is only known to be some number, or is a national number by a check
    digit that one number in ten has, gives way to any other kind.

    What a losing span covers beyond the winner is not given up: it stands as a span of its own. `taken` are places
    (placeholders already there) that no span may touch.
    """
    strongest = sorted(found, key=lambda f: _weight(f.span))
    settled: list[Found] = []
    places = _merged(taken)
    for candidate in strongest:
        for piece in _uncovered(candidate, places):
            settled.append(piece)
            insort(places, (piece.span.start, piece.span.end))
    return sorted(settled, key=lambda f: f.span.start)


def _weight(span: Span) -> tuple[bool, int, int, int]:
    some_number = span.entity == "ID" or (span.detector == "national" and span.score <= BY_CHANCE)
    return some_number, span.start - span.end, _rank(span), span.start


def _rank(span: Span) -> int:
    return OWN - 1 if span.detector == DENIED else _RANK.get(span.entity, OWN)


def _merged(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in order, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _uncovered(candidate: Found, places: Sequence[tuple[int, int]]) -> list[Found]:
    """What is left of a span beside places that are in order and do not overlap."""
    span = candidate.span
    first = max(0, bisect_right(places, span.start, key=itemgetter(0)) - 1)
    last = bisect_left(places, span.end, key=itemgetter(0))
    pieces, at = [], span.start
    for start, end in [*places[first:last], (span.end, span.end)]:
        if at < start:
            pieces.append((at, start))
        at = max(at, end)
    if pieces == [(span.start, span.end)]:
        return [candidate]
    alike = candidate.same if span.entity == "PERSON" else ""
    return [Found(changed(span, start=a, end=b), alike or f"{candidate.same} part {a}") for a, b in pieces]


def replace(text: str, found: Sequence[Found], into: Callable[[Found, str], str]) -> str:
    """`text` with each settled span, in order, replaced by what `into` gives for it and its words."""
    parts = []
    at = 0
    for item in found:
        words = text[item.span.start : item.span.end]
        parts += [text[at : item.span.start], into(item, words)]
        at = item.span.end
    return "".join([*parts, text[at:]])
