"""The bodies of OpenAI's chat completions as they go over the wire here: what is taken, and what is answered.

Source: OpenAI's API reference, "Create chat completion". Fields that only hint (`user`, `metadata`, `seed`,
`frequency_penalty`, ...) are ignored, as are fields that are not known, and `tools` that the model may do without; what
cannot be done is refused in a sentence.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from deskwright.plugins import Generation
from serve.refusals import UNSUPPORTED, Refusal

MOST_MESSAGES = 200
MOST_STOPS = 4
LEAST = 1e-6
"""What a temperature and a share are told engines as, at least: shorter numbers than Python's would be 0."""
NAME = "deskwright"
"""The stable name of whichever model is promoted."""


def only(sentence: str) -> WrapValidator:
    """Says `sentence` where a value is not of the type it annotates."""

    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise PydanticCustomError(UNSUPPORTED, "{sentence}", {"sentence": sentence}) from None

    return WrapValidator(check)


def _false(value: bool) -> bool:
    assert value is False
    return value


class Strict(BaseModel):
    """A request's value has the type it should have: a number in quotation marks is a fault."""

    model_config = ConfigDict(strict=True)


class TextPart(Strict):
    type: Literal["text"]
    text: str


Content = Annotated[
    str | list[TextPart] | None,
    only("Only text can be answered: expected a string, or a list of parts of the type text."),
]


class ChatMessage(Strict):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content = None

    def text(self) -> str:
        """The text of the content, which may come in parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(Strict):
    include_usage: bool | None = None


class TextFormat(Strict):
    type: Literal["text"]


class ChatRequest(Strict):
    """A conversation to be answered. System messages are taken and not used: the model keeps the ones it was tuned
    with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": NAME, "messages": [{"role": "user", "content": "Can I return an opened bag of beans?"}]},
                {
                    "model": NAME,
                    "messages": [
                        {"role": "user", "content": "Where is my order?"},
                        {"role": "assistant", "content": "What is its number?"},
                        {"role": "user", "content": [{"type": "text", "text": "ORD-123456"}]},
                    ],
                    "stream": True,
                    "stream_options": {"include_usage": True},
                    "temperature": 0.7,
                    "max_completion_tokens": 128,
                },
            ]
        },
    )

    model: str
    messages: list[ChatMessage] = Field(min_length=1, max_length=MOST_MESSAGES)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    stop: str | Annotated[list[str], Field(max_length=MOST_STOPS)] | None = None
    n: Annotated[
        Annotated[int, Field(ge=1, le=1)] | None, only("One answer is given to a request: leave n out, or send 1.")
    ] = None
    logprobs: Annotated[
        Annotated[bool, AfterValidator(_false), Field(json_schema_extra={"const": False})] | None,
        only("No log probabilities are given: leave logprobs out, or send false."),
    ] = None
    top_logprobs: Annotated[
        Annotated[int, Field(ge=0, le=0)] | None,
        only("No log probabilities are given: leave top_logprobs out, or send 0."),
    ] = None
    tool_choice: Annotated[
        Literal["none", "auto"] | None,
        only("This bot answers in words and calls no tools: leave tool_choice out, or send auto or none."),
    ] = None
    function_call: Annotated[
        Literal["none", "auto"] | None,
        only("This bot answers in words and calls no functions: leave function_call out, or send auto or none."),
    ] = None
    response_format: Annotated[
        TextFormat | None,
        only('This bot answers in text, not in JSON: leave response_format out, or send {"type": "text"}.'),
    ] = None
    modalities: Annotated[
        list[Literal["text"]] | None, only('This bot answers in text: leave modalities out, or send ["text"].')
    ] = None

    def turns(self) -> list[dict[str, str]]:
        """What customer and bot said.

        Raises:
            Refusal: it does not end on the customer, with some text.
        """
        spoken = [(m.role, m.text()) for m in self.messages if m.role in ("user", "assistant") and m.text().strip()]
        if not spoken or spoken[-1][0] != "user":
            raise Refusal(
                400, "messages: expected the last one to have the role user, and some text.", param="messages"
            )
        return [{"role": role, "content": text} for role, text in spoken]

    def how(self, most: int) -> Generation:
        """How to generate, with at most `most` tokens. Numbers that engines would round to 0 are told them as they are
        meant."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        asked = self.max_completion_tokens or self.max_tokens or most
        temperature = self.temperature or 0.0
        top_p = 1.0 if self.top_p is None else max(self.top_p, LEAST)
        return Generation(min(asked, most), temperature if temperature >= LEAST else 0.0, top_p, tuple(stop))


class Answer(BaseModel):
    role: Literal["assistant"]
    content: str
    refusal: None = None


class Choice(BaseModel):
    index: Literal[0]
    message: Answer
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class Usage(BaseModel):
    """Tokens: of the model for a generated answer, none for one that is quoted."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Source(BaseModel):
    """A resolved exchange that the answer leans on, or a passage of a document; `score` is the cosine between its
    question and the one asked."""

    id: str
    question: str
    score: float
    title: str | None = Field(None, description="The document's.")
    place: str | None = Field(None, description="Where in the document it stands.")
    quoted: bool = Field(False, description="The answer is this exchange's, as it stands.")


class Extension(BaseModel):
    """What OpenAI's form has no place for; other clients ignore it."""

    message_id: str
    model: str
    digest: str
    sources: list[Source]
    confidence: float | None = Field(
        description="How probable it is that the answer is good, 0 to 1; of a model that has not learnt that, the mean "
        "probability of the generated tokens. Null if quoted."
    )
    action: Literal["offer", "quote", "ask", "handover"] | None = Field(
        description="What the bot did other than answer, or that a person should go on; null if it answered."
    )


class Completion(BaseModel):
    id: str
    object: Literal["chat.completion"]
    created: int = Field(description="Unix seconds.")
    model: str
    choices: list[Choice]
    usage: Usage
    deskwright: Extension


class ModelAbout(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = Field(0, description="Not known here: 0.")
    owned_by: str = NAME


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelAbout]


CHUNKS = (
    'data: {"id": "chatcmpl_1", "object": "chat.completion.chunk", "created": 1760000000, "model": "round-1", '
    '"choices": [{"index": 0, "delta": {"content": "Yes"}, "finish_reason": null}]}\n\ndata: [DONE]\n\n'
)
"""What a stream looks like, for the document."""
