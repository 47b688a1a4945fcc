"""Stored conversations -> what customers said, and the sign that it needed a person.

A conversation needed a person where a customer asked for one, another agent took over, or a tag says that it was
escalated. The words that did are examples of one kind, all words of other conversations of the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from deskwright.conversation import Conversation, Kind, Message, Visibility
from deskwright.workspace import Workspace
from instruct import splits
from instruct.outcome import QUOTE
from privacy.ingest import Kept, conversations

MOST = 10_000
"""Examples, drawn by chance; more cost minutes and tell no more."""

ASKED, TAKEN, TAGGED = "asked for a person", "taken over by a colleague", "escalated by tag"
ASKS = re.compile(
    r"\b(?:(?:call|phone|ring) me\b|give me a (?:call|ring)|callback"
    r"|(?:speak|talk|chat|connect me|put me through)\s(?:to|with)\s(?:an?|the|your|some|another)?\s?"
    r"(?:real |actual |live |human )?(?:human|person|people|someone|somebody|one|body|manager|supervisor|agent|boss)"
    r"|(?:your|the|a) (?:manager|supervisor|superior)|(?:real|actual|live) (?:human|person|agent)|human being)\b",
    re.I,
)
TAGS = re.compile(r"escalat|manager|supervisor|hand-?_?(?:off|over)|call-?_?back|needs?-?_?human", re.I)


@dataclass(frozen=True, slots=True)
class Example:
    """What a customer said, and the sign that it needed a person; "": it did not."""

    text: str
    customer: str
    sign: str


def by_split(workspace: Workspace) -> tuple[list[Example], list[Example]]:
    """The examples of the training split, and those of the others. A customer without a split has no row in any."""
    split = splits.known(workspace.store)
    train: list[Example] = []
    held: list[Example] = []
    for kept in conversations(workspace.store):
        (train if split.get(kept.clean.customer, "train") == "train" else held).extend(examples(kept))
    return _drawn(train), _drawn(held)


def examples(kept: Kept) -> Iterator[Example]:
    """Those of one conversation."""
    conversation = kept.clean.conversation
    public = [one for one in conversation.messages if one.visibility is Visibility.PUBLIC and one.text.strip()]
    said = [(at, one) for at, one in enumerate(public) if conversation.kind_of(one.author) is Kind.CUSTOMER]
    needed = next(((one, sign) for one, sign in _needed(conversation, public, said)), None)
    for message, sign in [needed] if needed else [(one, "") for _, one in said]:
        if text := _own(message):
            yield Example(text, kept.clean.customer, sign)


def _needed(
    conversation: Conversation, public: Sequence[Message], said: Sequence[tuple[int, Message]]
) -> Iterator[tuple[Message, str]]:
    """The message that needed a person, by each sign that holds, the surest first."""
    yield from ((one, ASKED) for _, one in said if ASKS.search(_own(one)))
    agents = [(at, one.author) for at, one in enumerate(public) if conversation.kind_of(one.author) is Kind.AGENT]
    taken = next((at for at, author in agents if author != agents[0][1]), 0)
    yield from ((one, TAKEN) for at, one in reversed(said) if at < taken)
    if any(map(TAGS.search, (conversation.status, *conversation.tags))):
        yield from ((one, TAGGED) for _, one in said)


def _own(message: Message) -> str:
    return QUOTE.sub("", message.text).strip()


def _drawn(found: list[Example]) -> list[Example]:
    return Random(0).sample(found, MOST) if len(found) > MOST else found
