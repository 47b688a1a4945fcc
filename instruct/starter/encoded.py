"""Documents and a tokenizer -> token ids in files that are read as they are needed.

Four arrays stand in a folder: `tokens`, the ids of all documents, one after the other; `learnt`, as long, is how
much a token is to be learnt: 1 for everything in a text, in a conversation for what the assistant says and where it
ends, and more for the fact that is asked for, whose few tokens all depends on; `starts`, where each document begins and
the last one ends; and `source`, which of the names in `sources.json` each is from.

A conversation is never cut: one that is longer than the context is left out. Texts are cut into pieces.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from instruct.starter.corpus import Document
from instruct.starter.tokenizer import CONTEXT

MOST_TOKENS = 2**16
PIECE = 192
"""Tokens of a text that are read together. Few sentences in a book need more, and attention costs less."""

BATCH = 2048
"""Documents that are encoded at once."""

FACT = 5
"""How much the tokens of a fact are learnt."""

SOURCES = "sources.json"
ARRAYS = ("tokens", "learnt", "starts", "source")


class Encoded(NamedTuple):
    """The token ids of a document or piece, and how much each is learnt."""

    source: str
    ids: npt.NDArray[np.uint16]
    learnt: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Documents:
    """Encoded documents, mapped from their files."""

    tokens: npt.NDArray[np.uint16]
    learnt: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    source: npt.NDArray[np.uint8]
    names: tuple[str, ...]

    @classmethod
    def open(cls, folder: Path) -> Documents:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
        return cls(**arrays, names=tuple(json.loads((folder / SOURCES).read_text(encoding="utf-8"))))

    def __len__(self) -> int:
        return len(self.source)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        return np.diff(self.starts)

    def rows(self, chosen: Sequence[int], padding: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Ids and what is learnt of the chosen documents, each (documents, longest of them), filled up on the right."""
        shape = len(chosen), max(int(self.starts[row + 1] - self.starts[row]) for row in chosen)
        ids, learnt = np.full(shape, padding, np.int64), np.zeros(shape, np.int64)
        for at, row in enumerate(chosen):
            here = slice(self.starts[row], self.starts[row + 1])
            ids[at, : here.stop - here.start] = self.tokens[here]
            learnt[at, : here.stop - here.start] = self.learnt[here]
        return ids, learnt


def write(documents: Iterable[Document], tokenizer: Any, folder: Path) -> Documents:
    """Writes the documents encoded, and opens them.

    Raises:
        ValueError: the tokenizer has more tokens than fit two bytes.
    """
    if len(tokenizer) > MOST_TOKENS:
        raise ValueError(f"found {len(tokenizer):,} tokens in the vocabulary, expected at most {MOST_TOKENS:,}")
    found = [piece for encoded in encode(documents, tokenizer) for piece in _fitting(encoded)]
    names = tuple(dict.fromkeys(piece.source for piece in found))
    arrays = {
        "tokens": np.concatenate([np.zeros(0, np.uint16), *(piece.ids for piece in found)]),
        "learnt": np.concatenate([np.zeros(0, np.uint8), *(piece.learnt for piece in found)]),
        "starts": np.cumsum([0, *(len(piece.ids) for piece in found)]),
        "source": np.array([names.index(piece.source) for piece in found], np.uint8),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / SOURCES).write_text(json.dumps(names) + "\n", encoding="utf-8")
    return Documents.open(folder)


def encode(documents: Iterable[Document], tokenizer: Any) -> Iterator[tuple[Document, Encoded]]:
    """Each document with its ids: a conversation's are those of the chat template."""
    waiting = iter(documents)
    while batch := list(islice(waiting, BATCH)):
        parts = [text for document in batch for text in _parts(document)]
        encoded = iter(tokenizer.backend_tokenizer.encode_batch_fast(parts, add_special_tokens=False))
        for document in batch:
            yield document, _joined(document, [next(encoded).ids for _ in _parts(document)], tokenizer)


def _parts(document: Document) -> list[str]:
    return [message["content"] for message in document.messages] or [document.text]


def _joined(document: Document, parts: Sequence[list[int]], tokenizer: Any) -> Encoded:
    """Special tokens part the messages, so that they can be encoded apart from each other."""
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    if not document.messages:
        ids = [begin, *parts[0], end]
        return Encoded(document.source, np.array(ids, np.uint16), np.array([0, *[1] * (len(ids) - 1)], np.uint8))
    ids, learnt, facts = [begin], [0], iter(document.facts)
    for message, part in zip(document.messages, parts, strict=True):
        ids += [tokenizer.convert_tokens_to_ids(f"<|{message['role']}|>"), *part, end]
        said = message["role"] == "assistant"
        learnt += [0, *(_weights(part, next(facts, ""), tokenizer) if said else [0] * len(part)), int(said)]
    return Encoded(document.source, np.array(ids, np.uint16), np.array(learnt, np.uint8))


def _weights(part: Sequence[int], fact: str, tokenizer: Any) -> list[int]:
    """1 for each token, `FACT` for those of the fact, as the tokenizer writes it after a blank or at the beginning."""
    weights = [1] * len(part)
    for written in (f" {fact}", fact) if fact else ():
        wanted = tokenizer.backend_tokenizer.encode(written, add_special_tokens=False).ids
        at = next((n for n in range(len(part)) if list(part[n : n + len(wanted)]) == wanted), None)
        if at is not None:
            weights[at : at + len(wanted)] = [FACT] * len(wanted)
            break
    return weights


def _fitting(encoded: tuple[Document, Encoded]) -> Iterator[Encoded]:
    """Pieces of a text; a conversation that fits the context."""
    document, (source, ids, learnt) = encoded
    if document.messages:
        yield from [encoded[1]] if len(ids) <= CONTEXT else []
    else:
        for at in range(0, len(ids) - 1, PIECE):
            yield Encoded(source, ids[at : at + PIECE], learnt[at : at + PIECE])
