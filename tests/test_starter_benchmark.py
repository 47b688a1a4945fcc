"""How the starter is measured: the chances of the 5-gram beside it add up and are those of the formula; what was made
with another tokenizer is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.starter.__main__ import TOKENIZER, How, made_documents
from benchmarks.starter.ngram import ORDER, KneserNey
from deskwright.errors import DeskwrightError

VOCABULARY = 7
Gram = tuple[int, ...]


@pytest.fixture(scope="module")
def documents() -> list[list[int]]:
    random = Random(3)
    return [[0, *random.choices(range(1, VOCABULARY), k=random.randint(1, 12))] for _ in range(60)]


def counted(documents: Sequence[Sequence[int]], order: int) -> Counter[Gram]:
    """How often each stands; of the lower orders, after how many tokens, or at the beginning of how many documents."""
    if order == ORDER:
        return Counter(tuple(d[at : at + order]) for d in documents for at in range(len(d) - order + 1))
    longer = {tuple(d[at : at + order + 1]) for d in documents for at in range(len(d) - order)}
    return Counter([gram[1:] for gram in longer]) + Counter(tuple(d[:order]) for d in documents if len(d) >= order)


def chance(token: int, before: Gram, counts: Sequence[Counter[Gram]]) -> float:
    lower = chance(token, before[1:], counts) if before else 1 / VOCABULARY
    these = counts[len(before)]
    once, twice = (sum(count == n for count in these.values()) for n in (1, 2))
    discount = once / (once + 2 * twice) if once else 0.5
    following = {gram: count for gram, count in these.items() if gram[:-1] == before}
    if not following:
        return lower
    left = max(following.get((*before, token), 0) - discount, 0)
    return (left + discount * len(following) * lower) / sum(following.values())


def test_its_chances_add_up(documents: list[list[int]]) -> None:
    model = KneserNey(documents, VOCABULARY)

    for before in ([0], [0, 1], [3, 4, 5, 1], [0, 2, 2, 2, 2, 1, 6]):
        chances = [np.exp(-model.costs([*before, token])[-1]) for token in range(VOCABULARY)]
        assert sum(chances) == pytest.approx(1.0)


def test_they_are_those_of_the_formula(documents: list[list[int]]) -> None:
    counts = [counted(documents, order) for order in range(1, ORDER + 1)]
    random = Random(4)
    new = [0, *random.choices(range(1, VOCABULARY), k=40)]
    expected = [chance(token, tuple(new[max(0, at - ORDER + 1) : at]), counts) for at, token in enumerate(new)]

    assert np.exp(-KneserNey(documents, VOCABULARY).costs(new)) == pytest.approx(expected)


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    model, data, half = (tmp_path / name for name in ("model", "data", "half"))
    for folder, content in ((model, "ours"), (data / "tokenizer", "ours"), (half, "another")):
        folder.mkdir(parents=True)
        (folder / TOKENIZER).write_text(content, "utf-8")
    how = How(out=tmp_path, model=model, half=None, source=tmp_path, data=data, workspace=(), count=1)

    assert made_documents(how) == data
    with pytest.raises(DeskwrightError, match=f"{half} has another tokenizer than {model}"):
        made_documents(replace(how, half=half))
