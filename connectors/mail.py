"""Mail (an mbox file, a folder of .eml files, a Maildir, or one .eml) -> one conversation per thread.

The mail is read twice: once for the headers, which form the threads, and once thread by thread for the bodies, so that
one thread at a time is held. A mail belongs to the thread of every mail it refers to (Message-ID, In-Reply-To,
References, and Gmail's X-GM-THRID). Automatic mail is left out, each for a named reason.

Who is an agent follows from `agents`, the addresses and domains that are yours; everybody else is a customer. A mail
of yours whose Reply-To is a stranger comes from a web form: the stranger is its author.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from connectors import mime
from connectors.mime import Headers
from connectors.options import STRINGS, faults
from deskwright.conversation import (
    Conversation,
    Failure,
    Identifier,
    Kind,
    Message,
    Participant,
    Record,
    Skipped,
    Visibility,
)
from deskwright.errors import SourceError

NAME = "mail"
OPTIONS = {"agents": STRINGS}
ADVICE = (
    "No address counts as yours, so every author is a customer and no answer can be trained on: "
    'set sources.mail.agents, for example ["support@example.com", "example.com"].'
)

# (reason, header, what its decoded value must match). Help desks set X-Auto-Response-Suppress on answers that people
# write, so that header counts only where the subject speaks of an automatic reply as well.
SKIPS = tuple(
    (reason, header, re.compile(pattern, re.IGNORECASE))
    for reason, header, pattern in (
        ("bounce", "content-type", r"multipart/report"),
        ("bounce", "from", r"mailer-daemon"),
        ("auto-reply", "auto-submitted", r"^(?!no\b)\S"),
        ("auto-reply", "x-autoreply", r"\S"),
        ("auto-reply", "x-autorespond", r"\S"),
        ("auto-reply", "precedence", r"auto_reply|bulk|junk"),
        ("bounce", "return-path", r"^<\s*>$"),
        ("mailing list", "list-id", r"\S"),
        ("mailing list", "precedence", r"list"),
        ("encrypted", "content-type", r"multipart/encrypted|application/(x-)?pkcs7-mime(?!.*signed-data)"),
        ("calendar invite", "content-type", r"^text/calendar"),
    )
)
AUTOMATIC_SUBJECT = re.compile(
    r"^(automatic reply|auto(matic)?[ -]?(reply|response)|out of( the)? office|automatische antwort|abwesen|autosvar"
    r"|réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|autosvar|ikke på kontoret)",
    re.IGNORECASE,
)
# Takeout writes Gmail's labels in the language of the account.
LABELS = {
    **dict.fromkeys("drafts entwürfe brouillons borradores bozze concepten kladder utkast".split(), "draft"),
    **dict.fromkeys(
        "trash bin papierkorb corbeille papelera cestino prullenbak papirkurv papperskorg".split(), "trashed"
    ),
    **dict.fromkeys(("spam", "junk"), "spam"),
    **dict.fromkeys(("chat", "chats"), "chat"),
}
FLAGS = {"D": "draft", "T": "trashed"}

SEPARATOR = re.compile(
    rb"From .*\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +(?:[A-Z][a-z]{2} +\d{1,2}|\d{1,2} +[A-Z][a-z]{2})\b.* \d{1,2}:\d{2}"
)
MBOX_SUFFIXES = (".mbox", ".mbx")
FIELD = re.compile(rb"^(?:From |[!-9;-~]+[ \t]*:)")


class Mail:
    """Mail in files: mbox, .eml, Maildir."""

    name = NAME
    help = "An mbox file, a folder of .eml files, or a Maildir; `agents` lists the addresses and domains of yours."

    def check(self, options: Mapping[str, Any]) -> Sequence[str]:
        return faults(options, OPTIONS)

    def advice(self, options: Mapping[str, Any]) -> str | None:
        """What the user should know before reading, None if there is nothing to say."""
        return None if options.get("agents") else ADVICE

    def read(self, path: Path, options: Mapping[str, Any]) -> Iterator[Record]:
        agents = tuple(entry.strip().lower().removeprefix("@") for entry in options.get("agents", ()))
        cards: dict[str, _Card] = {}
        found = False
        for place in _places(path):
            record = place if isinstance(place, Skipped) else _guarded(_card, place)
            found = found or not (isinstance(record, Skipped) and record.reason == NOT_MAIL)
            if isinstance(record, _Card):
                first = cards.setdefault(record.key, record)
                record = record if first is record else Skipped(record.place.position, "duplicate")
            if not isinstance(record, _Card):
                yield record
        if not found:
            raise SourceError(f"{path} holds no mail: expected an mbox file, .eml files or a Maildir.")
        for thread in _threads(list(cards.values())):
            yield from _conversation(thread, agents)

    def count(self, path: Path, options: Mapping[str, Any]) -> int | None:
        return None


# Where the mails are


NOT_MAIL = "not a mail"


class _Place(NamedTuple):
    """One mail: in `path` from `start` up to `end` (None: the whole file)."""

    path: Path
    position: str
    start: int = 0
    end: int | None = None
    flags: str = ""

    def raw(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.start)
            raw = file.read() if self.end is None else file.read(self.end - self.start)
        return raw if self.end is None else re.sub(rb"(?m)^>(>*From )", rb"\1", raw)


def _places(path: Path) -> Iterator[_Place | Skipped]:
    """Every mail under `path`, and every file that is none."""
    if not path.exists():
        raise SourceError(f"{path} does not exist: expected an mbox file, a folder of .eml files or a Maildir.")
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(5)
        yield from _mbox(path, "") if start == b"From " and path.suffix.lower() != ".eml" else [_Place(path, path.name)]
        return
    for file_path in sorted(one for one in path.rglob("*") if one.is_file()):
        position = file_path.relative_to(path).as_posix()
        folder, suffix = file_path.parent.name, file_path.suffix.lower()
        if folder in ("cur", "new"):
            flags = re.search(r"[:;!]2,([A-Za-z]*)$", file_path.name)
            yield _Place(file_path, position, flags=flags[1] if flags else "")
        elif folder == "tmp" and (file_path.parent.parent / "cur").is_dir():
            yield Skipped(position, "unfinished delivery")
        elif suffix in MBOX_SUFFIXES or file_path.name == "mbox":
            yield from _mbox(file_path, position + ", ")
        elif suffix == ".eml":
            yield _Place(file_path, position)
        else:
            yield Skipped(position, NOT_MAIL)


def _mbox(path: Path, prefix: str) -> Iterator[_Place | Skipped]:
    """The mails of an mbox file. One begins at a line `From ` with a date, at the start or after an empty line; any
    other such line is text."""
    start, offset, number, blank = -1, 0, 0, True
    with path.open("rb") as file:
        for line in file:
            if blank and line.startswith(b"From ") and (offset == 0 or SEPARATOR.match(line)):
                if start >= 0:
                    number += 1
                    yield _Place(path, f"{prefix}mail {number}", start, offset)
                start = offset + len(line)
            blank = line in (b"\n", b"\r\n")
            offset += len(line)
    if start >= 0:
        yield _Place(path, f"{prefix}mail {number + 1}", start, offset)
    else:
        yield Skipped(f"{prefix or path.name}".rstrip(", "), NOT_MAIL)


# First pass: the headers


@dataclass(frozen=True, slots=True)
class _Card:
    """What threading needs to know of a mail."""

    place: _Place
    key: str
    parents: tuple[str, ...]
    sent_at: datetime | None
    gmail_thread: str


def _guarded(step: Callable[[_Place], _Card | Skipped | Failure], place: _Place) -> _Card | Skipped | Failure:
    """A step on one mail; whatever goes wrong there stays with that mail."""
    try:
        return step(place)
    except Exception as error:
        return Failure(place.position, f"cannot be read: {type(error).__name__}")


def _card(place: _Place) -> _Card | Skipped | Failure:
    raw = place.raw()
    if not raw.strip():
        return Failure(place.position, "empty; expected a mail")
    if not FIELD.match(raw.lstrip()):
        return Failure(place.position, "found no header in the first line; expected one such as `From: ...`")
    found = mime.headers(raw)
    if reason := _skip(place, found):
        return Skipped(place.position, reason)
    parents = (*mime.ids(found.get("references", ())), *mime.ids(found.get("in-reply-to", ())))
    first = {name: found.get(name, ("",))[0] for name in ("date", "from", "subject", "x-gm-thrid")}
    own = mime.ids(found.get("message-id", ()))
    content = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1].replace(b"\r\n", b"\n").strip()
    unnamed = [first["from"], first["date"], first["subject"], hashlib.sha256(content).hexdigest()]
    key = _short(own[0]) if own else "sha256:" + hashlib.sha256("\n".join(unnamed).encode()).hexdigest()
    return _Card(place, key, tuple(_short(one) for one in parents), mime.date(first["date"]), first["x-gm-thrid"])


def _skip(place: _Place, found: Headers) -> str:
    """Why a mail is left out, "" if it is kept."""
    reasons = [FLAGS[flag] for flag in place.flags if flag in FLAGS]
    labels = mime.text(mime.text(",".join(found.get("x-gmail-labels", ())))).lower().split(",")
    reasons += [LABELS[label] for one in labels if (label := one.strip(' "')) in LABELS]
    reasons += [
        reason for reason, header, pattern in SKIPS if any(pattern.search(value) for value in found.get(header, ()))
    ]
    suppressed = any(
        re.search(r"all|autoreply|oof", value, re.I) for value in found.get("x-auto-response-suppress", ())
    )
    if suppressed and AUTOMATIC_SUBJECT.match(mime.text(found.get("subject", ("",))[0])):
        reasons.append("auto-reply")
    return reasons[0] if reasons else ""


def _short(message_id: str) -> str:
    """A message id that fits the store; a longer one by its hash."""
    return message_id if len(message_id) <= 200 else "sha256:" + hashlib.sha256(message_id.encode()).hexdigest()


def _threads(cards: list[_Card]) -> Iterator[list[_Card]]:
    """The mails that refer to each other, directly or through a mail that is not there; each thread in time's order."""
    leader: dict[str, str] = {}

    def find(key: str) -> str:
        while (up := leader.setdefault(key, key)) != key:
            leader[key] = leader[up]
            key = up
        return key

    for card in cards:
        linked = (*card.parents, f"gmail thread {card.gmail_thread}") if card.gmail_thread else card.parents
        for other in linked:
            leader[find(other)] = find(card.key)
    threads: dict[str, list[_Card]] = {}
    for card in cards:
        threads.setdefault(find(card.key), []).append(card)
    for thread in threads.values():
        yield sorted(thread, key=lambda card: (card.sent_at is None, card.sent_at or datetime.max.replace(tzinfo=UTC)))


# Second pass: the bodies


def _conversation(thread: list[_Card], agents: tuple[str, ...]) -> Iterator[Record]:
    messages: list[Message] = []
    people: dict[str, list[tuple[Identifier, str]]] = {}
    subject = ""
    for card in thread:
        try:
            raw = card.place.raw()
            found, body = mime.headers(raw), mime.body(raw)
        except Exception as error:
            yield Failure(card.place.position, f"cannot be read: {type(error).__name__}")
            continue
        if body.unreadable:
            yield Skipped(card.place.position, body.unreadable)
            continue
        author = _author(found, agents)
        people.setdefault(author, [])
        for header in ("from", "reply-to", "to", "cc"):
            for name, address in mime.addresses(found.get(header, ())):
                known = people.setdefault(address or name.lower(), [])
                named = ((Identifier.NAME, name), (Identifier.EMAIL, address))
                known += [pair for pair in named if pair[1] and pair not in known]
        subject = subject or mime.text(found.get("subject", ("",))[0])
        messages.append(
            Message(
                card.key,
                author,
                body.reply.text,
                card.sent_at,
                Visibility.PUBLIC,
                body.reply.quoted,
                body.reply.signature,
                body.attachments,
                in_reply_to=next((_short(one) for one in mime.ids(found.get("in-reply-to", ()))), None),
            )
        )
    if messages:
        root = next(iter(thread[0].parents), thread[0].key)
        participants = tuple(Participant(key, _kind(key, agents), tuple(known)) for key, known in people.items())
        yield Conversation(NAME, root, participants, tuple(messages), channel="email", subject=subject)


NOBODY = "(no sender)"


def _author(found: Headers, agents: tuple[str, ...]) -> str:
    """Who wrote a mail: From, else Sender; of a web form of ours, the stranger that answers are to go to."""
    writers = [address or name.lower() for header in ("from", "sender") for name, address in _people(found, header)]
    author = writers[0] if writers else NOBODY
    strangers = [address for _, address in _people(found, "reply-to") if address and not _is_ours(address, agents)]
    return strangers[0] if strangers and _is_ours(author, agents) else author


def _people(found: Headers, header: str) -> list[tuple[str, str]]:
    return mime.addresses(found.get(header, ()))


def _kind(person: str, agents: tuple[str, ...]) -> Kind:
    if person == NOBODY:
        return Kind.THIRD_PARTY
    return Kind.AGENT if _is_ours(person, agents) else Kind.CUSTOMER


def _is_ours(address: str, agents: tuple[str, ...]) -> bool:
    domain = address.rpartition("@")[2] if "@" in address else ""
    return any(address == ours or (domain and f".{domain}".endswith(f".{ours}")) for ours in agents)
