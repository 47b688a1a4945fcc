"""The pattern detector: each rule with what it finds and leaves, disguises, prefilter, languages, hostile texts."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privacy.detect import checks, patterns, phones, words
from privacy.detect.disguised import view
from privacy.detect.patterns import RULES, Compiled, Patterns
from privacy.detect.scan import Scene

DETECTOR = Patterns()


def found(text: str, entity: str) -> set[str]:
    return {text[span.start : span.end] for span in DETECTOR.find(text) if span.entity == entity}


FOUND = [
    ("SECRET", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"),
    ("SECRET", "here: -----BEGIN PRIVATE KEY-----\nabc cut off", "-----BEGIN PRIVATE KEY-----\nabc cut off"),
    ("SECRET", "token ghp_abcdefghijklmnopqrstuv123456", "ghp_abcdefghijklmnopqrstuv123456"),
    ("SECRET", "xoxb-0123456789-abcdef leaked", "xoxb-0123456789-abcdef"),
    ("SECRET", "glpat-abcdefghij0123456789", "glpat-abcdefghij0123456789"),
    ("SECRET", "AKIAIOSFODNN7EXAMPLE is it", "AKIAIOSFODNN7EXAMPLE"),
    ("SECRET", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc"),
    ("SECRET", "Authorization: Bearer a8Kd93jfQp20xLmZ77", "a8Kd93jfQp20xLmZ77"),
    ("SECRET", "postgres://ada:opensesame@db.example.com/x", "opensesame"),
    ("SECRET", "secret = 'q9Zk27LmPw4Tz8'", "q9Zk27LmPw4Tz8"),
    ("SECRET", "my password is hunter22! help", "hunter22!"),
    ("SECRET", "pin code 8812", "8812"),
    ("SECRET", "and password is tulip 88", "tulip 88"),
    ("SECRET", "my pw qwx 159", "qwx 159"),
    ("EMAIL", "write to bob.o'neil@example.com please", "bob.o'neil@example.com"),
    ("EMAIL", "(ada@example.co.uk)", "ada@example.co.uk"),
    ("EMAIL", "it is jane at example dot com ok", "jane at example dot com"),
    ("EMAIL", "jane [at] example (dot) com", "jane [at] example (dot) com"),
    ("EMAIL", "jane(at)mail.example.org", "jane(at)mail.example.org"),
    ("EMAIL", "its juliagmailcom thanks", "juliagmailcom"),
    ("EMAIL", "its ada 45 gmailcom", "ada 45 gmailcom"),
    ("EMAIL", "it is adalovelacecom", "adalovelacecom"),
    ("EMAIL", "ada 45 gmail", "45 gmail"),
    ("EMAIL", "ada.moss@\nexample.com", "ada.moss@\nexample.com"),
    ("URL", "see https://example.com/u/123?t=9 for it", "https://example.com/u/123?t=9"),
    ("URL", "(see http://example.com/a).", "http://example.com/a"),
    ("URL", "at www.example.org/x, now", "www.example.org/x"),
    ("URL", "go to example.com/orders today", "example.com/orders"),
    ("URL", "our shop.example.co.uk is down.", "shop.example.co.uk"),
    ("IBAN", "refund to GB82 WEST 1234 5698 7654 32 thanks", "GB82 WEST 1234 5698 7654 32"),
    ("IBAN", "iban de89370400440532013000", "de89370400440532013000"),
    ("BANK_ACCOUNT", "SWIFT code: DEUTDEFF500", "DEUTDEFF500"),
    ("CREDIT_CARD", "card 4111 1111 1111 1111 was charged", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "amex 378282246310005", "378282246310005"),
    ("CREDIT_CARD", "mastercard 2223003122003222", "2223003122003222"),
    ("CREDIT_CARD", "it was 30569309025904", "30569309025904"),
    ("CREDIT_CARD", "it is 4111.1111.1111.1111", "4111.1111.1111.1111"),
    ("CREDIT_CARD", "the one ending in 4242", "4242"),
    ("CREDIT_CARD", "card ending in 3 4 5 6", "3 4 5 6"),
    ("CREDIT_CARD", "card **** **** **** 4242", "4242"),
    ("CREDIT_CARD", "my debit card number is 8844 2100", "8844 2100"),
    ("ID", "the last four digits are 8837", "8837"),
    ("SSN", "ssn 078-05-1120.", "078-05-1120"),
    ("SSN", "my ssn is 4521", "4521"),
    ("SSN", "social security number 4 5 2 1", "4 5 2 1"),
    ("SSN", "4521 is my ssn", "4521"),
    ("DRIVER_LICENSE", "driver's license number is D1234567", "D1234567"),
    ("PASSPORT", "my passport no is X1234567", "X1234567"),
    ("IP_ADDRESS", "from 192.0.2.44 it fails", "192.0.2.44"),
    ("IP_ADDRESS", "from 2001:db8::7 it fails", "2001:db8::7"),
    ("IP_ADDRESS", "loopback ::1 here", "::1"),
    ("MAC_ADDRESS", "device 00:1B:44:11:3A:B7 offline", "00:1B:44:11:3A:B7"),
    ("MAC_ADDRESS", "device 00-1b-44-11-3a-b7 offline", "00-1b-44-11-3a-b7"),
    ("MAC_ADDRESS", "device 001b.4411.3ab7 offline", "001b.4411.3ab7"),
    ("COORDINATES", "I am at 51.50735, -0.12776 now", "51.50735, -0.12776"),
    ("COORDINATES", "at 51°30'26\"N 0°7'39\"W", "51°30'26\"N 0°7'39\"W"),
    ("DATE_OF_BIRTH", "I was born on 12/04/1980 in", "12/04/1980"),
    ("DATE_OF_BIRTH", "dob: 3 March 1979", "3 March 1979"),
    ("ADDRESS", "to 12 Oak Street, Apt 4B, Salem, OR 97301 please", "12 Oak Street, Apt 4B, Salem, OR 97301"),
    ("ADDRESS", "i live at 7 mill lane", "7 mill lane"),
    ("ADDRESS", "an die Gartenstraße 12a bitte", "Gartenstraße 12a"),
    ("ADDRESS", "14 rue de la Paix", "14 rue de la Paix"),
    ("ADDRESS", "in via Garibaldi 22", "via Garibaldi 22"),
    ("ADDRESS", "P.O. Box 99", "P.O. Box 99"),
    ("LOCATION", "Jane Doe\n12 Oak Street\nLeeds\nLS1 4AP", "Leeds"),
    ("POSTCODE", "near LS1 4AP somewhere", "LS1 4AP"),
    ("POSTCODE", "Ottawa K1A 0B1", "K1A 0B1"),
    ("POSTCODE", "CA 94107", "CA 94107"),
    ("POSTCODE", "zip 30301", "30301"),
    ("POSTCODE", "my zip code is 88", "88"),
    ("POSTCODE", "my zip codes is 2345678", "2345678"),
    ("POSTCODE", "I moved, 10115 Berlin now", "10115 "),
    ("POSTCODE", "1012 AB Amsterdam", "1012 AB"),
    ("POSTCODE", "our office in West Haven 30301", "30301"),
    ("POSTCODE", "to 7 Mill\nHaven NO\n4110", "4110"),
    ("ID", "order number 45-88123 is late", "45-88123"),
    ("ID", "gift card 88aa-123", "88aa-123"),
    ("ID", "about CL-482913 again", "CL-482913"),
    ("ID", "booking reference k7 g2 p9", "k7 g2 p9"),
    ("ID", "my account number is 456212", "456212"),
    ("ID", "yes it is 45712 and thanks", "45712"),
    ("ID", "case #123 and #4455", "#4455"),
    ("ID", "12345678901", "12345678901"),
    ("ID", "sure its k 3 x 7 g 5", "k 3 x 7 g 5"),
    ("ID", "daniela and 4531", "4531"),
    ("HANDLE", "I am @brewer_77 there", "@brewer_77"),
    ("HANDLE", "username: brewer77", "brewer77"),
    ("HANDLE", "add brewer#1234", "brewer#1234"),
    ("DATE", "on 2024-05-06 10:30 it", "2024-05-06 10:30"),
    ("DATE", "on 3/4/2024", "3/4/2024"),
    ("DATE", "the 3rd of March 2024", "3rd of March 2024"),
    ("DATE", "March 3rd", "March 3rd"),
    ("DATE", "since March 2024", "March 2024"),
    ("DATE", "in 1987 we", "1987"),
    ("DATE", "on Monday", "Monday"),
    ("AGE", "a 34 years old man", "34"),
    ("AGE", "a 35 y/o", "35"),
    ("AGE", "aged 34", "34"),
    ("AGE", "I turned 40.", "40"),
    ("AGE", "I'm 62, and", "62"),
    ("AGE", "when she was 12", "12"),
    ("AGE", "j'ai 34 ans", "34"),
    ("TITLE", "Dear Mr. Tanaka, hello", "Mr."),
    ("TITLE", "ask Prof Okafor", "Prof"),
    ("NATIONALITY", "two Danes and a brazilian", "brazilian"),
    ("PERSON", "my name is john smith", "john smith"),
    ("PERSON", "My name is Maria Lopez.", "Maria Lopez"),
    ("PERSON", "I am called Maria Lopez.", "Maria Lopez"),
    ("PERSON", "I'm Maria Lopez from Leeds.", "Maria Lopez"),
    ("PERSON", "Dear Mr. Tanaka, hello", "Tanaka"),
    ("PERSON", "Hello Maria,", "Maria"),
    ("PERSON", "It works now.\nBest regards,\nNadia Petrova", "Nadia Petrova"),
    ("PERSON", "ich heiße Jana Schmidt", "Jana Schmidt"),
    ("PERSON", "je m'appelle Chloé Martin", "Chloé Martin"),
    ("PERSON", "mon nom est Chloé Martin", "Chloé Martin"),
    ("PERSON", "me llamo Lucía Pérez", "Lucía Pérez"),
    ("PERSON", "mi nombre es Lucía Pérez", "Lucía Pérez"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "text", "words"), FOUND)
def test_a_kind_is_found(entity: str, text: str, words: str) -> None:
    assert words in found(text, entity)


def test_every_rule_is_reached_by_a_sample() -> None:
    """A rule that no sample reaches is a rule nobody has seen work."""
    reached = {span.reason for _, text, _ in FOUND for span in DETECTOR.find(text)}

    assert {rule.reason for rule in RULES} - reached == set()


LEFT = [
    ("SECRET", ["my password is not working", "password is incorrect", "the pin is usually valid", "the secret of it", "tokens: 5"]),
    ("SECRET", ["task-force-of-the-year", "risk-based", "key: word-word-word-word"]),
    ("EMAIL", ["hello\n@bob.smith hi", "see ada@mail.\nIt works", "meet me at the bus dot", "@home", "a@b", "look at that dot on the map", "telecom", "the internet", "5 telecom offers"]),
    ("URL", ["e.g.this", "report.pdf", "node.js", "it.Thanks", "I saw it.is that ok", "etc.and", "main.py", "a.m.", "3.5.com", "v1.2.3"]),
    ("IBAN", ["GB82 WEST 1234 5698 7654 33", "AB12 3456", "GB82\nWEST 1234\n5698 7654 32"]),
    ("LOCATION", ["I bought 3 pumps\nThanks\n12345", "Leeds\nLS1 4AP", "12 Oak Street\nLeeds\nNadia"]),
    ("CREDIT_CARD", ["4111\n1111\n1111\n1111", "4111 1111 1111 1112", "0000 0000 0000 0000", "my card is for 20 days", "a 850 cc 2014", "13 digits 1234567890123"]),
    ("SSN", ["000-12-3456", "666-12-3456", "912-12-3456", "078-00-1120", "socially 1234"]),
    ("DRIVER_LICENSE", ["public policy of A123456", "driving licence needed"]),
    ("IP_ADDRESS", ["version 2.2.366", "at 10:30:15", "999.1.1.1", "a::b::c"]),
    ("MAC_ADDRESS", ["12:30:45", "00:1B:44:11:3A"]),
    ("COORDINATES", ["91.12345, 10.12345", "1.5, 2.5", "0.1171 (0.0022)"]),
    ("PHONE", ["on 2024-05-06 and 03.04.2024", "2.2.366 1234567", "1939-1945", "12 000 000", "192.168.100.200", "SSN 078-05-1120", "order number 732201349959", "$1 234 567", "0.1171 (0.0022)", "at 370 3911 Oak Avenue", "1234\n567890", "9876543210円", "12.5%\n4155550132%"]),
    ("ADDRESS", ["a 10 minute drive", "11:00 search the street", "3 days road trip"]),
    ("POSTCODE", ["the IT 12345678", "Windows in Office 2019", "zip file"]),
    ("ID", ["number 5", "order of 200 items", "case in 2024", "return within 30 days", "windows 2019", "may 21st", "10 gb", "covid-19", "i want to transfer 500", "it's from 2007"]),
    ("HANDLE", ["a@example.com", "user is not found"]),
    ("DATE", ["at 10:30", "in 2000 items", "1/2", "may I ask", "10.5.1", "12/34/5678"]),
    ("AGE", ["turn 90 degrees", "I'm 5 minutes away", "aged 200", "I am 3 hours late", "page 34", "for 3 years"]),
    ("TITLE", ["yes sir. Your order", "the Dr", "mrs"]),
    ("NATIONALITY", ["polish your shoes", "the pole", "Czech Republic"]),
    ("PERSON", ["Hi there,", "Hi all", "Hi I'm late", "my name is not on the list", "Thanks\nRegards", "Dear Customer Support,", "this is Very Good"]),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "text"), [(entity, text) for entity, texts in LEFT for text in texts])
def test_what_looks_like_a_kind_is_left(entity: str, text: str) -> None:
    assert found(text, entity) == set()


NUMBERS = [
    "(415) 555-0132", "+1 415 555 0132", "415.555.0132", "07700 900456", "+49 30 901820", "0049 30 901820",
    "1-800-555-0199", "030 / 901820", "01 99 00 12 34", "01.99.00.12.34", "(0)20 7946 0018", "555-0132",
    "415-555-0132 ext. 77", "020 7946 0018x12", "+44 (0)20 7946 0018", "4155550132", "+14155550132", "02079460018",
]  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("sentence", ["call {} please", "{}", "Tel.: {}.", "is {}, or write"])
def test_phone_numbers_are_found_whole(sentence: str, number: str) -> None:
    assert number in found(sentence.format(number), "PHONE")


def test_two_numbers_side_by_side_are_both_found() -> None:
    assert found("ring 415-555-0132 415-555-0199 ok", "PHONE") == {"415-555-0132", "415-555-0199"}


def test_short_numbers_need_their_cue() -> None:
    assert found("my phone is 901820 77", "PHONE") == {"901820 77"}
    assert found("we made 901820 77 of them", "PHONE") == set()


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Sehr geehrte Frau Weber,", {("TITLE", "Frau"), ("PERSON", "Weber")}),
        ("de", "Hallo Jana,\nmein Name ist Jana Vogt.", {("PERSON", "Jana"), ("PERSON", "Jana Vogt")}),
        ("de", "geboren am 03.04.1980", {("DATE_OF_BIRTH", "03.04.1980")}),
        ("de", "Telefon 030 901820", {("PHONE", "030 901820")}),
        ("de", "Viele Grüße\nJana Vogt", {("PERSON", "Jana Vogt")}),
        ("de", "Mein Passwort ist Tulpe77", {("SECRET", "Tulpe77")}),
        ("fr", "Bonjour Chloé,", {("PERSON", "Chloé")}),
        ("fr", "né le 3 mars 1980", {("DATE_OF_BIRTH", "3 mars 1980")}),
        ("fr", "Cordialement,\nChloé Martin", {("PERSON", "Chloé Martin")}),
        ("fr", "téléphone : 01 99 00 12 34", {("PHONE", "01 99 00 12 34")}),
        ("fr", "au 14 rue de la Paix", {("ADDRESS", "14 rue de la Paix")}),
        ("fr", "mot de passe : tulipe77", {("SECRET", "tulipe77")}),
        ("es", "Hola Lucía,", {("PERSON", "Lucía")}),
        ("es", "nacida el 3 de marzo de 1980", {("DATE_OF_BIRTH", "3 de marzo de 1980")}),
        ("es", "Saludos,\nLucía Pérez", {("PERSON", "Lucía Pérez")}),
        ("es", "mi teléfono es 912 345 678", {("PHONE", "912 345 678")}),
        ("es", "calle Mayor 12", {("ADDRESS", "calle Mayor 12")}),
        ("es", "la contraseña es tulipan77", {("SECRET", "tulipan77")}),
        ("it", "Gentile Giulia,\nmi chiamo Marta Bruni", {("PERSON", "Giulia"), ("PERSON", "Marta Bruni")}),
        ("it", "nata il 3 marzo 1980", {("DATE_OF_BIRTH", "3 marzo 1980")}),
        ("it", "Cordiali saluti\nMarta Bruni", {("PERSON", "Marta Bruni")}),
        ("it", "cellulare 333 123 4567", {("PHONE", "333 123 4567")}),
        ("it", "ho 34 anni, in via Roma 5", {("AGE", "34"), ("ADDRESS", "via Roma 5")}),
        ("nl", "Beste Sanne,\nmijn naam is Daan Bakker", {("PERSON", "Sanne"), ("PERSON", "Daan Bakker")}),
        ("nl", "geboortedatum: 03-04-1980", {("DATE_OF_BIRTH", "03-04-1980")}),
        ("nl", "Met vriendelijke groet,\nDaan Bakker", {("PERSON", "Daan Bakker")}),
        ("nl", "mobiel 06 12345678", {("PHONE", "06 12345678")}),
        ("nl", "Keizersgracht 12 en 1012 AB Amsterdam", {("ADDRESS", "Keizersgracht 12"), ("POSTCODE", "1012 AB")}),
        ("nl", "wachtwoord: tulp77", {("SECRET", "tulp77")}),
        ("pt", "Olá Marta,\nmeu nome é João Souza", {("PERSON", "Marta"), ("PERSON", "João Souza")}),
        ("pt", "nascido em 03/04/1980", {("DATE_OF_BIRTH", "03/04/1980")}),
        ("pt", "Atenciosamente,\nJoão Souza", {("PERSON", "João Souza")}),
        ("pt", "celular 11 91234-5678", {("PHONE", "11 91234-5678")}),
        ("pt", "rua das Flores, 12", {("ADDRESS", "rua das Flores, 12")}),
        ("pt", "minha senha é tulipa77", {("SECRET", "tulipa77")}),
    ],
)
def test_the_cues_of_each_language(language: str, text: str, expected: set[tuple[str, str]]) -> None:
    assert language in Patterns.languages
    assert expected <= {(span.entity, text[span.start : span.end]) for span in DETECTOR.find(text, language)}


DISGUISED = [
    ("mail jоhn@exаmple.com now", "EMAIL", "jоhn@exаmple.com"),
    ("mail jo\u200bhn@exam\u00adple.com now", "EMAIL", "jo\u200bhn@exam\u00adple.com"),
    ("mail ｊｏｈｎ＠example.com now", "EMAIL", "ｊｏｈｎ＠example.com"),
    ("mail 𝐣𝐨𝐡𝐧@𝐞𝐱𝐚𝐦𝐩𝐥𝐞.𝐜𝐨𝐦 now", "EMAIL", "𝐣𝐨𝐡𝐧@𝐞𝐱𝐚𝐦𝐩𝐥𝐞.𝐜𝐨𝐦"),
    ("mail john&#64;example.com now", "EMAIL", "john&#64;example.com"),
    ("mail john&commat;example&period;com now", "EMAIL", "john&commat;example&period;com"),
    ("mail bob%40example.com now", "EMAIL", "bob%40example.com"),
    ("mail john=40example.com now", "EMAIL", "john=40example.com"),
    ("card 4111&nbsp;1111&nbsp;1111&nbsp;1111 was", "CREDIT_CARD", "4111&nbsp;1111&nbsp;1111&nbsp;1111"),
    ("card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 was", "CREDIT_CARD", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"),
    ("card 4111\u200b1111\u200b1111\u200b1111 was", "CREDIT_CARD", "4111\u200b1111\u200b1111\u200b1111"),
    ("card ４１１１１１１１１１１１１１１１ was", "CREDIT_CARD", "４１１１１１１１１１１１１１１１"),
    ("call me on four one five five five five zero one three two ok", "PHONE", "four one five five five five zero one three two"),
    ("call four one five, triple five, zero one double two ok", "PHONE", "four one five, triple five, zero one double two"),
    ("my ssn is four five two one", "SSN", "four five two one"),
    ("my раsswоrd is hunter22", "SECRET", "hunter22"),
    ("see httрs://example.com/u/1 now", "URL", "httрs://example.com/u/1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "entity", "words"), DISGUISED)
def test_a_disguise_is_seen_through_and_the_span_is_of_the_original(text: str, entity: str, words: str) -> None:
    assert words in found(text, entity)


@pytest.mark.parametrize(
    "text",
    [
        "Привет, как дела?",
        "Γειά σου Κόσμε",
        "naïve café — “quoted”",
        "one or two of us",
        "a = b; x=4",
        "R&D; AT&T",
        "漢字",
    ],
)
def test_an_ordinary_text_has_no_other_view(text: str) -> None:
    assert view(Scene(text)) is None


def test_a_view_knows_where_each_character_came_from() -> None:
    text = "a&#64;b\u200bc one two three four"
    seen = view(Scene(text))

    assert seen is not None
    assert seen.plain == "a@bc 1234"
    assert seen.place(1, 2) == (1, 6)
    assert text[slice(*seen.place(5, 9))] == "one two three four"


def test_a_span_tells_its_rule_and_its_check() -> None:
    told = {(span.detector, span.reason) for span in DETECTOR.find("card 4111 1111 1111 1111")}

    assert ("patterns", "credit card: Luhn") in told


def everywhere(text: str) -> set[tuple[str, int, int]]:
    """What the rules find without any prefilter."""
    return {(c.reason, *place) for rule in RULES for c in [COMPILED[rule]] for place in c.everywhere(text)}


COMPILED = {rule: Compiled(rule) for rule in RULES}


def prefiltered(text: str) -> Iterator[tuple[str, int, int]]:
    scene = Scene(text)
    for compiled, places in DETECTOR._candidates(scene):
        yield from ((compiled.reason, *place) for place in compiled.at(text, places))
    for compiled in DETECTOR._anywhere:
        yield from ((compiled.reason, *place) for place in compiled.everywhere(text))


@pytest.mark.parametrize("text", [text for _, text, _ in FOUND] + [text for _, texts in LEFT for text in texts])
def test_the_prefilter_changes_no_span(text: str) -> None:
    assert everywhere(text) == set(prefiltered(text))


PIECES = [text for _, text, _ in FOUND] + [
    "-",
    " ",
    "\n",
    ".",
    "1",
    "42",
    "é",
    "@",
    "is",
    "(",
    "no 7",
    "\u200b",
    "ß",
    "_",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.lists(st.sampled_from(PIECES)).map(" ".join))
def test_the_prefilter_changes_no_span_of_any_mixture(text: str) -> None:
    assert everywhere(text) == set(prefiltered(text))


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=300)
    | st.text("aаοе0٣०１𝟛 .@-+()#:/=&;<>\u200b\u00ad\u0301\u202eאبé\n", max_size=200)
    | st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
)
@example("İ" * 5 + "my name is Ada Lovelace")
@example("\ud83d a@example.com")
@example("٠" * 20)
@example("&#x110000;&#0;&#xD800;")
@example("²³¹ card 4111")
def test_any_text_can_be_scanned_and_spans_lie_in_it(text: str) -> None:
    for span in DETECTOR.find(text):
        assert 0 <= span.start < span.end <= len(text)


UNITS = ["a", "1", "1 ", "a.", "ab.", "a@", "@", "-", "1-", "a1", "( ", "=40", "&#64;", "one ", "\u200b", "x ", "name is ", "A", "Aa ", "1.", ":a", "a:", "\n", "dear ", "/", "zip ", "my ssn is ", "www.", "://"]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_line_of_anything_takes_time_in_proportion(unit: str) -> None:
    """A quadratic rule would take hours for a megabyte; here a sixth of one must be done in seconds."""
    text = (unit * 200_000)[:160_000]
    begin = time.process_time()

    DETECTOR.find(text)

    assert time.process_time() - begin < 20


@pytest.mark.parametrize("number", ["4111111111111111", "5555 5555 5555 4444", "6304000000000000", "503890547220", "4000000000000000006"])  # fmt: skip
def test_numbers_that_networks_issue(number: str) -> None:
    assert checks.luhn(number)


def test_lists_of_words_do_not_overlap_with_what_they_exclude() -> None:
    assert not words.NOT_NAMES & words.DEMONYMS
    assert words.STRONG_ENDINGS.isdisjoint(words.SENTENCE_ENDINGS)


def test_find_all_is_find_for_each() -> None:
    texts = ["mail a@example.com", "nothing", "card 4111 1111 1111 1111"]

    assert DETECTOR.find_all(texts, "en") == [DETECTOR.find(text, "en") for text in texts]


def test_phone_data_is_only_asked_about_seven_digits_or_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(phones.phonenumbers, "parse", fail)

    assert found("call 12345 or 2024 at 10:30", "PHONE") == set()


def test_context_words_work_without_a_language_model() -> None:
    """In stock Presidio with a blank model no context word is ever seen: every lemma is empty."""
    assert found("my ssn is 4521", "SSN") == {"4521"}


def test_findings_do_not_depend_on_the_run() -> None:
    assert DETECTOR.find("mail a@example.com") == Patterns().find("mail a@example.com")


def test_a_rule_that_takes_too_long_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = patterns.Rule("SECRET", "slow", r"(?:a|aa)+(?:a|aa)+\d")
    monkeypatch.setattr(patterns, "SECONDS_A_RULE", 0.05)
    monkeypatch.setattr(patterns, "RULES", [slow])

    with pytest.raises(TimeoutError):
        Patterns().find("a" * 200)


GROUPED = [".", "/", "_", "-", " - ", "<br>", "<br/>", "\u00a0", "\u2009", "\u202f"]


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "3782 822463 10005", "3056 930902 5904"])
@pytest.mark.parametrize("sign", GROUPED)
def test_a_card_is_found_whatever_parts_its_groups(sign: str, number: str) -> None:
    assert number.replace(" ", sign) in found(f"it is {number.replace(' ', sign)} ok", "CREDIT_CARD")


WRAPPED = [
    ("CREDIT_CARD", "4111 1111~1111 1111"),
    ("CREDIT_CARD", "4111-1111-~1111-1111"),
    ("CREDIT_CARD", "41111111~11111111"),
    ("CREDIT_CARD", "3782 822463~10005"),
    ("IBAN", "GB82 WEST 1234~5698 7654 32"),
    ("IBAN", "BE68 5390~0754 7034"),
    ("PHONE", "+44 7700~900456"),
    ("PHONE", "+44 7700 900~456"),
    ("PHONE", "(415) 555-~0132"),
    ("PHONE", "020 7946~0018"),
    ("EMAIL", "ada.moss@~example.com"),
    ("EMAIL", "ada.moss~@example.com"),
    ("EMAIL", "ada.moss@example.~com"),
    ("EMAIL", "ada.moss@example~.com"),
    ("EMAIL", "ada.moss@mail.~example.org"),
]


@pytest.mark.parametrize("wrap", ["\n", " \n", "\r\n", "\n> ", "\n>> "])
@pytest.mark.parametrize(("entity", "words"), WRAPPED)
def test_a_value_is_found_over_a_line_break(entity: str, words: str, wrap: str) -> None:
    assert words.replace("~", wrap) in found(f"it is {words.replace('~', wrap)} ok", entity)


@pytest.mark.parametrize(
    ("text", "entity", "words"),
    [
        ("+49 30 901820\n12 of them", "PHONE", "+49 30 901820"),
        ("415-555-0132\n415-555-0199", "PHONE", "415-555-0132"),
        ("ada@example.com.\nShop now", "EMAIL", "ada@example.com"),
    ],
)
def test_a_value_that_is_whole_takes_nothing_of_the_next_line(text: str, entity: str, words: str) -> None:
    assert words in found(text, entity)


BESIDE = [
    ("see 4111111111111111\nend", "4111111111111111", "CREDIT_CARD"),
    ("12345678\nabc", "12345678", "ID"),
    ("_4111 1111 1111 1111_", "4111 1111 1111 1111", "CREDIT_CARD"),
    ("-4012888888881881", "4012888888881881", "CREDIT_CARD"),
    ("日4111 1111 1111 1111", "4111 1111 1111 1111", "CREDIT_CARD"),
    ("_078-05-1120_", "078-05-1120", "SSN"),
    ("日078-05-1120日", "078-05-1120", "SSN"),
    ("12 4012888888881881 12", "4012888888881881", "CREDIT_CARD"),
    ("2024 4111 1111 1111 1111 12/27", "4111 1111 1111 1111", "CREDIT_CARD"),
    ("ab-4111 1111 1111 1111-cd", "4111 1111 1111 1111", "CREDIT_CARD"),
    ("日DE89370400440532013000日", "DE89370400440532013000", "IBAN"),
    ("12 BE68 5390 0754 7034 with", "BE68 5390 0754 7034", "IBAN"),
    ("tel=415-555-0132", "415-555-0132", "PHONE"),
    ("#415-555-0132", "415-555-0132", "PHONE"),
    ("2:4155550132", "4155550132", "PHONE"),
    ("電話4155550132です", "4155550132", "PHONE"),
    ("тел+44 7700 900123", "+44 7700 900123", "PHONE"),
    ("_(415) 555-0132_", "(415) 555-0132", "PHONE"),
    ("ab-(415) 555-0132-cd", "(415) 555-0132", "PHONE"),
    ("ada@example.com_", "ada@example.com", "EMAIL"),
    ("中192.0.2.44日", "192.0.2.44", "IP_ADDRESS"),
    ("адрес192.0.2.44к", "192.0.2.44", "IP_ADDRESS"),
    ("서192.0.2.44서", "192.0.2.44", "IP_ADDRESS"),
    ("_192.0.2.44_", "192.0.2.44", "IP_ADDRESS"),
    ("_00:1B:44:11:3A:B7_", "00:1B:44:11:3A:B7", "MAC_ADDRESS"),
]


@pytest.mark.parametrize(("text", "words", "entity"), BESIDE)
def test_a_number_is_found_whatever_stands_beside_it(text: str, words: str, entity: str) -> None:
    found = {(text[span.start : span.end], span.entity) for span in Patterns(("US", "GB")).find(text)}

    assert (words, entity) in found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Jana Vogt\nGartenstraße 12\nBerlin\n10115", "Berlin"),
        ("Jane Doe\n12 Oak Street,\nSalem\nOR 97301", "Salem"),
        ("> Jane Doe\n> Flat 3, 12 Oak Street\n> Leeds,\n> LS1 4AP", "Leeds"),
        ("Jane Doe\n12 Oak Street\nHarrogate\nNorth Yorkshire\nHG1 1AA", "Harrogate\nNorth Yorkshire"),
        ("Anna Smit\nKeizersgracht 12\nAmsterdam\n1012 AB", "Amsterdam"),
    ],
)
def test_the_town_of_an_address_of_short_lines_is_found(text: str, words: str) -> None:
    assert words in found(text, "LOCATION")
