"""The gate against texts that nobody writes by accident: all of Unicode, broken markup, placeholders typed by hand,
lines without end, and personal data at any place among them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskwright import workspace
from deskwright.conversation import Identifier, Kind, Participant
from deskwright.workspace import Workspace
from privacy.detect.participants import mend
from privacy.gate import Gate, Refused

NADIA = Participant(
    "1",
    Kind.CUSTOMER,
    (
        (Identifier.NAME, "Nadia Szymańska"),
        (Identifier.EMAIL, "nadia.sz@example.org"),
        (Identifier.PHONE, "+44 7700 900456"),
    ),
)
KNOWN = ("Nadia Szymańska", "NADIA", "szymanska", "nadia.sz@example.org", "+44 7700 900456")
PLANTED = (
    ("EMAIL", "ada.moss@example.com"),
    ("EMAIL", "jürgen@example.org"),
    ("PHONE", "+44 7700 900123"),
    ("PHONE", "(415) 555-0132"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "4012888888881881"),
    ("IBAN", "GB82 WEST 1234 5698 7654 32"),
    ("IBAN", "DE89370400440532013000"),
    ("SSN", "078-05-1120"),
    ("IP_ADDRESS", "192.0.2.44"),
    ("MAC_ADDRESS", "00:1B:44:11:3A:B7"),
)
EDGES = (
    " ", "\t", " \n", ", ", " (", ") ", ' "', "<br>", "&nbsp;", "&gt;", "<p>", ">", "\u00a0", "\u3000", "\u202e",
    "\u200f", "\u2066", "|", "*", ";", "…", "—", "[", "]", "{", "}", "。", "、", "（", "）", "•",
    "\n", "_", "-", " 12 ",
)  # fmt: skip
"""What may stand beside a value so that it is still a value: spaces, brackets, marks of direction, markup, a number."""
TYPED = (
    "<PERSON_1>",
    "<<EMAIL_1>>",
    "<EMAIL_",
    "_1>",
    "<PERSON_<PERSON_2>>",
    "<DROPPED_MESSAGE_1>",
    "<URL_99999>",
    "<",
)
MARKUP = (
    "&nbsp;",
    "&#64;",
    "&amp;amp;",
    "<a href='",
    "</p>",
    "<!--",
    "=\r\n",
    "=3D",
    "\r",
    "\0",
    "\ud83d",
    "\udc00",
    "%40",
)
RIGHT_TO_LEFT = "שלום עולם, مرحبا بالعالم؛ \u202e\u202b\u200f\u2067"
COMBINING = "a\u0301e\u0308o\u0323\u0301\u20dd\u0489\u1ab0"

anything = st.characters(min_codepoint=0, max_codepoint=sys.maxunicode)
NOISE = st.lists(
    st.one_of(
        st.text(anything, max_size=15),
        st.text(RIGHT_TO_LEFT, max_size=15),
        st.text(COMBINING, max_size=8),
        st.text("0123456789-+ ()./@#\n", max_size=15),
        st.sampled_from([*TYPED, *MARKUP, "\n", " ", "\u2028", "\x85"]),
    ),
    max_size=6,
).map("".join)
HARMLESS = st.text(
    st.characters(exclude_categories=["Nd", "Nl", "No", "Cs"], exclude_characters="@<>_&%+-/.\0"), max_size=15
)
"""What cannot become a part of a number or an address that stands beside it."""

settled = settings(max_examples=100, deadline=None, database=None, derandomize=True)
seldom = settings(max_examples=50, deadline=None, database=None, derandomize=True)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    root = tmp_path_factory.mktemp("adversarial") / "ws"
    workspace.create(root)
    return Gate.of(Workspace.open(root))


def bare(text: str) -> str:
    """Only the letters and digits, in lower case: a value that stands somewhere with other separators is still one."""
    return "".join(char for char in text.lower() if char.isalnum())


@settled
@given(text=NOISE)
def test_every_span_has_a_place_in_its_text_and_none_overlaps_another(text: str, gate: Gate) -> None:
    spans = gate.find(text, (NADIA,))

    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))


@settled
@given(texts=st.lists(NOISE, min_size=1, max_size=3))
def test_any_text_is_redacted_or_refused_and_nothing_else(texts: list[str], gate: Gate) -> None:
    with suppress(Refused):
        redacted = gate.redact(texts, (NADIA,)).texts
        assert redacted == tuple(mend(text) for text in redacted)
        assert redacted == gate.redact(redacted, (NADIA,)).texts


@settled
@given(before=HARMLESS, after=HARMLESS, planted=st.sampled_from(PLANTED), edge=st.sampled_from(EDGES))
def test_a_value_is_found_at_its_place_wherever_it_stands(
    before: str, after: str, planted: tuple[str, str], edge: str, gate: Gate
) -> None:
    _, value = planted
    text = f"{before}{edge}{value}{edge}{after}"
    start = len(before) + len(edge)

    spans = [span for span in gate.find(text) if span.start < start + len(value) and start < span.end]

    assert spans[0].start <= start
    assert start + len(value) <= spans[-1].end
    assert all(one.end == other.start for one, other in pairwise(spans))


@settled
@given(before=NOISE, after=NOISE, planted=st.sampled_from(PLANTED))
def test_nothing_planted_between_lines_is_left(before: str, after: str, planted: tuple[str, str], gate: Gate) -> None:
    _, value = planted
    text = f"{before}\n\n see {value} there\n\n{after}"

    redacted = gate.redact([text]).texts[0]

    assert redacted.count(value) <= mend(before + after).count(value)
    assert f"see {value} there" not in redacted


@settled
@given(before=NOISE, after=NOISE, value=st.sampled_from(KNOWN))
def test_a_participant_is_found_in_any_surroundings(before: str, after: str, value: str, gate: Gate) -> None:
    redacted = gate.redact([f"{before} see {value} there {after}"], (NADIA,)).texts[0]

    assert f"see {value} there" not in redacted


@settled
@given(
    pieces=st.lists(st.sampled_from([*TYPED, "ada.moss@example.com", "1", "_", "PERSON", "EMAIL", " "]), max_size=10)
)
def test_placeholders_typed_by_hand_hide_nothing(pieces: list[str], gate: Gate) -> None:
    text = "".join(pieces) + " ada.moss@example.com " + "".join(reversed(pieces))

    redacted = gate.redact([text]).texts[0]

    assert " ada.moss@example.com " not in redacted
    assert gate.redact([redacted]).texts[0] == redacted


@seldom
@given(value=st.sampled_from(["ada.moss@example.com", "4111 1111 1111 1111", "DE89370400440532013000"]), data=st.data())
def test_invisible_characters_in_a_value_do_not_hide_it(value: str, data: st.DataObject, gate: Gate) -> None:
    at = data.draw(st.integers(1, len(value) - 1))
    invisible = data.draw(st.sampled_from(["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"]))

    redacted = gate.redact([f"see {value[:at]}{invisible}{value[at:]} there"]).texts[0]

    assert bare(value) not in bare(redacted)


LONG: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("one word", lambda size: "a" * size),
    ("digits", lambda size: "7" * size),
    ("digits and dashes", lambda size: "12-" * (size // 3)),
    ("at signs", lambda size: "@" * size),
    ("dots", lambda size: "a." * (size // 2)),
    ("open brackets", lambda size: "<" * size),
    ("half placeholders", lambda size: "<PERSON_" * (size // 8)),
    ("combining marks", lambda size: "a" + "\u0301" * (size - 1)),
    ("colons", lambda size: "0:" * (size // 2)),
    ("capitals", lambda size: "Ab " * (size // 3)),
    ("line ends", lambda size: "\n" * size),
)


@pytest.mark.parametrize("make", [make for _, make in LONG], ids=[name for name, _ in LONG])
def test_a_line_without_end_takes_time_in_proportion(make: Callable[[int], str], gate: Gate) -> None:
    """Four times the length: four times the processor's time, not sixteen times."""

    def cost(text: str) -> float:
        started = time.process_time()
        with suppress(Refused):
            gate.redact([text])
        return time.process_time() - started

    short = cost(make(25_000))
    assert cost(make(100_000)) < 10 * short + 0.5


def test_a_value_at_the_end_of_a_line_of_a_million_characters_is_found(gate: Gate) -> None:
    text = "the pump is broken and wet, " * 36_000 + "ada.moss@example.com"

    assert gate.redact([text]).texts[0].endswith("wet, <EMAIL_1>")
