"""A folder of public data and some time -> the starter model: `python -m instruct.starter --data FOLDER`."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from deskwright.errors import DeskwrightError
from deskwright.terminal import progress
from instruct import base, encoder
from instruct.starter import circuit, context_check, data
from instruct.starter.card import card
from instruct.starter.encoded import Documents
from instruct.starter.tokenizer import ASSISTANT
from instruct.starter.train import HALF, SHAPE, Shape, held_out, new, train
from instruct.starter.vectors import vectors

ANSWER = 96
"""Tokens, at most, where answers are measured."""
AT_ONCE = 25
FIGURES, CURVE = "figures.json", "curve.jsonl"


@click.command()
@click.option("--data", "source", type=click.Path(path_type=Path, exists=True), required=True, help="Public data.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("starter"), show_default=True, help="For all of it."
)
@click.option("--tokens", default=16_000_000, show_default=True, help="How many to train on.")
@click.option("--start", type=click.Path(path_type=Path, exists=True), help="A starter model to go on from.")
@click.option("--rate", default=1.0, show_default=True, help="The learning rate, as a part of the full one.")
@click.option("--half", is_flag=True, help="Train a model of half the size, to compare with.")
@click.option("--dialogues", default=120_000, show_default=True, help="How many to invent.")
@click.option("--check", default=context_check.COUNT, show_default=True, help="Questions to measure on, of each sort.")
@click.option("--seed", default=17, show_default=True)
def main(
    source: Path,
    out: Path,
    tokens: int,
    start: Path | None,
    rate: float,
    half: bool,
    dialogues: int,
    check: int,
    seed: int,
) -> None:
    """Make the starter model: tokenizer, training, figures, and a folder that transformers loads.

    \b
    python -m instruct.starter --data ../shared/data --tokens 16000000
    python -m instruct.starter --data ../shared/data --out more --start starter/model --rate 0.5 --seed 18
    """
    if start and (half or start.resolve().parent == out.resolve()):
        raise click.UsageError("--start goes on from a whole model, and --out is another folder than its own.")
    torch.manual_seed(seed)
    before, curve = _before(start) if start else ([], "")
    folder = out / "-".join(["data", str(dialogues), str(seed), *([base.hash_of(start)] if start else [])])
    tokenizer = _prepared(source, folder, dialogues, seed, start)
    name = "half" if half else "model"
    model = _begun(start) if start else _fresh(tokenizer, HALF if half else SHAPE, folder, seed)
    checkpoint = folder / f"{name}.pt"
    spent = train(model, folder, checkpoint, tokens, seed, rate)
    goes = [*before, {**_cost(spent), "rate": rate, "seed": seed, "dialogues": dialogues}]
    figures = {
        "goes": goes,
        "tokens": sum(go["tokens"] for go in goes),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "nats a token, held out": held_out(model, folder),
        "facts from the context": {
            "known" if known else "new": context_check.measure(
                lambda prompts: answers(model, tokenizer, prompts), check, known=known
            )
            for known in (True, False)
        },
    }
    save(model, tokenizer, out / name, figures, curve + _noted(checkpoint.with_suffix(".jsonl"), before))
    click.echo(json.dumps(figures, indent=2))


def counts(folder: Path, vocabulary: int) -> torch.Tensor:
    """(vocabulary,) how often each token stands in the conversations."""
    tokens = Documents.open(folder / "chats").tokens
    return torch.from_numpy(np.bincount(tokens, minlength=vocabulary)).float()


def _prepared(source: Path, folder: Path, dialogues: int, seed: int, start: Path | None) -> Any:
    """The tokenizer; it and the documents are made where a run before this has not made them whole."""
    from transformers import AutoTokenizer

    if not (folder / "sources.md").exists():  # is written last
        try:
            return data.make(source, folder, dialogues, seed, AutoTokenizer.from_pretrained(start) if start else None)
        except DeskwrightError as error:
            raise click.ClickException(str(error)) from None
    return AutoTokenizer.from_pretrained(folder / "tokenizer")


def _begun(start: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)


def _fresh(tokenizer: Any, shape: Shape, folder: Path, seed: int) -> Any:
    """With the sentence encoder's token vectors and the circuit for copying; everything else by chance."""
    model = new(tokenizer, shape)
    its_tokenizer, sentences = encoder.loaded()
    model.get_input_embeddings().weight.data.copy_(vectors(tokenizer, sentences, its_tokenizer, shape.width, seed))
    opening, colon = tokenizer.convert_tokens_to_ids([ASSISTANT, ":"])
    circuit.write(model, counts(folder, len(tokenizer)), opening, colon, seed)
    return model


@torch.inference_mode()
def answers(model: Any, tokenizer: Any, prompts: Sequence[Sequence[Mapping[str, str]]]) -> list[str]:
    """The likeliest answer to each prompt, token by token."""
    written: list[str] = []
    batches = [prompts[at : at + AT_ONCE] for at in range(0, len(prompts), AT_ONCE)]
    for batch in progress(batches, "answers", "batches", len(batches)):
        asked = tokenizer.apply_chat_template(
            [list(prompt) for prompt in batch],
            add_generation_prompt=True,
            padding=True,
            tokenizer_kwargs={"padding_side": "left"},
            return_tensors="pt",
            return_dict=True,
        )
        made = model.generate(**asked, max_new_tokens=ANSWER, do_sample=False)
        written += tokenizer.batch_decode(made[:, asked["input_ids"].shape[1] :], skip_special_tokens=True)
    return written


def save(model: Any, tokenizer: Any, folder: Path, figures: Mapping[str, Any], curve: str) -> None:
    """Weights in half precision, tokenizer, figures, what was noted while training, and card."""
    model.half().save_pretrained(folder)
    tokenizer.backend_tokenizer.no_padding()  # else what was asked for while measuring is kept
    tokenizer.save_pretrained(folder)
    (folder / FIGURES).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    (folder / CURVE).write_text(curve, encoding="utf-8")
    (folder / "README.md").write_text(card(figures), encoding="utf-8")


def _before(start: Path) -> tuple[list[dict[str, Any]], str]:
    """The goes of a model that training goes on from, and what was noted in them."""
    missing = [name for name in (FIGURES, CURVE) if not (start / name).is_file()]
    if missing:
        raise click.UsageError(f"{start} has no {missing[0]}; expected a model that this command has made.")
    return json.loads((start / FIGURES).read_text(encoding="utf-8"))["goes"], (start / CURVE).read_text(
        encoding="utf-8"
    )


def _noted(file: Path, before: Sequence[Mapping[str, Any]]) -> str:
    """What was noted while training, its tokens and seconds counted from the first go on."""
    tokens, minutes = (sum(go[name] for go in before) for name in ("tokens", "minutes"))
    lines = []
    for point in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        point |= {"seconds": round(60 * minutes + point["seconds"]), "tokens": round(tokens + point["tokens"])}
        lines.append(json.dumps({name: round(value, 4) for name, value in point.items()}))
    return "".join(f"{line}\n" for line in lines)


def _cost(spent: Mapping[str, float]) -> dict[str, Any]:
    processors = f"{torch.get_num_threads()} cores of a processor ({platform.machine()})"
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else processors
    return {"tokens": round(spent["tokens"]), "minutes": round(spent["seconds"] / 60, 1), "on": where}


if __name__ == "__main__":
    main()
