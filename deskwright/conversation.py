"""The values that travel: a conversation, its participants and its messages. Frozen and pure; ids and rows are the
store's concern."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What kind of author a participant is."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"
    THIRD_PARTY = "third_party"


class Visibility(StrEnum):
    """Who could see a message. A source that does not say is `internal`."""

    PUBLIC = "public"
    INTERNAL = "internal"
    SIDE = "side"


class Identifier(StrEnum):
    """What kind of identifier of a person a source knows."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    HANDLE = "handle"
    ID = "id"


@dataclass(frozen=True, slots=True)
class Participant:
    """One author or recipient. `identifiers` holds (kind, value) pairs from the source's own fields."""

    id: str
    kind: Kind
    identifiers: tuple[tuple[Identifier, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """Name and media type only; contents are never read."""

    name: str
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `author` is a participant's id; times are UTC and aware, or None where the source has none.

    `text` is what the author wrote; `quoted` and `signature` were split off it and are kept apart, not thrown away.
    """

    external_id: str
    author: str
    text: str
    sent_at: datetime | None = None
    visibility: Visibility = Visibility.INTERNAL
    quoted: str = ""
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    edited_at: datetime | None = None
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One ticket, thread or chat.

    `promised` is the number of messages the source says it holds (`comment_count`, `reply_count`), None if it does
    not say. `skipped` names the messages the connector left out, as (reason, count): `promised` must equal
    `len(messages)` plus those, or the ingest reports a shortfall.
    """

    source: str
    external_id: str
    participants: tuple[Participant, ...]
    messages: tuple[Message, ...]
    channel: str = ""
    subject: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    csat: str | None = None
    language: str | None = None
    promised: int | None = None
    skipped: tuple[tuple[str, int], ...] = ()

    def kind_of(self, author: str) -> Kind:
        """The kind of the participant with this id; an unknown author is a third party, never a guess."""
        return next((p.kind for p in self.participants if p.id == author), Kind.THIRD_PARTY)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Records a source holds that are no conversations, left out for a named reason. `position` says where."""

    position: str
    reason: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that could not be read. `error` names what was found and expected, and holds no personal data."""

    position: str
    error: str


Record = Conversation | Skipped | Failure
"""What a connector yields: every record it reads is one of these, so that nothing is silently lost."""
