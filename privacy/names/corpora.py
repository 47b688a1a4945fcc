"""Labelled corpora as their publishers ship them -> examples for training and for calibration.

The corpora are not part of the project; `docs/names-model.md` names each one's source and licence. Their labels are
mapped to ours by the tables below; what a table does not name is no personal data.
"""

from __future__ import annotations

import csv
import json
import lzma
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from privacy.names.templates import Example

Tagged = list[tuple[str, str]]

PLAIN = {"PER": "PER", "LOC": "LOC", "ORG": "ORG"}
EMERGING = {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG"}
CROSS = {
    **dict.fromkeys(("person", "politician", "scientist", "musicalartist", "writer", "researcher"), "PER"),
    **dict.fromkeys(("location", "country"), "LOC"),
    **dict.fromkeys(("organisation", "politicalparty", "university", "band"), "ORG"),
}
SPOKEN = {"person": "PER", "artist_name": "PER", "place_name": "LOC", "business_name": "ORG"}
TURNS = {"PERSON": "PER", "CITY": "LOC", "ADDRESS": "ADDR", "ORG": "ORG"}
NO_SPACE_BEFORE = frozenset(".,;:!?)]}%'’”…") | {"n't", "'s", "’s", "'re", "'ve", "'ll", "'m", "'d"}
NO_SPACE_AFTER = frozenset("([{$£€@#“")


def real(folder: Path) -> Iterator[tuple[str, Example]]:
    """(corpus, example) pairs of every corpus under `folder` whose licence permits training.

    Raises:
        FileNotFoundError: a corpus is missing.
    """
    for name, read in _CORPORA.items():
        for example in read(folder):
            yield name, example


def _tweets(folder: Path) -> Iterator[Example]:
    for part in "abeg":
        yield from _conll(folder / "pii" / "btc" / f"{part}.conll", PLAIN)


def _emerging(folder: Path) -> Iterator[Example]:
    return _conll(folder / "pii" / "wnut17" / "wnut17train.conll", EMERGING)


def _wikigold(folder: Path) -> Iterator[Example]:
    return _conll(folder / "pii" / "wikigold" / "wikigold.conll.txt", PLAIN)


def _cross(folder: Path) -> Iterator[Example]:
    for path in sorted((folder / "pii" / "crossner").glob("*.txt")):
        yield from _conll(path, CROSS)


def _spoken(folder: Path) -> Iterator[Example]:
    for line in (folder / "pii" / "slurp" / "devel.jsonl").read_text("utf-8").splitlines():
        yield _bracketed(json.loads(line)["sentence_annotation"])


def _turns(folder: Path) -> Iterator[Example]:
    """Customer turns; of those without personal data, which repeat "ok" and "thank you", each text once."""
    seen = set()
    for turn in _lines(folder / "pii" / "multidogo_train.jsonl.xz"):
        if not turn["spans"] and turn["text"] in seen:
            continue
        seen.add(turn["text"])
        spans = tuple((s["start"], s["end"], TURNS.get(s["type"], "NUM")) for s in turn["spans"])
        yield Example(turn["text"], spans, "en")


def _questions(folder: Path) -> Iterator[Example]:
    """Bank customers' questions, which name nobody: hard negatives full of product words."""
    with (folder / "intents" / "banking77_train.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if not re.search(r"(?<!^)\b(?!I\b|ATM|PIN|APR?\b|ID\b|USD?\b|GBP\b|EUR?\b|UK\b)[A-Z][a-z]+", row["text"]):
                yield Example(" ".join(row["text"].split()), (), "en")


_CORPORA: dict[str, Callable[[Path], Iterator[Example]]] = {
    "btc": _tweets,
    "wnut17": _emerging,
    "wikigold": _wikigold,
    "crossner": _cross,
    "slurp": _spoken,
    "multidogo": _turns,
    "banking77": _questions,
}


def unlabelled(folder: Path) -> Iterator[str]:
    """Turns of dialogues and paragraphs of books, without labels.

    Raises:
        FileNotFoundError: a corpus is missing.
    """
    for name in ("star", "self_dialogue", "taskmaster4"):
        for dialogue in _lines(folder / "dialogues" / f"{name}.jsonl.xz"):
            yield from (turn["text"] for turn in dialogue["turns"])
    for book in _lines(folder / "books" / "books_1910_plus.jsonl.xz"):
        yield from re.split(r"\n\s*\n", book["text"])


def _lines(path: Path) -> Iterator[Any]:
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _conll(path: Path, labels: dict[str, str]) -> Iterator[Example]:
    for sentence in _sentences(path.read_text("utf-8").splitlines()):
        yield _joined(sentence, labels)


def _sentences(lines: Iterable[str]) -> Iterator[Tagged]:
    sentence: Tagged = []
    for line in [*lines, ""]:
        fields = line.split()
        if len(fields) >= 2:
            sentence.append((fields[0], fields[-1]))
        elif sentence:
            yield sentence
            sentence = []


def _joined(sentence: Tagged, labels: dict[str, str]) -> Example:
    """The sentence as it would be typed, with spans; `@` and the handle after it belong together and are no name."""
    text = ""
    spans: list[tuple[int, int, str]] = []
    inside = ""
    glue = True
    for word, tag in sentence:
        handle = text.endswith("@")
        kind = "" if word == "@" or handle else labels.get(tag[2:], "")
        text += "" if glue or word in NO_SPACE_BEFORE else " "
        start = len(text)
        text += word
        if kind and kind == inside and not tag.startswith("B-"):
            spans[-1] = (spans[-1][0], len(text), kind)
        elif kind:
            spans.append((start, len(text), kind))
        inside = kind
        glue = word in NO_SPACE_AFTER
    return Example(text, tuple(spans), "en")


def _bracketed(annotated: str) -> Example:
    """`call [person : anna] now` -> the text and the span of the name."""
    text = ""
    spans = []
    at = 0
    for match in re.finditer(r"\[(\w+) : ([^\]]+)\]", annotated):
        text += annotated[at : match.start()]
        if kind := SPOKEN.get(match.group(1)):
            spans.append((len(text), len(text) + len(match.group(2)), kind))
        text += match.group(2)
        at = match.end()
    return Example(text + annotated[at:], tuple(spans), "en")
