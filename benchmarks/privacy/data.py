"""The labelled sets beside the checkout -> texts with the places of what they hold. Nothing of them is in the project.

Sets that come as tokens are put back into running text first, for the gate reads text.
"""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PII = SHARED / "pii"
NEEDS = "needs ../shared/data"

NO_SPACE_BEFORE = re.compile(r"[.,;:!?)\]}%…»”’]+|n['’]t|['’](?:s|re|ve|m|d|ll|t)", re.IGNORECASE)
CLITIC = re.compile(r"['’´](?:s|re|ve|m|d|ll|t)", re.IGNORECASE)
NO_SPACE_AFTER = re.compile(r"[(\[{$£€«“‘@#]+")

KINDS = {
    "PER": "PERSON", "person": "PERSON", "LOC": "LOCATION", "location": "LOCATION", "ORG": "ORGANIZATION",
    "corporation": "ORGANIZATION", "group": "ORGANIZATION",
}  # fmt: skip
"""The sets' labels -> ours; what is not listed is no gold."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A labelled place of a text, half-open."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text and what was labelled in it; `group` is its genre, where the set has several."""

    text: str
    gold: tuple[Gold, ...]
    group: str = ""


Sentence = Sequence[tuple[str, str]]
"""(token, tag) pairs."""


def research(name: str) -> list[Text]:
    """Presidio's research sets: `synth_dataset_v2` or `generated_small`."""
    samples = json.loads((PII / "presidio_research" / f"{name}.json").read_text(encoding="utf-8"))
    return [
        Text(
            sample["full_text"],
            tuple(
                sorted(
                    (Gold(s["start_position"], s["end_position"], s["entity_type"]) for s in sample["spans"]),
                    key=lambda gold: gold.start,
                )
            ),
        )
        for sample in samples
    ]


def treebank() -> list[list[Text]]:
    """The English Web Treebank's dev part: its documents, each a list of sentences."""
    lines = (PII / "uner_en_ewt" / "en_ewt-ud-dev.iob2").read_text(encoding="utf-8").splitlines()
    documents: list[list[Text]] = []
    genre = text = ""
    rows: list[tuple[str, str]] = []
    for line in [*lines, ""]:
        if line.startswith("# newdoc id = "):
            genre = line.removeprefix("# newdoc id = ").split("-")[0]
            documents.append([])
        elif line.startswith("# text = "):
            text = line.removeprefix("# text = ")
        elif line and not line.startswith("#"):
            fields = line.split("\t")
            rows.append((fields[1], fields[2]))
        elif not line and rows:
            documents[-1].append(Text(text, _golds(_placed(text, rows), rows), genre))
            rows = []
    return documents


def joined(sentences: Iterable[Text], between: str = "\n") -> Text:
    """Sentences as one text."""
    parts: list[str] = []
    golds: list[Gold] = []
    at = 0
    group = ""
    for sentence in sentences:
        golds += [Gold(at + gold.start, at + gold.end, gold.kind) for gold in sentence.gold]
        parts.append(sentence.text)
        at += len(sentence.text) + len(between)
        group = sentence.group
    return Text(between.join(parts), tuple(golds), group)


def lowered(text: Text) -> Text | None:
    """The text in lower case, None where that moves its places (a few letters change their length)."""
    low = text.text.lower()
    return Text(low, text.gold, text.group) if len(low) == len(text.text) else None


def conll(path: str) -> list[Text]:
    """A set of tokens and tags under `PII`, as running text."""
    return [running(sentence) for sentence in sentences(PII / path)]


def sentences(file: Path) -> Iterator[Sentence]:
    """The sentences of a CoNLL file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    for blank, rows in groupby(lines, key=lambda line: not line.strip()):
        if not blank:
            yield [(fields[0], fields[-1]) for line in rows if len(fields := line.split()) > 1]


def running(sentence: Sentence) -> Text:
    """Tokens as a text with the spaces that people write."""
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for n, (token, _) in enumerate(sentence):
        before = sentence[n - 1][0] if n else ""
        after = sentence[n + 1][0] if n + 1 < len(sentence) else ""
        tight = (
            not n
            or NO_SPACE_BEFORE.fullmatch(token)
            or NO_SPACE_AFTER.fullmatch(before)
            or CLITIC.fullmatch(token + after)
            or (n > 1 and CLITIC.fullmatch(before + token))
        )
        at += not tight
        parts.append(token if tight else f" {token}")
        places.append((at, at + len(token)))
        at += len(token)
    return Text("".join(parts), _golds(places, sentence))


def multidogo() -> list[Text]:
    """Customers' turns of support dialogues."""
    with lzma.open(PII / "multidogo_dev.jsonl.xz", "rt", encoding="utf-8") as lines:
        turns = [json.loads(line) for line in lines]
    return [
        Text(turn["text"], tuple(Gold(s["start"], s["end"], s["type"]) for s in turn["spans"]), turn["domain"])
        for turn in turns
    ]


def books(characters: int) -> list[str]:
    """Paragraphs of books, as many as make up that many characters."""
    taken: list[str] = []
    with lzma.open(SHARED / "books" / "books_1910_plus.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            for paragraph in json.loads(line)["text"].split("\n\n"):
                if characters <= 0:
                    return taken
                if len(paragraph) > 40:
                    taken.append(paragraph)
                    characters -= len(paragraph)
    return taken


def _placed(text: str, rows: Sentence) -> list[tuple[int, int]]:
    """Where each token stands in its text."""
    places = []
    at = 0
    for token, _ in rows:
        start = text.index(token, at)
        at = start + len(token)
        places.append((start, at))
    return places


def _golds(places: Sequence[tuple[int, int]], rows: Sentence) -> tuple[Gold, ...]:
    """The labelled spans of tokens that have places. A B- begins a new span unless only an @ or a # stands before it:
    some sets put a B- on both."""
    found: list[Gold] = []
    before = "O"
    for n, ((start, end), (_, tag)) in enumerate(zip(places, rows, strict=True)):
        kind = KINDS.get(tag.partition("-")[2], "")
        same = bool(kind) and bool(found) and KINDS.get(before.partition("-")[2], "") == kind
        if same and (tag.startswith("I") or rows[n - 1][0] in "@#"):
            found[-1] = Gold(found[-1].start, end, kind)
        elif kind:
            found.append(Gold(start, end, kind))
        before = tag
    return tuple(found)
