"""The commands that learn topics and name them, and that learn who needs a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from deskwright.cli import workspace_option
from deskwright.errors import DeskwrightError
from deskwright.terminal import table
from deskwright.workspace import Workspace
from instruct.rows import NOISE, PARAPHRASE, Row


@click.command()
@workspace_option
@click.argument("question", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def topics(root: Path, question: str | None, as_json: bool) -> None:
    """Learn to name the topic of a question, from the topics of past conversations, and say how well it does.

    It learns from the training split and is measured on the test split, both of which `deskwright build` makes. With a
    QUESTION it names the topic of that, or says that it is none of those known.

    \b
    deskwright topics --workspace shop
    deskwright topics "Where is my parcel?" --workspace shop
    """
    from instruct.topics import Topics

    workspace = Workspace.open(root)
    folder = workspace.models / "topics"
    if question is None:
        found = _learn_topics(workspace, folder)
        click.echo(json.dumps(found, indent=2) if as_json else _topics_table(found))
        return
    if not folder.is_dir():
        raise DeskwrightError("No topics are learnt yet. Learn them first: `deskwright topics`.")
    [guess] = Topics.open(folder).guess([question])
    named = guess.topic or "none of those known"
    found = {"topic": guess.topic, "probability": guess.probability}
    click.echo(json.dumps(found) if as_json else f"{named} ({guess.probability:.0%})")


@click.command()
@workspace_option
@click.argument("words", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def needs_human(root: Path, words: str | None, as_json: bool) -> None:
    """Learn which words of a customer need a person, from past conversations, and say how well it does.

    `deskwright tune` does so as well. What is learnt is kept with the training set of the newest model, or a new one
    where nothing is tuned yet. With WORDS it says how likely it is that these need one.

    \b
    deskwright needs-human --workspace shop
    deskwright needs-human "Let me talk to your manager" --workspace shop
    """
    from instruct import dataset, rounds
    from instruct import needs_human as classifier

    workspace = Workspace.open(root)
    tuned = [model.dataset for model in rounds.models(workspace.store)]
    held = [fingerprint for fingerprint in tuned if (workspace.datasets / fingerprint).is_dir()]
    fingerprint = held[-1] if held else dataset.build(workspace).fingerprint
    if words is None:
        found = classifier.learn(workspace, fingerprint)
        said = "\n".join(filter(None, [classifier.describe(found), classifier.tables(found)]))
        click.echo(json.dumps(found, indent=2) if as_json else said)
        return
    likely = classifier.open(workspace, fingerprint)(words)
    if likely is None:
        raise DeskwrightError("Who needs a person is not learnt yet. Learn it first: `deskwright needs-human`.")
    click.echo(json.dumps({"probability": likely}) if as_json else f"{likely:.0%}")


def _learn_topics(workspace: Workspace, folder: Path) -> dict[str, Any]:
    from instruct import dataset
    from instruct.topics import Topics, report

    fingerprint = dataset.build(workspace).fingerprint
    train, test = (
        [
            (row.turns[-1][1], row.topic, row.customer)
            for row in dataset.read(workspace, fingerprint, split)
            if _counts(row)
        ]
        for split in ("train", "test")
    )
    questions, named, customers = ([row[n] for row in train] for n in range(3))
    learnt = Topics.fit(questions, named, customers)
    learnt.save(folder)
    known = [(question, topic) for question, topic, _ in test if topic in learnt.labels]
    if not known:
        return {"questions": 0, "learnt": learnt.labels}
    found = report(learnt, [question for question, _ in known], [topic for _, topic in known])
    workspace.reports.mkdir(exist_ok=True)
    (workspace.reports / "topics.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def _counts(row: Row) -> bool:
    """What was typed anew or put in other words tells nothing new of a topic."""
    return bool(row.topic) and row.origin not in (NOISE, PARAPHRASE)


def _topics_table(found: dict[str, Any]) -> str:
    if not found["questions"]:
        return f"Learnt {len(found['learnt'])} topics; no held-out question has one of them, so nothing was measured."
    rows = [
        [topic, *(f"{each[figure]:.2f}" for figure in ("precision", "recall", "f1-score")), f"{each['support']:.0f}"]
        for topic, each in found["topics"].items()
    ]
    return "\n".join(
        [
            table(["topic", "precision", "recall", "F1", "questions"], rows),
            f"Of {found['questions']:,} held-out questions {found['accuracy']:.0%} are named right; macro F1 "
            f"{found['macro F1']:.2f}, calibration error {found['calibration error']:.2f}. "
            f"{found['given a topic']:.0%} are likely enough to be given a topic, "
            f"{found['accuracy where given']:.0%} of them the right one.",
        ]
    )
