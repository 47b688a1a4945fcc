"""Stored conversations and review decisions -> a training set: rows with their splits, passages, report.

A dataset is a folder named by its fingerprint: the same inputs make the same folder, and a second build finds it there.
This is the only writer of the table `datasets`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from deskwright import audit
from deskwright.errors import DeskwrightError
from deskwright.store import Store, now
from deskwright.terminal import progress
from deskwright.workspace import Workspace
from instruct import balance, base, curate, knowledge, leakage, noise, paraphrase, reviews, splits
from instruct.build_page import page
from instruct.leftover import without_personal_data
from instruct.pairs import Pair, pairs
from instruct.passages import Passage, Passages
from instruct.rows import Row, as_row, as_table, fit
from instruct.splits import SPLITS
from privacy.ingest import Kept, conversations

PAGE = "report.html"
ASKED = ".paraphrases"
"""Follows the name of a training set whose paraphrases are being asked for."""


@dataclass
class Report:
    """Rows by split, and what was left out by reason."""

    fingerprint: str = ""
    rows: Counter[str] = field(default_factory=Counter)
    origins: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    conversations: int = 0
    customers: int = 0
    unchanged: bool = False
    teacher: str = ""
    paraphraser: str = ""


def build(workspace: Workspace) -> Report:
    """Builds the dataset of what the store holds now.

    Raises:
        DeskwrightError: there is nothing to train on; the message says what was left out and why.
    """
    report, settings = Report(), workspace.config.dataset
    rows = _from_conversations(workspace.store, report)
    if not rows:
        reasons = ", ".join(f"{what} {n:,}" for what, n in report.left_out.most_common()) or "nothing is stored"
        raise DeskwrightError(
            f"No training pair came out of {report.conversations:,} conversations ({reasons}). A pair needs a public "
            "message of a customer and a public answer of a human agent: `deskwright ingest` something that has them, "
            "and for mail and Slack say who your agents are (sources.mail.agents, sources.slack.agents)."
        )
    rows = splits.assigned(workspace, rows)
    report.customers = len({row.customer for row in rows})
    rows = curate.without_repeats(rows, report.left_out)
    rows = curate.capped(rows, settings.same_answer, report.left_out)
    rows += reviews.rows(workspace.store, report.left_out)
    rows = without_personal_data(workspace, rows, report.left_out)
    report.fingerprint = _fingerprint(workspace, rows)
    folder = workspace.datasets / report.fingerprint
    if folder.is_dir():
        _tidy(workspace)
        return found(workspace, report.fingerprint)
    rows, index = held_apart(rows, report)
    train = [row for row in rows if row.split == "train"]
    asked = folder.with_name(folder.name + ASKED)
    for more in (_paraphrases(workspace, rows, asked, report), noise.rows(train, settings.noise)):
        rows += curate.with_room(more, rows, settings.same_answer, report.left_out)
    rows = with_passages(rows, knowledge.beside(workspace, index), settings.passages)
    rows = balance.weighed(_fitted(workspace, rows, report), settings.balance)
    report.rows = Counter(row.split for row in rows)
    report.origins = Counter(row.origin for row in rows if row.split == "train")
    missing = [split for split in SPLITS if not report.rows[split]]
    if missing:
        raise DeskwrightError(
            f"No rows for {' and '.join(missing)}: found {len(rows)} rows of {report.customers} customers. "
            "A training set needs conversations of at least a handful of customers."
        )
    _write(workspace, folder, rows, index, report)
    _tidy(workspace)
    register(workspace.store, report)
    return report


def _tidy(workspace: Workspace) -> None:
    """Takes away what was kept of paraphrases, also of builds that were interrupted and whose inputs are others now."""
    for left in workspace.datasets.glob(f"*{ASKED}"):
        shutil.rmtree(left, ignore_errors=True)


def found(workspace: Workspace, fingerprint: str) -> Report:
    """The report of a dataset that is there."""
    report = _read_report(workspace.datasets / fingerprint)
    register(workspace.store, report)
    return report


def read(workspace: Workspace, fingerprint: str, split: str) -> list[Row]:
    """The rows of one split of a dataset."""
    from datasets import Dataset

    file = workspace.datasets / fingerprint / f"{split}.parquet"
    if not file.is_file():
        raise DeskwrightError(f"{file} is not there. Build the training set again: `deskwright build`.")
    rows = Dataset.from_parquet(str(file), cache_dir=str(workspace.root / ".cache"))
    return [as_row(row) for row in rows]


def held_apart(rows: Sequence[Row], report: Report) -> tuple[list[Row], Passages]:
    """The rows without those of training that repeat a held-out one, and the index of what may be retrieved."""
    index = _index(rows)
    leaks = {leak.train for leak in leakage.find(rows, index)}
    kept = [row for row in rows if row.id not in leaks]
    index = index.without(leaks)
    if leaks:
        report.left_out["training row that repeats a held-out one"] += len(leaks)
    leakage.check(kept, index)
    return kept, index


def _paraphrases(workspace: Workspace, rows: Sequence[Row], folder: Path, report: Report) -> list[Row]:
    """Paraphrases of the training rows, without those that repeat a held-out row. They are trained on, not found."""
    train = [row for row in rows if row.split == "train"]
    made, report.paraphraser = paraphrase.rows(workspace, train, folder, report.left_out)
    apart, _ = held_apart([*made, *(row for row in rows if row.split != "train")], report) if made else ([], None)
    return [row for row in apart if row.split == "train"]


def _from_conversations(store: Store, report: Report) -> list[Row]:
    rows = []
    started: dict[str, float] = {}
    for kept in progress(conversations(store), "pairs", "conversations"):
        report.conversations += 1
        for pair in pairs(kept.clean, report.left_out):
            rows.append(_row(kept, pair))
        first = kept.started_at or datetime.min.replace(tzinfo=UTC)
        customer = kept.clean.customer
        started[customer] = min(started.get(customer, first.timestamp()), first.timestamp())
    newest_last = {customer: n for n, customer in enumerate(sorted(started, key=lambda c: (started[c], c)))}
    return sorted(rows, key=lambda row: (newest_last[row.customer], row.id))


def _row(kept: Kept, pair: Pair) -> Row:
    conversation = kept.clean.conversation
    return Row(
        id=pair.message_ids[-1],
        split="",
        origin="conversation",
        turns=pair.turns,
        answer=pair.answer,
        customer=kept.clean.customer,
        topic=conversation.tags[0] if conversation.tags else "",
        traced=pair.message_ids,
        gate_version=kept.clean.gate_version,
        legal_basis=kept.legal_basis,
        language=conversation.language or "",
        channel=conversation.channel,
        status=conversation.status,
        outcome=pair.outcome,
        tags=conversation.tags,
    )


def _index(rows: Sequence[Row]) -> Passages:
    """The answers that may be retrieved: those of the training split, never a held-out one. A reviewer's come first, so
    that of two to the same question the corrected one is found."""
    first = sorted(rows, key=lambda row: row.origin != "review")
    train = {row.id: row for row in first if row.split == "train"}
    passages = [Passage(row.id, row.turns[-1][1], row.answer, alone=len(row.turns) == 1) for row in train.values()]
    return Passages.build(passages, [row.customer for row in train.values()])


def with_passages(rows: Sequence[Row], index: Passages, k: int) -> list[Row]:
    """Rows with what the server would retrieve for their question, other than from the same customer."""
    found = index.search_all([row.turns[-1][1] for row in rows], k, [row.customer for row in rows])
    return [
        replace(row, passages=tuple((p.question, p.answer) for p in near))
        for row, near in zip(rows, found, strict=True)
    ]


def _fitted(workspace: Workspace, rows: Sequence[Row], report: Report) -> list[Row]:
    """Rows of at most `max_tokens`: old turns go first, then passages; a row whose answer alone is too long goes."""
    tokenizer = base.tokenizer(workspace)
    config = workspace.config.dataset
    fitted = []
    for row in rows:
        short = fit(row, config.system, tokenizer, config.max_tokens)
        if short is None:
            report.left_out[f"question and answer of over {config.max_tokens} tokens"] += 1
        else:
            fitted.append(short)
    return fitted


def _fingerprint(workspace: Workspace, rows: Sequence[Row]) -> str:
    settings = workspace.config.dataset.model_dump_json() + base.digest(workspace) + knowledge.digest(workspace)
    hashed = hashlib.sha256(settings.encode())
    for row in sorted(rows, key=lambda row: row.id):
        hashed.update(json.dumps(asdict(row), sort_keys=True).encode())
    return hashed.hexdigest()[:16]


def _write(workspace: Workspace, folder: Path, rows: Sequence[Row], index: Passages, report: Report) -> None:
    making = folder.with_name(folder.name + ".making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    for split in SPLITS[1:]:
        _write_split(making, split, rows)
    index.save(making)
    describe_folder(workspace, making, [row for row in rows if row.split == "train"], report)
    making.rename(folder)


def describe_folder(workspace: Workspace, folder: Path, train: Sequence[Row], report: Report) -> None:
    """Writes the rows of training, and all that tells of them."""
    _write_split(folder, "train", train)
    (folder / "report.json").write_text(json.dumps(vars(report), indent=2) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_card(workspace, report), encoding="utf-8")
    made = page(f"Training set {report.fingerprint}", train, dict(report.left_out.most_common()))
    (folder / PAGE).write_text(made, encoding="utf-8")


def _write_split(folder: Path, split: str, rows: Sequence[Row]) -> None:
    from datasets import Dataset

    table = [as_table(row) for row in rows if row.split == split]
    Dataset.from_list(table).to_parquet(str(folder / f"{split}.parquet"))


def register(store: Store, report: Report) -> None:
    """Lets the store know of a dataset, so that models can name it."""
    values = {"made_at": now(), "report": dict(vars(report))}
    with store.begin() as connection:
        store.upsert(connection, store.tables.datasets, {"fingerprint": report.fingerprint}, values)
        audit.record(store, connection, "build", dataset=report.fingerprint, rows=dict(report.rows))


def _card(workspace: Workspace, report: Report) -> str:
    rows = "\n".join(f"| {split} | {report.rows[split]:,} |" for split in SPLITS)
    left_out = "\n".join(f"| {what} | {n:,} |" for what, n in report.left_out.most_common()) or "| nothing | 0 |"
    taught = f"Rows of the origin `distilled` have answers of {report.teacher}.\n\n" if report.teacher else ""
    if report.paraphraser:
        taught += f"Rows of the origin `paraphrase` have questions in the words of {report.paraphraser}.\n\n"
    return (
        f"# Training set {report.fingerprint}\n\n"
        f"Made from {report.conversations:,} redacted conversations of {report.customers:,} customers. Each row names "
        "the messages it was made of (`traced`), the version of the gate that redacted them and the legal basis "
        f'("{workspace.config.privacy.legal_basis}").\n\n'
        f"{taught}"
        f"| split | rows |\n|---|---:|\n{rows}\n\n| left out | count |\n|---|---:|\n{left_out}\n"
    )


def _read_report(folder: Path) -> Report:
    saved = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    counters = {name: Counter(saved[name]) for name in ("rows", "origins", "left_out")}
    return Report(**{**saved, **counters, "unchanged": True})
