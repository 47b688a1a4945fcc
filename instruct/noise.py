"""Training rows -> more of them, with the question as hurried customers type it: typos, no capitals, chat spellings.

Placeholders stay as they are, and a question whose meaning moved too far, by the sentence encoder, is left out. Answers
are not touched. English spellings; typos of any language in Latin letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from instruct.encoder import encode
from instruct.rows import NOISE, Row
from privacy.redact import PLACEHOLDER

SAME = 0.8
"""The least cosine between a question and its noisy form."""
WORDS_HIT = 0.12
SHORTEST = 4
"""Letters of a word that may get a typo."""

WORD = re.compile(r"[^\W\d_]+")
CHAT = {
    "please": "pls", "you": "u", "your": "ur", "are": "r", "thanks": "thx", "because": "bc", "though": "tho",
    "message": "msg", "tomorrow": "tmrw", "people": "ppl", "about": "abt", "order": "ordr", "before": "b4",
}  # fmt: skip
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {letter: row[max(n - 1, 0) : n] + row[n + 1 : n + 2] for row in ROWS for n, letter in enumerate(row)}


def rows(train: Sequence[Row], share: float, seed: int = 0) -> list[Row]:
    """A noisy copy of about that share of the rows, each traced to the same messages."""
    random = Random(seed)
    chosen = [row for row in train if random.random() < share]
    noisy = [noise(row.turns[-1][1], random) for row in chosen]
    vectors = encode([*(row.turns[-1][1] for row in chosen), *noisy])
    alike = (vectors[: len(chosen)] * vectors[len(chosen) :]).sum(axis=1)
    return [
        replace(row, id=f"{row.id}~{NOISE}", origin=NOISE, turns=(*row.turns[:-1], ("user", text)))
        for row, text, near in zip(chosen, noisy, alike, strict=True)
        if near >= SAME and text != row.turns[-1][1]
    ]


def noise(text: str, random: Random) -> str:
    """The text with one style laid over it and a typo in some words; its placeholders stand as they stood."""
    style = random.choice(STYLES)
    done, at = [], 0
    for kept in PLACEHOLDER.finditer(text):
        done += [_words(style(text[at : kept.start()]), random), kept.group()]
        at = kept.end()
    return "".join([*done, _words(style(text[at:]), random)])


def _words(text: str, random: Random) -> str:
    def hit(word: re.Match[str]) -> str:
        letters = word.group()
        return _typo(letters, random) if len(letters) >= SHORTEST and random.random() < WORDS_HIT else letters

    return WORD.sub(hit, text)


def _typo(word: str, random: Random) -> str:
    """One letter left out, doubled, changed with the next or missed on the keyboard; never the first."""
    at = random.randrange(1, len(word) - 1)
    near = NEIGHBOURS.get(word[at].lower(), word[at])
    return random.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + random.choice(near) + word[at + 1 :],
        )
    )


def _chat(text: str) -> str:
    return WORD.sub(lambda word: CHAT.get(word.group().lower(), word.group()), text)


STYLES: tuple[Callable[[str], str], ...] = (
    str,
    str.lower,
    lambda text: re.sub(r"[.,!?;:']", "", text.lower()),
    lambda text: _chat(text.lower()),
    lambda text: text.replace("?", "??").replace("!", "!!"),
)
"""What is done to a whole question."""
