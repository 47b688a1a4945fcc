"""A text -> the places where rules may begin, so that a rule looks at those places and nowhere else.

The text is walked twice, whatever the number of rules: once for its words, once for its digits. A rule that begins
with a cue word is tried where that word stands, a rule that begins with a number at the numbers; a text that holds
neither costs nothing more. Plain Python does this at 20 to 40 MB/s. Hyperscan does it at 150, but has no wheels for
every platform, wants valid UTF-8 and counts in bytes, and its scratch space is bound to a thread; the rules
themselves take longer than either, so it is not worth two ways of doing the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

WORD = re.compile(r"[^\W\d_]+")
DIGITS = re.compile(r"\d+")
TO_SPACE = {code: " " for code in range(128) if not chr(code).isalpha()}

LONGEST_CODE = 40
LONGEST_LOCAL = 64
SHORT_ANSWER = 80
NINES = "9" * 20

WRAP = r"[ \t]{0,2}\r?\n[ \t>]{0,8}"
"""A line break where a mail program wrapped a line, with the signs of a quotation."""

LOCAL = re.compile(rf"\w[\w.!#$%&'*+/=?^`{{|}}~-]*(?:{WRAP})?\Z")
STATE = re.compile(r"[A-Z]{2},?\s{1,9}\Z")
NAME_LETTERS = re.compile(r"[^\W\d_]*\Z")


class Scene:
    """One text and what is known of it: its words in lower case and the offsets of its numbers."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = _lower(text)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every run of letters, in lower case."""
        if self.lower.isascii():
            return frozenset(self.lower.translate(TO_SPACE).split())
        return frozenset(WORD.findall(self.lower))

    @cached_property
    def numbers(self) -> list[int]:
        """Where each run of digits begins."""
        return [match.start() for match in DIGITS.finditer(self.text)]

    @cached_property
    def heads(self) -> list[tuple[int, str]]:
        """For each number its place, and as many nines as it has digits with the character after it."""
        text = self.text
        return [
            (match.start(), NINES[: match.end() - match.start()] + text[match.end() : match.end() + 1])
            for match in DIGITS.finditer(text)
        ]

    @cached_property
    def codes(self) -> list[int]:
        """Where each run of letters and digits that holds a digit begins, and the letters before its hyphen."""
        text = self.text
        found: list[int] = []
        done = 0
        for start in self.numbers:
            at = start
            while at > done and start - at < LONGEST_CODE and text[at - 1].isalnum() and text[at - 1].isascii():
                at -= 1
            if at > done or not found:
                head = at
                while head > done and at - head < LONGEST_CODE and (text[head - 1].isalpha() or text[head - 1] in "-_"):
                    head -= 1
                found += [head, at] if head < at else [at]
            done = start
        return found

    def places(self, word: str) -> Iterator[int]:
        """Where `word` stands on its own, as a run of letters."""
        lower = self.lower
        size = len(word)
        at = lower.find(word)
        while at >= 0:
            end = at + size
            if not (at and lower[at - 1].isalpha()) and not (end < len(lower) and lower[end].isalpha()):
                yield at
            at = lower.find(word, end)

    def all_places(self, words: Iterable[str]) -> list[int]:
        return sorted({place for word in words for place in self.places(word)})

    def within(self, part: str) -> Iterator[int]:
        """Where each word begins that holds `part`."""
        lower = self.lower
        at = lower.find(part)
        while at >= 0:
            before = NAME_LETTERS.search(lower, max(0, at - LONGEST_CODE), at)
            yield before.start() if before else at
            at = lower.find(part, at + 1)

    def before(self, literal: str, shape: re.Pattern[str], longest: int) -> Iterator[int]:
        """Where the run of `shape` begins that ends at each `literal`."""
        text = self.text
        at = text.find(literal)
        while at >= 0:
            if run := shape.search(text, max(0, at - longest), at):
                yield run.start()
            at = text.find(literal, at + 1)


def _lower(text: str) -> str:
    """`text` in lower case and as long as it was: the few letters that would become two stay as they are."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def _mail(scene: Scene) -> Iterable[int]:
    return scene.before("@", LOCAL, LONGEST_LOCAL)


def _at_sign(scene: Scene) -> Iterator[int]:
    at = scene.text.find("@")
    while at >= 0:
        yield at
        at = scene.text.find("@", at + 1)


def _signed(scene: Scene) -> Iterator[int]:
    """Where a number begins, its minus sign included."""
    for at in scene.numbers:
        yield at - 1 if at and scene.text[at - 1] == "-" else at


def _state(scene: Scene) -> Iterator[int]:
    """Where two capitals stand before a number of five digits."""
    for at, head in scene.heads:
        if head.startswith("99999") and (before := STATE.search(scene.text, max(0, at - 12), at)):
            yield before.start()


def _country(scene: Scene) -> Iterator[int]:
    """Where a code begins with two letters and two digits."""
    text = scene.text
    return (at for at in scene.codes if text[at : at + 2].isalpha() and text[at + 2 : at + 4].isdecimal())


def _word_before(scene: Scene) -> Iterator[int]:
    """Where the word before a number begins, a single space between them."""
    for at in scene.numbers:
        if at > 1 and scene.text[at - 1] == " ":
            before = NAME_LETTERS.search(scene.text, max(0, at - 1 - LONGEST_CODE), at - 1)
            if before and before.start() < at - 1:
                yield before.start()


def _answer(scene: Scene) -> Iterable[int]:
    return (0,) if len(scene.text) <= SHORT_ANSWER and scene.numbers else ()


ANCHORS: dict[str, Callable[[Scene], Iterable[int]]] = {
    "state and number": _state,
    "signed number": _signed,
    "word and number": _word_before,
    "code": lambda scene: scene.codes,
    "country and number": _country,
    "mail": _mail,
    "@": _at_sign,
    "answer": _answer,
}
"""The places that are no words; `answer` is the beginning of a short text that holds a digit. A text without digits and
without `@` has none of them."""
