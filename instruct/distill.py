"""A training set and a teacher -> the training set with the teacher's answers beside the agents'.

Sequence-level distillation (Kim and Rush 2016, arXiv:1606.07947): the teacher answers the training questions with the
same prompt, and what it says becomes more rows of training. The agents' answers stay, since they have the facts; what
reviewers decided is not asked again; validation and test stay as they are. An answer that a support bot must not learn
is left out with the reason, and so is one that many rows have already, or that repeats a held-out row.

The set that comes of it has a fingerprint of its own, by that of the first and the teacher's name. Answers are kept as
they come: interrupted, it goes on.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from deskwright.workspace import Workspace
from instruct import base, curate, dataset
from instruct.answering import Said
from instruct.holding import holding
from instruct.leftover import without_personal_data
from instruct.rows import Row, fit
from instruct.splits import SPLITS
from instruct.teacher import Teacher, kept_answers
from privacy.redact import PLACEHOLDER

DISTILLED = "distilled"
"""The origin of rows whose answer is a teacher's."""


def distil(workspace: Workspace, fingerprint: str, teacher: Teacher) -> dataset.Report:
    """The training set with the teacher's rows, made now or found; its report says how many there are, and why others
    were left out."""
    made = hashlib.sha256(json.dumps([fingerprint, teacher.name]).encode()).hexdigest()[:16]
    folder, first = workspace.datasets / made, workspace.datasets / fingerprint
    kept_in = folder.with_name(folder.name + ".answers")
    if folder.is_dir():
        shutil.rmtree(kept_in, ignore_errors=True)
        return dataset.found(workspace, made)
    train = dataset.read(workspace, fingerprint, "train")
    asked = [row for row in train if row.origin == "conversation"]
    said = kept_answers(kept_in, teacher, asked)
    report = replace(dataset.found(workspace, fingerprint), fingerprint=made, teacher=teacher.name, unchanged=False)
    rows = taught(workspace, asked, said, report.left_out)
    held_out = [row for split in SPLITS[1:] for row in dataset.read(workspace, fingerprint, split)]
    apart, _ = dataset.held_apart([*rows, *held_out], report)
    rows = [row for row in apart if row.origin == DISTILLED]
    rows = curate.with_room(rows, train, workspace.config.dataset.same_answer, report.left_out)
    report.rows["train"] += len(rows)
    report.origins[DISTILLED] = len(rows)
    making = folder.with_name(folder.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    shutil.copytree(first, making)
    dataset.describe_folder(workspace, making, [*train, *rows], report)
    making.rename(folder)
    dataset.register(workspace.store, report)
    shutil.rmtree(kept_in)
    return report


def taught(workspace: Workspace, asked: Sequence[Row], said: Sequence[Said], tally: Counter[str]) -> list[Row]:
    """The rows with the teacher's answers, without those that must not be learnt; `tally` counts these."""
    settings = workspace.config.dataset
    tokenizer = base.tokenizer(workspace)
    rows = []
    for row, one in zip(asked, said, strict=True):
        new = replace(row, id=f"{row.id}~{DISTILLED}", origin=DISTILLED, answer=one.text, outcome="")
        why = _refused(new, one, str(row.prompt(settings.system)))
        if not why and fit(new, settings.system, tokenizer, settings.max_tokens) != new:
            why = f"makes over {settings.max_tokens} tokens"
        if why:
            tally[f"answer of the teacher that {why}"] += 1
        else:
            rows.append(new)
    return without_personal_data(workspace, rows, tally)


def _refused(row: Row, said: Said, prompt: str) -> str:
    """Why an answer is left out; "" where it is kept."""
    known = {match.group() for match in PLACEHOLDER.finditer(prompt)}
    reasons = (
        ("is empty", not said.text),
        ("is cut off", not said.whole),
        ("has a placeholder of nobody", any(match.group() not in known for match in PLACEHOLDER.finditer(said.text))),
        ("only says that somebody looks into it", holding(said.text)),
    )
    return next((why for why, holds in reasons if holds), "")
