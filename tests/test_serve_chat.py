"""The answer path: what the customer sees of placeholders, and the parts of the chat one by one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from threading import Event
from typing import Any

import langsmith
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage

from deskwright.plugins import Engine, Generation, Token
from deskwright.workspace import Workspace
from instruct.passages import Passage
from privacy.gate import Gate
from serve.chat import Answer, EngineChatModel, build_chat, prompt, redact, retrieve, speak
from serve.engines.echo import Echo
from serve.engines.text import Detokenizer, Stops
from serve.speak import LONGEST, Speech

WORDS = {"<PERSON_1>": "Anna", "<EMAIL_1>": "anna@example.com"}


class Index:
    """One passage for every question."""

    def search(self, question: str, k: int) -> list[Passage]:
        return [Passage("p1", "Where is it?", "On its way.", 0.8)][:k]


class Counting:
    """Goes on for a thousand words, and knows how many it made."""

    model, digest = "counting", ""

    def __init__(self) -> None:
        self.made = 0
        self.closed = False

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]:
        try:
            for n in range(1000):
                self.made += 1
                time.sleep(0.001)
                yield Token(f"{n} ")
            yield Token("", "stop")
        finally:
            self.closed = True


def spoken(text: str, size: int, words: Mapping[str, str] = WORDS) -> str:
    speech = Speech(words)
    pieces = [speech.feed(text[n : n + size]) for n in range(0, len(text), size)]
    return "".join([*pieces, speech.end()])


def user(*texts: str) -> dict[str, Any]:
    return {"turns": [{"role": "user", "content": text} for text in texts]}


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("generated", "shown"),
    [
        ("Hello <PERSON_1>, all is well.", "Hello Anna, all is well."),
        ("We wrote to <EMAIL_1>.", "We wrote to anna@example.com."),
        ("Hi <PERSON_2>, all is well.", "Hi, all is well."),
        ("<PERSON_2> will call you.", "Our team will call you."),
        ("We sent it to <EMAIL_2>.", "We sent it to your email address."),
        ("Please write to us at <EMAIL_2>.", "Please write to us at our support address."),
        ("Your order <ID_3> left today.", "Your order left today."),
        ("Your order #<ID_3> left today.", "Your order left today."),
        ("Send us your <ID_3>.", "Send us your reference number."),
        ("It is <SHOE_SIZE_4>.", "It is that detail."),
        ("<ID_1> is on its way", "Your reference number is on its way"),
        ("1 < 2 and <b>2</b> > 1", "1 < 2 and <b>2</b> > 1"),
        ("a <PERSON without end", "a <PERSON without end"),
        ("cut off <PERSO", "cut off"),
        ("line  \n  next", "line  \n  next"),
    ],
)
def test_placeholders_become_words(generated: str, shown: str, size: int) -> None:
    assert spoken(generated, size) == shown


def test_no_more_than_a_placeholder_is_held_back() -> None:
    speech = Speech({})

    assert speech.feed("see <A" + "B" * LONGEST) == "see <A" + "B" * LONGEST


def test_redact_numbers_over_all_turns(ws: Workspace) -> None:
    part = redact(Gate.of(ws))
    state = part.invoke(user("I am Anna Schmidt, anna@example.com", "Write to anna@example.com or bo@example.com"))

    assert state["redacted"].texts[1] == "Write to <EMAIL_1> or <EMAIL_2>"
    assert state["redacted"].words["<EMAIL_2>"] == "bo@example.com"


def test_each_part_adds_its_key(ws: Workspace) -> None:
    state = redact(Gate.of(ws)).invoke(user("where is it"))
    state = retrieve(Index(), 1).invoke(state)
    state = prompt("Help.").invoke(state)

    assert [passage.id for passage in state["passages"]] == ["p1"]
    assert state["messages"] == [
        {"role": "system", "content": "Help.\n\nResolved before:\n\nQuestion: Where is it?\nAnswer: On its way."},
        {"role": "user", "content": "where is it"},
    ]

    state = Answer(Echo()).invoke(state)

    assert state["answer"].content == "where is it"

    assert speak().invoke(state)["text"] == "where is it"


def test_turns_of_one_side_are_merged_and_the_first_is_the_customers(ws: Workspace) -> None:
    turns = [
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": "one"},
        {"role": "user", "content": "two"},
    ]
    state = build_chat(Gate.of(ws), Echo(), None, "Help.", 0).invoke({"turns": turns})

    assert state["messages"][1:] == [{"role": "user", "content": "one\n\ntwo"}]


def test_the_whole_chat_streams_token_by_token(ws: Workspace) -> None:
    chat = build_chat(Gate.of(ws), Echo(pause=0.01), Index(), "Help.", 1)
    states = list(chat.stream(user("My name is Anna Schmidt and I wait")))
    texts = [state["text"] for state in states if state.get("text")]

    assert "".join(texts) == "My name is Anna Schmidt and I wait"
    assert len(texts) >= 6
    assert "".join(str(state["answer"].content) for state in states if "answer" in state) == (
        "My name is <PERSON_1> and I wait"
    )


def test_what_the_model_sees_is_redacted(ws: Workspace) -> None:
    state = build_chat(Gate.of(ws), Echo(), None, "Help.", 0).invoke(user("write to anna@example.com"))

    assert "anna@" not in str(state["messages"])
    assert "anna@" not in str(state["answer"])


def test_a_stopped_chat_ends_its_generation_at_once(ws: Workspace) -> None:
    engine, stopped = Counting(), Event()
    states = build_chat(Gate.of(ws), engine, None, "Help.", 0).stream({**user("go"), "stopped": stopped})
    for _ in range(5):
        next(states)
    stopped.set()
    states.close()  # type: ignore[attr-defined]

    assert engine.closed
    assert engine.made < 20


def test_nothing_is_traced_even_where_the_environment_asks_for_it(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    build_chat(Gate.of(ws), Echo(), None, "Help.", 0)

    assert langsmith.utils.tracing_is_enabled() is False


def test_an_engine_is_a_langchain_model() -> None:
    model: BaseChatModel = EngineChatModel(engine=Echo("m", "d"))
    whole = model.invoke([HumanMessage("say this again")])
    pieces = list(model.stream([HumanMessage("say this again")]))

    assert isinstance(Echo(), Engine)
    assert whole.content == "say this again"
    assert whole.usage_metadata == {"input_tokens": 3, "output_tokens": 3, "total_tokens": 6}
    assert whole.response_metadata["finish_reason"] == "stop"
    assert [piece.content for piece in pieces if piece.content] == ["say", " this", " again"]
    assert isinstance(pieces[0], AIMessageChunk)


def test_echo_stops_at_its_length_and_at_stop_strings() -> None:
    def said(**how: Any) -> tuple[str, str | None]:
        tokens = list(Echo().stream([{"role": "user", "content": "one two three"}], Generation(**how)))
        return "".join(token.text for token in tokens), tokens[-1].finish_reason

    assert said() == ("one two three", "stop")
    assert said(max_tokens=2) == ("one two", "length")
    assert said(stop=("o th",)) == ("one tw", "stop")


def test_a_stop_string_over_several_pieces_is_not_shown() -> None:
    stops = Stops(["</end>"])

    assert "".join(stops.feed(piece) for piece in ["all <", "b> </", "en", "d> more"]) == "all <b> "
    assert stops.reached


class Bytes:
    """A tokenizer of single bytes."""

    def decode(self, ids: Sequence[int], **options: Any) -> str:
        return bytes(ids).decode("utf-8", "replace")


def test_a_character_of_several_tokens_comes_out_whole() -> None:
    text = Detokenizer(Bytes())
    pieces = [text.feed(byte) for byte in "é€😀a".encode()]

    assert [piece for piece in pieces if piece] == ["é", "€", "😀", "a"]
    assert text.end() == ""


def test_half_a_character_at_the_end_is_left_out() -> None:
    text = Detokenizer(Bytes())
    pieces = [text.feed(byte) for byte in "a😀".encode()[:-1]]

    assert "".join(pieces) + text.end() == "a"
