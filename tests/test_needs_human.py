"""Which words of a customer need a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import Result

from deskwright.config import Config
from deskwright.conversation import Conversation, Kind, Message, Participant, Visibility
from deskwright.store import now
from deskwright.workspace import Workspace
from instruct import adapter, dataset, needs_human, rounds
from instruct.classify import calibration, calibration_error
from instruct.needs_human import NeedsHuman
from instruct.signs import ASKED, TAGGED, TAKEN, Example, examples
from privacy.gate import Gate
from privacy.ingest import Kept, ingest
from serve import live

ORDINARY = (
    "Where is my parcel?", "How do I descale it?", "Which filter fits?", "Do you ship to Norway?", "Is it in stock?",
    "Can I pay by invoice?", "What does the repair cost?", "When do you open?", "How long is the warranty?",
)  # fmt: skip
UPSET = (
    "I want to speak to your manager", "Please call me", "Let me talk to a real person", "Give me a call today",
    "Put me through to someone, I have had enough",
)  # fmt: skip


def conversation(number: int, *said: str, tags: tuple[str, ...] = (), notes: str = "") -> Conversation:
    """`said` begins with who says it: c, a or b; `notes` are the authors of internal messages."""
    people = (Participant(f"c{number}", Kind.CUSTOMER), Participant("a", Kind.AGENT), Participant("b", Kind.AGENT))
    authors = {"c": people[0].id, "a": "a", "b": "b"}
    messages = [Message(str(n), authors[t[0]], t[2:], visibility=Visibility.PUBLIC) for n, t in enumerate(said)]
    messages += [
        Message(f"n{n}", authors[who], "A note", visibility=Visibility.INTERNAL) for n, who in enumerate(notes)
    ]
    return Conversation("desk", str(number), people, tuple(messages), tags=tags, language="en")


def found(ws: Workspace, *said: str, **fields: object) -> list[tuple[str, str]]:
    clean = Gate(ws.config.privacy, ws.store, ()).clean(conversation(1, *said, **fields))  # type: ignore[arg-type]
    return [(one.text, one.sign) for one in examples(Kept(1, clean, "contract", None))]


def test_the_words_that_needed_a_person_are_told_by_what_became_of_them(ws: Workspace) -> None:
    assert found(ws, "c It leaks.", "a Tighten it.", "c Thanks!") == [("It leaks.", ""), ("Thanks!", "")]
    assert found(ws, "c It leaks.", "a Tighten it.", "c Let me talk to a human.", "a Hello, it is me.") == [
        ("Let me talk to a human.", ASKED)
    ]
    assert found(ws, "c It leaks.", "a Tighten it.", "c It burns!", "b I take over.", "c Thanks!") == [
        ("It burns!", TAKEN)
    ]
    assert found(ws, "c It leaks.", "a Tighten it.", "c And now?", tags=("tier2_escalated",)) == [("It leaks.", TAGGED)]
    assert found(ws, "c It leaks.", "a Tighten it.", notes="b") == [("It leaks.", "")]
    assert found(ws, "a Welcome!", "b May we help?") == []


@pytest.mark.parametrize("asked", UPSET)
def test_those_who_ask_for_a_person_are_heard(ws: Workspace, asked: str) -> None:
    assert found(ws, f"c {asked}.") == [(f"{asked}.", ASKED)]


@pytest.mark.parametrize("asked", ["Who is the agent of this brand?", "I call it a day", "The calls are too loud"])
def test_others_are_not(ws: Workspace, asked: str) -> None:
    assert found(ws, f"c {asked}") == [(asked, "")]


def many(count: int) -> list[Conversation]:
    """Of every four customers one is upset; each writes in words of her own."""
    words = [*(f"{ORDINARY[n % 9]} It is the {n}th time I ask." for n in range(count))]
    words[::4] = [f"{UPSET[n % 5]}, number {n}." for n in range(len(words[::4]))]
    return [conversation(n, f"c {text}", "a Here is what you need to know.") for n, text in enumerate(words)]


def stored(ws: Workspace, count: int) -> Workspace:
    ingest(ws.store, Gate(ws.config.privacy, ws.store, ()), "desk", many(count), "contract")
    (ws.datasets / "set").mkdir(parents=True)
    table = ws.store.tables.splits
    with ws.store.begin() as connection:
        customers = list(connection.execute(ws.store.tables.conversations.select()).mappings())
        held = [{"customer": one["customer"], "split": "test"} for one in customers[-count // 5 :]]
        connection.execute(table.insert(), [{**one, "assigned_at": now()} for one in held])
    return ws


def test_it_learns_measures_and_is_kept_with_the_training_set(
    ws: Workspace, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(ws, 140)
    monkeypatch.setattr(dataset, "build", lambda _: SimpleNamespace(fingerprint="set"))
    early = cli("needs-human", "Please call me", "--workspace", ws.root)
    report = json.loads(cli("needs-human", "--json", "--workspace", ws.root).stdout)
    likely = needs_human.open(ws, "set")

    assert (early.exit_code, "Learn it first" in early.stderr) == (2, True)
    assert report["examples"] == {"needed none": 84, ASKED: 28}
    assert (report["held out"], report["held out that needed one"]) == (28, 7)
    assert report["F1"] > 0.8
    assert report["average precision"] > 0.8
    assert 0 <= report["calibration error"] < 0.25
    assert {kind: each["words"] for kind, each in report["kinds"].items()} == {"needed a person": 7, "needed none": 21}
    assert report["kinds"]["needed a person"]["F1"] == report["F1"]
    assert sum(one["count"] for one in report["calibration"]) == 28
    assert likely("I want to talk to your manager now") > report["threshold"] > likely("Which filter fits my machine?")
    assert json.loads((ws.datasets / "set" / needs_human.REPORT).read_text()) == report
    assert cli("needs-human", "Please call me", "--workspace", ws.root).stdout.strip().endswith("%")
    assert "precision" in needs_human.describe(report)
    printed = cli("needs-human", "--workspace", ws.root).stdout
    assert [line.split()[-1] for line in printed.splitlines() if line.startswith("needed ")] == ["7", "21"]


def test_calibration_is_told_by_parts() -> None:
    likely, wanted = np.array([0.05, 0.06, 0.55, 0.95, 1.0]), np.array([False, True, True, True, True])
    found = calibration(likely, wanted)

    assert [(one["from"], one["count"], one["came true"]) for one in found] == [
        (0, 2, 0.5),
        (8 / 15, 1, 1),
        (14 / 15, 2, 1),
    ]
    assert found[0]["said"] == pytest.approx(0.055)
    assert calibration_error(likely, wanted) == pytest.approx((2 * 0.445 + 0.45 + 2 * 0.025) / 5)


def test_what_needed_none_is_measured_too() -> None:
    """One of two that needed a person is found, and one of four others is taken for such."""

    class Learnt(NeedsHuman):
        def probabilities(self, texts: Sequence[str]) -> np.ndarray:
            return np.array([float(text) for text in texts])

    held = [Example(text, text, sign and ASKED) for text, sign in
            (("0.9", "x"), ("0.1", "x"), ("0.8", ""), ("0.2", ""), ("0.3", ""), ("0.4", ""))]  # fmt: skip
    report = needs_human.measure(Learnt(np.zeros((2, 1)), np.zeros(2), 0.5), held)

    assert report["kinds"]["needed a person"] == {"precision": 0.5, "recall": 0.5, "F1": 0.5, "words": 2}
    assert report["kinds"]["needed none"] == {"precision": 0.75, "recall": 0.75, "F1": 0.75, "words": 4}
    assert needs_human.tables(report).splitlines()[3].split() == ["needed", "none", "0.75", "0.75", "0.75", "4"]
    assert needs_human.tables({}) == ""


def test_it_is_kept_with_the_training_set_of_the_newest_model(
    ws: Workspace, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(ws, 40)
    monkeypatch.setattr(dataset, "build", lambda _: pytest.fail("a training set is there"))
    with ws.store.begin() as connection:
        known = {"made_at": now(), "report": {}}
        connection.execute(ws.store.tables.datasets.insert(), [{"fingerprint": "set", **known}])
    rounds.register(ws.store, rounds.Model("round-1-a", 1, "d", "demo", "set"))

    assert "was not learnt" in cli("needs-human", "--workspace", ws.root).stdout
    assert (ws.datasets / "set" / needs_human.REPORT).is_file()


def test_too_few_are_told_in_plain_words(
    ws: Workspace, cli: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(ws, 40)
    monkeypatch.setattr(dataset, "build", lambda _: SimpleNamespace(fingerprint="set"))
    said = cli("needs-human", "--workspace", ws.root).stdout

    assert "was not learnt: found 8 words of 8 customers that needed a person, expected 20 of 5 and more" in said
    assert needs_human.open(ws, "set")("Please call me") is None


def test_a_held_out_part_without_such_words_is_not_measured() -> None:
    taught = [Example(text, f"{n} {kind}", kind and ASKED) for kind, texts in (("", ORDINARY), ("x", UPSET))
              for n, text in enumerate(texts * 5)]  # fmt: skip
    learnt = NeedsHuman.fit(taught)
    report = {"learnt": True, "examples": {}, **needs_human.measure(learnt, taught[:3])}

    assert "F1" not in report
    assert "not measured" in needs_human.describe(report)
    assert needs_human.measure(learnt, taught)["F1"] > 0.95


def test_it_is_trusted_where_its_precision_is_known_to_be_good(ws: Workspace) -> None:
    stored(ws, 140)
    before = needs_human.trusted(ws, "set")
    report = needs_human.learn(ws, "set")
    needs_person, why = needs_human.trusted(ws, "set")

    assert before == (None, "it was not learnt: run `deskwright needs-human`.")
    assert report["precision"] == pytest.approx(report["rightly found"] / report["found"])
    assert needs_person
    assert needs_person("I want to talk to your manager now")
    assert not needs_person("Which filter fits my machine?")
    assert f"of {report['found']} held-out words that it took for such {report['rightly found']} were" in why


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({"found": 5, "rightly found": 5}, "surely 48% or more; expected 50%."),
        ({"found": 40, "rightly found": 24}, "surely 42% or more; expected 50%."),
        ({"found": 0, "rightly found": 0, "held out": 9}, "of 9 held-out words 0 needed one, and it took none"),
        ({"held out": 3, "held out that needed one": 3}, "of 3 held-out words 3 needed one, and both kinds are needed"),
    ],
)
def test_it_is_not_trusted_where_that_may_be_chance(ws: Workspace, figures: dict[str, int], why: str) -> None:
    (ws.datasets / "set").mkdir(parents=True)
    NeedsHuman.fit([Example(t, t, ASKED) for t in UPSET * 2] + [Example(t, t, "") for t in ORDINARY]).save(
        ws.datasets / "set"
    )
    (ws.datasets / "set" / needs_human.REPORT).write_text(json.dumps({"learnt": True, **figures}))
    needs_person, said = needs_human.trusted(ws, "set")

    assert needs_person is None
    assert why in said


def test_the_start_says_where_it_is_not_used(ws: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    model = rounds.Model("round-1-a", 1, "d", "demo", "set")
    found = live._judge(ws, adapter.untuned(ws), model)

    assert found is None
    assert caplog.messages == [
        "Nobody is offered a person for their words, since what `deskwright needs-human` learns is not used: "
        "it was not learnt: run `deskwright needs-human`."
    ]
    assert live._judge(ws, adapter.untuned(ws), None) is None
    assert len(caplog.messages) == 1


def test_the_server_uses_it_where_it_is_trusted(ws: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    stored(ws, 140)
    needs_human.learn(ws, "set")
    model = rounds.Model("round-1-a", 1, "d", "demo", "set")
    found = live._judge(ws, adapter.untuned(ws), model)
    off = Workspace(ws.root, Config.model_validate({"serve": {"policy": False}}), ws.keys)

    assert found
    assert found.words.offer == ws.config.serve.offer_person
    asked = [{"role": "user", "content": "Let me talk to a person, I have had enough"}]
    assert found.case(asked, [], None, asked).needs_person
    assert live._judge(off, adapter.untuned(ws), model) is None
    assert caplog.messages == []


def test_what_is_kept_is_what_was_learnt(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("set")
    learnt = NeedsHuman.fit([Example(t, t, ASKED) for t in UPSET * 2] + [Example(t, t, "") for t in ORDINARY])
    learnt.save(folder)
    again = NeedsHuman.read(folder)

    assert again
    assert again.threshold == learnt.threshold
    assert list(again.probabilities(UPSET)) == list(learnt.probabilities(UPSET))
