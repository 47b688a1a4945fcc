"""Recipes, the trainer, and what is said of a run: on small models made from their configuration."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import Result
from safetensors.torch import load_file

from deskwright.errors import DeskwrightError
from deskwright.store import now
from deskwright.workspace import Workspace
from instruct import adapter, advice, base, confidence, dataset, energy, needs_human, quoting, recipe, rounds, training
from instruct.answering import Said, remembered
from instruct.contest import contest
from instruct.passages import Passage, Passages
from instruct.rounds import Model
from instruct.rows import Row
from instruct.search import search
from instruct.served import Served, served
from instruct.signs import ASKED, Example
from instruct.starter.tokenizer import train as train_tokenizer
from instruct.tune import tune
from tests.serving import judge
from tests.test_needs_human import ORDINARY, UPSET

tuning = importlib.import_module("instruct.tune")

FACTS = [(f"When does shop {n} open?", f"Shop {n} opens at {n % 12 + 1}, every day.") for n in range(24)]


def row(number: int, split: str) -> Row:
    question, answer = FACTS[number % len(FACTS)]
    about = {"customer": "c", "topic": "", "traced": (), "gate_version": "", "legal_basis": ""}
    return Row(f"r/{number}", split, "conversation", turns=(("user", question),), answer=answer, **about)


def made(folder: Path, kind: str = "Llama") -> Path:
    """A base model of two layers with its tokenizer."""
    import transformers

    tokenizer = train_tokenizer([" ".join(pair) for pair in FACTS] * 4)
    torch.manual_seed(5)
    shape = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, head_dim=16, max_position_embeddings=256, tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = getattr(transformers, f"{kind}ForCausalLM")(shape)
    torch.nn.init.normal_(model.get_input_embeddings().weight, std=0.3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def prepared(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with a base model of its own and sixteen rows to tune it on, in two steps."""
    rows = [row(n, "train") for n in range(16)] + [row(n, "validation") for n in range(16, 20)]
    monkeypatch.setattr(dataset, "read", lambda _, fingerprint, split: [one for one in rows if one.split == split])
    with ws.store.begin() as connection:
        tables = ws.store.tables
        ws.store.upsert(connection, tables.datasets, {"fingerprint": "set"}, {"made_at": now(), "report": {"rows": {}}})
    folder = ws.datasets / "set"
    folder.mkdir(parents=True)
    known = [Passage(one.id, one.turns[-1][1], one.answer) for one in rows if one.split == "train"]
    Passages.build(known, [passage.id for passage in known]).save(folder)
    file = ws.root / "deskwright.toml"
    text = file.read_text().replace('base = "starter"', f'base = "{made(tmp_path / "base")}"')
    file.write_text(text.replace("# epochs = 3", "epochs = 1").replace("# learning_rate =", "learning_rate = 0.01 #"))
    return Workspace.open(ws.root)


@pytest.mark.parametrize("name", recipe.names())
def test_every_recipe_tunes(prepared: Workspace, name: str) -> None:
    file = prepared.root / "deskwright.toml"
    file.write_text(file.read_text().replace('# recipe = "lora"', f'recipe = "{name}"'))
    workspace = Workspace.open(prepared.root)
    before = base.digest(workspace)
    model, fresh = tune(workspace, "set")
    path = adapter.folder(workspace, model.name)
    history = json.loads((path / advice.HISTORY).read_text())
    weights = load_file(path / (adapter.WHOLE if name == "full" else adapter.WEIGHTS))
    untuned = base.model(workspace).state_dict()

    assert fresh
    assert max(entry["step"] for entry in history) == 2
    assert all(math.isfinite(entry["loss"]) for entry in history if "loss" in entry)
    if name == "full":
        assert any(not torch.equal(weights[key], untuned[key]) for key in weights)
    else:
        assert any(float(weight.abs().sum()) > 0 for key, weight in weights.items() if "lora_B" in key or name == "ia3")
    assert base.digest(workspace) == before
    assert recipe.read(name).four_bits == (name == "qlora")

    served = adapter.load(workspace, model)
    ids = served.tokenizer("When does shop 3 open?", return_tensors="pt").input_ids
    assert not torch.allclose(served.model(ids).logits, base.model(workspace)(ids).logits, atol=1e-4)
    assert {"general text, before", "general text, after"} < set(served.card.losses)


def test_a_search_finds_the_setting_of_the_lowest_loss(prepared: Workspace) -> None:
    tried = search(prepared, "set", 3)

    assert len(tried) == 3
    assert [trial.loss for trial in tried] == sorted(trial.loss for trial in tried if trial.loss)
    assert all(set(trial.settings) == {"learning_rate", "rank", "epochs"} for trial in tried)
    assert len({trial.settings["learning_rate"] for trial in tried}) == 3
    assert not list(prepared.models.glob("trial-*"))


def test_a_trial_that_fails_is_not_recommended(prepared: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    real, count = training.train, iter(range(10))

    def train(*asked: Any) -> dict[str, float]:
        number = next(count)
        if number == 0:
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate")
        return {"validation, best": math.nan} if number == 1 else real(*asked)

    monkeypatch.setattr(training, "train", train)
    tried = search(prepared, "set", 3)

    assert tried[0].loss is not None
    assert [trial.loss for trial in tried[1:]] == [None, None]
    assert {trial.ended for trial in tried[1:]} == {
        "failed: CUDA out of memory.", "failed: the validation loss is no number",
    }  # fmt: skip
    assert not list(prepared.models.glob("trial-*"))


def test_a_search_of_failures_recommends_nothing(
    prepared: Workspace, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "build", lambda _: dataset.Report(fingerprint="set"))
    monkeypatch.setattr(training, "train", lambda *_: {"validation, best": math.nan})
    found = cli("tune", "--search", 2, "--workspace", prepared.root)

    assert found.exit_code == 2
    assert "Each of the 2 trials failed" in found.stderr
    assert "the validation loss is no number" in found.stderr
    assert "to be written into" not in found.stdout


def test_the_base_of_qlora_is_in_four_bits(prepared: Workspace) -> None:
    kinds = {type(module).__name__ for module in base.model(prepared, four_bits=True).modules()}

    assert "Linear4bit" in kinds
    assert "Linear4bit" not in {type(module).__name__ for module in base.model(prepared).modules()}


def test_the_head_alone_is_the_last_layer(prepared: Workspace) -> None:
    chosen = recipe.peft_config(recipe.read("adapter_head"), rank=4, model=base.model(prepared))

    assert len(chosen.target_modules) == 7
    assert all(name.startswith("model.layers.1.") for name in chosen.target_modules)
    assert (chosen.r, chosen.lora_alpha) == (4, 8)


def test_an_unknown_recipe_is_answered_with_those_there_are() -> None:
    with pytest.raises(DeskwrightError, match=r"no recipe 'prefix'.*adapter_head, dora, full, ia3, lora, qlora"):
        recipe.read("prefix")


def trainer_of(kind: type, folder: Path, rows: list[dict[str, Any]], **options: Any) -> Any:
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig

    torch.manual_seed(2)
    return kind(
        model=(model := AutoModelForCausalLM.from_pretrained(folder)),
        processing_class=AutoTokenizer.from_pretrained(folder),
        train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(rows),
        peft_config=recipe.peft_config(recipe.Recipe("", 0.1, peft={"peft_type": "LORA"}), 4, model),
        args=SFTConfig(
            output_dir=str(folder / "out"),
            report_to="none",
            bf16=False,
            completion_only_loss=True,
            gradient_checkpointing=False,
            dataloader_pin_memory=False,
            train_sampling_strategy="sequential",
            disable_tqdm=True,
            **options,
        ),
    )


def rows_of(folder: Path, outcomes: Sequence[str] = ("",) * 4) -> list[dict[str, Any]]:
    from transformers import AutoTokenizer

    from instruct.training import examples

    made_of = [replace(row(n, "train"), outcome=outcome) for n, outcome in enumerate(outcomes)]
    return examples(AutoTokenizer.from_pretrained(folder), made_of, "Help.")


@pytest.mark.parametrize("kind", ["Llama", "Gemma2"])
def test_the_trainers_loss_and_gradients_are_those_of_trl(tmp_path: Path, kind: str) -> None:
    """Gemma2 caps its logits after the head. All rows count 1."""
    from trl import SFTTrainer

    from instruct.trainer import Trainer

    folder = made(tmp_path / kind, kind)
    found = []
    for trainer_class in (SFTTrainer, Trainer):
        trainer = trainer_of(trainer_class, folder, rows_of(folder))
        trainer.model.train()
        batch = next(iter(trainer.get_train_dataloader()))
        loss = trainer.compute_loss(trainer.model, dict(batch))
        loss.backward()
        found.append((float(loss.detach()), [w.grad for w in trainer.model.parameters() if w.grad is not None]))

    (theirs, their_gradients), (ours, our_gradients) = found
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert len(our_gradients) == len(their_gradients) > 0
    assert any(float(gradient.abs().sum()) > 0 for gradient in our_gradients)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(our_gradients, their_gradients, strict=True))


def test_weights_are_one_in_the_mean_over_learnt_tokens() -> None:
    rows = [
        {"weight": weight, "completion_mask": [0, 0, *[1] * count]} for weight, count in ((1.5, 6), (0.5, 2), (1.5, 4))
    ]
    made = training.balanced(rows)
    learnt = [sum(row["completion_mask"]) for row in rows]

    assert sum(row["weight"] * count for row, count in zip(made, learnt, strict=True)) == pytest.approx(sum(learnt))
    assert made[0]["weight"] / made[1]["weight"] == pytest.approx(3)
    assert [row["weight"] for row in training.balanced([rows[0], rows[2]])] == [1, 1]


def test_rows_count_by_their_weight_in_training_alone(tmp_path: Path) -> None:
    """Beside the losses of the rows one by one, by the plain model."""
    from transformers import AutoModelForCausalLM

    from instruct.trainer import Trainer

    folder = made(tmp_path / "base")
    outcomes = ("rated well", "", "rated badly", "still open")
    rows = rows_of(folder, outcomes)
    assert [one["weight"] for one in rows] == [1.5, 1.0, 0.5, 0.75]

    trainer = trainer_of(Trainer, folder, rows)
    batch = next(iter(trainer.get_train_dataloader()))
    found = {}
    for learning in (True, False):
        trainer.model.train(learning)
        found[learning] = float(trainer.compute_loss(trainer.model, dict(batch)).detach())

    model, summed, weighed, tokens = AutoModelForCausalLM.from_pretrained(folder), 0.0, 0.0, 0
    for one in rows:
        start = one["completion_mask"].index(1)
        ids = torch.tensor([one["input_ids"]])
        logits = model(ids).logits[0, start - 1 : -1]
        nats = float(torch.nn.functional.cross_entropy(logits, ids[0, start:], reduction="sum").detach())
        summed, weighed, tokens = summed + nats, weighed + one["weight"] * nats, tokens + ids.shape[1] - start

    assert found[False] == pytest.approx(summed / tokens, rel=1e-4)
    assert found[True] == pytest.approx(weighed / tokens, rel=1e-4)
    assert found[True] != pytest.approx(found[False], rel=1e-3)


def test_a_whole_run_with_weights_of_one_is_trls(tmp_path: Path) -> None:
    from trl import SFTTrainer

    from instruct.trainer import Trainer

    folder = made(tmp_path / "base")
    found = {}
    for name, kind, outcomes in (
        ("theirs", SFTTrainer, ("",) * 4),
        ("ours", Trainer, ("",) * 4),
        ("weighed", Trainer, ("rated well", "", "rated badly", "still open")),
    ):
        options = {"max_steps": 8, "gradient_accumulation_steps": 2, "per_device_train_batch_size": 2}
        trainer = trainer_of(kind, folder, rows_of(folder, outcomes), learning_rate=0.1, **options)
        trainer.train()
        found[name] = trainer.evaluate()["eval_loss"]

    assert found["ours"] == pytest.approx(found["theirs"], rel=1e-4)
    assert found["weighed"] != pytest.approx(found["theirs"], rel=1e-4)


def losses(before: float = 3.0, after: float = 3.0) -> dict[str, float]:
    return {"general text, before": before, "general text, after": after}


def history(*validation: float) -> list[dict[str, float]]:
    return [{"eval_loss": loss} for loss in validation]


def test_what_went_wrong_is_said() -> None:
    assert advice.on(1000, history(2.0, 1.5, 1.49), losses()) == []
    assert [said[:14] for said in advice.on(20, history(2.0), losses())] == ["Only 20 traini"]
    assert [said[:11] for said in advice.on(1000, history(2.0, 1.5, 1.6), losses())] == ["Overfitting"]
    assert [said[:12] for said in advice.on(1000, history(2.0, 1.5, 1.3), losses())] == ["Underfitting"]
    assert [said[:10] for said in advice.on(1000, history(2.0, 1.5, 1.49), losses(3, 3.5))] == ["Forgetting"]
    assert advice.on(1000, history(2.0, 1.5, 1.49), losses(7, 7.5)) == []


def test_general_english_costs_what_it_costs(tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = made(tmp_path)
    model, tokenizer = (kind.from_pretrained(folder) for kind in (AutoModelForCausalLM, AutoTokenizer))
    torch.nn.init.zeros_(model.get_input_embeddings().weight)

    assert advice.general_loss(model.train(), tokenizer) == pytest.approx(math.log(len(tokenizer)), rel=1e-5)
    assert model.training


def with_settings(workspace: Workspace, *lines: str) -> Workspace:
    """The workspace with these lines in `[tune]`."""
    file = workspace.root / "deskwright.toml"
    file.write_text(file.read_text().replace("[tune]\n", "[tune]\n" + "\n".join(lines) + "\n"))
    return Workspace.open(workspace.root)


def card_of(workspace: Workspace, model: Model) -> dict[str, Any]:
    return json.loads((adapter.folder(workspace, model.name) / adapter.CARD).read_text())


def test_energy_is_measured_where_a_country_is_named(prepared: Workspace) -> None:
    model, _ = tune(workspace := with_settings(prepared, 'country = "DEU"', "price_per_kwh = 0.4"), "set")
    card = card_of(workspace, model)
    found = card["energy"]

    assert card["hours"] > 0
    assert found["kwh"] > 0
    assert 0 < found["co2_kg"] < found["kwh"]  # under a kilogram a kilowatt-hour
    assert found["cost"] == pytest.approx(0.4 * found["kwh"])
    assert "kWh" in energy.describe(card)
    assert "(DEU), cost" in energy.describe(card)


def test_without_codecarbon_a_run_tells_its_hours_alone(prepared: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "codecarbon" else find(name))
    model, _ = tune(workspace := with_settings(prepared, 'country = "DEU"'), "set")
    card = card_of(workspace, model)

    assert card["energy"] is None
    assert energy.describe(card) == f"It took {card['hours']:.3g} hours"


def test_a_country_that_is_none_is_told(prepared: Workspace) -> None:
    with pytest.raises(DeskwrightError, match=r"tune\.country: found 'XYZ', which is no country"):
        tune(with_settings(prepared, 'country = "XYZ"'), "set")


def test_tensorboard_has_every_figure_and_the_model_stays_the_same(prepared: Workspace) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    workspace = with_settings(prepared, 'report_to = "tensorboard"')
    model, _ = tune(workspace, "set")
    [folder] = (workspace.reports / "tensorboard").iterdir()
    events = EventAccumulator(str(folder))
    events.Reload()
    history = json.loads((adapter.folder(workspace, model.name) / advice.HISTORY).read_text())
    evaluated = {entry["step"]: entry["eval_loss"] for entry in history if "eval_loss" in entry}

    assert {event.step: event.value for event in events.Scalars("eval/loss")} == pytest.approx(evaluated)
    assert {"train/loss", "train/learning_rate"} <= set(events.Tags()["scalars"])
    assert tune(prepared, "set") == (model, False)


def test_a_reporter_that_is_not_installed_is_told(prepared: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "wandb" else find(name))

    with pytest.raises(DeskwrightError, match=r"package wandb, which is not installed.*deskwright\[wandb\]"):
        tune(with_settings(prepared, 'report_to = "wandb"'), "set")


@pytest.mark.parametrize(
    "place", ["instruct.quoting.calibrate", "instruct.confidence.calibrate", "instruct.rounds.register"]
)
def test_killed_after_training_it_does_not_train_again(
    place: str, prepared: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, killed)
        with pytest.raises(KeyboardInterrupt):
            tune(prepared, "set")
    with monkeypatch.context() as patch:
        patch.setattr("instruct.tune.train", killed)
        model, fresh = tune(prepared, "set")

    assert fresh
    assert rounds.find(prepared.store, None) == model
    assert set(card_of(prepared, model)["losses"]) >= {"validation, best", "training, last"}
    assert adapter.load(prepared, model).card.dataset == "set"
    assert not list(prepared.models.glob("training-*"))


def test_killed_before_it_is_registered_it_takes_the_next_number_that_is_free(
    prepared: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(workspace: Workspace, fingerprint: str, working: Path, guide: object) -> None:
        (working / "adapter").mkdir(parents=True)
        (working / "adapter" / adapter.CARD).write_text(working.name)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tuning, "_make", make)
    with monkeypatch.context() as patch:
        patch.setattr(rounds, "register", killed)
        with pytest.raises(KeyboardInterrupt):
            tune(prepared, "set")
    other, _ = tune(with_settings(prepared, "rank = 4"), "set")
    monkeypatch.setattr(tuning, "_make", killed)
    model, fresh = tune(prepared, "set")

    assert fresh
    assert [one.name for one in rounds.models(prepared.store)] == [other.name, model.name]
    assert (other.round, model.round) == (1, 2)
    assert sorted(one.name for one in prepared.models.iterdir()) == [other.name, model.name]
    assert adapter.digest(adapter.folder(prepared, model.name)) == model.digest


def test_killed_after_it_is_registered_the_next_run_tidies_up(
    prepared: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuning, "_make", lambda _, __, working, ___: (working / "adapter").mkdir(parents=True))
    with monkeypatch.context() as patch:
        patch.setattr(tuning.shutil, "rmtree", lambda *_, **__: None)
        model, _ = tune(prepared, "set")
    left = list(prepared.models.glob("training-*"))

    assert tune(prepared, "set") == (model, False)
    assert (len(left), list(prepared.models.glob("training-*"))) == (1, [])


def asked(answers: Sequence[str], ending: str = "") -> list[Row]:
    """Validation rows whose questions are near those of the index."""
    named = [replace(row(n, "validation"), id=f"v/{n}", answer=answer) for n, answer in enumerate(answers)]
    return [replace(one, turns=(("user", one.turns[-1][1] + ending),)) for one in named]


def test_the_limit_of_quoting_is_found_where_colleagues_write_better(prepared: Workspace) -> None:
    """The base has random weights and writes nonsense."""
    answer = remembered(adapter.load(prepared, None), "base")
    found = quoting.calibrate(prepared, "set", answer, asked([answer for _, answer in FACTS[:12]]))

    assert found is not None
    assert 0.9 < found <= 1


def test_nothing_is_quoted_where_it_is_no_better(prepared: Workspace) -> None:
    """What the agents wrote is what the model says, word for word."""
    loaded = adapter.load(prepared, None)
    said = [one.text for one in remembered(loaded, "base")(asked(["?"] * 12))]

    assert quoting.calibrate(prepared, "set", remembered(loaded, "base"), asked(said)) is None


@pytest.mark.parametrize(
    "rows",
    [
        asked([answer for _, answer in FACTS[: quoting.LEAST_QUOTED - 1]]),
        asked([answer for _, answer in FACTS[:12]], " My order is <ID_1>."),
        [replace(one, turns=(("user", "Hi"), ("assistant", "Hello"), *one.turns)) for one in asked(["a"] * 12)],
        [],
    ],
    ids=["too few", "of one case", "later turns", "none"],
)
def test_of_too_few_quotable_rows_no_limit_is_made(prepared: Workspace, rows: list[Row]) -> None:
    assert quoting.calibrate(prepared, "set", remembered(adapter.load(prepared, None), "base"), rows) is None


def test_what_customers_get_is_quoted_asked_back_or_said(prepared: Workspace) -> None:
    """By the card's limits, as long as the settings are on; a quotation comes first."""
    loaded = adapter.load(prepared, None)
    known = judge(least=0.9, least_after=0.5).confidence
    card = replace(loaded.card, quote_from=0.99, confidence=known.as_dict())
    later = (("user", "Hi"), ("assistant", "Hello"), ("user", FACTS[2][0]))
    far, near = "Do you sell gift cards?", FACTS[1][0]
    rows = [replace(row(n, "test"), id=f"t/{n}", customer="new", turns=turns)
            for n, turns in enumerate([(("user", near),), (("user", far),), later])]  # fmt: skip
    said = [Said("One two three."), Said("Four five."), Said("Six.")]

    def found(workspace: Workspace, card: adapter.Card) -> Served:
        return served(workspace, "set", replace(loaded, card=card), rows, said)

    full = found(prepared, card)
    assert full.actions == ["quote", "ask", "handover"]
    assert full.texts == [FACTS[1][1], prepared.config.serve.ask_back, "Six."]
    assert full.confidence is not None
    assert (full.confidence < 0.5).all()

    file = prepared.root / "deskwright.toml"
    kept = file.read_text()
    for settings, actions in ((["quote"], ["handover", "ask", "handover"]), (["policy"], ["quote", "", ""])):
        text = kept
        for setting in settings:
            text = re.sub(rf"^# {setting} = true", f"{setting} = false", text, flags=re.MULTILINE)
        file.write_text(text)
        assert found(Workspace.open(prepared.root), card).actions == actions
    assert found(prepared, loaded.card) == Served([one.text for one in said], ["", "", ""], None)


def test_what_is_never_said_is_neither_quoted_nor_said(prepared: Workspace) -> None:
    loaded = adapter.load(prepared, None)
    loaded = replace(loaded, card=replace(loaded.card, quote_from=0.99))
    rows = [replace(row(n, "test"), customer="new") for n in (1, 2)]
    said = [Said("One two three."), Said("Four five.")]
    file = prepared.root / "deskwright.toml"
    file.write_text(file.read_text().replace("# never_say = []", 'never_say = ["opens AT 2", "two"]'))
    found = served(Workspace.open(prepared.root), "set", loaded, rows, said)

    assert served(prepared, "set", loaded, rows, said).texts == [FACTS[1][1], FACTS[2][1]]
    assert found == Served(["One <PRIVATE_9000> three.", FACTS[2][1]], ["", "quote"], None)


def test_who_needs_a_person_gets_the_offer_of_one(prepared: Workspace) -> None:
    """Where it is known of the model's own training set how often that is right; before a quotation."""
    loaded = adapter.load(prepared, None)
    loaded = replace(loaded, card=replace(loaded.card, quote_from=-1.0))
    rows = [replace(row(n, "test"), customer="new", turns=(("user", text),))
            for n, text in enumerate((UPSET[0], ORDINARY[0]))]  # fmt: skip
    said = [Said("One."), Said("Two.")]
    examples = [Example(text, text, sign)
                for texts, sign in ((UPSET * 2, ASKED), (ORDINARY, "")) for text in texts]  # fmt: skip
    folder = prepared.datasets / "set"
    needs_human.NeedsHuman.fit(examples).save(folder)
    assert served(prepared, "set", loaded, rows, said).actions == ["quote", "quote"]

    report = {"learnt": True, "found": 30, "rightly found": 30}
    (folder / needs_human.REPORT).write_text(json.dumps(report))
    found = served(prepared, "set", loaded, rows, said)

    assert found.actions == ["offer", "quote"]
    assert found.texts[0] == prepared.config.serve.offer_person


def test_the_champion_is_asked_with_what_it_was_tuned_beside(prepared: Workspace) -> None:
    """Not with what was found for the candidate, which the champion's customers do not get."""
    model, _ = tune(prepared, "set")
    rival = replace(model, name="round-0", dataset="before")
    shutil.copytree(adapter.folder(prepared, model.name), adapter.folder(prepared, rival.name))
    (prepared.datasets / "before").mkdir()
    Passages.build([Passage("o", "When does it open?", "Ask at the door.")], ["o"]).save(prepared.datasets / "before")
    rows = [replace(row(1, "test"), customer="new", passages=(FACTS[1],))]
    met = contest(prepared, model, rival, rows)
    [before], [now] = met.asked[rival.name], met.asked[model.name]

    assert "Ask at the door." in before
    assert FACTS[1][1] not in before
    assert "Ask at the door." not in now
    assert FACTS[1][1] in now
    assert met.scores[rival.name]["loss"] != met.scores[model.name]["loss"]


def test_a_validation_row_is_answered_once_for_both_calibrations(
    prepared: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first are what confidence is learnt from, and all but the later turns among them may be quoted."""
    rows = asked([answer for _, answer in FACTS[:20]])
    rows[3] = replace(rows[3], turns=(("user", "Hi"), ("assistant", "Hello"), *rows[3].turns))
    generated: list[str] = []

    def counted(_: object, rows: Sequence[Row], name: str) -> list[Said]:
        generated.extend(one.id for one in rows)
        return [Said("Shop 1 opens.") for _ in rows]

    monkeypatch.setattr("instruct.answering.generated", counted)
    monkeypatch.setattr("instruct.confidence.LEAST_ROWS", 10)
    loaded = adapter.load(prepared, None)
    answer = remembered(loaded, "base")
    quoting.calibrate(prepared, "set", answer, rows)
    assert len(generated) == 19
    confidence.calibrate(prepared, "set", loaded, answer, rows)

    assert sorted(generated) == sorted(row.id for row in rows)
