"""Public dialogues -> how long the answer path takes before the model begins, part by part, and what an index costs."""

from __future__ import annotations

import json
import lzma
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore

from benchmarks.report import Table
from deskwright.workspace import Workspace
from instruct.codes import Codes
from instruct.encoder import encode
from instruct.nearest import Nearest
from instruct.passages import DEPTH, Passage, Passages, fused
from privacy.gate import Gate
from serve.chat import build_chat, ground
from serve.engines.echo import Echo

PAIRS = 50_000
ASKED = 200
LANGCHAIN_ASKED = 5
NEAREST = 10
WARM = 10


def pairs(data: Path, count: int) -> list[tuple[str, str]]:
    """Different questions with their answers, from chit-chat between people: as many as asked for."""
    found: dict[str, str] = {}
    with lzma.open(data / "dialogues" / "self_dialogue.jsonl.xz", "rt", encoding="utf-8") as file:
        for line in file:
            turns = [turn["text"] for turn in json.loads(line)["turns"]]
            for question, answer in zip(turns[::2], turns[1::2], strict=False):
                if len(question.split()) > 3:
                    found.setdefault(question, answer)
            if len(found) >= count:
                break
    return list(found.items())[:count]


def measure(data: Path, opened: Workspace, count: int) -> Iterator[Table]:
    """Time of the parts and of the whole, then time and memory of the index."""
    drawn = pairs(data, count + ASKED)
    held, questions = drawn[:-ASKED], [question for question, _ in drawn[-ASKED:]]
    passages = [Passage(f"r/{n}", question, answer) for n, (question, answer) in enumerate(held)]
    began = time.perf_counter()
    built = Passages.build(passages, [passage.id for passage in passages])
    encoded = time.perf_counter() - began
    (opened.datasets / "f").mkdir(parents=True)
    built.save(opened.datasets / "f")
    del built
    before, began = _memory(), time.perf_counter()
    index = Passages.open(opened, "f")
    index.search(questions[0], 1)
    cost = {"encode, s": encoded, "open, s": time.perf_counter() - began, "memory, MB": _memory() - before}
    cost["on disk, MB"] = (opened.datasets / "f" / "passages.npy").stat().st_size / 1e6
    matrix = np.load(opened.datasets / "f" / "passages.npy", mmap_mode="r")
    yield _costs(cost, len(passages))
    yield _times(opened, index, matrix, held, questions)


def _costs(cost: dict[str, float], count: int) -> Table:
    rows = [[name, f"{value:,.1f}"] for name, value in cost.items()]
    return Table("retrieval-index", f"An index of {count:,} pairs", ("what", "figure"), rows, raw=cost)


def _times(
    opened: Workspace, index: Passages, matrix: Any, held: Sequence[tuple[str, str]], questions: Sequence[str]
) -> Table:
    gate = Gate.of(opened)
    nearest, codes = Nearest(matrix), Codes([question for question, _ in held])
    vectors = dict(zip(questions, encode(questions), strict=True))
    single = matrix.astype(np.float32)
    unasked = Gate.of(opened)  # the other one remembers what it was asked
    chat = build_chat(unasked, Echo("echo", ""), index, "Help.", 1)
    by_meaning = {question: nearest.search(vectors[question], DEPTH) for question in questions}
    by_code = {question: codes.search(question, DEPTH) for question in questions}
    parts: dict[str, Callable[[str], Any]] = {
        "redact": lambda question: gate.redact([question]),
        "encode": lambda question: encode([question]),
        "by meaning": lambda question: nearest.search(vectors[question], DEPTH),
        "by code (BM25)": lambda question: codes.search(question, DEPTH),
        "fuse": lambda question: fused(by_meaning[question], by_code[question]),
        "whole: redact, retrieve, prompt": lambda question: ground(
            chat, {"turns": [{"role": "user", "content": question}]}
        ),
        "numpy, all vectors": lambda question: np.argsort(-(single @ vectors[question]), kind="stable")[:NEAREST],
    }
    found = {name: _timed(part, questions) for name, part in parts.items()}
    langchain = _langchain(single, held, vectors)
    found["langchain InMemoryVectorStore"] = _timed(langchain, questions[:LANGCHAIN_ASKED], warm=0)
    rows = [[name, f"{p50:.2f}", f"{p95:.2f}"] for name, (p50, p95) in found.items()]
    same = np.mean([_share(single @ vectors[question], by_meaning[question][:NEAREST]) for question in questions])
    load = os.getloadavg()[0]
    note = (
        f"{len(held):,} pairs; milliseconds; {os.cpu_count()} cores, load {load:.1f}. "
        f"Of the true nearest ten {same:.2%} are among those found."
    )
    raw = {"times": found, "same": float(same), "load": load}
    return Table("retrieval-speed", "The answer path without the model", ("part", "p50", "p95"), rows, note, raw)


def _share(scores: Any, found: Any) -> float:
    """Of the places found, those that are as near as the true nearest."""
    least = np.sort(scores)[-NEAREST]
    return float(np.mean(scores[found] >= least - 1e-4))


def _timed(part: Callable[[str], Any], questions: Sequence[str], warm: int = WARM) -> tuple[float, float]:
    """Milliseconds at p50 and p95."""
    for question in questions[:warm]:
        part(question)
    spent = []
    for question in questions:
        began = time.perf_counter()
        part(question)
        spent.append(1000 * (time.perf_counter() - began))
    low, high = np.percentile(spent, [50, 95])
    return float(low), float(high)


def _langchain(matrix: Any, held: Sequence[tuple[str, str]], vectors: dict[str, Any]) -> Callable[[str], Any]:
    """Its search alone: the vectors are those that we have."""

    class Known(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return matrix.tolist()

        def embed_query(self, text: str) -> list[float]:
            return vectors[text].tolist()

    store = InMemoryVectorStore(Known())
    store.add_texts([question for question, _ in held])
    return lambda question: store.similarity_search(question, k=NEAREST)


def _memory() -> float:
    """Megabytes that the process holds."""
    return psutil.Process().memory_info().rss / 1e6
