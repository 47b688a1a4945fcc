"""Texts -> spans of persons, places, organisations, addresses and identifying numbers, by the names model.

A text is read block by block, quotation marks left out: a sentence, or an address or signature of several lines. A
block seen before is not read again: a bounded memory keyed by a hash with a key of this process holds what was found
in it. Nor is one that has changed only by placeholders for what the model found itself, where it was sure of the rest.
Of what is left the model's lower layers read all and its upper layers only those blocks in which the lower ones suspect
something.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deskwright.plugins import Span
from privacy.detect.words import GREETINGS, INTERFACE, SERVICES
from privacy.names.features import MOST_TOKENS, Encoded, encode
from privacy.redact import PLACEHOLDER

HERE = Path(__file__).parent
WEIGHTS = HERE / "names.safetensors"
CARD = HERE / "card.json"

KINDS = ("PER", "LOC", "ORG", "ADDR", "NUM")
ENTITY = dict(zip(KINDS, ("PERSON", "LOCATION", "ORGANIZATION", "ADDRESS", "ID"), strict=True))
THRESHOLD = {"PER": 0.2, "LOC": 0.25, "ORG": 0.4, "ADDR": 0.2, "NUM": 0.35}
"""A word is taken where the calibrated probability that it belongs to anything reaches that of its likeliest kind. Low
for persons: a product name that is replaced costs less than a person who is not."""
NO_NAMES = INTERFACE | SERVICES | GREETINGS
LEAST = min(THRESHOLD.values())
DOUBT = 0.03
"""A word that is not taken is free of doubt below this: of 5,000 blocks none was then taken beside placeholders."""
NOT_AN_ORGANISATION = {"PER": 0.15, "LOC": 0.1, "ADDR": 0.1}
"""What is likeliest an organisation, but with such a probability one of these, is called that: organisations are kept
by default."""
SUSPECT = 0.1
"""A block leaves after the lower layers if they give no token more than this."""

MARK = "[UNK]"
"""Stands for every placeholder, as in the encoder's vocabulary."""
BLOCK = 500
"""Characters; a longer paragraph is cut at the end of a line or sentence."""
REMEMBERED = 100_000
TOKENS_A_BATCH = 384
"""What a core's cache holds; larger batches were slower."""
LEAST_A_BATCH = 48
"""Fewer are read sooner by one core than shared out."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found in a block, by its offsets in the block."""

    start: int
    end: int
    kind: str
    score: float


class Names:
    """The names detector. Safe to use from several threads."""

    name = "names"
    languages = frozenset({"en", "de", "fr", "es", "it", "nl", "pt"})

    def __init__(self) -> None:
        self._memory = _Memory()

    @property
    def version(self) -> str:
        return str(_card()["sha256"][:12])

    def find(self, text: str, language: str = "en") -> list[Span]:
        return self.find_all([text], language)[0]

    def find_all(self, texts: Sequence[str], language: str = "en") -> list[list[Span]]:
        """The spans of each text, in order, none overlapping another."""
        cut = [[(part, at, block) for part in unquoted(text) for at, block in blocks(part.text)] for text in texts]
        found = self._memory.recall(block for several in cut for *_, block in several)
        unread = [block for block, hits in found.items() if hits is None]
        read = dict(zip(unread, _read(unread), strict=True))
        self._memory.keep({block: reading.hits for block, reading in read.items()})  # first: a reading beats a guess
        self._memory.keep(dict(_redacted(block, reading.hits) for block, reading in read.items() if reading.sure))
        hits = found | {block: reading.hits for block, reading in read.items()}
        return [[_span(part, at, hit) for part, at, block in several for hit in hits[block] or ()] for several in cut]


class _Memory:
    """What was found in the blocks read last. Keys are keyed hashes: the texts themselves are not kept."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, tuple[Hit, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, blocks: Iterable[str]) -> dict[str, tuple[Hit, ...] | None]:
        wanted = dict.fromkeys(blocks)
        with self._lock:
            return {block: self._known.get(self._hash(block)) for block in wanted}

    def keep(self, read: dict[str, tuple[Hit, ...]]) -> None:
        with self._lock:
            for block, hits in read.items():
                self._known.setdefault(self._hash(block), hits)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def _hash(self, block: str) -> bytes:
        return hashlib.blake2b(block.encode("utf-8", "replace"), digest_size=16, key=self._key).digest()


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a text that are quoted to the same depth, without their quotation marks and with one mark for every
    placeholder. `starts` are where its pieces begin in it, `places` where they do in the text."""

    text: str
    starts: Sequence[int]
    places: Sequence[int]

    def place(self, offset: int) -> int:
        """Where in the text the character at an offset stands."""
        piece = bisect_right(self.starts, offset) - 1
        return self.places[piece] + offset - self.starts[piece]


_QUOTED = re.compile(r"(?m)^(?:[ \t]*>)+[ \t]?")
_LINE = re.compile(r"((?:[ \t]*>)*)[ \t]?.*(?:\n|\Z)")


def unquoted(text: str) -> Iterable[Part]:
    """The parts of a text in order. A mail that is quoted is the mail that was read before: so it is not read again."""
    for spans in _of_one_depth(text):
        pieces = [piece for start, end in spans for piece in _pieces(text, start, end)]
        starts = list(accumulate((len(piece) for piece, _ in pieces), initial=0))[:-1]
        yield Part("".join(piece for piece, _ in pieces), starts, [place for _, place in pieces])


def _of_one_depth(text: str) -> Iterable[list[tuple[int, int]]]:
    """Neighbouring lines of one depth of quotation, as offsets without the marks."""
    if not _QUOTED.search(text):
        yield [(0, len(text))]
        return
    lines = ((match.end(1), match.end(), match.group(1).count(">")) for match in _LINE.finditer(text))
    for _, several in groupby(lines, key=itemgetter(2)):
        yield [(start + (depth > 0 and text[start : start + 1] in (" ", "\t")), end) for start, end, depth in several]


def _pieces(text: str, start: int, end: int) -> Iterable[tuple[str, int]]:
    at = start
    for match in PLACEHOLDER.finditer(text, start, end):
        yield text[at : match.start()], at
        yield MARK, match.start()
        at = match.end()
    yield text[at:end], at


_GAP = re.compile(r"\n[ \t]*\n\s*")
_SENTENCE = re.compile(r"(?:(?<=[^\W\d_]{4}[.!?])|(?<=UNK\][.!?]))[ \n]+(?=[^\W_]|\[)|(?<=[!?])\s+")
"""Between sentences. Not after a short word with a full stop: that may be a title or an initial."""
SHORT_LINES = re.compile(r"(?m)^.{0,60}\n(?:.{0,60}(?:\n|\Z))+")
"""An address, a signature or a form: its lines are read together."""


def blocks(text: str) -> Iterable[tuple[int, str]]:
    """(offset, block) pairs that hold all of the text but white space: sentences, and runs of short lines."""
    for start, end in _parts(_GAP, text, 0, len(text)):
        at = start
        for lines in SHORT_LINES.finditer(text, start, end):
            yield from _sentences(text, at, lines.start())
            yield from _cut(text, *lines.span())
            at = lines.end()
        yield from _sentences(text, at, end)


def _sentences(text: str, start: int, end: int) -> Iterable[tuple[int, str]]:
    for a, b in _parts(_SENTENCE, text, start, end):
        yield from _cut(text, a, b)


def _parts(gap: re.Pattern[str], text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    at = start
    for match in gap.finditer(text, start, end):
        yield at, match.start()
        at = match.end()
    yield at, end


def _cut(text: str, start: int, end: int) -> Iterable[tuple[int, str]]:
    while end - start > BLOCK:
        cut = _last_break(text, start + BLOCK // 2, start + BLOCK)
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, end)


def _last_break(text: str, start: int, end: int) -> int:
    """The best place to cut in text[start:end]: after a line, else a sentence, else a word, else at the end."""
    for mark in ("\n", ". ", "! ", "? ", " "):
        if (place := text.rfind(mark, start, end)) >= 0:
            return place + len(mark)
    return end


def _stripped(text: str, start: int, end: int) -> Iterable[tuple[int, str]]:
    block = text[start:end]
    bare = block.strip()
    if any(map(str.isalnum, bare)):
        yield start + block.index(bare), bare


def _span(part: Part, at: int, hit: Hit) -> Span:
    start, end = part.place(at + hit.start), part.place(at + hit.end - 1) + 1
    return Span(start, end, ENTITY[hit.kind], hit.score, Names.name, "names model")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a block, and whether the rest of it is free of doubt."""

    hits: tuple[Hit, ...]
    sure: bool


def _read(blocks: Sequence[str]) -> list[Reading]:
    encoded = encode(blocks)
    readings = [Reading((), False)] * len(blocks)
    fitting = []
    for i, one in enumerate(encoded):
        if len(one.ids) >= MOST_TOKENS:
            readings[i] = _halved(blocks[i])
        else:
            fitting.append(i)
    fitting.sort(key=lambda i: -len(encoded[i].ids))
    groups = list(_groups(fitting, [len(one.ids) for one in encoded]))
    each = _readers().map if len(groups) > 1 else map
    for group, found in zip(groups, each(_chances, [[encoded[i] for i in group] for group in groups]), strict=True):
        for i, chances in zip(group, found, strict=True):
            if chances is not None:
                readings[i] = _reading(blocks[i], encoded[i], chances)
    return readings


def _reading(block: str, encoded: Encoded, chances: Floats) -> Reading:
    hits = tuple(_decode(block, encoded, chances))
    gone = [(hit.start, hit.end) for hit in hits if hit.kind != "ORG"]
    doubtful = (encoded.offsets[t] for t in np.flatnonzero(1 - chances[:, 0] >= DOUBT).tolist())
    sure = bool(gone) and all(any(a <= start and end <= b for a, b in gone) for start, end in doubtful if start < end)
    return Reading(hits, sure)


def _redacted(block: str, hits: Sequence[Hit]) -> tuple[str, tuple[Hit, ...]]:
    """A block once what was found in it is replaced, organisations being kept, and what is found in it then."""
    text, at = "", 0
    kept = []
    for hit in hits:
        text += block[at : hit.start]
        words = block[hit.start : hit.end] if hit.kind == "ORG" else MARK
        if hit.kind == "ORG":
            kept.append(Hit(len(text), len(text) + len(words), hit.kind, hit.score))
        text += words
        at = hit.end
    return text + block[at:], tuple(kept)


def _halved(block: str) -> Reading:
    """A block of too many tokens (emoji, Chinese, digits), read in two parts."""
    middle = _last_break(block, len(block) // 4, len(block) // 2 + 1)
    left, right = _read([block[:middle], block[middle:]])
    moved = (Hit(h.start + middle, h.end + middle, h.kind, h.score) for h in right.hits)
    return Reading((*left.hits, *moved), False)


def _groups(order: Sequence[int], lengths: Sequence[int]) -> Iterable[list[int]]:
    """Batches of like length, the longest first: it sets the width of its batch. A few blocks, such as a customer's
    message, are shared out over the cores."""
    share = -(-sum(lengths[i] for i in order) // _cores())
    most = min(TOKENS_A_BATCH, max(share, LEAST_A_BATCH))
    at = 0
    while at < len(order):
        size = max(1, most // lengths[order[at]])
        yield list(order[at : at + size])
        at += size


def _chances(rows: Sequence[Encoded]) -> list[Floats | None]:
    """For each row the probabilities (tokens, labels), or None where the lower layers suspect nothing."""
    bottom, top = _sessions()
    lengths = np.array([len(row.ids) for row in rows], np.int32)
    ids, cases = np.zeros((2, len(rows), int(lengths.max())), np.int64)
    for n, row in enumerate(rows):
        ids[n, : lengths[n]] = row.ids
        cases[n, : lengths[n]] = row.cases
    hidden, early = bottom.run(None, {"ids": ids, "cases": cases, "lengths": lengths})
    places = np.arange(ids.shape[1])
    inner = (places > 0) & (places < lengths[:, None] - 1)  # the marks at both ends were not trained
    suspect = np.flatnonzero(((1 - _softmax(early)[..., 0]) * inner).max(1) > SUSPECT)
    chances: list[Floats | None] = [None] * len(rows)
    if suspect.size:
        width = int(lengths[suspect].max())
        kept = np.ascontiguousarray(hidden[suspect, :width])
        (logits,) = top.run(None, {"hidden": kept, "lengths": lengths[suspect]})
        for i, row in zip(suspect.tolist(), _softmax(logits / _card()["temperature"]), strict=True):
            chances[i] = row[: lengths[i]]
    return chances


def _softmax(logits: Floats) -> Floats:
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)  # type: ignore[no-any-return]


def _decode(block: str, encoded: Encoded, chances: Floats) -> Iterable[Hit]:
    """Words whose probability reaches their kind's threshold; neighbours of one kind make one span."""
    hits: list[Hit] = []
    for word in _words(block, encoded, chances):
        if hits and word.kind == hits[-1].kind and _joins(block[hits[-1].end : word.start], word.kind):
            last = hits[-1]
            hits[-1] = Hit(last.start, word.end, last.kind, max(last.score, word.score))
        else:
            hits.append(word)
    owners = (_owner(block, hit) for hit in hits)
    return [hit for hit in owners if hit.kind not in ("PER", "LOC") or not _names_nobody(block[hit.start : hit.end])]


def _names_nobody(words: str) -> bool:
    """Words of menus and greetings, and a single small letter, as in `<b>`."""
    return (len(words) == 1 and words.islower()) or all(word in NO_NAMES for word in re.findall(r"\w+", words.lower()))


_POSSESSIVE = re.compile(r"['’][sS]\Z")


def _owner(block: str, hit: Hit) -> Hit:
    """Without a possessive s."""
    bare = _POSSESSIVE.sub("", block[hit.start : hit.end])
    return Hit(hit.start, hit.start + len(bare), hit.kind, hit.score) if bare else hit


def _words(block: str, encoded: Encoded, chances: Floats) -> Iterable[Hit]:
    """The words that are taken. What one token gives away holds for its whole word."""
    taken = 1 - chances[:, 0]
    if taken[1:-1].max(initial=0) < LEAST:
        return
    kinds = chances[:, 1::2] + chances[:, 2::2]
    for _, several in groupby(range(1, len(encoded.ids) - 1), key=_word_numbers(block, encoded)):
        tokens = list(several)
        start, end = encoded.offsets[tokens[0]][0], encoded.offsets[tokens[-1]][1]
        likeliest = max(tokens, key=lambda t: taken[t])
        kind = _kind(kinds[likeliest], kinds[tokens].max(0))
        if taken[likeliest] >= THRESHOLD[kind] and any(map(str.isalnum, block[start:end])):
            yield Hit(start, end, kind, round(float(taken[likeliest]), 4))


def _kind(likeliest: Floats, most: Floats) -> str:
    """Of a word, by the probabilities of the kinds for its surest token, and their largest over all its tokens."""
    kind = KINDS[int(likeliest.argmax())]
    if kind != "ORG":
        return kind
    return next((other for other, least in NOT_AN_ORGANISATION.items() if most[KINDS.index(other)] >= least), kind)


def _word_numbers(block: str, encoded: Encoded) -> Any:
    """The number of the word that each token belongs to: letters and digits without a gap are one word."""
    numbers = []
    number = 0
    before = -1
    for start, end in encoded.offsets:
        whole = start == before and start > 0 and block[start - 1].isalnum() and block[start : start + 1].isalnum()
        number += not whole
        numbers.append(number)
        before = end
    return numbers.__getitem__


_JOINS = {
    "PER": re.compile(r"\s*|\s*['’.-]\s*"),
    "LOC": re.compile(r"\s+|\s*['’.-]\s*"),
    "ORG": re.compile(r"\s+|\s*['’.&-]\s*"),
    "ADDR": re.compile(r"[\s,.'’/#-]{0,4}"),
    "NUM": re.compile(r"[\s.,/#-]{0,2}"),
}


def _joins(gap: str, kind: str) -> bool:
    """Whether what stands between two words of a kind belongs to one name; only addresses go over several lines."""
    return (kind == "ADDR" or "\n" not in gap) and bool(_JOINS[kind].fullmatch(gap))


@cache
def _card() -> dict[str, Any]:
    return json.loads(CARD.read_text("utf-8"))  # type: ignore[no-any-return]


@cache
def _sessions() -> tuple[Any, Any]:
    import onnxruntime

    from privacy.names.graph import graphs

    onnxruntime.set_default_logger_severity(3)
    bottom, top = (onnxruntime.InferenceSession(graph.SerializeToString(), _options()) for graph in graphs(WEIGHTS))
    return bottom, top


def _options() -> Any:
    """One thread a batch: batches beside each other use the cores better than one batch on all of them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return options


@cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_cores(), "names")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
