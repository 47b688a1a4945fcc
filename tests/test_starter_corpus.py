"""The corpus of the starter model: roles, boilerplate, what is left out, and what is held out."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deskwright.errors import DeskwrightError
from instruct.starter.__main__ import main
from instruct.starter.corpus import SOURCES, SUPPORT, attribution, book_text, documents, invented, is_held_out
from instruct.starter.data import make
from instruct.starter.encoded import Documents

BOOK = """# Title: A Walk

## Author: Ada Ode

## Year: 1921

-------
Produced by Somebody

## CHAPTER I.

It was _very_ early.[Illustration: a hill]

* * *

"Yes," he said.

"You bastard!" she said.

THE END

"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder as the real one, with a handful of invented documents."""
    dialogue = [
        ("agent", "Hello."),
        ("customer", "Hi"),
        ("customer", "a table"),
        ("agent", "For whom?"),
        ("customer", "Me"),
    ]
    turns = [{"role": role, "text": text} for role, text in dialogue]
    chat = [{"role": role, "text": f"{role} speaks"} for role in "AB"]
    book = {"author": "Ada Ode", "title": "A Walk", "year": 1921, "text": BOOK}
    lines = {
        "star": [{"id": f"s{n}", "turns": turns} for n in range(200)],
        "taskmaster4": [{"id": f"t{n}", "turns": turns[1:4]} for n in range(3)],
        "self_dialogue": [{"id": "d1", "turns": chat}, {"id": "d2", "turns": [{"role": "A", "text": "Oh shit."}]}],
        "books": [book, {**book, "title": "New", "year": 1950}, {**book, "author": "Franz Kafka"}],
    }
    for name, rows in lines.items():
        path = tmp_path / SOURCES[name].path
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(lzma.compress("\n".join(map(json.dumps, rows)).encode()))
    (tmp_path / "intents").mkdir()
    asked = "\n".join(["text,category", '"Where is it, ""my"" card?",card_arrival', "no card yet,card_arrival"])
    (tmp_path / SOURCES["banking77"].path).write_text(asked, "utf-8")
    splits = {"train": [["how are  you", "greeting"]], "oos_train": [["what is love", "oos"]]}
    (tmp_path / SOURCES["clinc150"].path).write_text(json.dumps(splits), "utf-8")
    return tmp_path


def both_sides(data: Path, source: str) -> list[str]:
    return [d.plain for side in (False, True) for d in documents(data, held_out=side, sources=[source])]


def test_agents_are_the_assistant_and_a_dialogue_begins_with_the_customer(data: Path) -> None:
    first = next(documents(data, sources=["star"]))

    assert [turn["role"] for turn in first.messages] == ["system", "user", "assistant"]
    assert [turn["content"] for turn in first.messages[1:]] == ["Hi\na table", "For whom?"]


def test_a_book_loses_title_page_marks_notes_and_coarse_paragraphs(data: Path) -> None:
    assert book_text(BOOK) == 'CHAPTER I.\n\nIt was very early.\n\n"Yes," he said.'
    assert both_sides(data, "books") == [book_text(BOOK)]


def test_queries_stand_with_others_of_their_intent(data: Path) -> None:
    [banking] = both_sides(data, "banking77")

    assert sorted(banking.split("\n")) == ['- Where is it, "my" card?', "- no card yet", "card arrival:"]
    assert both_sides(data, "clinc150") == ["greeting:\n- how are you"]


def test_chit_chat_is_text_unless_it_is_coarse(data: Path) -> None:
    assert both_sides(data, "self_dialogue") == ["- A speaks\n- B speaks"]


def test_each_document_is_on_one_side(data: Path) -> None:
    held_out = list(documents(data, held_out=True, sources=["star"]))
    trained = list(documents(data, sources=["star"]))

    assert len(held_out) + len(trained) == 200
    assert 0 < len(held_out) < 20
    assert sum(is_held_out(f"s{n}") for n in range(200)) == len(held_out)


def test_all_sources_are_read_by_default(data: Path) -> None:
    found = {document.source for side in (False, True) for document in documents(data, held_out=side)}

    assert found == set(SOURCES)
    assert set(SUPPORT) <= found


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeskwrightError, match=r"star\.jsonl\.xz is not there"):
        next(documents(tmp_path))


def test_invented_dialogues_are_documents() -> None:
    assert [document.source for document in invented(3, 1)] == ["dialogues"] * 3
    assert next(invented(1, 1)).messages[0]["role"] == "system"


def test_the_card_names_every_licence_and_none_asks_to_share_alike() -> None:
    card = attribution()

    assert all(source.licence in card and source.attribution in card for source in SOURCES.values())
    assert "-SA" not in card
    assert "ODbL" not in card


def test_all_that_is_needed_for_training_is_made_at_once(data: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    trained = make(data, tmp_path / "made", 50, 1)
    made = {name: Documents.open(tmp_path / "made" / name) for name in ("texts", "chats", "chats_held_out")}

    assert len(AutoTokenizer.from_pretrained(tmp_path / "made" / "tokenizer")) == len(trained)
    assert all(len(some) for some in made.values())
    assert set(made["chats"].names) == {*SUPPORT, "dialogues"}
    assert set(made["texts"].names).isdisjoint(SUPPORT)
    assert (tmp_path / "made" / "sources.md").read_text("utf-8") == attribution()


def test_the_command_makes_a_model_and_goes_on_from_it(data: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    def made(out: str, *more: str) -> dict[str, Any]:
        few = ["--tokens", "1000", "--dialogues", "40", "--check", "1"]
        result = CliRunner().invoke(main, ["--data", str(data), "--out", str(tmp_path / out), *few, *more])
        assert result.exit_code == 0, result.output
        AutoModelForCausalLM.from_pretrained(tmp_path / out / "model")
        return dict(json.loads((tmp_path / out / "model" / "figures.json").read_text("utf-8")))

    first = made("first")
    second = made("second", "--start", str(tmp_path / "first" / "model"), "--rate", "0.5", "--seed", "18")

    tokenizer = (tmp_path / "first" / "model" / "tokenizer.json").read_bytes()
    other = made("first", "--seed", "18")
    again = CliRunner().invoke(
        main, ["--data", str(data), "--out", str(tmp_path / "first"), "--start", str(tmp_path / "first" / "model")]
    )

    assert second["tokens"] > first["tokens"] + 1000 > 2000
    assert again.exit_code == 2
    assert "--out is another folder" in again.output
    assert set(second) == set(first)
    assert [[go["seed"] for go in one["goes"]] for one in (first, second, other)] == [[17], [17, 18], [18]]
    noted = (tmp_path / "second" / "model" / "curve.jsonl").read_text("utf-8").splitlines()
    curve = [json.loads(line)["tokens"] for line in noted]
    assert curve == [first["tokens"], second["tokens"]]
    assert other["nats a token, held out"] != first["nats a token, held out"]
    assert tokenizer == (tmp_path / "second" / "model" / "tokenizer.json").read_bytes()


def test_the_command_says_which_file_is_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--data", str(tmp_path), "--out", str(tmp_path / "out")])

    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert "star.jsonl.xz is not there" in result.output


def test_the_command_goes_on_from_what_it_has_made_alone(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["--data", str(tmp_path), "--out", str(tmp_path / "out"), "--start", str(tmp_path)]
    )

    assert result.exit_code == 2
    assert "has no figures.json" in result.output


def test_real_data_is_read_where_it_is(shared: Path) -> None:
    small = [name for name in SOURCES if name not in ("books", "self_dialogue")]
    found = list(documents(shared, held_out=True, sources=small))

    assert {document.source for document in found} == set(small)
    assert all(document.plain.strip() for document in found)
