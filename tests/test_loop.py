"""The loop on a small generated export: ingest, build, tune, evaluate, promote, serve, chat, review, next round.

Canaries (names, addresses, cards, phone numbers) are planted in the export and typed into the chat; afterwards they are
looked for in every byte of the workspace, compressed tables opened and sealed columns decrypted.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from datasets import Dataset
from starlette.testclient import TestClient

from deskwright import audit, workspace
from deskwright.cli import deskwright
from deskwright.workspace import Workspace
from instruct import adapter, base, dataset, rounds
from instruct.prompt import render
from instruct.rows import whole
from privacy.gate import Gate
from serve import access
from serve.app import create_app
from serve.commands import start
from serve.live import Live, opener

FIRST = "Amaryllis Bartholomew Cosmina Desiderio Evangeline Ferruccio Gwendolyn Hyacinth Ignatius Jacinta".split()
LAST = "Okafor Quispe Rautavaara Szymanski Tremblay Uchiyama Vasquez Wojcik Yamaguchi Zelenko".split()
TOPICS = {
    "return": ("How long do I have to return {item}?", "You can return {item} within 30 days of delivery, unopened."),
    "delivery": ("When will {item} arrive?", "Standard delivery of {item} takes three to five working days."),
    "warranty": ("What warranty is on {item}?", "{item} comes with a warranty of two years from the day of purchase."),
    "invoice": (
        "Where do I find the invoice for {item}?",
        "You find the invoice for {item} in your account under Orders.",
    ),
}
ITEMS = ("the kettle", "the grinder", "the scale", "the espresso machine", "the milk jug")
CARD, PHONE, STREET, SECRET_NOTE = "4111 1111 1111 1111", "(415) 555-0173", "48 Juniper Avenue", "known refund abuser"
CHAT_NAME, CHAT_MAIL, CHAT_CARD = "Thelonious Abernathy", "thelonious@example.net", "5555 5555 5555 4444"
CORRECTION = "You have thirty days to return the kettle, counted from the day it was delivered."
SMALL = {
    "# passages = 1": "passages = 1",
    "# max_tokens = 1024": "max_tokens = 256",
    "# epochs = 3": "epochs = 1",
    "# batch = 8": "batch = 16",
    "# max_tokens = 256": "max_tokens = 24",
}


def write_export(path: Path) -> list[str]:
    """A Zendesk export of 120 tickets, each with canaries; returns all that must never be found again."""
    order = random.Random(5)
    canaries = {CARD, PHONE, STREET, SECRET_NOTE, "Ottoline Fairweather", "ottoline"}
    lines: list[dict[str, object]] = [
        {"user": {"id": 1, "role": "agent", "name": "Ottoline Fairweather", "email": "ottoline@example.com"}}
    ]
    for n in range(120):
        name = f"{FIRST[n % 10]} {LAST[(n // 10 + n) % 10]}"
        mail = f"{name.split()[0].lower()}.{name.split()[1].lower()}{n}@example.org"
        canaries |= {name, name.split()[0], name.split()[1], mail}
        item = order.choice(ITEMS)
        topic, (question, answer) = order.choice(sorted(TOPICS.items()))
        dirt = order.choice((f"My card is {CARD}.", f"Call me on {PHONE}.", f"I live at {STREET}.", ""))
        bodies = [
            (100 + n, True, f"{question.format(item=item)} {dirt}\nThanks, {name}\n{mail}"),
            (1, False, f"{name} is a {SECRET_NOTE}"),
            (1, True, f"Hi {name.split()[0]},\n\n{answer.format(item=item)}\n\nBest regards,\nOttoline Fairweather"),
        ]
        comments = [
            {
                "id": 10 * n + i,
                "author_id": author,
                "public": public,
                "body": body,
                "created_at": f"2026-01-{1 + n // 24:02}T{n % 24:02}:{i:02}:00Z",
            }
            for i, (author, public, body) in enumerate(bodies)
        ]
        lines.append({"user": {"id": 100 + n, "role": "end-user", "name": name, "email": mail}})
        ticket = {"id": n, "requester_id": 100 + n, "status": "closed", "subject": f"{name} asks", "tags": [topic]}
        lines.append({**ticket, "comment_count": 3, "comments": comments})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return sorted(canaries)


@dataclass
class Loop:
    """A workspace that went through the loop, what was planted, and all that the commands printed."""

    ws: Workspace
    canaries: list[str]
    printed: list[str] = field(default_factory=list)
    again: str = ""

    def run(self, *words: object, exit_code: int = 0) -> str:
        command = [str(word) for word in (*words, "--workspace", self.ws.root)]
        result = CliRunner().invoke(deskwright, command, catch_exceptions=False)
        assert result.exit_code == exit_code, result.output
        self.printed.append(result.output)
        return result.output


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    """The first round, on the starter."""
    root = tmp_path_factory.mktemp("loop")
    canaries = write_export(root / "export.ndjson")
    workspace.create(root / "ws")
    config = root / "ws" / "deskwright.toml"
    text = config.read_text()
    for setting, wanted in SMALL.items():
        text = text.replace(setting, wanted)
    config.write_text(text)
    made = Loop(Workspace.open(root / "ws"), canaries)
    made.run("ingest", "zendesk", root / "export.ndjson")
    made.run("build")
    made.run("tune")
    made.again = made.run("tune")
    made.run("evaluate", "--rows", 8)
    made.run("promote", "--force", "a test needs a champion")
    return made


def chat(loop: Loop) -> tuple[TestClient, str, str]:
    """A server over the promoted model, a chat's answer in it, and a reviewer's key."""
    gate = Gate.of(loop.ws)
    app = create_app(loop.ws, Live(loop.ws.store, opener(loop.ws, gate, "transformers")), gate)
    client = TestClient(app, base_url="http://testserver", headers={"Origin": "http://testserver"})
    token = client.post("/widget/api/session").json()["token"]
    question = f"I am {CHAT_NAME}, {CHAT_MAIL}, card {CHAT_CARD}. How long do I have to return the kettle?"
    answer = client.post("/widget/api/chat", json={"message": question}, headers={"Authorization": f"Bearer {token}"})
    events = [json.loads(line[5:]) for line in answer.text.splitlines() if line.startswith("data:")]
    message_id = events[-1]["message_id"]
    thumb = {"message_id": message_id, "value": -1, "reasons": ["wrong"], "comment": f"no! {CHAT_NAME} ({CHAT_MAIL})"}
    voted = client.post("/widget/api/feedback", json=thumb, headers={"Authorization": f"Bearer {token}"})
    assert voted.status_code == 200
    return client, message_id, access.create(loop.ws.store, "reviewer", "test")


def correct(client: TestClient, message_id: str, key: str) -> None:
    review = {"message_id": message_id, "rating": 2, "corrected": CORRECTION, "comment": f"asked {CHAT_NAME} himself"}
    answer = client.post("/console/api/review", json=review, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text


def everything_stored(ws: Workspace) -> Iterator[tuple[str, str]]:
    """(where, text) of every byte of the workspace, with tables opened and sealed columns decrypted."""
    for file in sorted(path for path in ws.root.rglob("*") if path.is_file()):
        yield str(file), file.read_bytes().decode("utf-8", "ignore")
        yield str(file), file.read_bytes().decode("utf-16-le", "ignore")
        yield "name of a file", str(file.relative_to(ws.root))
        if file.suffix == ".parquet":
            yield str(file), json.dumps(Dataset.from_parquet(str(file)).to_list(), ensure_ascii=False)
    with ws.store.read() as connection:
        for table in ws.store.tables.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                yield f"table {table.name}", repr(tuple(row))


def test_canaries_are_found_nowhere_after_the_whole_loop(loop: Loop) -> None:
    client, message_id, key = chat(loop)
    correct(client, message_id, key)
    planted = [*loop.canaries, CHAT_NAME, "Thelonious", "Abernathy", CHAT_MAIL, CHAT_CARD, CHAT_CARD.replace(" ", "")]

    stored = list(everything_stored(loop.ws)) + [("printed", text) for text in loop.printed]
    leaks = [(where, word) for where, text in stored for word in planted if word.lower() in text.lower()]

    allowed = {("table messages", SECRET_NOTE)}
    assert {(where, word) for where, word in leaks} - allowed == set()
    assert any("refund abuser" in text for where, text in stored if where == "table messages")


def test_an_internal_note_reaches_no_training_row(loop: Loop) -> None:
    fingerprint = rounds.find(loop.ws.store, None).dataset
    rows = [row for split in dataset.SPLITS for row in dataset.read(loop.ws, fingerprint, split)]

    assert len(rows) > 30
    assert SECRET_NOTE not in repr(rows)


def test_customers_do_not_straddle_splits_and_the_newest_are_held_out(loop: Loop) -> None:
    fingerprint = rounds.find(loop.ws.store, None).dataset
    splits = {split: dataset.read(loop.ws, fingerprint, split) for split in dataset.SPLITS}
    customers = {split: {row.customer for row in rows} for split, rows in splits.items()}

    assert customers["train"] & customers["test"] == set()
    assert customers["train"] & customers["validation"] == set()
    assert customers["validation"] & customers["test"] == set()
    numbers = {split: [int(row.id.split("/")[1]) for row in rows] for split, rows in splits.items()}
    assert max(numbers["train"]) < min(numbers["validation"])
    assert max(numbers["validation"]) < min(numbers["test"])


def test_every_row_is_traced_to_messages_gate_and_legal_basis(loop: Loop) -> None:
    rows = dataset.read(loop.ws, rounds.find(loop.ws.store, None).dataset, "train")

    assert all(row.traced and row.traced[0].startswith("zendesk/") for row in rows)
    assert {(row.gate_version, row.legal_basis) for row in rows} == {(Gate.of(loop.ws).version, "legitimate interest")}


def test_a_row_does_not_find_its_own_answer_as_a_passage(loop: Loop) -> None:
    rows = dataset.read(loop.ws, rounds.find(loop.ws.store, None).dataset, "train")
    sources = {(row.turns[-1][1], row.answer): row.customer for row in rows}

    assert all(sources[passage] != row.customer for row in rows for passage in row.passages if passage in sources)
    assert all(len(row.passages) == 1 for row in rows)


def test_training_and_serving_render_the_same_ids(loop: Loop) -> None:
    model = rounds.champion(loop.ws.store)
    assert model is not None
    served = adapter.load(loop.ws, model)
    row = dataset.read(loop.ws, model.dataset, "test")[0]
    trained_on = base.tokenizer(loop.ws)

    prompt = render(served.tokenizer, row.prompt(served.card.system), prompt=True)
    whole_row = render(trained_on, whole(row, loop.ws.config.dataset.system), prompt=False)

    assert whole_row[: len(prompt)] == prompt
    assert whole_row[-1] == served.tokenizer.eos_token_id


def test_tuning_moved_the_adapter_and_beat_the_base(loop: Loop) -> None:
    evaluation = rounds.find(loop.ws.store, None).evaluation
    assert evaluation is not None

    assert evaluation["scores"]["base"]["loss"]["mean"] - evaluation["gain"]["mean"] == pytest.approx(
        evaluation["scores"][evaluation["model"]]["loss"]["mean"]
    )
    assert evaluation["gain"]["mean"] > 0
    assert evaluation["leaks"] == 0


def test_a_second_tune_of_the_same_things_does_nothing(loop: Loop) -> None:
    assert "was tuned on exactly this; nothing to do." in loop.again


def test_the_answer_says_who_gave_it(loop: Loop) -> None:
    client, message_id, reviewer = chat(loop)
    correct(client, message_id, reviewer)  # so that the console's queue is empty again
    key = access.create(loop.ws.store, "integration", "test")
    request = {"model": "deskwright", "messages": [{"role": "user", "content": "How long is the warranty?"}]}

    answer = client.post("/v1/chat/completions", json=request, headers={"Authorization": f"Bearer {key}"}).json()

    champion = rounds.champion(loop.ws.store)
    assert champion is not None
    assert answer["deskwright"]["digest"] == champion.digest
    assert champion.name in answer["deskwright"]["model"]


def test_a_correction_is_in_the_next_rounds_training_rows_and_rollback_brings_the_old_model_back(loop: Loop) -> None:
    client, message_id, key = chat(loop)
    correct(client, message_id, key)
    first = rounds.champion(loop.ws.store)
    assert first is not None
    held_out = dataset.read(loop.ws, first.dataset, "test")

    loop.run("tune")

    second = rounds.find(loop.ws.store, None)
    rows = dataset.read(loop.ws, second.dataset, "train")
    reviewed = [row for row in rows if row.origin == "review" and message_id in row.id]
    assert second.round == first.round + 1
    assert {row.answer for row in reviewed} == {CORRECTION}
    assert reviewed[0].turns[0][1].endswith("How long do I have to return the kettle?")
    assert [row.id for row in dataset.read(loop.ws, second.dataset, "test")] == [row.id for row in held_out]

    loop.run("evaluate", "--rows", 8)
    loop.run("promote", "--force", "test")
    assert rounds.champion(loop.ws.store) == rounds.find(loop.ws.store, second.name)
    asked = {"model": "deskwright", "messages": [{"role": "user", "content": "How long is the warranty?"}]}
    bearer = {"Authorization": f"Bearer {access.create(loop.ws.store, 'admin', 'test')}"}
    answer = client.post("/v1/chat/completions", json=asked, headers=bearer).json()
    assert answer["deskwright"]["digest"] == second.digest

    loop.run("rollback")
    assert rounds.champion(loop.ws.store) == first
    assert audit.broken_at(loop.ws.store) is None


def kill_after_a_checkpoint(command: list[str], root: Path) -> None:
    """`kill -9` of a tuning in the workspace at `root`, as soon as it can go on from somewhere."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not list(root.glob("models/training-*/checkpoints/checkpoint-*/trainer_state.json")):
        assert running.poll() is None
        time.sleep(0.02)
    running.kill()
    assert running.wait() == -signal.SIGKILL


def test_a_tuning_run_that_was_killed_goes_on_to_the_same_loss(loop: Loop, tmp_path: Path) -> None:
    """`kill -9` after a checkpoint, then the same command; beside it the same run undisturbed."""
    losses = {}
    for case in ("undisturbed", "killed"):
        root = tmp_path / case
        shutil.copytree(loop.ws.root, root)
        text = (root / "deskwright.toml").read_text()
        (root / "deskwright.toml").write_text(
            text.replace("epochs = 1", "epochs = 12").replace("# seed = 17", "seed = 18")
        )
        command = [sys.executable, "-m", "deskwright", "tune", "--workspace", str(root)]
        if case == "killed":
            kill_after_a_checkpoint(command, root)
        again = subprocess.run(command, capture_output=True, text=True, check=True)
        model = rounds.find(Workspace.open(root).store, None)
        losses[case] = adapter.read_card(root / "models" / model.name).losses["validation, best"]
        first_step = int(re.findall(r"tune: step (\d+)/", again.stderr)[0])
        assert (first_step > 1) == (case == "killed")

    assert losses["killed"] == pytest.approx(losses["undisturbed"], abs=1e-4)


@pytest.mark.browser
def test_a_thumb_in_the_browser_becomes_a_training_row_by_way_of_the_console(loop: Loop, browser: Any) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    def one(selector: str) -> Any:
        return WebDriverWait(browser, 60, 0.05).until(lambda _: browser.find_elements(By.CSS_SELECTOR, selector))[-1]

    def until(met: Callable[[], Any]) -> None:
        WebDriverWait(browser, 60, 0.02).until(lambda _: met())

    running = start(loop.ws, port=0)
    browser.get(f"{running.url}/widget")
    one("#message").send_keys("Does the invoice show the kaleidoscope?", Keys.ENTER)
    seen = set()
    until(
        lambda: (seen.add(one(".turn.theirs .bubble").text), browser.find_elements(By.CSS_SELECTOR, ".rate .down"))[1]
    )
    one(".rate .down").click()
    one('.chip[data-reason="wrong"]').click()
    one(".panel .main").click()
    one(".thanks")

    browser.get(f"{running.url}/console#key={access.create(loop.ws.store, 'reviewer', 'Mina')}")
    until(lambda: "Thumb down: wrong" in one("#about").text and "kaleidoscope" in one("#case").text)
    for key in ("2", "c"):
        one("body").send_keys(key)
    one("#corrected").clear()
    one("#corrected").send_keys("Yes, add the name under Account, Billing.", Keys.CONTROL + Keys.ENTER)
    until(lambda: "kaleidoscope" not in one("#case").text)
    running.stop()
    loop.run("build")

    newest = max(loop.ws.datasets.iterdir(), key=lambda folder: folder.stat().st_mtime).name
    rows = [row for row in dataset.read(loop.ws, newest, "train") if "kaleidoscope" in row.turns[-1][1]]
    assert {row.answer for row in rows} == {"Yes, add the name under Account, Billing."}
    assert {row.origin for row in rows} == {"review"}
    assert len(seen) > 1
