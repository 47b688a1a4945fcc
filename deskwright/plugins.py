"""The promises to third parties: a connector reads a source, a detector finds personal data, an engine generates.

A package offers one through an entry point of the group `deskwright.connectors`, `deskwright.detectors` or
`deskwright.engines`; `load` finds it by name. The built-in ones come through the same door.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from deskwright.conversation import Record
from deskwright.errors import DeskwrightError


@runtime_checkable
class Connector(Protocol):
    """A source of conversations. `options` is the table `[sources.<name>]` of deskwright.toml.

    `check` names every fault of the options ("agents: found 3; expected a list of strings"), nothing if all is well.
    `read` streams: it holds one conversation at a time where the format allows, yields a `Failure` for a record it
    cannot read and goes on, and raises `SourceError` only when the source as a whole is unreadable. `count` is the
    number of records `read` will yield if that is cheap to know, else None (for the progress bar only).

    A connector may also have `preview(path, options) -> str`, which shows how it would read a source and is printed by
    `deskwright ingest --preview`, and `advice(options) -> str | None`, a sentence to print after the report.
    """

    name: str
    help: str

    def check(self, options: Mapping[str, Any]) -> Sequence[str]: ...

    def read(self, path: Path, options: Mapping[str, Any]) -> Iterator[Record]: ...

    def count(self, path: Path, options: Mapping[str, Any]) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Span:
    """Personal data found in a text: half-open character offsets, and why, without the text itself.

    `score` is a probability in [0, 1]; `reason` names the pattern, the check that passed or the cue before it.
    """

    start: int
    end: int
    entity: str
    score: float
    detector: str
    reason: str = ""


@runtime_checkable
class Detector(Protocol):
    """Finds personal data. `languages` are the ISO 639-1 codes it supports; the gate refuses others.

    A detector that works faster on many texts may also have `find_all(texts, language) -> Sequence[Sequence[Span]]`.
    """

    name: str
    languages: frozenset[str]

    def find(self, text: str, language: str) -> Sequence[Span]: ...


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of generated text. The last one carries a `finish_reason` (`stop` or `length`) and the usage."""

    text: str
    finish_reason: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    confidence: float | None = None
    """Mean probability of the generated tokens, in [0, 1]; on the last token only, None where unknown."""


@dataclass(frozen=True, slots=True)
class Generation:
    """How to generate. `stop` strings end the answer and are not part of it."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()


@runtime_checkable
class Engine(Protocol):
    """Serves one model. `stream` yields pieces as they are generated; closing the iterator cancels the generation.

    `model` names what answers (base model and adapter), `digest` the adapter's content, "" for none.

    An engine may also have `astream(messages, how) -> AsyncIterator[Token]`, the same for an event loop, without which
    each token is waited for in a thread; and `at_once`, how many answers it generates at the same time (1 without it).
    """

    model: str
    digest: str

    def stream(self, messages: Sequence[Mapping[str, str]], how: Generation) -> Iterator[Token]: ...


def load(group: str, name: str) -> Any:
    """The plugin `name` of `deskwright.<group>`.

    Raises:
        DeskwrightError: no package offers that name; the message lists the ones there are.
    """
    found = {entry.name: entry for entry in entry_points(group=f"deskwright.{group}")}
    if name not in found:
        offered = ", ".join(sorted(found)) or "none (is the package installed? `pip install -e .`)"
        raise DeskwrightError(f"There is no {group.removesuffix('s')} named {name!r}. Known: {offered}.")
    return found[name].load()


def names(group: str) -> list[str]:
    """The plugin names of a group, sorted."""
    return sorted({entry.name for entry in entry_points(group=f"deskwright.{group}")})
