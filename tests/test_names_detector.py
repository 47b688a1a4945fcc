"""The names detector with the weights that ship."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.privacy import data
from deskwright.plugins import Detector
from privacy.names import detector
from privacy.names.detector import CARD, WEIGHTS, Names
from privacy.names.templates import generate


@pytest.fixture(scope="module")
def names() -> Names:
    return Names()


def found(names: Names, text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.entity) for span in names.find(text)]


CASES = [
    ("Anna called", [("Anna", "PERSON")]),
    ("ask mrs. o'brien, my neighbour piotr has it", [("o'brien", "PERSON"), ("piotr", "PERSON")]),
    ("Will you bill me in May? Bill said so.", [("Bill", "PERSON")]),
    ("JOHN SMITH NEVER CALLED ME BACK", [("JOHN SMITH", "PERSON")]),
    ("We moved from Leeds to Toronto.", [("Leeds", "LOCATION"), ("Toronto", "LOCATION")]),
    ("I work for Northwind Traders Ltd.", [("Northwind Traders Ltd", "ORGANIZATION")]),
    ("ship it to 12 high st, leeds", [("12 high st, leeds", "ADDRESS")]),
    (
        "Best regards\nJürgen Müller\nHauptstr. 5\n80331 München",
        [("Jürgen Müller", "PERSON"), ("Hauptstr. 5\n80331 München", "ADDRESS")],
    ),
    ("Anna's parcel", [("Anna", "PERSON")]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_finds(names: Names, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(names, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n\n ",
        "thanks, that works now",
        "Click Save Changes, then choose Settings.",
        "Yes, add the name under Account, Billing.",
        "Choose {{Order Details}} and press <b>Save</b>.",
        "The app crashes since the March update. How do I reset it?",
        "<PERSON_1> called from <LOCATION_1> about <ID_2>.",
        "I paid 20 dollars for two of them on Monday.",
    ],
)
def test_leaves_what_names_nobody(names: Names, text: str) -> None:
    assert found(names, text) == []


def test_keeps_its_promise(names: Names) -> None:
    assert isinstance(names, Detector)
    assert names.version == json.loads(CARD.read_text("utf-8"))["sha256"][:12]


def test_the_card_belongs_to_the_weights() -> None:
    assert json.loads(CARD.read_text("utf-8"))["sha256"] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert WEIGHTS.stat().st_size < 25e6


TEXTS = [example.text for example in generate(120, 3, held_out=True)]


def test_what_is_read_together_or_before_changes_nothing() -> None:
    together = Names().find_all(TEXTS)

    assert [Names().find(text) for text in TEXTS[:40]] == together[:40]
    assert Names().find_all(TEXTS[::-1]) == together[::-1]


def test_a_block_is_read_once(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    once = names.find("Greetings from Odalys Fenwick-Trane.")
    monkeypatch.setattr(detector, "_read", lambda blocks: [detector.Reading((), False) for _ in blocks])

    assert names.find("Greetings from Odalys Fenwick-Trane.") == once != []


MAIL = (
    "My colleague is called Odalys Fenwick-Trane.\nHer street:\n12 Oak Street\nLeeds LS1 4AB\n\nShe wrote on Monday.\n"
)


@pytest.mark.parametrize("mark", ["> ", ">", ">> ", "> > ", "  > ", ">\t"])
def test_a_quoted_mail_is_read_as_the_mail_itself(mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    some = Names()
    plain = [span.entity for span in some.find(MAIL)]
    monkeypatch.setattr(
        detector, "_read", lambda blocks: [detector.Reading((detector.Hit(0, 1, "PER", 1.0),), False) for _ in blocks]
    )
    quoted = "".join(mark + line for line in MAIL.splitlines(keepends=True))
    text = f"Thanks!\n{quoted}"
    spans = some.find(text)

    assert [span.entity for span in spans] == ["PERSON", *plain]
    assert text[spans[0].start : spans[0].end] == "T"
    assert text[spans[1].start : spans[1].end] == "Odalys Fenwick-Trane"


@given(st.text(alphabet=">ab \t\n", max_size=60))
def test_parts_of_any_text_know_their_places(text: str) -> None:
    parts = list(detector.unquoted(text))
    places = [part.place(at) for part in parts for at in range(len(part.text))]

    assert [text[place] for place in places] == [char for part in parts for char in part.text]
    assert places == sorted(set(places))
    assert {n for n, char in enumerate(text) if char in "ab"} <= set(places)


def test_the_memory_is_bounded_and_holds_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "REMEMBERED", 3)
    some = Names()
    some.find_all([f"Text {n} of Odalys" for n in range(9)])

    assert len(some._memory._known) == 3
    assert "Odalys" not in repr(some._memory._known)


def test_several_threads_find_the_same() -> None:
    some = Names()
    with ThreadPoolExecutor(4) as pool:
        found_in_threads = list(pool.map(some.find, TEXTS[:40] * 2))

    assert found_in_threads == Names().find_all(TEXTS[:40] * 2)


@given(st.text(max_size=300))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_any_text_is_read_and_spans_lie_apart_inside_it(text: str) -> None:
    spans = Names().find(text)

    assert all(0 <= span.start < span.end <= len(text) and 0 <= span.score <= 1 for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


def _covered(names: Names, examples: Iterator[tuple[str, list[tuple[int, int]]]]) -> float:
    hits = total = 0
    for text, golds in examples:
        spans = names.find(text)
        for start, end in golds:
            total += 1
            hits += all(any(s.start <= i < s.end for s in spans) for i in range(start, end) if text[i].isalnum())
    return hits / total


@pytest.mark.parametrize(("language", "least"), [("en", 0.93), ("de", 0.9), ("fr", 0.9), ("es", 0.9), ("it", 0.9)])
def test_covers_the_persons_of_templates_and_names_it_never_saw(names: Names, language: str, least: float) -> None:
    examples = (
        (e.text, [(a, b) for a, b, label in e.spans if label == "PER"])
        for e in generate(1500, 11, held_out=True)
        if e.language == language
    )

    assert _covered(names, examples) >= least


def test_covers_the_persons_of_real_mail(names: Names, shared: Path) -> None:
    documents = [data.joined(sentences) for sentences in data.treebank()]
    examples = (
        (d.text, [(gold.start, gold.end) for gold in d.gold if gold.kind == "PERSON"])
        for d in documents
        if d.group in ("email", "answers")
    )

    assert _covered(names, examples) >= 0.9
