"""A tuned model and the validation rows -> from which nearness on a colleague's answer is given as it stands.

A question that was asked before in nearly these words has an answer that a colleague wrote, and a small model seldom
writes a better one. How near is near enough is measured: on the validation rows, where both answers are compared with
what the agent wrote, the limit is the one with which the answers are best in the mean, if that is more than chance.

Only the first question of a conversation is answered so, by the answer to another's first question, since later ones
hang on what was said before. An answer that speaks of one customer's case is left to the model: one with a placeholder,
a day, or what the agent has done, and one to a question that names an order or an account.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deskwright.workspace import Workspace
from instruct import baselines
from instruct.answering import Answerer
from instruct.measures import similarity
from instruct.passages import Passage
from instruct.rows import Row
from privacy.redact import PLACEHOLDER

LOOKED_AT = 10
"""Passages among which the exchange has to be: those of documents may stand before it."""
MOST_ROWS = 64
LEAST_QUOTED = 5
"""Validation rows that have to be quoted for a limit to be believed."""
SURE = 2.33
"""Standard errors by which quoting has to be better: the best of many limits looks good by chance."""

CONTACT = frozenset(("PERSON", "EMAIL", "PHONE", "ADDRESS", "LOCATION"))
"""Placeholders that a question may hold: who asks, not what about."""

CASE = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|this (?:morning|afternoon|evening|week)"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
    r"|(?:january|february|march|april|june|july|august|september|october|november|december)"
    r"|(?:I|we)(?:'ve| have| had| just| already)? (?:been|can see|see|sent|refunded|checked|cancel+ed|changed|updated"
    r"|booked|forwarded|passed|shipped|dispatched|received|added|removed|corrected|ordered|found|looked|asked)"
    r"|your (?:order|parcel|refund|payment|account|package) (?:was|has|is))\b",
    re.I,
)
"""What an English answer to one customer alone says."""


def quotable(near: Sequence[Passage], quote_from: float | None, turns: Sequence[str]) -> Passage | None:
    """The exchange that was found first, where its answer may be given as it stands to what was said so far. Documents
    are passed over: the limit was measured without them."""
    passage = next((one for one in near if not one.title), None)
    if quote_from is None or len(turns) != 1 or passage is None or passage.score < quote_from:
        return None
    about = {kind for text in (turns[0], passage.question) for kind, _ in PLACEHOLDER.findall(text)}
    of_one_case = about - CONTACT or PLACEHOLDER.search(passage.answer) or CASE.search(passage.answer)
    return passage if passage.alone and not of_one_case else None


def quotations(
    near: Sequence[Sequence[Passage]], quote_from: float | None, rows: Sequence[Row]
) -> list[Passage | None]:
    """What each row's customer is given as it stands; None: what the model says."""
    return [quotable(passages, quote_from, _turns(row)) for passages, row in zip(near, rows, strict=True)]


def calibrate(workspace: Workspace, dataset: str, answer: Answerer, rows: Sequence[Row]) -> float | None:
    """The limit for the model that answers; None where quoting makes no answers better."""
    near = baselines.nearest(workspace, dataset, rows)
    able = [n for n, row in enumerate(rows) if quotable(near[n], -1.0, _turns(row))][:MOST_ROWS]
    if len(able) < LEAST_QUOTED:
        return None
    golden = [rows[n].answer for n in able]
    said = similarity([one.text for one in answer([rows[n] for n in able])], golden)
    told = similarity([near[n][0].answer for n in able], golden)
    return limit(np.array([near[n][0].score for n in able]), told - said)


def limit(scores: npt.NDArray[np.float64], gains: npt.NDArray[np.float64]) -> float | None:
    """The score from which on the gains add up to most; None where that may be chance."""
    order = np.argsort(-scores, kind="stable")
    scores, gains = scores[order], gains[order]
    last_of_its_score = np.append(scores[:-1] != scores[1:], True)
    counts = np.flatnonzero(last_of_its_score) + 1
    counts = counts[counts >= LEAST_QUOTED]
    if not len(counts):
        return None
    best = int(max(counts, key=lambda count: gains[:count].sum()))
    won = gains[:best]
    return float(scores[best - 1]) if won.mean() > SURE * won.std(ddof=1) / best**0.5 else None


def _turns(row: Row) -> list[str]:
    return [text for _, text in row.turns]
