"""Chat messages -> the answer of an OpenAI-compatible server, whole: for teachers, judges and the like.

The serving engine streams and has to go on when something breaks; here a fault ends the command with a sentence that
says what was asked, what came, and what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

from deskwright.errors import DeskwrightError
from deskwright.terminal import progress
from instruct.answering import Said

AT_ONCE = 8
SECONDS = 300.0
"""For one answer."""

Asked = TypeVar("Asked")
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class ChatServer:
    """`who` is what messages call it ("teacher"), `address` the part before /chat/completions, `hint` what to do where
    it fails."""

    who: str
    address: str
    key: str = field(repr=False)
    hint: str
    _client: httpx2.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        object.__setattr__(self, "_client", httpx2.Client(timeout=SECONDS, headers=headers))

    def models(self) -> list[str]:
        """The names of those it has.

        Raises:
            DeskwrightError: it cannot be asked, or what it says cannot be read.
        """
        try:
            return [str(model["id"]) for model in self._asked("GET", "/models")["data"]]
        except (KeyError, TypeError):
            raise self._odd("a list of models") from None

    def answer(self, model: str, messages: Sequence[Mapping[str, str]], most: int) -> Said:
        """The likeliest answer, of at most that many tokens.

        Raises:
            DeskwrightError: it cannot be asked, or what it says cannot be read.
        """
        asked = {"model": model, "messages": list(messages), "temperature": 0, "max_tokens": most}
        reply = self._asked("POST", "/chat/completions", asked)
        try:
            choice = reply["choices"][0]
            return Said((choice["message"]["content"] or "").strip(), choice["finish_reason"] == "stop")
        except (KeyError, IndexError, TypeError, AttributeError):
            raise self._odd("a choice with a message and a finish_reason") from None

    def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            reply = self._client.request(method, f"{self.address}{path}", json=body)
            reply.raise_for_status()
            return reply.json()
        except httpx2.HTTPStatusError as error:
            said = f"it answered {error.response.status_code} {error.response.reason_phrase}"
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            said = f"it could not be asked ({type(error).__name__})"
        except ValueError:
            raise self._odd("JSON") from None
        raise DeskwrightError(
            f"The {self.who} at {self.address}{path}: {said}. Expected an OpenAI-compatible server at the address "
            f"before /chat/completions. {self.hint}"
        )

    def _odd(self, expected: str) -> DeskwrightError:
        return DeskwrightError(
            f"The {self.who} at {self.address} gave an answer that cannot be read; expected {expected}."
        )


def at_once(ask: Callable[[Asked], Given], what: Sequence[Asked], name: str) -> list[Given]:
    """The answers in order, several asked for at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(progress(pool.map(ask, what), name, "answers", len(what)))
