"""Training rows and a model that writes -> more of them, with the question in other words.

A model that was named (`dataset.paraphraser`) rewrites the last question; none that ships can. What it says is not
believed: the encoder has to find the same meaning, placeholders, numbers and codes have to be the same ones, and a copy
is none. What the encoder cannot tell, a "not" that was lost among many words, is not found. Answers are not touched;
validation and test have no paraphrase.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct.answering import Said
from instruct.codes import codes
from instruct.leftover import without_personal_data
from instruct.measures import similarity
from instruct.near import Near
from instruct.rows import PARAPHRASE, Row
from instruct.teacher import find, kept_answers
from privacy.redact import PLACEHOLDER

SYSTEM = (
    "You rewrite what customers write to a support team. Say the message that follows in other words, as another "
    "customer would: the same request, nothing added, nothing left out, in the same language. Do not answer it. Keep "
    "words in angle brackets such as <PERSON_1>, numbers and codes exactly as they are. Give the new message alone."
)
SAME = 0.75
"""The least cosine between a question and its paraphrase."""
LONGER = 2
"""A paraphrase of more than as many times the words, and `SPARE` more, says something besides."""
SPARE = 6
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def rows(workspace: Workspace, train: Sequence[Row], folder: Path, tally: Counter[str]) -> tuple[list[Row], str]:
    """A paraphrase of about that share of the rows that `dataset.paraphrase` says, each traced to the same messages,
    and the name of who wrote them; `tally` counts what was left out, by reason. What the model said is kept in
    `folder`, so that a run that was interrupted goes on, as long as the same model writes.

    Raises:
        DeskwrightError: no model is named, or it cannot be asked.
    """
    settings, random = workspace.config.dataset, Random(0)
    if not settings.paraphrase:
        return [], ""
    if not settings.paraphraser:
        raise DeskwrightError(
            "dataset.paraphrase asks for paraphrases, and dataset.paraphraser names nobody who writes them. No model "
            "that can ships with Deskwright: name one of the hub, a folder or an OpenAI-compatible server "
            '(paraphraser = "http://127.0.0.1:8000/v1"), or set paraphrase = 0.'
        )
    chosen = [row for row in train if row.origin == "conversation" and random.random() < settings.paraphrase]
    section = settings.model_copy(update={"system": SYSTEM})
    writing = Workspace(workspace.root, workspace.config.model_copy(update={"dataset": section}), workspace.keys)
    writer = find(writing, settings.paraphraser, "dataset.paraphraser")
    asked = [replace(row, turns=(row.turns[-1],), passages=()) for row in chosen]
    said = kept_answers(folder / sha256(writer.name.encode()).hexdigest()[:12], writer, asked)
    return without_personal_data(workspace, checked(chosen, said, tally), tally), writer.name


def checked(chosen: Sequence[Row], said: Sequence[Said], tally: Counter[str]) -> list[Row]:
    """The rows with what was said as their question, without those that a customer might not have meant."""
    alike = similarity([one.text for one in said], [row.turns[-1][1] for row in chosen])
    kept = []
    for row, one, near in zip(chosen, said, alike, strict=True):
        if why := _refused(row.turns[-1][1], one, float(near)):
            tally[f"paraphrase that {why}"] += 1
        else:
            turns = (*row.turns[:-1], ("user", one.text))
            kept.append(replace(row, id=f"{row.id}~{PARAPHRASE}", origin=PARAPHRASE, turns=turns))
    return kept


def _refused(question: str, said: Said, near: float) -> str:
    """Why a paraphrase is left out; "" where it is kept. The first reason that holds."""
    bare, again = (PLACEHOLDER.sub(" ", text) for text in (question, said.text))
    reasons = (
        ("is empty", not said.text),
        ("is cut off", not said.whole),
        ("has other placeholders", _counted(PLACEHOLDER, question) != _counted(PLACEHOLDER, said.text)),
        ("has another number or code", _numbers(bare) != _numbers(again)),
        ("is a copy", _copy(question, said.text)),
        ("is much longer", len(said.text.split()) > LONGER * len(question.split()) + SPARE),
        ("means something else", near < SAME),
    )
    return next((why for why, holds in reasons if holds), "")


def _counted(form: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(match.group() for match in form.finditer(text))


def _numbers(text: str) -> tuple[Counter[str], set[str]]:
    return _counted(NUMBER, text), set(codes(text))


def _copy(question: str, text: str) -> bool:
    """Nearly the same letters."""
    near = Near()
    near.add(question)
    return near.find(text) is not None
