"""Training and serving render the same ids, whatever family the base's chat template is of."""

from __future__ import annotations

from typing import Any

import pytest

from instruct.prompt import render
from instruct.rows import Row, whole
from instruct.starter.tokenizer import train as train_tokenizer
from instruct.training import examples

SYSTEM = "You help customers of a bakery."
TURNS = (("user", "When do you open?"), ("assistant", "At 7."), ("user", "And on Sunday?"))

CHATML = """{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

THINKING = """{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == 'assistant' and loop.last %}<think>

</think>

{% endif %}{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is defined and enable_thinking is false %}<think>

</think>

{% endif %}{% endif %}"""

HEADERS = """{{ bos_token }}{% if not date_string is defined %}
{%- set date_string = strftime_now('%d %b %Y') %}{% endif %}
{%- for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>

{% if m.role == 'system' %}Today Date: {{ date_string }}

{% endif %}{{ m.content | trim }}<|eot_id|>{% endfor %}
{%- if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>

{% endif %}"""

NO_SYSTEM = """{{ bos_token }}{% if messages[0].role == 'system' %}
{{- raise_exception('System role not supported') }}{% endif %}
{%- for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}
{{ m.content | trim }}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}"""

INSTRUCTIONS = """{{ bos_token }}{% for m in messages %}
{%- if m.role == 'system' %}[SYSTEM_PROMPT]{{ m.content }}[/SYSTEM_PROMPT]
{%- elif m.role == 'user' %}[INST]{{ m.content }}[/INST]
{%- else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"""

TODAY = """{% for m in messages %}<|im_start|>{{ m.role }}
{% if m.role == 'system' %}Today Date: {{ strftime_now('%d %B %Y') }}
{% endif %}{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

DROPS = """{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

FAMILIES = {
    "ChatML, as of Qwen2.5 and SmolLM2": (CHATML, "<|im_end|>\n"),
    "ChatML that thinks, as of Qwen3": (THINKING, "<|im_end|>\n"),
    "headers and a date, as of Llama 3": (HEADERS, "<|eot_id|>"),
    "no place for a system text, as of Gemma 2": (NO_SYSTEM, "<end_of_turn>\n"),
    "a date of its own, as of SmolLM3": (TODAY, "<|im_end|>\n"),
    "a system text that is dropped": (DROPS, "<|im_end|>\n"),
    "instructions in brackets, as of Mistral": (INSTRUCTIONS, "<|end|>"),
}


@pytest.fixture(params=FAMILIES, scope="module")
def family(request: pytest.FixtureRequest) -> tuple[Any, str]:
    """A tokenizer with the family's template, and how a turn ends in it."""
    template, end = FAMILIES[request.param]
    tokenizer = train_tokenizer([f"{SYSTEM} When do you open? At 7, and on Sunday at 9. Today Date: model system user"])
    tokenizer.chat_template = template
    return tokenizer, end


def row(answer: str = "At 9.") -> Row:
    about = {"customer": "c", "topic": "", "traced": (), "gate_version": "", "legal_basis": ""}
    return Row("r/1/2", "train", "conversation", turns=TURNS, answer=answer, **about)


def test_what_is_trained_begins_with_what_is_served(family: tuple[Any, str]) -> None:
    tokenizer, end = family
    [example] = examples(tokenizer, [row()], SYSTEM)
    served = render(tokenizer, row().prompt(SYSTEM), prompt=True)
    learnt = [i for i, mask in zip(example["input_ids"], example["completion_mask"], strict=True) if mask]

    assert example["input_ids"][: len(served)] == served
    assert tokenizer.decode(learnt) == f"At 9.{end}"
    assert SYSTEM in tokenizer.decode(served)
    assert all(words in tokenizer.decode(served) for _, words in TURNS)


def test_it_is_the_same_on_another_day(family: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.utils import chat_template_utils

    tokenizer, _ = family
    today = render(tokenizer, whole(row(), SYSTEM), prompt=False)

    class Later(chat_template_utils.datetime):  # type: ignore[misc]
        @classmethod
        def now(cls, *_: Any) -> Any:
            return cls(2031, 5, 4)

    monkeypatch.setattr(chat_template_utils, "datetime", Later)
    chat_template_utils._compile_jinja_template.cache_clear()

    assert render(tokenizer, whole(row(), SYSTEM), prompt=False) == today
