"""What a model said to held-out rows by itself -> what their customers would get, and what the bot would do.

A quotation, a question back, or the answer, after which a person may be asked to take over: the table in
docs/answering.md, by the limits in the model's card, where `serve.quote` and `serve.policy` are on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from deskwright.workspace import Workspace
from instruct import baselines
from instruct.adapter import Loaded
from instruct.answering import Said
from instruct.confidence import GOOD, Confidence, Figures, decide, observed
from instruct.quoting import quotations
from instruct.rows import Row

AS_SERVED = ", as served"
"""Follows the name of a model by itself."""
ACTIONS = {"quote": "quoted", "ask": "asked back", "handover": "handed over"}
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
    settings = workspace.config.serve
    texts, actions, after = [one.text for one in said], [""] * len(rows), None
    known = Confidence.of(loaded.card.confidence)
    if known:
        asked, unsure, after = decide(known, *observed(workspace, dataset, loaded, rows, said))
        if settings.policy:
            actions = ["ask" if ask else "handover" if no else "" for ask, no in zip(asked, unsure, strict=True)]
    texts = [settings.ask_back if do == "ask" else text for do, text in zip(actions, texts, strict=True)]
    if settings.quote and loaded.card.quote_from is not None:
        chosen = quotations(baselines.nearest(workspace, dataset, rows), loaded.card.quote_from, rows)
        texts = [one.answer if one else text for one, text in zip(chosen, texts, strict=True)]
        actions = ["quote" if one else do for one, do in zip(chosen, actions, strict=True)]
    return Served(texts, actions, after)


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
    return (
        f"As served it quotes a colleague on {found['quoted']:.0%} of the questions, asks back on "
        f"{found['asked back']:.0%} and hands over on {found['handed over']:.0%}; good are {found['good']:.0%} of all "
        f"that the model itself says{sure}, and {found['good of those given alone']:.0%} of what is given without a "
        "person."
    )
