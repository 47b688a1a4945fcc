"""The commands from stored conversations to a promoted model."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deskwright.cli import workspace_option
from deskwright.terminal import table
from deskwright.workspace import Workspace

if TYPE_CHECKING:
    from instruct.dataset import Report
    from instruct.logits import Guide
    from instruct.rounds import Model


@click.command()
@workspace_option
def build(root: Path) -> None:
    """Build the training set: pairs of question and answer from conversations, corrections from reviews.

    Customers are split into training, validation and test, the newest into the last; a customer's split never changes.
    `deskwright tune` does this first, so call it alone to look at the result.

    \b
    deskwright build --workspace shop
    """
    from instruct import dataset

    workspace = Workspace.open(root)
    report = dataset.build(workspace)
    click.echo(describe(report))
    folder = workspace.datasets / report.fingerprint
    click.echo(f"Rows and card: {folder}")
    click.echo(f"What it holds and leans to: {folder / dataset.PAGE}")


@click.command()
@workspace_option
@click.option("--search", "trials", type=click.IntRange(1), help="Try this many settings, and say which was best.")
@click.option(
    "--distill-from", "teacher", metavar="MODEL", help="Learn from this model's answers too: id, folder or URL."
)
@click.option("--logits", is_flag=True, help="Learn how probable that model holds every token, not its answers.")
def tune(root: Path, trials: int | None, teacher: str | None, logits: bool) -> None:
    """Tune the base model on the training set of all that is stored and reviewed now.

    Builds the training set first. Interrupted, it goes on where it was when it is run again; with nothing new to learn
    it says so.

    \b
    deskwright tune --workspace shop
    deskwright tune --search 8 --workspace shop      # learning rate, rank and epochs; then set what it says
    deskwright tune --distill-from http://127.0.0.1:8000/v1 --workspace shop
    deskwright tune --distill-from Qwen/Qwen2.5-7B-Instruct --logits --workspace shop   # of the base's family
    """
    from instruct import dataset, needs_human
    from instruct.tune import tune as run

    if logits and not teacher:
        raise click.UsageError("--logits says how to learn from the model of --distill-from; name that model too.")
    workspace = Workspace.open(root)
    report = dataset.build(workspace)
    click.echo(describe(report))
    guide = _guided(workspace, teacher) if teacher and logits else None
    if teacher and not logits:
        report = _distilled(workspace, report, teacher)
    if trials:
        click.echo(_searched(workspace, report.fingerprint, trials, guide))
        return
    if not (workspace.datasets / report.fingerprint / needs_human.REPORT).is_file():
        click.echo(needs_human.describe(needs_human.learn(workspace, report.fingerprint)))
    model, fresh = run(workspace, report.fingerprint, guide)
    if not fresh:
        click.echo(f"{model.name} was tuned on exactly this; nothing to do.")
        return
    click.echo(f"Tuned {model.name}")
    tell(workspace, model, report)
    click.echo(f"Next: deskwright evaluate --workspace {root}")


@click.command()
@workspace_option
@click.option("--model", "name", help="Which model.  [default: the newest]")
@click.option("--rows", default=100, show_default=True, help="How many held-out questions to answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def evaluate(root: Path, name: str | None, rows: int, as_json: bool) -> None:
    """Compare a tuned model with the untuned base, and with the champion, on held-out conversations.

    \b
    deskwright evaluate --workspace shop
    deskwright evaluate --model round-2-0f1e2d3c4b5a --workspace shop
    """
    from instruct import rounds
    from instruct.evaluate import describe as describe_result
    from instruct.evaluate import evaluate as run

    workspace = Workspace.open(root)
    model = rounds.find(workspace.store, name)
    result = run(workspace, model, rows)
    click.echo(json.dumps(result, indent=2) if as_json else describe_result(result))
    if not as_json:
        click.echo(f"Charts and examples: {workspace.reports / f'evaluate-{model.name}.html'}")


@click.command()
@workspace_option
@click.option("--model", "name", help="Which model.  [default: the newest]")
@click.option(
    "--force", metavar="REASON", default="", help="Promote in spite of the evaluation; kept in the audit log."
)
def promote(root: Path, name: str | None, force: str) -> None:
    """Let the server answer with a tuned model. It must beat the one that answers now.

    \b
    deskwright promote --workspace shop
    """
    from instruct import rounds

    workspace = Workspace.open(root)
    model = rounds.find(workspace.store, name)
    rounds.promote(workspace.store, model, force)
    click.echo(f"{model.name} answers from now on; a running server changes over before its next answer.")


@click.command()
@workspace_option
def rollback(root: Path) -> None:
    """Go back to the model that was promoted before.

    \b
    deskwright rollback --workspace shop
    """
    from instruct import rounds

    taken_back, present = rounds.rollback(Workspace.open(root).store)
    click.echo(f"Took {taken_back.name} back; {present.name if present else 'no model'} answers from now on.")


def _distilled(workspace: Workspace, report: Report, teacher: str) -> Report:
    """The training set with a teacher's answers, and how many there are."""
    from instruct.distill import DISTILLED, distil
    from instruct.teacher import find

    chosen = find(workspace, teacher)
    made = distil(workspace, report.fingerprint, chosen)
    click.echo(f"With answers of {chosen.name}: training set {made.fingerprint}, {made.origins[DISTILLED]:,} more rows")
    for what, count in (made.left_out - report.left_out).most_common():
        click.echo(f"  left out: {what} {count:,}")
    return made


def _guided(workspace: Workspace, teacher: str) -> Guide:
    """The teacher whose probabilities are learnt."""
    from instruct.logits import SHARE, find

    guide = find(workspace, teacher)
    click.echo(f"Beside {guide.name}: {SHARE:.0%} of the training loss is the way to its probabilities of every token")
    return guide


def _searched(workspace: Workspace, fingerprint: str, trials: int, guide: Guide | None) -> str:
    """The trials as a table, and the lines to write into the configuration."""
    from instruct.search import search

    tried = search(workspace, fingerprint, trials, guide)
    rows = [
        [
            *(f"{value:g}" for value in trial.settings.values()),
            trial.ended if trial.loss is None else f"{trial.loss:.4f}",
        ]
        for trial in tried
    ]
    best = "\n".join(f"{name} = {value:g}" for name, value in tried[0].settings.items())
    header = [*tried[0].settings, "validation loss"]
    return f"{table(header, rows)}\n\nThe best, to be written into deskwright.toml:\n\n[tune]\n{best}"


def tell(workspace: Workspace, model: Model, report: Report) -> None:
    """Prints how the tuning of a model went, and what to do about what went wrong."""
    from instruct import advice, confidence, energy
    from instruct.adapter import folder, read_card

    path = folder(workspace, model.name)
    card = read_card(path)
    losses = card.losses
    if card.hours is not None:
        click.echo(f"  {energy.describe({'hours': card.hours, 'energy': card.energy})}")
    click.echo("  nats a token: " + ", ".join(f"{what} {loss:.3f}" for what, loss in losses.items()))
    history = json.loads((path / advice.HISTORY).read_text(encoding="utf-8"))
    weak = confidence.weakness(confidence.Confidence.of(card.confidence))
    for sentence in filter(None, [*advice.on(report.rows["train"], history, losses), weak]):
        click.echo(f"  {sentence}")


def describe(report: Report) -> str:
    """The tally of a build, as people read it."""
    left_out = Counter(report.left_out).most_common()
    state = "unchanged" if report.unchanged else "built"
    lines = [
        f"Training set {report.fingerprint} ({state}): "
        + ", ".join(f"{split} {report.rows[split]:,}" for split in ("train", "validation", "test"))
        + f" rows, from {report.conversations:,} conversations of {report.customers:,} customers",
        "  training rows by origin: " + ", ".join(f"{what} {n:,}" for what, n in report.origins.most_common()),
    ]
    lines += [f"  left out: {what} {n:,}" for what, n in left_out]
    return "\n".join(lines)
