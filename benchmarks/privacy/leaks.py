"""The made-up company's conversations through `Gate.redact` -> what of everything planted still stands in the output.

A name leaks where a word of it of two letters or more stands in the output more often than in the message without what
was planted; a word that is also an everyday one counts only where it was written with a capital. An identifier leaks
where it stands in the output whole, or a part of it with four digits or more does. A leaked person is counted once a
message. The company's own words are counted before and after.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from benchmarks.privacy import company
from benchmarks.privacy.company import Case, Planted, Written
from privacy import masked
from privacy.detect.words import EVERYDAY
from privacy.gate import Gate, Refused

BATCH = 50
"""Conversations at once, as the product's ingest takes them."""

PEOPLE = ("participant", "participant, misspelt", "third person")
PARTICLES = frozenset(
    "mr mrs ms de da do dos das del della di la le el al bin ibn van von den der ter ten dit du".split()
)
WORD = re.compile(r"[^\W\d_]{2,}")
PART = re.compile(r"\w*\d{4,}\w*")
PER = 10_000


@dataclass
class Leaks:
    """What became of everything planted. Mentions are by sort; `persons` are (message, person) pairs that leaked."""

    conversations: int = 0
    messages: int = 0
    texts: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    persons: Counter[str] = field(default_factory=Counter)
    by_sentence: Counter[str] = field(default_factory=Counter)
    by_culture: Counter[str] = field(default_factory=Counter)
    of_culture: Counter[str] = field(default_factory=Counter)
    of_sentence: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    words_left: Counter[str] = field(default_factory=Counter)
    all_words: int = 0
    all_words_left: int = 0
    examples: list[str] = field(default_factory=list)

    def per_messages(self, sort: str) -> float:
        """Leaked persons per 10,000 messages."""
        return PER * self.persons[sort] / max(1, self.messages)


def measure(gate: Gate, conversations: int = company.CONVERSATIONS, participants: bool = True) -> Leaks:
    """What leaks from that many conversations; without `participants` the gate is told of nobody."""
    leaks = Leaks()
    cases = company.cases(conversations)
    while batch := list(islice(cases, BATCH)):
        asked = [(company.texts(case), case.conversation.participants if participants else ()) for case in batch]
        for case, redacted in zip(batch, gate.redact_all(asked), strict=True):
            leaks.conversations += 1
            if isinstance(redacted, Refused):
                leaks.refused[str(redacted)] += 1
                continue
            leaks.messages += len(case.conversation.messages)
            _case(leaks, case, redacted.texts)
    return leaks


def suggested(gate: Gate, conversations: int) -> list[str]:
    """What `deskwright privacy report --words` suggests for that many conversations, so far as the company would say
    yes to it: its own words."""
    sample = [case.conversation for case in company.cases(conversations)]
    own = {word.lower() for word in company.COMPANY}
    return [word.words for word in masked.often(gate, sample) if word.words.lower() in own]


def _case(leaks: Leaks, case: Case, outputs: Sequence[str]) -> None:
    persons = set()
    for number, (written, output) in enumerate(zip(case.texts, outputs, strict=True)):
        leaks.texts += 1
        left = _leaked(written, output)
        for planted in written.planted:
            sort = _sort(planted)
            sentence = f"{sort}: {planted.how}"
            leaks.mentions[sort] += 1
            leaks.of_sentence[sentence] += 1
            leaks.of_culture[planted.locale] += planted.sort == "third person"
            if planted not in left:
                continue
            leaks.leaked[sort] += 1
            leaks.by_sentence[sentence] += 1
            leaks.by_culture[planted.locale] += planted.sort == "third person"
            if planted.who:
                persons.add((number, sort, planted.who))
            if len(leaks.examples) < 400:
                leaks.examples.append(f"{sort} {planted.value!r} in {output!r}")
        _kept_words(leaks, written, output)
    leaks.persons.update(sort for _, sort, _ in persons)


def _sort(planted: Planted) -> str:
    """The sort of what is planted; people whose names have no Latin letters are told apart."""
    return f"{planted.sort}, other script" if planted.locale in company.OTHER_SCRIPTS else planted.sort


def _kept_words(leaks: Leaks, written: Written, output: str) -> None:
    """How much of what is not personal is still there."""
    for word in company.COMPANY:
        found = len(_whole(word.lower()).findall(written.rest.lower()))
        if found:
            leaks.words[word] += found
            leaks.words_left[word] += min(found, len(_whole(word.lower()).findall(output.lower())))
    before = Counter(WORD.findall(written.rest))
    leaks.all_words += before.total()
    leaks.all_words_left += (before & Counter(WORD.findall(output))).total()


def _leaked(written: Written, output: str) -> set[Planted]:
    return {planted for planted in written.planted if _stands(planted, written, output)}


def _stands(planted: Planted, written: Written, output: str) -> bool:
    if planted.sort in PEOPLE:
        return any(_more(word, output, written.rest) for word in _name_words(planted.value))
    parts = {planted.value, *PART.findall(planted.value)}
    if planted.sort == "address":
        parts = {part for part in re.split(r"[\n,]\s*(?:> )?", planted.value) if re.search(r"[^\W\d_]{4}|\d{4}", part)}
    return any(_more(part, output, written.rest) for part in parts)


def _name_words(name: str) -> Iterable[str]:
    return [
        word
        for word in WORD.findall(name)
        if word.lower() not in PARTICLES and not (word.islower() and word in EVERYDAY)
    ]


def _more(part: str, output: str, rest: str) -> bool:
    """Whether a part stands in the output more often than in the text without anything planted."""
    pattern = _whole(part.lower())
    return len(pattern.findall(output.lower())) > len(pattern.findall(rest.lower()))


@cache
def _whole(part: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(part)}(?!\w)")
