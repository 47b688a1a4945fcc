"""Other people's names models behind the same promise: `privacy.names = "transformers:MODEL"`, `"spacy:MODEL"` or
`"gliner:MODEL"` in deskwright.toml, MODEL being a hub id, a package or a folder. Their packages are imported on use.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from deskwright.errors import DeskwrightError
from deskwright.plugins import Span
from privacy.names.detector import Names, blocks

ENTITY = {
    **dict.fromkeys(("PER", "PERSON", "NAME"), "PERSON"),
    **dict.fromkeys(("LOC", "LOCATION", "GPE", "CITY", "COUNTRY", "FAC"), "LOCATION"),
    **dict.fromkeys(("ORG", "ORGANIZATION", "ORGANISATION", "COMPANY"), "ORGANIZATION"),
    **dict.fromkeys(("ADDRESS", "STREET", "STREET_ADDRESS"), "ADDRESS"),
}
"""Labels as published models spell them; others are left alone."""

GLINER_LABELS = ("person", "location", "organization", "address")
GLINER_THRESHOLD = 0.3
UNSCORED = 0.85
"""The score of a span whose model gives none (spaCy), as Presidio has it."""

Entities = Iterable[tuple[int, int, str, float]]


class _Model(ABC):
    """A model that reads a short text at a time."""

    name: str
    languages = Names.languages

    def __init__(self, model: str) -> None:
        self.version = model
        self._read = self._load(model)

    @abstractmethod
    def _load(self, model: str) -> Callable[[str], Entities]: ...

    def find(self, text: str, language: str = "en") -> Sequence[Span]:
        return [
            Span(at + start, at + end, ENTITY[label.upper()], score, self.name, f"{label} of {self.version}")
            for at, block in blocks(text)
            for start, end, label, score in self._read(block)
            if label.upper() in ENTITY
        ]


class Transformers(_Model):
    """A token-classification model of transformers."""

    name = "transformers"

    def _load(self, model: str) -> Callable[[str], Entities]:
        from transformers import pipeline

        read = _or_say(lambda: pipeline("token-classification", model, aggregation_strategy="max"), self.name, model)
        return lambda text: (
            (found["start"], found["end"], found["entity_group"], float(found["score"])) for found in read(text)
        )


class Spacy(_Model):
    """A spaCy pipeline with an `ner` component, by package name or folder."""

    name = "spacy"

    def _load(self, model: str) -> Callable[[str], Entities]:
        import spacy

        read = _or_say(lambda: spacy.load(model), self.name, model)
        return lambda text: ((e.start_char, e.end_char, e.label_, UNSCORED) for e in read(text).ents)


class Gliner(_Model):
    """A GLiNER model (Zaratiana et al. 2023, arXiv:2311.08526); needs `pip install gliner`."""

    name = "gliner"

    def _load(self, model: str) -> Callable[[str], Entities]:
        def load() -> Any:
            from gliner import GLiNER

            return GLiNER.from_pretrained(model)

        read = _or_say(load, self.name, model)
        return lambda text: (
            (found["start"], found["end"], found["label"], float(found["score"]))
            for found in read.predict_entities(text, list(GLINER_LABELS), threshold=GLINER_THRESHOLD)
        )


def _or_say(load: Callable[[], Any], kind: str, model: str) -> Any:
    try:
        return load()
    except (ImportError, OSError, ValueError) as error:
        raise DeskwrightError(
            f"The names model {kind}:{model} (privacy.names) could not be loaded: {str(error).splitlines()[0]} "
            f'Check the name and that its package is installed, or take the one that ships: names = "builtin".'
        ) from error
