"""What a source knows of a conversation's participants -> where they are named in its texts.

The strongest detector there is: names, addresses, phone numbers and handles from the source's own fields, searched in
every message with their variants (parts of a name, initials, short forms, case, accents, the local part of an address).
All variants are literals over a plain form of the text, so that one automaton finds them in one pass.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import ahocorasick
import regex

from deskwright.conversation import Identifier, Participant
from deskwright.plugins import Span
from privacy.detect.diminutives import ALSO_WORDS, GROUPS
from privacy.detect.words import EVERYDAY, NOT_NAMES

SHARED_MAILBOXES = frozenset(
    """
    info support help sales contact admin hello office mail team service noreply no-reply billing news post
    """.split()
)
TITLES = frozenset("mr mrs ms miss mx dr prof herr frau sr sra mme mlle ing dipl phd md jr esq ii iii iv mba".split())
PARTICLES = frozenset("de da di do du dos das del della van von der den la le el al bin ibn ten ter af av y e".split())
WORDS = EVERYDAY | ALSO_WORDS
NO_NAMES = WORDS | NOT_NAMES
MONTHS = frozenset("april may june august".split())
MIN_PHONE_DIGITS = 7
GAP = r"[\s().\-/–]{0,3}"
INVISIBLE = regex.compile(
    r"[\u00ad\u061c\u0640\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\p{Variation_Selector}]"
)
"""What is not seen: no width, directions of writing, forms of a letter, and the stroke that stretches Arabic words."""

UNDECOMPOSED = dict(zip("øæœłđðþı", ("o", "ae", "oe", "l", "d", "d", "th", "i"), strict=True)) | {
    "\u0649": "\u064a", "\u06cc": "\u064a", "\u06a9": "\u0643", "\u0629": "\u0647"
}  # fmt: skip
"""Letters that are written for another, or instead of it, and have no accent to take away."""

DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
FULL, TURNED, INITIAL, ONLY = "full name", "full name, last name first", "name with an initial", "only name"
WHOLE = frozenset((FULL, TURNED, INITIAL, ONLY))
"""Reasons that name a person by all that is known of their name."""
SHORTEST_TO_SPELL_ANEW = 5

UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
"""NUL, and halves of a surrogate pair, as a truncated emoji leaves them: no encoding or no database takes them."""

SEPARATORS = re.compile(r"[\s.,_'’‘`\-‐‑–׳־・·]+")
"""What stands between the words of a name; a run of them is one space in the plain form."""

SEVERAL = re.compile(f"{SEPARATORS.pattern[:-1]}{{2,}}")

UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
"""Letters of scripts that put no space between words."""

INFLECTED = r"[\p{Bengali}\p{Gujarati}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Tamil}\p{Telugu}]"
"""Letters of scripts whose languages write the case at the end of a name."""

BEFORE = regex.compile(rf"""(?x)
    (?<!\w) | (?<={UNSPACED}) | (?={UNSPACED}) | (?<!\p{{Hangul}})(?=\p{{Hangul}})
    | (?<=(?<!\w)[\u05d1\u05d4\u05d5\u05db\u05dc\u05de\u05e9]{{1,2}})(?=\p{{Hebrew}})  # in, the, and, as, to, from
    | (?<=(?<!\w)[\u0628\u0641\u0643\u0644\u0648]{{1,2}})(?=\p{{Arabic}})  # by, so, as, to, and
""")
"""Where a name may begin in a plain form."""

AFTER = regex.compile(rf"""(?x)
    (?![\p{{M}}\u11a8-\u11ff])  # the letter goes on
    (?: (?!\w) | (?<={UNSPACED}) | (?={UNSPACED}) | (?<=\p{{Hangul}}) | (?=\p{{Hangul}}) )
    | (?<={INFLECTED}{{3}}){INFLECTED}{{1,8}}(?!\w)
""")
"""Where a name may end in a plain form; what it matches there belongs to the name."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A variant in a text, by the text's offsets, and where the detectors see persons there."""

    text: str
    start: int
    end: int
    people: Sequence[Span]

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]


Test = Callable[[Hit, "Variant"], bool]


class Variant(NamedTuple):
    """One way of naming somebody: its plain form, what it is, and the test that a hit must pass."""

    plain: str
    entity: str
    reason: str
    test: Test
    folded: str = ""
    part: str = ""


class Participants:
    """Finds the participants of one conversation. `find` gives each span the participant's id as well, so that every
    way of naming a person becomes the same placeholder. `introduced` are persons of whom the conversation itself gives
    the name: (id, name) pairs."""

    def __init__(self, participants: Sequence[Participant], introduced: Sequence[tuple[str, str]] = ()) -> None:
        known = [(p.id, kind, value) for p in participants for kind, value in p.identifiers]
        named = [(who, Identifier.NAME, name) for who, name in introduced]
        self._entries: dict[str, list[tuple[str, str, Variant]]] = {}
        self._numbers: list[tuple[str, str]] = []
        for detector, identifiers in (("participant", known), ("introduced", named)):
            for who, kind, value in identifiers:
                self._add(detector, who, kind, value)
        self._automaton = ahocorasick.Automaton()
        for form, entries in self._entries.items():
            self._automaton.add_word(form, (len(form), entries))
        self._automaton.make_automaton()

    def _add(self, detector: str, who: str, kind: Identifier, value: str) -> None:
        if kind is Identifier.PHONE:
            self._numbers += [(number, who) for number in _numbers(value)]
            return
        for variant in _variants(kind, value):
            self._entries.setdefault(variant.plain, []).append((who, detector, variant))

    def owners(self, name: str) -> set[str]:
        """The ids of those who are called so, or whose whole name is part of it."""
        exactly = {who for who, _, variant in self._entries.get(plain(name), ()) if variant.entity == "PERSON"}
        return exactly or {who for span, who in self.find(name) if span.reason in WHOLE}

    def find(self, text: str, people: Sequence[Span] = ()) -> Iterator[tuple[Span, str]]:
        """(span, participant id) pairs, overlapping ones included. `people` is where detectors see persons: there a
        name that is also an everyday word is a name."""
        if not (self._entries or self._numbers):
            return
        folded, origin = fold(text)
        yield from self._phones(folded, origin)
        parts: list[_Part] = []
        for start, end, (who, detector, variant) in self._hits(text, folded, origin) if self._entries else ():
            passed = variant.test(Hit(text, start, end, people), variant)
            if variant.part:
                parts.append(_Part(start, end, who, detector, variant.part, passed))
            if passed:
                yield Span(start, end, variant.entity, 1.0, detector, variant.reason), who
        yield from _with_a_middle(text, parts)

    def _hits(
        self, text: str, folded: str, origin: Sequence[int]
    ) -> Iterator[tuple[int, int, tuple[str, str, Variant]]]:
        form = SEPARATORS.sub(" ", folded)
        places: Sequence[int] = ()
        for last, (length, entries) in self._automaton.iter(form):
            first = last - length + 1
            after = AFTER.match(form, last + 1) if BEFORE.match(form, first) else None
            if after:
                places = places or _places(folded)
                end = _with_marks(text, origin[places[after.end() - 1]] + 1)
                for entry in entries:
                    yield origin[places[first]], end, entry

    def _phones(self, folded: str, origin: Sequence[int]) -> Iterator[tuple[Span, str]]:
        for run in RUN.finditer(folded) if self._numbers else ():
            places = [at for at in range(run.start(), run.end()) if folded[at].isdigit()]
            digits = "".join(folded[at] for at in places)
            for number, who in self._numbers:
                at = digits.find(number)
                while at >= 0:
                    first, last = places[at], places[at + len(number) - 1]
                    before = PREFIX.search(folded, max(0, first - LONGEST_PREFIX), first)
                    if before and not folded[last + 1 : last + 2].isdigit():
                        start, end = origin[before.start()], origin[last] + 1
                        yield Span(start, end, "PHONE", 1.0, "participant", "number"), who
                    at = digits.find(number, at + 1)


class _Part(NamedTuple):
    """A first or last name in a text, and whether it passed its test."""

    start: int
    end: int
    who: str
    detector: str
    part: str
    passed: bool


def _with_a_middle(text: str, parts: Sequence[_Part]) -> Iterator[tuple[Span, str]]:
    """A first and a last name with at most one word between them."""
    firsts = [part for part in parts if part.part == "first"]
    lasts = [part for part in parts if part.part == "last"]
    for first in firsts:
        for last in lasts:
            near = first.who == last.who and first.end < last.start <= first.end + LONGEST_MIDDLE
            if near and (first.passed or last.passed) and MIDDLE.fullmatch(text, first.end, last.start):
                yield Span(first.start, last.end, "PERSON", 1.0, first.detector, FULL), first.who


RUN = re.compile(rf"\d(?:{GAP}\d){{{MIN_PHONE_DIGITS - 1},}}")
PREFIX = re.compile(rf"(?<!\d)(?:(?:\+|00)?\d{{1,4}}{GAP}|\+)?(?:\(0\){GAP})?$")
LONGEST_PREFIX = 16
MIDDLE = regex.compile(r"[\s._-]+(?:\w+\.?\s+)?")
LONGEST_MIDDLE = 30


def mend(text: str) -> str:
    """`text`, as long as before, with U+FFFD for what cannot be stored."""
    return UNSTORABLE.sub("\ufffd", text)


def fold(text: str) -> tuple[str, Sequence[int]]:
    """`text` without case, accents and invisible characters, and for each character the offset it came from."""
    if text.isascii() and "\0" not in text:
        return text.lower(), range(len(text))
    text = mend(text)
    bare = {char: _bare(char) for char in set(text)}
    folded = text.translate({ord(char): into for char, into in bare.items()})
    if all(len(into) == 1 for into in bare.values()):
        return folded, range(len(text))
    return folded, [offset for offset, char in enumerate(text) for _ in bare[char]]


@lru_cache(maxsize=4096)
def _bare(char: str) -> str:
    if INVISIBLE.match(char):
        return ""
    decomposed = unicodedata.normalize("NFKD", char).casefold()
    return "".join(UNDECOMPOSED.get(part, part) for part in decomposed if not unicodedata.combining(part))


def _places(folded: str) -> Sequence[int]:
    """For each character of the plain form, its offset in `folded`."""
    places: list[int] = []
    at = 0
    for run in SEVERAL.finditer(folded):
        places += range(at, run.start() + 1)
        at = run.end()
    return [*places, *range(at, len(folded))]


def _with_marks(text: str, end: int) -> int:
    """`end`, or the end of the marks that stand there: they belong to the letter before them."""
    while unicodedata.combining(text[end : end + 1] or " "):
        end += 1
    return end


def plain(text: str) -> str:
    """`text` as the automaton's literals are written."""
    return _spaced(fold(text)[0])


def _spaced(folded: str) -> str:
    return SEPARATORS.sub(" ", folded).strip()


def _anywhere(hit: Hit, variant: Variant) -> bool:
    return True


def _exact(hit: Hit, variant: Variant) -> bool:
    """The separators are the same too: "jane.doe", not "Jane Doe"."""
    return fold(hit.words)[0] == variant.folded


def _capitalised(hit: Hit, variant: Variant) -> bool:
    """Every word begins with a capital."""
    return all(word[0].isupper() for word in SEPARATORS.split(hit.words) if word)


def _with_initial(hit: Hit, variant: Variant) -> bool:
    """A single letter stands for a word only if it is a capital (and not "I") or has a full stop, and never after an
    apostrophe."""
    if hit.text[max(0, hit.start - 1) : hit.start] in APOSTROPHES or re.search(r"['’]\w$", hit.words):
        return False
    beside = hit.text[hit.start : hit.end + 1] + " "
    singles = SINGLE.finditer(beside, 0, len(hit.words))
    if not all(beside[m.end()] == "." or (m.group().isupper() and m.group() != "I") for m in singles):
        return False
    return all(len(word) == 1 or word.lower() not in WORDS or word[0].isupper() for word in SEPARATORS.split(hit.words))


def _initials(hit: Hit, variant: Variant) -> bool:
    """ "J.S." and "J. S.", with both full stops."""
    return bool(INITIALS.fullmatch(hit.text[hit.start : hit.end + 1])) and _capitalised(hit, variant)


def _addressed(hit: Hit, variant: Variant) -> bool:
    """A family name of one letter (王, 김) stands alone or before a title."""
    beside = hit.text[max(0, hit.start - 1) : hit.start] + hit.text[hit.end : hit.end + 1]
    return bool(ADDRESSED.match(hit.text, hit.end)) or not any(map(str.isalnum, beside))


ADDRESSED = re.compile(
    r"\s?(?:先生|女士|小姐|太太|老师|老師|经理|經理|さん|さま|様|氏|君|くん|ちゃん|씨|님|선생|대리|과장|부장|사장)"
)
APOSTROPHES = ("'", "’")
SINGLE = re.compile(r"(?<!\w)[^\W\d_](?!\w)")
INITIALS = re.compile(r"[^\W\d_]\.\s?[^\W\d_]\.")
GREETED = re.compile(
    r"(?im)^\W*(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|cheers|hallo|liebe[r]?|bonjour"
    r"|hola|ciao|beste|olá|buongiorno)[ ,]+$"
)
CLOSED = re.compile(r"\s*(?:[,.!:;–-]|\n|$)")
SPEAKS = re.compile(
    r"['’]s\b|,|\s+(?:wrote|writes|said|says|asked|replied|answered|called|sent|here|from|speaking|schrieb|sagte|hier"
    r"|a écrit|escribió|ha scritto|schreef|escreveu)\b"
)
BEGINS = re.compile(r"(?:^|[.!?:…][\"'”’)\]]*\s+|\n[\s>*•-]*)$")
VERB = re.compile(
    r"(?i)\s+(?:i|you|we|they|he|she|it|this|that|the|there|these|my|your|our|his|her|a|an|any|be|not|do)\b"
)
BEFORE_A_MONTH = re.compile(r"(?i)(?:\b(?:in|since|until|early|late|mid|last|next|of)|\d(?:st|nd|rd|th)?)[\s-]+$")
AFTER_A_MONTH = re.compile(r"\s+\d")
CONTEXT = 60


def _everyday(hit: Hit, variant: Variant) -> bool:
    """Whether a word that is also an everyday word (Will, Rose, May) is a name here: a detector says so, or its place
    and its capital do."""
    if any(span.start < hit.end and hit.start < span.end for span in hit.people):
        return True
    before, after = hit.text[max(0, hit.start - CONTEXT) : hit.start], hit.text[hit.end : hit.end + CONTEXT]
    line = before.rpartition("\n")[2] + hit.words + after.partition("\n")[0]
    alone = not any(char.isalnum() for char in line.replace(hit.words, "", 1))
    if not hit.words[0].isupper() or (len(line) > len(hit.words) and line.isupper()):
        return bool(CLOSED.match(after)) and (alone or bool(GREETED.search(before)))
    if variant.plain in MONTHS and (BEFORE_A_MONTH.search(before) or AFTER_A_MONTH.match(after)):
        return False
    if BEGINS.search(before):
        return alone or bool(SPEAKS.match(after))
    return not (GREETED.search(before) and VERB.match(after))


def _variants(kind: Identifier, value: str) -> Iterable[Variant]:
    """Each plain form once: the first that names it wins. Not cached, for names must not outlive their conversation."""
    found = reversed([variant for variant in _KINDS[kind](value) if variant.plain])
    return {(variant.plain, variant.entity): variant for variant in found}.values()


def called(name: str) -> set[str]:
    """The plain forms of all that somebody of that name is called."""
    return {variant.plain for variant in _variants(Identifier.NAME, name) if variant.entity == "PERSON"}


def _name(value: str) -> Iterator[Variant]:
    if "@" in value:
        yield from _email(value)
        return
    for spelling in dict.fromkeys(_spellings(value)):
        words = _name_words(spelling)
        yield from _joined(words)
        yield from _whole_names(words)
        yield from _parts(words)


def _spellings(value: str) -> Iterator[str]:
    """Müller as Muller and Mueller, and the other way round."""
    folded, _ = fold(value)
    yield folded
    if not value.isascii():
        yield fold(unicodedata.normalize("NFC", value).lower().translate(DIGRAPHS))[0]
    yield " ".join(_without_digraphs(word) for word in folded.split())


def _without_digraphs(word: str) -> str:
    bare = re.sub(r"(?<=[aou])e", "", word)
    return bare if len(word) >= SHORTEST_TO_SPELL_ANEW and bare not in NO_NAMES else word


def _name_words(folded: str) -> list[str]:
    """The words of a name in the order first to last: "Smith, John" is turned round."""
    last, comma, first = folded.partition(",")
    turned = comma and first.strip() and "," not in first and not set(_words(first)) <= TITLES
    return [word for word in _words(f"{first} {last}" if turned else folded) if word not in TITLES]


def _words(folded: str) -> list[str]:
    return [word.strip(".") for word in LETTERS.findall(folded)]


LETTERS = regex.compile(r"[^\W\d_]+(?:['’.׳־-][^\W\d_]+)*\.?")
TOGETHER = regex.compile(rf"(?:{UNSPACED}|\p{{Hangul}})+")
RUNS = regex.compile(r"\p{Han}+|\p{Hiragana}+|[\p{Katakana}ー]+")


def _joined(words: Sequence[str]) -> Iterator[Variant]:
    """Names of scripts that write first and last name together: whole in either order, and their likely parts."""
    if not all(map(TOGETHER.fullmatch, words)):
        return
    for order, reason in ((words, FULL), (words[::-1], TURNED)):
        for whole in ("".join(order), " ".join(order)):
            if len(_composed(whole)) > 1:
                yield Variant(whole, "PERSON", reason, _anywhere)
    for word in map(_composed, words):
        cuts = [word[:1], word[:2], word[:-2], word[-2:]] if CUT.fullmatch(word) else []
        for cut in dict.fromkeys([*cuts, *RUNS.findall(word)]):
            yield Variant(fold(cut)[0], "PERSON", "part of the name", _surely(cut))


CUT = regex.compile(r"\p{Han}+|\p{Hangul}+")
"""The family name is mostly the first letter or the first two, the given name the rest."""


def _composed(word: str) -> str:
    """A Hangul syllable as one letter, as people count them."""
    return unicodedata.normalize("NFC", word)


def _whole_names(words: Sequence[str]) -> Iterator[Variant]:
    """First and last name together, in either order, with short forms and initials."""
    long = [word for word in words if len(word) >= 2]
    if len(long) < 2:
        return
    first, last = long[0], _spaced(long[-1])
    whole = _capitalised if NO_NAMES.issuperset(long) else _anywhere
    yield Variant(_spaced(" ".join(words)), "PERSON", FULL, whole)
    for begins in map(_spaced, _short_forms(first)):
        whole = _capitalised if begins in WORDS and last in WORDS else _anywhere
        yield Variant(f"{begins} {last}", "PERSON", FULL, whole)
        yield Variant(f"{last} {begins}", "PERSON", TURNED, whole)
        yield Variant(f"{begins} {last[0]}", "PERSON", INITIAL, _with_initial)
    for initial in dict.fromkeys(begins[0] for begins in _short_forms(first)):
        yield Variant(f"{initial} {last}", "PERSON", INITIAL, _with_initial)
        yield Variant(f"{last} {initial}", "PERSON", INITIAL, _with_initial)
    yield Variant(f"{first[0]} {last[0]}", "PERSON", "initials", _initials)


def _parts(words: Sequence[str]) -> Iterator[Variant]:
    """Each word of a name alone, and the halves of double ones."""
    long = [word for word in words if len(word) >= 2]
    roles = {0: "first", len(long) - 1: "last"} if len(long) > 1 else {0: ""}
    for n, word in enumerate(long):
        halves = [half for half in re.split(r"[-'’.]", word) if len(half) > 2]
        joined = re.sub(r"[-'’]", "", word)
        short = _short_forms(word) if n == 0 else ()
        for bare in dict.fromkeys([word, joined, *halves, *short]):
            yield from _part(bare, roles.get(n, "middle"))


def _part(bare: str, role: str) -> Iterator[Variant]:
    if bare in PARTICLES or (bare in NOT_NAMES and bare not in EVERYDAY):
        return
    test = _surely(bare)
    yield Variant(_spaced(bare), "PERSON", f"{role} name" if role else ONLY, test, "", role)
    if test is _anywhere and len(bare) > 3 and not bare.endswith("s"):
        yield Variant(_spaced(bare) + "s", "PERSON", "name with an s", _capitalised)


def _surely(bare: str) -> Test:
    """The test for a word of a name by itself. Scripts without capitals say more with fewer letters."""
    if bare.islower():
        return _anywhere if bare not in WORDS and len(bare) > 2 else _everyday
    return _anywhere if len(_composed(bare)) > 1 else _addressed


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Each name of the table, and all that share a line with it."""
    lines = [[fold(name)[0] for name in line.split()] for line in GROUPS.splitlines() if line]
    names = {name for line in lines for name in line}
    return {name: tuple(dict.fromkeys(n for line in lines if name in line for n in line)) for name in names}


def _short_forms(first: str) -> tuple[str, ...]:
    """`first`, and what somebody of that name is called too."""
    return tuple(dict.fromkeys([first, *_groups().get(first, ())]))


def _email(value: str) -> Iterator[Variant]:
    folded, _ = fold(value.strip())
    local, at, _ = folded.partition("@")
    yield Variant(_spaced(folded), "EMAIL", "address", _exact, folded)
    words = [word for word in re.split(r"[._-]", local) if word.isalpha() and len(word) > 1]
    if len(words) > 1 and not set(words) & (SHARED_MAILBOXES | NOT_NAMES):
        yield from _whole_names(words)
    if at and len(local) >= 4 and local not in SHARED_MAILBOXES and local not in EVERYDAY | NOT_NAMES:
        yield Variant(_spaced(local), "EMAIL", "local part of the address", _exact, local)


def _numbers(value: str) -> list[str]:
    digits = re.sub(r"\D", "", value)
    ends = dict.fromkeys([digits, digits[-10:], digits[-9:], digits[-MIN_PHONE_DIGITS:]])
    return [number for number in ends if len(number) >= MIN_PHONE_DIGITS]


def _handle(value: str) -> Iterator[Variant]:
    folded, _ = fold(value.strip().lstrip("@"))
    if len(folded) >= 3 and folded not in EVERYDAY | NOT_NAMES:
        yield Variant(_spaced(folded), "HANDLE", "handle", _exact, folded)


def _id(value: str) -> Iterator[Variant]:
    folded, _ = fold(value.strip())
    if len(folded) >= 4:
        yield Variant(_spaced(folded), "ID", "id", _exact, folded)


_KINDS: dict[Identifier, Callable[[str], Iterator[Variant]]] = {
    Identifier.NAME: _name,
    Identifier.EMAIL: _email,
    Identifier.HANDLE: _handle,
    Identifier.ID: _id,
}


def normalised(kind: Identifier, value: str) -> str:
    """The form of an identifier that its keyed hash is made of: the same person, however written, hashes the same."""
    folded, _ = fold(value.strip())
    if kind is Identifier.PHONE:
        return re.sub(r"\D", "", folded)[-10:]
    return " ".join(folded.lstrip("@").split())
