"""The corpora and the templates -> the weights that ship: `python -m privacy.names.train --data FOLDER`.

A teacher, the whole encoder, learns the labels. A student of half its layers learns the same labels and, on texts that
nobody has labelled, what the teacher thinks of them (Hinton et al. 2015, arXiv:1503.02531); the student ships. Each is
trained by wall-clock time (the learning rate follows the share of it that is spent), keeps a checkpoint every few
minutes and goes on from it. A part of every corpus, chosen by a hash of its text, is never trained on: on it the
probabilities are calibrated (temperature scaling, Guo et al. 2017, arXiv:1706.04599).
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, pairwise
from pathlib import Path

import click
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from deskwright import checkpoint
from deskwright.terminal import progress
from privacy.names.corpora import real, unlabelled
from privacy.names.detector import blocks
from privacy.names.features import LABELS, Encoded, encode
from privacy.names.model import Names, from_encoder, from_teacher
from privacy.names.templates import Example, generate

WEIGHTS = Path(__file__).parent / "names.safetensors"
CARD = Path(__file__).parent / "card.json"
HELD_OUT = 25
"""One text in so many is kept for calibration."""
TEMPLATES_A_ROUND = 30_000
TEXTS_A_ROUND = 10_000
EMPTY_TURNS_A_ROUND = 9_000
TOKENS_A_BATCH = 2048
UNLABELLED_TOKENS = 1_500_000
SHARE_LOWERED = 0.2
WORTH_A_LOOK = 0.02
ONE_OF_THE_DULL = 4
"""Of the texts in which the teacher sees nothing at all, the student reads one in so many."""
RATE = 2.5e-4
HEAD_RATE = 1e-3
WARM_UP = 0.03
LAST_RATE = 0.03
EARLY_WEIGHT = 0.3
SECONDS_A_CHECKPOINT = 300
IGNORED = -100
HANDLE = re.compile(r"(?<!\w)@\w+")

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""ids, cases, what is no padding: (texts, tokens); the wanted probabilities (texts, tokens, labels), all zero where
nothing is to be learnt."""
Batches = Callable[[random.Random], Iterator[Batch]]
"""Gives batches without end."""


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True, help="The folder of the corpora.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("names-training"), help="For checkpoints.")
@click.option("--minutes", type=float, default=60.0, show_default=True, help="How long to train each of the two.")
@click.option("--seed", default=17, show_default=True)
def main(data: Path, out: Path, minutes: float, seed: int) -> None:
    """Train the names model, calibrate it and write its weights and card.

    \b
    python -m privacy.names.train --data ../shared/data --minutes 60
    """
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    corpora, kept = _split(real(data))
    teacher, spent = train(from_encoder(), partial(_labelled, corpora), out / "teacher.pt", 60 * minutes, seed)
    read = _read_by(teacher, unlabelled(data), out / "read.pt", seed)
    mixed = partial(_mixed, corpora, read)
    student, more = train(from_teacher(teacher), mixed, out / "student.pt", 60 * minutes, seed + 1)
    kept["templates"] = list(generate(2000, seed + 1, held_out=True))
    temperature = calibrate(student, kept)
    save(student, temperature, spent + more, {name: len(examples) for name, examples in corpora.items()})


def train(model: Names, batches: Batches, file: Path, seconds: float, seed: int) -> tuple[Names, float]:
    """The trained model, its checkpoints in `file`, and the seconds spent, those before an interruption included."""
    optimiser = _optimiser(model)
    before, steps, loss = checkpoint.resume(file, model, optimiser).get("seconds", 0.0), 0, 0.0
    spent = before
    saved = started = time.monotonic()
    tokens = 0
    model.train()
    for batch in batches(random.Random(f"{seed} {round(before)}")):  # a run that goes on reads other templates
        spent = before + time.monotonic() - started
        if spent >= seconds:
            break
        for group in optimiser.param_groups:
            group["lr"] = group["full"] * _rate(spent / seconds)
        ids, cases, mask, wanted = batch
        final, early = model(ids, cases, mask)
        cost = _loss(final, wanted) + EARLY_WEIGHT * _loss(early, wanted)
        torch.autograd.backward(cost)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        steps, tokens, loss = steps + 1, tokens + int(mask.sum()), loss + float(cost.detach())
        if steps % 50 == 0:
            rate = tokens / (spent - before)
            click.echo(f"{spent:6.0f} s  step {steps}  loss {loss / 50:.4f}  {tokens:,} tokens, {rate:,.0f} a second")
            loss = 0.0
        if time.monotonic() - saved > SECONDS_A_CHECKPOINT:
            saved = time.monotonic()
            checkpoint.save(file, model, optimiser, {"seconds": spent})
    checkpoint.save(file, model, optimiser, {"seconds": spent})
    return model.eval(), spent


def calibrate(model: Names, kept: dict[str, list[Example]]) -> float:
    """The temperature at which the held-out texts' labels are likeliest; every corpus counts the same."""
    examples = [example for several in kept.values() for example in several[:1500]]
    logits, wanted = [], []
    with torch.inference_mode():
        for ids, cases, mask, labels in _grouped(examples):
            final, _ = model(ids, cases, mask)
            known = labels.sum(-1) > 0
            logits.append(final[known])
            wanted.append(labels[known])
    every, labels = torch.cat(logits), torch.cat(wanted)
    costs = {t / 20: float(functional.cross_entropy(every / (t / 20), labels)) for t in range(10, 61)}
    return min(costs, key=costs.__getitem__)


def save(model: Names, temperature: float, seconds: float, corpora: dict[str, int]) -> None:
    """Writes the weights (half precision; the frozen word embeddings stay in the encoder's package) and the card."""
    state = {name: value.half().contiguous() for name, value in model.state_dict().items() if name != "words.weight"}
    save_file(state, WEIGHTS, metadata={"exit": str(model.shape.exit)})
    card = {
        "labels": LABELS,
        "temperature": temperature,
        "minutes": round(seconds / 60),
        "corpora": corpora,
        "sha256": hashlib.sha256(WEIGHTS.read_bytes()).hexdigest(),
    }
    CARD.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _split(examples: Iterator[tuple[str, Example]]) -> tuple[dict[str, list[Example]], dict[str, list[Example]]]:
    train: dict[str, list[Example]] = defaultdict(list)
    kept: dict[str, list[Example]] = defaultdict(list)
    for corpus, example in examples:
        held_out = hashlib.sha256(example.text.encode()).digest()[0] * HELD_OUT < 256
        (kept if held_out else train)[corpus].append(example)
    return train, kept


def _optimiser(model: Names) -> torch.optim.AdamW:
    fresh = [p for name, p in model.named_parameters() if name.startswith(("head", "early", "cases"))]
    rest = [p for n, p in model.named_parameters() if p.requires_grad and not n.startswith(("head", "early", "cases"))]
    groups = [{"params": fresh, "full": HEAD_RATE}, {"params": rest, "full": RATE}]
    return torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01, fused=True)


def _rate(share: float) -> float:
    """Linear warm-up, then a cosine."""
    if share < WARM_UP:
        return share / WARM_UP
    return LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP)))


def _loss(logits: Tensor, wanted: Tensor) -> Tensor:
    wanted = wanted.float()
    return -(wanted * functional.log_softmax(logits, -1)).sum() / wanted.sum()


def _labelled(corpora: dict[str, list[Example]], random_: random.Random) -> Iterator[Batch]:
    """Round after round over the corpora, each time changed a little and with new templates."""
    while True:
        yield from _grouped(_round(corpora, random_), random_)


def _round(corpora: dict[str, list[Example]], random_: random.Random) -> list[Example]:
    made = list(generate(TEMPLATES_A_ROUND, random_.randrange(2**31)))
    names = [e.text[a:b] for e in made for a, b, label in e.spans if label == "PER"]
    empty = [e for e in corpora["multidogo"] if not e.spans]
    random_.shuffle(empty)
    examples = [e for name, several in corpora.items() for e in several if name != "multidogo" or e.spans]
    examples = [_renamed(example, names, random_) for example in examples + empty[:EMPTY_TURNS_A_ROUND]]
    return [*(_varied(example, random_) for example in examples), *made]


def _mixed(corpora: dict[str, list[Example]], read: Sequence[Batch], random_: random.Random) -> Iterator[Batch]:
    """In turns a batch with labels and one with what the teacher thinks."""
    for batch in _labelled(corpora, random_):
        yield batch
        yield random_.choice(read)


def _read_by(teacher: Names, texts: Iterable[str], file: Path, seed: int) -> list[Batch]:
    """Batches of texts with the teacher's probabilities; kept in `file`, for it takes a while."""
    if not file.exists():
        random_ = random.Random(seed)
        kept = list(dict.fromkeys(block for text in texts for _, block in blocks(text)))
        random_.shuffle(kept)
        kept = [block.lower() if random_.random() < SHARE_LOWERED else block for block in kept]
        part = file.with_suffix(".part")
        torch.save(list(_opinions(teacher, kept, random_)), part)
        part.replace(file)
    return torch.load(file, weights_only=True)  # type: ignore[no-any-return]


@torch.inference_mode()
def _opinions(teacher: Names, texts: Sequence[str], random_: random.Random) -> Iterator[Batch]:
    tokens = 0
    unread = (Example(text, (), "") for text in texts)
    rounds = iter(lambda: list(islice(unread, TEXTS_A_ROUND)), [])
    batches = (batch for several in rounds for batch in _grouped(several, random_))
    for ids, cases, mask, wanted in progress(batches, "the teacher reads", "batches"):
        chances = teacher(ids, cases, mask)[0].softmax(-1) * wanted.sum(-1, keepdim=True)
        seen = chances[..., 1:].sum(-1).amax(1) > WORTH_A_LOOK
        rows = seen | (torch.rand(len(ids)) * ONE_OF_THE_DULL < 1)
        yield ids[rows], cases[rows], mask[rows], chances[rows].half()
        tokens += int(mask[rows].sum())
        if tokens > UNLABELLED_TOKENS:
            return


def _grouped(examples: Sequence[Example], random_: random.Random | None = None) -> Iterator[Batch]:
    """Batches of texts of like length; shuffled where a source of randomness is given."""
    encoded = encode([example.text for example in examples])
    noise = random_.random if random_ else lambda: 0.0
    order = sorted(range(len(examples)), key=lambda i: len(encoded[i].ids) + 3 * noise())
    groups = []
    left = iter(order)
    while first := list(islice(left, 1)):
        size = TOKENS_A_BATCH // (len(encoded[first[0]].ids) + 4)
        groups.append(first + list(islice(left, max(0, size - 1))))
    if random_:
        random_.shuffle(groups)
    for group in groups:
        yield _batch([(encoded[i], _labels(examples[i], encoded[i])) for i in group])


def _batch(rows: Sequence[tuple[Encoded, list[int]]]) -> Batch:
    width = max(len(encoded.ids) for encoded, _ in rows)
    ids, cases = (torch.zeros(len(rows), width, dtype=torch.long) for _ in range(2))
    mask = torch.zeros(len(rows), width, dtype=torch.bool)
    numbers = torch.full((len(rows), width), IGNORED)
    for row, (encoded, labels) in enumerate(rows):
        length = len(labels)
        ids[row, :length] = torch.tensor(encoded.ids)
        cases[row, :length] = torch.tensor(encoded.cases)
        mask[row, :length] = True
        numbers[row, :length] = torch.tensor(labels)
    known = numbers != IGNORED
    wanted = functional.one_hot(numbers.where(known, torch.tensor(0)), len(LABELS)) * known[..., None]
    return ids, cases, mask, wanted.float()


def _labels(example: Example, encoded: Encoded) -> list[int]:
    """A label per token; handles, which their own pattern finds, teach nothing."""
    labels = [IGNORED if a == b else 0 for a, b in encoded.offsets]
    for start, end, kind in example.spans:
        inside = [i for i, (a, b) in enumerate(encoded.offsets) if a < end and b > start and a != b]
        for i in inside:
            labels[i] = LABELS.index(f"{'B' if i == inside[0] else 'I'}-{kind}")
    for match in HANDLE.finditer(example.text):
        for i, (a, b) in enumerate(encoded.offsets):
            if a < match.end() and b > match.start():
                labels[i] = IGNORED
    return labels


def _renamed(example: Example, names: Sequence[str], random_: random.Random) -> Example:
    """Now and then another person's name in the same sentence; a form of it that fits (one word for one word)."""
    ordered = sorted(example.spans)
    apart = all(a[1] <= b[0] for a, b in pairwise(ordered))
    if random_.random() > 0.3 or not apart or not any(label == "PER" for *_, label in ordered):
        return example
    text, spans, at = "", [], 0
    for start, end, label in ordered:
        words = example.text[start:end]
        if label == "PER":
            name = random_.choice(names)
            name = name if " " in words else name.split()[0]
            words = name.lower() if words.islower() else name
        text += example.text[at:start]
        spans.append((len(text), len(text) + len(words), label))
        text += words
        at = end
    return replace(example, text=text + example.text[at:], spans=tuple(spans))


def _varied(example: Example, random_: random.Random) -> Example:
    """Sometimes without capitals, in capitals, or without the full stop: people type so."""
    chance = random_.random()
    text = example.text
    if chance < 0.18:
        text = text.lower()
    elif chance < 0.21:
        text = text.upper()
    elif chance < 0.26:
        text = text.rstrip(".!?")
    same = len(text) == len(example.text) or example.text.startswith(text)
    whole = all(end <= len(text) for _, end, _ in example.spans)
    return replace(example, text=text) if same and whole else example


if __name__ == "__main__":
    main()
