"""The bytes of one mail -> its headers, decoded, and its body in parts. Takes any bytes; what is broken is left empty.

The standard library parses with its tolerant policy; the strict one raises on malformed headers and unknown charsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message as Mime
from email.utils import getaddresses, parsedate_to_datetime

from connectors import charsets
from connectors.reply import Reply, split, split_html
from deskwright.conversation import Attachment

PLACEHOLDER = re.compile(
    r"(html|mime)[ -]*(format|message|e-?mail|capable|enabled|compatible|version|mail)"
    r"|(view|see|open|read) .{0,40}(in|with|using) .{0,20}(html|browser)"
    r"|does(n't| not) (support|display) .{0,20}html",
    re.IGNORECASE,
)
PLACEHOLDER_LENGTH = 400
ENCRYPTED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
NO_CONTENT = ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")

Headers = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Body:
    """What a mail says, what is attached, and, where it cannot be read as a letter, why not."""

    reply: Reply
    attachments: tuple[Attachment, ...] = ()
    unreadable: str = ""


def headers(raw: bytes) -> Headers:
    """The headers of a mail by lower-case name, unfolded but not decoded, in the order they stand in."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0] + b"\n\n"
    found: dict[str, tuple[str, ...]] = {}
    for name, value in message_from_bytes(head, policy=policy.compat32).raw_items():
        line = re.sub(r"[\r\n]+", "", _readable(str(value))).strip()
        found[name.lower()] = (*found.get(name.lower(), ()), line)
    return found


def text(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) decoded."""
    try:
        parts = decode_header(value) if "=?" in value else [(value, None)]
    except (HeaderParseError, ValueError):
        return value
    decoded = [part if isinstance(part, str) else charsets.decode(part, charset or "") for part, charset in parts]
    return " ".join("".join(decoded).split())


def addresses(values: tuple[str, ...]) -> list[tuple[str, str]]:
    """(name, address) of everyone in the headers given; the address is lower-case and may be empty."""
    return [person for value in values for person in _addresses(value)]


def _addresses(value: str) -> list[tuple[str, str]]:
    """As `addresses`, of one header. What stands before a bare comma, as in `Doe, Ann <ann@example.org>`, belongs to
    the name that follows; an `@` outside the angle brackets is part of a name. Without any address it is all a name."""
    value = re.sub(r'(^|,)\s*([^",<>]*@[^",<>]*?)\s*<', r'\1 "\2" <', value)
    if value.endswith(":;"):
        return []
    people = []
    before: list[str] = []
    for name, address in getaddresses([value]):
        if "@" in address:
            people.append((text(", ".join([*before, name] if name else before)), address.strip().lower()))
            before = []
        else:
            before += filter(None, [name or address])
    if people:
        return people
    bare = re.findall(r"[^\s<>,;:\"]+@[^\s<>,;:\"]+", value)
    return [("", address.lower()) for address in bare] or [(text(value.strip(' "<>')), "")] * bool(value)


def ids(values: tuple[str, ...]) -> list[str]:
    """The message ids in the headers given, each once."""
    return list(dict.fromkeys(found for value in values for found in re.findall(r"<([^<>\s]+)>", value)))


def date(value: str) -> datetime | None:
    """A Date header as UTC, None where it is no date."""
    try:
        found = parsedate_to_datetime(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def body(raw: bytes) -> Body:
    """The body of a mail: plain text where it has one that is more than a placeholder, else the HTML."""
    mime = message_from_bytes(raw, policy=policy.compat32)
    parts = list(_leaves(mime))
    kinds = [part.get_content_type() for part in parts]
    reply = _joined(list(_replies(mime)))
    attachments = tuple(
        Attachment(text(_filename(part)), kind)
        for part, kind in zip(parts, kinds, strict=True)
        if kind not in NO_CONTENT and not _is_text(part)
    )
    return Body(reply, attachments, _unreadable(mime, parts, kinds, reply))


def _unreadable(mime: Mime, parts: list[Mime], kinds: list[str], reply: Reply) -> str:
    said = reply.text or reply.quoted
    invites = [part for part in parts if part.get_content_type() == "text/calendar"]
    faults = {
        "encrypted": mime.get_content_type() in ENCRYPTED
        or (not said and any(kind in ENCRYPTED for kind in kinds))
        or reply.text.startswith("-----BEGIN PGP MESSAGE-----"),
        "calendar invite": bool(invites) and (not said or any(part.get_param("method") for part in invites)),
        "winmail.dat without a text": not said and any("ms-tnef" in kind for kind in kinds),
    }
    return next((reason for reason, is_so in faults.items() if is_so), "")


def _replies(part: Mime) -> Iterator[Reply]:
    """The readable pieces of a mail in order; of alternatives, the best one."""
    if part.get_content_type() == "multipart/alternative" and part.is_multipart():
        yield _best([(child.get_content_type(), reply) for child in _children(part) for reply in _replies(child)])
    elif part.is_multipart() and part.get_content_maintype() == "multipart":
        for child in _children(part):
            yield from _replies(child)
    elif _is_text(part):
        content = _content(part)
        yield split_html(content) if part.get_content_type() == "text/html" else split(content)


def _best(alternatives: list[tuple[str, Reply]]) -> Reply:
    """Plain text, unless it is empty, a placeholder, or shows no quote where the HTML marks one."""
    plain = _joined([reply for kind, reply in alternatives if kind == "text/plain"])
    html = _joined([reply for kind, reply in alternatives if kind != "text/plain"])
    empty = not any(plain) or (len(plain.text) < PLACEHOLDER_LENGTH and PLACEHOLDER.search(plain.text))
    return html if any(html) and (empty or (html.quoted and not plain.quoted)) else plain


def _joined(replies: list[Reply]) -> Reply:
    """Several pieces as one."""
    return Reply(*("\n\n".join(filter(None, texts)) for texts in zip(*replies, strict=True))) if replies else Reply("")


def _children(part: Mime) -> list[Mime]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Mime)] if isinstance(payload, list) else []


def _leaves(part: Mime) -> Iterator[Mime]:
    """The parts that hold no others; a mail that is forwarded whole is one."""
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in _children(part):
            yield from _leaves(child)
    else:
        yield part


def _is_text(part: Mime) -> bool:
    """Whether a part is shown as the letter itself."""
    shown = part.get_content_type() in ("text/plain", "text/html", "text/enriched") and not part.is_multipart()
    return shown and part.get_content_disposition() != "attachment"


def _content(part: Mime) -> str:
    payload = part.get_payload(decode=True)
    declared = part.get_param("charset")
    name = declared[2] if isinstance(declared, tuple) else declared
    content = charsets.decode(payload if isinstance(payload, bytes) else b"", str(name or "")).lstrip("\ufeff")
    if str(part.get_param("format") or "").lower() == "flowed":
        return _unflowed(content, str(part.get_param("delsp") or "").lower() == "yes")
    return content


def _unflowed(content: str, delete_space: bool) -> str:
    """Format=flowed (RFC 3676) as whole paragraphs: a line that ends in a space goes on in the next one."""
    lines: list[str] = []
    open_depth: int | None = None
    for line in content.replace("\r\n", "\n").split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        rest = line[depth:].removeprefix(" ") if depth == 0 else line[depth:]
        if open_depth == depth and rest != "-- ":
            lines[-1] = (lines[-1][:-1] if delete_space else lines[-1]) + rest.lstrip(" " if depth else "")
        else:
            lines.append(">" * depth + rest)
        open_depth = depth if rest.endswith(" ") and rest != "-- " else None
    return "\n".join(lines)


def _filename(part: Mime) -> str:
    try:
        return _readable(part.get_filename() or "")
    except (ValueError, TypeError, LookupError):
        return ""


def _readable(value: str) -> str:
    """A header with bytes that are not ASCII, which the parser keeps as surrogates, as the text they stand for."""
    return charsets.decode(value.encode("utf-8", "surrogateescape")) if not value.isascii() else value
