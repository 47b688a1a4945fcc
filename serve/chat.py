"""The turns of a conversation -> an answer, as LangChain runnables.

They are redact | retrieve | decide | prompt | answer | speak. Each takes a state (a dict) and adds to it, so that each
can be used alone and the whole can be streamed:

    chat = build_chat(gate, engine, index, system, passages=1)
    for state in chat.stream({"turns": [{"role": "user", "content": "Where is my order?"}]}):
        print(state.get("text", ""), end="")

What the customer wrote is redacted before anything else sees it. Tracing to LangSmith is switched off: nothing leaves
this machine, but what the engine `openai` sends to the server it is told of, redacted.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from itertools import groupby
from threading import Event, Lock
from typing import Any, NotRequired, Protocol, TypedDict, cast

import langsmith
from anyio import CancelScope, to_thread
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda, RunnableSequence
from langchain_core.runnables.utils import AddableDict
from pydantic import ConfigDict

from deskwright.conversation import Participant
from deskwright.plugins import Engine, Generation, Token
from instruct.confidence import FOUND
from instruct.encoder import once
from instruct.passages import Passage
from instruct.prompt import compose
from instruct.quoting import LOOKED_AT, quotable
from privacy.gate import Redacted
from serve.guard import Guard, Guards
from serve.policy import Action, Case, Judge, action
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
    """By `retrieve`, and by `decide` where it quotes one: what the answer leans on."""
    messages: NotRequired[list[dict[str, str]]]
    """By `prompt`: what the model sees."""
    near: NotRequired[list[Passage]]
    """By `retrieve`: what was found, also what is not shown to the model."""
    action: NotRequired[Action | None]
    """By `decide`, and again after the answer: what the bot does other than answer: `serve.policy.Action`."""
    confidence: NotRequired[float | None]
    """By `decide`, and again after the answer: the probability that it is good, else that of its tokens in the mean."""
    answer: NotRequired[AIMessageChunk]
    """By `answer`: what the model says, with its placeholders."""
    text: NotRequired[str]
    """By `speak`: what the customer sees."""


Part = Runnable[Any, Any]


def build_chat(
    gate: Redactor,
    engine: Engine,
    index: Index | None,
    system: str,
    passages: int,
    quote_from: float | None = None,
    judge: Judge | None = None,
    guards: Guards | None = None,
) -> Part:
    """The whole path for one model. `.stream()` yields states; those that hold `text` come token by token.

    With `quote_from`, a colleague's answer to a question at least so near (cosine) is given as it stands. With
    a `judge`, the bot asks back or hands over where hardly an answer is good, and offers a person where the customer's
    words need one. With `guards`, personal data that nobody said does not leave the model.
    """
    langsmith.configure(enabled=False)
    most = max(passages, 0 if quote_from is None else LOOKED_AT, FOUND if judge else 0)
    found = retrieve(index, passages, most)
    return (
        redact(gate)
        | found
        | decide(quote_from, judge, guards)
        | prompt(system)
        | Answer(engine, judge, guards)
        | speak()
    )


def redact(gate: Redactor) -> Part:
    """Replaces personal data in all turns, numbered over the whole conversation."""

    def run(state: dict[str, Any]) -> dict[str, Any]:
        return {"redacted": gate.redact([turn["content"] for turn in state["turns"]])}

    return _adding(run)


def retrieve(index: Index | None, passages: int, most: int = 0) -> Part:
    """Finds what was resolved before, at least `most`; so many `passages` of it are shown to the model."""
    count = max(passages, most)

    def run(state: dict[str, Any]) -> dict[str, Any]:
        near = index.search(state["redacted"].texts[-1], count) if index and count else []
        return {"near": near, "passages": near[:passages]}

    return _adding(run)


def decide(quote_from: float | None = None, judge: Judge | None = None, guards: Guards | None = None) -> Part:
    """Whether the model answers, or what is done instead (`serve.policy`)."""

    def run(state: dict[str, Any]) -> dict[str, Any]:
        turns, near = clean_turns(cast(State, state)), state["near"]
        quotation = quotable(near, quote_from, [turn["content"] for turn in turns])
        if quotation and not (_fits(quotation.answer, state) and (guards is None or guards.allow(quotation.answer))):
            quotation = None
        case = judge.case(turns, near, quotation, state["turns"]) if judge else Case(quotation)
        done = action(case)
        if judge and done not in (None, "quote") and not _fits(judge.words.of(done), state):
            done = None
        shown = [quotation] if done == "quote" else state["passages"]
        sure = case.grounding if done in ("ask", "handover") else None
        return {"action": done, "confidence": sure, "passages": shown}

    return _adding(run)


def _adding(run: Callable[[dict[str, Any]], dict[str, Any]]) -> Part:
    """What LangChain's `assign` does, without a pool of threads for each question."""
    return RunnableLambda(lambda state: {**state, **run(state)})


def prompt(system: str) -> Part:
    """Composes what the model sees, as for training."""

    def run(state: dict[str, Any]) -> dict[str, Any]:
        return {"messages": compose(system, state["passages"], clean_turns(cast(State, state)))}

    return _adding(run)


class Answer(RunnableGenerator[Any, Any]):
    """Generates, or says what was decided. Passes the state on first, then `{"answer": piece}` for every piece; with
    the last one come `confidence` and, where the model is judged, `action`."""

    def __init__(self, engine: Engine, judge: Judge | None = None, guards: Guards | None = None) -> None:
        super().__init__(self._run)
        self.engine = engine
        self._judge = judge
        self._guards = guards
        self._model = EngineChatModel(engine=engine)

    def _run(self, states: Iterator[State]) -> Iterator[AddableDict]:
        state = _whole(states)
        yield AddableDict(state)
        if instead := self._instead(state):
            yield AddableDict(answer=instead)
            return
        how, guard = state.get("how", Generation()), self._guard(state)
        for piece in self._model.stream(list(state["messages"]), how=how, stopped=state.get("stopped")):
            yield self._guarded(state, guard, piece)

    async def tell(self, state: State) -> AsyncIterator[AddableDict]:
        """The same for a server, without what a chain costs a token."""
        if instead := self._instead(state):
            yield AddableDict(answer=instead)
            return
        how, guard = state.get("how", Generation()), self._guard(state)
        async with aclosing(tokens(self.engine, state["messages"], how)) as generated:
            async for token in generated:
                yield self._guarded(state, guard, _message(self.engine, token))

    def _instead(self, state: State) -> AIMessageChunk | None:
        done = state.get("action")
        if done == "quote":
            return _as_it_stands(state["passages"][0].answer, self.engine, quoted=True)
        return _as_it_stands(self._judge.words.of(done), self.engine) if done and self._judge else None

    def _guard(self, state: State) -> Guard | None:
        return self._guards.guard(message["content"] for message in state["messages"]) if self._guards else None

    def _guarded(self, state: State, guard: Guard | None, piece: AIMessageChunk) -> AddableDict:
        if guard:
            end = guard.end if piece.usage_metadata else str
            piece = piece.model_copy(update={"content": guard.feed(str(piece.content)) + end()})
        return AddableDict(answer=piece, **(_judged(self._judge, state, piece) if piece.usage_metadata else {}))


def _judged(judge: Judge | None, state: State, last: AIMessageChunk) -> dict[str, Any]:
    """Without a judge the confidence is the mean probability of the tokens."""
    tokens = last.response_metadata["confidence"]
    if judge is None:
        return {"confidence": tokens}
    sure, done = judge.after(clean_turns(state)[-1]["content"], state["near"], tokens)
    return {"confidence": sure, "action": done}


def _fits(text: str, state: Any) -> bool:
    """Whether a text may be said as it stands. Not where the client says where the answer has to stop: it is said whole
    or not at all."""
    how = state.get("how", Generation())
    return not how.stop and len(text.split()) <= how.max_tokens


def _as_it_stands(text: str, engine: Engine, **more: bool) -> AIMessageChunk:
    """A text as the model's. It costs no token, and no probability speaks for it."""
    about = {"finish_reason": "stop", "model_name": engine.model, "digest": engine.digest, "confidence": None, **more}
    usage = UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0)
    return AIMessageChunk(content=text, usage_metadata=usage, response_metadata=about, chunk_position="last")


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


def ground(chat: Part, state: Mapping[str, Any]) -> dict[str, Any]:
    """What of a chat comes before the first token, for a server: redact, retrieve, decide, prompt, without what a chain
    costs, and without a text being encoded twice."""
    known = dict(state)
    with once():
        for part in _steps(chat)[:-2]:
            known = part.func(known)
    return known


def at_once(chat: Part) -> int:
    """How many answers its engine generates at the same time."""
    return int(getattr(_steps(chat)[-2].engine, "at_once", 1))


async def tell(chat: Part, state: State) -> AsyncIterator[AddableDict]:
    """The rest of a chat, for a server: what `.stream()` yields after the prompt, at a sixth of a chain's cost."""
    speech = Speech(state["redacted"].words)
    async with aclosing(_steps(chat)[-2].tell(state)) as pieces:
        async for piece in pieces:
            yield AddableDict(piece, text=speech.feed(piece["answer"].content))
    yield AddableDict(text=speech.end())


def _steps(chat: Part) -> list[Any]:
    assert isinstance(chat, RunnableSequence)
    return chat.steps


async def tokens(engine: Engine, messages: Sequence[Mapping[str, str]], how: Generation) -> AsyncGenerator[Token, None]:
    """An engine's tokens; those of an engine without `astream` each in a thread."""
    if hasattr(engine, "astream"):
        async with aclosing(engine.astream(messages, how)) as generated:
            async for token in generated:
                yield token
        return
    stream, end, at_work = engine.stream(messages, how), object(), Lock()

    def step() -> Any:
        with at_work:
            return next(stream, end)

    def close() -> None:
        with at_work:
            getattr(stream, "close", bool)()

    try:
        while (token := await to_thread.run_sync(step)) is not end:
            yield token
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(close)


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
                yield ChatGenerationChunk(message=_message(self.engine, token))
                if stopped is not None and stopped.is_set():
                    return


def _message(engine: Engine, token: Token) -> AIMessageChunk:
    if token.finish_reason is None:
        return AIMessageChunk(content=token.text)
    usage = UsageMetadata(
        input_tokens=token.prompt_tokens,
        output_tokens=token.completion_tokens,
        total_tokens=token.prompt_tokens + token.completion_tokens,
    )
    about = {
        "finish_reason": token.finish_reason,
        "model_name": engine.model,
        "digest": engine.digest,
        "confidence": token.confidence,
    }
    return AIMessageChunk(content=token.text, usage_metadata=usage, response_metadata=about, chunk_position="last")


def _whole(states: Iterator[State]) -> State:
    """The parts of a state that come one after the other, put together."""
    whole: dict[str, Any] = {}
    for state in states:
        whole.update(state)
    return cast(State, whole)
