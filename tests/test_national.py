"""National numbers: all that are valid are found where their country is on, few of anything else."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.privacy.national import BY_TITLE, KINDS, generate, is_found, measure
from privacy.detect import national_checks
from privacy.detect.national import CUES, OTHER, RULES, National, Rule, recognizers
from privacy.redact import ENTITIES

DOCS = Path(__file__).resolve().parents[1] / "docs" / "privacy.md"
EVERYWHERE = National({rule.country for rule in RULES})
NOWHERE = National(())
HOME = National(("US", "GB"))
WIDE = National("US GB DE FR ES IT NL PT AT BE CH SE DK NO FI PL IE CA AU".split())


def found(detector: National, text: str) -> list[tuple[str, str]]:
    """The kinds found, and where they were found as the text has it."""
    return [(span.entity, text[span.start : span.end]) for span in detector.find(text)]


def test_all_valid_numbers_of_at_least_25_countries_are_found_and_at_most_one_in_a_hundred_of_the_invalid() -> None:
    tally = measure(generate(seed=5, per_kind=4))

    assert len({kind.country for kind in KINDS}) >= 25
    assert [example for example in tally.wrong if example.valid] == []
    assert tally.share(valid=False) <= 0.01


def test_the_generated_set_has_the_invalid_beside_the_valid_and_every_number_stands_in_its_sentence() -> None:
    examples = generate(seed=2, per_kind=1)

    assert all(example.number in example.sentence for example in examples)
    assert {example.kind for example in examples} == set(BY_TITLE)
    assert sum(not example.valid for example in examples) > 0.9 * sum(example.valid for example in examples)
    assert examples == generate(seed=2, per_kind=1)


def test_with_its_cue_a_number_is_found_whatever_the_regions() -> None:
    for example in generate(seed=3, per_kind=4):
        kind = BY_TITLE[example.kind]
        if example.valid and any(cue in example.sentence for cue in kind.cues):
            assert is_found(example, NOWHERE.find(example.sentence)), example


@pytest.mark.parametrize(
    ("region", "text", "entity", "number"),
    [
        ("DE", "Meine Nummer: 36 574 261 809.", "TAX_ID", "36 574 261 809"),
        ("PL", "44051401359", "NATIONAL_ID", "44051401359"),
        ("SE", "it is 811228-9874, as you know", "NATIONAL_ID", "811228-9874"),
        ("NL", "(1112.22.333)", "NATIONAL_ID", "1112.22.333"),
        ("BR", "390.533.447-05", "NATIONAL_ID", "390.533.447-05"),
        ("US", "I have 219-09-9999", "SSN", "219-09-9999"),
        ("IN", "2341-2341-2346", "NATIONAL_ID", "2341-2341-2346"),
    ],
)
def test_without_a_cue_a_bare_number_is_found_only_where_its_country_is_on(
    region: str, text: str, entity: str, number: str
) -> None:
    assert found(National([region]), text) == [(entity, number)]
    assert found(NOWHERE, text) == []


@pytest.mark.parametrize(
    ("text", "entity", "number"),
    [
        ("12345678Z", "NATIONAL_ID", "12345678Z"),
        ("x-1234567-l", "NATIONAL_ID", "x-1234567-l"),
        ("RSSMRA85T10A562S", "NATIONAL_ID", "RSSMRA85T10A562S"),
        ("RSS MRA 85T10 A562 S", "NATIONAL_ID", "RSS MRA 85T10 A562 S"),
        ("send it for QQ 12 34 56 C, or AB 12 34 56 C", "NATIONAL_ID", "AB 12 34 56 C"),
        ("HEGG560427MVZRRL04", "NATIONAL_ID", "HEGG560427MVZRRL04"),
        ("AAPPV8261K", "TAX_ID", "AAPPV8261K"),
        ("2 95 10 99 126 111 93", "NATIONAL_ID", "2 95 10 99 126 111 93"),
        ("131052-308T", "NATIONAL_ID", "131052-308T"),
        ("756.9217.0769.85", "NATIONAL_ID", "756.9217.0769.85"),
        ("we are DE 136,695 976 or DE 136695976", "TAX_ID", "DE 136695976"),
        ("ATU13585627", "TAX_ID", "ATU13585627"),
        ("EL 094259216", "TAX_ID", "EL 094259216"),
        ("S1234567D", "NATIONAL_ID", "S1234567D"),
        ("1EG4-TE5-MK73", "HEALTH_ID", "1EG4-TE5-MK73"),
    ],
)
def test_a_form_of_its_own_is_found_whatever_the_regions(text: str, entity: str, number: str) -> None:
    assert (entity, number) in found(NOWHERE, text)


@pytest.mark.parametrize(
    ("text", "entity", "number"),
    [
        ("My passport number is 123456789.", "PASSPORT", "123456789"),
        ("Reisepassnr? Mein Reisepass: C01X00T47", "PASSPORT", "C01X00T47"),
        ("driver's license no. D1234567", "DRIVER_LICENSE", "D1234567"),
        ("sort code 20-00-00", "BANK_ACCOUNT", "20-00-00"),
        ("sort code 20-00-00 55779911", "BANK_ACCOUNT", "20-00-00 55779911"),
        ("Routing number 021000021", "BANK_ACCOUNT", "021000021"),
        ("EIN 12-3456789", "TAX_ID", "12-3456789"),
        ("licence plate AB12 CDE", "LICENSE_PLATE", "AB12 CDE"),
        ("Kennzeichen WOB-VK 295", "LICENSE_PLATE", "WOB-VK 295"),
        ("numéro de sécurité sociale : 2 95 10 99 126 111 93", "NATIONAL_ID", "2 95 10 99 126 111 93"),
        ("マイナンバーは123456789018です", "NATIONAL_ID", "123456789018"),
        ("मेरा ड्राइविंग लाइसेंस MH14-20110012345 है", "DRIVER_LICENSE", "MH14-20110012345"),
        ("주민등록번호는 900101-1000006입니다", "NATIONAL_ID", "900101-1000006"),
        ("078051120 is my SSN", "SSN", "078051120"),
        ("my ssn\nis 078-05-1120", "SSN", "078-05-1120"),
        ("NHS No: 943 476 5919", "HEALTH_ID", "943 476 5919"),
        ("my nino is ab 12 34 56 c", "NATIONAL_ID", "ab 12 34 56 c"),
        ("HKID A123456(3)", "NATIONAL_ID", "A123456(3"),
        ("order 5 for my PESEL 44051401359", "NATIONAL_ID", "44051401359"),
    ],
)
def test_a_cue_makes_a_number_of_what_could_be_anything(text: str, entity: str, number: str) -> None:
    assert (entity, number) in found(NOWHERE, text)


@pytest.mark.parametrize(
    "text",
    [
        "Order 44051401359 has not come.",
        "Order number: 4829137, tracking 1Z999AA10123456784.",
        "Tracking 9400 1000 0000 0000 0000 00",
        "9400100000000000000000",
        "IMEI 490154203237518",
        "imei: 35-209900-176148-1",
        "It is 2024-05-12, 12.05.2024, 05/12/2024 or 12 May 2024 at 10:45:30.",
        "2024-05-12T10:45:30Z and 20240512T104530",
        "The total is $1,249.00, or 1.249,00 € or £12,345,678.90, not 1 249.",
        "Version 10.2.14-beta, build 20240512.1, v1.0.0",
        "192.168.100.121 and 10.0.0.1, 2001:db8::8a2e:370:7334, 00:1A:2B:3C:4D:5E",
        "Call me on +1 415 555 2671 or 020 7946 0018 or (415) 555-2671.",
        "call 415 555 2671, fax 415-555-2671",
        "My phone is 07700 900123, the office +44 20 7946 0018.",
        "https://shop.example/orders?id=44051401359&x=12345678",
        "SKU AB-1234-X, model XPS13-9310, part 123-45678-9",
        "I bought 3 of 12 on 4 occasions since 2019, for 20 % less.",
        "The restaurant is at 17151 2450 Crown St, Springfield 62704-1234",
        "Windows 11 23H2, error 0x80070057, code 5031",
        "Invoice INV-2024-00123 and ref 88213377",
        "ISBN 978-3-16-148410-0",
        "4111 1111 1111 1111",
        "12:30-14:45, room 4.013, 1-2-3",
        "temperature -12.5, ratio 1/2, 3/4 of 1234567",
        "CL-482913 and #12345678",
        "I am 12 years old and 1234567 times sorry",
    ],
)
def test_ordinary_numbers_of_support_are_no_national_number(text: str) -> None:
    assert found(HOME, text) == []
    assert found(WIDE, text) == []


def test_a_word_that_is_a_cue_only_in_capitals_is_no_cue_in_small_letters() -> None:
    assert found(NOWHERE, "Ich habe ein 12-3456789") == []
    assert found(NOWHERE, "EIN 12-3456789") == [("TAX_ID", "12-3456789")]


def test_a_number_with_a_separator_is_not_cut() -> None:
    assert found(National(["PL"]), "44051401359-12") == []
    assert found(NOWHERE, "PESEL 44051401359-12") == []
    assert found(NOWHERE, "mi DNI es 42.533.970-X") == []
    assert found(NOWHERE, "my tax id is 11 005 427 065") == []
    assert found(National(["PL"]), "12 44051401359") == []
    assert found(National(["PL"]), "é44051401359 _44051401359") == []


def test_offsets_are_those_of_the_text_given() -> None:
    text = "Ünïcode 🐟: my aadhaar is ２３４１ ２３４１ ２３４６, my SSN is 219‑09‑9999"

    assert found(NOWHERE, text) == [("NATIONAL_ID", "２３４１ ２３４１ ２３４６"), ("SSN", "219‑09‑9999")]


def test_digits_of_other_scripts_are_digits() -> None:
    for zero in "٠۰०０":
        number = "".join(chr(ord(zero) + int(digit)) for digit in "44051401359")

        assert found(National(["PL"]), number) == [("NATIONAL_ID", number)]


def test_a_reason_names_the_rule_and_what_held() -> None:
    reasons = [
        span.reason
        for text in ("44051401359", "PESEL 44051401359", "passport 123456789", "GHA-123456789-0")
        for span in National(["PL"]).find(text)
    ]

    assert reasons == [
        "PL PESEL: checksum", "PL PESEL: after its cue, checksum", "US passport: after its cue",
        "GH Ghana card: its form",
    ]  # fmt: skip


def test_a_cue_weighs_more_than_letters_and_letters_more_than_digits() -> None:
    scores = [National(["PL"]).find(text)[0].score for text in ("PESEL 44051401359", "AB123456C", "44051401359")]

    assert sorted(scores, reverse=True) == scores
    assert len(set(scores)) == 3


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.title)
def test_a_line_of_the_table_is_in_order(rule: Rule) -> None:
    assert rule.entity in ENTITIES
    assert re.fullmatch(r"[A-Z]{2}", rule.country)
    assert rule.looks
    assert rule.cues
    assert re.compile(rule.pattern)
    assert callable(rule.check) or rule.check is None or callable(import_module(f"stdnum.{rule.check}").is_valid)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.title)
def test_what_could_be_anything_needs_a_cue(rule: Rule) -> None:
    short = any(len(look.replace("_", "")) < 8 and "L" not in look for look in rule.looks)

    assert rule.need == "cue" or not short
    assert rule.need == "cue" or rule.check or rule.always or any("_" in look for look in rule.looks)


def test_no_two_lines_have_one_name() -> None:
    assert len({rule.title for rule in RULES}) == len(RULES)


def test_words_that_are_something_else_are_folded_as_text_is() -> None:
    assert all(word == unicodedata.normalize("NFKD", word).casefold() and word.isalpha() for word in OTHER)


CHECKS = [
    ("au_medicare", "2123456701"), ("br_cnh", "02650306461"), ("ca_ohip", "9876543217"),
    ("cz_bank_account", "20001453990800"),
    ("de_health", "A123456780"), ("de_pension", "15070649C103"), ("de_pension", "65170839J003"),
    ("es_social_security", "281234567840"), ("fi_hetu", "131052308T"), ("gb_driver", "MORGA753116SM9IJ"),
    ("gb_nino", "AB123456C"), ("hk_identity", "A1234563"), ("hk_identity", "AB9876543"), ("hu_health", "111111110"),
    ("hu_person", "18510121232"), ("hu_tax", "8071592153"), ("icao", "L01X00T471"), ("icao", "T220001293"),
    ("jmbg", "0101006500006"), ("jp_my_number", "123456789018"), ("lu_person", "1893120105732"),
    ("mx_clabe", "032180000118359719"), ("nz_health", "ZAC5361"), ("nz_health", "ZBN77VL"),
    ("pl_bank_account", "61109010140000071219812874"), ("pl_identity_card", "ABA300000"), ("ru_snils", "11223344595"),
    ("sg_nric", "S1234567D"), ("sg_nric", "T1234567J"), ("sg_nric", "F1234567N"), ("sg_nric", "G1234567X"),
    ("sg_nric", "M1234567K"), ("tw_identity", "A123456789"), ("us_ssn", "219099999"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "example"), CHECKS)
def test_a_check_of_our_own_passes_its_published_example(check: str, example: str) -> None:
    assert getattr(national_checks, check)(example)


def test_every_check_of_our_own_has_an_example() -> None:
    used = {rule.check.__name__ for rule in RULES if callable(rule.check)}

    assert used == {name for name, _ in CHECKS}


VAT = """
AT U60753982; BE 605.056.799; BG 5815533234; CY 46244616T; CZ 174414945; DE 906 509 911; DK 75 95 71 65; EE 145557243;
EL 006 990 407; ES 60460574Z; FI 42278596; FR 40 303 265 045; HR 78682257983; HU 89892626; IE 3529855QU; IT 26870601213;
LT 160845313; LU 94679412; LV 41616356585; MT 90248418; NL 9163.63.272.B.68; PL 0778920434; PT 611 005 042;
RO 6276901949; SE 282583959601; SI 63115140; SK 8135897033
"""


@pytest.mark.parametrize("number", VAT.strip().replace("\n", " ").split("; "))
def test_the_vat_number_of_every_member_state_is_found_by_its_letters(number: str) -> None:
    assert ("TAX_ID", number) in found(NOWHERE, f"We are {number}, thank you.")
    assert ("TAX_ID", number.replace(" ", "")) in found(NOWHERE, number.replace(" ", ""))


def test_a_number_that_trips_its_check_is_invalid() -> None:
    assert found(EVERYWHERE, "458611882207229452") == []


@settings(max_examples=400)
@given(st.sampled_from(RULES).flatmap(lambda rule: st.from_regex(re.compile(rule.pattern, re.ASCII), fullmatch=True)))
def test_no_number_of_a_form_raises(number: str) -> None:
    spans = EVERYWHERE.find(f"id: {number}")

    assert all(span.end <= len(number) + 4 for span in spans)


@given(st.text(max_size=80))
def test_no_text_raises_and_every_span_lies_in_it(text: str) -> None:
    spans = EVERYWHERE.find(text)

    assert all(0 <= span.start < span.end <= len(text) and span.entity in CUES for span in spans)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([*"0123456789", *"ABCXZ", *" .-/(", "०", "Ａ", "é", "SSN ", "passport ", "DE"]), max_size=30
    )
)
def test_nothing_that_looks_like_a_number_raises(pieces: Sequence[str]) -> None:
    text = "".join(pieces)

    assert all(text[span.start : span.end].strip() for span in EVERYWHERE.find(text))


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "123 456 789 ", "A1", "AB 12 34 ", "１２ ", "ssn 12345678 ", "order ", "a\n1\n"]
)
def test_a_long_line_takes_time_in_proportion(piece: str) -> None:
    short, long = (piece * (size // len(piece)) for size in (20_000, 160_000))

    assert seconds(long) < 8 * 4 * max(seconds(short), 0.01)


def seconds(text: str) -> float:
    start = time.process_time()
    HOME.find(text)
    return time.process_time() - start


def test_the_recognizers_find_what_the_detector_finds() -> None:
    text = "My SSN is 219-09-9999 and my passport 123456789."
    results = [
        (result.entity_type, result.start, result.end, result.score)
        for recognizer in recognizers(["US"])
        for result in recognizer.analyze(text, recognizer.supported_entities)
    ]

    assert sorted(results) == sorted((s.entity, s.start, s.end, s.score) for s in National(["US"]).find(text))


def test_every_line_of_the_table_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    section = text.split("## National numbers\n")[1].split("\n## ")[0]

    assert documented() == re.findall(r"^\| [A-Z]{2} \| .*$", section, re.MULTILINE)


def documented() -> list[str]:
    """The rows of the table in docs/privacy.md: a country, and its kinds with the names of their numbers."""
    rows = []
    for country in sorted({rule.country for rule in RULES}):
        names: dict[str, list[str]] = {}
        for rule in RULES:
            if rule.country == country:
                names.setdefault(rule.entity, []).append(rule.name + ("*" if rule.always else ""))
        kinds = "; ".join(f"{entity}: {', '.join(found)}" for entity, found in names.items())
        rows.append(f"| {country} | {kinds} |")
    return rows
