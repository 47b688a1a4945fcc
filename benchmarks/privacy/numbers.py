"""National numbers of many countries in a sentence -> how many valid ones are found, and how many with a wrong check.

`itself` counts a valid number that is found whole and as its own kind, `covered` one that would be replaced, as
whatever; `wrong` counts an invalid one that is taken for its kind. Each is read in a workspace whose one region is the
number's country.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from benchmarks.privacy import national, peers
from benchmarks.privacy.data import Gold
from benchmarks.privacy.people import share, within
from deskwright.terminal import progress

SEED = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of one country; `wrong` is the share of invalid numbers that are found as the kind."""

    country: str
    kind: str
    valid: int
    itself: float
    covered: float
    invalid: int
    wrong: float


def measure(per_kind: int) -> list[Row]:
    """The rows of every kind of every country."""
    gates: dict[str, peers.Ours] = {}
    counts: dict[tuple[str, str], Counter[str]] = {}
    made = national.generate(SEED, per_kind)
    for example in progress(made, "national numbers", "numbers", len(made)):
        if example.country not in gates:
            gates[example.country] = peers.Ours(peers.gate([example.country]))
        everything, replaced = gates[example.country].read(example.sentence)
        at = example.sentence.index(example.number)
        count = counts.setdefault((example.country, example.kind), Counter())
        count["valid" if example.valid else "invalid"] += 1
        count["itself" if example.valid else "wrong"] += national.is_found(example, everything)
        place = Gold(at, at + len(example.number), example.kind)
        count["covered"] += example.valid and within(example.sentence, place, replaced)
    return [
        Row(
            country,
            kind,
            count["valid"],
            share(count["itself"], count["valid"]),
            share(count["covered"], count["valid"]),
            count["invalid"],
            share(count["wrong"], count["invalid"]),
        )
        for (country, kind), count in sorted(counts.items())
    ]
