"""The starter model's tokenizer and encoded documents: any text comes back, and what is learnt is what the bot says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instruct.starter import tokenizer as tokenizers
from instruct.starter.corpus import Document, invented
from instruct.starter.encoded import encode, write
from instruct.starter.tokenizer import (
    CONTEXT,
    PLACEHOLDERS,
    SHARES,
    SPECIAL,
    VOCABULARY,
    characters_a_token,
    sample,
    train,
)
from privacy.redact import ENTITIES

CHAT = (
    {"role": "system", "content": "You help.\n\nResolved before:\n\nQuestion: How long?\nAnswer: 14 days, <PERSON_2>."},
    {"role": "user", "content": "  hi, <PERSON_1> here <ID_12>\n"},
    {"role": "assistant", "content": "Hello <PERSON_1>, it is 14 days."},
    {"role": "user", "content": "thx"},
    {"role": "assistant", "content": "You're welcome! 🙂"},
)


@pytest.fixture(scope="module")
def trained() -> Any:
    return train([document.plain for document in invented(400, 1)])


def test_any_text_comes_back_exactly(trained: Any) -> None:
    @settings(max_examples=300, deadline=None)
    @given(st.text() | st.text("aZ 0<>_|\n\t1'é漢🙂").map(lambda text: f"<PERSON_1>{text} <ID_3>"))
    def check(text: str) -> None:
        assert trained.decode(trained(text)["input_ids"]) == text

    check()


@pytest.mark.parametrize(
    "text", ["<|user|>", "<PERSON_1><PERSON_1>", "<PERSON_99>", " \u00a0\u2028 \r\n", "a\x00b", "ﬁ ﷺ", ""]
)
def test_odd_texts_come_back_too(trained: Any, text: str) -> None:
    assert trained.decode(trained(text)["input_ids"]) == text


def test_no_token_holds_two_digits(trained: Any) -> None:
    words = [word for word in trained.get_vocab() if word not in PLACEHOLDERS]

    assert max(sum(sign.isdigit() for sign in word) for word in words) == 1
    assert [trained.decode([token]).strip() for token in trained("2024 x 17")["input_ids"]] == list("2024x17")


def test_a_placeholder_is_one_token_and_part_of_what_is_said(trained: Any) -> None:
    for placeholder in PLACEHOLDERS:
        ids = trained(f"a{placeholder}b")["input_ids"]

        assert trained.convert_tokens_to_ids(placeholder) in ids
        assert placeholder in trained.decode(ids, skip_special_tokens=True)
    assert len(trained("<PERSON_10>")["input_ids"]) > 1
    assert {f"<{entity}_1>" for entity in ENTITIES} <= set(PLACEHOLDERS)


def test_the_vocabulary_fits(trained: Any) -> None:
    assert len(trained) <= VOCABULARY <= 2**16
    assert set(trained.all_special_tokens) == set(SPECIAL)
    assert (trained.pad_token, trained.bos_token, trained.eos_token) == ("<|pad|>", "<|begin|>", "<|end|>")
    assert sorted(trained.get_vocab().values()) == list(range(len(trained)))


def test_it_comes_back_from_a_folder(trained: Any, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    trained.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)

    assert loaded.chat_template == trained.chat_template
    assert loaded.model_max_length == CONTEXT
    for text in ("Hello <PERSON_1>, 14 days.\n ok", "  <|end|> "):
        assert loaded(text)["input_ids"] == trained(text)["input_ids"]
        assert loaded.decode(loaded(text)["input_ids"]) == text


def test_the_mask_of_the_template_is_what_the_assistant_says_and_its_end(trained: Any) -> None:
    made = trained.apply_chat_template(list(CHAT), return_dict=True, return_assistant_tokens_mask=True)
    learnt = [token for token, mask in zip(made["input_ids"], made["assistant_masks"], strict=True) if mask]

    assert trained.decode(learnt) == "".join(
        f"{turn['content']}<|end|>" for turn in CHAT if turn["role"] == "assistant"
    )


def test_a_prompt_is_the_beginning_of_the_whole(trained: Any) -> None:
    whole = trained.apply_chat_template(list(CHAT), tokenize=False)
    prompt = trained.apply_chat_template(list(CHAT[:-1]), tokenize=False, add_generation_prompt=True)

    assert whole.startswith(prompt)
    assert whole[len(prompt) :] == f"{CHAT[-1]['content']}<|end|>"


def test_conversations_are_encoded_as_the_template_does(trained: Any) -> None:
    documents = [Document("x", messages=CHAT), *invented(80, 2)]
    for document, encoded in encode(documents, trained):
        made = trained.apply_chat_template(list(document.messages), return_dict=True, return_assistant_tokens_mask=True)

        assert encoded.ids.tolist() == made["input_ids"]
        assert (encoded.learnt > 0).tolist() == [mask == 1 for mask in made["assistant_masks"]]


def test_a_text_is_learnt_whole_between_its_begin_and_end(trained: Any) -> None:
    [(_, encoded)] = encode([Document("x", "Once upon a time.")], trained)

    assert trained.decode(encoded.ids) == "<|begin|>Once upon a time.<|end|>"
    assert encoded.learnt.tolist() == [0, *[1] * (len(encoded.ids) - 1)]


def test_documents_come_back_from_their_files(trained: Any, tmp_path: Path) -> None:
    documents = [*invented(60, 4), Document("books", "Once upon a time.")]
    made = write(documents, trained, tmp_path)
    rows = [made.rows([row], trained.pad_token_id) for row in range(len(made))]

    for (ids, learnt), (document, encoded) in zip(rows, encode(documents, trained), strict=True):
        assert ids[0].tolist() == encoded.ids.tolist()
        assert learnt[0].tolist() == encoded.learnt.tolist()
        assert document.source in made.names
    assert [made.names[source] for source in made.source] == [document.source for document in documents]
    assert (made.tokens.dtype, made.learnt.dtype) == (np.uint16, np.uint8)
    assert isinstance(made.tokens, np.memmap)


def test_the_sample_is_balanced() -> None:
    documents = [Document(source, f"{source} " * 500) for source in SHARES for _ in range(200)]
    documents += [Document("books", "b" * 2_000_000)]
    texts = list(sample(documents, 1, characters=1_000_000))
    length = {source: sum(len(text) for text in texts if text.startswith(source)) for source in SHARES}
    books = sum(len(text) for text in texts if text.startswith("b" * 20))

    assert abs(length["dialogues"] - SHARES["dialogues"] * 1_000_000) < 10_000
    assert abs(books - (1 - sum(SHARES.values())) * 1_000_000) <= 10_000
    assert texts == list(sample(documents, 1, characters=1_000_000))


def test_support_text_is_short(trained: Any) -> None:
    unseen = [document.plain for document in invented(200, 9, held_out=True)]

    assert characters_a_token(trained, unseen) > 3.2


def test_the_template_stands_beside_the_module() -> None:
    assert "{% generation %}" in tokenizers.TEMPLATE.read_text("utf-8")
