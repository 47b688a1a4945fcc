"""Training the starter model on a few documents: it learns, goes on from its checkpoint, and begins able to copy."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AttentionInterface

from instruct.prompt import render
from instruct.starter import circuit, train
from instruct.starter.__main__ import answers, save
from instruct.starter.corpus import Document, invented
from instruct.starter.encoded import FACT, PIECE, Documents, write
from instruct.starter.muon import Muon, orthogonal
from instruct.starter.tokenizer import ASSISTANT, CONTEXT, PAD
from instruct.starter.tokenizer import train as train_tokenizer
from instruct.starter.vectors import SPREAD, vectors

SMALL = train.Shape(width=32, inner=64, layers=2, heads=2)
TOKENS = 90_000
GO = {"tokens": 1, "minutes": 1.5, "rate": 1.0, "seed": 17, "dialogues": 40, "on": "two cores"}


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return train_tokenizer([document.plain for document in invented(200, 1)])


@pytest.fixture(scope="module")
def data(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter")
    texts = [Document("books", text=f"It rained on day {n}, and the river rose. " * 30) for n in range(40)]
    for suffix, seed in (("", 1), ("_held_out", 2)):
        write(texts, tokenizer, folder / f"texts{suffix}")
        write(invented(60, seed), tokenizer, folder / f"chats{suffix}")
    write(invented(60, 3), tokenizer, folder / "exercises")
    return folder


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that ticks when it is asked, and small steps."""
    ticks = count()
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: next(ticks) / 2))
    monkeypatch.setattr(train, "TOKENS_A_STEP", {"cpu": 1500, "cuda": 1500})
    torch.manual_seed(1)


def test_it_learns_and_goes_on_from_its_checkpoint(tokenizer: Any, data: Path, tmp_path: Path) -> None:
    model = train.new(tokenizer, SMALL)
    before = train.held_out(model, data)
    spent = train.train(model, data, tmp_path / "checkpoint.pt", TOKENS, 1)
    after = train.held_out(model, data)
    again = train.new(tokenizer, SMALL)
    same = train.train(again, data, tmp_path / "checkpoint.pt", TOKENS, 1)

    assert after["books"] < before["books"] - 2
    assert after["dialogues"] < before["dialogues"] - 1
    assert same["tokens"] == spent["tokens"] >= TOKENS
    assert same["seconds"] >= spent["seconds"] > 0
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_padding_changes_nothing(tokenizer: Any) -> None:
    model = train.new(tokenizer, SMALL).eval()
    long, short = (tokenizer(text).input_ids for text in ("How long does it take? It takes 14 days.", "Where is it?"))
    ids = torch.tensor([long, short + [train.PADDING] * (len(long) - len(short))])
    with torch.inference_mode():
        together = model.model(input_ids=ids, use_cache=False).last_hidden_state
        alone = model.model(input_ids=torch.tensor([short]), use_cache=False).last_hidden_state

    assert tokenizer.convert_tokens_to_ids(PAD) == train.PADDING
    assert torch.allclose(together[1, : len(short)], alone[0], atol=1e-5)


def test_the_loss_is_that_of_the_learnt_tokens(tokenizer: Any) -> None:
    model = train.new(tokenizer, SMALL).eval()
    ids = tokenizer("It is 14 days, dear customer.", return_tensors="pt").input_ids
    learnt = torch.zeros_like(ids)
    learnt[0, 3:6] = 1
    with torch.inference_mode():
        cost = train.loss_of(model, ids, learnt)
        logits = model(input_ids=ids).logits.log_softmax(-1)

    assert float(cost) == pytest.approx(-float(sum(logits[0, t - 1, ids[0, t]] for t in range(3, 6))) / 3, rel=1e-4)


def test_what_is_learnt_of_a_conversation_is_what_the_assistant_says(tokenizer: Any, tmp_path: Path) -> None:
    [document] = invented(1, 7)
    made = write([document], tokenizer, tmp_path)
    ids, learnt = made.rows([0], train.PADDING)
    said = [m["content"] for m in document.messages if m["role"] == "assistant"]

    assert ids[0].tolist() == render(tokenizer, document.messages, prompt=False)
    assert tokenizer.decode(ids[learnt > 0]).split("<|end|>") == [*said, ""]


def test_the_fact_that_is_asked_for_is_learnt_more_than_what_stands_around_it(tokenizer: Any, tmp_path: Path) -> None:
    turns = [
        ("user", "How long?"),
        ("assistant", "It takes 14 working days."),
        ("user", "Sure?"),
        ("assistant", "Yes."),
    ]
    messages = tuple({"role": role, "content": text} for role, text in turns)
    document = Document("dialogues", messages=messages, facts=("14 working days", ""))
    ids, learnt = write([document], tokenizer, tmp_path).rows([0], train.PADDING)

    assert tokenizer.decode(ids[learnt == FACT]).strip() == "14 working days"
    assert set(learnt[0].tolist()) == {0, 1, FACT}


def test_what_is_learnt_more_weighs_more(tokenizer: Any) -> None:
    model = train.new(tokenizer, SMALL).eval()
    ids = tokenizer("It is 14 days.", return_tensors="pt").input_ids
    each = []
    for at in (1, 2):
        alone = torch.zeros_like(ids)
        alone[0, at] = 1
        each.append(float(train.loss_of(model, ids, alone).detach()))
    both = torch.zeros_like(ids)
    both[0, 1], both[0, 2] = 3, 1

    assert float(train.loss_of(model, ids, both).detach()) == pytest.approx((3 * each[0] + each[1]) / 4, rel=1e-5)


def test_a_text_is_cut_and_a_long_conversation_left_out(tokenizer: Any, tmp_path: Path) -> None:
    long = "It rained, and the river rose. " * 400
    turns = ({"role": "user", "content": long}, {"role": "assistant", "content": "Yes."})
    made = write([Document("books", text=long), Document("star", messages=turns)], tokenizer, tmp_path)

    assert made.names == ("books",)
    assert set(made.lengths[:-1]) == {PIECE}
    assert tokenizer.decode(made.tokens[1:-1]) == long
    assert max(len(tokenizer(m["content"]).input_ids) for m in turns) > CONTEXT


def test_a_batch_has_documents_of_like_length_and_a_round_every_one(data: Path) -> None:
    documents = Documents.open(data / "chats")
    batches = train._Batches(documents, 1500, Random(1))
    drawn = [batches.next(CONTEXT) for _ in range(len(batches._drawn(CONTEXT)))]
    rows = [row for batch in batches._drawn(CONTEXT) for row in batch]
    short, _ = train._Batches(documents, 1500, Random(1)).next(1)

    assert sorted(rows) == list(range(len(documents)))
    assert all(ids.numel() <= 1500 or len(ids) == 1 for ids, _ in drawn)
    assert np.mean([float((ids == train.PADDING).float().mean()) for ids, _ in drawn]) < 0.2
    assert short.shape[1] == min(documents.lengths) < max(documents.lengths)


def test_the_rate_rises_stays_and_falls() -> None:
    rates = [train.rate(share / 100) for share in range(101)]
    top = round(100 * train.HIGH)

    assert rates[0] < 0.1 < rates[2] == rates[top] == 1.0
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert 0 < rates[-1] <= 0.02


def test_documents_grow_longer_up_to_the_context() -> None:
    lengths = [train._longest(share / 100) for share in range(101)]

    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1] == CONTEXT


def test_a_step_has_singular_values_about_one() -> None:
    for shape in ((48, 16), (16, 48), (32, 32)):
        gradient = torch.randn(shape) @ torch.diag(torch.logspace(0, -1.5, shape[1]))
        values = torch.linalg.svdvals(orthogonal(gradient))

        assert orthogonal(gradient).shape == shape
        assert float(values.max()) < 1.3
        assert float(values.median()) > 0.6


def test_every_weight_moves_and_the_token_vectors_are_not_matrices(tokenizer: Any) -> None:
    model = train.new(tokenizer, SMALL)
    optimiser = Muon(model, 0.02, 2e-3)
    before = [weight.detach().clone() for weight in model.parameters()]
    ids = tokenizer("It is 14 days, dear customer.", return_tensors="pt").input_ids
    train.loss_of(model, ids, torch.ones_like(ids)).backward()
    optimiser.step(1.0)

    assert all(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert len(optimiser.state_dict()["momenta"]) == 7 * SMALL.layers
    assert all(weight.grad is None for weight in model.parameters())


def test_tokens_begin_near_those_that_mean_the_same(tokenizer: Any) -> None:
    from instruct import encoder

    its_tokenizer, sentences = encoder.loaded()
    made = vectors(tokenizer, sentences, its_tokenizer, 64, 1)
    price, cost, log, day = (
        torch.nn.functional.normalize(made[tokenizer(text).input_ids[0]], dim=0)
        for text in (" price", " cost", " shirt", " day")
    )

    assert made.shape == (len(tokenizer), 64)
    assert float(made.std()) == pytest.approx(SPREAD, rel=0.05)
    assert price @ cost > max(price @ log, price @ day)


def untrained(tokenizer: Any) -> Any:
    """A model of the size that ships with nothing but the circuit in it."""
    model = train.new(tokenizer).eval()
    torch.nn.init.normal_(model.get_input_embeddings().weight, std=SPREAD)
    opening, colon = tokenizer.convert_tokens_to_ids([ASSISTANT, ":"])
    circuit.write(model, torch.arange(len(tokenizer)), opening, colon, 1)
    return model


def test_it_copies_before_it_is_trained(tokenizer: Any) -> None:
    model = untrained(tokenizer)
    once = torch.randint(300, len(tokenizer), (4, 60))
    ids = torch.cat([once, once], 1)
    with torch.inference_mode():
        costs = -model(input_ids=ids).logits.log_softmax(-1)[:, :-1].gather(-1, ids[:, 1:, None])[..., 0]

    assert float(costs[:, 60:].mean()) < float(costs[:, :59].mean()) - 3


def test_of_many_places_it_copies_from_the_one_that_is_like_the_present_one(tokenizer: Any) -> None:
    """The same token stands in several places, and what went before it says which of them is meant."""
    model = untrained(tokenizer)
    right = total = 0
    for _ in range(60):
        contexts = torch.randint(300, len(tokenizer), (4, 8))
        shared, follows = torch.randint(300, len(tokenizer), (1,)), torch.randperm(len(tokenizer) - 300)[:4] + 300
        parts = [torch.cat([context, shared, after[None]]) for context, after in zip(contexts, follows, strict=True)]
        filler = torch.randint(300, len(tokenizer), (30,))
        for meant in range(4):
            ids = torch.cat([*parts, filler, contexts[meant], shared])
            with torch.inference_mode():
                last = model(input_ids=ids[None]).logits[0, -1]
            right += int(last[follows].argmax()) == meant
            total += 1

    assert right / total > 0.35  # by chance 0.25, give or take 0.03


def test_the_attention_that_trains_is_that_which_serves(tokenizer: Any) -> None:
    model = train.new(tokenizer, SMALL).eval()
    ids = tokenizer("How long does it take? It takes 14 days.", return_tensors="pt").input_ids
    with torch.inference_mode():
        serves = model(input_ids=ids).logits
        AttentionInterface.register("starter", train._attention)
        model.set_attn_implementation("starter")
        trains = model(input_ids=ids).logits

    assert torch.allclose(serves, trains, atol=1e-4)


def test_the_model_that_ships_has_the_size_it_may_have(tokenizer: Any) -> None:
    assert 6e6 <= sum(p.numel() for p in train.new(tokenizer).parameters()) <= 20e6


def test_what_is_saved_loads_as_any_model_does(tokenizer: Any, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = train.new(tokenizer, SMALL).eval()
    prompts = [({"role": "user", "content": words},) for words in ("How long?", "hi, where is my parcel <ID_1>?")]
    together = answers(model, tokenizer, prompts)
    figures = {"goes": [{**GO, "tokens": 2000}]}
    save(model, tokenizer, tmp_path / "model", figures, "")
    loaded, its_tokenizer = (kind.from_pretrained(tmp_path / "model") for kind in (AutoModelForCausalLM, AutoTokenizer))

    assert len(together) == len(prompts)
    assert its_tokenizer.chat_template == tokenizer.chat_template
    assert its_tokenizer.backend_tokenizer.padding is None
    assert loaded.config.model_type == "llama"
    assert json.loads((tmp_path / "model" / "figures.json").read_text("utf-8")) == figures
    assert "| 2,000 | 1.5 | 1.0 | 17 | 40 | two cores |" in (tmp_path / "model" / "README.md").read_text("utf-8")
    assert answers(loaded.float(), its_tokenizer, prompts[:1])[0][:20] == together[0][:20]
