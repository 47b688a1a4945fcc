"""Documents and a tokenizer -> blocks of 1,024 token ids in files that are read as they are needed.

Three arrays of equal shape stand in a folder: `tokens`, `positions`, which begin at 0 with each document, so that its
boundaries are known and attention can stay within it, and `loss`, 1 where a token is to be learnt: everything in a
text, in a conversation what the assistant says and where it ends. `Blocks` opens them; `tokens.json` says how many
tokens came from which source.

A conversation is never cut: those that fit best share a block, and one that is too long is left out. Texts run on from
block to block.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from instruct.starter.corpus import Document
from instruct.starter.tokenizer import CONTEXT

MOST_TOKENS = 2**16
ARRAYS = {"tokens": np.uint16, "positions": np.uint16, "loss": np.uint8}
BATCH = 2048
"""Documents that are encoded at once."""

COUNTS = "tokens.json"


class Encoded(NamedTuple):
    """The token ids of a document, and which of them are learnt."""

    ids: npt.NDArray[np.uint16]
    loss: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Packed documents: arrays of blocks x 1,024, mapped from their files."""

    tokens: npt.NDArray[np.uint16]
    positions: npt.NDArray[np.uint16]
    loss: npt.NDArray[np.uint8]

    @classmethod
    def open(cls, folder: Path) -> Blocks:
        return cls(**{name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS})

    def __len__(self) -> int:
        return len(self.tokens)


def pack(documents: Iterable[Document], tokenizer: Any, folder: Path, seed: int) -> Blocks:
    """Writes the blocks, in an order drawn by `seed`, and opens them.

    Raises:
        ValueError: the tokenizer has more tokens than a block can tell apart.
    """
    if len(tokenizer) > MOST_TOKENS:
        raise ValueError(f"found {len(tokenizer):,} tokens in the vocabulary, expected at most {MOST_TOKENS:,}")
    texts: list[Encoded] = []
    chats: list[Encoded] = []
    tokens: Counter[str] = Counter()
    for document, encoded in encode(documents, tokenizer):
        if not document.messages:
            texts.append(encoded)
        elif len(encoded.ids) <= CONTEXT:
            chats.append(encoded)
        else:
            continue
        tokens[document.source] += len(encoded.ids)
    order = Random(seed)
    order.shuffle(texts)
    blocks = [*_run_on(texts), *_best_fit(chats)]
    order.shuffle(blocks)
    packed = _write(blocks, tokenizer.pad_token_id, folder)
    (folder / COUNTS).write_text(json.dumps(tokens, indent=2) + "\n", encoding="utf-8")
    return packed


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
        return Encoded(np.array(ids, np.uint16), np.array([0, *[1] * (len(ids) - 1)], np.uint8))
    ids, loss = [begin], [0]
    for message, part in zip(document.messages, parts, strict=True):
        ids += [tokenizer.convert_tokens_to_ids(f"<|{message['role']}|>"), *part, end]
        loss += [0, *[int(message["role"] == "assistant")] * (len(part) + 1)]
    return Encoded(np.array(ids, np.uint16), np.array(loss, np.uint8))


def _run_on(texts: Sequence[Encoded]) -> Iterator[list[Encoded]]:
    """Blocks of texts one after the other, cut where a block is full; the last block may be shorter."""
    block: list[Encoded] = []
    room = CONTEXT
    for text in texts:
        at = 0
        while at < len(text.ids):
            piece = Encoded(text.ids[at : at + room], text.loss[at : at + room])
            block.append(piece)
            at += len(piece.ids)
            room -= len(piece.ids)
            if not room:
                yield block
                block, room = [], CONTEXT
    if block:
        yield block


def _best_fit(chats: Sequence[Encoded]) -> list[list[Encoded]]:
    """Blocks of whole conversations: the longest first, each into the fullest block that has room for it."""
    by_room: list[list[list[Encoded]]] = [[] for _ in range(CONTEXT + 1)]
    for chat in sorted(chats, key=lambda chat: -len(chat.ids)):
        room = next((room for room in range(len(chat.ids), CONTEXT) if by_room[room]), CONTEXT)
        block = by_room[room].pop() if by_room[room] else []
        block.append(chat)
        by_room[room - len(chat.ids)].append(block)
    return [block for blocks in by_room for block in blocks]


def _write(blocks: Sequence[Sequence[Encoded]], pad: int, folder: Path) -> Blocks:
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(blocks), CONTEXT)
    arrays = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=dtype, shape=shape)
        for name, dtype in ARRAYS.items()
    }
    for row, block in enumerate(blocks):
        filled = sum(len(piece.ids) for piece in block)
        rest = CONTEXT - filled
        arrays["tokens"][row] = np.concatenate([*(piece.ids for piece in block), np.full(rest, pad, np.uint16)])
        arrays["loss"][row] = np.concatenate([*(piece.loss for piece in block), np.zeros(rest, np.uint8)])
        lengths = [*(len(piece.ids) for piece in block), rest]
        arrays["positions"][row] = np.concatenate([np.arange(length) for length in lengths])
    for array in arrays.values():
        array.flush()
    return Blocks.open(folder)
