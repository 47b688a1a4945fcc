"""A date, an age or a postcode -> a coarser value of it, that says less and still reads well.

Every rule leaves its own results as they are: what was generalised once stays so. A value that no rule can read is
None, and the gate replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from privacy.detect.participants import fold

Rule = Callable[[str], str | None]

MONTHS = {
    "jan": 1, "ene": 1, "gen": 1, "feb": 2, "fev": 2, "mar": 3, "maa": 3, "apr": 4, "avr": 4, "abr": 4, "may": 5,
    "mai": 5, "mag": 5, "mei": 5, "jun": 6, "juin": 6, "giu": 6, "jul": 7, "juil": 7, "lug": 7, "aug": 8, "aou": 8,
    "ago": 8, "sep": 9, "set": 9, "oct": 10, "okt": 10, "ott": 10, "out": 10, "nov": 11, "dec": 12, "dez": 12,
    "dic": 12,
}  # fmt: skip
"""How months begin, without accents, in en, de, fr, es, it, nl and pt."""

YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
YEAR_FIRST = re.compile(r"(?<!\d)(?:19|20)\d\d([-/.])(\d{1,2})(?:\1\d{1,2})?(?!\d)")
YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(?:19|20)\d\d(?!\d)")
MONTH_AND_YEAR = re.compile(r"(?<!\d)(0?[1-9]|1[0-2])[-/.](?:19|20)\d\d(?!\d)")

GENERAL = {
    "AGE": re.compile(r"(?<!\d)(?:\d0-\d9|90\+)(?!\d)"),
    "DATE": re.compile(r"(?<![\d/.-])(?:19|20)\d\d(?:-(?:0[1-9]|1[0-2]))?(?![\d/]|-\d)"),
    "DATE_OF_BIRTH": re.compile(r"(?<![\d/.-])(?:19|20)\d\d(?![\d/]|-\d)"),
    "POSTCODE": re.compile(r"(?i)\b(?:[a-z]{1,2}\d[a-z\d]?|(?:[a-z]{2}\s)?\d{2,3})\b"),
}
"""What the rules' results look like."""


def age(text: str) -> str | None:
    """The decade, in the words around it: "34 years old" is "30-39 years old", "97" is "90+"."""
    said = re.sub(r"(?<!\d)(?:(\d0-\d9|90\+)|(\d{1,3}))(?!\d)", lambda match: match[1] or _decade(int(match[2])), text)
    return said if GENERAL["AGE"].search(said) else None


def _decade(years: int) -> str:
    low = years // 10 * 10
    return "90+" if low >= 90 else f"{low or '00'}-{low + 9:02}"


def date(text: str) -> str | None:
    """The year and, where it is certain which number it is, the month: "2024-03"."""
    folded, _ = fold(text)
    year = YEAR.search(folded)
    if not year:
        return None
    month = _month(folded)
    return f"{year.group()}-{month:02}" if month else year.group()


def _month(folded: str) -> int | None:
    if first := YEAR_FIRST.search(folded):
        return _in_a_year(int(first[2]))
    if last := YEAR_LAST.search(folded):
        day, month = int(last[1]), int(last[3])
        european = last[2] == "." or day > 12 or day == month
        return _in_a_year(month) if european else _in_a_year(day) if month > 12 else None
    if short := MONTH_AND_YEAR.search(folded):
        return int(short[1])
    words = re.findall(r"[^\W\d_]{3,}", folded)
    named = (MONTHS.get(word[:4]) or MONTHS.get(word[:3]) for word in words)
    return next((month for month in named if month), None)


def _in_a_year(month: int) -> int | None:
    return month if 1 <= month <= 12 else None


def date_of_birth(text: str) -> str | None:
    """The year, where it is written with four digits."""
    year = YEAR.search(text)
    return year.group() if year else None


POSTCODES = (
    re.compile(r"(?i)([a-z]{1,2}\d[a-z\d]?)\s*\d[a-z]{2}"),  # United Kingdom: the outward code
    re.compile(r"(?i)([a-z]\d[a-z])\s*\d[a-z]\d"),  # Canada: the forward sortation area
    re.compile(r"(?i)((?:[a-z]{2},?\s+)?\d{3})\d{2}(?:-?\d{3,4})?"),  # five digits and more, a state before them or not
    re.compile(r"(?i)(\d{2})(?:\d{2}(?:\s?[a-z]{2})?|-\d{3})"),  # four digits (NL with letters), Poland
)


def postcode(text: str) -> str | None:
    """The part that names the area: "LS1", "CA 941", "10"."""
    code = text.strip()
    if GENERAL["POSTCODE"].fullmatch(code):
        return text
    found = next((match[1] for shape in POSTCODES if (match := shape.fullmatch(code))), None)
    return found and re.sub(r",?\s+", " ", found)


RULES: dict[str, Rule] = {"AGE": age, "DATE": date, "DATE_OF_BIRTH": date_of_birth, "POSTCODE": postcode}


def generalise(entity: str, text: str) -> str | None:
    """The coarser value of `text`, or None where it has none."""
    rule = RULES.get(entity)
    return rule(text) if rule else None


def widened(entity: str, text: str, start: int, end: int) -> tuple[int, int]:
    """The span, with the whole of each generalised value that it only touches: a detector may see "39 years old" in
    "30-39 years old"."""
    shape = GENERAL.get(entity)
    touched = [m.span() for m in shape.finditer(text) if m.start() < end and start < m.end()] if shape else []
    return min([start, *(a for a, _ in touched)]), max([end, *(b for _, b in touched)])
