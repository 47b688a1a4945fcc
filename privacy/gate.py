"""A conversation -> a `Clean` conversation. Nothing else makes that type, and nothing else may be stored.

The gate asks its detectors and what is known of the participants, settles overlaps once, and does with each span what
the workspace's policy for its kind says: mostly it puts a placeholder that is stable within the conversation
(`<PERSON_1>`, `<EMAIL_1>`). It scans its own output again, and keeps nothing that could undo the replacement. To find a
person again it makes keyed hashes of their identifiers.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from deskwright import plugins
from deskwright.config import Privacy
from deskwright.conversation import Attachment, Conversation, Identifier, Kind, Message, Participant
from deskwright.entities import DROPPED, Policy
from deskwright.errors import DeskwrightError
from deskwright.plugins import Detector, Span
from deskwright.store import Store
from deskwright.workspace import Workspace
from privacy.detect.participants import Participants, called, fold, mend, normalised, plain
from privacy.detect.patterns import Patterns
from privacy.detect.shapes import Shapes
from privacy.detect.words import EVERYDAY, NOT_NAMES
from privacy.generalise import generalise, widened
from privacy.redact import DENIED, PLACEHOLDER, Found, Pseudonyms, resolve
from privacy.redact import replace as replace_spans

VERSION = "4"
"""Part of every stored row: raise it when the gate finds more, and the next ingest redacts everything again."""

SCANS = 4
LETTERS_TO_TELL_A_LANGUAGE = 40
CERTAIN = 0.95
LONGEST_ID = 200
LONGEST_NAMES = 40
SURE_OF_A_NAME = 0.9
SHORTEST_NAME = 3
JOINTS = re.compile(r"\s*[,;/&+\n]\s*|(?<!\w)(?:and|or|und|oder|et|ou|y|e|ed|en)(?!\w)")
"""What stands between the names of several persons."""

CHECKED = frozenset(
    "SECRET CREDIT_CARD IBAN BANK_ACCOUNT SSN NATIONAL_ID TAX_ID HEALTH_ID PASSPORT DRIVER_LICENSE".split()
)
"""Kinds with a check digit or a form of their own: an allowed word around them does not let them through."""


def detectors_of(config: Privacy) -> tuple[Detector, ...]:
    """The detectors that the configuration asks for.

    Raises:
        DeskwrightError: one does not know a language of the configuration, or its model cannot be loaded.
    """
    detectors = (
        Patterns(config.regions),
        *((Shapes(config.shapes),) if config.shapes else ()),
        *((_named(config.names),) if config.names else ()),
    )
    for detector in detectors:
        if missing := sorted(set(config.languages) - detector.languages):
            raise DeskwrightError(
                f"privacy.languages: found {', '.join(missing)}, which the detector {detector.name} does not know; "
                f"expected some of {', '.join(sorted(detector.languages))}"
            )
    return detectors


def _named(name: str) -> Detector:
    """The detector of names that `privacy.names` asks for: `KIND` or `KIND:MODEL`."""
    kind, _, model = name.partition(":")
    maker = plugins.load("detectors", kind)
    return maker(model) if model else maker()  # type: ignore[no-any-return]


class Refused(DeskwrightError):
    """The gate will not pass this conversation; the reason goes into quarantine with it."""


@dataclass(frozen=True, slots=True)
class Redacted:
    """Texts with placeholders. `words` maps each placeholder to what it stands for: keep it in memory only. `counts`
    are by kind, `found_by` by detector."""

    texts: tuple[str, ...]
    words: Mapping[str, str] = field(repr=False)
    counts: Mapping[str, int]
    found_by: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a text, what the policy for its kind is, and what stands in its place."""

    span: Span
    policy: Policy
    into: str


Scanned = Mapping[str, tuple[Span, ...] | None]
"""What the detectors found in each text; None where one took too long."""

TOO_LONG = "a text took too long to scan"

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
    found_by: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.maker is not _MAKER:
            raise TypeError("Only the gate makes a Clean conversation")


def stored(conversation: Conversation, customer: str, gate_version: str) -> Clean:
    """The `Clean` value of rows that came through the gate once; for the reader of the store only."""
    return Clean(conversation, customer, (), gate_version, {}, _MAKER)


@dataclass
class _Case:
    """One conversation on its way through the scans. `pending` are the texts that may still hold something."""

    texts: list[str]
    participants: Sequence[Participant]
    pending: list[int]
    known: Participants | None = None
    refusal: Refused | None = None
    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)
    counts: Counter[str] = field(default_factory=Counter)
    found_by: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, texts: Sequence[str], participants: Sequence[Participant]) -> _Case:
        mended = [mend(text) for text in texts]
        case = cls(mended, participants, list(range(len(mended))))
        for text in mended:
            case.pseudonyms.reserve(text)
        return case

    def refuse(self, reason: str) -> None:
        self.refusal = Refused(reason)
        self.pending = []

    def result(self) -> Redacted | Refused:
        return self.refusal or Redacted(tuple(self.texts), self.pseudonyms.words, self.counts, self.found_by)


class Gate:
    """Redacts with its detectors and what is known of the participants. Safe to use from several threads."""

    def __init__(self, config: Privacy, store: Store, detectors: Sequence[Detector] | None = None) -> None:
        self._config = config
        self._store = store
        self._detectors = tuple(detectors_of(config) if detectors is None else detectors)
        self._allow = frozenset(fold(word)[0] for word in config.allow)
        self._allowed_words = _any_of(sorted(self._allow))
        self._deny = _any_of(config.deny)

    @classmethod
    def of(cls, workspace: Workspace) -> Gate:
        return cls(workspace.config.privacy, workspace.store)

    @property
    def version(self) -> str:
        """Changes with the code's version, the detectors, and every setting that changes what is replaced."""
        config = self._config
        names = [detector.name for detector in self._detectors]
        versions = [str(getattr(detector, "version", "")) for detector in self._detectors]
        lists = [
            sorted(config.allow),
            sorted(config.deny),
            sorted(config.policies.items()),
            sorted(config.shapes.items()),
        ]
        settings = repr((config.languages, config.regions, names, versions, lists))
        return f"{VERSION}-{'+'.join(names)[:LONGEST_NAMES]}-{hashlib.sha256(settings.encode()).hexdigest()[:8]}"

    def redact(self, texts: Sequence[str], participants: Sequence[Participant] = ()) -> Redacted:
        """The texts of one conversation, in order, with placeholders numbered over all of them.

        A name that one message gives away ("my name is ...") is looked for in all of them, as a participant's is.

        Raises:
            Refused: personal data was still found after several scans of the output, or a scan took too long.
        """
        (result,) = self.redact_all([(texts, participants)])
        if isinstance(result, Refused):
            raise result
        return result

    def redact_all(
        self, conversations: Sequence[tuple[Sequence[str], Sequence[Participant]]]
    ) -> list[Redacted | Refused]:
        """`redact` for many conversations, each for itself, with one call of each detector a scan for all of them."""
        cases = [_Case.of(texts, participants) for texts, participants in conversations]
        for scan in range(SCANS + 1):
            scanned = self._scan(case.texts[n] for case in cases for n in case.pending)
            for case in cases:
                self._take(case, scanned, last=scan == SCANS)
        return [case.result() for case in cases]

    def find(self, text: str, participants: Sequence[Participant] = ()) -> list[Span]:
        """The settled spans of one text: what `redact` would replace, and why."""
        text, spans = self._one(text)
        return [found.span for found in self._settled(text, self._found(text, Participants(participants), spans))]

    def masked_by_names_alone(self, conversations: Sequence[Conversation]) -> list[list[tuple[str, str]]]:
        """For each conversation the (kind, words) that are replaced because the detector of names says so, and neither
        a rule nor what is known of the participants does. The words may be personal data: keep them in memory only."""
        cases = [_Case.of(_texts(conversation), conversation.participants) for conversation in conversations]
        scanned = self._scan(text for case in cases for text in case.texts)
        return [list(self._by_names_alone(case, scanned)) for case in cases]

    def _by_names_alone(self, case: _Case, scanned: Scanned) -> Iterator[tuple[str, str]]:
        names = {detector.name for detector in self._detectors if not isinstance(detector, (Patterns, Shapes))}
        known = self._known(case, scanned)
        masked: list[tuple[str, str]] = []
        others: set[str] = set()
        for text in case.texts:
            found = self._found(text, known, scanned.get(text) or ())
            sure = [f.span for f in found if f.span.detector not in {*names, "introduced"}]
            others.update(plain(text[span.start : span.end]) for span in sure)
            for span in (item.span for item in self._settled(text, found) if item.span.detector in names):
                if not any(other.start < span.end and span.start < other.end for other in sure):
                    masked.append((span.entity, text[span.start : span.end]))
        yield from ((kind, words) for kind, words in masked if plain(words) not in others)

    def explain(self, text: str) -> list[Mark]:
        """Everything that is found in one text, by place: what is kept as well as what is replaced, and by what."""
        text, spans = self._one(text)
        known = Participants((), _introduced([text], {text: spans}, Participants(())))
        found = self._found(text, known, spans)
        settled = self._settled(text, found)
        pseudonyms = Pseudonyms()
        pseudonyms.reserve(text)
        marks = []
        for item in settled:
            words = text[item.span.start : item.span.end]
            marks.append(Mark(item.span, self._policy(item.span), self._into(pseudonyms)(item, words)))
        kept = [item for item in found if self._policy(item.span) == "keep"]
        free = resolve(kept, [*_placeholders(text), *((item.span.start, item.span.end) for item in settled)])
        marks += [Mark(item.span, "keep", text[item.span.start : item.span.end]) for item in free]
        return sorted(marks, key=lambda mark: mark.span.start)

    def clean(self, conversation: Conversation) -> Clean:
        """The conversation without personal data.

        Raises:
            Refused: its language is not supported, its output still holds personal data, or a scan took too long.
        """
        (result,) = self.clean_all([conversation])
        if isinstance(result, Refused):
            raise result
        return result

    def clean_all(self, conversations: Sequence[Conversation]) -> list[Clean | Refused]:
        """`clean` for many conversations, each for itself, with one call of each detector a scan for all of them."""
        languages = [self._language(conversation) for conversation in conversations]
        let_in = [n for n, language in enumerate(languages) if isinstance(language, str)]
        asked = [(_texts(conversations[n]), conversations[n].participants) for n in let_in]
        redacted = dict(zip(let_in, self.redact_all(asked), strict=True))
        return [
            language if isinstance(language, Refused) else self._cleaned(conversations[n], language, redacted[n])
            for n, language in enumerate(languages)
        ]

    def _cleaned(self, conversation: Conversation, language: str, redacted: Redacted | Refused) -> Clean | Refused:
        if isinstance(redacted, Refused):
            return redacted
        names = {p.id: f"{p.kind.value}-{n}" for n, p in enumerate(conversation.participants, 1)}
        known = Participants(conversation.participants)
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
            found_by=redacted.found_by,
        )

    def safe_id(self, conversation: Conversation) -> str:
        """The id under which a conversation is stored: the source's, or a keyed hash of it where it holds an address
        or a name (as a Message-ID does)."""
        known = Participants(() if conversation.external_id.isdigit() else conversation.participants)
        return self._safe_id(conversation.external_id, known)

    def _safe_id(self, external_id: str, known: Participants) -> str:
        external_id = mend(external_id)
        personal = "@" in external_id or (not external_id.isdigit() and next(known.find(external_id), None) is not None)
        if personal or len(external_id) > LONGEST_ID:
            return "hashed:" + self._store.pseudonym("external_id", external_id)[:40]
        return external_id

    def _scan(self, texts: Iterable[str]) -> Scanned:
        """What the detectors find in each of the texts: each detector is asked once for all of them."""
        wanted = [text for text in dict.fromkeys(texts) if any(char.isalnum() for char in text)]
        found: dict[str, tuple[Span, ...] | None] = dict.fromkeys(wanted, ())
        for detector in self._detectors if wanted else ():
            answers = _ask(detector, wanted, self._config.languages[0])
            for text, answer in zip(wanted, answers, strict=True):
                before = found[text]
                found[text] = None if before is None or answer is None else (*before, *answer)
        return found

    def _one(self, text: str) -> tuple[str, tuple[Span, ...]]:
        """The text as the gate reads it, and what the detectors find in it."""
        text = mend(text)
        spans = self._scan([text]).get(text, ())
        if spans is None:
            raise Refused(TOO_LONG)
        return text, spans

    def _take(self, case: _Case, scanned: Scanned, last: bool) -> None:
        """Replaces what was found in the pending texts of a case; those in which something was found stay pending."""
        if any(scanned.get(case.texts[n], ()) is None for n in case.pending):
            case.refuse(TOO_LONG)
        if case.known is None:
            case.known = self._known(case, scanned)
        settled = {n: self._pending(case, n, scanned) for n in case.pending}
        case.pending = [n for n, found in settled.items() if found]
        if last and case.pending:
            left = ", ".join(sorted({item.span.entity for n in case.pending for item in settled[n]}))
            case.refuse(f"personal data was still found after {SCANS} scans of the output ({left})")
        for n in case.pending:
            case.counts.update(item.span.entity for item in settled[n])
            case.found_by.update(item.span.detector for item in settled[n])
            case.texts[n] = replace_spans(case.texts[n], settled[n], self._into(case.pseudonyms))

    def _known(self, case: _Case, scanned: Scanned) -> Participants:
        """The participants, and who is introduced in the texts."""
        known = Participants(case.participants)
        introduced = _introduced(case.texts, scanned, known)
        return Participants(case.participants, introduced) if introduced else known

    def _pending(self, case: _Case, n: int, scanned: Scanned) -> list[Found]:
        text = case.texts[n]
        assert case.known is not None
        return self._settled(text, self._found(text, case.known, scanned.get(text) or ()))

    def _found(self, text: str, known: Participants, spans: Sequence[Span]) -> list[Found]:
        """All that is found in a text and not allowed, overlapping."""
        if not any(char.isalnum() for char in text):
            return []
        people = [span for span in spans if span.entity == "PERSON"]
        named = [Found(span, f"participant {who}") for span, who in known.find(text, people)]
        seen = [Found(span, _same(text, span)) for span in map(_well_named, spans)]
        allowed = self._allowed_places(text)
        by_source = [f for f in named if f.span.detector == "participant"]
        introduced = [f for f in named if f.span.detector != "participant"]
        in_order = [*by_source, *_identified(text, seen, named), *introduced]  # of equal ones the first stands
        found = [f for f in in_order if not self._allowed(text, f.span, allowed)]
        return found + [
            Found(Span(m.start(), m.end(), "PRIVATE", 1.0, DENIED, "on the deny-list"), m.group().casefold())
            for m in (self._deny.finditer(text) if self._deny else ())
        ]

    def _settled(self, text: str, found: Sequence[Found]) -> list[Found]:
        """What is replaced: overlaps settled, without what is kept and what is general already. A value that is made
        general keeps the words around it, so it gives way to what is replaced whole."""
        taken = _placeholders(text)
        found = self._without_kept_numbers(found)
        if why := next((f.span for f in self._dropping(found) if _holds_words(text, resolve([f], taken))), None):
            whole = Span(0, len(text), DROPPED, why.score, why.detector, f"holds {why.entity}: {why.reason}")
            return [Found(whole, text)]
        replaced = resolve([f for f in found if self._policy(f.span) in ("replace", "drop")], taken)
        general = [self._widened(text, f) for f in found if self._policy(f.span) == "generalise"]
        general = [f for f in general if not self._is_general(text, f)]
        settled = replaced + resolve(general, taken + [(f.span.start, f.span.end) for f in replaced])
        settled.sort(key=lambda f: f.span.start)
        trimmed = [_trimmed(text, f) for f in settled if _holds_words(text, [f])]
        return [f for f in trimmed if not self._is_general(text, f)]

    def _without_kept_numbers(self, found: Sequence[Found]) -> list[Found]:
        """What is only known to be some number gives way to the kind that is known, also where that kind is kept."""
        kept = [f.span for f in found if self._policy(f.span) == "keep"]

        def stands(span: Span) -> bool:
            return span.entity != "ID" or not any(k.start <= span.start and span.end <= k.end for k in kept)

        return [f for f in found if stands(f.span)]

    def _dropping(self, found: Sequence[Found]) -> list[Found]:
        return [f for f in found if self._policy(f.span) == "drop"]

    def _policy(self, span: Span) -> Policy:
        return "drop" if span.entity == DROPPED else self._config.policies.get(span.entity, "replace")

    def _widened(self, text: str, found: Found) -> Found:
        start, end = widened(found.span.entity, text, found.span.start, found.span.end)
        return Found(replace(found.span, start=start, end=end), found.same)

    def _is_general(self, text: str, found: Found) -> bool:
        words = text[found.span.start : found.span.end]
        return self._policy(found.span) == "generalise" and generalise(found.span.entity, words) == words

    def _into(self, pseudonyms: Pseudonyms) -> Callable[[Found, str], str]:
        """What stands in a span's place: a coarser value where the policy says so and there is one, else a
        placeholder."""

        def into(found: Found, words: str) -> str:
            general = self._policy(found.span) == "generalise" and generalise(found.span.entity, words)
            return general or pseudonyms.of(found, words)

        return into

    def _allowed_places(self, text: str) -> list[tuple[int, int]]:
        """Where the words of the allow-list stand."""
        if not self._allowed_words:
            return []
        folded, origin = fold(text)
        return [(origin[m.start()], origin[m.end() - 1] + 1) for m in self._allowed_words.finditer(folded)]

    def _allowed(self, text: str, span: Span, places: Sequence[tuple[int, int]]) -> bool:
        if not self._allow:
            return False
        words = fold(text[span.start : span.end])[0]
        host = re.sub(r"^\w+://", "", words).split("/")[0]
        inside = span.entity not in CHECKED and any(start <= span.start and span.end <= end for start, end in places)
        return words in self._allow or inside or (span.entity == "URL" and host in self._allow)

    def _language(self, conversation: Conversation) -> str | Refused:
        supported = self._config.languages
        declared = mend(conversation.language or "")
        if declared and declared.split("-")[0].lower() not in supported:
            return Refused(f"language {declared}: supported here are {', '.join(supported)} (privacy.languages)")
        text = PLACEHOLDER.sub(" ", mend(" ".join(message.text for message in conversation.messages)))
        letters = sum(char.isalpha() for char in text)
        if declared or letters < LETTERS_TO_TELL_A_LANGUAGE:
            return (declared or supported[0]).split("-")[0].lower()
        language, certainty = _identify(text[:4000])
        if language not in supported and certainty >= CERTAIN:
            return Refused(f"language {language}: supported here are {', '.join(supported)} (privacy.languages)")
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


def _ask(detector: Detector, texts: Sequence[str], language: str) -> list[tuple[Span, ...] | None]:
    """A detector's spans for each text, all texts at once where it can; None for a text that took it too long."""
    find_all = getattr(detector, "find_all", None)
    if find_all:
        try:
            return [tuple(spans) for spans in find_all(texts, language)]
        except TimeoutError:  # of one of them: each alone tells which
            pass
    return [_ask_one(detector, text, language) for text in texts]


def _ask_one(detector: Detector, text: str, language: str) -> tuple[Span, ...] | None:
    try:
        return tuple(detector.find(text, language))
    except TimeoutError:
        return None


def _well_named(span: Span) -> Span:
    """A plugin's kinds may have names that make no placeholder."""
    entity = re.sub(r"[^A-Z]+", "_", span.entity.upper()).strip("_") or "PRIVATE"
    return span if entity == span.entity else replace(span, entity=entity)


def _introduced(texts: Sequence[str], scanned: Scanned, known: Participants) -> list[tuple[str, str]]:
    """(id, name) of the persons that the conversation gives the names of: those that detectors are sure of.

    Who is called as a participant is, or by more of the same name, is that participant.
    """
    names = dict.fromkeys(name for text in texts for name in _sure_names(text, scanned.get(text) or ()))
    found: list[tuple[str, str]] = []
    given: dict[str, str] = {}
    for name in sorted(names, key=len, reverse=True):  # the fullest form first: the others are of the same person
        owners = known.owners(name)
        who = owners.pop() if len(owners) == 1 else given.get(plain(name), f"introduced {plain(name)}")
        for form in called(name):
            given.setdefault(form, who)
        found.append((who, name))
    return found


def _sure_names(text: str, spans: Sequence[Span]) -> Iterator[str]:
    taken = _placeholders(text)
    for span in spans:
        touched = any(start < span.end and span.start < end for start, end in taken)
        if span.entity == "PERSON" and span.score >= SURE_OF_A_NAME and not touched:
            names = (" ".join(name.split()) for name in JOINTS.split(text[span.start : span.end]))
            yield from (name for name in names if _may_be_looked_for(name))


def _may_be_looked_for(name: str) -> bool:
    """Not a single everyday or very short word, unless it has a capital."""
    folded, _ = fold(name)
    doubtful = len(folded) < SHORTEST_NAME or folded in EVERYDAY or folded in NOT_NAMES
    return any(char.isalpha() for char in name) and (not doubtful or name[0].isupper())


def _identified(text: str, seen: Sequence[Found], named: Sequence[Found]) -> list[Found]:
    """What the detectors saw, with the identity of the participant whom a name names."""
    people = [found for found in named if found.span.entity == "PERSON"]
    return [item for found in seen for item in (_as(text, found, people) if found.span.entity == "PERSON" else [found])]


def _as(text: str, found: Found, people: Sequence[Found]) -> list[Found]:
    """A name, as that of the one participant who is named in it. Where it names several, what is left beside them."""
    inside = [p for p in people if p.span.start < found.span.end and found.span.start < p.span.end]
    who = {p.same for p in inside}
    if len(who) <= 1:
        return [Found(found.span, *who)] if who else [found]
    pieces = resolve([found], [(p.span.start, p.span.end) for p in inside])
    return [p for p in pieces if _says_more_than_joints(text[p.span.start : p.span.end])]


def _says_more_than_joints(words: str) -> bool:
    return any(word.lower() not in NOT_NAMES for word in JOINTS.sub(" ", words).split())


def _placeholders(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in PLACEHOLDER.finditer(text)]


def _holds_words(text: str, found: Sequence[Found]) -> bool:
    return any(char.isalnum() for f in found for char in text[f.span.start : f.span.end])


def _trimmed(text: str, found: Found) -> Found:
    """Without white space at its ends."""
    words = text[found.span.start : found.span.end]
    start, end = found.span.start + len(words) - len(words.lstrip()), found.span.end - len(words) + len(words.rstrip())
    return Found(replace(found.span, start=start, end=end), found.same)


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
