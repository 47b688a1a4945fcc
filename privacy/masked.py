"""A source's conversations -> the words that the names model masks in many of them, and nothing else does.

Those are mostly names of products. They may be names of people too: they are shown to who asks, and stored nowhere.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from deskwright.conversation import Conversation, Kind, Record
from deskwright.terminal import progress
from privacy import sample
from privacy.detect.participants import plain
from privacy.gate import Gate

SAMPLE = 1000
BATCH = 50
LEAST = 5
"""Conversations, and customers, that a word must be masked in."""
SHARE = 0.01
"""Of the sample, so that one busy week or one family does not do."""

KINDS = frozenset(("PERSON", "LOCATION", "ADDRESS", "ID"))
EDGES = " .,;:!?()[]\"'“”‘’"


@dataclass(frozen=True, slots=True)
class Word:
    """Words as they are written most often, and in how many conversations, of how many customers, they are masked."""

    words: str
    kind: str
    conversations: int
    customers: int


@dataclass
class _Seen:
    spellings: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    conversations: int = 0
    customers: set[str] = field(default_factory=set)

    def word(self) -> Word:
        ((words, _),), ((kind, _),) = self.spellings.most_common(1), self.kinds.most_common(1)
        return Word(words, kind, self.conversations, len(self.customers))


def draw(records: Iterable[Record], chance: random.Random, size: int = SAMPLE) -> list[Conversation]:
    """So many of the conversations, each with the same chance."""
    drawn: list[Conversation] = []
    for number, conversation in enumerate((record for record in records if isinstance(record, Conversation)), 1):
        sample.draw(drawn, conversation, number, size, chance)
    return drawn


def often(gate: Gate, conversations: Sequence[Conversation]) -> list[Word]:
    """The words that the names model alone masks in conversations of several customers, the most frequent first."""
    seen: dict[str, _Seen] = {}
    batches = [conversations[at : at + BATCH] for at in range(0, len(conversations), BATCH)]
    for batch in progress(batches, "words", "batches", len(batches)):
        for conversation, masked in zip(batch, gate.masked_by_names_alone(batch), strict=True):
            _take(seen, conversation, masked)
    least = max(LEAST, SHARE * len(conversations))
    words = [one.word() for one in seen.values() if one.conversations >= least and len(one.customers) >= LEAST]
    return sorted(words, key=lambda word: (-word.conversations, word.words))


def _take(seen: dict[str, _Seen], conversation: Conversation, masked: Sequence[tuple[str, str]]) -> None:
    here = set()
    for kind, words in masked:
        written = " ".join(words.split()).strip(EDGES)
        if kind in KINDS and len(written) > 1 and any(map(str.isalpha, written)):  # to allow a number would be rash
            one = seen.setdefault(plain(written), _Seen())
            one.spellings[written] += 1
            one.kinds[kind] += 1
            here.add(plain(written))
    for form in here:
        seen[form].conversations += 1
        seen[form].customers.add(_customer(conversation))


def _customer(conversation: Conversation) -> str:
    return next((p.id for p in conversation.participants if p.kind is Kind.CUSTOMER), conversation.external_id)
