"""Support texts of seven languages, made of templates that no model was trained on -> what is covered, by language.

`covered` is the share of labelled spans that lie in what the gate would replace; `precision` is the share of found
spans of a label's kinds that touch a labelled span of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.privacy.data import Gold
from benchmarks.privacy.peers import System
from benchmarks.privacy.people import share, within
from deskwright.terminal import progress
from privacy.names import templates

KINDS = {
    "PER": {"PERSON"},
    "LOC": {"LOCATION", "ADDRESS", "POSTCODE"},
    "ORG": {"ORGANIZATION"},
    "ADDR": {"LOCATION", "ADDRESS", "POSTCODE"},
    "NUM": {"ID", "PHONE", "NATIONAL_ID", "TAX_ID", "HEALTH_ID", "PASSPORT", "DRIVER_LICENSE", "BANK_ACCOUNT", "SSN"},
}
"""A template's label -> the kinds that mean it."""

SEED = 99


@dataclass(frozen=True, slots=True)
class Row:
    """One label of one language."""

    language: str
    label: str
    system: str
    gold: int
    covered: float
    found: float
    precision: float


def measure(systems: Sequence[System], examples: int) -> list[Row]:
    """The rows of every language that has enough labelled spans, the systems side by side."""
    made = list(templates.generate(examples, SEED, held_out=True))
    return [row for rows in zip(*(_rows(system, made) for system in systems), strict=True) for row in rows if row.gold]


def _rows(system: System, examples: Sequence[templates.Example]) -> list[Row]:
    counts: dict[tuple[str, str], Counter[str]] = {
        (language, label): Counter() for language in templates.LANGUAGES for label in templates.LABELS
    }
    for example in progress(examples, f"languages: {system.name}", "texts", len(examples)):
        everything, replaced = system.read(example.text)
        golds = [Gold(*span) for span in example.spans]
        for label in templates.LABELS:
            count = counts[example.language, label]
            mine = [gold for gold in golds if gold.kind == label]
            # A place may stand within an address, and the other way round.
            family = [gold for gold in golds if KINDS[gold.kind] & KINDS[label]]
            own = [span for span in everything if span.entity in KINDS[label]]
            count["gold"] += len(mine)
            count["covered"] += sum(within(example.text, gold, replaced) for gold in mine)
            count["known"] += sum(within(example.text, gold, everything) for gold in mine)
            count["found"] += len(own)
            count["right"] += sum(any(g.start < s.end and s.start < g.end for g in family) for s in own)
    return [
        Row(
            language,
            label,
            system.name,
            count["gold"],
            share(count["covered"], count["gold"]),
            share(count["known"], count["gold"]),
            share(count["right"], count["found"]),
        )
        for (language, label), count in counts.items()
    ]
