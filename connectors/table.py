"""A table of exchanges or of messages (CSV, TSV, JSON lines, a JSON list; each also as .gz) -> conversations.

Two shapes, told apart by the columns that are declared under `[sources.table.columns]` (our field = "its column"):

- one row per exchange: `customer` and `agent` hold what each wrote. Both messages are public.
- one row per message: `conversation`, `role` and `text`. Without a column `public` or `private` the messages of a
  declared mapping are public; those of a guessed one stay internal until the mapping is confirmed.

Without declared columns, they are guessed from the header and from what the cells look like; `preview` shows the
guess. The file is streamed. Kept in memory: the ids seen, and the conversations whose rows are not all read yet.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import StringIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from connectors import charsets
from connectors.options import TABLE, faults
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

NAME = "table"
OPTIONS = {"columns": TABLE, "roles": TABLE}

EXCHANGE = ("customer", "agent")
MESSAGE = ("conversation", "role", "text")

# What each field's column tends to be called, the likeliest first.
ABOUT: dict[str, tuple[str, ...]] = {
    "subject": ("subject", "ticket_subject", "title", "summary"),
    "time": ("time", "timestamp", "created_at", "createddate", "created", "sent_at", "date", "message_date"),
    "status": ("status", "ticket_status", "state"),
    "tags": ("intent", "category", "topic", "issue_category", "labels", "tags", "ticket_type", "queue"),
    "csat": ("csat", "customer_csat", "satisfaction", "satisfaction_score", "customer_satisfaction_rating", "rating"),
    "language": ("language", "lang", "locale"),
    "channel": ("channel", "ticket_channel", "origin", "via", "source"),
}
GUESSES: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {
    EXCHANGE: {
        "customer": (
            *("customer", "customer_message", "customer_text", "instruction", "question", "query", "inquiry"),
            *("customer_query", "customer_question", "ticket_description", "description", "body", "user", "input"),
            *("prompt", "request", "problem", "message", "text"),
        ),
        "agent": (
            *("agent", "agent_reply", "agent_response", "agent_message", "agent_text", "response", "answer", "reply"),
            *("resolution", "output", "completion", "assistant", "solution", "support_response"),
        ),
        "id": (
            *("id", "ticket_id", "ticketid", "ticket_number", "case_number", "casenumber", "case_id", "case_no"),
            *("conversation_id", "thread_id", "chat_id", "reference"),
        ),
        "customer_id": ("customer_id", "user_id", "requester_id", "client_id", "contactid"),
        "customer_name": ("customer_name", "requester", "client_name", "suppliedname"),
        "customer_email": ("customer_email", "requester_email", "email", "suppliedemail"),
        "customer_phone": ("customer_phone", "phone_number", "phone", "suppliedphone"),
        "agent_name": ("agent_name", "assigned_agent", "assignee"),
        **ABOUT,
    },
    MESSAGE: {
        "conversation": (
            *("conversation", "conversation_id", "ticket_id", "thread_id", "dialogue_id", "dialog_id", "chat_id"),
            *("session_id", "case_id", "case_number", "casenumber"),
        ),
        "role": (
            "role",
            "author_role",
            "sender_type",
            "author_type",
            "speaker",
            "direction",
            "sender",
            "from",
            "author",
        ),
        "text": ("text", "message", "body", "content", "comment", "utterance", "message_text", "plain_body"),
        "id": ("message_id", "comment_id", "msg_id", "id"),
        "author": ("author_id", "sender_id", "user_id", "author"),
        "author_name": ("author_name", "sender_name", "name"),
        "author_email": ("author_email", "sender_email", "email"),
        "public": ("public", "is_public", "ispublished", "is_externally_visible", "isexternallyvisible"),
        "private": ("private", "is_private", "internal", "is_internal", "internal_note"),
        **ABOUT,
    },
}

ROLES: dict[str, Kind] = {
    **dict.fromkeys(("customer", "user", "end-user", "end user", "client", "requester", "incoming"), Kind.CUSTOMER),
    **dict.fromkeys(("inbound", "contact", "visitor", "human", "consumer", "guest", "caller"), Kind.CUSTOMER),
    **dict.fromkeys(("agent", "assistant", "support", "staff", "outgoing", "outbound", "admin"), Kind.AGENT),
    **dict.fromkeys(("operator", "representative", "rep", "employee", "teammate"), Kind.AGENT),
    **dict.fromkeys(("bot", "chatbot", "virtual assistant"), Kind.BOT),
    **dict.fromkeys(("system", "automation", "trigger"), Kind.SYSTEM),
    "third_party": Kind.THIRD_PARTY,
}
YES = {"true", "1", "yes", "y", "t", "public"}
NO = {"false", "0", "no", "n", "f"}
IDENTIFIERS = {"id": Identifier.ID, "name": Identifier.NAME, "email": Identifier.EMAIL, "phone": Identifier.PHONE}

DELIMITERS = ",;\t|"
SAMPLE_CHARACTERS = 1 << 16
SAMPLE_ROWS = 200
CELL = 1 << 24
WORDS = 3.0
"""A column whose cells have this many words on average holds what somebody wrote, not a name or a label."""


NEITHER = re.compile(r"note|internal|comment|context|history|transcript", re.IGNORECASE)
"""Names of columns that hold text which is neither a question nor a public answer: never guessed to be one."""
LONGEST_ID = 200


class Row(NamedTuple):
    """One row: its number as a spreadsheet shows it, and its cells by column, or what is wrong with it."""

    number: int
    cells: Mapping[str, str]
    fault: str = ""

    @property
    def position(self) -> str:
        return f"row {self.number}"


class Table:
    """A table with one row per exchange, or one row per message."""

    name = NAME
    help = "A CSV, TSV or JSON file with one row per exchange (question, answer) or one row per message."

    def check(self, options: Mapping[str, Any]) -> Sequence[str]:
        found = faults(options, OPTIONS)
        return found or [*_column_faults(options.get("columns", {})), *_role_faults(options.get("roles", {}))]

    def read(self, path: Path, options: Mapping[str, Any]) -> Iterator[Record]:
        columns = guess(path, options)
        if "conversation" in columns:
            yield from _conversations(path, columns, options)
        else:
            yield from _exchanges(path, columns)

    def count(self, path: Path, options: Mapping[str, Any]) -> int | None:
        return None

    def preview(self, path: Path, options: Mapping[str, Any]) -> str:
        return preview(path, options)


def guess(path: Path, options: Mapping[str, Any]) -> Mapping[str, str]:
    """Our field -> the file's column: as declared in `options`, else guessed from the header and the first rows.

    Raises:
        SourceError: a declared column is not there, or nothing can be guessed; lists the columns that are.
    """
    rows = [row.cells for row in islice(_rows(path), SAMPLE_ROWS) if not row.fault]
    known = list(dict.fromkeys(column for cells in rows for column in cells))
    if not rows:
        raise SourceError(f"{path} holds no rows that can be read: expected a header and rows, or JSON objects.")
    if declared := dict(options.get("columns", {})):
        absent = [f"columns.{ours}: no column {theirs!r}" for ours, theirs in declared.items() if theirs not in known]
        if absent and not _appear_later(path, set(declared.values()) - set(known)):
            raise SourceError(f"{path}: {'; '.join(absent)}. {_columns_there(known)}")
        return declared
    if found := _guess_messages(rows, known, _roles(options)):
        return found
    found = _guess_exchange(rows, known)
    if missing := [ours for ours in EXCHANGE if ours not in found]:
        lacking = " and ".join(_LACKING[ours] for ours in missing)
        raise SourceError(f"{path}: {lacking}. {_columns_there(known)} {_HOW}")
    return found


def preview(path: Path, options: Mapping[str, Any]) -> str:
    """What `read` makes of the file: the mapping, three samples with their cells cut short, the TOML that confirms it.

    The samples are raw text of the source: print them for the person at the keyboard, never write them to a log.
    """
    columns = guess(path, options)
    declared = bool(options.get("columns"))
    shown = ("role", "text") if "conversation" in columns else EXCHANGE
    rows = [row for row in islice(_rows(path), SAMPLE_ROWS) if not row.fault][:3]
    lines = [f"Columns ({'declared' if declared else 'guessed'}), one row per {_shape(columns)}:"]
    lines += [f"  {ours:<14} <- {theirs}" for ours, theirs in columns.items()]
    for row in rows:
        lines += ["", row.position, *(f"  {ours}: {_cut(row.cells.get(columns[ours], ''))}" for ours in shown)]
    if not declared:
        if "conversation" in columns and not {"public", "private"} & set(columns):
            lines += [
                "",
                "No column says who could see a message: all count as internal until you confirm the columns.",
            ]
        lines += [
            "",
            "To confirm, put this into deskwright.toml, corrected where needed:",
            "",
            "[sources.table.columns]",
        ]
        lines += [f"{ours} = {json.dumps(theirs, ensure_ascii=False)}" for ours, theirs in columns.items()]
    return "\n".join(lines)


# Options


_LACKING = {
    "customer": "no column holds what the customer wrote",
    "agent": "no column holds what the agent answered",
}
_HOW = (
    "Name them under [sources.table.columns]: `customer` and `agent` for one row per exchange, "
    "or `conversation`, `role` and `text` for one row per message."
)


def _column_faults(columns: Mapping[str, str]) -> list[str]:
    if not columns:
        return []
    shape = MESSAGE if "conversation" in columns else EXCHANGE
    known = GUESSES[shape]
    unknown = [
        f"columns.{ours}: no such field in one row per {_shape(columns)}; known: {', '.join(known)}"
        for ours in columns
        if ours not in known
    ]
    missing = [ours for ours in shape if ours not in columns]
    if missing:
        return [*unknown, f"columns: found no {' and no '.join(missing)}; expected {', '.join(shape)}. {_HOW}"]
    return unknown


def _role_faults(roles: Mapping[str, str]) -> list[str]:
    kinds = [str(kind) for kind in Kind]
    return [
        f"roles.{value}: found {kind!r}; expected one of {', '.join(kinds)}"
        for value, kind in roles.items()
        if kind not in kinds
    ]


def _shape(columns: Mapping[str, str]) -> str:
    return "message" if "conversation" in columns else "exchange"


def _columns_there(columns: Sequence[str]) -> str:
    return f"Its columns are: {', '.join(columns)}."


def _roles(options: Mapping[str, Any]) -> Mapping[str, Kind]:
    return {**ROLES, **{value.strip().lower(): Kind(kind) for value, kind in options.get("roles", {}).items()}}


def _appear_later(path: Path, columns: set[str]) -> bool:
    """Whether the columns come up anywhere: objects of JSON may leave out what they do not know."""
    for row in _rows(path):
        columns = columns - set(row.cells)
        if not columns:
            return True
    return False


def _cut(cell: str, width: int = 60) -> str:
    line = " ".join(cell.split())
    return line if len(line) <= width else line[: width - 1] + "…"


# Guessing


Cells = Mapping[str, str]


def _guess_messages(rows: Sequence[Cells], columns: Sequence[str], roles: Mapping[str, Kind]) -> dict[str, str]:
    """A mapping for one row per message, or nothing: wants a role column that tells customers and others apart."""
    found = _by_name(columns, GUESSES[MESSAGE])
    if not set(MESSAGE) <= set(found):
        return {}
    kinds = {roles.get(cells.get(found["role"], "").strip().lower()) for cells in rows} - {None}
    return found if Kind.CUSTOMER in kinds and len(kinds) > 1 else {}


def _guess_exchange(rows: Sequence[Cells], columns: Sequence[str]) -> dict[str, str]:
    """A mapping for one row per exchange; lacks `customer` or `agent` where no column of text goes by such a name.

    Where one of the two is known by name and a single other column holds text, that one is the other."""
    texts = [column for column in columns if _words(rows, column) >= WORDS]
    names = GUESSES[EXCHANGE]
    found = _by_name(texts, {ours: names[ours] for ours in EXCHANGE})
    rest = [column for column in columns if column not in found.values()]
    found |= _by_name(rest, {ours: theirs for ours, theirs in names.items() if ours not in EXCHANGE})
    missing = [ours for ours in EXCHANGE if ours not in found]
    others = [column for column in texts if column not in found.values() and not NEITHER.search(column)]
    if len(missing) == len(others) == 1:
        found[missing[0]] = others[0]
    if "id" in found and len({cells.get(found["id"], "") for cells in rows}) < len(rows):
        del found["id"]
    return {ours: found[ours] for ours in names if ours in found}


def _by_name(columns: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    there = {re.sub(r"[\W_]+", "_", column.strip().lower()).strip("_"): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for ours, theirs in names.items():
        column = next((there[name] for name in theirs if name in there and there[name] not in found.values()), None)
        if column is not None:
            found[ours] = column
    return found


def _words(rows: Sequence[Cells], column: str) -> float:
    filled = [cell for cells in rows if (cell := cells.get(column, ""))]
    return sum(len(cell.split()) for cell in filled) / len(filled) if filled else 0.0


# One row per exchange


def _exchanges(path: Path, columns: Mapping[str, str]) -> Iterator[Record]:
    seen: dict[str, str] = {}
    for row in _rows(path):
        if row.fault:
            yield Failure(row.position, row.fault)
            continue
        cell = _cells(row, columns)
        if not cell["customer"] and not cell["agent"]:
            yield Skipped(row.position, "empty row")
            continue
        external_id = cell.get("id") or row.position
        if len(external_id) > LONGEST_ID:
            yield Failure(row.position, _long("id", external_id))
            continue
        first = seen.setdefault(external_id, row.position)
        if first != row.position:
            yield Failure(row.position, f"id repeats that of {first}")
            continue
        yield _exchange(external_id, cell)


def _exchange(external_id: str, cell: Mapping[str, str]) -> Conversation:
    people = {
        kind: _participant(kind, cell, prefix, external_id)
        for kind, prefix in ((Kind.CUSTOMER, "customer_"), (Kind.AGENT, "agent_"))
        if cell[kind]
    }
    messages = tuple(
        Message(f"{external_id}/{kind}", people[kind].id, cell[kind], time(cell.get("time", "")), Visibility.PUBLIC)
        for kind in people
    )
    return Conversation(NAME, external_id, tuple(people.values()), messages, **_about([cell]))


def _participant(kind: Kind, cell: Mapping[str, str], prefix: str, conversation: str) -> Participant:
    """A person without any identifier is a person of this conversation only, so that two strangers stay two."""
    known = {suffix: cell[prefix + suffix] for suffix in IDENTIFIERS if cell.get(prefix + suffix)}
    key = known.get("id") or known.get("email", "").lower() or known.get("phone") or known.get("name")
    identifiers = tuple((IDENTIFIERS[suffix], value) for suffix, value in known.items())
    return Participant(f"{kind} {key}" if key else f"{kind} of {conversation}", kind, identifiers)


def _about(cells: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the rows of one conversation say about it as a whole: for each field the first cell that is filled."""
    first = {ours: next((cell[ours] for cell in cells if cell.get(ours)), "") for ours in ABOUT}
    return {
        "subject": first["subject"],
        "status": first["status"],
        "channel": first["channel"],
        "tags": tuple(tag for part in re.split(r"[,;|]", first["tags"]) if (tag := part.strip())),
        "csat": first["csat"] or None,
        "language": first["language"] or None,
    }


# One row per message


@dataclass(slots=True)
class _Open:
    """A conversation of which `left` rows are still to come."""

    left: int
    cells: list[Mapping[str, str]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    people: dict[str, Participant] = field(default_factory=dict)
    empty: int = 0


def _conversations(path: Path, columns: Mapping[str, str], options: Mapping[str, Any]) -> Iterator[Record]:
    """Reads the file twice: once to count the rows of each conversation, once to give each out with its last row."""
    key = columns["conversation"]
    counts = Counter(row.cells.get(key, "").strip() for row in _rows(path) if not row.fault)
    unsaid = Visibility.PUBLIC if options.get("columns") else Visibility.INTERNAL
    roles = _roles(options)
    running: dict[str, _Open] = {}
    for row in _rows(path):
        cell = {} if row.fault else _cells(row, columns)
        external_id = cell.get("conversation", "")
        if row.fault or not 0 < len(external_id) <= LONGEST_ID:
            yield Failure(row.position, row.fault or _long("conversation", external_id))
            continue
        talk = running.setdefault(external_id, _Open(counts[external_id]))
        talk.left -= 1
        kind = roles.get(cell["role"].lower())
        if not cell["text"]:
            talk.empty += 1
        elif kind is None:
            yield Failure(row.position, "role: found a value that is not known; declare it under [sources.table.roles]")
        else:
            _add(talk, external_id, kind, cell, unsaid)
        if not talk.left:
            yield from _finished(external_id, running.pop(external_id), row.position)


def _add(talk: _Open, conversation: str, kind: Kind, cell: Mapping[str, str], unsaid: Visibility) -> None:
    author = {**cell, "author_id": cell.get("author", "")}
    person = _participant(kind, author, "author_", conversation)
    talk.people.setdefault(person.id, person)
    talk.cells.append(cell)
    message_id = cell.get("id") or f"{conversation}/{len(talk.messages) + talk.empty + 1}"
    sent = time(cell.get("time", ""))
    talk.messages.append(Message(message_id, person.id, cell["text"], sent, _visibility(cell, unsaid)))


def _visibility(cell: Mapping[str, str], unsaid: Visibility) -> Visibility:
    """Public only where every column about it says so; an empty or unknown value is internal."""
    said = [cell[ours].lower() in yes for ours, yes in (("public", YES), ("private", NO)) if ours in cell]
    if not said:
        return unsaid
    return Visibility.PUBLIC if all(said) else Visibility.INTERNAL


def _finished(external_id: str, talk: _Open, position: str) -> Iterator[Record]:
    skipped = (("empty row", talk.empty),) if talk.empty else ()
    if not talk.messages:
        if talk.empty:
            yield Skipped(position, "empty row", talk.empty)
        return
    times = [message.sent_at for message in talk.messages]
    if None not in times:
        talk.messages.sort(key=lambda message: cast(datetime, message.sent_at))
    people, messages = tuple(talk.people.values()), tuple(talk.messages)
    yield Conversation(NAME, external_id, people, messages, **_about(talk.cells), skipped=skipped)


# Cells


def _long(ours: str, external_id: str) -> str:
    return f"{ours}: found {len(external_id)} characters; expected 1 to {LONGEST_ID}"


def _cells(row: Row, columns: Mapping[str, str]) -> dict[str, str]:
    return {ours: row.cells.get(theirs, "").replace("\r\n", "\n").strip() for ours, theirs in columns.items()}


def time(cell: str) -> datetime | None:
    """The time in a cell, as UTC: ISO 8601, RFC 5322, Unix seconds or milliseconds; one without a zone counts as UTC.

    Anything else is None: 03/04/2024 is two different days."""
    cell = re.sub(r" (?:UTC|GMT|Z)$", "+00:00", cell.strip())
    try:
        if re.fullmatch(r"\d{10}(\d{3})?(\.\d+)?", cell):
            seconds = float(cell)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        found = parsedate_to_datetime(cell) if re.match(r"[A-Za-z]{3}, ", cell) else datetime.fromisoformat(cell)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, OSError):
        return None


# Rows


def _rows(path: Path) -> Iterator[Row]:
    """Every row of the file, whatever its format; the format is told by the name, else by the first character."""
    if not path.is_file():
        raise SourceError(f"{path} is not a file: expected a CSV, TSV, JSONL or JSON file (also .gz).")
    try:
        encoding = charsets.of_stream(lambda: _chunks(path))
        with _opened(path) as raw, TextIOWrapper(raw, encoding=encoding, newline="") as text:
            sample = text.read(SAMPLE_CHARACTERS)
            text.seek(0)
            yield from _reader(path, sample)(text, sample)
    except (OSError, EOFError) as error:
        raise SourceError(f"{path} cannot be read: {type(error).__name__}.") from error


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def _chunks(path: Path, size: int = 1 << 20) -> Iterator[bytes]:
    with _opened(path) as raw:
        while chunk := raw.read(size):
            yield chunk


def _reader(path: Path, sample: str) -> Callable[[IO[str], str], Iterator[Row]]:
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    start = sample.lstrip("\ufeff \t\r\n")[:1]
    if suffix in (".csv", ".tsv") or start not in ("{", "["):
        return _csv_rows
    return _json_list if start == "[" else _json_lines


def _csv_rows(text: IO[str], sample: str) -> Iterator[Row]:
    csv.field_size_limit(CELL)
    reader = csv.reader(text, delimiter=_delimiter(sample))
    header: list[str] = []
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(number, {}, f"not a row of CSV: expected cells of at most {CELL} characters")
            continue
        if not any(cells):
            continue
        if not header:
            header = _distinct([cell.strip() for cell in cells])
            continue
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if len(cells) != len(header):
            yield Row(number, {}, f"found {len(cells)} cells; expected {len(header)}")
        else:
            yield Row(number, dict(zip(header, cells, strict=True)))


def _distinct(header: Iterable[str]) -> list[str]:
    """The header with a number behind a name that comes again; cells at its end that are empty are no columns."""
    seen: Counter[str] = Counter()
    names = []
    for name in header:
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    while names and re.fullmatch(r"( \d+)?", names[-1]):
        names.pop()
    return names


def _delimiter(sample: str) -> str:
    """The delimiter under which most rows of the sample have as many cells as the header, and the most of them."""

    def fit(delimiter: str) -> tuple[float, int]:
        rows = [row for row in islice(csv.reader(StringIO(sample, newline=""), delimiter=delimiter), 50) if row]
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        rows = rows[:-1] if len(rows) > 2 and len(sample) == SAMPLE_CHARACTERS else rows
        return sum(len(row) == width for row in rows) / len(rows), width

    csv.field_size_limit(CELL)
    return max(DELIMITERS, key=fit)


def _json_lines(text: IO[str], sample: str) -> Iterator[Row]:
    for number, line in enumerate(text, 1):
        if line.strip("\ufeff \t\r\n"):
            try:
                yield _json_row(number, json.loads(line.strip("\ufeff \t\r\n")))
            except ValueError:
                yield Row(number, {}, "not valid JSON")


def _json_list(text: IO[str], sample: str) -> Iterator[Row]:
    """The items of a JSON list, one at a time. Past a fault nothing can be told apart, so it ends the reading."""
    decoder = json.JSONDecoder()
    held, number, size = text.read(SAMPLE_CHARACTERS).lstrip("\ufeff \t\r\n")[1:], 0, SAMPLE_CHARACTERS
    while True:
        held = held.lstrip(", \t\r\n")
        if held.startswith("]"):
            return
        try:
            item, end = decoder.raw_decode(held)
            complete = end < len(held)
        except ValueError:
            complete = False
        if complete:
            number += 1
            yield _json_row(number, item)
            held = held[end:]
            size = SAMPLE_CHARACTERS
        elif more := text.read(size):
            held += more
            size *= 2
        else:
            yield Row(number + 1, {}, "not valid JSON: the list ends here")
            return


def _json_row(number: int, item: Any) -> Row:
    if not isinstance(item, dict):
        return Row(number, {}, f"found {type(item).__name__}; expected an object")
    return Row(number, {str(name): _json_cell(value) for name, value in item.items()})


def _json_cell(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    if isinstance(value, str) or value is None:
        return value or ""
    return json.dumps(value, ensure_ascii=False)
