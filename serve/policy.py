"""What was found for a question, and how sure the model was -> what the bot does. The one table of it is POLICY.

docs/answering.md describes it. Limits come from the model's card, measured on the validation split; a model without
them always answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from instruct.confidence import Confidence, features
from instruct.passages import Passage

Action = Literal["offer", "quote", "ask", "handover"]


@dataclass(frozen=True, slots=True)
class Case:
    """What is known before the answer. `grounding` is the probability that an answer will be good; a person is offered
    once a chat."""

    quotation: Passage | None
    grounding: float | None = None
    weak: bool = False
    asked_back: bool = False
    needs_person: bool = False


Rule = tuple[Callable[[Case], bool], Action]

POLICY: tuple[Rule, ...] = (
    (lambda case: case.needs_person, "offer"),
    (lambda case: case.quotation is not None, "quote"),
    (lambda case: case.weak and not case.asked_back, "ask"),
    (lambda case: case.weak, "handover"),
)
"""The first that holds, before the model begins; if none does, the model answers."""


def action(case: Case) -> Action | None:
    return next((done for holds, done in POLICY if holds(case)), None)


@dataclass(frozen=True, slots=True)
class Words:
    """What the bot says when it does not answer."""

    ask: str
    offer: str
    handover: str

    def of(self, action: Action) -> str:
        return {"ask": self.ask, "offer": self.offer}.get(action, self.handover)


@dataclass(frozen=True, slots=True)
class Judge:
    """A model's calibration, what tells of a customer's words whether they need a person (None: neither is known), and
    the words for what follows from it."""

    confidence: Confidence | None
    words: Words
    needs_person: Callable[[str], bool] | None = None

    def case(
        self,
        turns: Sequence[Mapping[str, str]],
        near: Sequence[Passage],
        quotation: Passage | None,
        typed: Sequence[Mapping[str, str]],
    ) -> Case:
        """`turns` are clean and end on the customer; `typed` are the same as they were said."""
        question, grounding, weak = turns[-1]["content"], None, False
        if self.confidence:
            scale = self.confidence.grounding
            grounding = scale.probability(features(question, near))
            weak = scale.least is not None and grounding < scale.least
        said = [turn["content"].strip() for turn in typed if turn["role"] == "assistant"]
        offer = self.words.offer.strip()
        return Case(
            quotation,
            grounding,
            weak,
            asked_back=self.words.ask.strip() in said,
            needs_person=self.needs_person is not None and offer not in said and self.needs_person(question),
        )

    def after(self, question: str, near: Sequence[Passage], tokens: float | None) -> tuple[float | None, Action | None]:
        """The confidence in an answer that the model gave, and whether a person should take over."""
        if tokens is None or self.confidence is None:
            return tokens, None
        scale = self.confidence.confidence
        sure = scale.probability([*features(question, near), tokens])
        return sure, "handover" if scale.least is not None and sure < scale.least else None
