"""The table connector: CSV, TSV and JSON files of exchanges or messages."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from connectors import table
from connectors.table import Table
from deskwright.conversation import Conversation, Failure, Identifier, Kind, Skipped, Visibility
from deskwright.errors import SourceError
from deskwright.plugins import Connector
from deskwright.workspace import Workspace

PAIR = {"columns": {"customer": "q", "agent": "a"}}
TALK = {"columns": {"conversation": "c", "role": "r", "text": "t"}}


def file(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, options: dict[str, Any]) -> list[Any]:
    return list(Table().read(path, options))


def texts(conversation: Conversation) -> list[tuple[Kind, str]]:
    return [(conversation.kind_of(message.author), message.text) for message in conversation.messages]


def test_the_table_connector_keeps_the_promise_of_a_connector() -> None:
    assert isinstance(Table(), Connector)


def test_a_row_becomes_a_question_and_its_public_answer(tmp_path: Path) -> None:
    [found] = read(file(tmp_path, "q,a\nWhere is it?,On its way.\n"), PAIR)
    assert texts(found) == [(Kind.CUSTOMER, "Where is it?"), (Kind.AGENT, "On its way.")]
    assert found.external_id == "row 2"
    assert {message.visibility for message in found.messages} == {Visibility.PUBLIC}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_a_quoted_cell_keeps_its_lines(tmp_path: Path, delimiter: str) -> None:
    content = f'q{delimiter}a\r\n"One, two;\r\nthree"{delimiter}Yes | no\r\n'.replace("Yes | no", '"Yes | no"')
    [found] = read(file(tmp_path, content), PAIR)
    assert texts(found) == [(Kind.CUSTOMER, "One, two;\nthree"), (Kind.AGENT, "Yes | no")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    content = "q,a\nWo ist mein Paket nach München geblieben?,Es kommt übermorgen in Köln an.\n".encode(encoding)
    [found] = read(file(tmp_path, content), PAIR)
    assert texts(found)[1] == (Kind.AGENT, "Es kommt übermorgen in Köln an.")


@pytest.mark.parametrize("name", ["t.jsonl", "t.json", "t.jsonl.gz", "t.json.gz", "t.csv.gz"])
def test_json_and_packed_files_are_read_like_csv(tmp_path: Path, name: str) -> None:
    rows = [{"q": "Hello [1]", "a": "Hi ]"}, {"q": "Again?", "a": None}]
    lines = "\n".join(json.dumps(row) for row in rows)
    content = {"jsonl": lines, "json": json.dumps(rows, indent=1), "csv": "q,a\nHello [1],Hi ]\nAgain?,\n"}
    raw = content[name.split(".")[1]].encode()
    first, second = read(file(tmp_path, gzip.compress(raw) if name.endswith("gz") else raw, name), PAIR)
    assert texts(first) == [(Kind.CUSTOMER, "Hello [1]"), (Kind.AGENT, "Hi ]")]
    assert texts(second) == [(Kind.CUSTOMER, "Again?")]


def test_a_json_list_longer_than_one_read_is_whole(tmp_path: Path) -> None:
    rows = [{"q": f"{number} " + "x" * 9000, "a": "y"} for number in range(40)]
    found = read(file(tmp_path, json.dumps(rows), "t.json"), PAIR)
    assert [texts(one)[0][1].split()[0] for one in found] == [str(number) for number in range(40)]


def test_what_cannot_be_read_is_named_by_its_row_and_the_rest_is_read(tmp_path: Path) -> None:
    content = "id,q,a\n1,One?,Yes\n2,Two?\n,,\n1,Three?,No\n4,,\n5,Five?,Yes\n"
    options = {"columns": {"id": "id", **PAIR["columns"]}}
    found = read(file(tmp_path, content), options)
    assert [one if not isinstance(one, Conversation) else one.external_id for one in found] == [
        "1",
        Failure("row 3", "found 2 cells; expected 3"),
        Failure("row 5", "id repeats that of row 2"),
        Skipped("row 6", "empty row"),
        "5",
    ]


def test_a_line_that_is_not_json_is_a_failure(tmp_path: Path) -> None:
    found = read(file(tmp_path, '{"q": "A?", "a": "B"}\n{oops\n[1]\n', "t.jsonl"), PAIR)
    assert found[1:] == [Failure("row 2", "not valid JSON"), Failure("row 3", "found list; expected an object")]


def test_people_carry_the_identifiers_of_their_columns(tmp_path: Path) -> None:
    columns = {
        **PAIR["columns"],
        "customer_name": "n",
        "customer_email": "e",
        "agent_name": "g",
        "time": "w",
        "tags": "k",
    }
    content = "q,a,n,e,g,w,k\nWhere?,Here.,Ann Ox,Ann@Example.com,Bo,2024-05-01 10:00:00 UTC,late; parcel\n"
    [found] = read(file(tmp_path, content), {"columns": columns})
    customer, agent = found.participants
    assert customer.identifiers == ((Identifier.NAME, "Ann Ox"), (Identifier.EMAIL, "Ann@Example.com"))
    assert (customer.id, agent.id) == ("customer ann@example.com", "agent Bo")
    assert found.tags == ("late", "parcel")
    assert found.messages[0].sent_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-05-01T12:00:00+02:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("1714557600", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("1714557600000", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("Wed, 1 May 2024 10:00:00 +0000", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("03/04/2024", None),
        ("", None),
    ],
)
def test_a_time_is_utc_or_nothing(cell: str, expected: datetime | None) -> None:
    assert table.time(cell) == expected


def test_rows_of_one_conversation_need_not_stand_together(tmp_path: Path) -> None:
    content = "c,r,t\n1,End-User,Hi\n2,user,Other\n1,Agent,Hello\n1,alien,?\n,user,lost\n2,staff,\n"
    found = read(file(tmp_path, content), TALK)
    assert [one.position for one in found if isinstance(one, Failure)] == ["row 5", "row 6"]
    first, second = (one for one in found if isinstance(one, Conversation))
    assert texts(first) == [(Kind.CUSTOMER, "Hi"), (Kind.AGENT, "Hello")]
    assert (texts(second), second.skipped) == ([(Kind.CUSTOMER, "Other")], (("empty row", 1),))
    assert {message.visibility for message in first.messages} == {Visibility.PUBLIC}


def test_a_declared_role_is_understood(tmp_path: Path) -> None:
    [found] = read(file(tmp_path, "c,r,t\n1,K,Hej\n1,M,Goddag\n"), {**TALK, "roles": {"K": "customer", "M": "agent"}})
    assert texts(found) == [(Kind.CUSTOMER, "Hej"), (Kind.AGENT, "Goddag")]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("public", "true", Visibility.PUBLIC),
        ("public", "0", Visibility.INTERNAL),
        ("public", "", Visibility.INTERNAL),
        ("public", "maybe", Visibility.INTERNAL),
        ("private", "no", Visibility.PUBLIC),
        ("private", "1", Visibility.INTERNAL),
        ("private", "", Visibility.INTERNAL),
    ],
)
def test_only_a_clear_yes_makes_a_message_public(tmp_path: Path, column: str, value: str, expected: Visibility) -> None:
    path = file(tmp_path, f"c,r,t,p\n1,agent,Hello,{value}\n")
    [found] = read(path, {"columns": {**TALK["columns"], column: "p"}})
    assert found.messages[0].visibility == expected


def test_messages_of_a_guessed_table_stay_internal_until_it_is_confirmed(tmp_path: Path) -> None:
    path = file(tmp_path, "ticket_id,role,message\n1,customer,Where is it?\n1,agent,On its way.\n")
    [found] = read(path, {})
    assert table.guess(path, {}) == {"conversation": "ticket_id", "role": "role", "text": "message"}
    assert {message.visibility for message in found.messages} == {Visibility.INTERNAL}
    assert "all count as internal until you confirm" in table.preview(path, {})


def test_messages_are_put_in_the_order_of_their_times(tmp_path: Path) -> None:
    content = "c,r,t,w\n1,agent,second,2024-01-02\n1,user,first,2024-01-01\n"
    [found] = read(file(tmp_path, content), {"columns": {**TALK["columns"], "time": "w"}})
    assert [message.text for message in found.messages] == ["first", "second"]


def test_a_label_column_is_not_taken_for_what_somebody_wrote(tmp_path: Path) -> None:
    content = "Customer,Question,Answer,Agent\nAnn,Where is my parcel now?,It is on its way.,Bo\n"
    assert table.guess(file(tmp_path, content), {}) == {"customer": "Question", "agent": "Answer"}


def test_internal_notes_are_never_guessed_to_be_the_answer(tmp_path: Path) -> None:
    path = file(tmp_path, "question,work notes\nWhere is my parcel now?,she always complains about it\n")
    with pytest.raises(SourceError, match="no column holds what the agent answered"):
        table.guess(path, {})


def test_a_declared_column_that_is_absent_is_named_beside_those_that_are_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"columns\.agent: no column 'a'\. Its columns are: q, answer\."):
        read(file(tmp_path, "q,answer\nx,y\n"), PAIR)


def test_a_file_without_rows_or_no_file_at_all_is_refused(tmp_path: Path) -> None:
    for path in (file(tmp_path, ""), file(tmp_path, "q,a\n"), tmp_path / "absent.csv", tmp_path):
        with pytest.raises(SourceError):
            read(path, PAIR)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ""),
        (PAIR, ""),
        (TALK, ""),
        ({"columnz": {}}, "columnz: no such option; known: columns, roles"),
        ({"columns": 3}, "columns: found 3; expected a table of strings"),
        ({"columns": {**PAIR["columns"], "texd": "t"}}, "columns.texd: no such field in one row per exchange"),
        ({"columns": {"conversation": "c", "text": "t"}}, "columns: found no role; expected conversation, role, text"),
        ({"roles": {"K": "kunde"}}, "roles.K: found 'kunde'; expected one of customer, agent"),
    ],
)
def test_options_are_checked_by_name_and_shape(options: dict[str, Any], expected: str) -> None:
    assert "\n".join(Table().check(options)).startswith(expected)
    assert bool(Table().check(options)) == bool(expected)


def test_the_preview_cuts_cells_and_ends_with_the_columns_to_paste(tmp_path: Path) -> None:
    path = file(tmp_path, f"question,answer\nWhere is my {'long ' * 30},It is on the way\n")
    shown = table.preview(path, {})
    assert f"  customer: Where is my {'long ' * 9}lo…" in shown.splitlines()
    assert shown.endswith('[sources.table.columns]\ncustomer = "question"\nagent = "answer"')


def test_the_bitext_file_is_guessed_and_read_whole(shared: Path) -> None:
    path = shared / "dialogues" / "bitext_support.csv"
    found = read(path, {})
    assert table.guess(path, {}) == {"customer": "instruction", "agent": "response", "tags": "intent"}
    assert Counter(tuple(kind for kind, _ in texts(one)) for one in found) == {(Kind.CUSTOMER, Kind.AGENT): 3568}
    assert {message.visibility for one in found for message in one.messages} == {Visibility.PUBLIC}


def test_a_table_of_tickets_without_their_texts_is_refused(shared: Path) -> None:
    with pytest.raises(SourceError, match="no column holds what the customer wrote"):
        read(shared / "crm" / "csv" / "bank_tickets.csv", {})


def test_the_command_previews_a_table_and_stores_nothing(
    tmp_path: Path, ws: Workspace, cli: Callable[..., Result]
) -> None:
    (tmp_path / "pairs.csv").write_text("question,answer\nWhere is it?,It is on its way to you.\n", encoding="utf-8")

    result = cli("ingest", "table", tmp_path / "pairs.csv", "--preview", "--workspace", ws.root)

    assert result.exit_code == 0
    assert 'customer = "question"' in result.output
    assert not (ws.reports / "ingest-table.json").exists()


def test_a_mapping_given_on_the_command_line_is_used(tmp_path: Path, ws: Workspace, cli: Callable[..., Result]) -> None:
    (tmp_path / "pairs.csv").write_text("a,b\nWhere is it?,It is on its way to you.\n", encoding="utf-8")

    result = cli(
        "ingest", "table", tmp_path / "pairs.csv", "--map", "customer=a", "--map", "agent=b", "--workspace", ws.root
    )

    assert "1 conversations read, 1 stored" in result.output
