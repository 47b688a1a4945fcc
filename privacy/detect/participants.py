"""What a source knows of a conversation's participants -> where they are named in its texts.

The strongest detector there is: names, addresses, phone numbers and handles from the source's own fields, searched in
every message with their variants (parts of a name, initials, case, accents, the local part of an address).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from deskwright.conversation import Identifier, Participant
from deskwright.plugins import Span
from privacy.detect.words import EVERYDAY, NOT_NAMES

SHARED_MAILBOXES = frozenset(
    """
    info support help sales contact admin hello office mail team service noreply no-reply billing news post
    """.split()
)
MIN_PHONE_DIGITS = 7
GAP = r"[\s().\-/–]{0,3}"
INVISIBLE = {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}


UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
"""NUL, and halves of a surrogate pair, as a truncated emoji leaves them: no encoding or no database takes them."""


class Participants:
    """Finds the participants of one conversation. `find` gives each span the participant's id as its detector detail,
    so that every way of naming a person becomes the same placeholder."""

    def __init__(self, participants: Sequence[Participant]) -> None:
        self._entries: list[tuple[re.Pattern[str], str, str, bool]] = []
        for participant in participants:
            for kind, value in participant.identifiers:
                entity, patterns = _VARIANTS[kind]
                for pattern, capitalised in patterns(value):
                    self._entries.append((re.compile(pattern), entity, participant.id, capitalised))

    def find(self, text: str) -> Iterator[tuple[Span, str]]:
        """(span, participant id) pairs, overlapping ones included."""
        folded, origin = fold(text)
        for pattern, entity, who, capitalised in self._entries:
            for match in pattern.finditer(folded):
                start, end = origin[match.start()], origin[match.end() - 1] + 1
                if capitalised and not text[start].isupper():
                    continue
                yield Span(start, end, entity, 1.0, "participant"), who


def mend(text: str) -> str:
    """`text`, as long as before, with U+FFFD for what cannot be stored."""
    return UNSTORABLE.sub("\ufffd", text)


def fold(text: str) -> tuple[str, list[int]]:
    """`text` without case, accents and invisible characters, and for each character the offset it came from."""
    folded: list[str] = []
    origin: list[int] = []
    for offset, char in enumerate(mend(text)):
        if char in INVISIBLE:
            continue
        plain = char.lower() if char.isascii() else _plain(char)
        folded.append(plain)
        origin.extend([offset] * len(plain))
    return "".join(folded), origin


def _plain(char: str) -> str:
    decomposed = unicodedata.normalize("NFKD", char).casefold()
    return "".join(part for part in decomposed if not unicodedata.combining(part))


Variants = Iterable[tuple[str, bool]]
"""(pattern over folded text, whether the original must begin with a capital) pairs."""


def _name(value: str) -> Variants:
    folded, _ = fold(value)
    words = re.findall(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?", folded)
    long = [word for word in words if len(word.strip(".")) >= 2]
    if len(long) >= 2:
        first, last = re.escape(long[0]), re.escape(long[-1])
        everyday = all(word in EVERYDAY | NOT_NAMES for word in long)
        yield _whole(r"[\s.,_-]+".join(map(re.escape, words))), everyday
        yield _whole(rf"{first}[\s._-]+(?:\w+\.?\s+)?{last}"), everyday
        yield _whole(rf"{last},?\s+{first}"), everyday
        yield _whole(rf"{first[0]}\.?\s+{last}"), everyday
    parts = [part for word in long for part in re.split(r"[-'’]", word) if len(part) > 2]
    for bare in dict.fromkeys(word.strip(".") for word in [*long, *parts]):
        if bare in EVERYDAY or bare not in NOT_NAMES:
            yield _whole(re.escape(bare)), bare in EVERYDAY or len(bare) == 2


def _email(value: str) -> Variants:
    folded, _ = fold(value.strip())
    local, at, _ = folded.partition("@")
    yield rf"(?<![\w.+-]){re.escape(folded)}(?![\w-])", False
    if at and len(local) >= 4 and local not in SHARED_MAILBOXES and local not in EVERYDAY | NOT_NAMES:
        yield _whole(re.escape(local)), False


def _phone(value: str) -> Variants:
    digits = re.sub(r"\D", "", value)
    for number in dict.fromkeys([digits, digits[-10:], digits[-9:], digits[-MIN_PHONE_DIGITS:]]):
        if len(number) >= MIN_PHONE_DIGITS:
            yield rf"(?<!\d)(?:\+|00)?(?:\d{{1,4}}{GAP})?{GAP.join(number)}(?!\d)", False


def _handle(value: str) -> Variants:
    folded, _ = fold(value.strip().lstrip("@"))
    if len(folded) >= 3 and folded not in EVERYDAY | NOT_NAMES:
        yield rf"(?<![\w]){re.escape(folded)}(?![\w])", False


def _id(value: str) -> Variants:
    folded, _ = fold(value.strip())
    if len(folded) >= 4:
        yield _whole(re.escape(folded)), False


def _whole(pattern: str) -> str:
    return rf"(?<!\w){pattern}(?!\w)"


_VARIANTS: dict[Identifier, tuple[str, Callable[[str], Variants]]] = {
    Identifier.NAME: ("PERSON", _name),
    Identifier.EMAIL: ("EMAIL", _email),
    Identifier.PHONE: ("PHONE", _phone),
    Identifier.HANDLE: ("HANDLE", _handle),
    Identifier.ID: ("ID", _id),
}


def normalised(kind: Identifier, value: str) -> str:
    """The form of an identifier that its keyed hash is made of: the same person, however written, hashes the same."""
    folded, _ = fold(value.strip())
    if kind is Identifier.PHONE:
        return re.sub(r"\D", "", folded)[-10:]
    return " ".join(folded.lstrip("@").split())
