"""A folder of public data -> in another folder all that the starter model is trained and measured on.

`tokenizer/`; encoded documents in `texts/`, to read, and in `chats/` and `exercises/`, to learn to answer; texts and
chats that are held out in `texts_held_out/` and `chats_held_out/`; and `sources.md` for the model's card.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

from instruct.starter import tokenizer
from instruct.starter.corpus import SOURCES, SUPPORT, attribution, documents, invented
from instruct.starter.dialogues import generate
from instruct.starter.encoded import write
from instruct.starter.exercises import exercises, material

TEXTS = tuple(source for source in SOURCES if source not in SUPPORT)
FOR_THE_TOKENIZER = 8000
HELD_OUT = 2000
"""Invented dialogues, at most."""


def make(data: Path, folder: Path, dialogues: int, seed: int, given: Any = None) -> Any:
    """Makes everything, with that many invented dialogues to train on, and returns the tokenizer: the one given, or a
    new one.

    Raises:
        DeskwrightError: a file of the public data is not there.
    """
    some = invented(min(dialogues, FOR_THE_TOKENIZER), seed)
    trained = tokenizer.train(tokenizer.sample(chain(documents(data), some), seed)) if given is None else given
    trained.save_pretrained(folder / "tokenizer")
    for suffix, held_out, count in (("", False, dialogues), ("_held_out", True, min(dialogues, HELD_OUT))):
        write(documents(data, held_out=held_out, sources=TEXTS), trained, folder / f"texts{suffix}")
        support = documents(data, held_out=held_out, sources=SUPPORT)
        made = invented(count, seed, held_out=held_out)
        write(chain(support, made), trained, folder / f"chats{suffix}")
    found = material(documents(data, sources=TEXTS))
    write(exercises(dialogues, seed, found, generate(dialogues, f"{seed}/exercises")), trained, folder / "exercises")
    (folder / "sources.md").write_text(attribution(), encoding="utf-8")
    return trained
