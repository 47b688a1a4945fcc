"""A connector and a small export -> the records, after checking every promise of the `Connector` protocol.

For the tests of a package that offers a connector of its own:

    from deskwright.testing import check_connector

    def test_my_connector_keeps_its_promises():
        check_connector(MyConnector(), Path("tests/export.json"))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from deskwright.conversation import Conversation, Failure, Message, Record, Skipped
from deskwright.plugins import Connector


def check_connector(connector: Connector, path: Path, options: Mapping[str, Any] | None = None) -> list[Record]:
    """Checks the connector on an export that is complete, and returns what it read for checks of your own.

    Raises:
        AssertionError: a promise is broken; the message says which, and where.
    """
    options = options or {}
    _check_names(connector)
    _check_options(connector, options)
    records = list(connector.read(path, options))
    assert records, f"read nothing from {path}; a source without records must raise SourceError"
    assert records == list(connector.read(path, options)), "a second reading gave other records"
    assert connector.count(path, options) in (None, len(records)), (
        "count differs from the records read; None is allowed"
    )
    for record in records:
        _check_record(record)
    conversations = [record for record in records if isinstance(record, Conversation)]
    for conversation in conversations:
        _check_conversation(conversation, connector.name)
    _check_unique("conversation", (conversation.external_id for conversation in conversations))
    return records


def _check_names(connector: Connector) -> None:
    assert isinstance(connector, Connector), "lacks a part of deskwright.plugins.Connector"
    assert connector.name, "name is empty"
    assert connector.help, "help is empty"
    assert "\n" not in connector.help, "help is more than one line"


def _check_options(connector: Connector, options: Mapping[str, Any]) -> None:
    assert not list(connector.check(options)), f"check refuses the options given: {list(connector.check(options))}"
    unknown = list(connector.check({"no_such_option": 1}))
    assert any("no_such_option" in fault for fault in unknown), "check does not name an option it does not know"


def _check_record(record: Record) -> None:
    assert isinstance(record, Conversation | Skipped | Failure), f"yielded a {type(record).__name__}; expected a Record"
    match record:
        case Skipped():
            assert record.position, "a skipped record has no position"
            assert record.reason, f"a skipped record has no reason: {record.position}"
            assert record.count > 0, f"a skipped record counts {record.count}: {record.position}"
        case Failure():
            assert record.position, "a failure has no position"
            assert record.error, f"a failure has no error: {record.position}"


def _check_conversation(conversation: Conversation, name: str) -> None:
    where = f"conversation {conversation.external_id}"
    assert conversation.source == name, f"{where}: source is {conversation.source!r}; expected {name!r}"
    people = {participant.id for participant in conversation.participants}
    _check_unique(f"{where}: participant", (participant.id for participant in conversation.participants))
    _check_unique(f"{where}: message", (message.external_id for message in conversation.messages))
    for message in conversation.messages:
        assert message.author in people, f"{where}: the author of message {message.external_id} is no participant"
        _check_times(message, where)
    left_out = sum(count for _, count in conversation.skipped)
    assert conversation.promised in (None, len(conversation.messages) + left_out), (
        f"{where}: promised {conversation.promised}; found {len(conversation.messages)} and {left_out} left out"
    )


def _check_times(message: Message, where: str) -> None:
    for moment in (message.sent_at, message.edited_at):
        utc = moment is None or moment.utcoffset() == timedelta(0)
        assert utc, f"{where}: a time of message {message.external_id} is not in UTC, or does not say so"


def _check_unique(what: str, ids: Iterable[str]) -> None:
    counts = Counter(ids)
    assert "" not in counts, f"{what}: an id is empty"
    again = [one for one, count in counts.items() if count > 1]
    assert not again, f"{what}: an id occurs more than once: {again[0]}"
