"""Generated text, piece by piece -> the same without personal data that nobody said, and without what is never said.

The model sees placeholders for what the customer said. So an address, a number or a card in its output comes from
somewhere else, unless it stands in the prompt: it becomes a placeholder that stands for nothing, which `serve.speak`
turns into a neutral phrase. The record keeps the placeholder, never the data. Phrases of `serve.never_say` go the same
way.

What comes out does not depend on how the text was cut into pieces. Held back are a word, and words with digits as long
as they may be one number: at most LONGEST_RUN and LONGEST_WORD characters, and as much as the longest phrase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from deskwright.entities import ENTITIES
from deskwright.plugins import Detector, Span
from instruct.phrases import NOBODY, Phrases, compiled, without

LONGEST_WORD = 256
"""Of a longer one, a link for example, one half goes out when both were looked at together: an e-mail address is seldom
longer than the other half."""
LONGEST_RUN = 48
"""An IBAN in groups of four has 42 characters."""
CONTEXT = 80
"""Characters before a number in which a detector may look for what it is ("my passport is ...")."""

KINDS = frozenset(ENTITIES) & frozenset(
    "EMAIL PHONE CREDIT_CARD IBAN BANK_ACCOUNT SSN NATIONAL_ID TAX_ID HEALTH_ID PASSPORT DRIVER_LICENSE SECRET "
    "IP_ADDRESS MAC_ADDRESS DATE_OF_BIRTH".split()
)
"""What has a form of its own. Names have none, and are not looked for here."""

HOT = re.compile(r"[\d@]")
GOES_ON = re.compile(r"[A-Z]{1,5}|\W+")
"""What may stand inside a number: letters of an IBAN, a dash between blanks."""
PIECE = re.compile(r"\s+|\S+")


class Guards:
    """Makes a guard for each answer. `never_say` are phrases, in any case and with any white space between words."""

    def __init__(
        self, detector: Detector, language: str = "en", never_say: Sequence[str] = (), allow: Sequence[str] = ()
    ) -> None:
        self._detector = detector
        self._language = language
        self._allowed = tuple(allow)
        self._phrases = compiled(never_say)

    def allow(self, text: str) -> bool:
        """Whether a text is free of phrases that are never said."""
        return without(text, self._phrases) == text

    def guard(self, known: Iterable[str]) -> Guard:
        """For an answer to a prompt of these texts."""
        return Guard(Phrases(self._phrases), Numbers(self._detector, self._language, [*self._allowed, *known]))


class Guard:
    """One answer: `feed` what was generated, and pass on what it returns; `end` gives the rest."""

    def __init__(self, phrases: Phrases, numbers: Numbers) -> None:
        self._phrases = phrases
        self._numbers = numbers

    @property
    def held(self) -> int:
        """Characters that are held back."""
        return len(self._phrases.held) + len(self._numbers.held)

    def feed(self, text: str) -> str:
        return self._numbers.feed(self._phrases.feed(text))

    def end(self) -> str:
        return self._numbers.feed(self._phrases.end()) + self._numbers.end()


class Numbers:
    """Replaces what the detector finds in words with digits or `@`, unless it is known."""

    def __init__(self, detector: Detector, language: str, known: Iterable[str]) -> None:
        self._detector = detector
        self._language = language
        self._known = _plain(" ".join(known))
        self._said = ""
        self._run = ""
        self._word = ""

    @property
    def held(self) -> str:
        return self._run + self._word

    def feed(self, text: str) -> str:
        out = []
        for piece in PIECE.findall(text):
            if piece.isspace():
                out.append(self._complete())
                out.append(self._space(piece))
                continue
            self._word += piece
            while len(self._word) > LONGEST_WORD:
                out.append(self._half())
        return "".join(out)

    def end(self) -> str:
        return self._complete() + self._flush()

    def _half(self) -> str:
        """The run and the first half of a word without end, with what begins there and ends in the second half."""
        text = self._run + self._word[:LONGEST_WORD]
        spans, cut = self._spans(text), len(self._run) + LONGEST_WORD // 2
        for span in spans:
            cut = span.end if span.start < cut < span.end else cut
        self._word = self._word[cut - len(self._run) :]
        self._run = ""
        return self._say(text[:cut], _without(text[:cut], spans))

    def _complete(self) -> str:
        """The word is whole: it goes on with the run, or ends it."""
        word, self._word = self._word, ""
        if not word:
            return ""
        if HOT.search(word) or (self._run and GOES_ON.fullmatch(word)):
            out = self._flush() if len(self._run) + len(word) > LONGEST_RUN else ""
            self._run += word
            return out
        return self._flush() + self._say(word)

    def _space(self, text: str) -> str:
        return "".join(self._blank(char) for char in text)

    def _blank(self, char: str) -> str:
        if not self._run:
            return self._say(char)
        self._run += char
        return self._flush() if len(self._run) > LONGEST_RUN else ""

    def _flush(self) -> str:
        run, self._run = self._run, ""
        return self._say(run, _without(run, self._spans(run))) if run else ""

    def _say(self, text: str, out: str | None = None) -> str:
        self._said = (self._said + text)[-CONTEXT:]
        return text if out is None else out

    def _spans(self, run: str) -> list[Span]:
        """What is to be replaced in the run, in order. It may begin before it, in what was said."""
        if not HOT.search(run):
            return []
        start, text = len(self._said), self._said + run
        found = (
            replace(span, start=span.start - start, end=span.end - start)
            for span in self._detector.find(text, self._language)
            if span.entity in KINDS and span.end > start and _plain(text[span.start : span.end]) not in self._known
        )
        return sorted(found, key=lambda span: (span.start, -span.end))


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text with placeholders in the place of those spans that end in it."""
    out, at = "", 0
    for span in spans:
        if not at < span.end <= len(text):
            continue
        begin = max(span.start, at)
        out += text[at:begin] + ("" if begin == at and out.endswith(">") else f"<{span.entity}_{NOBODY}>")
        at = span.end
    return out + text[at:]


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
