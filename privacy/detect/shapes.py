"""The workspace's own kinds of numbers -> spans: `[privacy.shapes]` of deskwright.toml, a name and a pattern each."""

from __future__ import annotations

from collections.abc import Mapping

import regex

from deskwright.plugins import Span

SECONDS_A_SHAPE = 10.0


class Shapes:
    """Finds what fits the workspace's own patterns, whole words only."""

    name = "shapes"
    languages = frozenset({"en", "de", "fr", "es", "it", "nl", "pt"})

    def __init__(self, shapes: Mapping[str, str]) -> None:
        self._shapes = {entity: regex.compile(rf"(?<!\w)(?:{pattern})(?!\w)") for entity, pattern in shapes.items()}

    def find(self, text: str, language: str = "en") -> list[Span]:
        """Spans of every shape, overlapping ones included.

        Raises:
            TimeoutError: the text took too long.
        """
        return [
            Span(match.start(), match.end(), entity, 1.0, self.name, f"the workspace's shape {entity}")
            for entity, pattern in self._shapes.items()
            for match in pattern.finditer(text, timeout=SECONDS_A_SHAPE)
            if match.group()
        ]
