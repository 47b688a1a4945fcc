"""A conversation -> a `Clean` conversation. Nothing else makes that type, and nothing else may be stored.

The gate replaces personal data by placeholders that are stable within the conversation (`<PERSON_1>`, `<EMAIL_1>`),
scans its own output again, and keeps nothing that could undo the replacement. To find a person again it makes keyed
hashes of their identifiers.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from deskwright.config import Privacy
from deskwright.conversation import Attachment, Conversation, Identifier, Kind, Message, Participant
from deskwright.errors import DeskwrightError
from deskwright.plugins import Detector, Span
from deskwright.store import Store
from deskwright.workspace import Workspace
from privacy.detect.participants import Participants, fold, mend, normalised
from privacy.detect.patterns import Patterns
from privacy.redact import PLACEHOLDER, Found, Pseudonyms, resolve
from privacy.redact import replace as replace_spans

VERSION = "2"
"""Part of every stored row: raise it when the gate finds more, and the next ingest redacts everything again."""

SCANS = 4
LETTERS_TO_TELL_A_LANGUAGE = 40
CERTAIN = 0.95
LONGEST_ID = 200


class Refused(DeskwrightError):
    """The gate will not pass this conversation; the reason goes into quarantine with it."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """Texts with placeholders. `words` maps each placeholder to what it stands for: keep it in memory only."""

    texts: tuple[str, ...]
    words: Mapping[str, str] = field(repr=False)
    counts: Mapping[str, int]


Detect = Callable[[str], tuple[Span, ...]]

_MAKER = object()


@dataclass(frozen=True, slots=True)
class Clean:
    """A conversation without personal data, made by `Gate.clean` or read back from the store by `privacy.ingest`.

    `customer` and `identifiers` are keyed hashes; participants carry no identifiers any more.
    """

    conversation: Conversation
    customer: str
    identifiers: tuple[tuple[str, str], ...]
    gate_version: str
    counts: Mapping[str, int]
    maker: object = field(repr=False)

    def __post_init__(self) -> None:
        if self.maker is not _MAKER:
            raise TypeError("Only the gate makes a Clean conversation")


def stored(conversation: Conversation, customer: str, gate_version: str) -> Clean:
    """The `Clean` value of rows that came through the gate once; for the reader of the store only."""
    return Clean(conversation, customer, (), gate_version, {}, _MAKER)


class Gate:
    """Redacts with a detector and what is known of the participants. Safe to use from several threads."""

    def __init__(self, config: Privacy, store: Store, detector: Detector | None = None) -> None:
        self._config = config
        self._store = store
        self._detector = detector or Patterns(config.regions)
        self._allow = frozenset(fold(word)[0] for word in config.allow)
        self._deny = _any_of(config.deny)

    @classmethod
    def of(cls, workspace: Workspace) -> Gate:
        return cls(workspace.config.privacy, workspace.store)

    @property
    def version(self) -> str:
        """Changes with the code's version and with every setting that changes what is replaced."""
        config = self._config
        settings = repr((config.languages, config.regions, sorted(config.allow), sorted(config.deny)))
        return f"{VERSION}-{self._detector.name}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"

    def redact(self, texts: Sequence[str], participants: Sequence[Participant] = ()) -> Redacted:
        """The texts of one conversation, in order, with placeholders numbered over all of them.

        A name that one message gives away ("my name is ...") is looked for in all of them, as a participant's is.

        Raises:
            Refused: personal data was still found after several scans of the output, or a scan took too long.
        """
        texts = [mend(text) for text in texts]
        detect = cache(self._detect)
        known = Participants([*participants, *_introduced(texts, detect)])
        pseudonyms = Pseudonyms()
        counts: Counter[str] = Counter()
        for text in texts:
            pseudonyms.reserve(text)
        out = tuple(self._redact(text, known, detect, pseudonyms, counts) for text in texts)
        return Redacted(out, pseudonyms.words, counts)

    def find(self, text: str, participants: Sequence[Participant] = ()) -> list[Span]:
        """The settled spans of one text: what `redact` would replace, and why."""
        return [found.span for found in self._find(text, Participants(participants), self._detect)]

    def clean(self, conversation: Conversation) -> Clean:
        """The conversation without personal data.

        Raises:
            Refused: its language is not supported, its output still holds personal data, or a scan took too long.
        """
        language = self._language(conversation)
        names = {p.id: f"{p.kind.value}-{n}" for n, p in enumerate(conversation.participants, 1)}
        known = Participants(conversation.participants)
        redacted = self.redact(_texts(conversation), conversation.participants)
        texts = iter(redacted.texts)

        def take() -> str:
            """The next redacted text, in the order of `_texts`."""
            return next(texts)

        cleaned = replace(
            conversation,
            subject=take(),
            channel=take(),
            status=take(),
            csat=take() if conversation.csat is not None else None,
            tags=tuple(take() for _ in conversation.tags),
            external_id=self._safe_id(conversation.external_id, known),
            language=language,
            participants=tuple(Participant(names[p.id], p.kind) for p in conversation.participants),
            messages=(),
        )
        messages = tuple(
            replace(
                message,
                text=take(),
                quoted=take(),
                signature=take(),
                attachments=tuple(Attachment(take(), mend(a.media_type)) for a in message.attachments),
                author=names.get(message.author, "third_party-0"),
                external_id=self._safe_id(message.external_id, known),
                in_reply_to=message.in_reply_to and self._safe_id(message.in_reply_to, known),
            )
            for message in conversation.messages
        )
        return Clean(
            conversation=replace(cleaned, messages=messages),
            customer=self._customer(conversation),
            identifiers=tuple(sorted(self._hashes(conversation))),
            gate_version=self.version,
            counts=redacted.counts,
            maker=_MAKER,
        )

    def safe_id(self, conversation: Conversation) -> str:
        """The id under which a conversation is stored: the source's, or a keyed hash of it where it holds an address
        or a name (as a Message-ID does)."""
        return self._safe_id(conversation.external_id, Participants(conversation.participants))

    def _safe_id(self, external_id: str, known: Participants) -> str:
        external_id = mend(external_id)
        personal = "@" in external_id or (not external_id.isdigit() and next(known.find(external_id), None) is not None)
        if personal or len(external_id) > LONGEST_ID:
            return "hashed:" + self._store.pseudonym("external_id", external_id)[:40]
        return external_id

    def _detect(self, text: str) -> tuple[Span, ...]:
        try:
            return tuple(self._detector.find(text, self._config.languages[0]))
        except TimeoutError:
            raise Refused("a text took too long to scan") from None

    def _redact(
        self, text: str, known: Participants, detect: Detect, pseudonyms: Pseudonyms, counts: Counter[str]
    ) -> str:
        for _ in range(SCANS):
            found = self._find(text, known, detect)
            if not found:
                return text
            counts.update(item.span.entity for item in found)
            text = replace_spans(text, found, pseudonyms)
        left = ", ".join(sorted({item.span.entity for item in self._find(text, known, detect)}))
        if left:
            raise Refused(f"personal data was still found after {SCANS} scans of the output ({left})")
        return text

    def _find(self, text: str, known: Participants, detect: Detect) -> list[Found]:
        if not any(char.isalnum() for char in text):
            return []
        found = [Found(span, f"participant {who}") for span, who in known.find(text)]
        found += [Found(span, _same(text, span)) for span in detect(text)]
        if self._deny:
            found += [
                Found(Span(m.start(), m.end(), "PRIVATE", 1.0, "deny-list"), m.group().casefold())
                for m in self._deny.finditer(text)
            ]
        placeholders = [(m.start(), m.end()) for m in PLACEHOLDER.finditer(text)]
        settled = resolve([f for f in found if not self._allowed(text, f.span)], placeholders)
        return [f for f in settled if any(char.isalnum() for char in text[f.span.start : f.span.end])]

    def _allowed(self, text: str, span: Span) -> bool:
        if not self._allow:
            return False
        words = fold(text[span.start : span.end])[0]
        host = re.sub(r"^\w+://", "", words).split("/")[0]
        return words in self._allow or (span.entity == "URL" and host in self._allow)

    def _language(self, conversation: Conversation) -> str:
        supported = self._config.languages
        declared = mend(conversation.language or "")
        if declared and declared.split("-")[0].lower() not in supported:
            raise Refused(f"language {declared}: supported here are {', '.join(supported)} (privacy.languages)")
        text = PLACEHOLDER.sub(" ", mend(" ".join(message.text for message in conversation.messages)))
        letters = sum(char.isalpha() for char in text)
        if declared or letters < LETTERS_TO_TELL_A_LANGUAGE:
            return (declared or supported[0]).split("-")[0].lower()
        language, certainty = _identify(text[:4000])
        if language not in supported and certainty >= CERTAIN:
            raise Refused(f"language {language}: supported here are {', '.join(supported)} (privacy.languages)")
        return language if language in supported else supported[0]

    def _hashes(self, conversation: Conversation) -> set[tuple[str, str]]:
        return {
            (kind.value, self._store.pseudonym(kind, value))
            for participant in conversation.participants
            for kind, value in [
                *((kind, normalised(kind, value)) for kind, value in participant.identifiers),
                (Identifier.ID, f"{conversation.source} {participant.id}"),
            ]
            if value
        }

    def _customer(self, conversation: Conversation) -> str:
        """One hash for one customer over all sources where an address is known, else over this source."""
        customer = next((p for p in conversation.participants if p.kind is Kind.CUSTOMER), None)
        if customer is None:
            return self._store.pseudonym("conversation", f"{conversation.source} {conversation.external_id}")
        for wanted in (Identifier.EMAIL, Identifier.PHONE):
            for kind, value in customer.identifiers:
                if kind is wanted and normalised(kind, value):
                    return self._store.pseudonym(kind, normalised(kind, value))
        return self._store.pseudonym(Identifier.ID, f"{conversation.source} {customer.id}")


def _introduced(texts: Sequence[str], detect: Detect) -> list[Participant]:
    """The persons that cue words give away, as participants of whom only the name is known."""
    names = {
        fold(text[span.start : span.end])[0]: text[span.start : span.end]
        for text in texts
        for span in detect(text)
        if span.entity == "PERSON"
    }
    return [
        Participant(f"introduced {folded}", Kind.THIRD_PARTY, ((Identifier.NAME, name),))
        for folded, name in names.items()
    ]


def _texts(conversation: Conversation) -> list[str]:
    head = [conversation.subject, conversation.channel, conversation.status]
    head += [conversation.csat] if conversation.csat is not None else []
    return [*head, *conversation.tags, *(text for message in conversation.messages for text in _message_texts(message))]


def _message_texts(message: Message) -> list[str]:
    return [message.text, message.quoted, message.signature, *(attachment.name for attachment in message.attachments)]


def _same(text: str, span: Span) -> str:
    words = fold(text[span.start : span.end])[0]
    return " ".join(words.split()) if span.entity in {"PERSON", "ADDRESS"} else re.sub(r"[\W_]", "", words)


def _any_of(words: Sequence[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return re.compile(rf"(?i)(?<!\w)(?:{'|'.join(longest_first)})(?!\w)")


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _identify(text: str) -> tuple[str, float]:
    language, certainty = _identifier().classify(text)
    return str(language), float(certainty)
