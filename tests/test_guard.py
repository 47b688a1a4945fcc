"""What does not leave the model, however its answer is cut into pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskwright.plugins import Generation, Token
from deskwright.workspace import Workspace
from privacy.detect.patterns import Patterns
from privacy.gate import Gate
from serve.chat import build_chat
from serve.guard import LONGEST_RUN, LONGEST_WORD, Guards

PHRASES = ("Project Falcon", "Falcon", "the  escalation\tqueue")
GUARDS = Guards(Patterns(), "en", PHRASES, allow=("care@shop.example.com",))
KNOWN = ("Help. Call us on 0800 555 0199.",)

LONG = "support.department.of.the.whole.company@some-long-example.com"
MAIL, CARD, PHONE, IBAN = "bob@example.net", "4111 1111 1111 1111", "+1 415 555 0173", "GB29 NWBK 6016 1331 9268 19"
PARTS = (
    MAIL, CARD, PHONE, IBAN, "(415) 555-0173", "4111-1111-1111-1111", "192.168.10.4", "care@shop.example.com",
    "0800 555 0199", "Project Falcon", "project  FALCON", "Falcon", "Falconry", "project", "the escalation queue",
    "the escalation", "<EMAIL_1>", "<PERSON_2>", "Your order", "is on its way", "in 3 to 5 days", "costs 12.50 EUR",
    ".", ",", "-", "\n", "  ", " ", "(", ")", ":", "1", "22", "my password is hunter2", "x" * 70, "7" * 130,
    f"mailto:{LONG}", "https://shop.example.com/" + "a/" * 130, "é", "🙂",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=5)), max_size=12).flatmap(
    lambda parts: st.sampled_from((" ", "", ", ")).map(lambda joint: joint.join(parts))
)


def guarded(text: str, cuts: Sequence[int] = (), guards: Guards = GUARDS) -> tuple[str, int]:
    """What comes out of a text that is fed in pieces, and the most that was ever held back."""
    guard = guards.guard(KNOWN)
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    out, longest = "", 0
    for start, end in pairwise(places):
        out += guard.feed(text[start:end])
        longest = max(longest, guard.held)
    return out + guard.end(), longest


@given(TEXTS, st.lists(st.integers(0, 400), max_size=30))
def test_any_pieces_give_what_the_whole_gives(text: str, cuts: list[int]) -> None:
    assert guarded(text, cuts)[0] == guarded(text)[0] == guarded(text, range(len(text)))[0]


@given(TEXTS)
def test_no_more_is_held_back_than_a_word_and_a_number(text: str) -> None:
    phrase = max(len(each) for each in PHRASES) + text.count(" ") + text.count("\n")

    assert guarded(text, range(len(text)))[1] <= LONGEST_RUN + LONGEST_WORD + 1 + phrase


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Write to {MAIL}, please.", "Write to <EMAIL_9000>, please."),
        (f"The card {CARD} was charged", "The card <CREDIT_CARD_9000> was charged"),
        (f"Call {PHONE} now.", "Call <PHONE_9000> now."),
        (f"[write to us](mailto:{LONG}).", "[write to us](mailto:<EMAIL_9000>)."),
        *(
            (f"{'b,' * before}{LONG},{'c' * after}", f"{'b,' * before}<EMAIL_9000>,{'c' * after}")
            for before in (40, 63, 64, 70, 120, 127, 128)
            for after in (0, 70, 300)
        ),
        (f"Pay to {IBAN}.", "Pay to <IBAN_9000>."),
        (f"Pay to {IBAN} or {MAIL} or both", "Pay to <IBAN_9000> or <EMAIL_9000> or both"),
        ("Write to care@shop.example.com.", "Write to care@shop.example.com."),
        ("Call 0800 555 0199.", "Call 0800 555 0199."),
        ("Hello <PERSON_1>, it takes 3 to 5 days.", "Hello <PERSON_1>, it takes 3 to 5 days."),
        ("That is project\n falcon, of the Escalation queue!", "That is <PRIVATE_9000>, of <PRIVATE_9000>!"),
        ("Ask the escalation queue", "Ask <PRIVATE_9000>"),
        ("A Falcon, not Falconry nor Projects Falcon.", "A <PRIVATE_9000>, not Falconry nor Projects <PRIVATE_9000>."),
        ("a project", "a project"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_nobody_said_is_replaced_and_the_rest_is_not(text: str, expected: str, size: int) -> None:
    assert guarded(text, range(0, len(text), size))[0] == expected


def test_prose_is_held_back_by_a_word_at_most() -> None:
    text = "You may send it back within thirty days of delivery, unopened. " * 5

    assert guarded(text, range(len(text)), Guards(Patterns()))[1] <= len("delivery,")


class Leaking:
    """Says what it should not, a few letters at a time."""

    model, digest = "leaking", ""

    def __init__(self, text: str) -> None:
        self.text = text

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        for n in range(0, len(self.text), 3):
            yield Token(self.text[n : n + 3])
        yield Token("", "stop", 1, 1, confidence=0.9)


def test_neither_the_customer_nor_the_record_gets_what_leaked(ws: Workspace) -> None:
    engine = Leaking(f"Hi <PERSON_1>, write to us at {MAIL} or to <EMAIL_1>. Falcon says so")
    chat = build_chat(Gate.of(ws), engine, None, "Help.", 0, guards=GUARDS)
    question = "I am Anna Schmidt, anna@example.com. Where is it?"
    state = chat.invoke({"turns": [{"role": "user", "content": question}]})

    assert state["text"] == "Hi Anna, write to us at our support address or to anna@example.com. That detail says so"
    assert MAIL not in state["answer"].content
    assert "<EMAIL_9000>" in state["answer"].content
    assert state["answer"].usage_metadata["output_tokens"] == 1


def test_what_the_system_text_says_may_be_said(ws: Workspace) -> None:
    chat = build_chat(Gate.of(ws), Leaking(f"Write to {MAIL}."), None, f"Our address is {MAIL}.", 0, guards=GUARDS)

    assert chat.invoke({"turns": [{"role": "user", "content": "Where?"}]})["text"] == f"Write to {MAIL}."
