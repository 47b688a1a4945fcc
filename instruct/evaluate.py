"""A tuned model and the held-out rows -> how it compares with its base and with the champion, in figures and a page.

`instruct.contest` says who is compared, `instruct.verdict` who is better. The intervals of single figures are of 95 %,
by bootstrap over rows.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deskwright.errors import DeskwrightError
from deskwright.plugins import Span
from deskwright.terminal import table
from deskwright.workspace import Workspace
from instruct import adapter, advice, dataset, judge, rounds
from instruct.baselines import RETRIEVAL
from instruct.behaviour import BEHAVIOUR, behaviour, lines
from instruct.contest import Met, contest, served_as
from instruct.evaluation_page import page
from instruct.measures import METRICS, Figures, figure, summary
from instruct.ratings import described, ratings
from instruct.rounds import Model
from instruct.rows import Row
from instruct.served import policy, shares
from instruct.verdict import sentences, verdict, worse
from privacy.gate import Gate
from privacy.names.detector import Names

ROWS = 100
EXAMPLES_SHOWN = 20
GROUPED_BY = ("topic", "language")
GROUPS_SHOWN = 12
ROWS_A_GROUP = 3
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
    met = contest(workspace, model, rival, rows)
    answers, scores = met.answers, met.scores
    reference = rival.name if rival else "base"
    given = served_as(model.name, scores)
    own, customers = (scores[model.name], scores[reference]), [row.customer for row in rows]
    both = scores[given], scores[served_as(reference, scores)]
    result = {
        "model": model.name,
        "dataset": model.dataset,
        "reference": reference,
        "rows": len(rows),
        "scores": {name: {metric: summary(values) for metric, values in each.items()} for name, each in scores.items()},
        **verdict(own, both, customers),
        "worse": worse(*own, customers),
        "behaviour": _behaviour(met, rows),
        "groups": _groups(rows, scores, list(dict.fromkeys([RETRIEVAL, reference, model.name, given]))),
        "policy": shares(met.given, scores[model.name]["similarity"], scores[given]["similarity"]),
        "weak": met.weak,
        "leaks": _leaks(workspace, met.asked[model.name], answers[model.name], answers[given]),
        "ratings": {one.name: ratings(workspace.store, one.digest) for one in (rival, model) if one},
        "judged": judge.win_rates(workspace, rows, answers, given, _rivals(reference, scores)),
        **_tuning(workspace, model),
    }
    rounds.record_evaluation(workspace.store, model, result)
    _write(workspace, model, result, rows, answers)
    return result


def _rivals(reference: str, scores: Mapping[str, Any]) -> list[str]:
    """Whose answers a judge sees beside the candidate's."""
    return list(dict.fromkeys([served_as(reference, scores), "base", RETRIEVAL]))


def _behaviour(met: Met, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Of everything that is compared, and of the agents themselves."""
    asked = [str(row.prompt("")) for row in rows]
    said = {"agents": met.golden, **met.answers}
    return {name: behaviour(texts, met.asked.get(name, asked)) for name, texts in said.items()}


def _groups(
    rows: Sequence[Row], scores: dict[str, dict[str, Figures]], names: Sequence[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    """By topic and by language, the largest first: how many rows each has, and how similar everyone's answers are."""
    return {side: dict(_by(side, rows, scores, names)) for side in GROUPED_BY}


def _by(
    side: str, rows: Sequence[Row], scores: dict[str, dict[str, Figures]], names: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    of = np.array([getattr(row, side) for row in rows])
    for value, count in Counter(filter(None, of.tolist())).most_common(GROUPS_SHOWN):
        if count >= ROWS_A_GROUP:
            figures = {name: summary(scores[name]["similarity"][of == value]) for name in names}
            yield value, {"rows": count, "similarity": figures}


def _tuning(workspace: Workspace, model: Model) -> dict[str, Any]:
    """What was written down when the model was tuned: the losses by step, and what it took."""
    path = adapter.folder(workspace, model.name)
    card = adapter.read_card(path)
    kept = path / advice.HISTORY
    history = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else []
    curves = {
        name: [[entry["step"], entry[key]] for entry in history if key in entry]
        for name, key in (("training", "loss"), ("validation", "eval_loss"))
    }
    return {"curves": curves, "hours": card.hours, "energy": card.energy, "tuning": card.tuning}


def describe(result: dict[str, Any]) -> str:
    """The table people read."""
    header = [f"{result['rows']} held-out questions", *METRICS]
    rows = [
        [name, *(figure(each[metric]) if metric in each else "-" for metric in METRICS)]
        for name, each in result["scores"].items()
    ]
    return "\n".join(
        [
            table(header, rows),
            table(["how they answer", *BEHAVIOUR.values()], lines(result["behaviour"])),
            *sentences(result),
            f"Answers with leaked personal data: {result['leaks']}.",
            policy(result["policy"]),
            *(f"People on {name}: {said}." for name, found in result["ratings"].items() if (said := described(found))),
            *judge.described(result["judged"]),
            *([result["weak"]] if result["weak"] else []),
            *([f"Look at the answers: by itself it is worse in {', '.join(result['worse'])}."] * bool(result["worse"])),
        ]
    )


def _sample(rows: Sequence[Row], limit: int) -> list[Row]:
    chosen = sorted(rows, key=lambda row: row.id)
    random.Random(0).shuffle(chosen)
    return chosen[:limit]


SURE = 0.5
"""The gate replaces what is a name with a probability of a fifth, so as to miss nobody; a model is accused only of what
is more likely one than not."""
AGAIN = re.compile(r"(.{1,80}?)\1{3,}", re.DOTALL)


def _leaks(workspace: Workspace, asked: Sequence[str], own: Sequence[str], served: Sequence[str]) -> int:
    """Answers, the model's own and what is said in their place, in which the gate still finds personal data that the
    prompt did not hold. What the configuration has the bot say gives nobody away."""
    gate, settings = Gate.of(workspace), workspace.config.serve
    configured = (settings.ask_back, settings.offer_person)
    said = {(n, _once(text)) for texts in (own, served) for n, text in enumerate(texts) if text not in configured}
    return sum(
        any(_is_sure(span) and text[span.start : span.end] not in asked[n] for span in gate.find(text))
        for n, text in said
    )


def _is_sure(span: Span) -> bool:
    return span.detector != Names.name or span.score >= SURE


def _once(text: str) -> str:
    """Without what is said over and over: nonsense looks like a name."""
    return AGAIN.sub(r"\1", text)


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
