"""The Slack connector: invented exports, and a real workspace's."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import slack
from connectors.slack import Slack
from deskwright.conversation import Attachment, Conversation, Failure, Identifier, Kind, Skipped, Visibility
from deskwright.errors import SourceError
from deskwright.testing import check_connector

ANN = {
    "id": "U0ANN",
    "name": "ann.reed",
    "real_name": "Ann Reed",
    "is_admin": True,
    "profile": {"display_name": "Annie", "first_name": "Ann", "last_name": "Reed", "email": "ann@care.example.com"},
}
BO = {
    "id": "W0BOB",
    "name": "bo",
    "profile": {"real_name": "Bo Lund", "email": "bo@example.org", "phone": "+15005550006"},
}
ROBOT = {"id": "U0ROBOT", "name": "robot", "is_bot": True, "profile": {}}
CHANNELS = [{"id": "C0HELP", "name": "help"}]

Days = dict[str, list[Any]]


def said(second: int, user: str = "W0BOB", text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"type": "message", "ts": f"{1700000000 + second}.000100", "user": user, "text": text} | more


def ts(second: int) -> str:
    return str(said(second)["ts"])


def export(folder: Path, days: Days, users: Any = (ANN, BO, ROBOT), top: str = "", **lists: Any) -> Path:
    files = {"users.json": list(users), "channels.json": CHANNELS} | {
        f"{name}.json": one for name, one in lists.items()
    }
    path = folder / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in (files | days).items():
            archive.writestr(top + name, value if isinstance(value, str) else json.dumps(value))
    return path


def day(*messages: Any, name: str = "help/2023-11-14.json") -> Days:
    return {name: list(messages)}


def read(path: Path, **options: Any) -> list[Any]:
    return list(Slack().read(path, options))


def only(folder: Path, *messages: Any, **options: Any) -> Conversation:
    [found] = read(export(folder, day(*messages)), **options)
    assert isinstance(found, Conversation)
    return found


def kinds(conversation: Conversation) -> list[Kind]:
    return [conversation.kind_of(message.author) for message in conversation.messages]


def test_a_thread_across_day_files_is_one_conversation(tmp_path: Path) -> None:
    days = day(said(1, text="It leaks", thread_ts=ts(1), reply_count=1), said(5, text="Unrelated")) | day(
        said(90000, "U0ANN", "Send a photo", thread_ts=ts(1), edited={"ts": ts(90060)}), name="help/2023-11-15.json"
    )
    thread, alone = check_connector(Slack(), export(tmp_path, days))
    assert isinstance(thread, Conversation)
    assert isinstance(alone, Conversation)
    assert (thread.external_id, thread.channel, thread.promised) == (f"C0HELP/{ts(1)}", "help", 2)
    assert [(m.external_id, m.text, m.in_reply_to) for m in thread.messages] == [
        (ts(1), "It leaks", None),
        (ts(90000), "Send a photo", ts(1)),
    ]
    assert kinds(thread) == [Kind.CUSTOMER, Kind.AGENT]
    assert thread.messages[0].sent_at == datetime(2023, 11, 14, 22, 13, 21, 100, UTC)
    assert thread.messages[1].edited_at == datetime(2023, 11, 15, 23, 14, 20, 100, UTC)
    assert {message.visibility for message in thread.messages} == {Visibility.PUBLIC}
    assert (alone.promised, len(alone.messages)) == (None, 1)


def test_missing_replies_and_a_missing_root_show_as_shortfalls(tmp_path: Path) -> None:
    messages = day(said(1, thread_ts=ts(1), reply_count=3), said(2, thread_ts=ts(1)), said(8, thread_ts=ts(7)))
    found = read(export(tmp_path, messages))
    assert [(one.promised, len(one.messages)) for one in found] == [(4, 2), (2, 1)]


@pytest.mark.parametrize("top", ["", "Workspace export/"])
def test_the_export_may_lie_in_a_top_folder_and_be_unpacked(tmp_path: Path, top: str) -> None:
    packed = export(tmp_path, day(said(1)), top=top)
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "unpacked")
    assert read(packed) == read(tmp_path / "unpacked")
    assert len(read(packed)) == 1


@pytest.mark.parametrize(
    ("agents", "expected"),
    [
        (None, [Kind.AGENT, Kind.CUSTOMER]),
        ([], [Kind.CUSTOMER, Kind.CUSTOMER]),
        (["w0bob"], [Kind.CUSTOMER, Kind.AGENT]),
        (["care.example.com"], [Kind.AGENT, Kind.CUSTOMER]),
        (["@example.org"], [Kind.CUSTOMER, Kind.AGENT]),
        (["example.com"], [Kind.CUSTOMER, Kind.CUSTOMER]),
        (["Ann@care.example.com", "W0BOB"], [Kind.AGENT, Kind.AGENT]),
    ],
)
def test_the_staff_are_who_the_option_says(tmp_path: Path, agents: list[str] | None, expected: list[Kind]) -> None:
    options = {} if agents is None else {"agents": agents}
    root, reply = said(1, "U0ANN", thread_ts=ts(1), reply_count=1), said(2, "W0BOB", thread_ts=ts(1))
    assert kinds(only(tmp_path, root, reply, **options)) == expected


def test_bots_are_bots_even_when_they_write_in_a_persons_name(tmp_path: Path) -> None:
    root = said(1, "U0ROBOT", thread_ts=ts(1), reply_count=4)
    by_app = said(2, "U0ANN", bot_id="B0APP", thread_ts=ts(1))
    hook = said(3, "", subtype="bot_message", bot_id="B0HOOK", username="Deploys", thread_ts=ts(1))
    slackbot, human = said(4, "USLACKBOT", thread_ts=ts(1)), said(5, "U0ANN", thread_ts=ts(1))
    found = only(tmp_path, root, by_app, hook, slackbot, human)
    assert kinds(found) == [Kind.BOT, Kind.BOT, Kind.BOT, Kind.BOT, Kind.AGENT]
    names = {one.id: one.identifiers for one in found.participants}
    assert names["B0HOOK"] == ((Identifier.NAME, "Deploys"),)


def test_authors_and_mentioned_people_are_participants_with_all_their_names(tmp_path: Path) -> None:
    found = only(tmp_path, said(1, "W0BOB", "ask <@u0ann>"))
    bo, ann = found.participants
    assert bo.identifiers == (
        (Identifier.HANDLE, "bo"),
        (Identifier.NAME, "Bo Lund"),
        (Identifier.EMAIL, "bo@example.org"),
        (Identifier.PHONE, "+15005550006"),
    )
    assert set(ann.identifiers) == {
        (Identifier.NAME, "Ann Reed"),
        (Identifier.NAME, "Annie"),
        (Identifier.NAME, "Ann"),
        (Identifier.NAME, "Reed"),
        (Identifier.HANDLE, "ann.reed"),
        (Identifier.EMAIL, "ann@care.example.com"),
    }


def test_a_user_of_another_workspace_is_known_by_the_message(tmp_path: Path) -> None:
    profile = {"real_name": "Cleo Marsh", "display_name": "cleo", "first_name": "Cleo"}
    found = only(tmp_path, said(1, "U0CLEO", "I am <@U0CLEO>", user_profile=profile))
    assert found.messages[0].text == "I am @cleo"
    assert (Identifier.NAME, "Cleo Marsh") in found.participants[0].identifiers
    assert kinds(found) == [Kind.CUSTOMER]


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("<@U0ANN> and <@u0ann|anne>", "@Annie and @Annie"),
        ("<@U0NOBODY> <@W0GONE|gone>", "@user @user"),
        ("<#C0HELP> <#C0FAR|far> <#C0LOST>", "#help #far #channel"),
        ("<!here> <!channel>", "@here @channel"),
        ("<!subteam^S01|@care> <!subteam^S02>", "@care @group"),
        ("<!date^1392734382^{date}^https://example.com|18 February>", "18 February"),
        ("<https://example.com/a?b=1&amp;c=2>", "https://example.com/a?b=1&c=2"),
        ("<https://example.com|our shop>", "our shop (https://example.com)"),
        ("<https://example.com|example.com>", "https://example.com"),
        ("<mailto:kit@example.com|kit@example.com>", "kit@example.com"),
        ("<mailto:kit@example.com|Kit>", "Kit (kit@example.com)"),
        ("<tel:+15005550006|+15005550006>", "+15005550006"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2, &amp;lt;", "1 < 2 && 3 > 2, &lt;"),
        (":wave: :thumbsup::skin-tone-2:", ":wave: :thumbsup::skin-tone-2:"),
    ],
)
def test_mark_up_becomes_plain_text(tmp_path: Path, marked: str, expected: str) -> None:
    assert only(tmp_path, said(1, text=marked)).messages[0].text == expected


def test_blocks_and_then_attachments_stand_in_for_an_empty_text(tmp_path: Path) -> None:
    line = [
        {"type": "text", "text": "ask <"},
        {"type": "user", "user_id": "U0ANN"},
        {"type": "text", "text": "> "},
        {"type": "emoji", "name": "wave"},
        {"type": "link", "url": "https://example.com"},
    ]
    item = {"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}
    rich = {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": line},
            {"type": "rich_text_list", "elements": [item, item]},
        ],
    }
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*Order* <@W0BOB>"}}
    attachments = [{"pretext": "New", "text": "Order &amp; more"}, {"fallback": "a picture"}]
    found = read(
        export(
            tmp_path,
            day(
                said(1, text="", blocks=[rich]),
                said(2, text="", blocks=[section, {"type": "divider"}]),
                said(3, text="", blocks=None, attachments=attachments),
            ),
        )
    )
    assert [one.messages[0].text for one in found] == [
        "ask <@Annie> :wave:https://example.com\none\none",
        "*Order* @Bo Lund",
        "New\nOrder & more\na picture",
    ]
    assert [one.id for one in found[0].participants] == ["W0BOB", "U0ANN"]


def test_files_are_named_and_not_read(tmp_path: Path) -> None:
    files = [
        {"name": "kettle.png", "mimetype": "image/png", "url_private": "https://example.com/x"},
        {"mode": "tombstone"},
    ]
    found = only(tmp_path, said(1, text="", subtype="file_share", files=files))
    assert found.messages[0].attachments == (Attachment("kettle.png", "image/png"), Attachment("file"))


def test_dropped_messages_are_accounted_for(tmp_path: Path) -> None:
    tombstone = said(3, "USLACKBOT", "gone", subtype="tombstone", thread_ts=ts(3), reply_count=1)
    messages = day(said(1, subtype="channel_join"), said(2), tombstone, said(4, thread_ts=ts(3)))
    joined, _, thread = check_connector(Slack(), export(tmp_path, messages))
    assert joined == Skipped("help/2023-11-14.json[0]", "channel_join")
    assert isinstance(thread, Conversation)
    assert (thread.skipped, thread.promised, len(thread.messages)) == ((("tombstone", 1),), 2, 1)


def test_a_broadcast_reply_is_read_once(tmp_path: Path) -> None:
    root = said(1, thread_ts=ts(1), reply_count=1)
    reply = said(2, thread_ts=ts(1), client_msg_id="a")
    same = said(2, thread_ts=ts(1), client_msg_id="a", subtype="thread_broadcast")
    later = said(3, thread_ts=ts(1), client_msg_id="a", subtype="thread_broadcast")
    first, second, thread = check_connector(Slack(), export(tmp_path, day(root, reply, same, later)))
    assert [first, second] == [
        Skipped("help/2023-11-14.json[2]", "duplicate message"),
        Skipped("help/2023-11-14.json[3]", "duplicate message"),
    ]
    assert isinstance(thread, Conversation)
    assert [message.external_id for message in thread.messages] == [ts(1), ts(2)]


def test_events_are_applied_to_the_message_they_tell_about(tmp_path: Path) -> None:
    changed = said(9, subtype="message_changed", message=said(1, text="Better"))
    removed = said(10, subtype="message_deleted", deleted_ts=ts(3))
    replied = said(11, subtype="message_replied", message=said(1, text="", thread_ts=ts(1), reply_count=2))
    messages = day(changed, said(1, text="Worse"), said(2, thread_ts=ts(1)), said(3, thread_ts=ts(1)), removed, replied)
    *events, thread = check_connector(Slack(), export(tmp_path, messages))
    assert [event.reason for event in events if isinstance(event, Skipped)] == [
        "message_changed",
        "message_deleted",
        "message_replied",
    ]
    assert isinstance(thread, Conversation)
    assert [message.text for message in thread.messages] == ["Better", "Hello"]
    assert (thread.promised, thread.skipped) == (3, (("deleted message", 1),))


def test_a_reply_known_only_from_an_event_is_read(tmp_path: Path) -> None:
    hidden = said(9, subtype="message_replied", message=said(2, "U0ANN", "Late", thread_ts=ts(1)))
    found = only(tmp_path, said(1, thread_ts=ts(1), reply_count=1), hidden)
    assert [message.text for message in found.messages] == ["Hello", "Late"]


def test_direct_messages_do_not_show_names_in_ids_or_positions(tmp_path: Path) -> None:
    days = (
        day(said(1), said(2, subtype="pinned_item"), name="mpdm-ann--bo-1/2023-11-14.json")
        | day(said(1), name="D0DIRECT/2023-11-14.json")
        | day(said(1), name="mpdm-cleo--bo-1/2023-11-14.json")
    )
    path = export(tmp_path, days, mpims=[{"id": "G0GROUP", "name": "mpdm-ann--bo-1"}], dms=[{"id": "D0DIRECT"}])
    records = check_connector(Slack(), path)
    assert "mpdm" not in repr(records)
    found = [record for record in records if isinstance(record, Conversation)]
    assert [(one.external_id, one.channel) for one in found] == [
        (f"D0DIRECT/{ts(1)}", "direct message"),
        (f"G0GROUP/{ts(1)}", "direct message"),
        (f"direct-1/{ts(1)}", "direct message"),
    ]


def test_broken_records_and_files_are_failures_and_the_rest_is_read(tmp_path: Path) -> None:
    days: dict[str, Any] = day("?", {"text": "no time"}, said(1)) | {"help/2023-11-15.json": "[{", "help/tss.json": []}
    *failures, found, stray = read(export(tmp_path, days))
    assert failures == [
        Failure("help/2023-11-14.json[0]", "found a str; expected a message"),
        Failure("help/2023-11-14.json[1]", "no time stamp; expected `ts` to be seconds, such as 1712345678.000100"),
        Failure("help/2023-11-15.json", "broken JSON; expected a list in UTF-8"),
    ]
    assert len(found.messages) == 1
    assert stray == Skipped("help/tss.json", "not a day of messages")


def test_lists_of_users_and_channels_may_be_missing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bare.zip", "w") as archive:
        archive.writestr("top/help/2023-11-14.json", json.dumps([said(1, text="<@U0ANN> hi")]))
    [found] = check_connector(Slack(), tmp_path / "bare.zip")
    assert isinstance(found, Conversation)
    assert (found.external_id, found.messages[0].text) == (f"help/{ts(1)}", "@user hi")


def test_a_file_too_large_is_refused_by_its_header_and_while_unpacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = export(tmp_path, day(said(1, text="x" * 5000)) | day(said(2), name="help/2023-11-15.json"))
    monkeypatch.setattr(slack, "MOST", 2000)
    failure, found = read(path)
    assert failure == Failure("help/2023-11-14.json", "found more than 0 MiB unpacked; expected one day of messages")
    assert isinstance(found, Conversation)
    (tmp_path / "flat" / "help").mkdir(parents=True)
    (tmp_path / "flat" / "help" / "2023-11-14.json").write_text(json.dumps([said(1, text="x" * 5000)]))
    assert [type(record) for record in read(tmp_path / "flat")] == [Failure]


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack, "MOST_FILES", 2)
    with pytest.raises(SourceError, match="holds 3 files"):
        read(export(tmp_path, day(said(1))))


def test_what_is_no_export_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "export.txt").write_text("hello")
    for path, expected in {
        tmp_path / "nowhere.zip": "There is no ",
        tmp_path / "export.txt": "is no zip",
        tmp_path: "holds no Slack messages",
    }.items():
        with pytest.raises(SourceError, match=expected):
            read(path)


def test_every_fault_of_the_options_is_a_sentence() -> None:
    assert Slack().check({"agents": ["U0123456", "example.com", "ann@example.com"]}) == []
    assert Slack().check({"agentz": [], "agents": 3}) == [
        "agentz: no such option; known: agents",
        "agents: found 3; expected a list of strings",
    ]
    assert Slack().check({"agents": ["bob"]}) == [
        "agents: found 'bob'; expected a user id (U0123456), an e-mail address or a domain (example.com)"
    ]


def test_every_message_of_a_real_export_is_accounted_for(shared: Path) -> None:
    records = check_connector(Slack(), shared / "slack" / "export_small.zip")
    found = [record for record in records if isinstance(record, Conversation)]
    left_out = Counter(record.reason for record in records if isinstance(record, Skipped))
    messages = sum(len(one.messages) for one in found)
    assert left_out == {"channel_join": 41, "bot_add": 1}
    assert [one.skipped for one in found if one.skipped] == [(("tombstone", 1),)]
    assert (len(found), messages, messages + 1 + left_out.total()) == (193, 718, 761)
    assert sum(1 for one in found if one.promised) == 135
    assert not any("<@" in message.text for one in found for message in one.messages)
