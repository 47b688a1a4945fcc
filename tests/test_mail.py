"""The mail connector: mbox, .eml and Maildir; threads, replies, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import mime
from connectors.mail import ADVICE, Mail
from connectors.reply import Reply, split, split_html
from deskwright.conversation import (
    Attachment,
    Conversation,
    Failure,
    Identifier,
    Kind,
    Message,
    Participant,
    Skipped,
    Visibility,
)
from deskwright.errors import SourceError
from deskwright.plugins import Connector

OURS = {"agents": ["help@shop.example", "desk.example"]}
FROM = "From sender@example.com Wed May  1 10:00:00 2024\n"


def letter(body: str = "Where is it?", **headers: str) -> str:
    """A mail of a customer, with other headers where given (`in_reply_to="<1@x>"`)."""
    fields = {"from": "Ann <ann@example.org>", "to": "help@shop.example", "subject": "Parcel", **headers}
    return "".join(f"{name.replace('_', '-').title()}: {value}\n" for name, value in fields.items()) + f"\n{body}\n"


def folder(path: Path, *mails: str | bytes) -> Path:
    for number, mail in enumerate(mails, 1):
        (path / f"{number}.eml").write_bytes(mail if isinstance(mail, bytes) else mail.encode())
    return path


def mbox(path: Path, *mails: str) -> Path:
    box = path / "box"
    box.write_text("\n".join(FROM + mail for mail in mails))
    return box


def read(path: Path, options: dict[str, Any] = OURS) -> list[Any]:
    return list(Mail().read(path, options))


def one(path: Path) -> Message:
    [conversation] = read(path)
    [message] = conversation.messages
    assert isinstance(message, Message)
    return message


def texts(records: Sequence[Any]) -> list[list[str]]:
    return [[message.text for message in record.messages] for record in records if isinstance(record, Conversation)]


def test_the_mail_connector_keeps_the_promise_of_a_connector() -> None:
    assert isinstance(Mail(), Connector)


def test_question_and_answer_become_one_public_conversation(tmp_path: Path) -> None:
    question = letter(message_id="<1@x>", date="Wed, 1 May 2024 12:00:00 +0200")
    answer = letter(
        "On its way.",
        **{"from": '"Bo" <Bo@eu.desk.example>'},
        to="ann@example.org",
        message_id="<2@x>",
        in_reply_to="<1@x>",
    )
    assert read(folder(tmp_path, answer, question)) == [
        Conversation(
            source="mail",
            external_id="1@x",
            participants=(
                Participant("ann@example.org", Kind.CUSTOMER, _known("Ann", "ann@example.org")),
                Participant("help@shop.example", Kind.AGENT, ((Identifier.EMAIL, "help@shop.example"),)),
                Participant("bo@eu.desk.example", Kind.AGENT, _known("Bo", "bo@eu.desk.example")),
            ),
            messages=(
                Message(
                    "1@x", "ann@example.org", "Where is it?", datetime(2024, 5, 1, 10, tzinfo=UTC), Visibility.PUBLIC
                ),
                Message("2@x", "bo@eu.desk.example", "On its way.", None, Visibility.PUBLIC, in_reply_to="1@x"),
            ),
            channel="email",
            subject="Parcel",
        )
    ]


def _known(name: str, address: str) -> tuple[tuple[Identifier, str], ...]:
    return ((Identifier.NAME, name), (Identifier.EMAIL, address))


def test_a_body_line_that_begins_with_from_does_not_split_an_mbox(tmp_path: Path) -> None:
    box = mbox(
        tmp_path,
        letter(
            "Hello\n\nFrom here on Monday it went wrong at 10:00.\n\nFrom here…\n>From there\n>>From afar",
            message_id="<1@x>",
        ),
        letter("Second", message_id="<2@x>"),
    )
    found = read(box)
    assert [record.external_id for record in found] == ["1@x", "2@x"]
    assert "From here on Monday" in found[0].messages[0].text
    assert "From here…\nFrom there" in found[0].messages[0].text
    assert found[0].messages[0].quoted == ">From afar"


@pytest.mark.parametrize(
    "separator",
    [
        "From 1798765@xxx Wed May 01 10:00:00 +0000 2024\n",
        "From - Wed May  1 10:00:00 2024\n",
        "From ann at example.org Wed, 1 May 2024 10:00:00 +0000\n",
    ],
)
def test_the_separators_of_common_programs_are_known(tmp_path: Path, separator: str) -> None:
    box = tmp_path / "all.mbox"
    box.write_bytes((separator + letter("One") + "\n" + separator + letter("Two")).replace("\n", "\r\n").encode())
    assert texts(read(box)) == texts(read(tmp_path)) == [["One"], ["Two"]]


def test_mails_that_refer_to_a_mail_that_is_missing_are_one_thread(tmp_path: Path) -> None:
    first = letter("a", message_id="<2@x>", references="<1@x>", date="Wed, 1 May 2024 12:00:00 +0000")
    second = letter("b", message_id="<3@x>", references="<1@x> <9@x>", date="Wed, 1 May 2024 13:00:00 +0000")
    [found] = read(folder(tmp_path, second, first))
    assert (found.external_id, texts([found])) == ("1@x", [["a", "b"]])


def test_gmail_threads_are_kept_together(tmp_path: Path) -> None:
    mails = [letter(body, x_gm_thrid="17", message_id=f"<{body}@x>") for body in "ab"]
    assert texts(read(mbox(tmp_path, *mails, letter("c", x_gm_thrid="18")))) == [["a", "b"], ["c"]]


def test_the_same_mail_twice_is_a_duplicate_with_and_without_an_id(tmp_path: Path) -> None:
    found = read(folder(tmp_path, letter(message_id="<1@x>"), letter(message_id="<1@x>"), letter("x"), letter("x")))
    assert [record for record in found if isinstance(record, Skipped)] == [
        Skipped("2.eml", "duplicate"),
        Skipped("4.eml", "duplicate"),
    ]
    assert texts(found) == [["Where is it?"], ["x"]]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"auto_submitted": "auto-replied"}, "auto-reply"),
        ({"x_autoreply": "yes"}, "auto-reply"),
        ({"precedence": "bulk"}, "auto-reply"),
        ({"x_auto_response_suppress": "All", "subject": "Automatic reply: Parcel"}, "auto-reply"),
        ({"content_type": "multipart/report; boundary=x"}, "bounce"),
        ({"return_path": "<>"}, "bounce"),
        ({"from": "MAILER-DAEMON@mx.example"}, "bounce"),
        ({"list_id": "<news.example>"}, "mailing list"),
        ({"content_type": "text/calendar; method=REQUEST"}, "calendar invite"),
        ({"content_type": "multipart/encrypted; boundary=x"}, "encrypted"),
        ({"content_type": "application/pkcs7-mime; smime-type=enveloped-data"}, "encrypted"),
        ({"x_gmail_labels": "Important,Spam"}, "spam"),
        ({"x_gmail_labels": "=?UTF-8?Q?Entw=C3=BCrfe?="}, "draft"),
        ({"x_gmail_labels": "=?UTF-8?Q?=3D=3FUTF-8=3FQ=3FEntw=3DC3=3DBCrfe=3F=3D?="}, "draft"),
    ],
)
def test_automatic_mail_is_left_out_for_a_named_reason(tmp_path: Path, headers: dict[str, str], reason: str) -> None:
    assert read(folder(tmp_path, letter(**headers))) == [Skipped("1.eml", reason)]


@pytest.mark.parametrize(
    "headers",
    [{"auto_submitted": "no"}, {"x_auto_response_suppress": "All"}, {"x_gmail_labels": "Inbox,Drafts of mine"}],
)
def test_what_a_person_wrote_is_kept(tmp_path: Path, headers: dict[str, str]) -> None:
    assert one(folder(tmp_path, letter(**headers))).text == "Where is it?"


def test_a_maildir_is_read_with_its_flags_and_folders(tmp_path: Path) -> None:
    for name in ("cur/1:2,S", "new/2", "tmp/3", ".Sent/cur/4:2,DS", ".Sent/cur/5:2,ST", "dovecot-uidlist"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(letter(name))
    found = read(tmp_path)
    assert texts(found) == [["cur/1:2,S"], ["new/2"]]
    assert [record for record in found if isinstance(record, Skipped)] == [
        Skipped(".Sent/cur/4:2,DS", "draft"),
        Skipped(".Sent/cur/5:2,ST", "trashed"),
        Skipped("dovecot-uidlist", "not a mail"),
        Skipped("tmp/3", "unfinished delivery"),
    ]


def test_one_bad_mail_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder(
        tmp_path, b"", b"\x00\xff no mail", letter("bad", message_id="<3@x>"), letter("good", message_id="<4@x>")
    )
    body = mime.body

    def failing(raw: bytes) -> mime.Body:
        return body(raw) if b"good" in raw else body(None)  # type: ignore[arg-type]

    monkeypatch.setattr(mime, "body", failing)
    found = read(path)
    assert [record for record in found if isinstance(record, Failure)] == [
        Failure("1.eml", "empty; expected a mail"),
        Failure("2.eml", "found no header in the first line; expected one such as `From: ...`"),
        Failure("3.eml", "cannot be read: AttributeError"),
    ]
    assert texts(found) == [["good"]]


@pytest.mark.parametrize(
    ("declared", "raw"),
    [
        ("cp-850", "Rückgabe".encode("cp850")),
        ("", "Rückgabe für die Bestellung aus München".encode("latin-1")),
        ('""', "Rückgabe".encode()),
        ("x-unknown", "Rückgabe".encode()),
        ("us-ascii", "Rückgabe".encode()),
    ],
)
def test_the_charset_is_found_where_the_declared_one_fails(tmp_path: Path, declared: str, raw: bytes) -> None:
    head = (
        letter("", content_type=f"text/plain; charset={declared}", content_transfer_encoding="8bit").rstrip() + "\n\n"
    )
    assert one(folder(tmp_path, head.encode() + raw)).text.startswith("Rückgabe")


def test_names_and_subjects_are_decoded(tmp_path: Path) -> None:
    headers = {
        "from": "=?iso-8859-1?Q?J=F8rgen?= <J@Example.org>",
        "subject": "=?utf-8?B?UsO8Y2tnYWJl?=\n =?utf-8?Q?_eins?=",
    }
    [found] = read(folder(tmp_path, letter(**headers)))
    assert found.subject == "Rückgabe eins"
    assert found.participants[0].identifiers == _known("Jørgen", "j@example.org")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Doe, Ann <ann@example.org>", [("Doe, Ann", "ann@example.org")]),
        ("help@shop.example <ann@example.org>", [("help@shop.example", "ann@example.org")]),
        ('"Doe, Ann" <Ann@example.org>, bo@x.example', [("Doe, Ann", "ann@example.org"), ("", "bo@x.example")]),
        ("Whomever", [("Whomever", "")]),
        ("undisclosed-recipients:;", []),
        ("", []),
    ],
)
def test_addresses_are_read_as_people_write_them(header: str, expected: list[tuple[str, str]]) -> None:
    assert mime.addresses((header,)) == expected


def test_a_date_that_is_none_is_nothing(tmp_path: Path) -> None:
    assert one(folder(tmp_path, letter(date="Whenever"))).sent_at is None


def test_a_mail_of_ours_that_replies_to_a_stranger_is_the_strangers(tmp_path: Path) -> None:
    assert one(folder(tmp_path, letter(**{"from": "help@shop.example"}, reply_to="ann@example.org"))).author == (
        "ann@example.org"
    )


ALTERNATIVE = "Content-Type: multipart/alternative; boundary=b\nFrom: a@example.org\n\n"


def alternative(plain: str, html: str) -> str:
    return f"{ALTERNATIVE}--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"


@pytest.mark.parametrize("plain", ["", "This message is in HTML format. Use a browser."])
def test_html_is_read_where_the_plain_text_is_empty_or_a_placeholder(tmp_path: Path, plain: str) -> None:
    assert one(folder(tmp_path, alternative(plain, "<p>Real <b>text</b></p>"))).text == "Real text"


def test_plain_text_is_preferred_to_html(tmp_path: Path) -> None:
    assert one(folder(tmp_path, alternative("Plain", "<p>Rich</p>"))).text == "Plain"


def test_the_html_tells_the_quote_where_the_text_does_not(tmp_path: Path) -> None:
    html = "Thanks a lot<div class='gmail_quote'>Il giorno X ha scritto<blockquote>Ciao</blockquote></div>"
    found = one(folder(tmp_path, alternative("Thanks a lot\nIl giorno X ha scritto\nCiao", html)))
    assert (found.text, found.quoted) == ("Thanks a lot", "Il giorno X ha scritto\nCiao")


def test_attachments_are_names_and_types_only(tmp_path: Path) -> None:
    mail = (
        "From: a@example.org\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee file\n"
        "--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''R%C3%BCck.pdf\n\n"
        "x\n--b--\n"
    )
    found = one(folder(tmp_path, mail))
    assert (found.text, found.attachments) == ("See file", (Attachment("Rück.pdf", "application/pdf"),))


def test_flowed_text_is_made_whole_again(tmp_path: Path) -> None:
    body = "A paragraph \nof two lines.\n> quoted \n> too\n-- \nAnn"
    found = one(folder(tmp_path, letter(body, content_type="text/plain; format=flowed")))
    assert (found.text, found.quoted, found.signature) == ("A paragraph of two lines.", "> quoted too", "--\nAnn")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Just this.", Reply("Just this.")),
        ("Yes\n\nOn 1 May 2024, Bo wrote:\n> Hi", Reply("Yes", "On 1 May 2024, Bo wrote:\n> Hi")),
        ("Ja\n\nDen ons. 1. maj 2024 kl. 10.00 skrev Bo <\nbo@desk.example>:\n\n> Hej\n> du", None),
        ("Ja\n\nDen ons. 1. maj 2024 kl. 10.00 skrev Bo <bo@desk.example>:\n\nHej", None),
        ("Ja\n\nW dniu 1.05.2024 o 10:00, Bo pisze:\n> Hej", None),
        ("Ja\n\n-----Original Message-----\nFrom: Bo\nSent: now\n\nHej", None),
        ("Ja\n\n________________________________\nFrom: Bo\nSent: now\nTo: Ann\nSubject: Hej\n\nHej", None),
        ("On 1 May 2024, Bo wrote:\n> Hi\nBelow", Reply("Below", "On 1 May 2024, Bo wrote:\n> Hi")),
        ("> One?\nYes\n> Two?\nNo", Reply("Yes\nNo", "> One?\n> Two?")),
        ("It broke\n-- \nAnn\nSales", Reply("It broke", "", "--\nAnn\nSales")),
        ("It broke\n\nBest regards,\nAnn", Reply("It broke", "", "Best regards,\nAnn")),
        ("It broke\n\nSent from my iPhone", Reply("It broke", "", "Sent from my iPhone")),
        ("My card:\n4111 1111\ndoes not work", Reply("My card:\n4111 1111\ndoes not work")),
        ("Hi\nThanks, that worked.\nBut now?", Reply("Hi\nThanks, that worked.\nBut now?")),
        ("Hi\nTake a look\n- one\n- two", Reply("Hi\nTake a look\n- one\n- two")),
        ("To: London\nFrom: Rome", Reply("To: London\nFrom: Rome")),
    ],
)
def test_a_reply_is_split_into_text_quote_and_signature(text: str, expected: Reply | None) -> None:
    found = split(text)
    assert found == (expected or Reply("Ja", text.removeprefix("Ja\n\n").replace(">:\n\n> Hej", ">:\n> Hej")))


def test_no_line_is_lost_in_a_split() -> None:
    text = "Hi\n\nOn 1 May 2024, Bo wrote:\n> a\n\nBelow\n\n> b\nEnd\n-- \nAnn"
    assert sorted("\n".join(split(text)).split()) == sorted(text.split())


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<div>Ja</div><div class=gmail_quote>Den 1. maj skrev Bo:<blockquote>Hej</blockquote></div>", "Ja"),
        ("<p>Ja</p><div id=appendonsend></div><hr><div id=divRplyFwdMsg><b>Fra:</b> Bo</div><div>Hej</div>", "Ja"),
        ("<p>One</p><blockquote>Hej</blockquote><p>Two</p>", "One\n\nTwo"),
        ("<style>p{}</style><!-- no --><p>A<br>B&nbsp;C</p>\n<ul><li>D</li></ul>", "A\nB C\n\nD"),
        ("https://example.org/page", "https://example.org/page"),
    ],
)
def test_quotes_are_taken_out_of_html_by_their_elements(html: str, expected: str) -> None:
    found = split_html(html)
    assert found.text == expected
    assert ("Hej" in html) == ("Hej" in found.quoted)


def test_without_agents_the_user_is_told_and_everybody_is_a_customer(tmp_path: Path) -> None:
    [found] = read(folder(tmp_path, letter()), {})
    assert {person.kind for person in found.participants} == {Kind.CUSTOMER}
    assert (Mail().advice({}), Mail().advice(OURS)) == (ADVICE, None)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (OURS, []),
        ({"agents": 3}, ["agents: found 3; expected a list of strings"]),
        ({"agentz": []}, ["agentz: no such option; known: agents"]),
    ],
)
def test_options_are_checked_by_name_and_shape(options: dict[str, Any], expected: list[str]) -> None:
    assert list(Mail().check(options)) == expected


def test_a_place_without_mail_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(SourceError):
            read(path)


@pytest.mark.parametrize("name", ["eml", "maildir", "talon"])
def test_every_real_file_is_accounted_for(shared: Path, name: str) -> None:
    path = shared / "email" / name
    found = read(path, {})
    mails = sum(len(record.messages) for record in found if isinstance(record, Conversation))
    others = sum(not isinstance(record, Conversation) for record in found)
    assert mails + others == sum(file.is_file() for file in path.rglob("*"))


def test_subjects_and_senders_decode_as_expected(shared: Path) -> None:
    folder = shared / "email" / "eml"
    compared = 0
    for path in sorted(folder.rglob("*.eml")):
        if not path.with_suffix(".json").is_file():
            continue
        wanted = {str(field["name"]): field["value"] for field in _fields(path.with_suffix(".json"))}
        found = mime.headers(path.read_bytes())
        if isinstance(wanted.get("subject"), dict) and "\ufffd" not in wanted["subject"]["Text"]:
            assert mime.text(found["subject"][0]) == " ".join(wanted["subject"]["Text"].split()), path
            compared += 1
        people = wanted["from"]["Address"].get("List", []) if isinstance(wanted.get("from"), dict) else []
        if people:
            expected = [(person["name"] or "", (person["address"] or "").lower()) for person in people]
            assert mime.addresses(found["from"]) == expected, path
            compared += 1
    assert compared > 90


def _fields(path: Path) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["parts"][0]["headers"]
    return fields


def test_the_replies_of_twelve_mail_programs_are_split(shared: Path) -> None:
    folder = shared / "email" / "talon" / "tests" / "fixtures" / "standard_replies"
    found = {path.name: one(path) for path in sorted(folder.glob("*.eml"))}
    assert {name: message.text for name, message in found.items()} == dict.fromkeys(found, "Hello")
    assert len(found) == 12
    assert found["iphone.eml"].signature == "Sent from my iPhone"
    assert all(message.quoted for message in found.values())
