"""The generator of labelled texts: its labels are right, its sides share nothing, and a seed is a seed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice, pairwise

import pytest

from privacy.names import templates
from privacy.names.templates import LABELS, LANGUAGES, Example, generate, held_out_templates, pools, read_list

COUNT = 3000
PLACEHOLDER = re.compile(r"<[A-Z_]+_\d+>", re.IGNORECASE)
SLOT = re.compile(r"\{@?[a-z_0-9]+\}")
SHARED = re.compile(r"states_|provinces_|trades|suffixes_")
"""Pools of what names nobody: states, "Plumbing", "Ltd"."""


@pytest.fixture(scope="module", params=[False, True], ids=["trained on", "held out"])
def examples(request: pytest.FixtureRequest) -> list[Example]:
    """Some thousand examples of one side."""
    return list(generate(COUNT, 3, held_out=request.param))


def spans(examples: list[Example]) -> Iterator[tuple[Example, int, int]]:
    return ((example, start, end) for example in examples for start, end, _ in example.spans)


def wrong(examples: list[Example], fault: Callable[[str, int, int], bool]) -> list[tuple[str, str]]:
    """The first few spans with a fault: the words, and the templates they come from."""
    found = ((e.text[start:end], e.template) for e, start, end in spans(examples) if fault(e.text, start, end))
    return list(islice(found, 5))


def test_a_seed_gives_the_same_examples_again() -> None:
    assert list(generate(60, 11)) == list(generate(60, 11))
    assert list(generate(60, 11, held_out=True)) == list(generate(60, 11, held_out=True))


def test_another_seed_or_side_gives_other_examples() -> None:
    texts = [
        {example.text for example in generate(60, seed, held_out=held_out)}
        for seed, held_out in ((11, False), (12, False), (11, True))
    ]

    assert max(len(texts[0] & other) for other in texts[1:]) < 10


def test_as_many_examples_come_as_are_asked_for() -> None:
    assert len(list(generate(0, 1))) == 0
    assert len(list(generate(17, 1))) == 17


def test_a_span_lies_in_its_text_and_is_not_empty(examples: list[Example]) -> None:
    assert wrong(examples, lambda text, start, end: not 0 <= start < end <= len(text)) == []


def test_a_span_neither_begins_nor_ends_with_white_space(examples: list[Example]) -> None:
    assert wrong(examples, lambda text, start, end: text[start:end] != text[start:end].strip()) == []


def test_a_span_cuts_no_word(examples: list[Example]) -> None:
    def cuts(text: str, start: int, end: int) -> bool:
        return text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum()

    assert wrong(examples, cuts) == []


def test_spans_are_in_order_and_apart(examples: list[Example]) -> None:
    assert all(a[1] <= b[0] for example in examples for a, b in pairwise(example.spans))


def test_each_label_is_known_and_occurs(examples: list[Example]) -> None:
    assert {label for example in examples for *_, label in example.spans} == set(LABELS)


def test_a_placeholder_is_never_labelled(examples: list[Example]) -> None:
    placeholders = [(e, match) for e in examples for match in PLACEHOLDER.finditer(e.text)]
    labelled = [
        match.group()
        for example, match in placeholders
        for start, end, _ in example.spans
        if start < match.end() and match.start() < end
    ]

    assert len(placeholders) > 50
    assert labelled == []


def test_a_placeholder_stays_in_capitals(examples: list[Example]) -> None:
    found = [match.group() for example in examples for match in PLACEHOLDER.finditer(example.text)]

    assert found == [words.upper() for words in found]


def test_no_slot_is_left_unfilled(examples: list[Example]) -> None:
    assert [example.text for example in examples if SLOT.search(example.text)] == []


def test_no_text_is_blank(examples: list[Example]) -> None:
    assert all(any(map(str.isalnum, example.text)) for example in examples)


def test_the_languages_have_their_shares(examples: list[Example]) -> None:
    counted = Counter(example.language for example in examples)
    shares = {language: count / len(examples) for language, count in counted.items()}

    assert sum(LANGUAGES.values()) == pytest.approx(1)
    assert shares == pytest.approx(LANGUAGES, abs=0.03)


def test_between_a_third_and_a_half_of_the_texts_have_no_span(examples: list[Example]) -> None:
    assert 0.35 <= sum(not example.spans for example in examples) / len(examples) <= 0.50


def test_no_first_or_last_name_is_on_both_sides() -> None:
    trained, held_out = (
        {name.casefold() for both in pools(side).people.values() for names in both for name in names}
        for side in (False, True)
    )

    assert len(trained) > 10_000
    assert len(held_out) > 2_000
    assert trained & held_out == set()


def test_every_culture_is_on_both_sides() -> None:
    assert set(pools(True).people) == set(pools(False).people)


def test_no_place_or_organisation_is_on_both_sides() -> None:
    trained, held_out = pools(False).kinds, pools(True).kinds
    kinds = [kind for kind in trained if not SHARED.match(kind)]
    shared = {kind: both for kind in kinds if (both := set(trained[kind]) & set(held_out[kind]))}

    assert len(kinds) > 20
    assert shared == {}


def test_no_pool_is_empty() -> None:
    assert [kind for side in (False, True) for kind, names in pools(side).kinds.items() if not names] == []


def test_no_template_is_on_both_sides() -> None:
    trained, held_out = (
        {part for example in generate(1500, 5, held_out=side) for part in example.template.split("+")}
        for side in (False, True)
    )

    assert trained & held_out == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_wording_is_held_out_of_one_group_and_trained_on_in_another(language: str) -> None:
    groups = {**read_list("common"), **read_list(language)}
    structures = [texts for group, texts in groups.items() if group in templates.STRUCTURES]
    held_out = {text for texts in structures for text in held_out_templates(texts)}
    trained = {text for texts in structures for text in texts if text not in held_out_templates(texts)}

    assert held_out
    assert held_out & trained == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_and_group_of_a_template_is_known(language: str) -> None:
    groups = {**read_list("common"), **read_list(language)}
    slots = {slot for texts in groups.values() for text in texts for slot in templates.SLOT.findall(text)}
    unknown = {slot for slot in slots if slot not in templates.SLOTS and slot.removeprefix("@") not in groups}

    assert unknown == set()
