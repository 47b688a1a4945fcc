"""Questions of public sets -> how often one that asks for the same is among the first five.

Of each intent some questions, drawn at random, are indexed; the others are asked. A question is found where one of the
same intent is among the five first (recall@5 with one question indexed of each), and first (recall@1). The texts are as
published; the gate would take the order numbers out of Bitext's. The one thing that was decided by these sets is with
which words BM25 votes.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import bm25s
import numpy as np

from benchmarks.report import Table, percent
from benchmarks.topics.__main__ import Pairs, clinc150
from instruct.codes import WORD, Codes
from instruct.encoder import encode
from instruct.nearest import Nearest, Places, best
from instruct.passages import DEPTH, fused

INDEXED = (1, 8)
MOST_ASKED = 500
CODES = 400


def _csv(path: str, text: str, label: str) -> Callable[[Path], Pairs]:
    def read(data: Path) -> Pairs:
        with (data / path).open(encoding="utf-8", newline="") as file:
            return [(line[text], line[label]) for line in csv.DictReader(file)]

    return read


SETS: dict[str, Callable[[Path], Pairs]] = {
    "BANKING77": _csv("intents/banking77_train.csv", "text", "category"),
    "CLINC150": lambda data: clinc150(data / "intents")[1],
    "Bitext": _csv("dialogues/bitext_support.csv", "instruction", "intent"),
    "HINT3, Curekart": _csv("intents/hint3/curekart_train.csv", "sentence", "label"),
    "HINT3, Powerplay11": _csv("intents/hint3/powerplay11_train.csv", "sentence", "label"),
    "HINT3, SOFMattress": _csv("intents/hint3/sofmattress_train.csv", "sentence", "label"),
}


def measure(data: Path) -> Iterator[Table]:
    """One row a set and number of questions indexed; the made-up codes last."""
    rows, raw = [], {}
    cases = [(name, count, *_parted(read(data), count)) for name, read in SETS.items() for count in INDEXED]
    for name, count, indexed, asked in [*cases, ("error codes (made up)", 1, *_named())]:
        found = {way: _recall(way, indexed, asked) for way in WAYS}
        raw[f"{name}, {count}"] = found
        shown = [f"{percent(one)} / {percent(five)}" for one, five in found.values()]
        rows.append((name, str(count), f"{len(asked):,}", *shown))
    header = ("set", "indexed of each", "questions", *WAYS)
    note = "Recall@1 / recall@5: a question of the same intent is first, or among the first five."
    yield Table("retrieval-quality", "Paraphrases found", header, rows, note, raw)


def _parted(pairs: Pairs, count: int) -> tuple[Pairs, Pairs]:
    """So many of each intent, and at most MOST_ASKED of the others."""
    drawn = sorted(set(pairs))
    random.Random(0).shuffle(drawn)
    seen: Counter[str] = Counter()
    indexed, asked = [], []
    for text, intent in drawn:
        seen[intent] += 1
        (indexed if seen[intent] <= count else asked).append((text, intent))
    return indexed, asked[:MOST_ASKED]


def _named() -> tuple[Pairs, Pairs]:
    """Questions that differ in a code alone, asked in other words."""
    chance = random.Random(0)
    told = ("What does error {} mean?", "My grinder shows {}.", "Why do I get {} at the start?")
    ask = ("the display says {} what now", "I keep seeing {}, help", "{} came up again")
    made = (f"{chance.choice('EFHX')}{chance.randint(10, 99)}-{chance.randint(100, 999)}" for _ in range(CODES))
    names = sorted(set(made))
    indexed = [(chance.choice(told).format(name), name) for name in names]
    return indexed, [(chance.choice(ask).format(name), name) for name in names]


Rankings = list[Places]


def _meaning(texts: list[str], questions: list[str]) -> Rankings:
    index = Nearest(_vectors(tuple(texts)).astype(np.float16))
    return [index.search(vector, DEPTH) for vector in _vectors(tuple(questions))]


_vectors = lru_cache(4)(encode)


def _words(texts: list[str], questions: list[str]) -> Rankings:
    """BM25 over all words."""
    index = bm25s.BM25()
    index.index([WORD.findall(text.lower()) for text in texts], show_progress=False)
    known = ([word for word in WORD.findall(text.lower()) if word in index.vocab_dict] for text in questions)
    scores = (index.get_scores(words) if words else np.zeros(len(texts), np.float32) for words in known)
    return [best(np.where(each > 0, each, -np.inf), DEPTH) for each in scores]


def _codes(texts: list[str], questions: list[str]) -> Rankings:
    index = Codes(texts)
    return [index.search(question, DEPTH) for question in questions]


def _both(*ways: Callable[[list[str], list[str]], Rankings]) -> Callable[[list[str], list[str]], Rankings]:
    def ranked(texts: list[str], questions: list[str]) -> Rankings:
        return [fused(*each) for each in zip(*(way(texts, questions) for way in ways), strict=True)]

    return ranked


WAYS = {
    "BM25": _words,
    "encoder": _meaning,
    "both fused": _both(_meaning, _words),
    "Deskwright": _both(_meaning, _codes),
}


def _recall(way: str, indexed: Pairs, asked: Pairs) -> tuple[float, float]:
    intents = np.array([intent for _, intent in indexed])
    found = WAYS[way]([text for text, _ in indexed], [text for text, _ in asked])
    hits = [(intents[places[:5]] == intent) for places, (_, intent) in zip(found, asked, strict=True)]
    return float(np.mean([hit[:1].any() for hit in hits])), float(np.mean([hit.any() for hit in hits]))
