"""The turns of a conversation -> an answer, as LangChain runnables: redact | retrieve | prompt | answer | speak.

Each part takes a state (a dict) and adds a key to it, so that each can be used alone and the whole can be streamed:

    chat = build_chat(gate, engine, index, system, passages=1)
    for state in chat.stream({"turns": [{"role": "user", "content": "Where is my order?"}]}):
        print(state.get("text", ""), end="")

What the customer wrote is redacted before anything else sees it. Tracing to LangSmith is switched off: nothing leaves
this machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from threading import Event
from typing import Any, NotRequired, Protocol, TypedDict, cast

import langsmith
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda, RunnablePassthrough
from langchain_core.runnables.utils import AddableDict
from pydantic import ConfigDict

from deskwright.conversation import Participant
from deskwright.plugins import Engine, Generation, Token
from instruct.passages import Passage
from instruct.prompt import compose
from instruct.quoting import quotable
from privacy.gate import Redacted
from serve.speak import Speech


class Redactor(Protocol):
    """What the gate does for a chat."""

    def redact(self, texts: Sequence[str], participants: Sequence[Participant] = ()) -> Redacted: ...


class Index(Protocol):
    """What the passages do for a chat."""

    def search(self, question: str, k: int) -> list[Passage]: ...


class State(TypedDict):
    """What travels through the parts. `turns` must end on the customer; setting `stopped` ends the generation."""

    turns: Sequence[Mapping[str, str]]
    how: NotRequired[Generation]
    stopped: NotRequired[Event]
    redacted: NotRequired[Redacted]
    """By `redact`: the texts of `turns` with placeholders, and what those stand for (in memory only)."""
    passages: NotRequired[list[Passage]]
    """By `retrieve`."""
    messages: NotRequired[list[dict[str, str]]]
    """By `prompt`: what the model sees."""
    answer: NotRequired[AIMessageChunk]
    """By `answer`: what the model says, with its placeholders."""
    text: NotRequired[str]
    """By `speak`: what the customer sees."""


Part = Runnable[Any, Any]


def build_chat(
    gate: Redactor, engine: Engine, index: Index | None, system: str, passages: int, quote_from: float | None = None
) -> Part:
    """The whole path for one model. `.stream()` yields states; those that hold `text` come token by token.

    With `quote_from`, a colleague's answer to a question at least so near (cosine) is given as it stands.
    """
    langsmith.configure(enabled=False)
    found = retrieve(index, passages, quote_from)
    return redact(gate) | found | prompt(system) | answer(engine, quote_from) | speak()


def redact(gate: Redactor) -> Part:
    """Replaces personal data in all turns, numbered over the whole conversation."""

    def run(state: dict[str, Any]) -> Redacted:
        return gate.redact([turn["content"] for turn in state["turns"]])

    return RunnablePassthrough.assign(redacted=RunnableLambda(run))


def retrieve(index: Index | None, passages: int, quote_from: float | None = None) -> Part:
    """Finds the resolved exchanges nearest to the last question; that one alone whose answer is to be quoted."""
    most = passages if quote_from is None else max(passages, 1)

    def run(state: dict[str, Any]) -> list[Passage]:
        near = index.search(state["redacted"].texts[-1], most) if index and most else []
        quotation = _quotable(state, near, quote_from)
        return [quotation] if quotation else near[:passages]

    return RunnablePassthrough.assign(passages=RunnableLambda(run))


def prompt(system: str) -> Part:
    """Composes what the model sees, as for training."""

    def run(state: dict[str, Any]) -> list[dict[str, str]]:
        return compose(system, state["passages"], clean_turns(cast(State, state)))

    return RunnablePassthrough.assign(messages=RunnableLambda(run))


def answer(engine: Engine, quote_from: float | None = None) -> Part:
    """Generates, or quotes. Passes the state on first, then `{"answer": piece}` for every piece."""
    model = EngineChatModel(engine=engine)

    def run(states: Iterator[State]) -> Iterator[AddableDict]:
        state = _whole(states)
        yield AddableDict(state)
        if quotation := _quotable(state, state["passages"], quote_from):
            yield AddableDict(answer=_quotation(quotation, engine))
            return
        how = state.get("how", Generation())
        for piece in model.stream(list(state["messages"]), how=how, stopped=state.get("stopped")):
            yield AddableDict(answer=piece)

    return RunnableGenerator(run)


def _quotable(state: Any, near: Sequence[Passage], quote_from: float | None) -> Passage | None:
    """None too where the client says where the answer has to stop: a quotation is whole or not at all."""
    how = state.get("how", Generation())
    found = quotable(near, quote_from, [turn["content"] for turn in clean_turns(cast(State, state))])
    return found if found and not how.stop and len(found.answer.split()) <= how.max_tokens else None


def _quotation(passage: Passage, engine: Engine) -> AIMessageChunk:
    """A colleague's answer as the model's. It costs no token, and no probability speaks for it."""
    about = {
        "finish_reason": "stop",
        "model_name": engine.model,
        "digest": engine.digest,
        "confidence": None,
        "quoted": True,
    }
    usage = UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0)
    return AIMessageChunk(content=passage.answer, usage_metadata=usage, response_metadata=about, chunk_position="last")


def speak() -> Part:
    """Puts readable words in place of the placeholders: adds `text` to every piece."""

    def run(states: Iterator[Any]) -> Iterator[AddableDict]:
        speech = Speech({})
        for state in states:
            if "redacted" in state:
                speech = Speech(state["redacted"].words)
            said = speech.feed(state["answer"].content) if "answer" in state else ""
            yield AddableDict(state, text=said) if "answer" in state else AddableDict(state)
        yield AddableDict(text=speech.end())

    return RunnableGenerator(run)


def clean_turns(state: State) -> list[dict[str, str]]:
    """The turns without personal data, runs of one side merged, beginning with the customer: as in training."""
    texts = zip((turn["role"] for turn in state["turns"]), state["redacted"].texts, strict=True)
    merged = [
        {"role": role, "content": "\n\n".join(text for _, text in run)}
        for role, run in groupby(texts, key=lambda pair: pair[0])
    ]
    return merged[1:] if len(merged) > 1 and merged[0]["role"] == "assistant" else merged


class EngineChatModel(BaseChatModel):
    """Any `deskwright.plugins.Engine` as a LangChain chat model.

    Besides `stop` it takes `how` (a `Generation`) and `stopped` (an `Event` that ends the generation when set).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)
    engine: Any

    @property
    def _llm_type(self) -> str:
        return "deskwright"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.engine.model, "digest": self.engine.digest}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        pieces = [chunk.message for chunk in self._stream(messages, stop, run_manager, **kwargs)]
        whole = cast(AIMessageChunk, sum(pieces[1:], pieces[0]))
        message = AIMessage(
            content=whole.content, usage_metadata=whole.usage_metadata, response_metadata=whole.response_metadata
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        how: Generation | None = None,
        stopped: Event | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        how = how or Generation(stop=tuple(stop or ()))
        turns = cast(list[dict[str, str]], convert_to_openai_messages(messages, text_format="string"))
        tokens = self.engine.stream(turns, how)
        with closing(tokens):
            for token in tokens:
                yield ChatGenerationChunk(message=self._message(token))
                if stopped is not None and stopped.is_set():
                    return

    def _message(self, token: Token) -> AIMessageChunk:
        if token.finish_reason is None:
            return AIMessageChunk(content=token.text)
        usage = UsageMetadata(
            input_tokens=token.prompt_tokens,
            output_tokens=token.completion_tokens,
            total_tokens=token.prompt_tokens + token.completion_tokens,
        )
        about = {
            "finish_reason": token.finish_reason,
            "model_name": self.engine.model,
            "digest": self.engine.digest,
            "confidence": token.confidence,
        }
        return AIMessageChunk(content=token.text, usage_metadata=usage, response_metadata=about, chunk_position="last")


def _whole(states: Iterator[State]) -> State:
    """The parts of a state that come one after the other, put together."""
    whole: dict[str, Any] = {}
    for state in states:
        whole.update(state)
    return cast(State, whole)
