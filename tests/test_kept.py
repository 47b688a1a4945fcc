"""Converted models: what a server uses stays, what nobody goes back to goes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from deskwright.plugins import Generation
from deskwright.store import now
from deskwright.workspace import Workspace
from instruct import adapter, base, rounds
from serve.engines import kept
from serve.engines.openvino import OpenVINO
from tests.server_process import make, tiny

HOLD = "import sys; from pathlib import Path; from serve.engines import kept; kept.use(Path(sys.argv[1]), bool); "


def copies(parent: Path, *names: str) -> None:
    for name in names:
        (parent / name).mkdir(parents=True)
        (parent / name / "openvino_model.xml").write_text("a graph")


def test_what_is_kept_or_in_use_stays_and_the_rest_goes(tmp_path: Path) -> None:
    copies(tmp_path, "kept", "used", "old", "tmp-half-made")
    held = kept.use(tmp_path / "used", lambda _: pytest.fail("it is there"))

    assert kept.clean(tmp_path, {"kept", "missing"}) == ["old", "tmp-half-made"]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["kept", "used"]
    os.close(held)
    assert kept.clean(tmp_path, {"kept"}) == ["used"]


def test_a_copy_that_another_process_uses_stays_until_that_ends_however_it_ends(tmp_path: Path) -> None:
    copies(tmp_path, "used")
    words = [sys.executable, "-c", f"{HOLD} print('held', flush=True); sys.stdin.read()", str(tmp_path / "used")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        assert kept.clean(tmp_path, ()) == []
        assert (tmp_path / "used" / "openvino_model.xml").is_file()
        other.kill()

    assert kept.clean(tmp_path, ()) == ["used"]


def test_one_makes_a_copy_and_nothing_goes_meanwhile(tmp_path: Path) -> None:
    copies(tmp_path, "old")
    begun, go, made = threading.Event(), threading.Event(), []

    def making(folder: Path) -> None:
        begun.set()
        assert go.wait(30)
        made.append(folder)
        folder.mkdir()

    threads = [threading.Thread(target=kept.use, args=(tmp_path / "new", making)) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    meanwhile = kept.clean(tmp_path, ())
    go.set()
    for thread in threads:
        thread.join(30)

    assert meanwhile == []
    assert made == [tmp_path / "new"]
    assert kept.clean(tmp_path, ()) == ["old"]


def test_where_a_copy_cannot_be_made_nothing_is_held(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        kept.use(tmp_path / "new", lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
    copies(tmp_path, "old")

    assert kept.clean(tmp_path, ()) == ["old"]


@pytest.fixture
def promoted(tmp_path: Path) -> tuple[Workspace, list[rounds.Model]]:
    """A workspace with three whole models, promoted one after the other."""
    tiny(tmp_path / "base")
    ws = make(tmp_path / "ws", f'[model]\nbase = "{tmp_path / "base"}"\n')
    with ws.store.begin() as connection:
        connection.execute(ws.store.tables.datasets.insert().values(fingerprint="f", made_at=now(), report={}))
    models = []
    for n in (1, 2, 3):
        folder = adapter.folder(ws, f"round-{n}")
        tiny(folder)
        about = {**vars_of(adapter.untuned(ws)), "base_digest": base.digest(ws), "system": f"Help {n}."}
        adapter.write_card(folder, adapter.Card(**about))
        models.append(rounds.Model(f"round-{n}", n, adapter.digest(folder), "base", "f"))
        rounds.register(ws.store, models[-1])
        rounds.promote(ws.store, models[-1], force="a test")
    return ws, models


def vars_of(card: adapter.Card) -> dict[str, Any]:
    return {name: getattr(card, name) for name in card.__slots__}


def test_the_copies_of_the_promoted_model_and_of_the_one_before_stay(
    promoted: tuple[Workspace, list[rounds.Model]],
) -> None:
    ws, models = promoted
    there = lambda: sorted(one.name.partition("-")[0] for one in (ws.root / "openvino").iterdir())  # noqa: E731

    first = OpenVINO.open(ws, models[0])  # an old server that is still at work
    second = OpenVINO.open(ws, models[1])
    assert there() == sorted(one.digest for one in models[:2])
    del second
    last = OpenVINO.open(ws, models[2])
    assert there() == sorted(one.digest for one in models)
    assert list(first.stream([{"role": "user", "content": "Where is it?"}], Generation(max_tokens=3)))
    del first, last
    assert OpenVINO.open(ws, models[2]).digest == models[2].digest
    assert there() == sorted(one.digest for one in models[1:])


def test_with_a_copy_the_weights_are_not_loaded_again_and_it_says_the_same(
    promoted: tuple[Workspace, list[rounds.Model]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ws, models = promoted
    asked, how = [{"role": "user", "content": "Where is my parcel?"}], Generation(max_tokens=8)
    said = [[token.text for token in OpenVINO.open(ws, one).stream(asked, how)] for one in (models[2], None)]
    whole = [adapter.load(ws, one) for one in (models[2], None)]
    light = [adapter.without_weights(ws, one) for one in (models[2], None)]
    monkeypatch.setattr(adapter, "load", lambda *_: pytest.fail("the weights are loaded"))
    copy = ws.root / "openvino"

    for one, other in zip(whole, light, strict=True):
        assert one.model.config.to_dict() == other.model.config.to_dict()
        assert one.model.generation_config.eos_token_id == other.model.generation_config.eos_token_id
        assert (one.card, one.tokenizer.chat_template) == (other.card, other.tokenizer.chat_template)
    assert len(list(copy.iterdir())) == 2, "the base's was of no promoted model, and its engine is gone"
    assert [token.text for token in OpenVINO.open(ws, models[2]).stream(asked, how)] == said[0]


def test_a_changed_model_is_refused_also_where_a_copy_of_it_is(
    promoted: tuple[Workspace, list[rounds.Model]],
) -> None:
    ws, models = promoted
    OpenVINO.open(ws, models[2])
    (adapter.folder(ws, "round-3") / "config.json").write_text("{}")

    with pytest.raises(Exception, match="is missing or not what was registered"):
        OpenVINO.open(ws, models[2])
