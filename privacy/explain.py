"""One text -> what the gate finds in it and why: for a terminal, for a page, for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from privacy import page
from privacy.gate import Gate, Mark, Refused

COLOURS = (117, 222, 120, 218, 183, 229, 159, 210, 156, 219, 122, 216)
"""Of the 256 of a terminal; all are read well with black on them."""

HEADER = ("becomes", "kind", "found by", "why", "score", "policy")
LONGEST_CELL = 60


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text, the spans found in it, and what the gate makes of it; `refused` where it makes nothing of it."""

    text: str
    marks: Sequence[Mark]
    redacted: str
    refused: str

    @property
    def entities(self) -> list[str]:
        return list(dict.fromkeys(mark.span.entity for mark in self.marks))


def explain(gate: Gate, text: str) -> Explanation:
    """What the gate finds in a text of which no participant is known."""
    try:
        return Explanation(text, gate.explain(text), gate.redact([text]).texts[0], "")
    except Refused as refusal:
        return Explanation(text, (), "", str(refusal))


def pieces(found: Explanation) -> Iterator[tuple[str, Mark | None]]:
    """The text in pieces, each with its mark if it has one."""
    at = 0
    for mark in found.marks:
        yield found.text[at : mark.span.start], None
        yield found.text[mark.span.start : mark.span.end], mark
        at = mark.span.end
    yield found.text[at:], None


def why(mark: Mark) -> str:
    """One line: what it is, why, who says so, how sure, and what becomes of it."""
    span = mark.span
    reason = f" ({span.reason})" if span.reason else ""
    fate = "kept" if mark.policy == "keep" else f"becomes {mark.into}"
    return f"{span.entity}: {fate}. Found by {span.detector}{reason}, score {span.score:.2f}, policy {mark.policy}."


def rows(found: Explanation) -> list[tuple[str, ...]]:
    """The table: one line for each span."""
    return [
        (mark.into, mark.span.entity, mark.span.detector, mark.span.reason, f"{mark.span.score:.2f}", mark.policy)
        for mark in found.marks
    ]


def as_json(found: Explanation) -> dict[str, Any]:
    spans = [
        {
            "start": mark.span.start, "end": mark.span.end, "words": words, "entity": mark.span.entity,
            "detector": mark.span.detector, "reason": mark.span.reason, "score": mark.span.score,
            "policy": mark.policy, "into": mark.into,
        }
        for words, mark in pieces(found) if mark
    ]  # fmt: skip
    return {"text": found.text, "redacted": found.redacted, "refused": found.refused, "spans": spans}


def for_terminal(found: Explanation, coloured: bool) -> str:
    """The text with its spans in colour (in brackets where there is none), a legend, the table, the result."""
    if found.refused:
        return f"The gate refuses this text: {found.refused}."
    colours = {entity: COLOURS[n % len(COLOURS)] for n, entity in enumerate(found.entities)}

    def show(words: str, mark: Mark | None) -> str:
        if mark is None:
            return words
        if not coloured:
            return f"[{words}|{mark.span.entity}]"
        if mark.policy == "keep":
            return click.style(words, fg=colours[mark.span.entity], underline=True)
        return click.style(words, fg=16, bg=colours[mark.span.entity])

    text = "".join(show(words, mark) for words, mark in pieces(found))
    if not found.marks:
        return f"{text}\n\nNothing is found here."
    legend = "  ".join(click.style(f" {entity} ", fg=16, bg=colour) for entity, colour in colours.items())
    parts = [text, legend if coloured else "", _table(HEADER, rows(found)), f"Stored as:\n{found.redacted}"]
    return "\n\n".join(part for part in parts if part)


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    cells = [[" ".join(cell.split())[:LONGEST_CELL] for cell in line] for line in [header, *lines]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    ruled = [cells[0], ["-" * width for width in widths], *cells[1:]]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in ruled)


def as_page(found: Explanation) -> str:
    """The same for a browser: what rests under the mouse tells why."""
    if found.refused:
        return page.page("What the gate finds", page.paragraph(f"The gate refuses this text: {found.refused}."))
    hues = page.hues(found.entities)
    text = "".join(
        page.marked(words, hues[mark.span.entity], why(mark), mark.policy == "keep") if mark else page.escape(words)
        for words, mark in pieces(found)
    )
    note = "Filled words are replaced, dotted ones are kept. Rest the mouse on one to see why it was found."
    return page.page(
        "What the gate finds",
        f'<div class="text">{text}</div>',
        page.legend(hues),
        page.paragraph(note if found.marks else "Nothing is found here."),
        page.heading("Why"),
        page.table([name.capitalize() for name in HEADER], rows(found)),
        page.heading("Stored as"),
        f'<div class="text">{page.escape(found.redacted)}</div>',
    )
