"""Presidio's research set -> precision, recall and F2 by Presidio's own research evaluator, and what is missed most.

As its notebook does: predictions become tags of spaCy's tokens, every kind becomes one (a binary question), a gold span
counts as found where the union of what overlaps it has an intersection over union of 0.75 or more, and skip words and
punctuation count for nothing (the evaluator's own list). Stock Presidio runs with the notebook's score threshold.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.privacy import data, peers
from deskwright.plugins import Span
from deskwright.terminal import progress

IOU = 0.75
THRESHOLD = 0.4
PUBLISHED = (
    ("published: stock, en_core_web_lg", 0.733, 0.646, 0.661),
    ("published: customised, 395M-parameter model", 0.908, 0.902, 0.903),
)
"""https://github.com/microsoft/presidio-research, notebooks 4 and 5."""

MOST = 30


@dataclass(frozen=True, slots=True)
class Score:
    """One system's figures. `errors` counts (sort, kinds, words, detector): what was missed or wrongly found."""

    name: str
    precision: float
    recall: float
    f2: float
    by_kind: dict[str, float]
    errors: Counter[tuple[str, str, int, str]]


def measure(systems: Sequence[peers.System], limit: int | None = None) -> list[Score]:
    """The score of each system on the first `limit` samples: of everything it finds, whatever becomes of it."""
    texts = data.research("synth_dataset_v2")[:limit]
    return [_score(system, texts) for system in systems]


def _score(system: peers.System, texts: Sequence[data.Text]) -> Score:
    from presidio_evaluator.evaluation import SpanEvaluator
    from presidio_evaluator.evaluation.skipwords import get_skip_words

    logging.getLogger("presidio-evaluator").setLevel(logging.ERROR)
    evaluator = SpanEvaluator(iou_threshold=IOU, skip_words=get_skip_words())
    least = THRESHOLD if isinstance(system, peers.Stock) else 0.0
    found = [
        [span for span in system.read(text.text)[0] if span.score >= least]
        for text in progress(texts, f"research: {system.name}", "texts", len(texts))
    ]
    frame = _frame(texts, found)
    result = evaluator.calculate_score_on_df(frame, level="pii")
    return Score(
        system.name,
        result.pii_precision,
        result.pii_recall,
        result.pii_f,
        _recall_by_kind(evaluator, frame),
        _errors(evaluator, frame, texts, found),
    )


def _frame(texts: Sequence[data.Text], found: Sequence[Sequence[Span]]) -> Any:
    """The evaluator's table: a row for each token, with its gold tag and ours."""
    import pandas as pd
    from presidio_evaluator import span_to_tag

    rows = []
    for n, (text, spans) in enumerate(zip(texts, found, strict=True)):
        tokens = peers.blank()(text.text)
        gold = span_to_tag(
            "IO",
            text.text,
            [g.start for g in text.gold],
            [g.end for g in text.gold],
            [g.kind for g in text.gold],
            tokens=tokens,
        )
        predicted = span_to_tag(
            "IO",
            text.text,
            [s.start for s in spans],
            [s.end for s in spans],
            [s.entity for s in spans],
            [s.score for s in spans],
            tokens=tokens,
        )
        rows += [
            (n, token.text, annotation, prediction, token.idx)
            for token, annotation, prediction in zip(tokens, gold, predicted, strict=True)
        ]
    return pd.DataFrame(rows, columns=["sentence_id", "token", "annotation", "prediction", "start_indices"])


def _covers(gold: Any, found: Sequence[Any]) -> float:
    """The share of a gold span between its first and last words that count that the found spans cover."""
    first, last = gold.normalized_start_index, gold.normalized_end_index
    inside = sum(
        max(0, min(last, span.normalized_end_index) - max(first, span.normalized_start_index)) for span in found
    )
    return inside / max(1, last - first)


def _recall_by_kind(evaluator: Any, frame: Any) -> dict[str, float]:
    """The share of gold spans of each kind of which three quarters are covered, whatever stands around them: in the
    binary table neighbours of other kinds are one span, so that one has no kinds."""
    seen: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    for _, sentence in frame.groupby("sentence_id"):
        golds = evaluator._process_sentence_spans(sentence)[0]
        found = evaluator._process_sentence_spans(evaluator.create_global_entities_df(sentence))[1]
        for gold in golds:
            seen[gold.entity_type] += 1
            covered[gold.entity_type] += _covers(gold, found) >= IOU
    return {kind: covered[kind] / count for kind, count in seen.most_common()}


def _errors(
    evaluator: Any, frame: Any, texts: Sequence[data.Text], found: Sequence[Sequence[Span]]
) -> Counter[tuple[str, str, int, str]]:
    """What the binary question gets wrong, counted by what is labelled there, its words, and what found something
    there: a gold span without a match, or a found one."""
    errors: Counter[tuple[str, str, int, str]] = Counter()
    for number, sentence in frame.groupby("sentence_id"):
        golds, spans = evaluator._process_sentence_spans(evaluator.create_global_entities_df(sentence))
        text, ours = texts[int(number)], found[int(number)]
        for gold in golds:
            over = [span for span in spans if evaluator.calculate_iou(gold, span) > 0]
            if not over or evaluator._calculate_combined_iou(gold, over) < IOU:
                sort = "missed" if not over else "wrong extent"
                errors[sort, *_told(gold, text, ours)] += 1
        for span in spans:
            if all(evaluator.calculate_iou(gold, span) == 0 for gold in golds):
                errors["false alarm", *_told(span, text, ours)] += 1
    return errors


def _told(place: Any, text: data.Text, spans: Sequence[Span]) -> tuple[str, int, str]:
    """(labelled kinds, words, detectors) at a place."""
    start, end = place.start_position, place.end_position
    kinds = "+".join(g.kind for g in text.gold if g.start < end and g.end > start) or "-"
    detectors = {f"{s.entity} ({s.reason or s.detector})" for s in spans if s.start < end and s.end > start}
    return kinds, len(text.text[start:end].split()), ", ".join(sorted(detectors)) or "-"
