"""Training the starter model on a few blocks: it learns, goes on from its checkpoint, and documents do not see each
other."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from instruct.starter import train
from instruct.starter.__main__ import answers, save
from instruct.starter.corpus import Document, invented
from instruct.starter.packing import pack
from instruct.starter.tokenizer import PAD
from instruct.starter.tokenizer import train as train_tokenizer

SMALL = train.Shape(width=32, inner=64, layers=2, heads=2, key_heads=2)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer([document.plain for document in invented(200, 1)])


@pytest.fixture(scope="module")
def data(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter")
    texts = [Document("books", text=f"It rained on day {n}, and the river rose. " * 9) for n in range(40)]
    for suffix, seed in (("", 1), ("_held_out", 2)):
        pack(texts, tokenizer, folder / f"texts{suffix}", seed)
        pack(invented(60, seed), tokenizer, folder / f"chats{suffix}", seed)
    return folder


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that ticks when it is asked, and blocks by twos."""
    ticks = count()
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 2))
    monkeypatch.setattr(train, "BLOCKS_A_STEP", {"cpu": 2, "cuda": 2})
    torch.manual_seed(1)


def test_it_learns_and_goes_on_from_its_checkpoint(tokenizer: Any, data: Path, tmp_path: Path) -> None:
    model = train.new(tokenizer, SMALL)
    before = train.held_out(model, data)
    spent = train.train(model, data, tmp_path / "checkpoint.pt", 20, 1)
    after = train.held_out(model, data)
    again = train.new(tokenizer, SMALL)
    same = train.train(again, data, tmp_path / "checkpoint.pt", 10, 1)

    assert after["texts"] < before["texts"] - 1
    assert after["chats"] < before["chats"] - 0.5
    assert same == spent >= 20
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_documents_of_a_block_do_not_see_each_other(tokenizer: Any) -> None:
    model = train.new(tokenizer, SMALL).eval()
    one, other = (tokenizer(text, return_tensors="pt").input_ids for text in ("The river rose.", "How long? 14 days."))
    together = torch.cat([one, other], 1)
    positions = torch.cat([torch.arange(one.shape[1]), torch.arange(other.shape[1])])[None]
    with torch.inference_mode():
        packed = model(input_ids=together, position_ids=positions, use_cache=False).logits
        alone = model(input_ids=other, use_cache=False).logits

    assert torch.allclose(packed[:, one.shape[1] :], alone, atol=1e-5)


def test_the_loss_is_that_of_the_learnt_tokens(tokenizer: Any) -> None:
    model = train.new(tokenizer, SMALL).eval()
    ids = tokenizer("It is 14 days, dear customer.", return_tensors="pt").input_ids
    learnt = torch.zeros_like(ids)
    learnt[0, 3:6] = 1
    with torch.inference_mode():
        cost = train.loss_of(model, ids, torch.arange(ids.shape[1])[None], learnt)
        logits = model(input_ids=ids).logits.log_softmax(-1)

    assert float(cost) == pytest.approx(-float(sum(logits[0, t - 1, ids[0, t]] for t in range(3, 6))) / 3, rel=1e-4)


def test_what_is_read_is_no_padding_and_begins_no_document(tokenizer: Any, data: Path) -> None:
    blocks = train.Blocks.open(data / "chats")
    tokens, positions, learnt = train._batch([(blocks, 0), (blocks, 1)], answering=False)

    assert tokenizer.convert_tokens_to_ids(PAD) == train.PADDING
    assert not learnt[(tokens == train.PADDING) | (positions == 0)].any()
    assert learnt.sum() > 0.5 * (tokens != train.PADDING).sum()


def test_the_rate_rises_stays_and_falls() -> None:
    rates = [train.rate(share / 100) for share in range(101)]

    assert rates[0] < 0.1 < rates[2] == rates[50] == rates[70] == 1.0
    assert rates[70:] == sorted(rates[70:], reverse=True)
    assert 0 < rates[-1] <= 0.02


def test_the_model_that_ships_has_the_size_it_may_have(tokenizer: Any) -> None:
    assert 6e6 <= sum(p.numel() for p in train.new(tokenizer).parameters()) <= 20e6


def test_what_is_saved_loads_as_any_model_does(tokenizer: Any, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = train.new(tokenizer, SMALL).eval()
    prompts = [({"role": "user", "content": words},) for words in ("How long?", "hi, where is my parcel <ID_1>?")]
    together = answers(model, tokenizer, prompts)
    save(model, tokenizer, tmp_path / "model", {"minutes": 1}, "| source |")
    loaded, its_tokenizer = (kind.from_pretrained(tmp_path / "model") for kind in (AutoModelForCausalLM, AutoTokenizer))

    assert len(together) == len(prompts)
    assert its_tokenizer.chat_template == tokenizer.chat_template
    assert loaded.config.model_type == "llama"
    assert json.loads((tmp_path / "model" / "figures.json").read_text("utf-8")) == {"minutes": 1}
    assert answers(loaded.float(), its_tokenizer, prompts[:1])[0][:20] == together[0][:20]
