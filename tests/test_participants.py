"""How participants are named in texts: what counts as their name, and what is only a word."""

from __future__ import annotations

import time
import timeit
import unicodedata

import pytest

from deskwright.conversation import Identifier, Kind, Participant
from deskwright.plugins import Span
from privacy.detect.participants import Participants, called


def person(number: int, name: str, *others: tuple[Identifier, str]) -> Participant:
    return Participant(str(number), Kind.CUSTOMER, ((Identifier.NAME, name), *others))


KATE = person(
    1, "Katherine Müller", (Identifier.EMAIL, "k.mueller77@example.org"), (Identifier.PHONE, "+44 7700 900123")
)
WILL = person(2, "William Brook")
JOSE = person(3, "José Peña-Ruiz", (Identifier.HANDLE, "@pepe_runs"))
SOREN = person(4, "Søren Ångström")
SMITH = person(5, "Smith, John Q.")
MAY = person(6, "May Rose")
NOBODY = Participant("7", Kind.CUSTOMER, ((Identifier.EMAIL, "jane.doe@example.org"),))
ALL = (KATE, WILL, JOSE, SOREN, SMITH, MAY, NOBODY)


def longest(text: str, *people: Span) -> list[tuple[str, str]]:
    """(words, participant) of the spans that no other covers."""
    found = [(span.start, span.end, who) for span, who in Participants(ALL).find(text, people)]
    outer = [f for f in found if not any(o != f and o[0] <= f[0] and f[1] <= o[1] and o[:2] != f[:2] for o in found)]
    return sorted({(text[start:end], who) for start, end, who in outer})


NAMED = [
    ("I spoke to Katherine Müller", "Katherine Müller", "1"),
    ("I spoke to KATHERINE MUELLER", "KATHERINE MUELLER", "1"),
    ("I spoke to Katherine Muller", "Katherine Muller", "1"),
    ("I spoke to K. Mueller", "K. Mueller", "1"),
    ("I spoke to Müller, Katherine", "Müller, Katherine", "1"),
    ("I spoke to Kate M.", "Kate M", "1"),
    ("signed K.M. as usual", "K.M", "1"),
    ("kate's parcel", "kate", "1"),
    ("Kathy Anne Müller", "Kathy Anne Müller", "1"),
    ("katherine.mueller", "katherine.mueller", "1"),
    ("write to k.mueller77@example.org", "k.mueller77@example.org", "1"),
    ("login k.mueller77", "k.mueller77", "1"),
    ("call 07700 900123", "07700 900123", "1"),
    ("call 0044 (0) 7700-900 123", "0044 (0) 7700-900 123", "1"),
    ("Hi Bill, thanks", "Bill", "2"),
    ("ask Will about it", "Will", "2"),
    ("Regards,\nwill", "will", "2"),
    ("It is billy brook", "billy brook", "2"),
    ("jose pena ruiz", "jose pena ruiz", "3"),
    ("José Peña", "José Peña", "3"),
    ("Pepe called", "Pepe", "3"),
    ("I am pepe_runs", "pepe_runs", "3"),
    ("Soeren or Soren", "Soeren", "4"),
    ("soren angstrom", "soren angstrom", "4"),
    ("John Smith", "John Smith", "5"),
    ("J. Smith", "J. Smith", "5"),
    ("John Q. Smith", "John Q. Smith", "5"),
    ("Johnny Smith's order", "Johnny Smith", "5"),
    ("it was Jane Doe", "Jane Doe", "7"),
]


@pytest.mark.parametrize(("text", "words", "who"), NAMED)
def test_a_participant_is_named(text: str, words: str, who: str) -> None:
    assert (words, who) in longest(text)


NOT_NAMED = [
    "it will brook no delay",
    "Will you help me?",
    "It broke. Will it be repaired?",
    "Thanks! May I ask something?",
    "Hi, May I ask something?",
    "WILL YOU PLEASE ANSWER",
    "the bill is due",
    "Bill is overdue again",
    "in May 2024",
    "on 5 May",
    "a rose is a rose",
    "I'm billing them",
    "call 07700 900124",
    "call 99990007700900123",
    "katherineville",
    "dot com",
]


@pytest.mark.parametrize("text", NOT_NAMED)
def test_a_word_is_left_where_it_is_a_word(text: str) -> None:
    assert longest(text) == []


OTHER_SCRIPTS = [
    ("प्रिया शर्मा", "मैंने प्रिया शर्मा से बात की", "प्रिया शर्मा"),
    ("प्रिया शर्मा", "कल प्रिया ने लिखा", "प्रिया"),
    ("प्रिया कुमारी शर्मा", "प्रिया शर्मा का ऑर्डर", "प्रिया शर्मा"),
    ("राम", "राम, धन्यवाद", "राम"),
    ("রহিম উদ্দিন", "আমি রহিম উদ্দিন বলছি", "রহিম উদ্দিন"),
    ("রহিম উদ্দিন", "এটা রহিমের অর্ডার", "রহিমের"),
    ("முத்து குமார்", "நான் முத்து குமார் பேசுகிறேன்", "முத்து குமார்"),
    ("முத்து குமார்", "இது குமாருக்கு", "குமாருக்கு"),
    ("สมชาย ใจดี", "คุณสมชายครับ", "สมชาย"),
    ("สมชาย ใจดี", "ผมสมชาย ใจดีครับ", "สมชาย ใจดี"),
    ("สมชาย ใจดี", "ผมชื่อสมชายใจดี", "สมชายใจดี"),
    ("سارة الحسن", "مرحبا، أنا سارة الحسن", "سارة الحسن"),
    ("أحمد", "مع وأحمد", "أحمد"),
    ("محمد علي", "السيد مُحَمَّد علي هنا", "مُحَمَّد علي"),
    ("محمد علي", "محـــمد كتب", "محـــمد"),
    ("דנה כהן", "שלום, כאן דָּנָה כהן", "דָּנָה כהן"),
    ("דנה כהן", "כתבתי לדנה אתמול", "דנה"),
    ("דנה כהן", "דנה\u200f כהן כתבה", "דנה\u200f כהן"),
    ("김민수", "안녕하세요 김민수입니다", "김민수"),
    ("김민수", "민수씨가 보냈어요", "민수"),
    ("김 민수", "김민수님, 감사합니다", "김민수"),
    ("김민수", "김 대리님께", "김"),
    ("김민수", "민수ㅠㅠ", "민수"),
    ("王小明", "我是王小明，请回复", "王小明"),
    ("王小明", "请联系小明吧", "小明"),
    ("王 小明", "我叫王小明。", "王小明"),
    ("王小明", "王先生您好", "王"),
    ("田中太郎", "田中様、お世話になります", "田中"),
    ("田中 太郎", "担当は田中太郎です", "田中太郎"),
    ("高橋みなみ", "みなみさんに送りました", "みなみ"),
    ("ジョン・スミス", "私はジョン・スミスです", "ジョン・スミス"),
    ("さくら", "友達のさくらです", "さくら"),
    ("Anna Berg", "Annaさんに", "Anna"),
    ("Anna Berg", "Anna가 보냈어요", "Anna"),
    ("Ελένη Παππάς", "μίλησα με την ΕΛΕΝΗ ΠΑΠΠΑΣ", "ΕΛΕΝΗ ΠΑΠΠΑΣ"),
    ("Ελένη Παππάς", "η Ελένη έγραψε", "Ελένη"),
    ("Андрей Ёлкин", "Пишет Андрей Елкин", "Андрей Елкин"),
    ("Андрей Ёлкин", "пишет Ёлкин А.", "Ёлкин А"),
]


@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("known", ["NFC", "NFD"])
@pytest.mark.parametrize(("name", "text", "words"), OTHER_SCRIPTS)
def test_a_participant_is_named_in_any_script(name: str, text: str, words: str, known: str, written: str) -> None:
    name, text, words = (unicodedata.normalize(f, t) for f, t in ((known, name), (written, text), (written, words)))

    found = [(span.start, span.end) for span, _ in Participants([person(1, name)]).find(text)]

    first = min(start for start, _ in found)
    assert text[first : max(end for start, end in found if start == first)] == words


NOT_NAMED_IN_OTHER_SCRIPTS = [
    ("राम", "रामायण और रामा"),
    ("मीरा", "मेरा ऑर्डर"),
    ("রহিম", "আব্দুররহিম"),
    ("김민수", "김치와 김포"),
    ("김민수", "예민수"),
    ("기민", "김민"),
    ("王小明", "国王和小名"),
    ("דנה", "מדינה"),
    ("علي", "عليها"),
    ("Иван", "Иваново"),
]


@pytest.mark.parametrize(("name", "text"), NOT_NAMED_IN_OTHER_SCRIPTS)
def test_a_part_of_a_word_in_another_script_is_no_name(name: str, text: str) -> None:
    assert list(Participants([person(1, name)]).find(text)) == []


def test_a_genitive_is_no_initial() -> None:
    assert longest("John's") == [("John", "5")]


@pytest.mark.parametrize("text", ["Will is away", "may, please", "bill"])
def test_an_everyday_word_is_a_name_where_a_detector_sees_a_person(text: str) -> None:
    end = min(text.find(mark) for mark in " ," if mark in text) if " " in text else len(text)
    seen = Span(0, end, "PERSON", 0.8, "model")

    assert [words for words, _ in longest(text, seen)] == [text[:end]]


def test_an_introduced_person_is_told_from_a_participant() -> None:
    known = Participants([WILL], [("somebody", "Priya Raman")])

    found = {(who, span.detector, span.reason) for span, who in known.find("Priya met William")}

    assert found == {("somebody", "introduced", "first name"), ("2", "participant", "first name")}


def test_owners_are_those_who_are_called_so() -> None:
    known = Participants([KATE, person(8, "Priya")])

    assert known.owners("Kate Mueller") == {"1"}
    assert known.owners("Priya Raman") == {"8"}
    assert known.owners("Kate Raman") == set()


def test_a_name_in_an_address_is_no_word_of_its_own() -> None:
    assert "doe" in called("Jane Doe")
    assert longest("a doe and a buck") == []


def test_the_automaton_is_built_in_a_moment() -> None:
    def build() -> Participants:
        return Participants((KATE, WILL, JOSE))

    seconds = min(timeit.repeat(build, timer=time.process_time, number=10, repeat=5)) / 10

    assert seconds < 0.005
