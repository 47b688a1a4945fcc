"""The Zendesk connector: exports and API responses, invented and recorded."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import zendesk
from connectors.zendesk import Zendesk
from deskwright.conversation import Attachment, Conversation, Failure, Identifier, Kind, Skipped, Visibility
from deskwright.errors import SourceError
from deskwright.testing import check_connector

MILA = {"id": 11, "name": "Mila Thorne", "email": "mila@example.com", "role": "end-user", "phone": "+15005550006"}
OREN = {"id": 21, "name": "Oren Vale", "email": "oren@example.org", "role": "agent", "alias": "Oren from Care"}


def comment(number: int, author: Any, body: str = "Hello", **more: Any) -> dict[str, Any]:
    at = f"2025-03-01T10:{number % 60:02}:00Z"
    return {"id": number, "author_id": author, "body": body, "public": True, "created_at": at} | more


def ticket(number: int = 1, *comments: Any, **more: Any) -> dict[str, Any]:
    people = {"requester_id": 11, "submitter_id": 11, "assignee_id": 21}
    fields = {"id": number, "subject": "Kettle", "status": "solved", "updated_at": "2025-03-02T00:00:00Z"}
    return fields | people | {"comments": list(comments)} | more


def ndjson(folder: Path, *values: Any, name: str = "export.ndjson") -> Path:
    path = folder / name
    lines = [value if isinstance(value, str) else json.dumps(value) for value in values]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read(path: Path) -> list[Any]:
    return list(Zendesk().read(path, {}))


def kinds(conversation: Conversation) -> list[Kind]:
    return [conversation.kind_of(message.author) for message in conversation.messages]


def test_a_ticket_of_the_full_export_becomes_a_conversation(tmp_path: Path) -> None:
    rating = {"score": "good", "comment": "Thanks"}
    asked, answered = comment(1, 11, "It leaks."), comment(2, 21, "Sorry!", attachments=[{"file_name": "label.pdf"}])
    line = ticket(
        7, answered, asked, tags=["kettle"], satisfaction_rating=rating, comment_count=2, via={"channel": "web"}
    )
    path = ndjson(tmp_path, {"users": [MILA]}, line, OREN)
    [found] = [record for record in check_connector(Zendesk(), path) if isinstance(record, Conversation)]
    assert [(m.author, m.text) for m in found.messages] == [("11", "It leaks."), ("21", "Sorry!")]
    assert kinds(found) == [Kind.CUSTOMER, Kind.AGENT]
    assert found.messages[0].sent_at == datetime(2025, 3, 1, 10, 1, tzinfo=UTC)
    assert found.messages[1].attachments == (Attachment("label.pdf"),)
    assert (found.subject, found.status, found.tags, found.csat, found.channel, found.promised, found.language) == (
        "Kettle",
        "solved",
        ("kettle",),
        "good",
        "web",
        2,
        None,
    )


@pytest.mark.parametrize("score", ["unoffered", "offered", None])
def test_a_rating_nobody_gave_is_none(tmp_path: Path, score: str | None) -> None:
    [found] = read(ndjson(tmp_path, ticket(1, comment(1, 11), satisfaction_rating={"score": score})))
    assert found.csat is None


def test_everyone_on_the_ticket_is_a_participant_with_what_the_source_knows_of_them(tmp_path: Path) -> None:
    via = {"channel": "email", "source": {"from": {"name": "M. Thorne", "address": "mila@example.com"}, "to": {}}}
    line = ticket(1, comment(1, 11, via=via), collaborator_ids=[31], email_cc_ids=[32])
    [found] = read(ndjson(tmp_path, line, MILA, OREN, {"id": 31, "name": "Ada Bright", "role": "end-user"}))
    people = {person.id: person for person in found.participants}
    assert list(people) == ["11", "21", "31", "32"]
    assert people["11"].identifiers == (
        (Identifier.NAME, "Mila Thorne"),
        (Identifier.EMAIL, "mila@example.com"),
        (Identifier.PHONE, "+15005550006"),
        (Identifier.NAME, "M. Thorne"),
    )
    assert (Identifier.HANDLE, "Oren from Care") in people["21"].identifiers
    assert people["32"].kind is Kind.THIRD_PARTY


def test_an_address_a_mail_went_to_is_a_participant_too(tmp_path: Path) -> None:
    to = {"name": "Jo Fern", "address": "jo@example.net", "email_ccs": [11, "kit@example.net"]}
    [found] = read(ndjson(tmp_path, ticket(1, comment(1, 21, via={"channel": "web", "source": {"to": to}})), MILA))
    identifiers = {pair for person in found.participants for pair in person.identifiers}
    assert {(Identifier.NAME, "Jo Fern"), (Identifier.EMAIL, "jo@example.net")} < identifiers
    assert (Identifier.EMAIL, "kit@example.net") in identifiers


def test_the_numbers_of_a_call_are_known(tmp_path: Path) -> None:
    call = comment(1, 21, "Call from a customer", type="VoiceComment", data={"from": "+15005550009", "to": None})
    [found] = read(ndjson(tmp_path, ticket(1, call)))
    assert (Identifier.PHONE, "+15005550009") in {pair for person in found.participants for pair in person.identifiers}


def test_without_users_the_roles_come_from_the_ticket(tmp_path: Path) -> None:
    comments = [comment(1, 11), comment(2, 21), comment(3, 41), comment(4, 51)]
    [found] = read(ndjson(tmp_path, ticket(1, *comments, submitter_id=41)))
    assert kinds(found) == [Kind.CUSTOMER, Kind.AGENT, Kind.AGENT, Kind.THIRD_PARTY]


def test_people_written_into_the_ticket_are_known(tmp_path: Path) -> None:
    line = ticket(1, comment(1, 11), requester=MILA, submitter={"id": 21, "name": "Oren Vale", "role": "admin"})
    del line["requester_id"], line["submitter_id"], line["assignee_id"]
    [found] = read(ndjson(tmp_path, line))
    assert [(one.id, one.kind) for one in found.participants] == [("11", Kind.CUSTOMER), ("21", Kind.AGENT)]
    assert (Identifier.NAME, "Mila Thorne") in found.participants[0].identifiers


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Visibility.PUBLIC),
        ({"public": False}, Visibility.INTERNAL),
        ({"public": None}, Visibility.INTERNAL),
        ({"public": "yes"}, Visibility.INTERNAL),
        ({"via": {"channel": "side_conversation"}}, Visibility.SIDE),
    ],
)
def test_what_is_not_plainly_public_is_internal(tmp_path: Path, more: dict[str, Any], expected: Visibility) -> None:
    [found] = read(ndjson(tmp_path, ticket(1, comment(1, 21, **more))))
    assert found.messages[0].visibility is expected


@pytest.mark.parametrize(
    ("author", "channel", "expected"),
    [
        (-1, "web", Kind.SYSTEM),
        (21, "rule", Kind.SYSTEM),
        (21, "automation", Kind.SYSTEM),
        (21, "answer_bot", Kind.BOT),
        (21, "email", Kind.AGENT),
    ],
)
def test_what_no_person_wrote_is_not_an_agents(tmp_path: Path, author: int, channel: str, expected: Kind) -> None:
    [found] = read(ndjson(tmp_path, ticket(1, comment(1, author, via={"channel": channel})), OREN))
    assert kinds(found) == [expected]


@pytest.mark.parametrize(
    "body",
    [
        'Request #12 "Kettle" was closed and merged into this request.\n\nLast comment: it leaks',
        "This request was merged into request #13.",
        "This ticket was closed and merged into ticket #13",
        "Tickets #4, #5 were closed and merged into this ticket.",
    ],
)
def test_a_merge_notice_is_left_out_and_accounted_for(tmp_path: Path, body: str) -> None:
    line = ticket(1, comment(1, 11), comment(2, 21, body, public=False), comment_count=2)
    [found] = check_connector(Zendesk(), ndjson(tmp_path, line))
    assert isinstance(found, Conversation)
    assert (len(found.messages), found.skipped) == (1, (("merge notice", 1),))


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ({"plain_body": "plain&nbsp;one", "body": "**plain**", "html_body": "<b>rich</b>"}, "plain one"),
        ({"body": "**marked**", "html_body": "<b>rich</b>"}, "**marked**"),
        (
            {"body": None, "html_body": "<p>Dear <b>Mila</b>,</p><p>one<br>two &amp; three</p>"},
            "Dear Mila,\none\ntwo & three",
        ),
        ({"body": "", "html_body": "page.html"}, "page.html"),
        ({"body": ""}, ""),
    ],
)
def test_the_plainest_body_is_taken(tmp_path: Path, bodies: dict[str, Any], expected: str) -> None:
    [found] = read(ndjson(tmp_path, ticket(1, comment(1, 11) | bodies)))
    assert found.messages[0].text == expected


def test_a_description_stands_in_where_comments_were_not_exported(tmp_path: Path) -> None:
    line = ticket(5, description="It leaks.", created_at="2025-03-01T10:00:00Z")
    [found] = check_connector(Zendesk(), ndjson(tmp_path, line, MILA))
    assert isinstance(found, Conversation)
    [message] = found.messages
    assert (message.author, message.text, message.visibility) == ("11", "It leaks.", Visibility.PUBLIC)
    assert message.sent_at == datetime(2025, 3, 1, 10, tzinfo=UTC)


def test_promised_comments_that_are_absent_show_as_a_shortfall(tmp_path: Path) -> None:
    [found] = read(ndjson(tmp_path, ticket(5, description="It leaks.", comment_count=3)))
    assert (found.promised, found.messages) == (3, ())


def test_the_count_of_a_comments_file_is_a_promise(tmp_path: Path) -> None:
    ndjson(tmp_path, {"tickets": [ticket(3)]})
    ndjson(tmp_path, {"comments": [comment(1, 11)], "count": 140, "next_page": "..."}, name="tickets_3_comments.json")
    [found] = read(tmp_path)
    assert (found.promised, len(found.messages)) == (140, 1)


def test_the_newest_copy_of_a_ticket_counts_and_no_comment_is_lost(tmp_path: Path) -> None:
    old = ticket(1, comment(1, 11), comment(2, 21, "First wording"), status="open", updated_at="2025-03-01T00:00:00Z")
    new = ticket(1, comment(2, 21, "Last wording"), comment(3, 11), updated_at="2025-03-05T00:00:00Z")
    bare = ticket(1, status="pending", updated_at="2025-03-03T00:00:00Z")
    records = read(ndjson(tmp_path, new, old, bare))
    assert records[:2] == [
        Skipped("export.ndjson:line 1", "another copy of the ticket"),
        Skipped("export.ndjson:line 2", "another copy of the ticket"),
    ]
    assert records[2].status == "solved"
    assert [m.text for m in records[2].messages] == ["Hello", "Last wording", "Hello"]


def test_a_deleted_ticket_is_not_ingested(tmp_path: Path) -> None:
    path = ndjson(tmp_path, ticket(1, status="deleted", description="SCRUBBED"))
    assert read(path) == [Skipped("export.ndjson:line 1", "deleted ticket")]


def test_a_broken_record_is_named_by_its_line_and_the_rest_is_read(tmp_path: Path) -> None:
    nameless = ticket(9)
    del nameless["id"]
    path = ndjson(tmp_path, ticket(1, comment(1, 11)), '{"id": 2, "subj', "", nameless, ticket(3, {"body": "x"}), "[7]")
    records = read(path)
    assert [r.external_id for r in records if isinstance(r, Conversation)] == ["1", "3"]
    assert [record for record in records if isinstance(record, Failure)] == [
        Failure("export.ndjson:line 2", "broken JSON; expected one JSON object a line"),
        Failure("export.ndjson:line 4", "a ticket without an id; expected `id` to be a number"),
        Failure("export.ndjson:line 5 comments[0]", "no comment id; expected an object with an `id`"),
        Failure("export.ndjson:line 6[0]", "found a int; expected an object"),
    ]


def test_a_broken_first_line_does_not_hide_the_others(tmp_path: Path) -> None:
    records = read(ndjson(tmp_path, '{"id": 1, "subject": "Ket', ticket(2, comment(1, 11))))
    assert [type(record) for record in records] == [Failure, Conversation]


@pytest.mark.parametrize(
    "value",
    [
        [ticket(1, comment(1, 11))],
        {"tickets": [ticket(1, comment(1, 11))], "users": [MILA], "count": 1},
        {"ticket": ticket(1, comment(1, 11)), "audit": {}},
        ticket(1, comment(1, 11)),
        {"results": [ticket(1, comment(1, 11), result_type="ticket")]},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_every_envelope_is_opened(tmp_path: Path, value: Any, indent: int | None) -> None:
    path = tmp_path / "response"
    path.write_text(json.dumps(value, indent=indent), encoding="utf-8-sig")
    assert [record.external_id for record in read(path)] == ["1"]


def test_comments_find_their_ticket_by_id_or_file_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    ndjson(tmp_path, {"tickets": [ticket(1), ticket(2)]}, name="z.json")
    ndjson(tmp_path, {"comments": [comment(5, 11, ticket_id=1)]}, name="a.json")
    ndjson(tmp_path / "deep", {"comments": [comment(6, 11)]}, name="GET_tickets_2_comments.json")
    ndjson(tmp_path, {"comments": [comment(7, 11, ticket_id=99)]}, name="b.json")
    ndjson(tmp_path, {"comments": [comment(8, 11)]}, name="c.json")
    records = read(tmp_path)
    assert {r.external_id: [m.external_id for m in r.messages] for r in records if isinstance(r, Conversation)} == {
        "1": ["5"],
        "2": ["6"],
    }
    assert Skipped("b.json:line 1 comments[0]", "comments of a ticket that is not in the export") in records
    assert [record.position for record in records if isinstance(record, Failure)] == ["c.json:line 1 comments[0]"]


def test_gzip_and_zip_are_opened_by_content(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(ticket(number, comment(1, 11))) for number in (1, 2)).encode()
    (tmp_path / "export.dat").write_bytes(gzip.compress(lines))
    with zipfile.ZipFile(tmp_path / "more.bin", "w") as archive:
        archive.writestr("part/3.json", json.dumps(ticket(3, comment(1, 11))))
        archive.writestr("part/4.json.gz", gzip.compress(json.dumps(ticket(4, comment(1, 11))).encode()))
        archive.writestr("notes.txt", "nothing")
    records = read(tmp_path)
    assert [r.external_id for r in records if isinstance(r, Conversation)] == ["1", "2", "3", "4"]
    assert Skipped("more.bin/notes.txt", "not JSON") in records


def test_a_damaged_archive_is_a_failure_that_stops_nothing(tmp_path: Path) -> None:
    ndjson(tmp_path, ticket(1, comment(1, 11)), name="good.json")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(json.dumps(ticket(2)).encode() * 50)[:-30])
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and then nothing")
    assert sorted(type(record).__name__ for record in read(tmp_path)) == ["Conversation", "Failure", "Failure"]


def test_a_value_too_large_to_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zendesk, "MOST", 400)
    (tmp_path / "a.json").write_text(json.dumps([ticket(1, comment(1, 11))] * 5, indent=1), encoding="utf-8")
    [failure] = read(tmp_path)
    assert "expected one ticket a line" in failure.error


def test_other_objects_are_skipped_by_name(tmp_path: Path) -> None:
    ndjson(tmp_path, {"macros": [{"id": 1}], "count": 1}, name="a.json")
    ndjson(tmp_path, {"jane@example.com": [1]}, name="b.json")
    ndjson(tmp_path, ticket(1, comment(1, 11)), name="c.json")
    assert read(tmp_path)[:2] == [
        Skipped("a.json:line 1", "not tickets, comments or users: macros"),
        Skipped("b.json:line 1", "not tickets, comments or users: other objects"),
    ]


def test_a_source_without_tickets_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"There is no .*nowhere\. Expected a Zendesk export"):
        read(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="holds no Zendesk tickets"):
        read(ndjson(tmp_path, {"macros": []}))


def test_metadata_is_dropped(tmp_path: Path) -> None:
    line = ticket(1, comment(1, 11, metadata={"system": {"ip_address": "192.0.2.77", "location": "Nowhere"}}))
    assert "192.0.2.77" not in repr(read(ndjson(tmp_path, line)))


def test_an_unknown_option_is_a_fault() -> None:
    assert Zendesk().check({"agentz": 1}) == ["agentz: no such option; known: none"]


def test_the_recorded_api_responses_make_four_tickets_with_all_their_comments(shared: Path) -> None:
    records = check_connector(Zendesk(), shared / "crm" / "zendesk" / "recorded")
    tickets = {record.external_id: record for record in records if isinstance(record, Conversation)}
    assert {key: len(one.messages) for key, one in tickets.items()} == {"1": 4, "2": 1, "3": 1, "4": 3}
    assert {key: one.promised for key, one in tickets.items()} == {"1": 4, "2": 1, "3": 1, "4": 3}
    assert kinds(tickets["1"]) == [Kind.CUSTOMER, Kind.AGENT, Kind.AGENT, Kind.AGENT]
    assert [m.visibility for m in tickets["4"].messages] == [Visibility.PUBLIC, Visibility.INTERNAL, Visibility.PUBLIC]
    assert tickets["4"].status == "solved"
    tally = Counter(type(record).__name__ for record in records)
    assert tally == {"Conversation": 4, "Skipped": len(records) - 4}
    reasons = {record.reason for record in records if isinstance(record, Skipped)}
    assert {"not tickets, comments or users: macros", "not tickets, comments or users: article"} < reasons
