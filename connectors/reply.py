"""The body of a mail, as text or as HTML -> what its author wrote, what was quoted, and the signature.

Nothing is thrown away: a line is in exactly one of the three. Where in doubt a line counts as written by the author.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString
from bs4.exceptions import ParserRejectedMarkup
from mailparser_reply import EmailMessage as HeaderPatterns
from mailparser_reply.constants import MAIL_LANGUAGES

LANGUAGES = ["en", "de", "cs", "da", "es", "fr", "it", "ja", "ko", "nl", "pl", "sv", "zh"]

QUOTES = (
    "blockquote, .gmail_quote, .gmail_attr, .yahoo_quoted, .moz-cite-prefix, .protonmail_quote, .zmail_extra, "
    "#OLK_SRC_BODY_SECTION"
)
"""What mail programs wrap a quote in."""
QUOTES_FROM = "#divRplyFwdMsg, #appendonsend, #stopSpelling, #zwchr, .OutlookMessageHeader"
"""What mail programs put before a quote that runs to the end of the mail."""
BLOCKS = "div, tr, table, ul, ol, li, h1, h2, h3, h4, h5, h6, blockquote, pre, section, article, hr".split(", ")
UNSEEN = "script, style, head, title, template"

DASHES = re.compile(r"^[-_]{2,} ?\w[\w '’]{3,40}\w ?[-_]{2,}$")
FIELD = re.compile(r"^[*> ]*\w[\w ./-]{1,24}\*?:")
DELIMITER = re.compile(r"^(?:--|__|—)$")
SIGNATURE_LINES = 12
LONG_LINE = 2000
"""No line that introduces a quote is longer; the patterns take quadratic time on a line that is."""


class Reply(NamedTuple):
    """The three parts of a mail's body."""

    text: str
    quoted: str = ""
    signature: str = ""


def split(text: str) -> Reply:
    """The parts of a plain text body."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    quoted = _quoted(lines)
    written = _tidy([line for line, is_quoted in zip(lines, quoted, strict=True) if not is_quoted])
    rest = _tidy([line for line, is_quoted in zip(lines, quoted, strict=True) if is_quoted])
    kept = written.split("\n")
    end = _signature(kept)
    return Reply(_tidy(kept[:end]), rest, _tidy(kept[end:]))


def split_html(html: str) -> Reply:
    """The parts of an HTML body: first by the elements that mail programs quote with, then by the text."""
    soup = _soup(html)
    if soup is None:
        return split(re.sub(r"<[^>]*>", " ", html))
    quotes = []
    for start in soup.select(QUOTES_FROM):
        if not start.decomposed and start.parent is not None:
            quotes += [_text(node) for node in _to_the_end(start)]
    for quote in soup.select(QUOTES):
        if not quote.decomposed and quote.find_parent(_is_quote) is None:
            quotes.append(_text(quote.extract()))
    reply = split(_text(soup))
    return reply._replace(quoted=_tidy([*filter(None, quotes), reply.quoted]))


# Plain text


def _quoted(lines: list[str]) -> list[bool]:
    """Which lines are quoted: those with `>`, the line that introduces them, and all below a header without `>`."""
    bare = [line.strip() for line in lines]
    quoted = [line.startswith(">") for line in bare]
    for first, last in _headers(bare):
        if quoted[first]:
            continue
        below = _next_filled(bare, last + 1)
        if below is None or not quoted[below]:
            start = first - 1 if first and re.fullmatch(r"[_-]{10,}", bare[first - 1]) else first
            quoted[start:] = [True] * (len(lines) - start)
            break
        quoted[first : last + 1] = [True] * (last + 1 - first)
    for at, line in enumerate(bare):
        if not quoted[at] and line.endswith(":") and _opens_quote(bare, quoted, at):
            start = _paragraph(bare, quoted, at)
            quoted[start : at + 1] = [True] * (at + 1 - start)
    return quoted


def _headers(bare: list[str]) -> list[tuple[int, int]]:
    """First and last line of everything that introduces a quote in a known language, in order."""
    text = "\n".join("" if len(line) > LONG_LINE else line for line in bare)
    found = []
    for match in _patterns().finditer(text):
        words = match.group()
        first = text.count("\n", 0, match.start() + len(words) - len(words.lstrip()))
        last = first + words.strip().count("\n")
        fields = sum(bool(FIELD.match(line)) for line in bare[first : last + 1])
        if (words.rstrip().endswith(":") and last - first < 4) or fields >= 3 or DASHES.match(bare[first]):
            found.append((first, last))
    for at, line in enumerate(bare):
        below = _next_filled(bare, at + 1) if DASHES.match(line) else None
        if below is not None and FIELD.match(bare[below]):
            found.append((at, at))
    return sorted(found)


@cache
def _patterns() -> re.Pattern[str]:
    patterns: re.Pattern[str] = HeaderPatterns(text="", languages=list(LANGUAGES)).HEADER_REGEX
    return patterns


def _opens_quote(bare: list[str], quoted: list[bool], at: int) -> bool:
    """Whether a line that ends in a colon names a time or an address and stands right before quoted lines."""
    below = _next_filled(bare, at + 1)
    return below is not None and quoted[below] and bool(re.search(r"\d\d|@", bare[at]))


def _paragraph(bare: list[str], quoted: list[bool], at: int) -> int:
    """The first line of the sentence that ends at `at`: up to two lines above, where the time stands if not in it."""
    for start in range(at, max(at - 3, -1), -1):
        if not bare[start] or quoted[start]:
            break
        if re.search(r"\d\d", bare[start]):
            return start
    return at


def _next_filled(bare: list[str], at: int) -> int | None:
    return next((below for below in range(at, len(bare)) if bare[below]), None)


def _signature(lines: list[str]) -> int:
    """The line at which the signature begins, the number of lines if there is none."""
    for at, line in enumerate(lines):
        bare = line.strip()
        if at and DELIMITER.match(bare):
            return at
        if _sent_from().match(bare) or (at and _is_closing(bare) and _is_name_and_place(lines[at + 1 :])):
            return at
    return len(lines)


def _is_closing(line: str) -> bool:
    """`Best regards`, alone or with a name: "Thanks, that worked" is none."""
    match = _closings().match(line)
    rest = line[match.end() :].strip(" ,.!") if match else ""
    words = rest.split()
    return match is not None and len(words) <= 3 and all(word[0].isupper() for word in words)


def _is_name_and_place(lines: list[str]) -> bool:
    """Whether the lines under a closing read like a signature and hold no sentence."""
    filled = [line.strip() for line in lines if line.strip()]
    sentence = any(line.endswith("?") or (line[-1] in ".!" and len(line.split()) > 5) for line in filled)
    return len(filled) <= SIGNATURE_LINES and not sentence


@cache
def _closings() -> re.Pattern[str]:
    known = {word.rstrip(",") for code in LANGUAGES for word in MAIL_LANGUAGES[code].get("signatures", [])}
    return re.compile(rf"(?:{'|'.join(sorted(known, key=len, reverse=True))})(?!\w)", re.IGNORECASE)


@cache
def _sent_from() -> re.Pattern[str]:
    known = [MAIL_LANGUAGES[code]["sent_from"] for code in LANGUAGES if MAIL_LANGUAGES[code].get("sent_from")]
    return re.compile(rf"(?:{'|'.join(known)})(?!\w).{{0,60}}$", re.IGNORECASE)


def _tidy(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n").rstrip()


# HTML


def _is_quote(tag: Tag) -> bool:
    return tag.name == "blockquote" or bool({"gmail_quote", "yahoo_quoted"} & set(tag.get_attribute_list("class")))


def _soup(html: str) -> BeautifulSoup | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return BeautifulSoup(html, "html.parser")
        except (ParserRejectedMarkup, RecursionError):
            return None


def _to_the_end(start: Tag) -> list[Tag | NavigableString]:
    """`start` and everything after it in the document, taken out of it."""
    nodes: list[Tag | NavigableString] = []
    at: Tag | None = start
    while at is not None and at.parent is not None and at.name not in ("body", "html"):
        after = [node for node in at.next_siblings if isinstance(node, Tag | NavigableString)]
        nodes += [at, *after] if at is start else after
        at = at.parent
    return [node.extract() for node in nodes]


def _text(node: Tag | NavigableString) -> str:
    """The text of an element as a reader sees it: a line for every block, a blank line between paragraphs."""
    if isinstance(node, NavigableString):
        return "" if isinstance(node, PreformattedString) else re.sub(r"\s+", " ", node)
    for tag in node.select(UNSEEN):
        tag.decompose()
    for string in list(node.find_all(string=True)):
        if isinstance(string, PreformattedString):
            string.extract()
        elif string.find_parent("pre") is None:
            string.replace_with(re.sub(r"[ \t\r\n\f]+", " ", string))
    for tag in node.find_all(["br", "p", *BLOCKS]):
        if tag.name == "br":
            tag.replace_with("\n")
            continue
        edge = "\n\n" if tag.name == "p" else "\n"
        if tag is not node and tag.parent is not None:
            tag.insert_before(edge)
        tag.append(edge)
    text = node.get_text().replace("\xa0", " ")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" *\n *", "\n", text)).strip()
