"""What became of an answer, and what that counts in training."""

from __future__ import annotations

from collections import Counter

import pytest

from deskwright.conversation import Conversation, Kind, Message, Participant, Visibility
from deskwright.workspace import Workspace
from instruct.balance import balance
from instruct.build_page import page
from instruct.outcome import WEIGHTS, outcome
from instruct.pairs import pairs
from instruct.rows import Row
from privacy.gate import Gate

PEOPLE = (Participant("c", Kind.CUSTOMER), Participant("a", Kind.AGENT))


def conversation(*said: str, status: str = "", csat: str | None = None, tags: tuple[str, ...] = ()) -> Conversation:
    """What the customer and the agent said, in turn."""
    messages = tuple(Message(str(n), "ca"[n % 2], text, visibility=Visibility.PUBLIC) for n, text in enumerate(said))
    return Conversation("mail", "1", PEOPLE, messages, status=status, csat=csat, tags=tags)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("Thank you, that answers my question.", "the customer said thanks"),
        ("super, thanks a lot", "the customer said thanks"),
        ("Not ideal, but thank you for the clear answer.", "the customer said thanks"),
        ("That worked.\n\nOn Mon, 30 Jun at 08:06, Care wrote:\n> It is still not there.", "the customer said thanks"),
        ("Thank you, but it still doesn't turn on.", "the customer came back"),
        ("I tried that and it did not help.", "the customer came back"),
        ("Same problem as before!", "the customer came back"),
        ("And how do I change it for future orders?", ""),
        ("The number is 12.\n\nOn Mon, 17 Feb at 08:23, Care wrote:\n> Thanks for writing", ""),
        ("Out of office: thank you for your message.", ""),
        ("Order number: 7. I hope that helps. Thanks in advance!", ""),
        ("Where is my refund? I have waited for a week.\n\nThanks,\nAnna", ""),
        ("The number is 12.\n\nThank you!\nAnna", ""),
        ("can I also change the address? thanks", ""),
        ("Thanks! Can I also change the address?", "the customer said thanks"),
        ("No thanks, I'd rather cancel.", ""),
        ("No, thank you.", ""),
        ("Thank you for nothing", ""),
        ("Thanks a lot for nothing!", ""),
        ("It still doesn\u2019t work.", "the customer came back"),
        ("Thanks,\nAnna", "the customer said thanks"),
    ],
)
def test_the_customers_next_words_tell(after: str, expected: str) -> None:
    assert outcome(conversation(), after) == expected


@pytest.mark.parametrize(
    ("status", "csat", "last", "earlier"),
    [
        ("solved", None, "solved", ""),
        ("Closed", None, "solved", ""),
        ("open", None, "still open", ""),
        ("on-hold", None, "still open", ""),
        ("solved", "good", "rated well", ""),
        ("open", "4.0", "rated well", ""),
        ("solved", "5/5", "rated well", ""),
        ("solved", "bad_with_comment", "rated badly", "rated badly"),
        ("solved", "Thumbs down", "rated badly", "rated badly"),
        ("solved", "1", "rated badly", "rated badly"),
        ("solved", "3", "solved", ""),
        ("solved", "5 stars", "rated well", ""),
        ("solved", "1 star", "rated badly", "rated badly"),
        ("solved", "Score: 5", "rated well", ""),
        ("solved", "Rating: 2 out of 5", "rated badly", "rated badly"),
        ("solved", "Score: 10", "solved", ""),
        ("solved", "very satisfied", "rated well", ""),
        ("solved", "Not satisfied", "rated badly", "rated badly"),
        ("solved", "not very happy", "rated badly", "rated badly"),
        ("solved", "not bad", "solved", ""),
        ("solved", "goodwithcomment", "rated well", ""),
        ("solved", "badwithcomment", "rated badly", "rated badly"),
        ("solved", "goodwill", "solved", ""),
        ("solved", "8/10", "solved", ""),
        ("solved", "45", "solved", ""),
        ("", None, "", ""),
        ("reopened", None, "", "the customer came back"),
    ],
)
def test_status_and_rating_tell(status: str, csat: str | None, last: str, earlier: str) -> None:
    talk = conversation(status=status, csat=csat)

    assert outcome(talk, None) == last
    assert outcome(talk, "Is it the blue one?") == earlier


def test_a_bad_rating_counts_more_than_polite_thanks() -> None:
    assert outcome(conversation(csat="bad"), "Thanks.") == "rated badly"
    assert outcome(conversation(tags=("reopened",)), "Is it?") == "the customer came back"


def test_pairs_carry_what_became_of_them(ws: Workspace) -> None:
    said = (
        "It leaks.",
        "Please tighten the lid.",
        "It still does not close.",
        "Turn it the other way round.",
        "Thanks!",
    )
    found = pairs(Gate.of(ws).clean(conversation(*said, "You are welcome, enjoy it.", status="solved")), Counter())

    assert [pair.outcome for pair in found] == ["the customer came back", "the customer said thanks", "solved"]


def test_the_answer_that_helped_counts_most_and_the_page_says_so() -> None:
    about = {"customer": "c", "topic": "", "traced": (), "gate_version": "", "legal_basis": ""}
    rows = [Row(name, "train", "conversation", (("user", "q"),), "a", outcome=name, **about) for name in WEIGHTS]

    assert max(rows, key=lambda row: row.weight).outcome in ("rated well", "the customer said thanks")
    assert {row.outcome for row in rows if row.weight < 1} == {"rated badly", "the customer came back", "still open"}
    assert "not known (counts 1)" in balance(rows)["what became of the answer"]
    assert "the customer said thanks (counts 1.5)" in page("t", rows, {})
