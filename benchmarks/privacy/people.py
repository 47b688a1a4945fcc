"""Labelled names in mail, reviews, tweets and chats -> how many of them are covered, and what is masked beside them.

Each text is read as the product would read it, by itself and without any participants. `covered` is the share of gold
spans of which every letter and digit is in some span that would be replaced, whatever its kind; `as_itself` counts
spans of the gold's own kind only; `exact` wants the same words. `precision` is the share of found spans of a kind that
touch a gold span of it (of any place, for a place). `masked` are the words outside every gold span that lie in a name,
place, organization or address that would be replaced, out of all such words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.privacy import data
from benchmarks.privacy.data import Gold, Text
from benchmarks.privacy.peers import System
from deskwright.plugins import Span
from deskwright.terminal import progress

FEW = 250
"""Texts of a set that a quick run reads."""

WORD = re.compile(r"\w+")
NAMELIKE = frozenset({"PERSON", "LOCATION", "ADDRESS", "ORGANIZATION", "NRP", "POSTCODE"})
PLACES = frozenset({"LOCATION", "ADDRESS", "POSTCODE", "GPE", "CITY", "STREET_ADDRESS", "ZIP"})
ALSO = {
    **dict.fromkeys(PLACES, PLACES),
    "ORG": {"ORG", "ORGANIZATION"},
    "BOOKING_REF": {"BOOKING_REF", "ID"},
    "ACCOUNT_NUMBER": {"ACCOUNT_NUMBER", "ID", "BANK_ACCOUNT"},
    "CLAIM_ID": {"CLAIM_ID", "ID"},
    "POLICY_ID": {"POLICY_ID", "ID"},
    "PASSWORD": {"PASSWORD", "SECRET"},
    "USERNAME": {"USERNAME", "HANDLE"},
    "EMAIL": {"EMAIL", "EMAIL_ADDRESS"},
    "PHONE": {"PHONE", "PHONE_NUMBER"},
    "SSN": {"SSN", "US_SSN"},
}
"""Kinds that mean the same, by the sets' names and ours; a kind that is not listed is its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One system on one kind of one set; `masked` belongs to the set, and is the same in each of its rows."""

    set: str
    kind: str
    system: str
    gold: int
    covered: float
    as_itself: float
    exact: float
    precision: float
    masked: float


Read = tuple[Text, list[Span], list[Span]]
"""A text, everything that a system found in it, and of that what it would replace."""


def sets(quick: bool = False) -> Iterator[tuple[str, list[Text], tuple[str, ...]]]:
    """(name, texts, the gold kinds that are counted) of every set; `quick` takes a part of each."""
    names = ("PERSON", "LOCATION", "ORGANIZATION")
    treebank = data.treebank()
    documents = [data.joined(sentences) for sentences in treebank]
    turns = data.multidogo()
    for name, texts, kinds in (
        ("treebank, documents", documents, names),
        ("treebank, mail and answers", [d for d in documents if d.group in ("email", "answers")], names),
        ("treebank, sentences", [s for sentences in treebank for s in sentences], names),
        ("treebank, lower-cased", [low for document in documents if (low := data.lowered(document))], names),
        ("tweets (BTC h)", data.conll("btc/h.conll"), names),
        ("W-NUT 2017 dev", data.conll("wnut17/emerging.dev.conll"), names),
        (
            "Presidio research v2",
            data.research("synth_dataset_v2"),
            ("PERSON", "STREET_ADDRESS", "GPE", "ORGANIZATION"),
        ),
        ("Presidio research small", data.research("generated_small"), names),
        ("MultiDoGO dev", turns, _kinds(turns)),
    ):
        yield name, texts[:: max(1, len(texts) // FEW)] if quick else texts, kinds


def measure(systems: Sequence[System], quick: bool = False) -> list[Row]:
    """The rows of every set, the systems side by side."""
    return [
        row
        for name, texts, kinds in sets(quick)
        for rows in zip(*(_rows(name, texts, kinds, system) for system in systems), strict=True)
        for row in rows
    ]


def _kinds(texts: Iterable[Text]) -> tuple[str, ...]:
    return tuple(kind for kind, _ in Counter(gold.kind for text in texts for gold in text.gold).most_common())


def _rows(name: str, texts: Sequence[Text], kinds: Sequence[str], system: System) -> list[Row]:
    read = [
        (text, *system.read(text.text))
        for text in progress(texts, f"people: {name}, {system.name}", "texts", len(texts))
    ]
    masked = _masked((text, replaced) for text, _, replaced in read)
    return [_row(name, kind, system.name, read, masked) for kind in kinds]


def _row(name: str, kind: str, system: str, read: Sequence[Read], masked: float) -> Row:
    same = ALSO.get(kind, {kind})
    count: Counter[str] = Counter()
    for text, everything, replaced in read:
        golds = [gold for gold in text.gold if gold.kind == kind]
        family = [gold for gold in text.gold if gold.kind in same]
        own = [span for span in everything if span.entity in same]
        places = {_words(text.text, span.start, span.end) for span in own}
        count["gold"] += len(golds)
        count["covered"] += sum(within(text.text, gold, replaced) for gold in golds)
        count["itself"] += sum(within(text.text, gold, own) for gold in golds)
        count["exact"] += sum(_words(text.text, gold.start, gold.end) in places for gold in golds)
        count["found"] += len(own)
        count["right"] += sum(any(g.start < s.end and s.start < g.end for g in family) for s in own)
    shares = [share(count[part], count["gold"]) for part in ("covered", "itself", "exact")]
    return Row(name, kind, system, count["gold"], *shares, share(count["right"], count["found"]), masked)


def _masked(read: Iterable[tuple[Text, list[Span]]]) -> float:
    words = masked = 0
    for text, spans in read:
        names = [span for span in spans if span.entity in NAMELIKE]
        for word in WORD.finditer(text.text):
            if all(word.end() <= gold.start or gold.end <= word.start() for gold in text.gold):
                words += 1
                masked += any(span.start < word.end() and word.start() < span.end for span in names)
    return share(masked, words)


def within(text: str, gold: Gold, spans: Iterable[Span]) -> bool:
    """Whether every letter and digit of a place is in some span."""
    left = {at for at in range(gold.start, gold.end) if text[at].isalnum()}
    for span in spans:
        if span.start < gold.end and gold.start < span.end:
            left.difference_update(range(span.start, span.end))
    return not left


def _words(text: str, start: int, end: int) -> tuple[int, int]:
    """The first and last letter or digit of a place: what punctuation stands around it does not matter."""
    inside = [at for at in range(start, end) if text[at].isalnum()]
    return (inside[0], inside[-1]) if inside else (start, end)


def share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
