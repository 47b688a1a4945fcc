"""Policies, shapes, lists and detectors: what becomes of what is found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deskwright import config, plugins
from deskwright.conversation import Identifier, Kind, Participant
from deskwright.entities import ENTITIES, GENERALISED, POLICIES
from deskwright.errors import ConfigError
from deskwright.plugins import Span
from deskwright.workspace import Workspace
from privacy.gate import Gate, Refused
from privacy.generalise import GENERAL, RULES, generalise
from privacy.redact import PLACEHOLDER


class Words:
    """Finds the words it is told: an entity and a pattern each."""

    name = "words"
    version = "1"
    languages = frozenset({"en"})

    def __init__(self, score: float = 0.95, **patterns: str) -> None:
        self.patterns = patterns
        self.score = score
        self.calls: list[Sequence[str]] = []

    def find(self, text: str, language: str) -> list[Span]:
        return [
            Span(*match.span(), entity, self.score, self.name, "a word of the test")
            for entity, pattern in self.patterns.items()
            for match in re.finditer(pattern, text)
        ]

    def find_all(self, texts: Sequence[str], language: str) -> list[list[Span]]:
        self.calls.append(list(texts))
        return [self.find(text, language) for text in texts]


def gate(ws: Workspace, *detectors: Any, **settings: object) -> Gate:
    privacy = config.Privacy.model_validate({"names": "", **settings})
    return Gate(privacy, ws.store, detectors or None)


AGES = Words(AGE=r"\b\d{1,3} years old|\b\d{1,3}\b(?= years)")
DATES = Words(DATE=r"\b\d{1,2} \w+ \d{4}|\b\d{4}-\d\d-\d\d|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}|\byesterday")
BORN = Words(DATE_OF_BIRTH=r"(?<=born )\S+")
CODES = Words(POSTCODE=r"(?<=in )[A-Z0-9]{2,4} ?[A-Z0-9]{0,3}")

GENERALISING = [
    (AGES, "I am 34 years old", "I am 30-39 years old"),
    (AGES, "I am 7 years old", "I am 00-09 years old"),
    (AGES, "I am 97 years old", "I am 90+ years old"),
    (AGES, "I am 104 years old", "I am 90+ years old"),
    (DATES, "on 12 March 2024", "on 2024-03"),
    (DATES, "am 12 Dezember 2024", "am 2024-12"),
    (DATES, "le 3 août 2023", "le 2023-08"),
    (DATES, "el 3 enero 2023", "el 2023-01"),
    (DATES, "on 2024-05-06", "on 2024-05"),
    (DATES, "on 13/04/2024", "on 2024-04"),
    (DATES, "on 04/13/2024", "on 2024-04"),
    (DATES, "on 03/04/2024", "on 2024"),
    (DATES, "am 03.04.2024", "am 2024-04"),
    (DATES, "it came yesterday", "it came <DATE_1>"),
    (DATES, "on 03/04/24", "on <DATE_1>"),
    (BORN, "born 12/04/1980", "born 1980"),
    (BORN, "born 12/04/80", "born <DATE_OF_BIRTH_1>"),
    (CODES, "lives in LS1 4AP", "lives in LS1"),
    (CODES, "lives in 1012 AB", "lives in 10"),
    (CODES, "lives in XQ", "lives in <POSTCODE_1>"),
]


@pytest.mark.parametrize(("detector", "text", "expected"), GENERALISING)
def test_generalises_and_never_twice(detector: Words, text: str, expected: str, ws: Workspace) -> None:
    coarse = gate(ws, detector, policies=dict.fromkeys(GENERALISED, "generalise"))

    once = coarse.redact([text]).texts

    assert once == (expected,)
    assert coarse.redact(once).texts == once
    assert list(coarse.find(expected)) == []


def test_every_kind_that_can_be_generalised_has_a_rule_and_a_shape() -> None:
    assert set(GENERALISED) == set(RULES) == set(GENERAL)


VALUES = [
    *(("AGE", value) for value in ("34", "34 years", "0", "99", "30-39", "90+", "aged 30-39 and 41")),
    *(("DATE", value) for value in ("12 March 2024", "2024", "2024-03", "March 2024", "3/2024", "2024/3/12")),
    *(("DATE_OF_BIRTH", value) for value in ("12/04/1980", "1980", "April 4th, 1980")),
    *(
        ("POSTCODE", value)
        for value in ("LS1 4AP", "ls14ap", "SW1A 1AA", "94107-1234", "CA 94107", "1010", "01310-100", "K1A 0B1")
    ),
]


@pytest.mark.parametrize(("entity", "value"), VALUES)
def test_what_is_general_stays_so(entity: str, value: str) -> None:
    once = generalise(entity, value)

    assert once is not None
    assert generalise(entity, once) == once


PEOPLE = (Participant("1", Kind.CUSTOMER, ((Identifier.NAME, "Amara Okonkwo"),)),)
TEXT = "Amara Okonkwo, 34 years old, of 12 March 2024, ORD-123456, amara@example.org, in LS1 4AP"


UNDER_ANY_POLICY = [
    (entity, policy)
    for entity in (*GENERALISED, "PERSON", "EMAIL", "ORDER_ID")
    for policy in POLICIES
    if policy != "generalise" or entity in GENERALISED
]


@pytest.mark.parametrize(("entity", "policy"), UNDER_ANY_POLICY)
def test_redacting_twice_changes_nothing_under_any_policy(entity: str, policy: str, ws: Workspace) -> None:
    found = Words(
        AGE=r"\d{1,3} years old", DATE=r"\d+ March \d+", POSTCODE="LS1 4AP", ORDER_ID=r"ORD-\d{6}",
        EMAIL=r"\w+@\S+\.org", DATE_OF_BIRTH=r"12 March 2024",
    )  # fmt: skip
    some = gate(ws, found, policies={entity: policy}, shapes={"ORDER_ID": r"ORD-\d{6}"})

    once = some.redact([TEXT], PEOPLE).texts

    assert some.redact(once, PEOPLE).texts == once
    assert (once == ("<DROPPED_MESSAGE_1>",)) == (policy == "drop")


def test_a_dropped_text_is_one_placeholder_that_stands_for_nothing(ws: Workspace) -> None:
    strict = gate(ws, Words(HEALTH_ID=r"H\d+"), policies={"HEALTH_ID": "drop"})

    redacted = strict.redact(["it is H123, amara", "fine", "and H77", "it is H123, amara", "<DROPPED_MESSAGE_1>"])

    one, two = "<DROPPED_MESSAGE_2>", "<DROPPED_MESSAGE_3>"
    assert redacted.texts == (one, "fine", two, one, "<DROPPED_MESSAGE_1>")
    assert dict(redacted.words) == {}
    assert redacted.counts == {"DROPPED_MESSAGE": 3}
    assert PLACEHOLDER.fullmatch(one)


def test_what_is_kept_does_not_hide_what_is_not(ws: Workspace) -> None:
    some = gate(ws, Words(ORGANIZATION="Okonkwo & Sons of 34 years", AGE=r"\d+ years"))

    assert some.redact(["ask Okonkwo & Sons of 34 years"], PEOPLE).texts == ("ask <PERSON_1> & Sons of 30-39 years",)


def test_what_is_made_general_does_not_hide_what_is_not(ws: Workspace) -> None:
    some = gate(ws, Words(AGE="Amara, 34"))

    assert some.redact(["Amara, 34"], PEOPLE).texts == ("<PERSON_1>, 30-39",)


def test_shapes_are_found_and_take_a_policy(ws: Workspace) -> None:
    shapes = {"ORDER_ID": r"ORD-\d{6}", "ROOM": r"R\d+"}
    some = gate(ws, shapes=shapes, policies={"ROOM": "keep"})

    assert some.redact(["ORD-123456 in R12, not XORD-123456x"]).texts == ("<ORDER_ID_1> in R12, not XORD-123456x",)


def test_a_word_of_the_deny_list_goes_whatever_else_is_said(ws: Workspace) -> None:
    words = Words(ORGANIZATION="Bluebird Ltd")
    some = gate(ws, words, deny=["Bluebird"], allow=["Bluebird", "Bluebird Ltd"])

    assert some.redact(["by Bluebird Ltd"]).texts == ("by <PRIVATE_1> Ltd",)


ALLOWED = [
    ("see Rose Gold", "see Rose Gold"),
    ("see Rose", "see <PERSON_1>"),
    ("key K-4111-K", "key K-<CREDIT_CARD_1>-K"),
    ("key 4222", "key 4222"),
]


@pytest.mark.parametrize(("text", "expected"), ALLOWED)
def test_an_allowed_word_lets_through_what_is_in_it_but_no_checked_number(
    text: str, expected: str, ws: Workspace
) -> None:
    some = gate(ws, Words(PERSON="Rose", CREDIT_CARD="4111|4222"), allow=["Rose Gold", "K-4111-K", "4222"])

    assert some.redact([text]).texts == (expected,)


def test_a_models_name_is_the_participants_where_it_names_one(ws: Workspace) -> None:
    some = gate(ws, Words(PERSON="Amara Okonkwo Junior|Amara and Lea|Lea"))

    assert some.redact(["Amara", "Amara Okonkwo Junior", "Amara and Lea", "Lea"], PEOPLE).texts == (
        "<PERSON_1>",
        "<PERSON_1>",
        "<PERSON_1> and <PERSON_2>",
        "<PERSON_2>",
    )


def test_a_name_that_a_detector_is_sure_of_is_found_everywhere(ws: Workspace) -> None:
    text = ["met Piotr Nowak", "then nowak called"]

    assert gate(ws, Words(0.95, PERSON="Piotr Nowak")).redact(text).texts == (
        "met <PERSON_1>",
        "then <PERSON_1> called",
    )
    assert gate(ws, Words(0.7, PERSON="Piotr Nowak")).redact(text).texts == ("met <PERSON_1>", "then nowak called")


def test_a_lower_case_everyday_word_is_not_spread(ws: Workspace) -> None:
    some = gate(ws, Words(PERSON=r"(?<=says )mark"))

    assert some.redact(["so says mark", "Ask Mark to mark it"]).texts == ("so says <PERSON_1>", "Ask Mark to mark it")


def test_a_name_given_in_full_is_the_participant_of_whom_the_first_name_is_known(ws: Workspace) -> None:
    priya = (Participant("1", Kind.CUSTOMER, ((Identifier.NAME, "Priya"),)),)
    some = gate(ws, Words(PERSON="Priya Raman"))

    assert some.redact(["Priya Raman", "Priya", "raman"], priya).texts == ("<PERSON_1>",) * 3


def test_all_texts_of_all_conversations_are_asked_for_at_once(ws: Workspace) -> None:
    words = Words(PERSON="Lea")
    some = gate(ws, words)

    results = some.redact_all([(["Lea", "Lea"], ()), (["Tom", "Lea", ""], ()), (["..."], ())])

    assert [getattr(result, "texts", None) for result in results] == [
        ("<PERSON_1>", "<PERSON_1>"),
        ("Tom", "<PERSON_1>", ""),
        ("...",),
    ]
    assert words.calls == [["Lea", "Tom"], ["<PERSON_1>"]]


def test_what_takes_too_long_or_never_ends_refuses_its_own_conversation_only(ws: Workspace) -> None:
    class Slow(Words):
        def find(self, text: str, language: str) -> list[Span]:
            if "slow" in text:
                raise TimeoutError
            return super().find(text, language)

    some = gate(ws, Slow(PERSON="Lea"))
    endless = gate(ws, Words(AGE=r"\bx\b"), policies={"AGE": "replace"})
    endless._into = lambda pseudonyms: lambda found, words: "x"  # type: ignore[method-assign]

    fast, slow = some.redact_all([(["Lea"], ()), (["a slow one"], ())])

    assert str(slow) == "a text took too long to scan"
    assert getattr(fast, "texts", None) == ("<PERSON_1>",)
    with pytest.raises(Refused, match=r"after 4 scans of the output \(AGE\)"):
        endless.redact(["an x"])


def test_counts_tell_kinds_and_detectors(ws: Workspace) -> None:
    redacted = gate(ws, Words(AGE=r"\d+ years")).redact(["Amara, 34 years"], PEOPLE)

    assert redacted.counts == {"PERSON": 1, "AGE": 1}
    assert redacted.found_by == {"participant": 1, "words": 1}


def test_a_plugins_kind_makes_a_placeholder_whatever_it_is_called(ws: Workspace) -> None:
    assert gate(ws, Words(**{"phone-number2": "x"})).redact(["an x"]).texts == ("an <PHONE_NUMBER_1>",)


def test_the_version_tells_the_detectors_apart(ws: Workspace) -> None:
    older, newer = Words(), Words()
    newer.version = "2"
    versions = {gate(ws, *detectors).version for detectors in ((older,), (newer,), (older, newer))}
    versions |= {gate(ws, **settings).version for settings in VERSIONED}

    assert len(versions) == 3 + len(VERSIONED)
    assert all(len(version) <= 64 for version in versions)


VERSIONED: list[Mapping[str, Any]] = [{}, {"policies": {"DATE": "replace"}}, {"shapes": {"X": "x+"}}, {"allow": ["a"]}]


def test_a_plugin_is_asked_for_names(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "load", lambda group, name: {("detectors", "mine"): Words}[group, name])

    assert "words" in Gate(config.Privacy(names="mine"), ws.store).version


FAULTS = [
    ('names = "mine"', "privacy.names: found 'mine'; known here: '', 'builtin'"),
    ("names = 3", "privacy.names: found 3; input should be a valid string"),
    (
        '[privacy.policies]\nEMAIL = "generalise"',
        "privacy.policies.EMAIL: cannot be generalised; those that can: DATE, ",
    ),
    ('[privacy.policies]\nMAIL = "keep"', "privacy.policies.MAIL: no such kind of personal data; known here: SECRET, "),
    ('[privacy.policies]\nEMAIL = "hide"', "privacy.policies.EMAIL: found 'hide'; input should be 'replace', "),
    ('[privacy.policies]\nPRIVATE = "keep"', "privacy.policies.PRIVATE: found 'keep'; words of privacy.deny are never"),
    ("[privacy.shapes]\nORDER_ID = 'a('", "privacy.shapes.ORDER_ID: not a regular expression: missing )"),
    ("[privacy.shapes]\nORDER_ID = '\\d*'", "privacy.shapes.ORDER_ID: the pattern fits nothing at all"),
    ("[privacy.shapes]\norder2 = '\\d+'", "privacy.shapes.order2: not a name for a kind; expected capitals"),
    ("[privacy.shapes]\nORDER_ID = 3", "privacy.shapes.ORDER_ID: found 3; input should be a valid string"),
]


@pytest.mark.parametrize(("lines", "fault"), FAULTS)
def test_a_fault_of_the_section_is_told(lines: str, fault: str, tmp_path: Path) -> None:
    file = tmp_path / config.FILE
    file.write_text(f"[privacy]\n{lines}\n", encoding="utf-8")

    with pytest.raises(ConfigError) as raised:
        config.read(file)

    (told,) = raised.value.faults
    assert told.startswith(fault)


def test_a_policy_for_a_kind_of_ones_own_is_no_fault_and_the_defaults_stay(tmp_path: Path) -> None:
    file = tmp_path / config.FILE
    file.write_text(
        "[privacy.policies]\nORDER_ID = 'keep'\n[privacy.shapes]\nORDER_ID = 'ORD-\\d+'\n", encoding="utf-8"
    )

    policies = config.read(file).privacy.policies

    assert policies["ORDER_ID"] == policies["DATE"] == "keep"
    assert set(policies) - {"ORDER_ID"} < set(ENTITIES)
