"""A callable that answers prompts -> how often it takes the right fact from the context, and admits that there is none.

Names and values are of the held-out side: no model has been trained on them. Neither has it been on the questions,
unless these are asked to be `known`, nor on the main sentences of the passages where their topic has enough of them to
keep some. Half the prompts state the fact that is asked for among others; the rest state others only.

    shares = measure(lambda prompts: [my_answer(messages) for messages in prompts])
    shares["right"], shares["admitted"]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from instruct.behaviour import ADMITS
from instruct.starter.dialogues import Dialogue, generate

COUNT = 500
SEED = 4711
DRAWS = 20
"""Dialogues drawn for one prompt of each half, at most."""

ASKED = {"known": 1, "missing": 1}
"""The kinds of dialogue that are drawn, and how often; whatever mix it is that models are trained on."""

LEAST_STATED = {"known": 3, "missing": 1}
"""How many facts have to stand in the context."""

Generate = Callable[[Sequence[Sequence[Mapping[str, str]]]], Sequence[str]]

PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]*_\d+>")
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
NAME_WITH_NUMBER = re.compile(r"\b[A-Z]\w* [A-Z]?\d+(?:\.\d+)?\b|\b[A-Z]\d+\b")


@dataclass(frozen=True, slots=True)
class Case:
    """A prompt, the fact that its answer has to state ("": the context lacks it), the other facts in the context, and a
    good answer."""

    messages: tuple[dict[str, str], ...]
    fact: str
    others: tuple[str, ...]
    answer: str


@cache
def cases(count: int = COUNT, seed: int = SEED, known: bool = False) -> tuple[list[Case], list[Case]]:
    """As many prompts with the fact asked for as without it, one question each."""
    found: dict[str, list[Case]] = {kind: [] for kind in LEAST_STATED}
    for dialogue in generate(count * DRAWS, seed, held_out=True, known_sentences=known, kinds=ASKED):
        some = found.get(dialogue.kinds[0])
        if some is not None and len(some) < count and len(dialogue.stated) >= LEAST_STATED[dialogue.kinds[0]]:
            some.append(_case(dialogue))
        if all(len(some) == count for some in found.values()):
            break
    return found["known"], found["missing"]


def measure(generate: Generate, count: int = COUNT, seed: int = SEED, known: bool = False) -> dict[str, float]:
    """Shares of each half. Where the fact is there: `right`, of these `alone` where no other fact is told with it, and
    `wrong` for another one. Where it is not: `admitted`, and `claimed` for a fact of the context or a number out of
    nowhere."""
    stated, missing = cases(count, seed, known)
    told = list(zip(stated, generate([case.messages for case in stated]), strict=True))
    said = list(zip(missing, generate([case.messages for case in missing]), strict=True))
    right = [states(text, case.fact) for case, text in told]
    claimed = [_claims(case, text) for case, text in said]
    return {
        "right": _share(right),
        "alone": _share([ok and not _another(*one) for ok, one in zip(right, told, strict=True)]),
        "wrong": _share([not ok and _claims(*one) for ok, one in zip(right, told, strict=True)]),
        "admitted": _share(
            [not claims and bool(ADMITS.search(text)) for claims, (_, text) in zip(claimed, said, strict=True)]
        ),
        "claimed": _share(claimed),
    }


def states(answer: str, fact: str) -> bool:
    """Whether the answer holds the fact as it stands, and not within a longer word or number."""
    return re.search(rf"(?<![\w.,-]){re.escape(fact)}(?!\w|[.,:-]\d)", answer, re.I) is not None


def _case(dialogue: Dialogue) -> Case:
    others = tuple(fact for fact in dialogue.stated if fact != dialogue.facts[0])
    return Case(dialogue.messages[:2], dialogue.facts[0], others, dialogue.messages[2]["content"])


def _claims(case: Case, answer: str) -> bool:
    """Whether it states a fact other than the one asked for; to name an item of the context ("Velmora 300") is none."""
    context, asked = (message["content"] for message in case.messages)
    if _another(case, answer):
        return True
    named = " ".join([asked, *NAME_WITH_NUMBER.findall(context)])
    return bool(set(NUMBER.findall(PLACEHOLDER.sub("", answer))) - set(NUMBER.findall(named)))


def _another(case: Case, answer: str) -> bool:
    """Whether it states a fact of the context that was not asked for, nor is in the question."""
    return any(states(answer, fact) and not states(case.messages[1]["content"], fact) for fact in case.others)


def _share(values: Sequence[bool]) -> float:
    return sum(values) / max(len(values), 1)
