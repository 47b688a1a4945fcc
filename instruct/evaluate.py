"""A tuned model and the held-out rows -> how it compares with its base and with the champion, in figures and a page.

Every model answers the same prompts greedily, beside what could be had without tuning: the nearest answer of a
colleague, and the base with examples in its prompt. Intervals are 95 % by bootstrap over rows.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deskwright.errors import DeskwrightError
from deskwright.terminal import table
from deskwright.workspace import Workspace
from instruct import adapter, base, baselines, dataset, rounds
from instruct.answering import generated
from instruct.baselines import FEW_SHOT, RETRIEVAL
from instruct.behaviour import BEHAVIOUR, behaviour, lines
from instruct.confidence import Confidence, observed, report, weakness
from instruct.evaluation_page import page
from instruct.measures import METRICS, Figures, compare, figure, interval, summary, worse
from instruct.quoting import quoted
from instruct.rounds import Model
from instruct.rows import Row
from instruct.tune import examples
from privacy.gate import Gate

ROWS = 100
EXAMPLES_SHOWN = 20
AS_SERVED = ", quoting"
TOPICS_SHOWN = 12
ROWS_A_TOPIC = 3
"""At least; fewer say nothing."""


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
    answers, scores, policy, weak = _contest(workspace, model, rival, rows)
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
        "behaviour": _behaviour(answers, rows),
        "topics": _topics(rows, scores, [RETRIEVAL, reference, model.name, f"{model.name}{AS_SERVED}"]),
        "policy": policy,
        "weak": weak,
        "leaks": _leaks(workspace, answers[model.name], answers.get(f"{model.name}{AS_SERVED}", []), rows),
    }
    rounds.record_evaluation(workspace.store, model, result)
    _write(workspace, model, result, rows, answers)
    return result


def _contest(
    workspace: Workspace, model: Model, rival: Model | None, rows: Sequence[Row]
) -> tuple[dict[str, list[str]], dict[str, dict[str, Figures]], dict[str, float], str]:
    """The answers and the scores of everything that is compared, by name, the model last: by itself, and as it is
    served, with a colleague's answer quoted where that is better. Then what its confidence makes of the rows,
    and what has to be said of it."""
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
            said = generated(loaded, prompts, name)
            answers[name] = [one.text for one in said]
            scores[name] = {"loss": _losses(loaded, prompts), **compare(answers[name], golden)}
    if workspace.config.serve.quote and loaded.card.quote_from is not None:
        name = f"{model.name}{AS_SERVED}"
        answers[name] = quoted(answers[model.name], near, loaded.card.quote_from, rows)
        scores[name] = compare(answers[name], golden)
    known, policy = Confidence.of(loaded.card.confidence), {}
    if known:
        policy = report(known, *observed(workspace, model.dataset, loaded, rows, said))
    return answers, scores, policy, weakness(known)


def _behaviour(answers: dict[str, list[str]], rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Of everything that is compared, and of the agents themselves."""
    asked = [str(row.prompt("")) for row in rows]
    said = {"agents": [row.answer for row in rows], **answers}
    return {name: behaviour(texts, asked) for name, texts in said.items()}


def _topics(
    rows: Sequence[Row], scores: dict[str, dict[str, Figures]], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """How many rows a topic has, and the similarity of each one's answers in it; the largest topics first."""
    largest = Counter(row.topic for row in rows if row.topic).most_common(TOPICS_SHOWN)
    found: dict[str, dict[str, Any]] = {}
    for topic, count in largest:
        of_topic = np.array([row.topic == topic for row in rows])
        if count >= ROWS_A_TOPIC:
            figures = {name: summary(scores[name]["similarity"][of_topic]) for name in names if name in scores}
            found[topic] = {"rows": count, "similarity": figures}
    return found


def describe(result: dict[str, Any]) -> str:
    """The table people read."""
    header = [f"{result['rows']} held-out questions", *METRICS]
    rows = [
        [name, *(figure(each[metric]) if metric in each else "-" for metric in METRICS)]
        for name, each in result["scores"].items()
    ]
    low, high = result["gain"]["interval"]
    verdict = "better" if result["better"] else "NOT shown to be better"
    return "\n".join(
        [
            table(header, rows),
            table(["how they answer", *BEHAVIOUR.values()], lines(result["behaviour"])),
            f"{result['model']} is {verdict} than {result['reference']}: {result['gain']['mean']:+.4f} nats a token, "
            f"95 % interval {low:+.4f} to {high:+.4f}; answers with leaked personal data: {result['leaks']}",
            *([_policy(result["policy"])] if result.get("policy") else []),
            *([result["weak"]] if result.get("weak") else []),
            *([f"Look at the answers: it is worse in {', '.join(result['worse'])}."] if result["worse"] else []),
        ]
    )


def _policy(shares: dict[str, float]) -> str:
    return (
        f"It would ask back on {shares['asked back']:.0%} and hand over {shares['handed over']:.0%}; good are "
        f"{shares['good']:.0%} of all its answers (its mean confidence is {shares['mean confidence']:.0%}), and "
        f"{shares['good of those left']:.0%} of those it would give alone."
    )


def _sample(rows: Sequence[Row], limit: int) -> list[Row]:
    chosen = sorted(rows, key=lambda row: row.id)
    random.Random(0).shuffle(chosen)
    return chosen[:limit]


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


def _leaks(workspace: Workspace, own: Sequence[str], served: Sequence[str], rows: Sequence[Row]) -> int:
    """Answers, the model's own and what is quoted in their place, in which the gate still finds personal data that the
    prompt did not hold."""
    gate = Gate.of(workspace)
    said = {(n, text) for texts in (own, served) for n, text in enumerate(texts)}
    asked = [str(row.prompt("")) for row in rows]
    return sum(any(text[span.start : span.end] not in asked[n] for span in gate.find(text)) for n, text in said)


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
    Path(f"{file}.html").write_text(page(full), encoding="utf-8")
