"""Texts and the spans found in them -> the same texts with placeholders, stable and in order of first sight."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from deskwright.plugins import Span

PLACEHOLDER = re.compile(r"<([A-Z][A-Z_]*)_(\d{1,4})>")

ENTITIES = (
    "SECRET", "EMAIL", "URL", "CREDIT_CARD", "IBAN", "BANK_ACCOUNT", "SSN", "NATIONAL_ID", "TAX_ID", "HEALTH_ID",
    "PASSPORT", "DRIVER_LICENSE", "PERSON", "PHONE", "IP_ADDRESS", "MAC_ADDRESS", "COORDINATES", "DATE_OF_BIRTH",
    "ADDRESS", "POSTCODE", "LICENSE_PLATE", "HANDLE", "ID", "LOCATION", "ORGANIZATION", "NATIONALITY", "TITLE", "AGE",
    "DATE", "PRIVATE",
)  # fmt: skip
"""Every kind of placeholder; where spans of equal length overlap, the earlier kind wins. PRIVATE is the workspace's
own deny-list."""

_RANK = {entity: rank for rank, entity in enumerate(ENTITIES)}


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

    def reserve(self, text: str) -> None:
        """Numbers of placeholder-shaped words already in a text are not given to anybody else."""
        for match in PLACEHOLDER.finditer(text):
            entity, number = match.group(1), int(match.group(2))
            self._last[entity] = max(self._last.get(entity, 0), number)

    def of(self, found: Found, words: str) -> str:
        key = (found.span.entity, found.same)
        if key not in self._given:
            number = self._last[found.span.entity] = self._last.get(found.span.entity, 0) + 1
            self._given[key] = f"<{found.span.entity}_{number}>"
            self.words[self._given[key]] = words
        return self._given[key]


def resolve(found: Sequence[Found], taken: Sequence[tuple[int, int]] = ()) -> list[Found]:
    """The spans that stand when overlapping ones are settled: the longest wins, then the earlier kind of `ENTITIES`.

    What a losing span covers beyond the winner is not given up: it stands as a span of its own. `taken` are places
    (placeholders already there) that no span may touch.
    """
    strongest = sorted(found, key=lambda f: (f.span.start - f.span.end, _RANK[f.span.entity], f.span.start))
    settled: list[Found] = []
    places = list(taken)
    for candidate in strongest:
        pieces = _uncovered(candidate, places)
        settled += pieces
        places += [(piece.span.start, piece.span.end) for piece in pieces]
    return sorted(settled, key=lambda f: f.span.start)


def _uncovered(candidate: Found, places: Sequence[tuple[int, int]]) -> list[Found]:
    span = candidate.span
    pieces = [(span.start, span.end)]
    for start, end in places:
        pieces = [p for a, b in pieces for p in ((a, min(b, start)), (max(a, end), b)) if p[0] < p[1]]
    if pieces == [(span.start, span.end)]:
        return [candidate]
    return [Found(Span(a, b, span.entity, span.score, span.detector), f"{candidate.same} part {a}") for a, b in pieces]


def replace(text: str, found: Sequence[Found], pseudonyms: Pseudonyms) -> str:
    """`text` with each settled span, in order, replaced by its placeholder."""
    parts = []
    at = 0
    for item in found:
        words = text[item.span.start : item.span.end]
        parts += [text[at : item.span.start], pseudonyms.of(item, words)]
        at = item.span.end
    return "".join([*parts, text[at:]])
