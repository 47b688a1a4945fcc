"""Rows -> those in which the gate's rules find no personal data any more.

What is stored came through the gate; but texts are joined and cut when pairs are made, a reviewer's correction is
new, and the rules or the policies may be stricter than when a conversation was ingested. So they are asked again. The
model of names is not: it read every conversation as a whole, and would only stumble over halves of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from deskwright.terminal import progress
from deskwright.workspace import Workspace
from instruct.rows import Row
from privacy.gate import Gate, Refused, detectors_of

LEFT = "personal data left"
LEAST_SCORE = 0.6
"""Of a finding: what rules without a check digit score."""


def without_personal_data(workspace: Workspace, rows: Sequence[Row], tally: Counter[str]) -> list[Row]:
    """Leaves out every row with a finding in one of its turns or its answer. Placeholders, and kinds whose policy is to
    keep or which are general already, are none; a text that takes too long to scan counts as one."""
    clean = clean_texts(workspace, [text for row in rows for text in _texts(row)])
    kept = [row for row in rows if all(clean[text] for text in _texts(row))]
    if len(kept) < len(rows):
        tally[LEFT] += len(rows) - len(kept)
    return kept


def clean_texts(workspace: Workspace, texts: Sequence[str]) -> dict[str, bool]:
    """Of each text whether it is without a finding."""
    privacy = workspace.config.privacy
    gate = Gate(privacy, workspace.store, detectors_of(privacy.model_copy(update={"names": ""})))
    each = dict.fromkeys(texts)
    return {text: _clean(gate, text) for text in progress(each, "second scan", "texts", len(each))}


def _texts(row: Row) -> list[str]:
    return [*(text for _, text in row.turns), row.answer]


def _clean(gate: Gate, text: str) -> bool:
    try:
        return all(span.score < LEAST_SCORE for span in gate.find(text))
    except Refused:
        return False
