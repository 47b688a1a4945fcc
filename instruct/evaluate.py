"""A tuned model and the held-out rows -> how it compares with its base and with the champion, in figures and a page.

Every model answers the same prompts greedily, beside what could be had without tuning: the nearest answer of a
colleague, and the base with examples in its prompt. Intervals are 95 % by bootstrap over rows.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deskwright.errors import DeskwrightError
from deskwright.terminal import progress, table
from deskwright.workspace import Workspace
from instruct import adapter, base, baselines, dataset, rounds
from instruct.baselines import FEW_SHOT, RETRIEVAL
from instruct.measures import METRICS, Figures, compare, interval, summary, worse
from instruct.prompt import render
from instruct.rounds import Model
from instruct.rows import Row
from instruct.tune import examples
from privacy.gate import Gate

BATCH = 16
ROWS = 100
MOST_NEW_TOKENS = 256
EXAMPLES_SHOWN = 20


def evaluate(workspace: Workspace, model: Model, limit: int = ROWS) -> dict[str, Any]:
    """Evaluates on at most `limit` test rows (a fixed sample), keeps the result with the model, writes the reports.

    Raises:
        DeskwrightError: the test split is empty.
    """
    rows = _sample(dataset.read(workspace, model.dataset, "test"), limit)
    if not rows:
        raise DeskwrightError(f"The test split of {model.dataset} is empty; there is nothing to evaluate on.")
    champion = rounds.champion(workspace.store)
    rival = champion if champion and champion.name != model.name else None
    answers, scores = _contest(workspace, model, rival, rows)
    reference = rival.name if rival else "base"
    gain = scores[reference]["loss"] - scores[model.name]["loss"]
    low, high = interval(gain)
    result = {
        "model": model.name,
        "dataset": model.dataset,
        "reference": reference,
        "rows": len(rows),
        "scores": {name: {metric: summary(values) for metric, values in each.items()} for name, each in scores.items()},
        "gain": {"metric": "loss", "mean": float(gain.mean()), "interval": [low, high]},
        "better": low > 0,
        "worse": worse(scores[model.name], scores[reference]),
        "leaks": _leaks(workspace, answers[model.name], rows),
    }
    rounds.record_evaluation(workspace.store, model, result)
    _write(workspace, model, result, rows, answers)
    return result


def _contest(
    workspace: Workspace, model: Model, rival: Model | None, rows: Sequence[Row]
) -> tuple[dict[str, list[str]], dict[str, dict[str, Figures]]]:
    """The answers and the scores of everything that is compared, by name, the model last."""
    golden = [row.answer for row in rows]
    near = baselines.nearest(workspace, model.dataset, rows)
    prompted = baselines.with_examples(workspace, rows, near, base.tokenizer(workspace))
    answers = {RETRIEVAL: baselines.answers(near)}
    scores: dict[str, dict[str, Figures]] = {RETRIEVAL: compare(answers[RETRIEVAL], golden)}
    for contender, asked in (
        (None, {"base": rows, FEW_SHOT: prompted}),
        *([(rival, {rival.name: rows})] if rival else []),
        (model, {model.name: rows}),
    ):
        loaded = adapter.load(workspace, contender)
        for name, prompts in asked.items():
            answers[name] = _answers(loaded, prompts, name)
            scores[name] = {"loss": _losses(loaded, prompts), **compare(answers[name], golden)}
    return answers, scores


def describe(result: dict[str, Any]) -> str:
    """The table people read."""
    header = [f"{result['rows']} held-out questions", *METRICS]
    rows = [
        [name, *(_figure(each[metric]) if metric in each else "-" for metric in METRICS)]
        for name, each in result["scores"].items()
    ]
    low, high = result["gain"]["interval"]
    verdict = "better" if result["better"] else "NOT shown to be better"
    return "\n".join(
        [
            table(header, rows),
            f"{result['model']} is {verdict} than {result['reference']}: {result['gain']['mean']:+.4f} nats a token, "
            f"95 % interval {low:+.4f} to {high:+.4f}; answers with leaked personal data: {result['leaks']}",
            *([f"Look at the answers: it is worse in {', '.join(result['worse'])}."] if result["worse"] else []),
        ]
    )


def _figure(score: dict[str, Any]) -> str:
    low, high = score["interval"]
    return f"{score['mean']:.3f} ±{(high - low) / 2:.3f}"


def _sample(rows: Sequence[Row], limit: int) -> list[Row]:
    chosen = sorted(rows, key=lambda row: row.id)
    random.Random(0).shuffle(chosen)
    return chosen[:limit]


def _answers(loaded: adapter.Loaded, rows: Sequence[Row], name: str) -> list[str]:
    import torch

    tokenizer, model = loaded.tokenizer, loaded.model
    prompts = [render(tokenizer, row.prompt(loaded.card.system), prompt=True) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: len(prompts[i]))
    answers = [""] * len(rows)
    batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
    for batch in progress(batches, f"answers of {name}", "batches", len(batches)):
        longest = max(len(prompts[i]) for i in batch)
        pads = [longest - len(prompts[i]) for i in batch]
        ids = torch.tensor([[tokenizer.pad_token_id] * pad + prompts[i] for pad, i in zip(pads, batch, strict=True)])
        mask = torch.tensor([[0] * pad + [1] * (longest - pad) for pad in pads])
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids.to(model.device),
                attention_mask=mask.to(model.device),
                max_new_tokens=MOST_NEW_TOKENS,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=_ends(loaded),
            )
        for i, text in zip(batch, tokenizer.batch_decode(out[:, longest:], skip_special_tokens=True), strict=True):
            answers[i] = text.strip()
    return answers


def _ends(loaded: adapter.Loaded) -> list[int]:
    configured = loaded.model.generation_config.eos_token_id
    ends = configured if isinstance(configured, list) else [configured]
    return sorted({end for end in [*ends, loaded.tokenizer.eos_token_id] if end is not None})


def _losses(loaded: adapter.Loaded, rows: Sequence[Row]) -> Figures:
    """Mean negative log-likelihood of each row's answer, in nats a token."""
    import torch

    losses = []
    for example in examples(loaded.tokenizer, rows, loaded.card.system):
        ids = torch.tensor([example["input_ids"]], device=loaded.model.device)
        start = example["completion_mask"].index(1)
        with torch.inference_mode():
            logits = loaded.model(input_ids=ids).logits[0, start - 1 : -1].float()
        losses.append(float(torch.nn.functional.cross_entropy(logits, ids[0, start:])))
    return np.array(losses)


def _leaks(workspace: Workspace, answers: Sequence[str], rows: Sequence[Row]) -> int:
    """Answers in which the gate still finds personal data that the prompt did not hold."""
    gate = Gate.of(workspace)
    return sum(
        any(said[span.start : span.end] not in asked for span in gate.find(said))
        for said, asked in ((said, str(row.prompt(""))) for said, row in zip(answers, rows, strict=True))
    )


def _write(
    workspace: Workspace, model: Model, result: dict[str, Any], rows: Sequence[Row], answers: dict[str, list[str]]
) -> None:
    workspace.reports.mkdir(exist_ok=True)
    file = workspace.reports / f"evaluate-{model.name}"
    examples_shown = [
        {"question": row.turns[-1][1], "agent": row.answer, **{name: said[i] for name, said in answers.items()}}
        for i, row in enumerate(rows[:EXAMPLES_SHOWN])
    ]
    full = {**result, "examples": examples_shown}
    Path(f"{file}.json").write_text(json.dumps(full, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    Path(f"{file}.html").write_text(_page(full), encoding="utf-8")


def _page(result: dict[str, Any]) -> str:
    low, high = result["gain"]["interval"]
    verdict = "beats" if result["better"] else "is not shown to beat"
    return PAGE.format(
        title=html.escape(f"{result['model']} on {result['rows']} held-out questions"),
        verdict=html.escape(
            f"{result['model']} {verdict} {result['reference']}: {result['gain']['mean']:+.3f} nats a token, "
            f"95 % interval {low:+.3f} to {high:+.3f}. Answers with leaked personal data: {result['leaks']}."
        ),
        charts="".join(_chart(result, metric) for metric in METRICS),
        examples="".join(_example(example) for example in result["examples"]),
    )


def _chart(result: dict[str, Any], metric: str) -> str:
    """Horizontal bars with their intervals."""
    shown = {name: each[metric] for name, each in result["scores"].items() if metric in each}
    bars = [(name, score["mean"], score["interval"]) for name, score in shown.items()]
    top = max(high for _, _, (_, high) in bars) or 1.0
    scale = 420 / top
    lines = []
    for n, (name, mean, (low, high)) in enumerate(bars):
        y = 8 + 30 * n
        lines.append(
            f'<text x="0" y="{y + 14}">{html.escape(name)}</text>'
            f'<rect x="190" y="{y}" width="{max(mean, 0) * scale:.1f}" height="18" class="bar{n == len(bars) - 1:d}"/>'
            f'<line x1="{190 + max(low, 0) * scale:.1f}" x2="{190 + high * scale:.1f}" y1="{y + 9}" y2="{y + 9}"/>'
            f'<text x="{198 + high * scale:.1f}" y="{y + 14}">{mean:.3f}</text>'
        )
    direction = "lower is better" if METRICS[metric] < 0 else "higher is better"
    height = 14 + 30 * len(bars)
    return f'<h2>{metric} <small>{direction}</small></h2><svg viewBox="0 0 700 {height}">{"".join(lines)}</svg>'


def _example(example: dict[str, str]) -> str:
    cells = "".join(f"<dt>{html.escape(who)}</dt><dd>{html.escape(text)}</dd>" for who, text in example.items())
    return f"<dl>{cells}</dl>"


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ margin: 2rem 0 .3rem; font-size: 1.1rem; }} small {{ font-weight: normal; opacity: .6; }}
svg {{ width: 100%; }} svg text {{ font-size: 13px; fill: currentColor; }}
.bar0 {{ fill: #b9c2cf; }} .bar1 {{ fill: #2f7d6b; }} line {{ stroke: currentColor; stroke-width: 1.5; }}
dl {{ border-top: 1px solid #8884; padding: 1rem 0; display: grid; grid-template-columns: 11rem 1fr; gap: .3rem 1rem; }}
dt {{ opacity: .6; overflow-wrap: anywhere; }} dd {{ margin: 0; white-space: pre-wrap; }}
</style>
<h1>{title}</h1><p>{verdict}</p>{charts}<h2>Examples <small>not selected</small></h2>{examples}
</html>
"""
