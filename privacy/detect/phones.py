"""A text and its numbers -> phone numbers: by libphonenumber's data, by the way they are grouped, by the words around.

Only a run of at least seven digits is looked at. In a run the longest stretch of groups that passes for a phone
number is taken, so that a number next to another one is not lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers

from deskwright.plugins import Span
from privacy.detect.scan import WRAP, Scene

GAP = r"[ \t\u00a0\u2009\u202f.\-‐‑–/()]"
RUN = re.compile(rf"\d(?:(?:{GAP}{{0,3}}|[-)]?{WRAP})\d){{6,}}")
GROUP = re.compile(r"\d+")
ONE_BY_ONE = re.compile(rf"\d(?:{GAP}{{1,3}}\d(?!\d)){{15,}}")
"""More digits one by one than a number has: no stretch of them is one."""
EXTENSION = re.compile(r"(?i)[ ,;]{0,2}(?:ext(?:ension|n)?\.?|x|#|durchwahl)[ .:]?\d{1,6}\b")
OPENING = re.compile(r"(?:\+[ ]?\(?|\(\+?)\Z")
LATIN = r"A-Za-zÀ-ɏ\d"
STUCK = re.compile(rf"[{LATIN}.@$€£¥%]\Z|[{LATIN}]-\Z|[$€£¥][ ]\Z|\d,\Z")
STUCK_OPENED = re.compile(rf"[{LATIN}.@$€£¥%]\Z|[$€£¥][ ]\Z|\d,\Z")
STUCK_AFTER = re.compile(rf"[{LATIN}@%€$£°円元원]|[.,:/-]\d|[-_]\w*\d|[ ](?:%|€|EUR\b|USD\b|dollars?\b)")
DATE = re.compile(
    r"(?:(?:1[5-9]|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\2(?:(?:1[5-9]|20)\d\d|\d\d(?!\d)))(?![-/.]?\d)"
)
YEARS = re.compile(r"(?:1[5-9]|20)\d\d\D{1,3}(?:1[5-9]|20)\d\d")
THOUSANDS = re.compile(r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})*[ .\u00a0\u202f]000")
DECIMAL = re.compile(r"\d\.\d{2,}(?![.\d])")
SOCIAL = re.compile(r"\d{3}[- ]\d{2}[- ]\d{4}")
ADDRESS_V4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")

CUE_REACH = 40
CUES = (
    r"(?:tele)?phone?|telefon|fon|tel|mobile?|mob|cell(?:phone)?|call(?:ing)?|ring|text|sms|whats ?app|fax|reach"
    r"|contact|dial|answer(?:ing)?|(?:office|desk|home|work)(?=:)|hotline|(?:my|our|his|her|their|your|callback) number"
    r"|ph|handy|rufnummer|meine nummer|móvil|teléfono"
    r"|celular|téléphone|portable|cellulare|mobiel|telefoon|telemóvel|appel\w*"
    r"|llam\w+"
)
FILLERS = r"[\s'’,:.()#-]|\b(?:number|no|num|is|on|at|me|us|my|the|nr|ist|est|es|al|au|è|it|to)\b"
BEFORE = re.compile(rf"(?i)\b(?:{CUES})(?:{FILLERS}){{0,12}}\Z")
OTHERS = (
    "order|purchase|invoice|ticket|case|tracking|licen[cs]e|ssn|security|zip|code|reference|ref|account|acct|card|serial"
    "|imei|policy|claim|booking|confirmation|passport|id|iban|version|parcel|shipment|isbn|issn|vat|tax|sku|part|model"
    "|apt|apartment|suite|unit|address|located at|arrived at"
)
NOT_A_PHONE = re.compile(rf"(?i)\b(?:{OTHERS})\b(?:[\s'’:.#-]|\b(?:number|no|num|is|nr)\b){{0,8}}\Z")
CAPITALISED = r"[A-ZÀ-Þ][^\W\d_]+\.?"
STREET_AFTER = re.compile(rf"(?: {CAPITALISED}){{1,3}}(?: [A-ZÀ-Þ\d]|,|$)", re.MULTILINE)
AFTER = re.compile(r"(?i)[ ,\\(-]{0,3}(?:office|fax|mobile|cell|home|work|desk|phone|tel)\b")

FEWEST, MOST = 7, 15
MOST_GROUPS = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch of digit groups, and what stands around it."""

    text: str
    prefix: str
    cued: bool

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.text)

    @property
    def groups(self) -> list[str]:
        return GROUP.findall(self.text)


def find(scene: Scene, regions: Sequence[str]) -> list[Span]:
    """Phone numbers: international ones, those valid or grouped as in one of `regions`, and any after a cue word."""
    spans = []
    done = 0
    for number in scene.numbers:
        if number >= done and (run := RUN.match(scene.text, number)):
            found, done = _in_run(scene.text, run, regions)
            spans += found
    return spans


def _in_run(text: str, run: re.Match[str], regions: Sequence[str]) -> tuple[list[Span], int]:
    """The phone numbers of a run, and where to look on."""
    groups = [match.span() for match in GROUP.finditer(text, *run.span())]
    spans = []
    first = 0
    while first < len(groups):
        if too_many := ONE_BY_ONE.match(text, groups[first][0]):
            first += len(GROUP.findall(too_many.group()))
            continue
        taken = next(((last, span) for last, span in _stretches(text, groups, first, regions)), None)
        if taken:
            spans.append(taken[1])
        first = taken[0] + 1 if taken else first + 1
    return spans, run.end()


def _stretches(
    text: str, groups: Sequence[tuple[int, int]], first: int, regions: Sequence[str]
) -> Iterator[tuple[int, Span]]:
    """What begins at a group and passes, the longest first."""
    begin = groups[first][0]
    opening = OPENING.search(text, max(0, begin - 3), begin)
    start = opening.start() if opening else begin
    if (STUCK_OPENED if opening else STUCK).search(text, max(0, start - 2), start):
        return
    before = text[max(0, start - CUE_REACH) : start]
    worded = any(map(str.isalpha, before))
    if worded and NOT_A_PHONE.search(before):
        return
    asked = worded and bool(BEFORE.search(before))
    for last in _lasts(groups, first):
        end = groups[last][1]
        extension = EXTENSION.match(text, end)
        if (not extension and STUCK_AFTER.match(text, end)) or (start == begin and STREET_AFTER.match(text, end)):
            continue
        whole = extension.end() if extension else end
        candidate = Candidate(
            text[start:end],
            text[start:begin],
            asked or ("\n" not in text[start:end] and AFTER.match(text, whole) is not None),
        )
        if reason := _judge(candidate, regions):
            yield last, Span(start, whole, "PHONE", 0.8, "patterns", reason)
            return


def _lasts(groups: Sequence[tuple[int, int]], first: int) -> list[int]:
    """The groups with which a number that begins at `first` may end, for its count of digits, the last first."""
    lasts = []
    size = 0
    for last in range(first, min(first + MOST, len(groups))):
        size += groups[last][1] - groups[last][0]
        if size > MOST:
            break
        if size >= FEWEST and last - first < MOST_GROUPS:
            lasts.append(last)
    return lasts[::-1]


def _judge(number: Candidate, regions: Sequence[str]) -> str:
    """Why it is a phone number, "" if it is none."""
    if _something_else(number.text):
        return ""
    judges = WRAPPED_JUDGES if "\n" in number.text else JUDGES
    return next((f"phone: {reason}" for reason, passes in judges if passes(number, regions)), "")


def _something_else(text: str) -> bool:
    if len(set(text)) <= 2:
        return True
    whole = (YEARS, THOUSANDS, SOCIAL, ADDRESS_V4)
    return any(shape.match(text) for shape in (DATE, DECIMAL)) or any(shape.fullmatch(text) for shape in whole)


def _international(number: Candidate, regions: Sequence[str]) -> bool:
    if not ("+" in number.prefix or number.digits.startswith("00")):
        return False
    return _parsed("+" + number.digits.removeprefix("00"), None, phonenumbers.is_possible_number)


def _grouped(number: Candidate, regions: Sequence[str]) -> bool:
    """Groups of two to five digits; the shorter the number, the more it takes to tell it from another."""
    sizes = [len(group) for group in number.groups]
    trunk = number.digits[0] == "0" or "(" in number.prefix
    if len(sizes) < 2 or not all(1 <= size <= 7 for size in sizes):
        return False
    if sizes == [3, 4]:
        return not number.digits.startswith(("19", "20"), 3)
    if trunk:
        return len(number.digits) >= 8 and sizes[-1] >= 2
    even = all(2 <= size <= 5 for size in sizes[1:]) and 1 <= sizes[0] <= 4 and sizes[-1] >= 3
    return even and len(sizes) >= 3 and len(number.digits) >= 9


def _valid(number: Candidate, regions: Sequence[str]) -> bool:
    """Long enough to be dialled from elsewhere in the country, and of a range that one of the regions uses."""
    if len(number.digits) < 10 or (len(number.digits) > 11 and len(number.groups) == 1):
        return False
    return any(_parsed(number.text, region, phonenumbers.is_valid_number) for region in regions)


def _wrapped(number: Candidate, regions: Sequence[str]) -> bool:
    """One number over two lines, its first line none of its own. Two of a column are valid together by chance: one
    without a country's prefix needs a cue, a trunk zero or a bracket."""
    line, _, rest = number.text.partition("\n")
    first = Candidate(line, number.prefix, False)
    if "\n" in rest or _valid(first, regions):
        return False
    if _international(number, regions):
        return not _parsed("+" + first.digits.removeprefix("00"), None, phonenumbers.is_valid_number)
    whole = Candidate(" ".join(number.groups), number.prefix, number.cued)
    return (number.cued or number.digits[0] == "0" or "(" in number.prefix) and _valid(whole, regions)


def _parsed(text: str, region: str | None, passes: object) -> bool:
    try:
        return bool(passes(phonenumbers.parse(text, region)))  # type: ignore[operator]
    except phonenumbers.NumberParseException:
        return False


JUDGES = (
    ("after its cue", lambda number, regions: number.cued),
    ("grouped", _grouped),
    ("international", _international),
    ("valid in its region", _valid),
)
"""Cheapest first: libphonenumber takes some 30 microseconds a number."""

WRAPPED_JUDGES = (("over two lines", _wrapped),)
