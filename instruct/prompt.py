"""System text, resolved answers of others, and the turns so far -> the chat messages a model sees.

Training and serving both come through here and through the tokenizer's chat template, so that they render the same
token ids; the card of an adapter carries what this needs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

from jinja2 import TemplateError

DAY = "26 Jul 2024"
TEMPLATE = {"enable_thinking": False, "date_string": DAY}
"""What some templates ask for: an answer without thinking aloud before it, and a date, which would else be that of
training in training and that of the answer in serving."""

CLOCK = "strftime_now"
STOPPED_CLOCK = f"{{%- macro {CLOCK}(form) -%}}{DAY}{{%- endmacro -%}}"
"""Stands before a template that looks at the clock itself."""

Turn = Mapping[str, str]
"""`{"role": "user" | "assistant", "content": text}`, as in the OpenAI chat format."""


class Answered(Protocol):
    """A resolved exchange: what `instruct.passages` finds."""

    @property
    def question(self) -> str: ...

    @property
    def answer(self) -> str: ...


def compose(system: str, passages: Sequence[Answered], turns: Sequence[Turn]) -> list[dict[str, str]]:
    """The chat messages: the system text with the passages below it, then the turns."""
    known = [f"Question: {passage.question}\nAnswer: {passage.answer}" for passage in passages]
    head = "\n\n".join([system, *(["Resolved before:", *known] if known else [])])
    return [{"role": "system", "content": head}, *(dict(turn) for turn in turns)]


def render(tokenizer: Any, messages: Sequence[Turn], *, prompt: bool) -> list[int]:
    """The token ids of `messages`; with `prompt`, followed by the opening of the assistant's turn.

    What the template marks turns with is not read as a mark where somebody wrote it: a customer who types
    `<|assistant|>` does not speak for the assistant.
    """
    clean = [{**message, "content": without_marks(tokenizer, message["content"])} for message in messages]
    encoded = tokenizer.apply_chat_template(
        clean if _takes_system(tokenizer, tokenizer.chat_template) else _folded(clean),
        chat_template=_template(tokenizer),
        add_generation_prompt=prompt,
        tokenize=True,
        return_dict=True,
        **TEMPLATE,
    )
    return list(encoded["input_ids"])


def _template(tokenizer: Any) -> str:
    template = str(tokenizer.chat_template)
    return STOPPED_CLOCK + template if CLOCK in template else template


def without_marks(tokenizer: Any, text: str) -> str:
    """The text with a blank inside what would be a special token: `< |assistant|>`."""
    return _marks(tokenizer).sub(lambda mark: f"{mark[0][0]} {mark[0][1:]}", text)


@lru_cache(maxsize=8)
def _takes_system(tokenizer: Any, template: str) -> bool:
    """Whether the template has a place for a system text; Gemma's first ones refuse it, others drop it."""
    turns = [{"role": role, "content": role.upper()} for role in ("system", "user")]
    try:
        return "SYSTEM" in tokenizer.apply_chat_template(turns, chat_template=template, tokenize=False, **TEMPLATE)
    except TemplateError:
        return False


def _folded(messages: Sequence[Turn]) -> list[Turn]:
    """The same with the system text at the head of the first message; alone, it is that message."""
    system, *rest = messages
    if not rest:
        return [{**system, "role": "user"}]
    return [{**rest[0], "content": f"{system['content']}\n\n{rest[0]['content']}"}, *rest[1:]]


@lru_cache(maxsize=8)
def _marks(tokenizer: Any) -> re.Pattern[str]:
    """Special tokens of two characters and more, the longest first; without any, what is never found."""
    added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    marks = sorted({mark for mark in added | set(tokenizer.all_special_tokens) if len(mark) > 1}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, marks)) or r"(?!)")
