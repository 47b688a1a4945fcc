"""The store -> what the gate did to it: counts, what it refused, and messages for a person to look over."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from deskwright.conversation import Message
from deskwright.store import Store
from deskwright.terminal import table
from privacy import page
from privacy.ingest import MOST_NAMED, conversations
from privacy.masked import Word
from privacy.redact import PLACEHOLDER
from privacy.sample import draw

MASKED = "Often masked by the names model alone"


@dataclass(frozen=True, slots=True)
class Sampled:
    """A stored message, redacted as all of them are."""

    source: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class Masked:
    """What the names model alone often masks in so many conversations of a source, and what is allowed already."""

    conversations: int
    words: Sequence[Word]
    allowed: Sequence[str]

    @property
    def allow(self) -> str:
        """The line for the configuration."""
        words = dict.fromkeys([*self.allowed, *(word.words for word in self.words)])
        return f"allow = {json.dumps(list(words), ensure_ascii=False)}"

    @property
    def note(self) -> str:
        """What to do with the words."""
        if not self.words:
            return f"In {self.conversations:,} conversations of the source: nothing."
        return (
            f"In {self.conversations:,} conversations of the source.\n"
            "Look at each: an allowed word is replaced nowhere any more, and a person who is called so is not masked.\n"
            "Take out what may be a person's name, and put the rest into [privacy] of deskwright.toml."
        )


@dataclass
class Report:
    """`placeholders` are by kind, `sources` by source and kind, `found_by` by detector over all ingests, `quarantine`
    by source and reason."""

    conversations: int = 0
    messages: int = 0
    with_placeholder: int = 0
    placeholders: Counter[str] = field(default_factory=Counter)
    sources: dict[str, Counter[str]] = field(default_factory=dict)
    found_by: Counter[str] = field(default_factory=Counter)
    quarantine: dict[str, Counter[str]] = field(default_factory=dict)
    sample: list[Sampled] = field(default_factory=list)
    masked: Masked | None = None

    @property
    def share(self) -> float:
        """Of the messages, those with at least one placeholder."""
        return self.with_placeholder / self.messages if self.messages else 0.0

    def as_json(self) -> dict[str, Any]:
        masked = self.masked and {**asdict(self.masked), "allow": self.masked.allow, "note": self.masked.note}
        sample = [asdict(one) for one in self.sample]
        return {**vars(self), "sample": sample, "share": round(self.share, 4), "masked": masked}


def report(store: Store, sample: int, chance: random.Random) -> Report:
    """Reads the whole store once; `sample` messages are drawn, each with the same chance."""
    made = Report()
    for kept in conversations(store):
        conversation = kept.clean.conversation
        made.conversations += 1
        here = made.sources.setdefault(conversation.source, Counter())
        here.update(_kinds(" ".join([conversation.subject, *conversation.tags])))
        for message in conversation.messages:
            kinds = _kinds(_whole(message))
            made.messages += 1
            made.with_placeholder += bool(kinds)
            here.update(kinds)
            drawn = Sampled(conversation.source, message.author, _whole(message))
            draw(made.sample, drawn, made.messages, sample, chance)
    made.placeholders = sum(made.sources.values(), Counter())
    _read_ingests(store, made)
    return made


def _whole(message: Message) -> str:
    return "\n".join(part for part in (message.text, message.signature, message.quoted) if part)


def _kinds(text: str) -> Counter[str]:
    return Counter(match.group(1) for match in PLACEHOLDER.finditer(text))


def _read_ingests(store: Store, made: Report) -> None:
    tables = store.tables
    with store.read() as connection:
        for (ingested,) in connection.execute(sa.select(tables.ingests.c.report)):
            made.found_by.update(ingested.get("found_by", {}))
        for source, reason in connection.execute(sa.select(tables.quarantine.c.source, tables.quarantine.c.reason)):
            made.quarantine.setdefault(source, Counter())[reason.split(":")[0]] += 1


def _sections(made: Report) -> list[tuple[str, Sequence[str], list[tuple[object, ...]]]]:
    """(title, header, rows) of the tables."""
    sources = sorted(made.sources)
    kinds = [
        (kind, count, *(made.sources[source][kind] for source in sources))
        for kind, count in made.placeholders.most_common()
    ]
    refused = [
        (source, reason, count)
        for source, reasons in sorted(made.quarantine.items())
        for reason, count in reasons.most_common(MOST_NAMED)
    ]
    return [
        ("Placeholders", ("kind", "all", *sources), kinds),
        ("Found by (all ingests)", ("detector", "spans"), [*made.found_by.most_common()]),
        ("Quarantined", ("source", "reason", "records"), list(refused)),
    ]


def _words(masked: Masked) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    """(header, rows) of the words."""
    rows: list[tuple[object, ...]] = [(one.words, one.kind, one.conversations, one.customers) for one in masked.words]
    return ("words", "masked as", "conversations", "customers"), rows


def summary(made: Report) -> str:
    return (
        f"{made.conversations:,} conversations, {made.messages:,} messages, {made.share:.1%} of them with at least one "
        f"placeholder, {sum(made.placeholders.values()):,} placeholders."
    )


def for_terminal(made: Report) -> str:
    """The report as people read it."""
    parts = [summary(made)]
    parts += [f"{title}\n{table(header, rows)}" for title, header, rows in _sections(made) if rows]
    if made.masked:
        lines = [table(*_words(made.masked)), "", made.masked.allow] if made.masked.words else []
        parts.append("\n".join([MASKED, made.masked.note, *lines]))
    parts += [f"--- {one.source}, {one.author}\n{one.text}" for one in made.sample]
    return "\n\n".join(parts)


def as_page(made: Report) -> str:
    """The same for a browser, with the placeholders in colour."""
    hues = page.hues(kind for kind, _ in made.placeholders.most_common())
    parts = [page.paragraph(summary(made)), page.legend(hues)]
    for title, header, rows in _sections(made):
        if rows:
            parts += [
                page.heading(title),
                page.table([name if name in made.sources else name.capitalize() for name in header], rows),
            ]
    if made.masked:
        parts += [page.heading(MASKED), page.paragraph(made.masked.note)]
        if made.masked.words:
            header, rows = _words(made.masked)
            parts += [page.table([name.capitalize() for name in header], rows), page.block(made.masked.allow)]
    if made.sample:
        parts.append(page.heading("Messages to look over"))
    parts += [
        f'<div class="text"><span class="by">{page.escape(f"{one.source}, {one.author}")}</span>'
        f"{_coloured(one.text, hues)}</div>"
        for one in made.sample
    ]
    return page.page("What the gate did", *parts)


def _coloured(text: str, hues: Mapping[str, int]) -> str:
    parts = []
    at = 0
    for match in PLACEHOLDER.finditer(text):
        parts += [page.escape(text[at : match.start()]), page.marked(match.group(), hues.get(match.group(1), 0))]
        at = match.end()
    return "".join([*parts, page.escape(text[at:])])
