"""Personal data that has a shape: recall by labelled kind and precision by our kind, on Presidio's research sets.

A labelled span counts as found when our spans of structured kinds, together, cover it. One of our spans counts as right
when it overlaps a labelled span of a kind that it may stand for. Run: `python -m benchmarks.privacy.structured`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from deskwright.plugins import Span
from privacy.detect.patterns import Patterns

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "pii" / "presidio_research"
SETS = ("synth_dataset_v2", "generated_small")
REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "NL",
    "PT",
    "BR",
    "IN",
    "CH",
    "AT",
    "BE",
    "SE",
    "DK",
    "NO",
    "FI",
    "PL",
    "AU",
    "ZA",
)

COMPATIBLE = {
    "PHONE": {"PHONE_NUMBER"},
    "EMAIL": {"EMAIL_ADDRESS"},
    "URL": {"DOMAIN_NAME", "URL"},
    "IBAN": {"IBAN_CODE"},
    "IP_ADDRESS": {"IP_ADDRESS"},
    "SSN": {"US_SSN"},
    "CREDIT_CARD": {"CREDIT_CARD"},
    "POSTCODE": {"ZIP_CODE", "STREET_ADDRESS", "LOCATION", "GPE"},
    "DRIVER_LICENSE": {"US_DRIVER_LICENSE"},
    "ADDRESS": {"STREET_ADDRESS", "LOCATION", "GPE"},
    "AGE": {"AGE"},
    "DATE": {"DATE_TIME"},
    "DATE_OF_BIRTH": {"DATE_TIME"},
    "TITLE": {"TITLE"},
    "NATIONALITY": {"NRP", "GPE", "LOCATION"},
    "PERSON": {"PERSON"},
}  # fmt: skip
"""Our kind -> the labels that it may stand for; kinds that are not here (ID, HANDLE) are not labelled."""

LABELS = (
    "PHONE_NUMBER", "EMAIL_ADDRESS", "DOMAIN_NAME", "IBAN_CODE", "IP_ADDRESS", "US_SSN", "CREDIT_CARD", "ZIP_CODE",
    "US_DRIVER_LICENSE", "AGE", "DATE_TIME", "TITLE", "NRP",
)  # fmt: skip


def measure(detector: Any = None, show: bool = False) -> list[dict[str, Any]]:
    """One row for each label (recall) and each of our kinds (precision) of each set; none where the data is absent."""
    detector = detector or Patterns(REGIONS)
    return [row for name in SETS if (DATA / f"{name}.json").is_file() for row in _set(name, detector, show)]


def _set(name: str, detector: Any, show: bool) -> Iterable[dict[str, Any]]:
    gold: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for record in json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")):
        text = record["full_text"]
        labelled = [(s["start_position"], s["end_position"], s["entity_type"]) for s in record["spans"]]
        spans = detector.find(text, "en")
        for start, end, label in labelled:
            gold[label] += 1
            found = covered(start, end, spans, text)
            hit[label] += found
            if show and not found and label in LABELS:
                print("MISSED", label, repr(text[max(0, start - 30) : start]), repr(text[start:end]))
        for span in _widest(spans):
            fits = any(s < span.end and span.start < e for s, e, k in labelled if k in COMPATIBLE.get(span.entity, ()))
            ours[span.entity] += 1
            right[span.entity] += fits
            if show and not fits and span.entity in COMPATIBLE:
                print("WRONG", span.reason, repr(text[max(0, span.start - 30) : span.start]), repr(_of(text, span)))
    for label in LABELS:
        if gold[label]:
            yield {
                "set": name,
                "kind": label,
                "measure": "recall",
                "of": gold[label],
                "share": hit[label] / gold[label],
            }
    for entity in COMPATIBLE:
        if ours[entity]:
            share = right[entity] / ours[entity]
            yield {"set": name, "kind": entity, "measure": "precision", "of": ours[entity], "share": share}


def _of(text: str, span: Span) -> str:
    return text[span.start : span.end]


def covered(start: int, end: int, spans: Sequence[Span], text: str) -> bool:
    """Whether the spans, together, cover every letter and digit between `start` and `end`."""
    places = [(span.start, span.end) for span in spans if span.start < end and start < span.end]
    return all(any(a <= at < b for a, b in places) for at in range(start, end) if text[at].isalnum())


def _widest(spans: Sequence[Span]) -> list[Span]:
    """Each stretch once for each kind."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if not any(k.entity == span.entity and k.start < span.end and span.start < k.end for k in kept):
            kept.append(span)
    return kept


def main() -> None:
    rows = measure()
    if not rows:
        print(f"No data: {DATA} is absent.")
    for row in rows:
        print(f"{row['set']:18} {row['measure']:10} {row['kind']:20} {row['of']:5} {row['share']:7.1%}")


if __name__ == "__main__":
    main()
