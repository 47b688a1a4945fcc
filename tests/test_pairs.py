"""From a conversation to training pairs: who may speak, how turns are merged, what is taken off, what is left out."""

from __future__ import annotations

from collections import Counter

import pytest

from deskwright.conversation import Conversation, Kind, Message, Participant, Visibility
from deskwright.workspace import Workspace
from instruct.pairs import Pair, pairs
from privacy.gate import Gate

PEOPLE = tuple(Participant(kind.value, kind) for kind in Kind)
ANSWER = "You can return it within 30 days."


def made(ws: Workspace, *said: tuple[str, str] | tuple[str, str, Visibility]) -> tuple[list[Pair], Counter[str]]:
    """The pairs of a conversation in which (kind, text[, visibility]) were said in turn, and the tally."""
    messages = tuple(
        Message(str(n), line[0], line[1], visibility=line[2] if len(line) > 2 else Visibility.PUBLIC)
        for n, line in enumerate(said)
    )
    tally: Counter[str] = Counter()
    clean = Gate.of(ws).clean(Conversation("test", "5", PEOPLE, messages))
    return pairs(clean, tally), tally


def test_a_question_and_its_answer_make_a_pair_that_names_its_messages(ws: Workspace) -> None:
    found, _ = made(ws, ("customer", "May I return it?"), ("agent", ANSWER))

    assert found == [Pair((("user", "May I return it?"),), ANSWER, ("test/5/0", "test/5/1"))]


def test_every_answer_of_a_longer_talk_makes_a_pair_with_what_was_said_before(ws: Workspace) -> None:
    first = ("customer", "May I return it?"), ("agent", ANSWER)
    second = ("customer", "And opened?"), ("agent", "Not if it was used.")
    found, _ = made(ws, *first, *second)

    assert [pair.answer for pair in found] == [ANSWER, "Not if it was used."]
    assert found[1].turns == (("user", "May I return it?"), ("assistant", ANSWER), ("user", "And opened?"))


def test_messages_of_one_side_in_a_row_are_one_turn(ws: Workspace) -> None:
    found, _ = made(
        ws, ("customer", "Hello"), ("customer", "May I return it?"), ("agent", ANSWER), ("agent", "No fee.")
    )

    assert [(pair.turns, pair.answer) for pair in found] == [
        ((("user", "Hello\n\nMay I return it?"),), f"{ANSWER}\n\nNo fee.")
    ]


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.CUSTOMER, Kind.AGENT}))
def test_nobody_but_customers_and_human_agents_reaches_a_pair(kind: Kind, ws: Workspace) -> None:
    found, tally = made(ws, ("customer", "May I return it?"), (kind.value, "A secret of some kind"), ("agent", ANSWER))

    assert "secret" not in repr(found)
    assert tally == {f"message of a {kind.value.replace('_', ' ')}": 1}


@pytest.mark.parametrize("visibility", [Visibility.INTERNAL, Visibility.SIDE])
@pytest.mark.parametrize("kind", ["customer", "agent"])
def test_nothing_but_public_messages_reaches_a_pair(kind: str, visibility: Visibility, ws: Workspace) -> None:
    found, tally = made(ws, ("customer", "May I?"), (kind, "A secret of some kind", visibility), ("agent", ANSWER))

    assert "secret" not in repr(found)
    assert tally == {f"{visibility.value} message": 1}


DRESSED = [
    f"Hi there,\n\n{ANSWER}\n\nBest regards,\nThe Care Team",
    f"Thanks for reaching out. {ANSWER}\nKind regards",
    f"Good morning, thank you so much for your message! {ANSWER}\n\nCheers,\nCare",
    ANSWER,
]


@pytest.mark.parametrize("text", DRESSED)
def test_greetings_and_sign_offs_of_agents_are_taken_off(text: str, ws: Workspace) -> None:
    found, _ = made(ws, ("customer", "May I return it?"), ("agent", text))

    assert [pair.answer for pair in found] == [ANSWER]


def test_what_the_customer_wrote_stays_whole(ws: Workspace) -> None:
    found, _ = made(ws, ("customer", "Hi there, may I return it?\n\nBest regards"), ("agent", ANSWER))

    assert found[0].turns == (("user", "Hi there, may I return it?\n\nBest regards"),)


LEFT_OUT = [
    ((("agent", ANSWER),), "answer without a question"),
    ((("customer", "May I?"), ("agent", "Done.")), "answer of under three words"),
    ((("customer", "May I?"),), "conversation without an agent's answer"),
    ((("customer", "May I?"), ("agent", " ")), "message without text"),
]


@pytest.mark.parametrize(("said", "reason"), LEFT_OUT)
def test_what_is_left_out_is_counted_by_reason(said: tuple[tuple[str, str], ...], reason: str, ws: Workspace) -> None:
    found, tally = made(ws, *said)

    assert found == []
    assert tally[reason] == 1


@pytest.mark.parametrize(
    ("answer", "holds"),
    [
        ("Sorry about that! I will check with the warehouse and get back to you.", True),
        ("We are looking into this, thank you for your patience.", True),
        ("I have forwarded your message to our returns team.", True),
        ("One moment please, let me have a look.", True),
        ("I looked into it: the parcel left our house on Monday and arrives on Thursday.", False),
        ("We keep you posted. Meanwhile, please restart the grinder and hold the red button for ten seconds.", False),
        ("You can return it within 30 days.", False),
        ("You can look up your order under 'My orders' with your email address and the order number.", False),
        ("Let it brew for one minute, then press the plunger down slowly and pour at once.", False),
        ("Press and hold on/off for ten seconds until the lamp blinks, then release it.", False),
        ("Please check with your bank: we refunded the full amount, which takes three to five days there.", False),
        ("Your refund of 30 dollars is paid as soon as we have the parcel, I will let you know when it is.", False),
    ],
)
def test_an_answer_that_only_promises_one_is_left_out(answer: str, holds: bool, ws: Workspace) -> None:
    found, tally = made(ws, ("customer", "Where is it?"), ("agent", answer), ("customer", "And?"), ("agent", ANSWER))

    assert [pair.answer for pair in found] == ([] if holds else [answer]) + [ANSWER]
    assert tally["answer that only says that somebody looks into it"] == holds
    assert found[-1].turns[1] == ("assistant", answer)


def test_only_clean_conversations_are_accepted() -> None:
    with pytest.raises(TypeError, match="from a Clean conversation, not from Conversation"):
        pairs(Conversation("test", "5", (), ()), Counter())  # type: ignore[arg-type]
