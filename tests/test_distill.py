"""Learning from a teacher's answers: a real model on this machine, and a real server in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import torch
from click.testing import Result

from deskwright.conversation import Conversation, Kind, Message, Participant, Visibility
from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import adapter, dataset, rounds, teacher
from instruct.answering import MOST_NEW_TOKENS, Said
from instruct.curate import CANNED
from instruct.distill import DISTILLED, distil
from instruct.prompt import render
from instruct.rows import Row
from instruct.teacher import KEY, Teacher, find
from instruct.training import examples
from privacy.gate import Gate
from privacy.ingest import ingest
from tests.test_tuning import made

GOODS = "grinder kettle lamp chair carpet spoon table fork knife mirror clock radio sofa vase towel pillow".split()
REFUSED = {
    "answer of the teacher that is empty": 1,
    "answer of the teacher that is cut off": 1,
    "answer of the teacher that has a placeholder of nobody": 1,
    "answer of the teacher that only says that somebody looks into it": 1,
    "personal data left": 1,
}


def conversation(number: int, thing: str) -> Conversation:
    people = (Participant(f"customer {number}", Kind.CUSTOMER), Participant("agent", Kind.AGENT))
    said = (f"On which shelf do I find the {thing}?", f"Shelf number {number} holds each {thing}, to the left of it.")
    at = datetime(2026, 1, 1 + number, tzinfo=UTC)  # the newest are held out
    messages = (Message(str(n), people[n].id, text, at, Visibility.PUBLIC) for n, text in enumerate(said))
    return Conversation("shop", str(number), people, tuple(messages), language="en")


@pytest.fixture
def built(ws: Workspace, tmp_path: Path) -> tuple[Workspace, str]:
    """A workspace with a small base, and its training set of one row a thing."""
    file = ws.root / "deskwright.toml"
    text = file.read_text().replace('base = "starter"', f'base = "{made(tmp_path / "base")}"')
    file.write_text(text.replace("# epochs = 3", "epochs = 1").replace("# passages = 1", "passages = 0"))
    ws = Workspace.open(ws.root)
    records = [conversation(n, thing) for n, thing in enumerate(GOODS)]
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "shop", records, "contract")
    return ws, dataset.build(ws).fingerprint


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the file of what it was asked."""
    log = tmp_path / "asked"
    command = [sys.executable, str(Path(__file__).with_name("teacher_server.py")), str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}", log
        process.terminate()


def test_a_servers_answers_are_checked_and_added(built: tuple[Workspace, str], server: tuple[str, Path],
                                                 monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    (ws, fingerprint), (address, log) = built, server
    monkeypatch.setenv(KEY, "s3cret")
    report = distil(ws, fingerprint, find(ws, f"{address}/v1"))
    before, after = (dataset.read(ws, one, "train") for one in (fingerprint, report.fingerprint))
    added = [row for row in after if row.origin == DISTILLED]
    asked = [json.loads(line) for line in log.read_text().splitlines()]
    system = ws.config.dataset.system

    assert [row for row in after if row.origin != DISTILLED] == before
    assert report.origins[DISTILLED] == len(added) == len(before) - len(REFUSED)
    assert {why: count for why, count in report.left_out.items() if why in REFUSED} == REFUSED
    assert {row.answer for row in added} == {"You find it on the first shelf beside the door, dear customer."}
    assert all(row.traced and row.legal_basis == "contract" and row.split == "train" for row in added)
    assert sorted(str(one["messages"]) for one in asked) == sorted(str(row.prompt(system)) for row in before)
    assert {(one["model"], one["temperature"], one["key"]) for one in asked} == {("big", 0, "Bearer s3cret")}
    for split in ("validation", "test"):
        assert dataset.read(ws, report.fingerprint, split) == dataset.read(ws, fingerprint, split)
    assert "s3cret" not in (ws.datasets / report.fingerprint / "README.md").read_text()

    left = ws.datasets / f"{report.fingerprint}.answers"  # as a kill between its last two steps leaves it
    left.mkdir()
    again = distil(ws, fingerprint, find(ws, f"{address}/v1"))
    assert not left.exists()
    assert (again.fingerprint, again.unchanged, again.origins) == (report.fingerprint, True, report.origins)
    assert len(log.read_text().splitlines()) == len(asked)


def test_answers_that_repeat_each_other_or_a_held_out_row_are_left_out(built: tuple[Workspace, str]) -> None:
    ws, fingerprint = built
    [held, *_] = dataset.read(ws, fingerprint, "test")
    asked = held.turns[-1][1]
    again = conversation(20, "nothing")
    texts = (asked, "Please ask my colleagues at the counter, who know the way.")
    messages = tuple(replace(one, text=text) for one, text in zip(again.messages, texts, strict=True))
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "shop", [replace(again, messages=messages)], "contract")
    file = ws.root / "deskwright.toml"
    file.write_text(file.read_text().replace("# same_answer = ", "same_answer = 3 # "))
    ws = Workspace.open(ws.root)
    fingerprint = dataset.build(ws).fingerprint
    before = dataset.read(ws, fingerprint, "train")
    assert asked in [row.turns[-1][1] for row in before]

    def answer(rows: Sequence[Row]) -> list[Said]:
        same = Said("You find everything on the first shelf beside the door, dear customer.")
        return [Said(held.answer) if row.turns[-1][1] == asked else same for row in rows]

    report = distil(ws, fingerprint, Teacher("of these tests", answer))
    left_out = report.left_out - dataset.found(ws, fingerprint).left_out

    assert report.origins[DISTILLED] == 3
    assert left_out == {"training row that repeats a held-out one": 1, CANNED: len(before) - 4}


def test_the_command_tunes_on_both(
    built: tuple[Workspace, str], server: tuple[str, Path], cli: Callable[..., Result]
) -> None:
    (ws, fingerprint), (address, _) = built, server
    found = cli("tune", "--distill-from", address, "--workspace", ws.root)
    model = rounds.find(ws.store, None)

    assert found.exit_code == 0, found.output
    assert f"With answers of big at {address}: training set {model.dataset}" in found.stdout
    assert "left out: answer of the teacher that is cut off 1" in found.stdout
    assert model.dataset != fingerprint
    assert adapter.read_card(adapter.folder(ws, model.name)).dataset == model.dataset
    assert address in (ws.datasets / model.dataset / "README.md").read_text()


def test_after_a_fault_it_goes_on_where_it_was(
    built: tuple[Workspace, str], server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (ws, fingerprint), (address, log) = built, server
    monkeypatch.setattr(teacher, "BATCH", 3)
    last = dataset.read(ws, fingerprint, "train")[-1].turns[-1][1]
    Path(f"{log}.broken").write_text(last)
    with pytest.raises(DeskwrightError, match=r"it answered 503 Service Unavailable.*is kept"):
        distil(ws, fingerprint, find(ws, address))
    first = len(log.read_text().splitlines())
    report = distil(ws, fingerprint, find(ws, address))

    assert first >= 9
    assert len(log.read_text().splitlines()) <= len(GOODS)
    assert report.origins[DISTILLED] > 0
    assert not list(ws.datasets.glob("*.answers"))


def test_a_server_that_cannot_be_used_is_told(ws: Workspace, server: tuple[str, Path]) -> None:
    address, _ = server

    with pytest.raises(DeskwrightError, match=r"has 2 models \(big, other\); say which: .*/two#MODEL"):
        find(ws, f"{address}/two")
    assert find(ws, f"{address}/two#other").name == f"other at {address}/two"
    with pytest.raises(DeskwrightError, match=r"found http://example\.com/v1; expected .* begins with https"):
        find(ws, "http://example.com/v1#big")
    with pytest.raises(DeskwrightError, match="could not be asked"):
        find(ws, "http://127.0.0.1:9/v1")


def test_a_model_on_this_machine_teaches_with_the_same_prompt(built: tuple[Workspace, str], tmp_path: Path) -> None:
    """It is tuned until it has answers that come to an end."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    ws, fingerprint = built
    folder = made(tmp_path / "teacher")
    model, tokenizer = (kind.from_pretrained(folder) for kind in (AutoModelForCausalLM, AutoTokenizer))
    lessons = examples(tokenizer, dataset.read(ws, fingerprint, "train"), ws.config.dataset.system)
    steps = torch.optim.AdamW(model.parameters(), lr=0.01)
    for lesson in lessons[:3] * 40:
        ids = torch.tensor([lesson["input_ids"]])
        model(ids, labels=ids.masked_fill(torch.tensor([lesson["completion_mask"]]) == 0, -100)).loss.backward()
        steps.step()
        steps.zero_grad()
    model.eval().save_pretrained(folder)
    pin = ws.root / "base.json"
    before, pinned = dataset.read(ws, fingerprint, "train"), pin.is_file()
    local = find(ws, str(folder))
    said = local.answer(before)
    report = distil(ws, fingerprint, local)
    added = {row.id: row for row in dataset.read(ws, report.fingerprint, "train") if row.origin == DISTILLED}
    left_out = report.left_out.total() - dataset.found(ws, fingerprint).left_out.total()

    assert len(added) + left_out == len(before)
    assert added
    assert pin.is_file() == pinned
    for row, one in zip(before, said, strict=True):
        ids = torch.tensor([render(tokenizer, row.prompt(ws.config.dataset.system), prompt=True)])
        out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=MOST_NEW_TOKENS, do_sample=False)
        out = out[0, ids.shape[1] :]
        assert one.text == tokenizer.decode(out, skip_special_tokens=True).strip()
        assert one.whole == (int(out[-1]) == tokenizer.eos_token_id)
        if f"{row.id}~{DISTILLED}" in added:
            assert added[f"{row.id}~{DISTILLED}"].answer == one.text


def test_a_line_that_a_kill_cut_off_is_asked_again(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"text": "one", "whole": true}\n{"text": "tw')

    assert teacher._whole_lines(file) == ['{"text": "one", "whole": true}']
    assert file.read_text() == '{"text": "one", "whole": true}\n'
