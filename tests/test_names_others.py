"""Other people's names models: small ones made here, saved, and read through the promise of a detector."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from deskwright.errors import DeskwrightError
from deskwright.plugins import Detector, Span
from privacy.names.others import Gliner, Spacy, Transformers

TEXT = "Hello,\n\nthe parcel of Zubaida came broken.\n\nThanks, 😀 Zubaida"
PLACES = [(TEXT.index("Zubaida"),) * 2, (TEXT.rindex("Zubaida"),) * 2]
EXPECTED = [(start, start + len("Zubaida"), "PERSON", "Zubaida") for start, _ in PLACES]
SENTENCES = [
    "the parcel of Zubaida came broken.",
    "Thanks, Zubaida",
    "please call Zubaida today",
    "Zubaida wrote to us",
    "the lamp came broken, thanks",
]


def found(spans: Any, text: str = TEXT) -> list[tuple[int, int, str, str]]:
    return [(span.start, span.end, span.entity, text[span.start : span.end]) for span in spans]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BERT of one layer that has learnt two words: "zubaida" is a person, "parcel" a product."""
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "zubaida",
        "parcel",
        "hello",
        "thanks",
        "the",
        "of",
        ",",
        ".",
    ]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    labels = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-PRODUCT"}
    shape = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        id2label=labels, label2id={label: i for i, label in labels.items()},
    )  # fmt: skip
    torch.manual_seed(1)
    model = BertForTokenClassification(shape).eval()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    ids = torch.tensor([[2, 9, 6, 10, 5, 1, 3], [2, 8, 11, 1, 5, 12, 3], [2, 5, 1, 1, 9, 6, 3], [2, 7, 11, 9, 1, 8, 3]])
    wanted = torch.where(ids == 5, 1, torch.where(ids == 6, 3, 0))
    for _ in range(40):
        torch.nn.functional.cross_entropy(model(ids).logits.flatten(0, 1), wanted.flatten()).backward()
        optimiser.step()
        optimiser.zero_grad()
    model.save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A blank English pipeline with an `ner` that knows five sentences by heart."""
    import spacy
    from spacy.training import Example

    random.seed(1)
    spacy.util.fix_random_seed(1)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner").add_label("PERSON")
    examples = []
    for text in SENTENCES:
        at = text.find("Zubaida")
        entities = [(at, at + len("Zubaida"), "PERSON")] if at >= 0 else []
        examples.append(Example.from_dict(nlp.make_doc(text), {"entities": entities}))
    optimiser = nlp.initialize(lambda: examples)
    for _ in range(30):
        nlp.update(examples, sgd=optimiser)
    folder = tmp_path_factory.mktemp("spacy")
    nlp.to_disk(folder)
    return str(folder)


class FakeGliner:
    """What we call of GLiNER: `from_pretrained`, then `predict_entities` with labels of one's choice."""

    @classmethod
    def from_pretrained(cls, model: str) -> FakeGliner:
        return cls()

    def predict_entities(self, text: str, labels: list[str], threshold: float) -> list[dict[str, Any]]:
        at = text.find("Zubaida")
        words = {"start": at, "end": at + len("Zubaida"), "text": "Zubaida", "label": labels[0], "score": 0.75}
        return [words] if at >= 0 else []


@pytest.fixture
def gliner(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("gliner")
    package.GLiNER = FakeGliner  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gliner", package)


def test_a_transformers_model_finds_a_person_in_each_paragraph(bert: str) -> None:
    spans = Transformers(bert).find(TEXT, "en")

    assert found(spans) == EXPECTED
    assert all(0.5 < span.score <= 1 for span in spans)


def test_a_label_that_we_do_not_know_is_left_alone(bert: str) -> None:
    labels = {label for _, _, label, _ in Transformers(bert)._read("the parcel of zubaida")}

    assert labels == {"PER", "PRODUCT"}
    assert found(Transformers(bert).find("the parcel"), "the parcel") == []


def test_a_spacy_pipeline_finds_a_person_in_each_paragraph(pipeline: str) -> None:
    spans = Spacy(pipeline).find(TEXT, "en")

    assert found(spans) == EXPECTED
    assert {span.score for span in spans} == {0.85}


@pytest.mark.usefixtures("gliner")
def test_a_gliner_model_finds_a_person_in_each_paragraph() -> None:
    detector = Gliner("some/model")

    assert isinstance(detector, Detector)
    assert found(detector.find(TEXT, "en")) == EXPECTED
    assert detector.find(TEXT)[0] == Span(*EXPECTED[0][:3], 0.75, "gliner", "person of some/model")


def test_a_span_says_which_model_found_it(bert: str) -> None:
    span = Transformers(bert).find("Zubaida")[0]

    assert (span.detector, span.reason) == ("transformers", f"PER of {bert}")


def test_a_long_text_is_read_to_its_end(bert: str) -> None:
    text = "the parcel " * 300 + "zubaida"

    assert found(Transformers(bert).find(text), text) == [(3300, 3307, "PERSON", "zubaida")]


@pytest.mark.parametrize("text", ["", " \n\n ", "😀", "---"])
def test_nothing_is_found_where_nothing_is_written(text: str, bert: str, pipeline: str) -> None:
    assert Transformers(bert).find(text) == []
    assert Spacy(pipeline).find(text) == []


def test_each_keeps_the_promise_of_a_detector(bert: str, pipeline: str) -> None:
    assert isinstance(Transformers(bert), Detector)
    assert isinstance(Spacy(pipeline), Detector)


def test_the_model_is_the_version(bert: str, pipeline: str) -> None:
    assert Transformers(bert).version == bert
    assert Spacy(pipeline).version == pipeline


@pytest.mark.parametrize("kind", [Transformers, Spacy])
def test_a_model_that_is_not_there_is_named(kind: type, tmp_path: Path) -> None:
    model = str(tmp_path / "nowhere")

    with pytest.raises(DeskwrightError, match=f"{kind.name}:{model} .*could not be loaded.*builtin"):  # type: ignore[attr-defined]
        kind(model)


@pytest.mark.parametrize("kind", [Transformers, Spacy])
def test_a_folder_without_a_model_is_named(kind: type, tmp_path: Path) -> None:
    with pytest.raises(DeskwrightError, match=f"{kind.name}:{tmp_path} .*could not be loaded"):  # type: ignore[attr-defined]
        kind(str(tmp_path))


def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gliner", None)

    with pytest.raises(DeskwrightError, match=r"gliner:some/model .*could not be loaded: .*gliner.* is installed"):
        Gliner("some/model")
