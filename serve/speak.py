"""Generated text with placeholders -> words a customer can read, while it streams.

A placeholder that stands for what the customer said is filled with their own words; any other becomes a neutral phrase.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from privacy.redact import PLACEHOLDER

LONGEST = 24
"""A `<` is held back for at most this many characters, until it is a placeholder or is not."""

YOURS = {
    "EMAIL": "your email address",
    "PHONE": "your phone number",
    "URL": "the link",
    "CREDIT_CARD": "your card",
    "IBAN": "your bank account",
    "SSN": "your identification number",
    "IP_ADDRESS": "your IP address",
    "MAC_ADDRESS": "your device's address",
    "COORDINATES": "your location",
    "DATE_OF_BIRTH": "your date of birth",
    "ADDRESS": "your address",
    "POSTCODE": "your postcode",
    "HANDLE": "your user name",
    "ID": "your reference number",
    "ORDER_ID": "your order number",
    "SECRET": "your password",
    "PERSON": "our team",
}
"""What to say for each kind of placeholder; others are `OTHER`."""

OURS = {
    "EMAIL": "our support address",
    "PHONE": "our support line",
    "URL": "our website",
    "ADDRESS": "our address",
    "HANDLE": "our account",
    "PERSON": "our team",
}
"""What to say where the sentence speaks of the company: "write to us at <EMAIL_2>"."""

OTHER = "that detail"

_BEGINNING = re.compile(r"<(?:[A-Z][A-Z0-9_]*)?\Z")
_TROUBLE = re.compile(r"[ \t#]*\Z")
_US = re.compile(r"\b(?:us|our|contact|call|visit)\b(?:\W+\w+){0,3}\W*\Z", re.I)
_YOU = re.compile(r"\byou\w*\b(?:\W+\w+){0,3}\W*\Z", re.I)
_NAMED = re.compile(
    r"\b(?:orders?|number|no|e-?mail|address|account|ticket|reference|invoice|tracking|code|phone|id|card|postcode)\b"
    r"(?: is| was)?[ :#]*\Z",
    re.I,
)
_GREETED = re.compile(r"\b(?:hi|hello|hey|dear|thanks|thank you|sorry|welcome|again|morning|afternoon)\b,?\s*\Z", re.I)
_POSSESSED = re.compile(r"\b(?:your|our|the|my|this)\s*\Z", re.I)
_SENTENCE_START = re.compile(r"(?:\A|[.!?\n][\"')\]]*)\s*\Z")


class Speech:
    """One answer on its way out: `feed` what was generated, and show what it returns; `end` gives the rest.

    `words` maps placeholders to the customer's own words, for this answer only.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self._held = ""
        self._said = ""

    def feed(self, text: str) -> str:
        self._held += text
        out = ""
        while (place := self._held.find("<")) >= 0:
            before = self._held[:place]
            rest = self._held[place:]
            if whole := PLACEHOLDER.match(rest):
                out += self._fill(before, whole)
                self._held = rest[whole.end() :]
            elif len(rest) < LONGEST and _BEGINNING.match(rest):
                keep = _TROUBLE.search(before)
                kept = keep.group() if keep else ""
                out += self._say(before[: len(before) - len(kept)])
                self._held = kept + rest
                return out
            else:
                out += self._say(before + "<")
                self._held = rest[1:]
        keep = _TROUBLE.search(self._held)
        kept = keep.group() if keep else ""
        out += self._say(self._held[: len(self._held) - len(kept)])
        self._held = kept
        return out

    def end(self) -> str:
        """What was held back. Half a placeholder is never shown."""
        held, self._held = self._held, ""
        return self._say(re.sub(r"\s*<[A-Z][A-Z0-9_]*\Z", "", held))

    def _say(self, text: str) -> str:
        self._said = (self._said + text)[-80:]
        return text

    def _fill(self, before: str, found: re.Match[str]) -> str:
        known = self._words.get(found.group())
        if known is not None:
            return self._say(before + known)
        phrase = _phrase(self._said + before, found.group(1))
        return self._say(before + phrase) if phrase else self._say(before.rstrip(" \t#"))


def _phrase(before: str, kind: str) -> str:
    """The neutral phrase that reads well after `before`; "" where the sentence does better without."""
    if _GREETED.search(before) if kind == "PERSON" else _NAMED.search(before):
        return ""
    ours = kind in OURS and _US.search(before) and not _YOU.search(before)
    phrase = OURS[kind] if ours else YOURS.get(kind, OTHER)
    if _POSSESSED.search(before):
        phrase = re.sub(r"\A(?:your|our|the|that) ", "", phrase)
    return phrase[0].upper() + phrase[1:] if _SENTENCE_START.search(before) else phrase
