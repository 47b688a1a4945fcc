"""Bytes whose encoding is named wrongly, or not at all -> the encoding and the text.

The ladder: byte order mark, UTF-8, what the source declares (with its aliases), what `charset_normalizer` finds,
Latin-1. The last step takes any bytes, so nothing is ever refused.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator

from charset_normalizer import from_bytes

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ALIASES = {
    "cp-850": "cp850",
    "ansi": "cp1252",
    "unicode-1-1-utf-7": "utf-7",
    "x-sjis": "shift_jis",
    "ks_c_5601": "cp949",
}
# What support mail and exports are written in, the commonest first: it wins where several fit a short text equally.
LIKELY = [
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "koi8_r",
    "big5",
    "gb18030",
    "euc_jp",
    "shift_jis",
    "euc_kr",
    "iso2022_jp",
]
SAMPLE = 1 << 16


def decode(raw: bytes, declared: str = "") -> str:
    """The text of `raw`; `declared` is the encoding its source names, which may be empty, unknown or untrue."""
    for encoding in filter(None, (marked(raw), _codec(declared), "utf-8", detected(raw))):
        try:
            return raw.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return raw.decode("latin-1")


def of_stream(open_chunks: Callable[[], Iterable[bytes]]) -> str:
    """The encoding that every chunk of a stream fits. It is read once for UTF-8, once more for each other candidate."""
    first = next(iter(open_chunks()), b"")
    if mark := marked(first):
        return mark
    if b"\0" in first[:SAMPLE]:
        return "utf-16-le" if first[1:2] == b"\0" else "utf-16-be"
    odd = b"".join(_odd_lines(open_chunks()))
    for encoding in ("utf-8", detected(odd)):
        if encoding and _fits(open_chunks(), encoding):
            return encoding
    return "latin-1"


def marked(raw: bytes) -> str:
    """The encoding that a byte order mark names, "" without one."""
    return next((encoding for mark, encoding in MARKS if raw.startswith(mark)), "")


def detected(raw: bytes) -> str:
    """The likely encoding by content, "" if none fits."""
    matches = from_bytes(raw[:SAMPLE], cp_isolation=LIKELY) if raw else ()
    fits = [
        (match.chaos, -match.coherence, LIKELY.index(encoding))
        for match in matches
        for encoding in match.could_be_from_charset
    ]
    return LIKELY[min(fits)[-1]] if fits else ""


def _codec(declared: str) -> str:
    name = re.sub(r"[^a-z0-9_-]", "", declared.lower())
    name = ALIASES.get(name, name)
    try:
        info = codecs.lookup(name) if name else None
    except (LookupError, ValueError):
        return ""
    # Encodings such as "base64" and "rot13" turn no bytes into text.
    return info.name if info and getattr(info, "_is_text_encoding", True) else ""


def _odd_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that are not plain ASCII, up to the size of a sample: the only ones that tell encodings apart."""
    size = 0
    for chunk in chunks:
        for line in chunk.split(b"\n"):
            if not line.isascii():
                size += len(line)
                yield line + b"\n"
            if size > SAMPLE:
                return


def _fits(chunks: Iterable[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
