"""Plugins: found by name, listed by `deskwright sources`, and held to their promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from connectors.options import NUMBER, STRINGS, SWITCH, TABLE, faults
from deskwright import plugins
from deskwright.conversation import Conversation, Failure, Kind, Message, Participant, Skipped
from deskwright.errors import DeskwrightError
from deskwright.testing import check_connector

MESSAGE = Message("1", "ada", "Hello")
CONVERSATION = Conversation("paper", "c1", (Participant("ada", Kind.CUSTOMER),), (MESSAGE,), promised=1)
ABROAD = datetime(2025, 3, 1, tzinfo=timezone(timedelta(hours=2)))


class Paper:
    """A connector that yields what it was given."""

    name = "paper"
    help = "Letters."

    def __init__(self, *records: Any) -> None:
        self.records = records

    def check(self, options: Mapping[str, Any]) -> Sequence[str]:
        return faults(options, {})

    def count(self, path: Path, options: Mapping[str, Any]) -> int | None:
        return None

    def read(self, path: Path, options: Mapping[str, Any]) -> Iterator[Any]:
        yield from self.records


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(DeskwrightError, match=r"There is no connector named 'zendsk'\. Known: .*slack.*zendesk"):
        plugins.load("connectors", "zendsk")


def test_the_built_in_connectors_come_through_the_same_door_as_others() -> None:
    assert {"mail", "slack", "table", "zendesk"} <= set(plugins.names("connectors"))
    assert plugins.load("connectors", "slack").name == "slack"


def test_sources_lists_every_connector_with_its_help(cli: Callable[..., Result]) -> None:
    shown = cli("sources").output
    for name in plugins.names("connectors"):
        assert plugins.load("connectors", name)().help in shown
    assert "`deskwright.connectors`" in shown


def test_every_fault_of_the_options_is_a_sentence() -> None:
    known = {"agents": STRINGS, "columns": TABLE, "limit": NUMBER, "notes": SWITCH}
    assert faults({"agents": ["a"], "columns": {"a": "b"}, "limit": 3, "notes": True}, known) == []
    assert faults({"agents": 3, "agentz": [], "limit": True}, known) == [
        "agents: found 3; expected a list of strings",
        "agentz: no such option; known: agents, columns, limit, notes",
        "limit: found True; expected a whole number",
    ]


def test_a_connector_that_keeps_its_promises_passes() -> None:
    records = [CONVERSATION, Skipped("page 2", "a drawing"), Failure("page 3", "ink; expected words")]
    assert check_connector(Paper(*records), Path("letters")) == records


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([], "read nothing"),
        (["a letter"], "yielded a str"),
        ([CONVERSATION, CONVERSATION], "an id occurs more than once: c1"),
        ([replace(CONVERSATION, external_id="")], "an id is empty"),
        ([replace(CONVERSATION, participants=())], "is no participant"),
        ([replace(CONVERSATION, messages=(replace(MESSAGE, sent_at=ABROAD),))], "is not in UTC"),
        ([replace(CONVERSATION, messages=(replace(MESSAGE, edited_at=ABROAD.replace(tzinfo=None)),))], "is not in UTC"),
        ([replace(CONVERSATION, promised=2)], "promised 2; found 1 and 0 left out"),
        ([replace(CONVERSATION, source="parchment")], "source is 'parchment'; expected 'paper'"),
        ([Failure("", "ink")], "a failure has no position"),
        ([Skipped("page 2", "")], "has no reason"),
    ],
)
def test_a_broken_promise_is_named(records: list[Any], expected: str) -> None:
    with pytest.raises(AssertionError, match=expected):
        check_connector(Paper(*records), Path("letters"))


def test_a_connector_that_reads_differently_each_time_is_caught() -> None:
    class Shifty(Paper):
        def read(self, path: Path, options: Mapping[str, Any]) -> Iterator[Any]:
            self.turn = getattr(self, "turn", 0) + 1
            yield replace(CONVERSATION, external_id=f"c{self.turn}")

    with pytest.raises(AssertionError, match="a second reading gave other records"):
        check_connector(Shifty(), Path("letters"))


def test_a_connector_that_swallows_unknown_options_is_caught() -> None:
    class Deaf(Paper):
        def check(self, options: Mapping[str, Any]) -> Sequence[str]:
            return []

    with pytest.raises(AssertionError, match="does not name an option it does not know"):
        check_connector(Deaf(CONVERSATION), Path("letters"))
