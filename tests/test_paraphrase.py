"""Questions in other words, by a real server in a process of its own: the good are kept, the bad are counted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import dataset, paraphrase
from instruct.rows import PARAPHRASE, Row
from privacy.gate import Gate
from privacy.ingest import ingest
from tests.test_distill import GOODS, conversation
from tests.test_tuning import made

RETURN, ORDER = "How long do I have to return the kettle I bought?", "<PERSON_1> here. Where is my order <ID_1> now?"
GOOD = {
    RETURN: ("Until when can I send back the kettle that I bought?", "stop"),
    ORDER: ("Can you tell me where my order <ID_1> is now? It is <PERSON_1>.", "stop"),
}
BAD = {
    "Hello, <PERSON_2> here. Where is my parcel <ID_2>?": ("Could you tell me where my parcel <ID_2> is?", "stop"),
    "I am <PERSON_3>. Can I change my address?": ("<PERSON_4> wants another address, is that possible?", "stop"),
    "I ordered 3 lamps. When do they arrive?": ("When will the 4 lamps that I ordered get here?", "stop"),
    "What does the error E-417 on my grinder mean?": ("My grinder says E-471, what is that error?", "stop"),
    "Where do I find the invoice for my chair?": ("where do i find the invoice for my chair", "stop"),
    "How do I cancel my membership?": ("Which colours does the sofa come in?", "stop"),
    "Is the carpet washable at home?": ("Is it possible to wash the car", "length"),
    "Do you ship the table abroad?": ("", "stop"),
    "Is the mirror in stock?": (
        " ".join(["Tell me whether the mirror is in stock, as I would like to buy it."] * 4),
        "stop",
    ),
    "How can I get the clock repaired?": ("How do I get my clock repaired? bob.jones@example.org", "stop"),
}
REASONS = {
    "paraphrase that has other placeholders": 2,
    "paraphrase that has another number or code": 2,
    "paraphrase that is a copy": 1,
    "paraphrase that means something else": 1,
    "paraphrase that is cut off": 1,
    "paraphrase that is empty": 1,
    "paraphrase that is much longer": 1,
    "personal data left": 1,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the file of what it was asked."""
    log = tmp_path / "asked"
    Path(f"{log}.says").write_text(json.dumps({**GOOD, **BAD}))
    command = [sys.executable, str(Path(__file__).with_name("paraphrase_server.py")), str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1", log
        process.terminate()


def configured(ws: Workspace, *lines: str) -> Workspace:
    file = ws.root / "deskwright.toml"
    file.write_text(file.read_text().replace("[dataset]\n", "[dataset]\n" + "\n".join(lines) + "\n"))
    return Workspace.open(ws.root)


def row(number: int, question: str) -> Row:
    turns = (("user", "Hello"), ("assistant", "Hi, what is it?"), ("user", question))
    about = {"topic": "", "traced": (f"m/{number}",), "gate_version": "7", "legal_basis": "contract", "customer": "c"}
    return Row(f"r/{number}", "train", "conversation", turns=turns, answer="Gladly.", outcome="solved", **about)


def test_good_paraphrases_are_kept_and_bad_ones_are_counted(
    ws: Workspace, server: tuple[str, Path], tmp_path: Path
) -> None:
    address, log = server
    ws = configured(ws, "paraphrase = 1", f'paraphraser = "{address}"')
    train = [row(n, question) for n, question in enumerate((*GOOD, *BAD))]
    reviewed = replace(row(99, RETURN), origin="review")
    tally: Counter[str] = Counter()
    found, writer = paraphrase.rows(ws, [*train, reviewed], tmp_path / "kept", tally)
    asked = [json.loads(line)["messages"] for line in log.read_text().splitlines()]

    assert [one.turns[-1][1] for one in found] == [text for text, _ in GOOD.values()]
    assert tally == REASONS
    for one, before in zip(found, train, strict=False):
        assert replace(one, id=before.id, origin=before.origin, turns=before.turns) == before
        assert (one.id, one.origin, one.turns[:-1]) == (f"{before.id}~paraphrase", PARAPHRASE, before.turns[:-1])
    assert sorted(messages[-1]["content"] for messages in asked) == sorted((*GOOD, *BAD))
    assert {messages[0]["content"] for messages in asked} == {paraphrase.SYSTEM}
    assert {len(messages) for messages in asked} == {2}

    again, _ = paraphrase.rows(ws, train, tmp_path / "kept", Counter())
    assert again == found
    assert writer.endswith(f" at {address}")
    assert len(log.read_text().splitlines()) == len(asked), "what was said is kept"


def test_a_share_is_paraphrased_and_none_by_default(ws: Workspace, server: tuple[str, Path], tmp_path: Path) -> None:
    address, log = server
    train = [row(n, f"On which shelf do I find the {GOODS[n % 16]}?") for n in range(60)]

    assert paraphrase.rows(ws, train, tmp_path / "kept", Counter()) == ([], "")
    assert not log.exists()
    paraphrase.rows(
        configured(ws, "paraphrase = 0.5", f'paraphraser = "{address}"'), train, tmp_path / "kept", Counter()
    )
    assert 15 < len(log.read_text().splitlines()) < 45


def test_without_a_model_that_writes_it_is_told(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DeskwrightError, match=r"dataset\.paraphraser names nobody.*No model that can ships"):
        paraphrase.rows(configured(ws, "paraphrase = 0.5"), [row(1, RETURN)], tmp_path / "kept", Counter())
    section = configured(ws, 'paraphraser = "http://example.com/v1"')
    with pytest.raises(DeskwrightError, match=r"dataset\.paraphraser: found http://example\.com/v1; expected"):
        paraphrase.rows(section, [row(1, RETURN)], tmp_path / "kept", Counter())


def test_a_training_set_has_them_in_training_alone_and_none_that_repeats_a_held_out_row(
    ws: Workspace, server: tuple[str, Path], tmp_path: Path
) -> None:
    address, log = server
    file = ws.root / "deskwright.toml"
    file.write_text(file.read_text().replace('base = "starter"', f'base = "{made(tmp_path / "base")}"'))
    ws = configured(ws, "passages = 0")
    records = [conversation(n, thing) for n, thing in enumerate(GOODS)]
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "shop", records, "contract")
    [held, *_] = dataset.read(ws, dataset.build(ws).fingerprint, "test")
    [thing] = [thing for thing in GOODS if thing in held.turns[-1][1]]

    other = f"Where in the shop is the shelf with the {thing}?"
    one = conversation(20, thing)
    texts = (other, held.answer)
    messages = tuple(replace(message, text=text) for message, text in zip(one.messages, texts, strict=True))
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "shop", [replace(one, messages=messages)], "contract")
    before = dataset.build(ws)
    assert other in [row.turns[-1][1] for row in dataset.read(ws, before.fingerprint, "train")]
    Path(f"{log}.says").write_text(json.dumps({other: (held.turns[-1][1], "stop")}))
    ws = configured(ws, "paraphrase = 1", f'paraphraser = "{address}"')
    interrupted = ws.datasets / "0123456789abcdef.paraphrases"
    interrupted.mkdir()
    report = dataset.build(ws)
    rows = {split: dataset.read(ws, report.fingerprint, split) for split in dataset.SPLITS}
    added = [row for row in rows["train"] if row.origin == PARAPHRASE]
    conversations = {row.id: row for row in rows["train"] if row.origin == "conversation"}

    assert report.origins[PARAPHRASE] == len(added) == len(conversations) - 1
    assert report.left_out - before.left_out == {"training row that repeats a held-out one": 1}
    assert held.turns[-1][1] not in [row.turns[-1][1] for row in added]
    assert all(row.traced == conversations[row.id.removesuffix(f"~{PARAPHRASE}")].traced for row in added)
    assert all("the shelf on which" in row.turns[-1][1] for row in added)
    assert not any(row.origin == PARAPHRASE for split in dataset.SPLITS[1:] for row in rows[split])
    assert len(log.read_text().splitlines()) == len(conversations)
    assert not list(ws.datasets.glob("*.paraphrases"))
    assert f"in the words of {report.paraphraser}" in (ws.datasets / report.fingerprint / "README.md").read_text()
    assert report.paraphraser.endswith(f" at {address}")
    (ws.datasets / f"{report.fingerprint}.paraphrases").mkdir()
    again = dataset.build(ws)
    assert (again.unchanged, again.paraphraser) == (True, report.paraphraser)
    assert not list(ws.datasets.glob("*.paraphrases")), "what a kill has left goes too"
    assert len(log.read_text().splitlines()) == len(conversations), "a set that is there asks nobody"
