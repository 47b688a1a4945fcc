"""A sample of texts -> the starter model's tokenizer: a byte-level BPE that gives any text back exactly.

A digit is always a token of its own, so that numbers are copied digit by digit. Each of the gate's placeholders is one
token, and an ordinary one: it is part of what is said. Roles and ends of turns are special tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from privacy.redact import ENTITIES, PLACEHOLDER

VOCABULARY = 8192
CONTEXT = 1024
NUMBERED = 3
NUMBERED_OFTEN = 9
OFTEN = ("PERSON", "EMAIL", "PHONE", "ADDRESS", "ID")
"""Placeholders <PERSON_1> to <PERSON_9>, <IBAN_1> to <IBAN_3> and so on are single tokens; higher numbers are spelt,
since they are too rare to be learnt one by one."""

PAD, BEGIN, END = "<|pad|>", "<|begin|>", "<|end|>"
SYSTEM, USER, ASSISTANT = "<|system|>", "<|user|>", "<|assistant|>"
SPECIAL = (PAD, BEGIN, END, SYSTEM, USER, ASSISTANT)
PLACEHOLDERS = tuple(
    f"<{entity}_{n}>" for entity in ENTITIES for n in range(1, (NUMBERED_OFTEN if entity in OFTEN else NUMBERED) + 1)
)

PIECES = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""Tokens do not reach across these: words, single digits, runs of signs, white space."""

TEMPLATE = Path(__file__).with_name("chat.jinja")
SHARES = {
    "dialogues": 0.5,
    "star": 0.12,
    "taskmaster4": 0.03,
    "self_dialogue": 0.15,
    "banking77": 0.03,
    "clinc150": 0.03,
}
"""What part of the sample's characters each source has; all others share the rest."""

CHARACTERS = 12_000_000


def train(texts: Iterable[str]) -> Any:
    """The tokenizer, as a `PreTrainedTokenizerFast`; save it by `save_pretrained`."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.add_special_tokens(list(SPECIAL))
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    raw.decoder = decoders.ByteLevel()
    raw.train_from_iterator(
        (PLACEHOLDER.sub("", text) for text in texts),
        trainers.BpeTrainer(
            vocab_size=VOCABULARY - len(PLACEHOLDERS),
            special_tokens=list(SPECIAL),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        ),
    )
    raw.add_tokens([AddedToken(placeholder, normalized=False) for placeholder in PLACEHOLDERS])
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        additional_special_tokens=[SYSTEM, USER, ASSISTANT],
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
        chat_template=TEMPLATE.read_text(encoding="utf-8"),
    )


def sample(documents: Iterable[Any], seed: int, characters: int = CHARACTERS) -> Iterator[str]:
    """Texts of the documents, drawn so that each source has its share of the characters."""
    by_source: dict[str, list[str]] = defaultdict(list)
    for document in documents:
        by_source[document.source] += _pieces(document.plain)
    for source, share in _shares(list(by_source)).items():
        texts = by_source[source]
        Random(seed).shuffle(texts)
        room = share * characters
        for text in texts:
            if room <= 0:
                break
            room -= len(text)
            yield text


def _pieces(text: str, longest: int = 10_000) -> list[str]:
    return [text[at : at + longest] for at in range(0, len(text), longest)]


def _shares(sources: list[str]) -> Mapping[str, float]:
    named = {source: SHARES[source] for source in sources if source in SHARES}
    others = [source for source in sources if source not in SHARES]
    return {**named, **{source: (1 - sum(named.values())) / len(others) for source in others}}


def characters_a_token(tokenizer: Any, texts: list[str]) -> float:
    """How many characters one token stands for, on these texts."""
    encoded = tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return sum(map(len, texts)) / sum(map(len, encoded))
