"""The systems that are measured: the gate of a scratch workspace, and stock Presidio. A text -> spans.

Stock Presidio is its `AnalyzerEngine` with the registry it comes with. It needs a spaCy model, and none can be
downloaded here: one runs with spaCy's tokenizer alone, one with a CNN trained in this run on public sets. Both get the
lower-cased word as its lemma: without any lemma Presidio's context words would silently never count.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from benchmarks.privacy import data
from deskwright import workspace
from deskwright.plugins import Span
from deskwright.terminal import progress
from deskwright.workspace import Workspace
from privacy.gate import Gate

REGIONS = ("US", "GB", "DE", "IL", "IN", "CA", "BR")
"""The regions for which stock Presidio looks for phone numbers."""

EPOCHS = 8
SEED = 7
TRAINED_ON = ("wikigold/wikigold.conll.txt", "wnut17/wnut17train.conll", "btc/a.conll")
DROPOUT = 0.2


def gate(regions: Sequence[str] = REGIONS, **settings: Any) -> Gate:
    """The gate of a workspace made for this run, with its default settings."""
    folder = Path(tempfile.mkdtemp(prefix="bench-privacy-")) / "ws"
    workspace.create(folder)
    opened = Workspace.open(folder)
    return Gate(opened.config.privacy.model_copy(update={"regions": tuple(regions), **settings}), opened.store)


class System(Protocol):
    """A text -> everything found in it, and of that what would be replaced."""

    name: str

    def read(self, text: str) -> tuple[list[Span], list[Span]]: ...


class Ours:
    """The gate."""

    name = "Deskwright"

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def read(self, text: str) -> tuple[list[Span], list[Span]]:
        marks = self._gate.explain(text)
        return [mark.span for mark in marks], [mark.span for mark in marks if mark.policy != "keep"]


class Stock:
    """Presidio as it comes. It has no notion of keeping: everything that it finds would be replaced."""

    def __init__(self, nlp: Language, name: str, organizations: bool = False) -> None:
        self.name = name
        self.engine = engine(nlp, organizations)

    def read(self, text: str) -> tuple[list[Span], list[Span]]:
        results = self.engine.analyze(text, language="en")
        spans = [Span(r.start, r.end, r.entity_type, r.score, self.name) for r in results]
        return spans, spans


@cache
def _offline() -> None:
    """Presidio's check of domains asks the net for the list of suffixes: here it takes the one in its package."""
    from tldextract import TLDExtract, tldextract

    tldextract.TLD_EXTRACTOR = TLDExtract(suffix_list_urls=(), cache_dir=None)


def engine(nlp: Language, organizations: bool = False) -> AnalyzerEngine:
    """Presidio's analyzer around a spaCy pipeline. It leaves organizations out by default, for they are often wrong."""
    _offline()
    ignored = [] if organizations else ["ORGANIZATION"]
    wrapped = SpacyNlpEngine(ner_model_configuration=NerModelConfiguration(labels_to_ignore=ignored))
    wrapped.nlp = {"en": nlp}
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=wrapped)
    return AnalyzerEngine(registry=registry, nlp_engine=wrapped, supported_languages=["en"])


@Language.component("lower_case_lemma")
def _lower_case_lemma(doc: Doc) -> Doc:
    for token in doc:
        token.lemma_ = token.lower_
    return doc


@cache
def blank() -> Language:
    """spaCy's English tokenizer."""
    nlp = spacy.blank("en")
    nlp.add_pipe("lower_case_lemma")
    return nlp


def cnn(out: Path) -> Language:
    """spaCy's default CNN for names, trained on public sets: made once, then kept under `out`."""
    folder = out / "spacy-cnn"
    if not (folder / "meta.json").is_file():
        train().to_disk(folder)
    nlp = spacy.load(folder)
    nlp.add_pipe("lower_case_lemma")
    return nlp


def train() -> Language:
    """spaCy's default CNN after `EPOCHS` over the sets of `TRAINED_ON`."""
    rng = random.Random(SEED)
    spacy.util.fix_random_seed(SEED)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    texts = [text for path in TRAINED_ON for text in data.conll(path) if text.text]
    examples = [_example(nlp, text) for text in texts]
    optimizer = nlp.initialize(lambda: examples[:2000])
    started = time.monotonic()
    for _ in progress(range(EPOCHS), "training the spaCy peer", "epochs", EPOCHS):
        rng.shuffle(examples)
        for batch in spacy.util.minibatch(examples, spacy.util.compounding(16.0, 128.0, 1.005)):
            nlp.update(batch, sgd=optimizer, drop=DROPOUT)
    nlp.meta["description"] = f"{EPOCHS} epochs over {len(examples):,} texts, {time.monotonic() - started:.0f} s"
    return nlp


def _example(nlp: Language, text: data.Text) -> Example:
    gold = nlp.make_doc(text.text)
    spans = [gold.char_span(g.start, g.end, g.kind, alignment_mode="expand") for g in text.gold]
    gold.ents = spacy.util.filter_spans([span for span in spans if span])
    return Example(nlp.make_doc(text.text), gold)
