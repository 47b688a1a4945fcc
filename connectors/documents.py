"""Markdown, HTML, PDF and text files -> documents: sections under their headings, cut to passages of a sensible length.

A document is handed on as a conversation in which one agent says, in turn, where a passage stands and what it says, so
that it goes through the same gate as everything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector

from deskwright.conversation import Conversation, Kind, Message, Participant, Visibility
from deskwright.errors import DeskwrightError

SOURCE = "knowledge"
LONGEST = 120
"""Words of a passage: about what the sentence encoder reads of a text, and a prompt can hold."""

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = (*HEADINGS, "p", "li", "pre", "blockquote", "tr", "dt", "dd", "figcaption", "summary")
NOT_CONTENT = ("script", "style", "nav", "footer", "aside", "template", "noscript", "head", "svg", "button", "select")
SENTENCE = re.compile(r"(?<=[.!?])\s+")
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

Section = tuple[str, list[str]]
"""Where it stands ("Returns, How long", "page 3"), and its paragraphs."""


@dataclass(frozen=True, slots=True)
class Document:
    """`passages` are (place, text) in reading order."""

    title: str
    passages: tuple[tuple[str, str], ...]


def read(path: Path) -> Document:
    """The document in a file.

    Raises:
        DeskwrightError: the file cannot be read: another kind, a wrong encoding, a PDF that is encrypted, damaged or
            only pictures, or nothing in it.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DeskwrightError(f"{path}: found a file of the kind {path.suffix or '(none)'!r}; expected {kinds()}.")
    try:
        title, sections = reader(path)
    except OSError as error:
        raise DeskwrightError(f"{path} cannot be read: {error.strerror}.") from None
    passages = tuple((place, text) for place, paragraphs in sections for text in _cut(paragraphs))
    if not passages:
        raise DeskwrightError(f"{path} holds no text; expected some. Nothing of it was added.")
    return Document(_line(title) or path.stem, passages)


def as_conversation(document: Document, name: str) -> Conversation:
    """What the gate takes: two messages a passage, its place and its text; the title is the subject, `name` the
    channel."""
    us = Participant("us", Kind.AGENT)
    lines = [line for passage in document.passages for line in passage]
    messages = tuple(Message(str(n), us.id, text, visibility=Visibility.PUBLIC) for n, text in enumerate(lines))
    return Conversation(SOURCE, name, (us,), messages, subject=document.title, channel=name)


def kinds() -> str:
    return ", ".join(READERS)


def _markdown(path: Path) -> tuple[str, list[Section]]:
    from markdown_it import MarkdownIt

    text = re.sub(r"\A---\n.*?\n---\n", "", _text(path), flags=re.DOTALL)  # front matter
    return _of_html(MarkdownIt("commonmark").enable("table").render(text))


def _html(path: Path) -> tuple[str, list[Section]]:
    raw = path.read_bytes()
    return _of_html(_text(path, EncodingDetector.find_declared_encoding(raw, is_html=True)))


def _of_html(html: str) -> tuple[str, list[Section]]:
    soup = BeautifulSoup(html, "html.parser")
    title = _words(soup.title) if soup.title else ""
    for tag in soup(NOT_CONTENT):
        tag.decompose()
    path: dict[int, str] = {}
    sections: list[Section] = []
    for words, level in _blocks(soup):
        if level:
            path = {depth: heading for depth, heading in path.items() if depth < level} | {level: words}
            sections.append((", ".join(path[depth] for depth in sorted(path)), []))
        else:
            sections = sections or [("", [])]
            sections[-1][1].append(words)
    headed = next((place for place, _ in sections if place), "")
    return title or headed.split(", ")[0], sections


def _blocks(soup: BeautifulSoup) -> Iterator[tuple[str, int]]:
    """(words, level of the heading or 0) of each block, and of text that stands in none."""
    for block in soup(("br",)):
        block.replace_with("\n")
    loose: list[str] = []
    for node in list(soup.descendants):
        inside = node.find_parent(BLOCKS) if not isinstance(node, Tag) else None
        if isinstance(node, Tag) and node.name in BLOCKS:
            if loose and (words := _line(" ".join(loose))):
                yield words, 0
            loose = []
            if not node.find_parent(BLOCKS) or node.name in HEADINGS:
                level = HEADINGS.index(node.name) + 1 if node.name in HEADINGS else 0
                if words := _words(node):
                    yield words, level
        elif not isinstance(node, Tag) and inside is None:
            loose.append(str(node))
    if words := _line(" ".join(loose)):
        yield words, 0


def _pdf(path: Path) -> tuple[str, list[Section]]:
    import logging

    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DeskwrightError(f"{path} is encrypted; expected a PDF without a password. Save it so, and add it.")
        pages = [(f"page {n}", _paragraphs(page.extract_text())) for n, page in enumerate(reader.pages, 1)]
        title = (reader.metadata.title if reader.metadata else "") or ""
    except (PyPdfError, ValueError, KeyError, TypeError) as error:
        raise DeskwrightError(
            f"{path} is no PDF that can be read ({type(error).__name__}). Open it in a viewer and save it anew."
        ) from None
    if pages and not any(paragraphs for _, paragraphs in pages):
        raise DeskwrightError(
            f"{path}: found {len(pages)} pages without any text; it seems to be scanned. Expected a PDF with text: run "
            "text recognition over it (ocrmypdf, for example), and add the result."
        )
    return title, pages


def _plain(path: Path) -> tuple[str, list[Section]]:
    return "", [("", _paragraphs(_text(path)))]


READERS: dict[str, Callable[[Path], tuple[str, list[Section]]]] = {
    ".md": _markdown,
    ".markdown": _markdown,
    ".html": _html,
    ".htm": _html,
    ".pdf": _pdf,
    ".txt": _plain,
}


def _text(path: Path, declared: str | None = None) -> str:
    """By its byte order mark, what it declares, or UTF-8; a guess would put wrong letters into answers."""
    raw = path.read_bytes()
    encoding = next((name for mark, name in MARKS.items() if raw.startswith(mark)), None) or declared or "utf-8"
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        place = f", byte {error.start + 1:,}" if isinstance(error, UnicodeDecodeError) else ""
        raise DeskwrightError(f"{path} is not in {encoding}{place}. Save it in UTF-8, and add it again.") from None
    if "\0" in text:
        raise DeskwrightError(f"{path} is not a text file: it holds zero bytes. Save it as text in UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _paragraphs(text: str) -> list[str]:
    return [words for part in re.split(r"\n\s*\n", text) if (words := _line(part))]


def _words(tag: Tag) -> str:
    return _line(tag.get_text(" "))


def _line(text: str) -> str:
    return re.sub(r" ([,.;:!?])", r"\1", " ".join(text.split()))


def _cut(paragraphs: Iterable[str]) -> Iterator[str]:
    """Paragraphs put together to at most LONGEST words; one that is longer by itself is cut between sentences, a
    sentence that is longer by itself between words."""
    held: list[str] = []
    for piece in (piece for paragraph in paragraphs for piece in _pieces(paragraph)):
        if held and sum(len(each.split()) for each in held) + len(piece.split()) > LONGEST:
            yield "\n".join(held)
            held = []
        held.append(piece)
    if held:
        yield "\n".join(held)


def _pieces(paragraph: str) -> Iterator[str]:
    if len(paragraph.split()) <= LONGEST:
        yield paragraph
        return
    held: list[str] = []
    for sentence in SENTENCE.split(paragraph):
        words = sentence.split()
        if held and len(held) + len(words) > LONGEST:
            yield " ".join(held)
            held = []
        held += words
        while len(held) > LONGEST:
            yield " ".join(held[:LONGEST])
            held = held[LONGEST:]
    if held:
        yield " ".join(held)
