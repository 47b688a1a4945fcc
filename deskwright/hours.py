"""When people answer: `{"mon-fri": "09:00-17:00"}` and a time zone -> whether somebody is there at a moment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
MIDNIGHT = 24 * 60

Spans = list[tuple[int, int]]
"""Minutes since midnight: from, and up to."""


def parse(hours: Mapping[str, str]) -> dict[int, Spans]:
    """The spans of each day, Monday being 0. A key is a day or a range of days, a value one or more spans.

    Raises:
        ValueError: says which part was not understood, and what was expected.
    """
    found: dict[int, Spans] = {}
    for days, times in hours.items():
        spans = [_span(part) for part in times.split(",")]
        for day in _days(days):
            found.setdefault(day, []).extend(spans)
    return found


def is_open(hours: Mapping[str, str], zone: str, at: datetime) -> bool:
    """Whether people answer at this moment. Without any hours they always do."""
    local = at.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return not hours or any(start <= minute < end for start, end in parse(hours).get(local.weekday(), []))


def _days(text: str) -> list[int]:
    first, _, last = text.strip().lower().partition("-")
    if first not in DAYS or (last or first) not in DAYS or DAYS.index(last or first) < DAYS.index(first):
        raise ValueError(f"{text!r} is no day; expected {', '.join(DAYS)}, or a range such as mon-fri")
    return list(range(DAYS.index(first), DAYS.index(last or first) + 1))


def _span(text: str) -> tuple[int, int]:
    whole = SPAN.fullmatch(text.strip())
    if whole is None:
        raise ValueError(f"{text.strip()!r} is no span of time; expected 09:00-17:00, several with commas between")
    start, end = _minutes(whole[1], whole[2]), _minutes(whole[3], whole[4])
    if end <= start:
        raise ValueError(
            f"{text.strip()!r} ends before it begins; a night is written as two days: 22:00-24:00, 00:00-06:00"
        )
    return start, end


def _minutes(hour: str, minute: str) -> int:
    if (int(hour), int(minute)) == (24, 0):
        return MIDNIGHT
    moment = time(int(hour), int(minute))
    return moment.hour * 60 + moment.minute
