"""The gate: what it finds, what it leaves, how it numbers, and what it refuses."""

from __future__ import annotations

import pytest

from deskwright.conversation import Attachment, Conversation, Identifier, Kind, Message, Participant, Visibility
from deskwright.workspace import Workspace
from privacy.detect import patterns
from privacy.detect.patterns import Rule, iban, luhn
from privacy.gate import Clean, Gate, Refused

AMARA = Participant(
    "1",
    Kind.CUSTOMER,
    (
        (Identifier.NAME, "Amara Okonkwo-Lévy"),
        (Identifier.EMAIL, "amara.ok@example.org"),
        (Identifier.PHONE, "+44 7700 900123"),
        (Identifier.HANDLE, "@amara_brews"),
    ),
)
WILL = Participant("2", Kind.AGENT, ((Identifier.NAME, "Will Brook"),))


@pytest.fixture
def gate(ws: Workspace) -> Gate:
    """With the rules and the participants alone: what they find must not hang on a model's opinion."""
    return Gate(ws.config.privacy.model_copy(update={"names": ""}), ws.store)


def conversation(*texts: str, **fields: object) -> Conversation:
    """One conversation of Amara (even messages) and Will (odd ones)."""
    messages = tuple(
        Message(str(n), ("1", "2")[n % 2], text, visibility=Visibility.PUBLIC) for n, text in enumerate(texts)
    )
    return Conversation("test", "7", (AMARA, WILL), messages, **fields)  # type: ignore[arg-type]


FOUND = [
    ("EMAIL", "write to bob.o'neil@example.com please", "bob.o'neil@example.com"),
    ("EMAIL", "it is jane at example dot com ok", "jane at example dot com"),
    ("PHONE", "call me on (415) 555-0132 today", "(415) 555-0132"),
    ("PHONE", "my mobile is 07700 900456", "07700 900456"),
    ("PHONE", "ring +49 30 901820 now", "+49 30 901820"),
    ("CREDIT_CARD", "card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "amex 378282246310005", "378282246310005"),
    ("CREDIT_CARD", "the one ending in 4242", "4242"),
    ("IBAN", "refund to GB82 WEST 1234 5698 7654 32 thanks", "GB82 WEST 1234 5698 7654 32"),
    ("SSN", "ssn 078-05-1120.", "078-05-1120"),
    ("IP_ADDRESS", "from 192.0.2.44 it fails", "192.0.2.44"),
    ("IP_ADDRESS", "from 2001:db8::7 it fails", "2001:db8::7"),
    ("MAC_ADDRESS", "device 00:1B:44:11:3A:B7 offline", "00:1B:44:11:3A:B7"),
    ("COORDINATES", "I am at 51.50735, -0.12776 now", "51.50735, -0.12776"),
    ("DATE_OF_BIRTH", "I was born on 12/04/1980 in", "12/04/1980"),
    ("ADDRESS", "to 12 Oak Street, Apt 4B, Salem, OR 97301 please", "12 Oak Street, Apt 4B, Salem, OR 97301"),
    ("ADDRESS", "i live at 7 mill lane", "7 mill lane"),
    ("ADDRESS", "an die Gartenstraße 12a bitte", "Gartenstraße 12a"),
    ("POSTCODE", "near LS1 4AP somewhere", "LS1 4AP"),
    ("SECRET", "my password is hunter22! help", "hunter22!"),
    ("SECRET", "token ghp_abcdefghijklmnopqrstuv123456", "ghp_abcdefghijklmnopqrstuv123456"),
    ("URL", "see https://example.com/u/123?t=9 for it", "https://example.com/u/123?t=9"),
    ("HANDLE", "I am @brewer_77 there", "@brewer_77"),
    ("ID", "order number 45-88123 is late", "45-88123"),
    ("ID", "about CL-482913 again", "CL-482913"),
    ("PERSON", "my name is john smith", "john smith"),
    ("PERSON", "Dear Mr. Tanaka, hello", "Tanaka"),
    ("PERSON", "It works now.\nBest regards,\nNadia Petrova", "Nadia Petrova"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "text", "words"), FOUND)
def test_finds(entity: str, text: str, words: str, gate: Gate) -> None:
    spans = {(span.entity, text[span.start : span.end]) for span in gate.find(text)}

    assert {(entity, words)} == spans


LEFT = [
    "You can return it within 30 days, shipping takes 3-5 working days and costs $9.99.",
    "The 2 year warranty covers 1,250 W machines; firmware 2.14 came on 2024-05-06.",
    "It is a 10 minute drive. Will you be there at 10:30?",
    "Hi there, thanks for reaching out to our support team!",
    "Choose {{Order Details}} and press <b>Save</b>.",
    "Our policy number one: be kind. Call us any time.",
]


@pytest.mark.parametrize("text", LEFT)
def test_leaves_ordinary_words_and_figures(text: str, gate: Gate) -> None:
    assert gate.redact([text]).texts == (text,)


@pytest.mark.parametrize(
    "text",
    [
        "thanks amara!",
        "AMARA OKONKWO-LEVY wrote",
        "Okonkwo-Lévy, Amara",
        "it is a. okonkwo",
        "amara.ok@example.org",
        "my login amara.ok",
        "call 07700900123",
        "or (0)7700-900123",
        "I am amara_brews",
        "Am\u200bara",
        "Brook's answer",
        "Will wrote",
    ],
)
def test_participants_are_found_however_they_are_written(text: str, gate: Gate) -> None:
    redacted = gate.redact([text], (AMARA, WILL)).texts[0]

    assert "<" in redacted
    for word in ("amara", "okonkwo", "900123", "brook", "will"):
        assert word not in redacted.lower()


def test_a_name_that_is_a_word_is_left_where_it_is_a_word(gate: Gate) -> None:
    assert gate.redact(["it will brook no delay"], (WILL,)).texts == ("it will brook no delay",)


def test_placeholders_are_stable_and_numbered_by_first_sight(gate: Gate) -> None:
    texts = ["Hi Will, amara here", "Hello Amara, Amara Okonkwo-Lévy?", "a@example.com b@example.com a@example.com"]

    redacted = gate.redact(texts, (AMARA, WILL)).texts

    assert redacted == (
        "Hi <PERSON_1>, <PERSON_2> here",
        "Hello <PERSON_2>, <PERSON_2>?",
        "<EMAIL_1> <EMAIL_2> <EMAIL_1>",
    )


def test_a_name_that_was_given_once_is_found_everywhere(gate: Gate) -> None:
    texts = ["Any news? tell priya to call", "My name is Priya Raman", "ok RAMAN, Priya. Bye"]

    assert gate.redact(texts).texts == (
        "Any news? tell <PERSON_1> to call",
        "My name is <PERSON_1>",
        "ok <PERSON_1>. Bye",
    )


def test_redacting_twice_changes_nothing(gate: Gate) -> None:
    once = gate.redact([text for _, text, _ in FOUND], (AMARA, WILL)).texts

    assert gate.redact(once, (AMARA, WILL)).texts == once


def test_a_placeholder_typed_by_a_customer_is_not_given_to_anybody_else(gate: Gate) -> None:
    assert gate.redact(["<EMAIL_1> is not a@example.com"]).texts == ("<EMAIL_1> is not <EMAIL_2>",)


def test_personal_data_around_a_placeholder_does_not_slip_through(gate: Gate) -> None:
    redacted = gate.redact(["my card 4111 <ID_1> 4111 1111 1111 1111 and x<ID_2>y@example.com"]).texts[0]

    assert "4111 1111" not in redacted
    assert "@example" not in redacted


def test_words_stay_in_memory_and_out_of_the_representation(gate: Gate) -> None:
    redacted = gate.redact(["I am at amara.ok@example.org"])

    assert redacted.words == {"<EMAIL_1>": "amara.ok@example.org"}
    assert "amara" not in repr(redacted)


def test_the_allow_list_is_kept_and_the_deny_list_is_replaced(ws: Workspace) -> None:
    privacy = ws.config.privacy.model_copy(
        update={"allow": ("care@shop.example", "shop.example"), "deny": ("Bluebird",)}
    )
    gate = Gate(privacy, ws.store)

    redacted = gate.redact(["mail care@shop.example or see https://shop.example/returns about bluebird"]).texts[0]

    assert redacted == "mail care@shop.example or see https://shop.example/returns about <PRIVATE_1>"


def test_a_clean_conversation_names_nobody(gate: Gate) -> None:
    dirty = conversation(
        "Hi, Amara Okonkwo-Lévy here, order CL-12345",
        "Hello Amara",
        subject="Amara's order",
        tags=("vip", "amara.ok@example.org"),
    )

    clean = gate.clean(dirty)

    assert "mara" not in repr(clean.conversation)
    assert [p.identifiers for p in clean.conversation.participants] == [(), ()]
    assert clean.conversation.subject == "<PERSON_1>'s order"
    assert len(clean.customer) == 64


def test_the_same_customer_is_the_same_in_every_source(gate: Gate) -> None:
    mail = Conversation(
        "mail",
        "x",
        (Participant("amara.ok@example.org", Kind.CUSTOMER, ((Identifier.EMAIL, "Amara.OK@example.org"),)),),
        (),
    )

    assert gate.clean(mail).customer == gate.clean(conversation("hello")).customer


def test_ids_that_hold_an_address_are_hashed(gate: Gate) -> None:
    clean = gate.clean(Conversation("mail", "<x.1@mail.example.org>", (AMARA,), ()))

    assert clean.conversation.external_id.startswith("hashed:")


def test_only_the_gate_makes_clean_conversations() -> None:
    with pytest.raises(TypeError, match="Only the gate"):
        Clean(conversation("hello"), "", (), "", {}, object())


HALF = "\ud83d"
"""What is left of an emoji that was cut in the middle."""


def test_half_an_emoji_is_passed_on_as_a_replacement_character(gate: Gate) -> None:
    message = Message(
        f"m{HALF}",
        "1",
        f"Amara{HALF} here, mail amara.ok@example.org{HALF}",
        quoted=HALF,
        signature=f"Amara{HALF}Okonkwo-Lévy",
        attachments=(Attachment(f"a{HALF}.png", f"image/{HALF}"),),
        in_reply_to=f"m{HALF}",
    )
    head = dict.fromkeys(("channel", "subject", "status", "csat"), f"x{HALF}")
    dirty = Conversation("test", f"7{HALF}", (AMARA,), (message,), tags=(f"vip{HALF}",), **head)  # type: ignore[arg-type]

    clean = gate.clean(dirty)

    assert "\\ud83d" not in repr(clean.conversation)
    assert clean.conversation.messages[0].text == "<PERSON_1>\ufffd here, mail <EMAIL_1>\ufffd"
    assert clean.conversation.tags == ("vip\ufffd",)
    assert clean.conversation.external_id == gate.safe_id(dirty) == "7\ufffd"


def test_a_participant_whose_name_was_cut_in_an_emoji_is_found(gate: Gate) -> None:
    nadia = Participant(
        "3", Kind.CUSTOMER, ((Identifier.HANDLE, f"nadia{HALF}brews"), (Identifier.NAME, f"Zuri{HALF}"))
    )

    assert gate.redact([f"I am nadia{HALF}brews, Zuri"], (nadia,)).texts == ("I am <HANDLE_1>, <PERSON_1>",)


def test_half_an_emoji_in_the_declared_language_is_refused_in_words_that_can_be_stored(gate: Gate) -> None:
    with pytest.raises(Refused, match="language x\ufffd: supported here are en"):
        gate.clean(conversation("ok", language=f"x{HALF}"))


SLOW = Rule("SECRET", "slow", r"(?:a|aa)+(?:a|aa)+\d")


def test_a_text_that_takes_too_long_to_scan_is_refused(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SECONDS_A_RULE", 0.05)
    monkeypatch.setattr(patterns, "RULES", [SLOW])
    gate = Gate.of(ws)

    with pytest.raises(Refused, match=r"^a text took too long to scan$"):
        gate.clean(conversation("a" * 200 + " my password is hunter22"))


def test_the_rules_work_in_a_registry_of_presidio() -> None:
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    language_model = SpacyNlpEngine()
    language_model.nlp = {"en": spacy.blank("en")}
    registry = RecognizerRegistry(recognizers=patterns.recognizers(), supported_languages=["en"])
    engine = AnalyzerEngine(registry, language_model, supported_languages=["en"])

    text = "card 4111 1111 1111 1111, not 4111 1111 1111 1112, of amara.ok@example.org"
    results = sorted(engine.analyze(text, "en", return_decision_process=True), key=lambda result: result.start)

    found = [(r.entity_type, text[r.start : r.end], r.score, r.analysis_explanation.pattern_name) for r in results]
    assert found == [
        ("CREDIT_CARD", "4111 1111 1111 1111", 1.0, "Luhn"),
        ("EMAIL", "amara.ok@example.org", 0.6, "address"),
    ]


GERMAN = "Guten Tag, meine Bestellung ist leider immer noch nicht angekommen, können Sie mir bitte weiterhelfen?"


def test_an_unsupported_language_is_refused(gate: Gate) -> None:
    with pytest.raises(Refused, match="language de: supported here are en"):
        gate.clean(conversation(GERMAN))


def test_a_declared_unsupported_language_is_refused(gate: Gate) -> None:
    with pytest.raises(Refused, match="language fr"):
        gate.clean(conversation("ok", language="fr-CA"))


def test_a_short_text_is_taken_for_the_workspaces_language(gate: Gate) -> None:
    assert gate.clean(conversation("ok thx")).conversation.language == "en"


def test_the_version_changes_with_the_settings(ws: Workspace) -> None:
    other = ws.config.privacy.model_copy(update={"deny": ("x",)})

    assert Gate(other, ws.store).version != Gate.of(ws).version


@pytest.mark.parametrize("number", ["4111111111111111", "5555 5555 5555 4444", "378282246310005", "2223003122003222"])
def test_card_numbers_of_the_networks_pass(number: str) -> None:
    assert luhn(number)


@pytest.mark.parametrize("number", ["4111111111111112", "0000000000000000", "1234567812345670", "113542617735902"])
def test_other_numbers_are_no_cards(number: str) -> None:
    assert not luhn(number)


def test_iban_check() -> None:
    assert iban("DE89 3704 0044 0532 0130 00")
    assert not iban("DE89 3704 0044 0532 0130 01")
