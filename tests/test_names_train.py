"""Training the names model on a tiny slice: it runs, goes on from its checkpoint, and saves what the graphs load."""

from __future__ import annotations

import hashlib
import json
import random
from functools import partial
from itertools import count, cycle, pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from privacy.names import train
from privacy.names.features import LABELS, encode
from privacy.names.graph import graphs
from privacy.names.model import FROM_TEACHER, Names, from_encoder, from_teacher
from privacy.names.templates import Example

CORPORA = {
    "btc": [Example("Ada Byron lives in Leeds.", ((0, 9, "PER"), (19, 24, "LOC")), "en")],
    "multidogo": [Example("where is my parcel", (), "en"), Example("i am Tom", ((5, 8, "PER"),), "en")],
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Small rounds and batches, a clock that ticks when it is asked; weights and card go to a folder of the test."""
    monkeypatch.setattr(train, "TEMPLATES_A_ROUND", 30)
    monkeypatch.setattr(train, "TOKENS_A_BATCH", 64)
    monkeypatch.setattr(train, "WEIGHTS", tmp_path / "names.safetensors")
    monkeypatch.setattr(train, "CARD", tmp_path / "card.json")
    ticks = count()
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 5))
    torch.manual_seed(2)


def test_training_goes_on_from_its_checkpoint_and_saves_what_the_graphs_load(tmp_path: Path) -> None:
    def trained(seconds: float) -> tuple[Names, float]:
        return train.train(from_encoder(), partial(train._labelled, CORPORA), tmp_path / "checkpoint.pt", seconds, 7)

    model, spent = trained(2)
    again, same = trained(1)
    further, total = trained(spent + 1)
    weights = [made.layers[0].qkv.weight for made in (from_encoder(), model, again, further)]

    assert 2 <= spent <= same < spent + 1 <= total < spent + 2
    assert [torch.equal(a, b) for a, b in pairwise(weights)] == [False, True, False]

    train.save(further, 1.25, 120, {"btc": 1})
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    bottom, top = graphs(tmp_path / "names.safetensors")

    assert card["labels"] == list(LABELS)
    assert (card["temperature"], card["minutes"], card["corpora"]) == (1.25, 2, {"btc": 1})
    assert card["sha256"] == hashlib.sha256((tmp_path / "names.safetensors").read_bytes()).hexdigest()
    assert (bottom.graph.name, top.graph.name) == ("bottom", "top")


def test_a_student_begins_as_part_of_its_teacher_and_learns_what_it_thinks(tmp_path: Path) -> None:
    torch.manual_seed(4)
    teacher = from_encoder().eval()
    torch.nn.init.normal_(teacher.head.bias, std=2.0)
    texts = [f"Text {n} of a customer of ours" for n in range(40)]
    read = train._read_by(teacher, texts, tmp_path / "read.pt", 3)
    student = from_teacher(teacher)

    assert sum(len(ids) for ids, *_ in read) == len(texts)
    assert torch.equal(student.layers[1].qkv.weight, teacher.layers[FROM_TEACHER[1]].qkv.weight)
    assert _distance(student.eval(), read) > 2 * _distance(_taught(student, read, tmp_path), read)


def _taught(student: Names, read: list[train.Batch], folder: Path) -> Names:
    return train.train(student, lambda _: cycle(read), folder / "student.pt", 20, 7)[0]


def _distance(model: Names, read: list[train.Batch]) -> float:
    """Mean difference of the probabilities that the model and its teacher give."""
    with torch.inference_mode():
        apart = [(model(*batch[:3])[0].softmax(-1) - batch[3])[batch[3].sum(-1) > 0].abs().mean() for batch in read]
    return float(torch.stack(apart).mean())


def test_the_word_embeddings_are_neither_trained_nor_saved(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    model = from_encoder()
    train.save(model, 1.0, 60, {})

    assert not model.words.weight.requires_grad
    assert "words.weight" not in load_file(tmp_path / "names.safetensors")


def test_calibration_finds_a_temperature_within_its_range() -> None:
    assert 0.5 <= train.calibrate(from_encoder().eval(), CORPORA) <= 3.0


def test_a_span_begins_with_b_goes_on_with_i_and_a_handle_teaches_nothing() -> None:
    example = Example("Ada Byron, @ada here", ((0, 9, "PER"),), "en")
    (encoded,) = encode([example.text])
    labels = train._labels(example, encoded)
    by_word = {example.text[a:b]: label for (a, b), label in zip(encoded.offsets, labels, strict=True) if a != b}

    assert labels[0] == labels[-1] == train.IGNORED
    assert (by_word["Ada"], by_word["Byron"], by_word[","]) == (LABELS.index("B-PER"), LABELS.index("I-PER"), 0)
    assert (by_word["@"], by_word["ada"], by_word["here"]) == (train.IGNORED, train.IGNORED, 0)


def test_another_name_takes_the_place_of_one_and_the_other_spans_move_with_it() -> None:
    example = CORPORA["btc"][0]
    source = random.Random(1)
    changed = {train._renamed(example, ["Maximiliane Ott"], source) for _ in range(40)}

    assert {tuple(e.text[a:b] for a, b, _ in e.spans) for e in changed} == {
        ("Ada Byron", "Leeds"),
        ("Maximiliane Ott", "Leeds"),
    }


def test_variations_leave_the_spans_on_their_words() -> None:
    example = CORPORA["btc"][0]
    source = random.Random(1)
    words = {tuple(e.text[a:b] for a, b, _ in e.spans) for e in (train._varied(example, source) for _ in range(200))}

    assert words == {("Ada Byron", "Leeds"), ("ada byron", "leeds"), ("ADA BYRON", "LEEDS")}


def test_the_rate_rises_from_nothing_and_falls_to_a_rest() -> None:
    assert train._rate(0) == 0
    assert train._rate(train.WARM_UP) == pytest.approx(1)
    assert train._rate(1) == pytest.approx(train.LAST_RATE)
