"""Questions as hurried customers type them."""

from __future__ import annotations

from random import Random

import pytest

from instruct.noise import NEIGHBOURS, noise, rows
from instruct.rows import NOISE, Row
from privacy.redact import PLACEHOLDER

ASKED = "Hello <PERSON_1>, could you please tell me where my order <ID_12> is? It was shipped before Monday, thanks!"


def row(number: int, asked: str = ASKED) -> Row:
    about = {"topic": "", "traced": ("m",), "gate_version": "", "legal_basis": "", "customer": "c"}
    return Row(f"r/{number}", "train", "conversation", turns=(("user", asked),), answer="It is on its way.", **about)


@pytest.mark.parametrize("seed", range(40))
def test_placeholders_stay_as_they_are(seed: int) -> None:
    noisy = noise(ASKED, Random(seed))

    assert [mark.group() for mark in PLACEHOLDER.finditer(noisy)] == ["<PERSON_1>", "<ID_12>"]
    assert len(ASKED) / 2 < len(noisy) < len(ASKED) * 1.3


def test_texts_differ_and_short_or_empty_ones_survive() -> None:
    assert len({noise(ASKED, Random(seed)) for seed in range(20)}) > 10
    assert {noise(text, Random(seed)).lower() for text in ("", "ok", "<ID_1>") for seed in range(9)} == {
        "", "ok", "<id_1>"
    }  # fmt: skip


def test_a_missed_key_is_beside_the_right_one() -> None:
    assert NEIGHBOURS["q"] == "w"
    assert NEIGHBOURS["g"] == "fh"
    assert NEIGHBOURS["m"] == "n"


def test_noisy_rows_are_traced_and_mean_the_same() -> None:
    made = rows([row(n) for n in range(60)], 0.5, seed=3)

    assert 8 < len(made) < 45
    assert {(one.origin, one.traced, one.answer) for one in made} == {(NOISE, ("m",), "It is on its way.")}
    assert all(one.id.endswith("~noise") and one.turns != row(0).turns for one in made)
    assert rows([row(1)], 0.0, seed=3) == []


def test_what_would_mean_something_else_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("instruct.noise.noise", lambda text, random: "Who painted the Mona Lisa?")

    assert rows([row(1)], 1.0, seed=3) == []
