"""What a model said to held-out rows by itself -> what their customers would get, and what the bot would do.

An offer of a person, a quotation, a question back, or the answer, after which a person may be asked to take over: the
table in docs/answering.md, by the limits in the model's card, where `serve.quote` and `serve.policy` are on. Phrases of
`serve.never_say` are neither quoted nor said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deskwright.workspace import Workspace
from instruct import baselines, needs_human, phrases
from instruct.adapter import Loaded
from instruct.answering import Said
from instruct.confidence import GOOD, Confidence, Figures, decide, observed
from instruct.quoting import quotations
from instruct.rows import Row

AS_SERVED = ", as served"
"""Follows the name of a model by itself."""
ACTIONS = {"quote": "quoted", "ask": "asked back", "handover": "handed over", "offer": "offered a person"}
"""What the API calls an action, and what a share of it is called."""


@dataclass(frozen=True, slots=True)
class Served:
    """One text and one action a row ("" where the model simply answers), and the confidence in the model's own answers,
    where the card can tell it."""

    texts: list[str]
    actions: list[str]
    confidence: Figures | None = None


def served(workspace: Workspace, dataset: str, loaded: Loaded, rows: Sequence[Row], said: Sequence[Said]) -> Served:
    """`dataset` is the model's own training set, in which it finds what it quotes."""
    settings, after = workspace.config.serve, None
    never = phrases.compiled(settings.never_say)
    own = [phrases.without(one.text, never) for one in said]
    given = [(text, "") for text in own]
    if known := Confidence.of(loaded.card.confidence):
        ask, unsure, after = decide(known, *observed(workspace, dataset, loaded, rows, said))
        if settings.policy:
            given = [(text, "handover" if no else "") for text, no in zip(own, unsure, strict=True)]
            given = [(settings.ask_back, "ask") if no else one for one, no in zip(given, ask, strict=True)]
    quoted = _quoted(workspace, dataset, loaded, rows, never)
    given = [(text, "quote") if text else one for one, text in zip(given, quoted, strict=True)]
    offered = _offered(workspace, dataset, rows)
    given = [(settings.offer_person, "offer") if offer else one for one, offer in zip(given, offered, strict=True)]
    return Served([text for text, _ in given], [do for _, do in given], after)


def _quoted(
    workspace: Workspace, dataset: str, loaded: Loaded, rows: Sequence[Row], never: Sequence[Any]
) -> list[str | None]:
    """The colleague's answer that each row's customer is given."""
    if not workspace.config.serve.quote or loaded.card.quote_from is None:
        return [None] * len(rows)
    chosen = quotations(baselines.nearest(workspace, dataset, rows), loaded.card.quote_from, rows)
    return [one.answer if one and phrases.without(one.answer, never) == one.answer else None for one in chosen]


def _offered(workspace: Workspace, dataset: str, rows: Sequence[Row]) -> list[bool]:
    """Whether each row's customer is offered a person for their words."""
    needs_person, _ = needs_human.trusted(workspace, dataset) if workspace.config.serve.policy else (None, "")
    return [needs_person is not None and needs_person(row.turns[-1][1]) for row in rows]


def shares(given: Served, own: Figures, similarity: Figures) -> dict[str, float]:
    """What the bot does, as shares of the rows; how many of the model's own answers are good, and of those that are
    given without a person, quotations among them. `own` and `similarity` are those of the model by itself and of what
    is given. Where confidence is known, its mean, which should be near the share of good answers."""
    alone = np.array([do in ("", "quote") for do in given.actions])
    return {
        **{name: given.actions.count(do) / len(given.actions) for do, name in ACTIONS.items()},
        "good": float((own >= GOOD).mean()),
        "good of those given alone": float((similarity[alone] >= GOOD).mean()) if alone.any() else 0.0,
        **({} if given.confidence is None else {"mean confidence": float(given.confidence.mean())}),
    }


def policy(found: Mapping[str, float]) -> str:
    """The shares in a sentence."""
    sure = f" (its mean confidence is {found['mean confidence']:.0%})" if "mean confidence" in found else ""
    offers = f", and offers a person on {found['offered a person']:.0%}" if found["offered a person"] else ""
    return (
        f"As served it quotes a colleague on {found['quoted']:.0%} of the questions, asks back on "
        f"{found['asked back']:.0%} and hands over on {found['handed over']:.0%}{offers}; good are {found['good']:.0%} "
        f"of all that the model itself says{sure}, and {found['good of those given alone']:.0%} of what is given "
        "without a person."
    )
