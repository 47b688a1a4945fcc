"""System text, resolved answers of others, and the turns so far -> the chat messages a model sees.

Training and serving both come through here and through the tokenizer's chat template, so that they render the same
token ids; the card of an adapter carries what this needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

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
    """The token ids of `messages`; with `prompt`, followed by the opening of the assistant's turn."""
    encoded = tokenizer.apply_chat_template(
        list(messages), add_generation_prompt=prompt, tokenize=True, return_dict=True
    )
    return list(encoded["input_ids"])
