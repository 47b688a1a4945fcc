"""A text whose characters hide what they spell -> the text as it reads, and where each character came from.

Invisible characters, letters that look like Latin ones, full-width and mathematical letters, HTML entities, remnants
of quoted-printable, and digits spelt out as words. An ordinary text holds none of these: `view` gives None then, after
one look.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from privacy.detect.scan import Scene

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff"
)
COMPATIBLE = "\uff01-\uff5e\u2100-\u214f\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f130-\U0001f149\ufe52-\ufe6b"
OTHER_DIGITS = "\u0660-\u0669\u06f0-\u06f9\u0966-\u096f"
LOOK_ALIKES = dict(
    zip(
        "аеорсухіјѕһԁԛԝɡɩӏցոսհАВЕКМНОРСТУХІЈЅԌΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρικυѵ\u2024\u3002\uff61",
        "aeopcyxijshdqwgilgnuhABEKMHOPCTYXIJSGABEZHIKMNOPTYXoavpikuv...",
        strict=True,
    )
)
"""Letters that no reader tells from a Latin one (of Unicode's confusables, UTS 39), read so only beside Latin ones."""

MIXED = "".join(LOOK_ALIKES)
ODD = re.compile(rf"[{INVISIBLE}{COMPATIBLE}{OTHER_DIGITS}{MIXED}]")
HIDDEN = re.compile(rf"[{INVISIBLE}]")
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z]{2,31});")
QUOTED = re.compile(r"=(?:[46]0|2[BDEbde]|5F|5f|3D|3d|20)(?=\w)|=\r?\n")
WORD = re.compile(r"[\w@.+-]+")

DIGIT_WORDS = {
    "en": "zero:0 oh:0 nought:0 one:1 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9",
    "de": "null:0 eins:1 zwei:2 zwo:2 drei:3 vier:4 fünf:5 sechs:6 sieben:7 acht:8 neun:9",
    "fr": "zéro:0 un:1 deux:2 trois:3 quatre:4 cinq:5 six:6 sept:7 huit:8 neuf:9",
    "es": "cero:0 uno:1 dos:2 tres:3 cuatro:4 cinco:5 seis:6 siete:7 ocho:8 nueve:9",
    "it": "zero:0 uno:1 due:2 tre:3 quattro:4 cinque:5 sei:6 sette:7 otto:8 nove:9",
    "nl": "nul:0 een:1 twee:2 drie:3 vier:4 vijf:5 zes:6 zeven:7 acht:8 negen:9",
    "pt": "zero:0 um:1 dois:2 três:3 quatro:4 cinco:5 seis:6 meia:6 sete:7 oito:8 nove:9",
}
DIGITS = {word: digit for pairs in DIGIT_WORDS.values() for word, _, digit in (p.partition(":") for p in pairs.split())}
TIMES = {"double": 2, "triple": 3, "doppel": 2}
SPELLING = frozenset(DIGITS)
_DIGIT = "|".join(sorted(DIGITS, key=len, reverse=True))
SPELT = re.compile(
    rf"(?i)(?:(?:{'|'.join(TIMES)})[ -])?(?:\b(?:{_DIGIT})|(?<!\d)\d)\b"
    rf"(?:[ ,.-]{{1,2}}(?:(?:{'|'.join(TIMES)})[ -])?(?:(?:{_DIGIT})|\d)\b){{3,}}"
)
SPELT_PART = re.compile(rf"(?i)(?:({'|'.join(TIMES)})[ -])?({_DIGIT}|\d)\b")


@dataclass(frozen=True, slots=True)
class View:
    """The text as it reads; `starts` and `ends` hold for each of its characters the place in the original."""

    plain: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where the stretch `start` to `end` of `plain` stands in the original."""
        return self.starts[start], self.ends[end - 1]


Piece = tuple[int, int, str]
"""From, to, and what stands there instead."""


def view(scene: Scene) -> View | None:
    """The text as it reads, None where it reads as it is written."""
    text = scene.text
    pieces = list(_pieces(scene))
    if not pieces:
        return None
    plain: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at = 0
    for start, end, instead in [*sorted(pieces), (len(text), len(text), "")]:
        if start < at:
            continue
        plain += [text[at:start], instead]
        starts += [*range(at, start), *[start] * len(instead)]
        ends += [*range(at + 1, start + 1), *[end] * len(instead)]
        at = end
    return View("".join(plain), tuple(starts), tuple(ends))


def _pieces(scene: Scene) -> Iterator[Piece]:
    text = scene.text
    if not text.isascii() and ODD.search(text):
        yield from _odd(text)
    if "&" in text:
        yield from _entities(text)
    if "%40" in text:
        yield from ((m.start(), m.end(), "@") for m in re.finditer("%40", text))
    if "=" in text:
        yield from ((m.start(), m.end(), _unquoted(m.group())) for m in QUOTED.finditer(text))
    if spelling := SPELLING & scene.words:
        yield from _spelt(scene, spelling)


def _odd(text: str) -> Iterator[Piece]:
    seen = HIDDEN.sub("", text)
    latin = bool(re.search("[A-Za-z]", seen))
    words = [(m.start(), m.end()) for m in WORD.finditer(text)] if latin else []
    mixed = {at for start, end in words if _is_mixed(text[start:end]) for at in range(start, end)}
    for match in ODD.finditer(text):
        at, char = match.start(), match.group()
        if char in LOOK_ALIKES:
            if at in mixed or not char.isalpha():
                yield at, at + 1, LOOK_ALIKES[char]
        else:
            yield at, at + 1, "" if HIDDEN.match(char) else _compatible(char)


def _is_mixed(word: str) -> bool:
    """Whether Latin and look-alike letters stand in one word."""
    return any("a" <= char <= "z" for char in word.lower()) and any(char in LOOK_ALIKES for char in word)


def _compatible(char: str) -> str:
    digit = unicodedata.digit(char, None)
    return str(digit) if digit is not None else unicodedata.normalize("NFKC", char)


def _entities(text: str) -> Iterator[Piece]:
    for match in ENTITY.finditer(text):
        char = html.unescape(match.group())
        if char != match.group():
            yield match.start(), match.end(), " " if char == "\u00a0" else "" if HIDDEN.match(char) else char


def _unquoted(remnant: str) -> str:
    return chr(int(remnant[1:], 16)) if remnant[1:].isalnum() else ""


def _spelt(scene: Scene, spelling: Iterable[str]) -> Iterator[Piece]:
    """Digits of four or more in a row, at least two of them words."""
    places = scene.all_places([*spelling, *TIMES])
    done = 0
    for place in places if len(places) > 1 else ():
        if place >= done and (match := SPELT.match(scene.text, place)):
            done = match.end()
            parts = [(m.start(), m.end(), m.group(1), m.group(2).lower()) for m in SPELT_PART.finditer(match.group())]
            if sum(not digit.isdigit() for *_, digit in parts) > 1:
                yield from ((place + start, place + end, instead) for start, end, instead in _joined(parts))


def _joined(parts: Iterable[tuple[int, int, str | None, str]]) -> Iterator[Piece]:
    """Spelt digits as figures, with what stood between them left out."""
    before: int | None = None
    for start, end, times, digit in parts:
        if before is not None:
            yield before, start, ""
        yield start, end, DIGITS.get(digit, digit) * TIMES.get((times or "").lower(), 1)
        before = end
