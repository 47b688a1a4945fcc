"""What holds of the gate for any text: properties, tried on invented ones."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deskwright.conversation import Identifier, Kind, Participant
from deskwright.workspace import Workspace
from privacy.detect.participants import fold
from privacy.gate import Gate
from privacy.redact import PLACEHOLDER

AMARA = Participant(
    "1",
    Kind.CUSTOMER,
    (
        (Identifier.NAME, "Amara Okonkwo-Lévy"),
        (Identifier.EMAIL, "amara.ok@example.org"),
        (Identifier.PHONE, "07700 900123"),
    ),
)
PLANTED = (
    "amara.ok@example.org", "Amara", "OKONKWO-LEVY", "07700 900123", "4111 1111 1111 1111", "my name is Priya Raman",
    "bob@example.com", "I am 34 years old", "born on 12/04/1980",
)  # fmt: skip
TYPED = ("<PERSON_1>", "<<PERSON_1>>", "<EMAIL_2>", "<EMAIL_<EMAIL_1>>", "<PERSON_9999>", "<DROPPED_MESSAGE_1>")
PIECES = st.one_of(st.text(max_size=12), st.sampled_from([*PLANTED, *TYPED, " ", "\n", ", "]))
TEXTS = st.lists(st.lists(PIECES, max_size=6).map("".join), min_size=1, max_size=3)

often = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def gate(ws: Workspace) -> Gate:
    return Gate.of(ws)


@often
@given(texts=TEXTS)
def test_redacting_twice_changes_nothing(texts: list[str], gate: Gate) -> None:
    once = gate.redact(texts, (AMARA,)).texts

    assert gate.redact(once, (AMARA,)).texts == once


@often
@given(before=st.text(max_size=20), after=st.text(max_size=20), planted=st.sampled_from(PLANTED[:5]))
def test_what_is_planted_between_spaces_is_gone(before: str, after: str, planted: str, gate: Gate) -> None:
    (redacted,) = gate.redact([f"{before} {planted} {after}"], (AMARA,)).texts

    assert fold(planted)[0] not in fold(redacted)[0].replace(fold(before)[0], "").replace(fold(after)[0], "")


@often
@given(texts=TEXTS)
def test_a_typed_placeholder_is_never_handed_out(texts: list[str], gate: Gate) -> None:
    typed = {match.group() for text in texts for match in PLACEHOLDER.finditer(text)}

    redacted = gate.redact(texts, (AMARA,))

    assert not typed & set(redacted.words)
    assert all(PLACEHOLDER.fullmatch(word) for word in redacted.words)


@often
@given(texts=TEXTS)
def test_many_conversations_at_once_are_redacted_as_one_by_one(texts: list[str], gate: Gate) -> None:
    together = gate.redact_all([([text], (AMARA,)) for text in texts])

    assert together == [gate.redact([text], (AMARA,)) for text in texts]


@often
@given(text=st.text(alphabet="<>_PERSON123 AmaraE", max_size=40))
def test_brackets_around_placeholders_open_no_gap(text: str, gate: Gate) -> None:
    (redacted,) = gate.redact([text], (AMARA,)).texts

    bare = PLACEHOLDER.sub(" ", redacted)
    assert not re.search(r"(?<![^\W_])amara(?![^\W_])", bare.lower())
