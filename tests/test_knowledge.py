"""Documents: read, redacted, cut, sealed, found beside the exchanges, cited, listed and removed."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from connectors import documents
from connectors.documents import LONGEST, read
from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import knowledge
from instruct.passages import Passage, Passages
from privacy.gate import Gate
from serve.answers import _source
from serve.chat import build_chat
from serve.engines.echo import Echo

RETURNS = """---
layout: page
---
# Returns

You may send a grinder back within 30 days.

## From abroad

The parcel needs a customs form. Write to Anna Schmidt, anna.schmidt@example.com, for one.

```
# not a heading
```

| Country | Days |
|---|---|
| Norway | 14 |
"""

PAGE = """<html><head><title>Brewing | Copperleaf</title><script>var no = 1</script></head>
<body><nav>Home Shop</nav><h1>Brewing</h1>Loose words <b>here</b>.<p>Use 60 g of coffee<br>for a litre.</p>
<h2>Water</h2><ul><li>Soft water</li><li>At 94 degrees</li></ul><footer>Imprint</footer></body></html>"""


def pdf(path: Path, *pages: str, password: str = "") -> Path:
    """A PDF with a line of text on each page; "" for an empty page."""
    writer = PdfWriter()
    for text in pages:
        page = writer.add_blank_page(300, 300)
        font = DictionaryObject(
            {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")}
        )
        font[NameObject("/BaseFont")] = NameObject("/Helvetica")
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    writer.write(path)
    return path


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def test_markdown_is_cut_at_its_headings(tmp_path: Path) -> None:
    document = read(write(tmp_path / "returns.md", RETURNS))

    assert document.title == "Returns"
    assert [place for place, _ in document.passages] == ["Returns", "Returns, From abroad"]
    assert document.passages[0][1] == "You may send a grinder back within 30 days."
    assert "# not a heading" in document.passages[1][1]
    assert "Norway 14" in document.passages[1][1]


def test_html_is_read_without_what_stands_around_it(tmp_path: Path) -> None:
    document = read(write(tmp_path / "brewing.html", PAGE))

    assert document.title == "Brewing | Copperleaf"
    assert document.passages == (
        ("Brewing", "Loose words here.\nUse 60 g of coffee for a litre."),
        ("Brewing, Water", "Soft water\nAt 94 degrees"),
    )


def test_a_pdf_is_cited_by_its_pages(tmp_path: Path) -> None:
    document = read(pdf(tmp_path / "manual.pdf", "Clean the burrs.", "Oil the hinge."))

    assert document.title == "manual"
    assert document.passages == (("page 1", "Clean the burrs."), ("page 2", "Oil the hinge."))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_say_what_they_are(tmp_path: Path, encoding: str) -> None:
    assert read(write(tmp_path / "a.txt", "Grüße\r\nan alle\r\n\r\nZwei", encoding)).passages == (
        ("", "Grüße an alle\nZwei"),
    )


def test_html_may_declare_another_encoding(tmp_path: Path) -> None:
    page = '<meta charset="iso-8859-1"><p>Grüße</p>'

    assert read(write(tmp_path / "a.html", page, "iso-8859-1")).passages == (("", "Grüße"),)


def test_long_paragraphs_are_cut_between_sentences_and_nothing_is_lost(tmp_path: Path) -> None:
    sentences = " ".join(f"Sentence {n} says that." for n in range(100))
    endless = " ".join(f"word{n}" for n in range(300))
    document = read(write(tmp_path / "a.txt", f"{sentences}\n\n{endless}"))
    texts = [text for _, text in document.passages]

    assert max(len(text.split()) for text in texts) <= LONGEST
    assert " ".join(" ".join(texts).split()) == f"{sentences} {endless}"
    assert texts[0].endswith("that.")


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.txt", "Grüße".encode("latin-1"), "not in utf-8, byte 3. Save it in UTF-8"),
        ("a.html", b'<meta charset="klingon-8"><p>x</p>', "UTF-8"),
        ("a.txt", b"a\0b", "zero bytes"),
        ("a.txt", b" \n \n", "holds no text"),
        ("a.docx", b"x", "'.docx'; expected .md"),
        ("a.pdf", b"%PDF-1.4 but no more", "no PDF that can be read"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(tmp_path: Path, name: str, content: bytes, wanted: str) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(DeskwrightError, match=wanted.replace(".", r"\.").replace("(", r"\(")):
        read(tmp_path / name)


def test_a_scanned_and_an_encrypted_pdf_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DeskwrightError, match=r"2 pages without any text.*scanned.*ocrmypdf"):
        read(pdf(tmp_path / "scan.pdf", "", ""))
    with pytest.raises(DeskwrightError, match="is encrypted"):
        read(pdf(tmp_path / "locked.pdf", "Secret.", password="open"))


def test_documents_are_redacted_sealed_found_and_cited(ws: Workspace, tmp_path: Path) -> None:
    [added] = knowledge.add(ws, Gate.of(ws), [write(tmp_path / "returns.md", RETURNS)])
    library = knowledge.Library(ws, None)
    [near] = library.search("What do I need to send it back from abroad?", 1)

    assert added.state == "added"
    assert added.known is not None
    assert added.known.replaced >= 2
    assert near.place == "Returns, From abroad"
    assert "<EMAIL_1>" in near.answer
    assert "Schmidt" not in near.answer
    assert _source(near, False)["title"] == "Returns"
    assert _source(near, False)["place"] == "Returns, From abroad"
    for file in ws.root.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert b"anna.schmidt" not in content
        assert b"customs form" not in content


def test_a_document_stands_in_the_prompt_as_an_exchange_does(ws: Workspace, tmp_path: Path) -> None:
    knowledge.add(ws, Gate.of(ws), [write(tmp_path / "returns.md", RETURNS)])
    chat = build_chat(Gate.of(ws), Echo(), knowledge.Library(ws, None), "Help.", 1, quote_from=-1.0)
    state = chat.invoke({"turns": [{"role": "user", "content": "How many days to send a grinder back?"}]})

    assert state["messages"][0]["content"].startswith(
        "Help.\n\nResolved before:\n\nQuestion: Returns\nAnswer: You may send a grinder back"
    )
    assert "quoted" not in state["answer"].response_metadata


def test_exchanges_and_documents_are_one_index(ws: Workspace, tmp_path: Path) -> None:
    knowledge.add(ws, Gate.of(ws), [write(tmp_path / "returns.md", RETURNS)])
    exchanges = Passages.build([Passage("r/1", "Where is my parcel?", "On its way.")], ["a customer"])
    library = knowledge.Library(ws, exchanges)

    assert library.search("where is the parcel", 1)[0].id == "r/1"
    assert library.search("grinder back within how many days", 1)[0].title == "Returns"


def test_a_change_and_a_removal_are_noticed_at_the_next_question(ws: Workspace, tmp_path: Path) -> None:
    file, gate, library = write(tmp_path / "returns.md", RETURNS), Gate.of(ws), knowledge.Library(ws, None)

    assert library.search("days", 1) == []
    knowledge.add(ws, gate, [file])
    before = knowledge.digest(ws)
    assert "30 days" in library.search("days to send a grinder back", 1)[0].answer

    assert [one.state for one in knowledge.add(ws, gate, [file])] == ["unchanged"]
    write(file, RETURNS.replace("30 days", "60 days"))
    assert [one.state for one in knowledge.add(ws, gate, [file])] == ["changed"]
    assert knowledge.digest(ws) != before
    assert "60 days" in library.search("days to send a grinder back", 1)[0].answer

    knowledge.remove(ws, "returns.md")
    assert library.search("days", 1) == []
    assert knowledge.digest(ws) == ""


def test_the_name_of_a_file_goes_through_the_gate_too(ws: Workspace, tmp_path: Path) -> None:
    file = write(tmp_path / "for anna.schmidt@example.com.txt", "A text about grinders.")
    [added] = knowledge.add(ws, Gate.of(ws), [file])

    assert added.known is not None
    assert "anna" not in added.known.name


def test_a_document_under_another_key_is_refused(ws: Workspace, tmp_path: Path) -> None:
    knowledge.add(ws, Gate.of(ws), [write(tmp_path / "a.txt", "A text about grinders.")])
    [file] = (ws.root / knowledge.FOLDER).iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    with pytest.raises(DeskwrightError, match="does not open"):
        knowledge.passages(ws)


def test_the_commands(ws: Workspace, tmp_path: Path, cli: Callable[..., Result]) -> None:
    folder = tmp_path / "handbook"
    write(folder / "care" / "returns.md", RETURNS)
    write(folder / "brewing.html", PAGE)
    write(folder / "logo.png", "x")
    added = cli("knowledge", "add", folder, "--workspace", ws.root)

    assert added.exit_code == 1
    assert "added: care/returns.md (Returns), 2 passages" in added.output
    assert "logo.png: found a file of the kind '.png'" in added.output
    assert "added 2, left out 1" in added.output

    assert "brewing.html" in cli("knowledge", "list", "--workspace", ws.root).output
    assert cli("knowledge", "remove", "brewing.html", "--workspace", ws.root).exit_code == 0
    assert "brewing.html" not in cli("knowledge", "list", "--workspace", ws.root).output

    missing = cli("knowledge", "remove", "brewing.html", "--workspace", ws.root)
    assert missing.exit_code == 2
    assert "care/returns.md" in missing.output
    assert cli("knowledge", "add", folder / "care", "--workspace", ws.root).exit_code == 0


def test_the_kinds_are_named(tmp_path: Path) -> None:
    assert documents.kinds() == ".md, .markdown, .html, .htm, .pdf, .txt"


def test_of_many_questions_after_a_change_one_makes_the_index_anew(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, real, made = knowledge.Library(ws, None), knowledge.beside, []
    knowledge.add(ws, Gate.of(ws), [write(tmp_path / "returns.md", RETURNS)])

    def beside(*asked: Any) -> Passages:
        made.append(1)
        time.sleep(0.2)
        return real(*asked)

    monkeypatch.setattr(knowledge, "beside", beside)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: library.search("How many days for a grinder?", 1)[0].title, range(8)))

    assert found == ["Returns"] * 8
    assert len(made) == 1


def test_an_index_is_complete_before_it_is_asked(ws: Workspace, tmp_path: Path) -> None:
    """What is made at the first search would be made by every thread that asks at the same time."""
    exchanges = Passages.build([Passage("r/1", "What does E-417 mean?", "It is too hot.")], ["a customer"])
    library = knowledge.Library(ws, exchanges)
    assert "_coarse" in vars(exchanges._by_meaning)
    assert "_index" in vars(exchanges._by_code)

    knowledge.add(ws, Gate.of(ws), [write(tmp_path / "returns.md", RETURNS)])
    for opened in (library, knowledge.Library(ws, exchanges)):
        index = opened._index()
        assert len(index) == 3
        assert "_coarse" in vars(index._by_meaning)
        assert "_index" in vars(index._by_code)


def test_a_document_that_goes_while_it_is_read_is_not_missed(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, real = knowledge.Library(ws, None), knowledge._open
    knowledge.add(ws, Gate.of(ws), [write(tmp_path / "a.txt", "A text about grinders.")])
    [going] = (ws.root / knowledge.FOLDER).iterdir()
    knowledge.add(ws, Gate.of(ws), [write(tmp_path / "b.txt", "A text about kettles.")])

    def opening(workspace: Workspace, file: Path) -> Any:
        going.unlink(missing_ok=True)
        return real(workspace, file)

    monkeypatch.setattr(knowledge, "_open", opening)

    assert [near.title for near in library.search("a text", 5)] == ["b"]


def test_two_files_of_one_name_are_refused_and_nothing_is_added(ws: Workspace, tmp_path: Path) -> None:
    first, second = (write(tmp_path / name / "faq.txt", f"The {name} shop.") for name in ("one", "other"))
    with pytest.raises(DeskwrightError, match=r"two files of the name faq\.txt: .*one/faq\.txt and .*other/faq\.txt"):
        knowledge.add(ws, Gate.of(ws), [first, second])
    assert knowledge.all_known(ws) == []

    assert len(knowledge.add(ws, Gate.of(ws), [first, first.parent])) == 1
    assert [one.known.name for one in knowledge.add(ws, Gate.of(ws), [tmp_path]) if one.known] == [
        "one/faq.txt", "other/faq.txt",
    ]  # fmt: skip


def test_hidden_files_and_folders_are_passed_over(ws: Workspace, tmp_path: Path) -> None:
    for name in (".git/notes.txt", "care/.cache/deep/old.txt", ".hidden.txt", "care/kept.txt"):
        write(tmp_path / "handbook" / name, "A text about grinders.")

    assert [one.file.name for one in knowledge.add(ws, Gate.of(ws), [tmp_path / "handbook"])] == ["kept.txt"]
