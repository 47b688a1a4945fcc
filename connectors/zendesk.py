"""A Zendesk export -> one conversation per ticket.

`deskwright ingest zendesk PATH`. PATH is a JSON or NDJSON file (also gzipped), a zip of such files, or a folder, which
is searched through. What a file holds is told from its content, never from its name: one ticket a line with its
`comments` nested (the account's full export), or the API's envelopes `{"tickets": [...]}`, `{"ticket": {...}}`,
`{"users": [...]}`, `{"comments": [...]}` in any mixture.

Two passes: the first learns the users, the comments that lie in files of their own, and which tickets occur more than
once; the second yields. NDJSON is held one ticket at a time; a JSON document, and comments in files of their own, are
held whole.

The layout of the full export (nested `comments`, people inlined as `requester`, `submitter`, ...), `comment_count`,
the names of automatic `via` channels and the words of merge notices are from memory of the vendor's documentation: each
may be absent or otherwise, and is then passed over.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from bs4 import BeautifulSoup

from connectors.options import faults
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
"""Bytes of one JSON value (a line, or a document over several lines); more is refused, also out of a small archive."""

KINDS: dict[str, Literal["ticket", "user", "comment"]] = {
    "tickets": "ticket",
    "ticket": "ticket",
    "users": "user",
    "user": "user",
    "comments": "comment",
    "comment": "comment",
}
"""Envelope keys of the API -> what lies in them."""

ROLES = {"end-user": Kind.CUSTOMER, "agent": Kind.AGENT, "admin": Kind.AGENT}
"""https://developer.zendesk.com/api-reference/ticketing/users/users/#roles"""

MACHINES = {
    "rule": Kind.SYSTEM,
    "trigger": Kind.SYSTEM,
    "automation": Kind.SYSTEM,
    "system": Kind.SYSTEM,
    "admin_setting": Kind.SYSTEM,
    "group_deletion": Kind.SYSTEM,
    "user_deletion": Kind.SYSTEM,
    "bot": Kind.BOT,
    "answer_bot": Kind.BOT,
    "answer_bot_for_agents": Kind.BOT,
    "answer_bot_for_web_widget": Kind.BOT,
    "answer_bot_api": Kind.BOT,
}
"""`via.channel` of what no person wrote.
https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/"""

SYSTEM_AUTHOR = "-1"

USER_FIELDS = {
    "name": Identifier.NAME,
    "email": Identifier.EMAIL,
    "phone": Identifier.PHONE,
    "alias": Identifier.HANDLE,
    "details": Identifier.HANDLE,
}
VIA_FIELDS = {
    "name": Identifier.NAME,
    "phone": Identifier.PHONE,
    "formatted_phone": Identifier.PHONE,
    "username": Identifier.HANDLE,
}
INLINED = ("requester", "submitter", "assignee", "users", "collaborators", "email_ccs", "followers")
OTHERS = ("collaborator_ids", "email_cc_ids", "follower_ids")

NO_SCORE = ("", "unoffered", "offered")
MERGED = re.compile(
    r"\W*(this )?(request|ticket)s?\b[^\n]{0,300}?\b(was|were|has been|have been) (closed and )?merged\b", re.I
)
TICKET_IN_NAME = re.compile(r"tickets?[_/-](\d+)[_/-]comments", re.I)
BLOCKS = ["p", "div", "li", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4"]
DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)
"""What a broken, truncated or encrypted archive raises."""


class Zendesk:
    """Tickets of a Zendesk export."""

    name = "zendesk"
    help = "Zendesk tickets: a JSON or NDJSON export (.gz, .zip), or a folder of API responses."

    def check(self, options: Mapping[str, Any]) -> Sequence[str]:
        return faults(options, {})

    def count(self, path: Path, options: Mapping[str, Any]) -> int | None:
        """Not known without reading the whole export."""
        return None

    def read(self, path: Path, options: Mapping[str, Any]) -> Iterator[Record]:
        if not path.exists():
            raise SourceError(f"There is no {path}. Expected a Zendesk export: a file, a .zip or a folder.")
        known = _survey(path)
        if not known.tickets and not known.broken:
            raise SourceError(
                f"{path} holds no Zendesk tickets. Expected JSON or NDJSON with tickets and their comments "
                "(the CSV export holds no comments and cannot be used)."
            )
        held: dict[str, list[_Item]] = {}
        for item in _items(path):
            match item.kind:
                case "ticket":
                    yield from _ticket(item, known, held)
                case "other":
                    yield Skipped(item.position, item.note)
                case "fault":
                    yield Failure(item.position, item.note)
        yield from _orphans(known)


class _Item(NamedTuple):
    """One thing found in the export. `note` is the reason of an "other", the error of a "fault"."""

    kind: Literal["ticket", "user", "comment", "total", "other", "fault"]
    position: str
    value: Json
    note: str = ""


@dataclass(frozen=True, slots=True)
class _User:
    kind: Kind | None
    identifiers: tuple[tuple[Identifier, str], ...]


@dataclass(slots=True)
class _Known:
    """What the first pass learns. `comments` and `totals` go by ticket id."""

    users: dict[str, _User] = field(default_factory=dict)
    tickets: Counter[str] = field(default_factory=Counter)
    comments: dict[str, dict[str, Json]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    broken: bool = False


# The first pass.


def _survey(path: Path) -> _Known:
    known = _Known()
    for item in _items(path):
        match item.kind:
            case "ticket":
                known.tickets[_id(item.value.get("id"))] += 1
            case "user":
                _learn(known.users, item.value)
            case "comment":
                ticket = _id(item.value["ticket_id"])
                known.comments.setdefault(ticket, {})[_id(item.value["id"])] = _slim(item.value)
                known.places.setdefault(ticket, item.position)
            case "total":
                known.totals[_id(item.value["ticket_id"])] = item.value["count"]
            case "fault":
                known.broken = True
    return known


def _learn(users: dict[str, _User], user: Any) -> None:
    """Adds a user object; what was known of that user before stays."""
    if not isinstance(user, dict) or not (key := _id(user.get("id"))):
        return
    before = users.get(key, _User(None, ()))
    found = tuple((kind, _text(user.get(name))) for name, kind in USER_FIELDS.items() if _text(user.get(name)))
    users[key] = _User(ROLES.get(_text(user.get("role")), before.kind), _union(before.identifiers, found))


def _slim(comment: Json) -> Json:
    """A comment without `metadata` (IP address, place) and without a second copy of its text."""
    told = _text(comment.get("plain_body")) or _text(comment.get("body"))
    return {k: v for k, v in comment.items() if k != "metadata" and not (k == "html_body" and told)}


# The second pass.


def _ticket(item: _Item, known: _Known, held: dict[str, list[_Item]]) -> Iterator[Record]:
    """A ticket that occurs more than once is held until its last occurrence; the newest one counts."""
    key = _id(item.value.get("id"))
    versions = [*held.pop(key, []), item]
    known.tickets[key] -= 1
    if known.tickets[key]:
        held[key] = versions
        yield Skipped(item.position, "another copy of the ticket")
        return
    versions.sort(key=lambda one: _time(one.value.get("updated_at")) or datetime.min.replace(tzinfo=UTC))
    newest = versions[-1].value
    comments = known.comments.pop(key, {})
    for version in versions:
        nested, failures = _nested(version)
        comments |= nested
        yield from failures
    if newest.get("status") == "deleted":
        yield Skipped(item.position, "deleted ticket")
        return
    users = _users_of(newest, comments.values(), known.users)
    yield _conversation(newest, list(comments.values()), users, known.totals.get(key))


def _nested(ticket: _Item) -> tuple[dict[str, Json], list[Failure]]:
    comments: dict[str, Json] = {}
    failures: list[Failure] = []
    for number, comment in enumerate(_list(ticket.value.get("comments"))):
        if isinstance(comment, dict) and (key := _id(comment.get("id"))):
            comments[key] = _slim(comment)
        else:
            failures.append(
                Failure(f"{ticket.position} comments[{number}]", "no comment id; expected an object with an `id`")
            )
    return comments, failures


def _users_of(ticket: Json, comments: Iterable[Json], users: Mapping[str, _User]) -> dict[str, _User]:
    """The users of this ticket: those of the export and those written into the ticket itself."""
    inlined = [user for name in INLINED for user in _list(ticket.get(name))]
    inlined += [comment.get("author") for comment in comments]
    ids = {_id(user.get("id")) for user in inlined if isinstance(user, dict)} | set(_people(ticket, comments))
    found = {key: users[key] for key in ids if key in users}
    for user in inlined:
        _learn(found, user)
    return found


def _people(ticket: Json, comments: Iterable[Json]) -> list[str]:
    """Ids of everyone on the ticket, in the order of their standing."""
    named = [_person(ticket, "requester"), _person(ticket, "submitter"), _person(ticket, "assignee")]
    authors = [_id(comment.get("author_id")) for comment in comments]
    others = [_id(other) for name in OTHERS for other in _list(ticket.get(name))]
    return [key for key in dict.fromkeys([*named, *authors, *others]) if key and key != SYSTEM_AUTHOR]


def _person(ticket: Json, role: str) -> str:
    inlined = ticket.get(role)
    return _id(ticket.get(f"{role}_id")) or _id(inlined.get("id") if isinstance(inlined, dict) else None)


def _conversation(ticket: Json, comments: list[Json], users: Mapping[str, _User], total: int | None) -> Conversation:
    promised = _number(ticket.get("comment_count"), total)
    if not comments and not promised and _text(ticket.get("description")):
        comments, promised = [_first(ticket)], None
    kept = [comment for comment in comments if not MERGED.match(_body(comment))]
    messages = [_message(comment) for comment in kept]
    if all(message.sent_at for message in messages):
        messages.sort(key=lambda message: (message.sent_at, message.external_id))
    return Conversation(
        source="zendesk",
        external_id=_id(ticket["id"]),
        participants=_participants(ticket, comments, users),
        messages=tuple(messages),
        channel=_channel(ticket),
        subject=_text(ticket.get("subject")) or _text(ticket.get("raw_subject")),
        status=_text(ticket.get("status")),
        tags=tuple(tag for tag in _list(ticket.get("tags")) if isinstance(tag, str)),
        csat=_score(ticket.get("satisfaction_rating")),
        promised=promised,
        skipped=(("merge notice", len(comments) - len(kept)),) if len(comments) > len(kept) else (),
    )


def _first(ticket: Json) -> Json:
    """The description of a ticket that came without comments, as its first comment.

    The submitter "always becomes the author of the first comment on the ticket":
    https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
    """
    return {
        "id": f"{_id(ticket['id'])}/description",
        "author_id": _person(ticket, "submitter") or _person(ticket, "requester"),
        "body": ticket["description"],
        "public": ticket.get("is_public") is not False,
        "created_at": ticket.get("created_at"),
        "via": ticket.get("via"),
    }


def _message(comment: Json) -> Message:
    return Message(
        external_id=_id(comment["id"]),
        author=_author(comment),
        text=_body(comment),
        sent_at=_time(comment.get("created_at")) or _time(comment.get("timestamp")),
        visibility=_visibility(comment),
        attachments=tuple(
            Attachment(_text(file.get("file_name")) or "attachment", _text(file.get("content_type")))
            for file in _list(comment.get("attachments"))
            if isinstance(file, dict)
        ),
    )


def _visibility(comment: Json) -> Visibility:
    if _channel(comment) == "side_conversation":
        return Visibility.SIDE
    return Visibility.PUBLIC if comment.get("public") is True else Visibility.INTERNAL


def _author(comment: Json) -> str:
    """The participant's id: a user's, or "bot" or "system" for what no person wrote."""
    author = _id(comment.get("author_id"))
    if author == SYSTEM_AUTHOR:
        return Kind.SYSTEM.value
    machine = MACHINES.get(_channel(comment))
    return machine.value if machine else author or "unknown"


def _body(comment: Json) -> str:
    """`plain_body` keeps `&nbsp;` from the HTML it was made of."""
    told = _text(comment.get("plain_body")).replace("&nbsp;", " ") or _text(comment.get("body"))
    return told.strip() or _from_html(_text(comment.get("html_body")))


def _from_html(html: str) -> str:
    if not html:
        return ""
    soup = BeautifulSoup(f"<div>{html}</div>", "html.parser")
    for tag in soup(["script", "style"]):
        tag.decompose()
    for tag in soup("br"):
        tag.replace_with("\n")
    for tag in soup(BLOCKS):
        tag.append("\n")
    lines = (" ".join(line.split()) for line in soup.get_text().splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


# Who took part.


def _participants(ticket: Json, comments: list[Json], users: Mapping[str, _User]) -> tuple[Participant, ...]:
    people = {
        key: Participant(key, _kind(key, ticket, users), users[key].identifiers if key in users else ())
        for key in _people(ticket, comments)
    }
    for author in {_author(comment): None for comment in comments}:
        if author not in people:
            kind = Kind(author) if author in (Kind.BOT.value, Kind.SYSTEM.value) else Kind.THIRD_PARTY
            people[author] = Participant(author, kind)
    for writer, found in _correspondents(ticket, comments):
        key = _match(found, people) or writer or f"via:{len(people)}"
        before = people.get(key, Participant(key, Kind.THIRD_PARTY))
        people[key] = Participant(key, before.kind, _union(before.identifiers, found))
    return tuple(people.values())


def _kind(key: str, ticket: Json, users: Mapping[str, _User]) -> Kind:
    if key in users and (kind := users[key].kind):
        return kind
    if key == _person(ticket, "requester"):
        return Kind.CUSTOMER
    return Kind.AGENT if key in (_person(ticket, "submitter"), _person(ticket, "assignee")) else Kind.THIRD_PARTY


def _correspondents(ticket: Json, comments: list[Json]) -> Iterator[tuple[str, tuple[tuple[Identifier, str], ...]]]:
    """The names and addresses in `via` and in a call's data, each with the id of the user they are known to be."""
    first = (_person(ticket, "submitter") or _person(ticket, "requester"), ticket)
    for writer, thing in [first, *((_id(comment.get("author_id")), comment) for comment in comments)]:
        source = _dict(_dict(thing.get("via")).get("source"))
        for side in ("from", "to"):
            end = _dict(source.get(side))
            if found := _addresses(end):
                yield writer if side == "from" and writer != SYSTEM_AUTHOR else "", found
            for other in [*_list(end.get("original_recipients")), *_list(end.get("email_ccs"))]:
                if isinstance(other, str) and "@" in other:
                    yield "", ((Identifier.EMAIL, other),)
            if number := _text(_dict(thing.get("data")).get(side)):
                yield "", ((Identifier.PHONE, number),)


def _addresses(end: Json) -> tuple[tuple[Identifier, str], ...]:
    found = [(kind, _text(end.get(name))) for name, kind in VIA_FIELDS.items()]
    address = _text(end.get("address"))
    found.append((Identifier.EMAIL if "@" in address else Identifier.PHONE, address))
    return tuple((kind, value) for kind, value in found if value)


def _match(found: Iterable[tuple[Identifier, str]], people: Mapping[str, Participant]) -> str:
    """The participant who has one of these addresses, "" if nobody has."""
    sought = {(kind, value.lower()) for kind, value in found if kind is not Identifier.NAME}
    for key, person in people.items():
        if sought & {(kind, value.lower()) for kind, value in person.identifiers}:
            return key
    return ""


def _orphans(known: _Known) -> Iterator[Skipped]:
    for ticket, comments in known.comments.items():
        yield Skipped(known.places[ticket], "comments of a ticket that is not in the export", len(comments))


# What the files hold.


def _items(path: Path) -> Iterator[_Item]:
    with ExitStack() as stack:
        for name, opener in _files(path, stack):
            try:
                with opener() as raw:
                    yield from _file(name, raw)
            except DAMAGED as error:
                note = f"{type(error).__name__}; expected a file that can be read (is it complete, and not encrypted?)"
                yield _Item("fault", name, {}, note)


def _files(path: Path, stack: ExitStack) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """Every file, and every entry of a zip, with what opens it. Nothing is extracted."""
    for file in sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
        except zipfile.BadZipFile:
            yield name, partial(_binary, file)
            continue
        for entry in archive.infolist():
            if not entry.is_dir():
                yield f"{name}/{entry.filename}", partial(archive.open, entry)


def _binary(file: Path) -> IO[bytes]:
    return file.open("rb")


def _file(name: str, raw: IO[bytes]) -> Iterator[_Item]:
    start = raw.read(2)
    raw.seek(0)
    if start == b"PK":
        yield _Item("fault", name, {}, "a damaged zip, or a zip inside a zip; expected a zip of JSON files")
        return
    stream: Any = gzip.GzipFile(fileobj=raw) if start == b"\x1f\x8b" else raw
    lines = _lines(stream)
    first, second = next(lines, (0, b"")), next(lines, (0, b""))
    if first[1].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
        yield _Item("other", name, {}, "not JSON")
    elif _complete(first[1]) or (first[1][:1] == b"{" and isinstance(_complete(second[1]), dict)):
        yield from _each_line(name, [first, second], lines)
    else:
        yield from _document(name, [first, second], lines)


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that are not blank. One that is too long comes cut, and so is no JSON."""
    number = 0
    while line := stream.readline(MOST):
        number += 1
        if line.strip():
            yield number, line


def _complete(line: bytes) -> Any:
    """The value of a line that is JSON by itself, else None."""
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _each_line(name: str, begun: list[tuple[int, bytes]], rest: Iterator[tuple[int, bytes]]) -> Iterator[_Item]:
    for lines in (begun, rest):
        for number, line in lines:
            if not line:
                continue
            value = _complete(line)
            if value is None:
                yield _Item("fault", f"{name}:line {number}", {}, "broken JSON; expected one JSON object a line")
            else:
                yield from _open(value, f"{name}:line {number}", name)


def _document(name: str, begun: list[tuple[int, bytes]], rest: Iterator[tuple[int, bytes]]) -> Iterator[_Item]:
    parts = [line for _, line in begun]
    size = sum(map(len, parts))
    for _, line in rest:
        parts.append(line)
        size += len(line)
        if size > MOST:
            limit = f"a document of more than {MOST >> 20} MiB; expected one ticket a line (NDJSON) at such a size"
            yield _Item("fault", name, {}, limit)
            return
    value = _complete(b"".join(parts))
    if value is None:
        yield _Item("fault", name, {}, "broken JSON; expected a JSON document in UTF-8, or one JSON object a line")
    else:
        yield from _open(value, name, name)


def _open(value: Any, position: str, name: str) -> Iterator[_Item]:
    """The items of one JSON value: a list of objects, an object, or one of the API's envelopes."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _one(one, _sniff(one), f"{position}[{number}]", name)
    elif not isinstance(value, dict) or value.keys() & {"id", "requester_id", "subject"}:
        yield from _one(value, _sniff(value), position, name)
    elif isinstance(value.get("results"), list):
        for number, one in enumerate(value["results"]):
            yield from _one(one, KINDS.get(_text(_dict(one).get("result_type")), ""), f"{position} [{number}]", name)
    elif keys := [key for key in value if key in KINDS]:
        for key in keys:
            for number, one in enumerate(_list(value[key])):
                yield from _one(one, KINDS[key], f"{position} {key}[{number}]", name)
            yield from _total(value, key, position, name)
    else:
        yield from _one(value, "", position, name)


def _total(envelope: Json, key: str, position: str, name: str) -> Iterator[_Item]:
    """`count` beside a ticket's comments is the number it has, over all pages."""
    ticket = TICKET_IN_NAME.search(name)
    if key == "comments" and ticket and isinstance(envelope.get("count"), int):
        yield _Item("total", position, {"ticket_id": ticket[1], "count": envelope["count"]})


def _sniff(value: Any) -> str:
    """What an object that stands alone is; "" if it is none of ours."""
    keys = value.keys() if isinstance(value, dict) else set()
    if keys & {"requester_id", "requester", "comments"} or {"subject", "status"} <= keys:
        return "ticket"
    if "author_id" in keys and keys & {"ticket_id", "public", "audit_id"}:
        return "comment"
    return "user" if "role" in keys or {"name", "email"} <= keys else ""


def _one(value: Any, kind: str, position: str, name: str) -> Iterator[_Item]:
    if not isinstance(value, dict):
        yield _Item("fault", position, {}, f"found a {type(value).__name__}; expected an object")
    elif not kind:
        yield _Item("other", position, {}, f"not tickets, comments or users: {_name(value)}")
    elif not _id(value.get("id")):
        yield _Item("fault", position, {}, f"a {kind} without an id; expected `id` to be a number")
    elif kind == "comment":
        yield from _comment(value, position, name)
    elif kind == "user":
        yield _Item("user", position, value)
    else:
        yield _Item("ticket", position, value)


def _comment(value: Json, position: str, name: str) -> Iterator[_Item]:
    ticket = _id(value.get("ticket_id")) or (found[1] if (found := TICKET_IN_NAME.search(name)) else "")
    if ticket:
        yield _Item("comment", position, value | {"ticket_id": ticket})
    else:
        note = "a comment without a ticket; expected `ticket_id`, or a file named like tickets_12_comments.json"
        yield _Item("fault", position, {}, note)


def _name(value: Json) -> str:
    """What an envelope holds by its own word; only plain words, for a key may be anything."""
    keys = [key for key, one in value.items() if isinstance(one, list | dict) and key not in ("meta", "links")]
    plain = [] if "id" in value else [key for key in keys if re.fullmatch(r"[a-z_]{1,40}", key)]
    return plain[0] if plain else "other objects"


# Values of JSON that may be anything.


def _id(value: Any) -> str:
    return str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []


def _dict(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _number(*values: Any) -> int | None:
    return next((value for value in values if isinstance(value, int) and not isinstance(value, bool)), None)


def _channel(thing: Json) -> str:
    return _text(_dict(thing.get("via")).get("channel"))


def _score(rating: Any) -> str | None:
    score = _text(_dict(rating).get("score"))
    return None if score in NO_SCORE else score


def _time(value: Any) -> datetime | None:
    """ISO 8601, or Unix seconds; a time without a zone is UTC."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment = datetime.fromisoformat(_text(value).removesuffix(" UTC"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _union(
    first: tuple[tuple[Identifier, str], ...], second: tuple[tuple[Identifier, str], ...]
) -> tuple[tuple[Identifier, str], ...]:
    return tuple(dict.fromkeys((*first, *second)))
