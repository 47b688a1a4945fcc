"""A Slack workspace export -> one conversation per thread; a message nobody replied to is a conversation by itself.

`deskwright ingest slack PATH`. PATH is the export's zip, or the folder it was unpacked to; the export may lie in a top
folder of either. Option `agents`: the user ids, e-mail addresses and e-mail domains of the staff; without it the staff
are the workspace's admins and owners. Everyone else is a customer, and bots are bots.

One channel is held at a time, since replies lie in other day files than their root. Every message of a day file is
accounted for: as a message, as a message left out of a conversation, or as a skipped record. Of the archive only the
lists of users and channels and the day files are read; uploads, canvases and integration logs are not.

Events that change, delete or repeat another message, the legacy `file_comment`, and what `reply_count` counts once a
reply was deleted are from memory of the vendor's documentation and read tolerantly. The mark-up of a message becomes
plain text, with mentions written as names.
"""

from __future__ import annotations

import html
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from connectors.options import STRINGS, faults
from deskwright.conversation import (
    Attachment,
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

Json = dict[str, Any]

MOST = 256 * 2**20
"""Bytes of one unpacked file; a day of one channel is far below. More is refused unread."""

MOST_FILES = 500_000
"""Files of an export; more is refused."""

KEPT = ("", "file_share", "me_message", "thread_broadcast", "bot_message")
"""Subtypes a person in the channel reads as a message. https://docs.slack.dev/reference/events/message#subtypes"""

EVENTS = ("message_changed", "message_deleted", "message_replied")
"""Subtypes that tell about another message."""

USERS = ("users.json", "org_users.json")
CHANNELS = ("channels.json", "groups.json")
DIRECT = ("dms.json", "mpims.json")
UNREAD = ("integration_logs.json", "content_flags.json", "canvases.json", "lists.json", "huddle_transcripts.json")
DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
"""https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports"""

USER_ID = re.compile(r"[UW][A-Z0-9]{2,}", re.I)
MENTION = re.compile(r"<@([UW][A-Z0-9]+)", re.I)
MARK = re.compile(r"<([^<>]+)>")
STAMP = re.compile(r"(\d{1,11})\.?(\d{0,6})")

USER_FIELDS = {"real_name": Identifier.NAME, "name": Identifier.HANDLE}
PROFILE_FIELDS = {
    "real_name": Identifier.NAME,
    "real_name_normalized": Identifier.NAME,
    "display_name": Identifier.NAME,
    "display_name_normalized": Identifier.NAME,
    "first_name": Identifier.NAME,
    "last_name": Identifier.NAME,
    "email": Identifier.EMAIL,
    "phone": Identifier.PHONE,
    "skype": Identifier.HANDLE,
    "name": Identifier.HANDLE,
}
STAFF_FLAGS = ("is_admin", "is_owner", "is_primary_owner")
SLACKBOT = "USLACKBOT"
DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What a broken, truncated or encrypted archive raises."""


class Slack:
    """Threads of a Slack export."""

    name = "slack"
    help = "Slack export: the zip, or the folder it was unpacked to; one conversation per thread."

    def check(self, options: Mapping[str, Any]) -> Sequence[str]:
        found = faults(options, {"agents": STRINGS})
        agents = [] if found else options.get("agents", [])
        expected = "expected a user id (U0123456), an e-mail address or a domain (example.com)"
        return found + [f"agents: found {one!r}; {expected}" for one in agents if not _staff_mark(one)]

    def count(self, path: Path, options: Mapping[str, Any]) -> int | None:
        """Not known without reading the whole export: threads cross the day files."""
        return None

    def read(self, path: Path, options: Mapping[str, Any]) -> Iterator[Record]:
        with ExitStack() as stack:
            export = _open(path, stack)
            users, broken = _users(export)
            yield from broken
            channels, broken = _channels(export)
            yield from broken
            staff = _staff(users, options.get("agents"))
            for channel in channels:
                yield from _channel(channel, users, staff, {one.id.upper(): one.name for one in channels})
            yield from (Skipped(name, "not a day of messages") for name in export.strays)


class _TooLarge(Exception):
    """A file of more than `MOST` bytes."""


class _Fault(NamedTuple):
    """Why a file could not be read."""

    error: str


@dataclass(frozen=True, slots=True)
class _Export:
    """What opens each file: the lists in the export's root, and the day files by folder."""

    lists: dict[str, Callable[[], IO[bytes]]]
    days: dict[str, dict[str, Callable[[], IO[bytes]]]]
    strays: list[str]


@dataclass(frozen=True, slots=True)
class _User:
    display: str
    identifiers: tuple[tuple[Identifier, str], ...]
    bot: bool = False
    lead: bool = False


@dataclass(frozen=True, slots=True)
class _Channel:
    """`label` names the channel in positions: its name, or for direct messages its id, as their names name people."""

    id: str
    label: str
    name: str
    days: dict[str, Callable[[], IO[bytes]]]


@dataclass(slots=True)
class _Thread:
    """The messages under one root. `dropped` are (position, reason) of what Slack counts but no one wrote."""

    messages: list[Json] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    root: Json | None = None


# The files of the export.


def _open(path: Path, stack: ExitStack) -> _Export:
    if not path.exists():
        raise SourceError(f"There is no {path}. Expected a Slack export: the .zip, or the folder it was unpacked to.")
    try:
        files = _folder(path) if path.is_dir() else _archive(stack.enter_context(zipfile.ZipFile(path)))
    except zipfile.BadZipFile:
        raise SourceError(
            f"{path} is no zip that can be read. Expected a Slack export, complete and unchanged."
        ) from None
    if len(files) > MOST_FILES:
        raise SourceError(f"{path} holds {len(files)} files; expected a Slack export of at most {MOST_FILES}.")
    root = _root(files)
    if root is None:
        raise SourceError(f"{path} holds no Slack messages. Expected folders of days, such as general/2024-05-06.json.")
    export = _Export({}, {}, [])
    for name, opener in files.items():
        _place(export, name, PurePosixPath(name).relative_to(root).parts if _under(name, root) else (), opener)
    return export


def _folder(path: Path) -> dict[str, Callable[[], IO[bytes]]]:
    return {
        file.relative_to(path).as_posix(): partial(_binary, file) for file in sorted(path.rglob("*")) if file.is_file()
    }


def _archive(archive: zipfile.ZipFile) -> dict[str, Callable[[], IO[bytes]]]:
    """Entries by name. Nothing is extracted, so that an odd name can lead nowhere."""
    entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
    return {entry.filename: partial(_entry, archive, entry) for entry in entries if not entry.is_dir()}


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    if entry.file_size > MOST:
        raise _TooLarge
    return archive.open(entry)


def _binary(file: Path) -> IO[bytes]:
    return file.open("rb")


def _root(files: Iterable[str]) -> PurePosixPath | None:
    """The folder that holds the lists, else the one above the folders of days; None where no day is."""
    names = [PurePosixPath(name) for name in files]
    days = [name for name in names if DAY.fullmatch(name.name) and len(name.parts) > 1]
    if not days:
        return None
    lists = [name.parent for name in names if name.name in (*USERS, *CHANNELS, *DIRECT)]
    return min([*lists, *(day.parent.parent for day in days)], key=lambda folder: len(folder.parts))


def _under(name: str, root: PurePosixPath) -> bool:
    return PurePosixPath(name).is_relative_to(root)


def _place(export: _Export, name: str, parts: tuple[str, ...], opener: Callable[[], IO[bytes]]) -> None:
    """Files an export holds beside the messages are left; what no export holds is a stray."""
    if parts[:1] == ("__MACOSX",) or "__uploads" in parts or parts[-1:] == (".DS_Store",):
        return
    if len(parts) == 1 and parts[0] in (*USERS, *CHANNELS, *DIRECT):
        export.lists[parts[0]] = opener
    elif len(parts) == 2 and DAY.fullmatch(parts[1]):
        export.days.setdefault(parts[0], {})[parts[1]] = opener
    elif not (len(parts) == 1 and parts[0] in UNREAD):
        export.strays.append(name)


def _load(opener: Callable[[], IO[bytes]]) -> list[Any] | _Fault:
    """The list a file holds. The size is checked while unpacking, for a header may lie."""
    try:
        with opener() as stream:
            raw = stream.read(MOST + 1)
        if len(raw) > MOST:
            raise _TooLarge
        value = json.loads(raw.decode("utf-8-sig"))
    except _TooLarge:
        return _Fault(f"found more than {MOST >> 20} MiB unpacked; expected one day of messages")
    except DAMAGED as error:
        return _Fault(f"{type(error).__name__}; expected a file that can be read (is the export complete?)")
    except ValueError:
        return _Fault("broken JSON; expected a list in UTF-8")
    return value if isinstance(value, list) else _Fault(f"found a {type(value).__name__}; expected a list")


# Who and where.


def _users(export: _Export) -> tuple[dict[str, _User], list[Failure]]:
    users: dict[str, _User] = {}
    broken: list[Failure] = []
    for name in USERS:
        found = _load(export.lists[name]) if name in export.lists else []
        if isinstance(found, _Fault):
            broken.append(Failure(name, found.error))
            continue
        for user in found:
            if isinstance(user, dict) and isinstance(user.get("id"), str):
                users[user["id"].upper()] = _user(user)
    return users, broken


def _user(user: Json) -> _User:
    profile = _dict(user.get("profile"))
    found = [(kind, _text(user.get(name))) for name, kind in USER_FIELDS.items()]
    found += [(kind, _text(profile.get(name))) for name, kind in PROFILE_FIELDS.items()]
    whole = f"{_text(profile.get('first_name'))} {_text(profile.get('last_name'))}".strip()
    found.append((Identifier.NAME, whole))
    shown = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return _User(
        display=next((_text(name) for name in shown if _text(name)), ""),
        identifiers=tuple(dict.fromkeys((kind, value) for kind, value in found if value)),
        bot=user.get("is_bot") is True or _text(user.get("id")).upper() == SLACKBOT,
        lead=any(user.get(flag) is True for flag in STAFF_FLAGS),
    )


def _staff_mark(value: str) -> str:
    """What a value of `agents` is: "address", "domain", "id", or "" if it is none of these."""
    if re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        return "address"
    if re.fullmatch(r"@?[^@\s]+\.[^@\s.]+", value):
        return "domain"
    return "id" if USER_ID.fullmatch(value) else ""


def _staff(users: Mapping[str, _User], agents: Sequence[str] | None) -> frozenset[str]:
    """The staff's user ids."""
    if agents is None:
        return frozenset(key for key, user in users.items() if user.lead)
    marks = {one.lower().removeprefix("@") for one in agents}
    return frozenset(one.upper() for one in agents if _staff_mark(one) == "id") | {
        key for key, user in users.items() if marks & _mail_marks(user)
    }


def _mail_marks(user: _User) -> set[str]:
    addresses = [value.lower() for kind, value in user.identifiers if kind is Identifier.EMAIL]
    return {*addresses, *(address.rpartition("@")[2] for address in addresses)}


def _channels(export: _Export) -> tuple[list[_Channel], list[Failure]]:
    """The channels that have days, in the order of their folders."""
    broken: list[Failure] = []
    ids: dict[str, tuple[str, bool]] = {}
    for name in (*CHANNELS, *DIRECT):
        found = _load(export.lists[name]) if name in export.lists else []
        if isinstance(found, _Fault):
            broken.append(Failure(name, found.error))
            continue
        for one in found:
            if isinstance(one, dict) and (key := _text(one.get("id"))):
                ids |= dict.fromkeys((key, _text(one.get("name")) or key), (key, name in DIRECT))
    direct = (f"direct-{number}" for number in range(1, len(export.days) + 1))
    return [_made(folder, days, ids.get(folder), direct) for folder, days in sorted(export.days.items())], broken


def _made(
    folder: str, days: dict[str, Callable[[], IO[bytes]]], known: tuple[str, bool] | None, direct: Iterator[str]
) -> _Channel:
    """A group of direct messages is named after its people (`mpdm-ann--bob-1`): its name is not used."""
    private = known[1] if known else bool(re.match(r"mpdm-|D[A-Z0-9]{6,}$", folder))
    if not private:
        return _Channel(known[0] if known else folder, folder, folder, days)
    key = known[0] if known else next(direct) if folder.startswith("mpdm-") else folder
    return _Channel(key, key, "direct message", days)


# One channel.


def _channel(
    channel: _Channel, users: Mapping[str, _User], staff: frozenset[str], channels: Mapping[str, str]
) -> Iterator[Record]:
    messages: dict[str, tuple[str, Json]] = {}
    events: list[tuple[str, Json]] = []
    for day, opener in sorted(channel.days.items()):
        found = _load(opener)
        if isinstance(found, _Fault):
            yield Failure(f"{channel.label}/{day}", found.error)
            continue
        for number, message in enumerate(found):
            yield from _take(message, f"{channel.label}/{day}[{number}]", messages, events)
    deleted: set[str] = set()
    for position, event in events:
        yield from _apply(event, position, messages, deleted)
    people = _profiles((message for _, message in messages.values()), users)
    for root, thread in sorted(_threads(messages, deleted).items(), key=lambda one: _order(one[0])):
        if thread.messages:
            yield _conversation(channel, root, thread, people, staff, channels)
        else:
            yield from (Skipped(position, reason) for position, reason in thread.dropped)


def _take(
    message: Any, position: str, messages: dict[str, tuple[str, Json]], events: list[tuple[str, Json]]
) -> Iterator[Record]:
    """Puts a message or an event where it belongs, and tells of what is neither."""
    if not isinstance(message, dict):
        yield Failure(position, f"found a {type(message).__name__}; expected a message")
    elif not _time(message.get("ts")):
        yield Failure(position, "no time stamp; expected `ts` to be seconds, such as 1712345678.000100")
    elif message.get("subtype") in EVENTS:
        events.append((position, message))
    elif message["ts"] in messages:
        yield Skipped(position, "duplicate message")
        first, known = messages[message["ts"]]
        messages[message["ts"]] = (first, message | known)
    elif _rebroadcast(message, messages):
        yield Skipped(position, "duplicate message")
    else:
        messages[message["ts"]] = (position, message)


def _rebroadcast(message: Json, messages: Mapping[str, tuple[str, Json]]) -> bool:
    """A reply also sent to the channel may come a second time under a time stamp of its own."""
    key = message.get("client_msg_id")
    if message.get("subtype") != "thread_broadcast" or not key:
        return False
    return any(known.get("client_msg_id") == key for _, known in messages.values())


def _apply(event: Json, position: str, messages: dict[str, tuple[str, Json]], deleted: set[str]) -> Iterator[Record]:
    subtype = event["subtype"]
    told = _dict(event.get("message"))
    stamp = _text(told.get("ts"))
    if subtype == "message_deleted":
        deleted.add(_text(event.get("deleted_ts")) or _text(_dict(event.get("previous_message")).get("ts")))
        yield Skipped(position, subtype)
    elif not _time(stamp):
        yield Skipped(position, subtype)
    elif stamp not in messages:
        messages[stamp] = (position, told)
    else:
        where, known = messages[stamp]
        messages[stamp] = (where, known | told if subtype == "message_changed" else known | _counts(told))
        yield Skipped(position, subtype)


def _counts(told: Json) -> Json:
    return {name: told[name] for name in ("thread_ts", "reply_count", "replies", "latest_reply") if name in told}


def _threads(messages: Mapping[str, tuple[str, Json]], deleted: set[str]) -> dict[str, _Thread]:
    threads: dict[str, _Thread] = {}
    for stamp in sorted(messages, key=_order):
        position, message = messages[stamp]
        root = _text(message.get("thread_ts")) or stamp
        thread = threads.setdefault(root, _Thread())
        subtype = _text(message.get("subtype"))
        if root == stamp:
            thread.root = message
        if stamp in deleted:
            thread.dropped.append((position, "deleted message"))
        elif subtype not in KEPT:
            thread.dropped.append((position, subtype))
        else:
            thread.messages.append(message)
    return threads


def _conversation(
    channel: _Channel,
    root: str,
    thread: _Thread,
    people: Mapping[str, _User],
    staff: frozenset[str],
    channels: Mapping[str, str],
) -> Conversation:
    reasons = [reason for _, reason in thread.dropped]
    return Conversation(
        source="slack",
        external_id=f"{channel.id}/{root}",
        participants=_participants(thread.messages, people, staff),
        messages=tuple(_message(message, root, people, channels) for message in thread.messages),
        channel=channel.name,
        promised=_promised(thread),
        skipped=tuple((reason, reasons.count(reason)) for reason in dict.fromkeys(reasons)),
    )


def _promised(thread: _Thread) -> int | None:
    """The root and as many replies as it tells of. A root that is missing was there once, and is missed."""
    if thread.root is None:
        return 1 + len(thread.messages) + len(thread.dropped)
    replies = thread.root.get("reply_count")
    if isinstance(replies, int):
        return 1 + replies
    listed = thread.root.get("replies")
    return 1 + len(listed) if isinstance(listed, list) else None


def _message(message: Json, root: str, people: Mapping[str, _User], channels: Mapping[str, str]) -> Message:
    files = message.get("files") or [message.get("file")]
    return Message(
        external_id=message["ts"],
        author=_author(message, people),
        text=plain(_marked(message), people, channels),
        sent_at=_time(message["ts"]),
        visibility=Visibility.PUBLIC,
        attachments=tuple(
            Attachment(_text(file.get("name")) or _text(file.get("title")) or "file", _text(file.get("mimetype")))
            for file in (files if isinstance(files, list) else [])
            if isinstance(file, dict)
        ),
        edited_at=_time(_dict(message.get("edited")).get("ts")),
        in_reply_to=None if message["ts"] == root else root,
    )


# Who took part.


def _profiles(messages: Iterable[Json], users: Mapping[str, _User]) -> dict[str, _User]:
    """The users of the export, and those of shared workspaces as their messages describe them."""
    people = dict(users)
    for message in messages:
        key, profile = _text(message.get("user")).upper(), _dict(message.get("user_profile"))
        if key and profile and key not in people:
            people[key] = _user({"id": key, "name": profile.get("name"), "profile": profile})
    return people


def _author(message: Json, people: Mapping[str, _User]) -> str:
    """The user's id, or the app's where an app wrote in a person's name."""
    user, bot = _text(message.get("user")).upper(), _text(message.get("bot_id"))
    if bot and not (user in people and people[user].bot):
        return bot
    return user or bot or "unknown"


def _participants(messages: list[Json], people: Mapping[str, _User], staff: frozenset[str]) -> tuple[Participant, ...]:
    """The authors, the people in whose name an app wrote, and the people mentioned."""
    found: dict[str, Participant] = {}
    for message in messages:
        author, user = _author(message, people), _text(message.get("user")).upper()
        automatic = message.get("bot_id") == author or message.get("subtype") == "bot_message"
        mentioned = (key.upper() for key in MENTION.findall(_marked(message)))
        for key in dict.fromkeys(key for key in (author, user, *mentioned) if key):
            kind = Kind.BOT if automatic and key == author else _kind(key, people, staff)
            found.setdefault(key, Participant(key, kind, people[key].identifiers if key in people else ()))
        found[author] = _named(found[author], message)
    return tuple(found.values())


def _kind(key: str, people: Mapping[str, _User], staff: frozenset[str]) -> Kind:
    if key == SLACKBOT or (key in people and people[key].bot):
        return Kind.BOT
    if key in staff:
        return Kind.AGENT
    return Kind.CUSTOMER if USER_ID.fullmatch(key) else Kind.THIRD_PARTY


def _named(author: Participant, message: Json) -> Participant:
    """With the names this message itself gives its author."""
    given = (message.get("username"), _dict(message.get("bot_profile")).get("name"))
    names = tuple((Identifier.NAME, _text(name)) for name in given if _text(name))
    return replace(author, identifiers=tuple(dict.fromkeys((*author.identifiers, *names)))) if names else author


# The text of a message. https://docs.slack.dev/messaging/formatting-message-text


def plain(marked: str, people: Mapping[str, _User], channels: Mapping[str, str]) -> str:
    """Mark-up -> plain text; emoji stay as `:wave:`."""
    text = MARK.sub(lambda found: _mark(found[1], people, channels), marked)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _mark(inside: str, people: Mapping[str, _User], channels: Mapping[str, str]) -> str:
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            user = people.get(target[1:].upper())
            return f"@{_escape(user.display)}" if user and user.display else "@user"
        case "#":
            return f"#{label or _escape(channels.get(target[1:].upper(), 'channel'))}"
        case "!":
            return _special(target[1:], label)
        case _:
            address = re.sub(r"^(mailto|tel):", "", target, flags=re.I)
            return address if not label or label in address else f"{label} ({address})"


def _special(command: str, label: str) -> str:
    if command.lower().startswith("date^"):
        return label
    return label or f"@{'group' if command.lower().startswith('subteam') else command}"


def _escape(text: str) -> str:
    return html.escape(text, quote=False)


def _marked(message: Json) -> str:
    """The message's mark-up: its text, else its blocks, else its attachments."""
    return (
        _text(message.get("text"))
        or _blocks(message.get("blocks"))
        or "\n".join(_attached(one) for one in _list(message.get("attachments")) if _attached(one))
    )


def _attached(attachment: Any) -> str:
    one = _dict(attachment)
    parts = [_text(one.get(name)) for name in ("pretext", "title", "text")]
    return "\n".join(part for part in parts if part) or _text(one.get("fallback")) or _blocks(one.get("blocks"))


ELEMENTS: dict[str, Callable[[Json], str]] = {
    "text": lambda one: _escape(_raw(one.get("text"))),
    "plain_text": lambda one: _escape(_raw(one.get("text"))),
    "mrkdwn": lambda one: _raw(one.get("text")),
    "link": lambda one: f"<{_raw(one.get('url'))}|{_escape(_raw(one.get('text')))}>",
    "user": lambda one: f"<@{_raw(one.get('user_id'))}>",
    "usergroup": lambda one: "@group",
    "channel": lambda one: f"<#{_raw(one.get('channel_id'))}>",
    "broadcast": lambda one: f"@{_raw(one.get('range'))}",
    "emoji": lambda one: f":{_raw(one.get('name'))}:",
    "date": lambda one: _escape(_raw(one.get("fallback"))),
}
"""Leaves of Slack's blocks -> mark-up. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block"""

LINES = ("rich_text", "rich_text_list", "section", "context")
"""Blocks whose parts stand on lines of their own."""

DEEPEST = 12


def _blocks(blocks: Any) -> str:
    parts = [_block(block, 0) for block in _list(blocks)]
    return "\n".join(part for part in parts if part).strip()


def _block(block: Any, depth: int) -> str:
    """A block's mark-up; blocks deeper than anyone writes are not followed."""
    if not isinstance(block, dict) or depth > DEEPEST:
        return ""
    kind = _raw(block.get("type"))
    if kind in ELEMENTS:
        return ELEMENTS[kind](block)
    inner = [block.get("text"), *_list(block.get("fields")), *_list(block.get("elements"))]
    parts = [_block(one, depth + 1) for one in inner]
    return ("\n" if kind in LINES else "").join(part for part in parts if part)


# Values of JSON that may be anything.


def _raw(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _time(stamp: Any) -> datetime | None:
    found = STAMP.fullmatch(_text(stamp))
    if not found:
        return None
    return datetime.fromtimestamp(int(found[1]), UTC) + timedelta(microseconds=int(found[2].ljust(6, "0")))


def _order(stamp: str) -> tuple[int, str]:
    seconds, _, rest = stamp.partition(".")
    return (int(seconds) if seconds.isdigit() else 0, rest)
