"""Learning from a teacher's probabilities: small models made from their configuration, and a hub of our own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from click.testing import Result
from datasets import Dataset
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import adapter, base, dataset, rounds
from instruct.logits import SHARE, distance, divergence, find
from instruct.search import search
from instruct.trainer import MASKED, Trainer
from instruct.training import examples, train
from instruct.tune import tune
from privacy.gate import Gate
from privacy.ingest import ingest
from tests import test_tuning
from tests.hub_server import Hub, serve
from tests.test_distill import GOODS, conversation
from tests.test_loop import kill_after_a_checkpoint
from tests.test_models import turn_to
from tests.test_tuning import FACTS, made, row, rows_of, trainer_of

PADS = 24


prepared = test_tuning.prepared
"""A workspace with a base model of its own, and rows to tune it on."""


def taught(folder: Path, pads: int = 0) -> Path:
    """A teacher that has read two answers to each question, equally often; its head is wider by so many ids."""
    model, tokenizer = (kind.from_pretrained(made(folder)) for kind in (AutoModelForCausalLM, AutoTokenizer))
    rows = [row(n, "train") for n in range(len(FACTS))]
    rows += [replace(one, answer=one.answer.replace("every day", "but on Sundays")) for one in rows]
    steps = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(8):
        for one in examples(tokenizer, rows, "Help."):
            ids = torch.tensor([one["input_ids"]])
            labels = ids.masked_fill(torch.tensor([one["completion_mask"]]) == 0, MASKED)
            model(ids, labels=labels).loss.backward()
            steps.step()
            steps.zero_grad()
    if pads:
        model.resize_token_embeddings(len(tokenizer) + pads, mean_resizing=False)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return taught(tmp_path_factory.mktemp("teacher"), PADS)


def test_the_divergence_is_that_of_kullback_and_leibler_over_the_ids_of_both() -> None:
    torch.manual_seed(1)
    student, wide = torch.randn(5, 11), 3 * torch.randn(5, 14)
    kinds = [torch.distributions.Categorical(logits=each) for each in (wide[:, :11], student)]

    assert torch.allclose(divergence(student, wide), torch.distributions.kl_divergence(*kinds), atol=1e-6)
    assert torch.allclose(divergence(wide, student), torch.distributions.kl_divergence(*kinds[::-1]), atol=1e-6)
    assert torch.allclose(divergence(student, student), torch.zeros(5), atol=1e-6)


@pytest.mark.filterwarnings("ignore:You are importing from 'trl.experimental'")
@pytest.mark.parametrize("kind", ["Llama", "Gemma2"])
def test_the_loss_is_the_agents_and_trls(tmp_path: Path, kind: str, teacher: Path) -> None:
    """Of whole logits, cut and masked by hand; with rows of one weight, and of several."""
    from trl.experimental.gkd import GKDTrainer

    folder, guide = made(tmp_path / kind, kind), AutoModelForCausalLM.from_pretrained(teacher)
    for outcomes in (("",) * 4, ("rated well", "", "rated badly", "still open")):
        trainer = trainer_of(partial(Trainer, teacher=guide), folder, rows_of(folder, outcomes))
        trainer.model.train()
        batch = next(iter(trainer.get_train_dataloader()))
        loss = trainer.compute_loss(trainer.model, dict(batch))
        loss.backward()
        read = {name: batch[name] for name in ("input_ids", "attention_mask")}
        labels = batch["labels"][:, 1:]
        with torch.no_grad():
            ours, theirs = (model(**read).logits[:, :-1] for model in (trainer.model, guide))
        weights = batch["weight"][:, None].expand_as(labels)[labels != MASKED]
        by_trl = GKDTrainer.generalized_jsd_loss
        shared = (ours, theirs[..., : ours.shape[-1]])
        way = by_trl(*shared, labels=labels, beta=0, reduction="none").sum(-1)
        nats = torch.nn.functional.cross_entropy(ours[labels != MASKED], labels[labels != MASKED], reduction="none")
        found = {name for name, weight in trainer.model.named_parameters() if weight.grad is not None}

        assert theirs.shape[-1] == ours.shape[-1] + PADS
        loss = float(loss.detach())
        assert loss == pytest.approx(float((weights * ((1 - SHARE) * nats + SHARE * way)).mean()), rel=1e-4)
        if outcomes[0] == "":
            whole = by_trl(*shared, labels=labels, beta=0)
            assert loss == pytest.approx(float((1 - SHARE) * nats.mean() + SHARE * whole), rel=1e-4)
        assert found
        assert all("lora" in name for name in found)
        assert all(weight.grad is None for weight in guide.parameters())

        trainer.model.eval()
        with torch.no_grad():
            evaluated = trainer.compute_loss(trainer.model, dict(batch))
        assert float(evaluated) == pytest.approx(float(nats.mean()), rel=1e-4)


def test_two_steps_move_the_adapter_and_neither_base_nor_teacher(prepared: Workspace, teacher: Path) -> None:
    guide = find(prepared, str(teacher))
    before = [base.digest(prepared), (teacher / "model.safetensors").read_bytes()]
    plain, _ = tune(prepared, "set")
    model, fresh = tune(prepared, "set", guide)
    folder = adapter.folder(prepared, model.name)
    card = adapter.read_card(folder)
    moved, other = (load_file(adapter.folder(prepared, one.name) / adapter.WEIGHTS) for one in (model, plain))
    history = json.loads((folder / "history.json").read_text())

    assert fresh
    assert max(entry["step"] for entry in history) == 2
    assert all(float(weight.abs().sum()) > 0 for name, weight in moved.items() if "lora_B" in name)
    assert any(not torch.equal(moved[name], other[name]) for name in moved)
    assert [base.digest(prepared), (teacher / "model.safetensors").read_bytes()] == before

    assert model.name.split("-")[-1] != plain.name.split("-")[-1]
    assert tune(prepared, "set", guide) == (model, False)
    assert tune(prepared, "set") == (plain, False)
    assert guide.name.startswith(f"{teacher.name}@")
    assert {"distilled_from": guide.name, "distilled": "logits"}.items() <= card.tuning.items()
    assert f"| distilled_from | {guide.name} |" in (folder / "README.md").read_text()
    assert {"from the teacher, before", "from the teacher, after"} < set(card.losses)
    assert not {name for name in adapter.read_card(adapter.folder(prepared, plain.name)).losses if "teacher" in name}


def test_it_brings_the_student_nearer_to_the_teacher_than_the_rows_alone(prepared: Workspace, teacher: Path) -> None:
    """On held-out rows, in the mean of the tokens; with as many steps each. What was tuned can teach in its turn."""
    file = prepared.root / "deskwright.toml"
    file.write_text(file.read_text().replace("epochs = 1\n", 'epochs = 12\npatience = 30\nrecipe = "full"\n'))
    workspace = Workspace.open(prepared.root)
    guide = find(workspace, str(teacher))
    tokenizer = base.tokenizer(workspace)
    held = examples(tokenizer, dataset.read(workspace, "set", "validation"), workspace.config.dataset.system)
    found = {}
    for name, beside in (("taught", guide), ("alone", None)):
        losses = train(workspace, "set", prepared.models / name, guide=beside)
        found[name] = distance(base.whole(prepared.models / name / "adapter"), guide.load(), held)
        if beside:
            assert found[name] == pytest.approx(losses["from the teacher, after"], rel=1e-4)
            assert found[name] < 0.5 * losses["from the teacher, before"]

    assert found["taught"] < 0.8 * found["alone"]

    tuned = prepared.models / "taught" / "adapter"
    again = find(workspace, str(tuned)).load()
    assert distance(base.whole(tuned), again, held) == pytest.approx(0, abs=1e-6)


def test_another_tokenizer_is_refused(prepared: Workspace, tmp_path: Path, teacher: Path) -> None:
    other = shutil.copytree(teacher, tmp_path / "other")
    tokenizer = AutoTokenizer.from_pretrained(other)
    tokenizer.add_tokens(["kettle"])
    tokenizer.save_pretrained(other)
    size = len(tokenizer)

    with pytest.raises(DeskwrightError) as refused:
        find(prepared, str(other))
    said = str(refused.value)
    assert f"the base {base.digest(prepared)} with {size - 1:,} tokens, the teacher other@" in said
    assert f"with {size:,}; {size - 1:,} tokens have the same id in both, 'kettle' has not" in said
    assert said.endswith("--distill-from alone learns from the words of any teacher.")


def test_the_same_tokens_cut_in_another_way_are_refused(prepared: Workspace, tmp_path: Path, teacher: Path) -> None:
    other = shutil.copytree(teacher, tmp_path / "other")
    file = other / "tokenizer.json"
    known = json.loads(file.read_text())
    known["model"]["merges"] = known["model"]["merges"][:3]
    file.write_text(json.dumps(known))

    with pytest.raises(DeskwrightError, match="they have the same tokens, but cut text into them differently"):
        find(prepared, str(other))


def test_a_server_is_refused(prepared: Workspace) -> None:
    with pytest.raises(DeskwrightError, match=r"the server http://127\.0\.0\.1:8000/v1#big, which tells its words"):
        find(prepared, "http://127.0.0.1:8000/v1#big")


def test_the_option_alone_is_refused(prepared: Workspace, cli: Callable[..., Result]) -> None:
    found = cli("tune", "--logits", "--workspace", prepared.root)

    assert found.exit_code == 2
    assert "name that model too" in found.stderr


def test_mixtures_of_experts_are_refused(tmp_path: Path, teacher: Path) -> None:
    folder, guide = made(tmp_path / "base", "Mixtral"), AutoModelForCausalLM.from_pretrained(teacher)

    with pytest.raises(DeskwrightError, match="does not fit mixtures of experts"):
        Trainer(
            teacher=guide,
            model=AutoModelForCausalLM.from_pretrained(folder),
            processing_class=AutoTokenizer.from_pretrained(folder),
            train_dataset=Dataset.from_list(rows_of(folder)),
            args=SFTConfig(output_dir=str(folder), report_to="none", bf16=False),
        )


def test_a_search_tries_beside_the_teacher(prepared: Workspace, teacher: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    guide, found = find(prepared, str(teacher)), []
    monkeypatch.setattr("instruct.training.train", lambda *asked: found.append(train(*asked)) or found[-1])
    search(prepared, "set", 1, guide)

    assert ["from the teacher, after" in losses for losses in found] == [True]


def test_a_teacher_of_the_hub_is_named_by_its_commit(
    prepared: Workspace, teacher: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later commit is another teacher; what the workspace has pinned of its base stays."""
    files = {file.name: file.read_bytes() for file in teacher.iterdir()}
    with serve(Hub()) as hub:
        turn_to(hub.url, tmp_path, monkeypatch)
        first = hub.push("acme/teacher", files)
        guide = find(prepared, "acme/teacher")
        second = hub.push("acme/teacher", {**files, "generation_config.json": b"{}"})
        later = find(prepared, f"acme/teacher@{second}")
        pinned = hub.push("acme/teacher", {"config.json": b"{}"})

    assert (guide.name, later.name) == (f"acme/teacher@{first}", f"acme/teacher@{second}")
    assert pinned not in find(prepared, "acme/teacher").name
    assert not (prepared.root / base.PIN).exists()
    own = {name: weight for name, weight in guide.load().state_dict().items() if name != "lm_head.weight"}
    kept = load_file(teacher / "model.safetensors")
    assert all(torch.equal(weight, kept[name]) for name, weight in own.items())


def test_a_run_that_was_killed_goes_on_to_the_same_model(ws: Workspace, tmp_path: Path) -> None:
    """`kill -9` after a checkpoint, then the same command; beside it the same run undisturbed."""
    file = ws.root / "deskwright.toml"
    text = file.read_text().replace('base = "starter"', f'base = "{made(tmp_path / "base")}"')
    file.write_text(text.replace("# epochs = 3", "epochs = 30").replace("# passages = 1", "passages = 0"))
    records = [conversation(n, thing) for n, thing in enumerate(GOODS)]
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "shop", records, "contract")
    folder = taught(tmp_path / "teacher", PADS)
    losses = {}
    for case in ("undisturbed", "killed"):
        root = shutil.copytree(ws.root, tmp_path / case)
        command = [sys.executable, "-m", "deskwright", "tune", "--distill-from", str(folder), "--logits"]
        command += ["--workspace", str(root)]
        if case == "killed":
            kill_after_a_checkpoint(command, root)
        again = subprocess.run(command, capture_output=True, text=True, check=True)
        model = rounds.find(Workspace.open(root).store, None)
        losses[case] = adapter.read_card(root / "models" / model.name).losses
        assert (int(re.findall(r"tune: step (\d+)/", again.stderr)[0]) > 1) == (case == "killed")
        assert f"Beside {folder.name}@" in again.stdout
        assert "from the teacher, after" in again.stdout

    killed, whole = losses["killed"], losses["undisturbed"]
    assert killed == pytest.approx(whole, abs=1e-4)
    assert whole["from the teacher, after"] < whole["from the teacher, before"]
