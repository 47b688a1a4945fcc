"""A folder of public data, and a number of invented dialogues -> documents to train the starter model on.

Dialogues of a customer and an agent come as messages, everything else as text. One document in `HELD_OUT`, by the hash
of its name, is kept for measuring. What asks that a model made from it is shared under the same licence is left out.
"""

from __future__ import annotations

import csv
import json
import lzma
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from deskwright.errors import DeskwrightError
from instruct.prompt import compose
from instruct.starter.dialogues import DEFAULT_SYSTEM, generate

HELD_OUT = 40
NEWEST_BOOK = 1930
"""Books published up to this year are in the public domain in the United States by their age alone."""

TRANSLATED = frozenset(("Franz Kafka", "André Breton", "Herman Hesse"))
"""Authors whose books stand here in translations, which are younger than the year says."""

COARSE = frozenset(("Lady Chatterley's Lover", "Ulysses"))
"""Books in words that no support bot should pick up."""

COARSE_WORD = re.compile(
    r"(?<![a-z])(?:n[ie]gg|negro|negress|darkies|darky\b|pickaninn|mulatto|coons?\b|spic?ks?\b|chinks?\b|chinam[ae]n|japs?\b|"
    r"gooks?\b|kikes?\b|yids?\b|wops?\b|dagoe?s?\b|squaws?\b|faggot|whor[ei]|sluts?\b|bitch|bastard|fuck|shit|cunt|"
    r"goddam|rap(?:e|ed|ist)s?\b|retard(?:s|ed)?\b)",
    re.I,
)
"""The beginnings of such words. A paragraph of a book that has one is left out, and so is any other document."""

QUERIES_A_DOCUMENT = 12
ROLES = {"customer": "user", "agent": "assistant"}
INVENTED = "dialogues"


class Document(NamedTuple):
    """Either `messages` in the OpenAI chat format, or `text`. `facts` are what each of the assistant's messages has to
    tell, where that is known."""

    source: str
    text: str = ""
    messages: tuple[dict[str, str], ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def plain(self) -> str:
        """All its words."""
        return self.text or "\n".join(message["content"] for message in self.messages)


class Source(NamedTuple):
    """Where documents come from, in the words of the model card, and how they are read."""

    path: str
    title: str
    licence: str
    attribution: str
    read: Callable[[str, Path], Iterator[tuple[str, Document]]]


def documents(folder: Path, *, held_out: bool = False, sources: Iterable[str] | None = None) -> Iterator[Document]:
    """The public documents of one side, of all sources or of those named.

    Raises:
        DeskwrightError: a file is not there.
    """
    for name in SOURCES if sources is None else sources:
        source = SOURCES[name]
        path = folder / source.path
        if not path.is_file():
            raise DeskwrightError(f"{path} is not there; expected {source.title}. Name the folder that holds it.")
        for key, document in source.read(name, path):
            if is_held_out(key) == held_out and not COARSE_WORD.search(document.plain):
                yield document


def invented(count: int, seed: int, *, held_out: bool = False) -> Iterator[Document]:
    """Dialogues of the generator."""
    for dialogue in generate(count, seed, held_out=held_out):
        yield Document(INVENTED, messages=dialogue.messages, facts=dialogue.facts)


def is_held_out(key: str) -> bool:
    return zlib.crc32(key.encode()) % HELD_OUT == 0


def attribution() -> str:
    """The sources as a table in Markdown, for the card of a model trained on them."""
    rows = [f"| {s.title} | {s.licence} | {s.attribution} |" for s in SOURCES.values()]
    own = "| Invented support dialogues | Apache-2.0 | Made by `instruct.starter.dialogues`, part of Deskwright |"
    return "\n".join(["| Source | Licence | Attribution |", "|---|---|---|", *rows, own, ""])


# --- readers: a name and a file -> each document, after the key by which it is held out or not ---------------------


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _support(name: str, path: Path) -> Iterator[tuple[str, Document]]:
    for dialogue in _lines(path):
        turns = _turns((ROLES[turn["role"]], turn["text"]) for turn in dialogue["turns"])
        if turns:
            yield dialogue["id"], Document(name, messages=tuple(compose(DEFAULT_SYSTEM, [], turns)))


def _turns(said: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Runs of one side merged, from the customer's first turn to the agent's last."""
    turns = [
        {"role": role, "content": "\n".join(text.strip() for _, text in run)}
        for role, run in groupby((turn for turn in said if turn[1].strip()), key=lambda turn: turn[0])
    ]
    turns = turns[1:] if turns and turns[0]["role"] == "assistant" else turns
    return turns[:-1] if turns and turns[-1]["role"] == "user" else turns


def _chat(name: str, path: Path) -> Iterator[tuple[str, Document]]:
    """Chit-chat as text: it is nothing that a support bot should say in its own turn."""
    for dialogue in _lines(path):
        yield dialogue["id"], Document(name, "\n".join(f"- {turn['text'].strip()}" for turn in dialogue["turns"]))


def _banking(name: str, path: Path) -> Iterator[tuple[str, Document]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from _queries(name, [(row["category"], row["text"]) for row in csv.DictReader(file)])


def _clinc(name: str, path: Path) -> Iterator[tuple[str, Document]]:
    splits = json.loads(path.read_text("utf-8"))
    yield from _queries(
        name, [(intent, text) for split in splits.values() for text, intent in split if intent != "oos"]
    )


def _queries(name: str, asked: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Document]]:
    """Ways to ask for the same, a dozen a document."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for intent, text in asked:
        by_intent[intent].append(" ".join(text.split()))
    for intent, texts in by_intent.items():
        ordered = sorted(dict.fromkeys(texts), key=lambda text: zlib.crc32(text.encode()))
        title = intent.replace("_", " ").strip()
        for at in range(0, len(ordered), QUERIES_A_DOCUMENT):
            some = ordered[at : at + QUERIES_A_DOCUMENT]
            yield f"{name}/{intent}/{at}", Document(name, "\n".join([f"{title}:", *(f"- {text}" for text in some)]))


def _books(name: str, path: Path) -> Iterator[tuple[str, Document]]:
    for book in _lines(path):
        if book["year"] <= NEWEST_BOOK and book["author"] not in TRANSLATED and book["title"] not in COARSE:
            yield f"{book['author']}/{book['title']}", Document(name, book_text(book["text"]))


HEAD = re.compile(r"\A(?:#[^\n]*\n|\s*\n)*-{3,}\n")
LICENCE = re.compile(
    r"^[^\n]*\b(?:Project Gutenberg|gutenberg\.org)\b[^\n]*$|^Produced by [^\n]*$|\[Illustration[^\]]*\]", re.M
)
HEADING = re.compile(r"^#+[ \t]*(.*?)[ \t]*#*$", re.M)
EMPHASIS = re.compile(r"(?<!\w)([_*]{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)", re.S)
END = re.compile(r"\s*(?:\bTHE END\b|\bFINIS\b)\W*\Z", re.I)
RULE = re.compile(r"^\W{3,}$", re.M)
INVISIBLE = re.compile("[\ufeff\u200a\u200b\u2060]")
BLANK_LINES = re.compile(r"\n\s*\n")


def book_text(text: str) -> str:
    """A book in Markdown without its title page, notes of transcribers, marks, rules and coarse paragraphs."""
    text = LICENCE.sub("", HEAD.sub("", INVISIBLE.sub("", text)))
    text = RULE.sub("", EMPHASIS.sub(r"\2", HEADING.sub(r"\1", text)))
    paragraphs = BLANK_LINES.split(END.sub("", text).strip())
    return "\n\n".join(paragraph for paragraph in paragraphs if not COARSE_WORD.search(paragraph))


SOURCES: Mapping[str, Source] = {
    "star": Source(
        "dialogues/star.jsonl.xz",
        "STAR: schema-guided dialogues of people with human wizards",
        "MIT",
        "Copyright (c) 2020 Rasa Technologies GmbH; https://github.com/RasaHQ/STAR",
        _support,
    ),
    "taskmaster4": Source(
        "dialogues/taskmaster4.jsonl.xz",
        "Taskmaster-4: orders at a coffee shop",
        "CC-BY-4.0",
        "Google Research; https://github.com/google-research-datasets/Taskmaster; roles renamed",
        _support,
    ),
    "self_dialogue": Source(
        "dialogues/self_dialogue.jsonl.xz",
        "Self-dialogue corpus",
        "BSD-3-Clause",
        "Fainberg et al., University of Edinburgh; https://github.com/jfainberg/self_dialogue_corpus",
        _chat,
    ),
    "banking77": Source(
        "intents/banking77_train.csv",
        "Banking77: questions to a bank",
        "CC-BY-4.0",
        "PolyAI; https://github.com/PolyAI-LDN/task-specific-datasets; grouped by intent",
        _banking,
    ),
    "clinc150": Source(
        "intents/clinc150_train_val.json",
        "CLINC150: questions to an assistant",
        "CC-BY-3.0",
        "Larson et al., Clinc; https://github.com/clinc/oos-eval; grouped by intent",
        _clinc,
    ),
    "books": Source(
        "books/books_1910_plus.jsonl.xz",
        f"English books published up to {NEWEST_BOOK}",
        "public domain (US)",
        "https://github.com/mlschmitt/classic-books-markdown; Markdown removed",
        _books,
    ),
}
SUPPORT = ("star", "taskmaster4")
"""The sources of messages."""
