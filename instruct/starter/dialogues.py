"""A count and a seed -> that many invented support dialogues, for training and measuring a small base model.

Above all they teach to use the context: the system turn holds resolved questions, as the server puts them there, with
names, prices and times drawn anew for each dialogue, and the answer takes the right one; or says that it does not know
where none of them answers. The sentences stand in `lists/*.txt`, `{slot}` being filled by `SLOTS`. Each template of a
question and each value falls by its hash on one of two sides, so that what `held_out` draws from is never trained on.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from deskwright.config import Dataset
from instruct.prompt import compose
from privacy.redact import PLACEHOLDER

if TYPE_CHECKING:
    from _typeshed import SupportsLenAndGetItem

T = TypeVar("T")

LISTS = Path(__file__).parent / "lists"
HELD_OUT = 6
"""One template and one value in so many is held out."""

DEFAULT_SYSTEM = str(Dataset.model_fields["system"].default)
SHARE_OF_DEFAULT_SYSTEM = 0.4
MOST_CHARACTERS = 3400
"""What fits, with a margin, into the 1,024 tokens of the model's context."""
MOST_EXCHANGES = 8
TRIES = 200
"""Values that are drawn, at most, until one is such as it has to be."""

KINDS = {"known": 46, "both": 6, "overview": 4, "missing": 22, "which": 4, "system": 6, "scene": 18, "bare": 3}
"""What a dialogue begins with, and how often: a fact that one of the passages states, two of them at once, all those
of an item, a fact that none states, an item that is not named, a fact in the system text, a scene, no context."""

PADDING = (0, 0, 0, 1, 1, 2, 3)
"""How many sentences without content stand around a resolved answer."""

SHARE_WORD_FOR_WORD = 0.45
"""Answers that repeat a resolved one as it stands; as many again take its main sentence. Few put it in words of their
own: a small model that does so takes the words, and then the fact, of another."""

EXCHANGES = {1: 44, 2: 22, 3: 13, 4: 9, 5: 6, 6: 4, 7: 2}
PASSAGES = {1: 32, 2: 18, 3: 18, 4: 14, 5: 9, 6: 5, 8: 4}
SHARE_OF_PASSAGES_BESIDE_A_SCENE = 0.6
REGISTERS = {"plain": 30, "polite": 18, "formal": 9, "chatty": 11, "terse": 12, "angry": 9, "hasty": 7, "learner": 4}


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Messages as in the OpenAI chat format, beginning with the system's. For each answer: its kind, and the string
    that it has to contain ("" where there is none). `stated` are the facts that stand in the context."""

    messages: tuple[dict[str, str], ...]
    kinds: tuple[str, ...]
    facts: tuple[str, ...]
    stated: tuple[str, ...]
    industry: str


@dataclass(frozen=True, slots=True, eq=False)
class Topic:
    """Something customers ask about. `facts` are patterns of what the answer has to tell; the `item_` ones of the
    questions and answers name the item that is spoken of."""

    name: str
    about: str
    facts: tuple[str, ...]
    asks: tuple[str, ...]
    answers: tuple[str, ...]
    details: tuple[str, ...]
    item_asks: tuple[str, ...]
    item_answers: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Industry:
    """A kind of company, and what is asked there. `scopable` are the topics that differ from item to item."""

    name: str
    tags: frozenset[str]
    order: str
    place: str
    items: tuple[str, ...]
    named: tuple[str, ...]
    topics: tuple[Topic, ...]
    scopable: tuple[Topic, ...]


class Scene(NamedTuple):
    """A short conversation that needs no fact: for each turn the ways to put it, the customer's first."""

    kind: str
    turns: tuple[tuple[str, ...], ...]


class Exchange(NamedTuple):
    """A question and its answer."""

    kind: str
    question: str
    answer: str
    fact: str = ""


class TooFewValues(ValueError):
    """A topic has too few values of the side that is wanted."""


def _names_item(template: str) -> bool:
    return "{the}" in template or "{The}" in template


def generate(
    count: int,
    seed: int | str,
    *,
    held_out: bool = False,
    known_sentences: bool = False,
    kinds: Mapping[str, int] = KINDS,
) -> Iterator[Dialogue]:
    """Yields `count` dialogues; the same arguments give the same dialogues. With `known_sentences` the sentences are of
    the side that is trained on, whatever side names and values are of; what few topics then have too few values for is
    left out."""
    maker = _Maker(held_out, held_out and not known_sentences, _Quick(f"{seed}/{held_out}"), kinds)
    for _ in range(count):
        with suppress(*[TooFewValues] if known_sentences else []):
            yield maker.dialogue()


def is_held_out(text: str) -> bool:
    """Whether a template or a value is kept for measuring, by its hash."""
    return zlib.crc32(text.casefold().encode()) % HELD_OUT == 0


# --- lists ------------------------------------------------------------------------------------------------------------


def _lines(name: str) -> Iterator[str]:
    text = (LISTS / f"{name}.txt").read_text("utf-8")
    return (line.strip().replace("\\n", "\n") for line in text.splitlines() if line.strip())


@cache
def groups(name: str) -> Mapping[str, tuple[str, ...]]:
    """The groups of a file: `== group`, then its entries, one a line or parted by `; `."""
    found: dict[str, list[str]] = {}
    for line in _lines(name):
        if line.startswith("== "):
            entries = found.setdefault(line[3:], [])
        else:
            entries += line.split("; " if "; " in line else None) if name == "names" else [line]
    return {group: tuple(dict.fromkeys(entries)) for group, entries in found.items()}


def _blocks(lines: Sequence[str], mark: str) -> list[tuple[str, list[str]]]:
    """What follows each line that begins with `mark`, under the rest of that line."""
    blocks: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith(mark):
            blocks.append((line[len(mark) :], []))
        elif blocks:
            blocks[-1][1].append(line)
    return blocks


def _topic(name: str, about: str, facts: str, lines: Sequence[str], held_out: bool) -> Topic:
    """A topic on one side: a question belongs to one side only; where no answer does, the other's are used."""
    by_mark = {mark: [line[2:] for line in lines if line.startswith(f"{mark} ")] for mark in "?!+"}
    asks = tuple(text for text in by_mark["?"] if is_held_out(text) == held_out)
    answers = of_side(by_mark["!"], held_out)
    of_item = tuple(filter(_names_item, asks)), tuple(filter(_names_item, answers))
    return Topic(name, about, tuple(facts.split("; ")), asks, answers, tuple(by_mark["+"]), *of_item)


@cache
def industries(held_out: bool) -> tuple[Industry, ...]:
    """The industries with what is asked in them on one side: their own topics, and the common ones with their tags."""
    common = []
    for head, lines in _blocks(list(_lines("topics")), "== "):
        tags, name, about, facts = head.split(" | ")
        common.append((frozenset(tags.split()), _topic(name, about, facts, lines, held_out)))
    return tuple(_industry(head, lines, common, held_out) for head, lines in _blocks(list(_lines("industries")), "== "))


def _industry(
    head: str, lines: Sequence[str], common: Sequence[tuple[frozenset[str], Topic]], held_out: bool
) -> Industry:
    name, tags, order, place = head.split(" | ")
    own_tags = frozenset(["all", *tags.split()])
    topics = [topic for needs, topic in common if needs & own_tags]
    for heading, block in _blocks(lines, "# "):
        about, facts = heading.split(" | ")
        topics.append(_topic(f"{name}: {about}", about, facts, block, held_out))
    topics = [topic for topic in topics if topic.asks]
    settings = dict(line.split(": ", 1) for line in lines if line.startswith(("items: ", "named: ")))
    return Industry(
        name,
        own_tags,
        order,
        place,
        tuple(settings["items"].split("; ")),
        tuple(settings.get("named", "the {coin} {noun}").split("; ")),
        tuple(topics),
        tuple(topic for topic in topics if topic.item_asks and topic.item_answers),
    )


@cache
def scenes(held_out: bool) -> tuple[Scene, ...]:
    """The scenes with the lines of one side; a turn that has none there keeps those of the other."""
    found = []
    for head, lines in _blocks(list(_lines("scenes")), "== "):
        turns: list[list[str]] = []
        role = ""
        for line in lines:
            if line[0] != role:
                turns.append([])
                role = line[0]
            turns[-1].append(line[2:])
        found.append(Scene(head.partition(" | ")[0], tuple(of_side(turn, held_out) for turn in turns)))
    return tuple(found)


def of_side(texts: Sequence[str], held_out: bool) -> tuple[str, ...]:
    return tuple(text for text in texts if is_held_out(text) == held_out) or tuple(texts)


# --- slots ------------------------------------------------------------------------------------------------------------


class _Quick(Random):
    """Draws from a few hundred things at most, several times as fast as the general method."""

    def choice(self, options: SupportsLenAndGetItem[T]) -> T:
        return options[int(self.random() * len(options))]

    def randint(self, low: int, high: int) -> int:
        return low + int(self.random() * (high - low + 1))


class _Words(dict[str, str]):
    """What the slots of a template are filled with: what is set, and else something drawn, which then stays or not."""

    def __init__(self, maker: _Maker, known: Mapping[str, str], *, stays: bool = False) -> None:
        super().__init__(known)
        self.maker = maker
        self.stays = stays

    def __missing__(self, slot: str) -> str:
        drawn = SLOTS[slot](self)
        if self.stays:
            self[slot] = drawn
        return drawn

    def of(self, template: str) -> str:
        return template.format_map(self)

    def pick(self, group: str) -> str:
        return self.maker.random.choice(groups("names")[group])

    def number(self, low: int, high: int) -> str:
        return str(self.maker.random.randint(low, high))

    def choice(self, *templates: str) -> str:
        return self.of(self.maker.random.choice(templates))


def _coin(w: _Words) -> str:
    """An invented name of the maker's side."""
    while True:
        random = w.maker.random
        name = w.pick("starts") + (w.pick("middles") if random.random() < 0.4 else "") + w.pick("ends")
        if is_held_out(name) == w.maker.held_out:
            return name


def _amount(w: _Words) -> str:
    random = w.maker.random
    cents = random.random() < 0.6
    ranges = (random.randint(2, 99), random.randint(10, 999), random.randint(5, 30), 10 * random.randint(2, 300))
    whole = random.choice(ranges)
    return w["currency"].format(f"{whole:,}.{random.randint(0, 99):02d}" if cents else f"{whole:,}")


def _clock(first: int, last: int) -> Callable[[_Words], str]:
    """A time of day in the company's style, from one hour to another."""

    def make(w: _Words) -> str:
        hour, minute = w.maker.random.randint(first, last), w.maker.random.choice((0, 0, 0, 15, 30, 30, 45, 10, 20))
        half = "am" if hour < 12 else "pm"
        short = f"{(hour - 1) % 12 + 1}{f':{minute:02d}' if minute else ''}"
        return {
            "24": f"{hour:02d}:{minute:02d}",
            "24 short": f"{hour}:{minute:02d}",
            "12": f"{short} {half}",
            "12 tight": short + half,
        }[w["clock_style"]]

    return make


def _shape(w: _Words, *shapes: str) -> str:
    """A random one of the shapes: `#` is a digit, `@` a capital letter."""
    random = w.maker.random
    draw = {"#": "0123456789", "@": "ABCDEFGHKLMNPRSTUVWXZ"}
    return "".join(random.choice(draw[sign]) if sign in draw else sign for sign in random.choice(shapes))


def _or_placeholder(kind: str, *templates: str) -> Callable[[_Words], str]:
    """Contact details of the company: as they are, or as the gate leaves them in a resolved answer."""

    def make(w: _Words) -> str:
        return f"<{kind}_{w.number(2, 6)}>" if w.maker.random.random() < 0.4 else w.choice(*templates)

    return make


def _nth(w: _Words) -> str:
    day = w.maker.random.randint(1, 28)
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _plural(noun: str) -> str:
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else noun + "s"


SLOTS: Mapping[str, Callable[[_Words], str]] = {
    "n": lambda w: w.number(2, 99),
    "n2": lambda w: w.number(13, 28),
    "small": lambda w: w.number(2, 12),
    "big": lambda w: w.number(100, 980),
    "age": lambda w: w.number(3, 21),
    "letter": lambda w: _shape(w, "@"),
    "coin": _coin,
    "money": _amount,
    "pct": lambda w: w.choice("{n}%", "{n} %", "{small}.{small}%", "{n} percent"),
    "clock": _clock(6, 22),
    "opens": _clock(5, 11),
    "closes": _clock(13, 23),
    "hours": lambda w: w.choice(
        "from {opens} to {closes}", "daily from {opens} to {closes}", "{weekday} to {weekday}, {opens} to {closes}",
        "on weekdays from {opens} until {closes}", "from {opens} to {closes}, on {weekday} until {closes}",
    ),
    "code": lambda w: _shape(w, "@@-####", "@##@##", "@@@####", "####-@@", "@-###", "@@@@##", "######", "@#-@@@"),
    "version": lambda w: w.choice("{small}.{small}", "{small}.{small}.{n}", "{n}.{small}"),
    "level": lambda w: w.choice("A{small}", "B{small}", "{small}", "{coin}"),
    "model": lambda w: w.choice("{coin} {n}", "{coin} {big}", "{coin} {letter}{small}", "{coin} {small} Pro"),
    "menu": lambda w: w.of(w.choice("{menu_head} > {menu_end}", "{menu_head} > {menu_end} > {menu_end}")),
    "menu_head": lambda w: w.of(w.pick("menu_heads")),
    "menu_end": lambda w: w.of(w.pick("menu_ends")),
    "dims": lambda w: w.choice("{n} x {n} cm", "{n} x {n} x {n} cm", "{big} x {n} cm", "{n} by {small} inches"),
    "kg": lambda w: w.choice("{n} kg", "{small}.{small} kg", "{n} pounds", "{big} grams"),
    "degrees": lambda w: w.choice("{n} °C", "{n} degrees"),
    "date": lambda w: w.choice("{nth} {month}", "{month} {n2}", "{n2} {month}", "the {nth} of {month}"),
    "nth": _nth,
    "month": lambda w: w.pick("months"),
    "weekday": lambda w: w.pick("weekdays"),
    "colour": lambda w: w.pick("colours"),
    "colour2": lambda w: w.pick("colours"),
    "material": lambda w: w.pick("materials"),
    "food": lambda w: w.pick("foods"),
    "country": lambda w: w.pick("countries"),
    "language": lambda w: w.pick("languages"),
    "person_kind": lambda w: w.of(w.pick("people")),
    "street": lambda w: f"{_coin(w)} {w.pick('streets')}",
    "town": lambda w: w.pick("starts") + w.pick("town_ends"),
    "host": lambda w: w["coin"].lower() + w.choice(".example", ".test", ".example.com", ".example.org"),
    "address": _or_placeholder("ADDRESS", "{n} {street}, {town}", "{n} {street}", "{street} {n}, {town} {big}"),
    "phone": _or_placeholder("PHONE", "0800 555 01{n2}", "555-01{n2}", "+1 555 01{n2} {n}", "({big}) 555-01{n2}"),
    "email": _or_placeholder("EMAIL", "help@{host}", "support@{host}", "info@{host}", "desk{n}@{host}"),
    "person_q": lambda w: f"<PERSON_{w.number(1, 2)}>",
    "id_q": lambda w: f"<ID_{w.number(1, 2)}>",
}  # fmt: skip
"""How to draw what a slot stands for, where it is not already set."""

CURRENCIES = ("${}", "£{}", "€{}", "{} EUR", "{} €", "${}", "{} dollars", "CHF {}", "₹{}", "{} euros", "A${}", "{} kr")
CLOCKS = ("24", "24 short", "12", "12 tight")
OF_THE_CUSTOMER = {
    "person": "PERSON", "email_p": "EMAIL", "phone_p": "PHONE", "addr_p": "ADDRESS", "postcode_p": "POSTCODE",
    "iban_p": "IBAN", "card_p": "CREDIT_CARD", "plate_p": "LICENSE_PLATE", "secret_p": "SECRET",
}  # fmt: skip
"""The placeholders that the gate has put for what the customer wrote."""

FIRST = (*[1] * 10, *[2] * 3, *range(3, 10))
"""The numbers of placeholders: mostly one is the first of its kind in the conversation."""

WITHOUT_ARTICLE = "~"
AN = re.compile(r"(?!one|uni|use)[aeiou]")
NUMBERS = ("ID", "ID", "ID", "ID", "ORDER_ID", "ORDER", "CUSTOMER_ID", "BOOKING", "REFERENCE", "CASE_ID")


# --- the customer's hand ----------------------------------------------------------------------------------------------

LEARNER = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\bHow long do I have\b", "How much time I have"), (r"\bHow do I\b", "How I can"), (r"\bDo you\b", "You"),
        (r"\bWhat is\b", "What it is"), (r"\bI would like to\b", "I want"), (r"\b(?:a|an|the) (?=[a-z])", ""),
        (r"\bIs there\b", "There is"), (r"\bHow much does (.+?) cost\b", r"How much cost \1"),
        (r"\bhave to\b", "must to"), (r"\bcould you please\b", "please to"), (r"\bWhen will\b", "When"),
    )
)  # fmt: skip
SHORT = tuple(
    (re.compile(rf"\b{pattern}\b", re.I), words)
    for pattern, words in (("you", "u"), ("please", "pls"), ("your", "ur"), ("I am", "im"), ("are", "r"), ("and", "n"))
)
PARTS = re.compile(r"(<[A-Z][A-Z_]*_\d+>)")
PLAIN_WORD = re.compile(r"(?<![\w<@.-])[a-z]{4,}(?![\w@>-])")


def _lower(text: str) -> str:
    return "".join(part if part.startswith("<") else part.lower() for part in PARTS.split(text))


def slips(text: str, random: Random) -> str:
    """Slips of the finger in plain words: two letters changed round, one left out, one doubled."""
    words = [match.start() for match in PLAIN_WORD.finditer(text)]
    for start in sorted(random.sample(words, min(len(words), 1 + len(words) // 8)), reverse=True):
        a, b = text[start + 1], text[start + 2]
        text = text[: start + 1] + random.choice((b + a, b, a + a + b)) + text[start + 3 :]
    return text


def _upper_first(text: str) -> str:
    return text[0].upper() + text[1:]


def _joined(parts: Sequence[str]) -> str:
    """Sentences one after the other; what comes after a list begins a line of its own."""
    return "".join(part if n == 0 else ("\n" if "\n" in parts[n - 1] else " ") + part for n, part in enumerate(parts))


def _lower_first(text: str) -> str:
    return text if text.startswith(("I ", "I'")) or text[1:2].isupper() else text[0].lower() + text[1:]


# --- dialogues --------------------------------------------------------------------------------------------------------


class _Known(NamedTuple):
    """One fact of the company: what it is about, and how a resolved answer puts it. A `scoped` one is about one named
    item, and another item may have another value."""

    topic: Topic
    words: _Words
    core: str
    details: tuple[str, ...]
    scoped: bool

    @property
    def fact(self) -> str:
        return self.words["fact"]

    @property
    def the(self) -> str:
        return self.words["the"]


class _Passage(NamedTuple):
    question: str
    answer: str


class _Maker:
    """Makes the dialogues of one side: its names and values, and its sentences, which can be the other's."""

    def __init__(self, held_out: bool, new_sentences: bool, random: _Quick, kinds: Mapping[str, int] = KINDS) -> None:
        self.held_out = held_out
        self.kinds = kinds
        self.random = random
        self.industries = industries(new_sentences)
        self.scenes = scenes(new_sentences)
        self.talk = {group: of_side(texts, new_sentences) for group, texts in groups("talk").items()}
        self.industry = self.industries[0]
        self.words = _Words(self, {})
        self.register = "plain"

    def dialogue(self) -> Dialogue:
        """One dialogue of an invented company with an invented customer."""
        self.industry = self.random.choice(self.industries)
        self.words = self.company()
        self.register = self.weighted(REGISTERS)
        kind = self.weighted(self.kinds)
        if kind == "scene":
            exchanges = self.any_scene()
            beside = self.random.random() < SHARE_OF_PASSAGES_BESIDE_A_SCENE
            context = self.others(self.weighted(PASSAGES), []) if beside else []
        elif kind == "overview":
            exchanges, context = self.overview()
        else:
            exchanges, context = self.about_facts(kind)
        if self.random.random() < 0.06:
            exchanges = [*self.scene(next(scene for scene in self.scenes if scene.kind == "small talk")), *exchanges]
        if self.random.random() < 0.3:
            exchanges = [*exchanges, Exchange("closing", self.say("thanks"), self.say("welcome"))]
        return self.composed(exchanges, context, kind)

    def composed(self, exchanges: Sequence[Exchange], context: Sequence[_Known], kind: str) -> Dialogue:
        """The dialogue as the server renders it, as far as it fits."""
        system = DEFAULT_SYSTEM if self.random.random() < SHARE_OF_DEFAULT_SYSTEM else self.say("system")
        if kind == "system":
            facts = [f"- {_joined([known.core, *known.details])}" for known in context]
            system = "\n".join([system, "", self.say("facts_head"), *facts])
        messages = compose(system, [] if kind == "system" else self.passages(context), [])
        length = len(messages[0]["content"])
        fitting = 0
        for exchange in exchanges[:MOST_EXCHANGES]:
            length += len(exchange.question) + len(exchange.answer)
            if fitting and length > MOST_CHARACTERS:
                break
            fitting += 1
            messages.append({"role": "user", "content": exchange.question})
            messages.append({"role": "assistant", "content": exchange.answer})
        return Dialogue(
            tuple(messages),
            tuple(exchange.kind for exchange in exchanges[:fitting]),
            tuple(exchange.fact for exchange in exchanges[:fitting]),
            tuple(known.fact for known in context),
            self.industry.name,
        )

    # --- who speaks ---------------------------------------------------------------------------------------------------

    def company(self) -> _Words:
        """The company's words, its customer's placeholders, and one of its items."""
        random = self.random
        words = _Words(self, {"currency": random.choice(CURRENCIES), "clock_style": random.choice(CLOCKS)})
        tail = random.choice((self.industry.name, self.industry.name, words.pick("trade_ends")))
        words |= {"company": f"{words['coin']} {tail}", "order": self.industry.order, "place": self.industry.place}
        words["orders"] = _plural(self.industry.order)
        for slot, entity in OF_THE_CUSTOMER.items():
            words[slot] = f"<{entity}_{random.choice(FIRST)}>"
        number, kind, first = random.choice(NUMBERS), words.pick("kinds"), random.choice(FIRST)
        words |= {"id": f"<{number}_{first}>", "id2": f"<{number}_{first + 1}>", "kind": kind}
        words["shape"] = f"<{kind.upper().replace(' ', '_')}_{random.choice(FIRST)}>"
        words |= self.item(named=random.random() < 0.6)
        return words

    def item(self, named: bool, item: str = "") -> dict[str, str]:
        """One of the company's products or services, or the one given: "the Velmora kettle", or "a kettle"."""
        item = item or self.random.choice(self.industry.items)
        noun = item.lstrip(WITHOUT_ARTICLE)
        a_noun = noun if item.startswith(WITHOUT_ARTICLE) else f"{'an' if AN.match(noun) else 'a'} {noun}"
        the = _Words(self, {"noun": noun}).of(self.random.choice(self.industry.named)) if named else a_noun
        return {"noun": noun, "a_noun": a_noun, "the": the, "The": _upper_first(the)}

    def say(self, group: str, words: _Words | None = None) -> str:
        """A line of the talk, filled."""
        return (words or self.words).of(self.random.choice(self.talk[group]))

    def weighted(self, table: Mapping[Any, int]) -> Any:
        return self.random.choices(list(table), list(table.values()))[0]

    def written(self, text: str, register: str) -> str:
        """A question as a customer of this register writes it."""
        return REGISTER[register](self, text)

    def around(self, hello: str, lead: str, text: str, tail: str) -> str:
        """Some of what stands around a question."""
        random = self.random
        parts = [(hello, 0.6), (lead, 0.35), (text, 1.0), (tail, 0.45)]
        said = [part if part is text else self.say(part) for part, share in parts if random.random() < share]
        return random.choice((" ", " ", "\n")).join(said)

    # --- facts --------------------------------------------------------------------------------------------------------

    def known(self, topic: Topic, scoped: bool, item: dict[str, str] | None = None) -> _Known:
        """A fact, drawn anew."""
        random = self.random
        words = _Words(self, self.words | (item or self.item(named=scoped)) | {"fact": self.fact(topic)}, stays=True)
        answers = topic.item_answers if scoped else topic.answers
        details = random.sample(topic.details, min(len(topic.details), random.choice((0, 1, 1, 2, 3))))
        details += random.sample(self.talk["padding"], random.choice(PADDING))
        random.shuffle(details)
        core = words.of(random.choice(answers))
        return _Known(topic, words, core, tuple(map(words.of, details)), scoped)

    def fact(self, topic: Topic) -> str:
        """A value of the maker's side.

        Raises:
            TooFewValues: the topic's patterns yield too few for this side to have one.
        """
        for _ in range(TRIES):
            value = self.words.of(self.random.choice(topic.facts))
            if is_held_out(value) == self.held_out:
                return value
        raise TooFewValues(f"the facts of {topic.name!r} vary too little")

    def others(self, count: int, topics: Sequence[Topic]) -> list[_Known]:
        """Facts on topics other than these."""
        free = [topic for topic in self.industry.topics if topic not in topics]
        chosen = self.random.sample(free, min(count, len(free)))
        return [self.known(topic, topic in self.industry.scopable and self.random.random() < 0.5) for topic in chosen]

    def sibling(self, known: _Known, noun: str = "") -> _Known:
        """The same kind of fact about another item, of that kind if one is given.

        Raises:
            TooFewValues: this side has no other value for it.
        """
        for _ in range(TRIES):
            other = self.known(known.topic, True, self.item(True, noun))
            if other.the != known.the and other.fact != known.fact:
                return other
        raise TooFewValues(f"the facts of {known.topic.name!r} vary too little")

    def passages(self, context: Sequence[_Known]) -> list[_Passage]:
        """The facts as resolved exchanges; now and then one exchange tells two of them, the second naming its item."""
        made = [self.passage(known) for known in context]
        if len(made) > 1 and context[1].scoped and self.random.random() < 0.4:
            first, second = made[:2]
            made[:2] = [_Passage(first.question, f"{first.answer} {second.answer}")]
        return made

    def passage(self, known: _Known) -> _Passage:
        question = self.ask(known)
        if self.random.random() < 0.3:
            question = self.written(question, self.weighted(REGISTERS))
        parts = [known.core, *known.details]
        if self.random.random() < 0.15:
            parts.insert(0, self.say("passage_open"))
        if self.random.random() < 0.1:
            parts.append(self.say("passage_close"))
        return _Passage(question, _joined(parts))

    def about_facts(self, kind: str) -> tuple[list[Exchange], list[_Known]]:
        """Questions about facts with their answers, and the facts that stand in the context, in the order there."""
        random = self.random
        scoped = kind == "which" or random.random() < 0.5
        main = self.known(random.choice(self.industry.scopable if scoped else self.industry.topics), scoped)
        there = kind not in ("missing", "bare")
        alike = main.words["noun"] if kind == "which" else ""
        count = max(random.choice((0, 1, 1, 2)), kind == "which") if scoped else 0
        siblings = [self.sibling(main, alike) for _ in range(count)]
        room = max(self.weighted(PASSAGES) - len(siblings) - there, not (there or siblings))
        others = self.others(room, [main.topic])
        if kind == "bare":
            siblings, others = [], []
        context = [*siblings, *others]
        random.shuffle(context)
        if there:
            context.insert(random.randint(0, len(context)), main)
        if kind == "which":
            exchanges = self.which(main, siblings[0])
        elif kind == "both" and others:
            exchanges = [self.both(main, others.pop())]
        else:
            exchanges = [self.first(main, there, siblings)]
        more = self.weighted(EXCHANGES) - len(exchanges)
        return [*exchanges, *self.follow_ups(more, main, there, siblings, others)], context

    def overview(self) -> tuple[list[Exchange], list[_Known]]:
        """All that the context tells of one item, among what it tells of others."""
        random = self.random
        item = self.item(named=True)
        scopable = self.industry.scopable
        topics = random.sample(scopable, min(len(scopable), random.randint(2, 4)))
        facts = [self.known(topic, True, item) for topic in topics]
        others = [self.sibling(known) for known in facts if random.random() < 0.3]
        context = random.sample([*facts, *others], len(facts) + len(others))
        told = [known.core for known in context if known in facts]
        words = _Words(self, item)
        lines = [self.say("overview_head", words), *(f"- {core}" for core in told)]
        answer = _joined(told) if random.random() < 0.3 else "\n".join(lines)
        question = self.written(self.say("overview", words), self.register)
        return [Exchange("overview", question, answer, facts[0].fact)], context

    def ask(self, known: _Known) -> str:
        return known.words.of(self.random.choice(known.topic.item_asks if known.scoped else known.topic.asks))

    def first(self, main: _Known, there: bool, siblings: Sequence[_Known]) -> Exchange:
        question = self.written(self.ask(main), self.register)
        if there:
            return Exchange("known", question, self.answer(main), main.fact)
        return Exchange("missing", question, self.no_answer(main, siblings))

    def which(self, main: _Known, sibling: _Known) -> list[Exchange]:
        """The question names no item, and the context knows several: ask back first."""
        vague = f"the {main.words['noun']}"
        words = _Words(self, main.words | {"the": vague, "The": _upper_first(vague)})
        question = words.of(self.random.choice(main.topic.item_asks))
        words = _Words(self, main.words | {"other": sibling.the})
        return [
            Exchange("which", self.written(question, self.register), self.say("which", words)),
            Exchange("known", self.say("which_answer", words), self.answer(main), main.fact),
        ]

    def both(self, main: _Known, other: _Known) -> Exchange:
        """Two questions at once; the first one's fact is what is measured."""
        one, two = self.ask(main), self.ask(other)
        asked = {"one": one, "two": two, "two_low": _lower_first(two)}
        told = {"one": self.told(main), "two": self.told(other)}
        question, answer = _Words(self, asked), _Words(self, told)
        return Exchange(
            "both", self.written(self.say("both", question), self.register), self.say("both_answer", answer), main.fact
        )

    def told(self, known: _Known) -> str:
        """The fact in the words of the passage or in others, with nothing that the passage does not say."""
        random = self.random
        chance = random.random()
        if chance < SHARE_WORD_FOR_WORD:
            return _joined([known.core, *known.details])
        core = known.core if chance < 2 * SHARE_WORD_FOR_WORD else known.words.of(random.choice(known.topic.answers))
        return _joined([core, *(detail for detail in known.details if random.random() < 0.5)])

    def answer(self, known: _Known) -> str:
        """What is told, and what stands around it."""
        random = self.random
        parts = [self.told(known)]
        if self.register == "angry" and random.random() < 0.7:
            parts = [self.say("answer_sorry"), *parts]
        elif random.random() < 0.3:
            parts = [self.say("answer_open"), *parts]
        if random.random() < 0.25:
            parts = [*parts, self.say("answer_close")]
        return _joined(parts)

    def no_answer(self, asked: _Known, siblings: Sequence[_Known]) -> str:
        """That the bot does not know; where it knows the same of a sibling, it may say that."""
        words = _Words(self, asked.words | {"about": asked.words.of(asked.topic.about)})
        group = "unknown" if self.random.random() < 0.85 else "unknown_asks"
        if siblings and self.random.random() < 0.6:
            words["other"] = siblings[0].the
            group = "unknown_other"
        sorry = self.register == "angry" and self.random.random() < 0.4
        return f"{self.say('answer_sorry')} {self.say(group, words)}" if sorry else self.say(group, words)

    # --- what follows -------------------------------------------------------------------------------------------------

    def follow_ups(
        self, count: int, main: _Known, there: bool, siblings: Sequence[_Known], others: Sequence[_Known]
    ) -> Iterator[Exchange]:
        """`count` more exchanges: on the fact just told, on the same of another item, on what else is in the context,
        on what is not."""
        random = self.random
        told, same, untold = main if there else None, list(siblings), list(others)
        for _ in range(count):
            chance = random.random()
            if told and chance < 0.25:
                yield self.checked(told)
            elif main.scoped and told in (main, None) and chance < 0.5:
                other = same.pop() if same and random.random() < 0.7 else self.sibling(main)
                yield self.same_for(other, siblings, main if there else None)
                told = other if other in siblings else None
            elif untold and chance < 0.85:
                told = untold.pop()
                yield Exchange("known", self.also(told), self.answer(told), told.fact)
            elif random.random() < 0.4:
                absent = self.others(1, [main.topic, *(other.topic for other in others)])
                yield from (Exchange("missing", self.also(known), self.no_answer(known, [])) for known in absent)
                told = None
            else:
                yield from self.any_scene()

    def checked(self, told: _Known) -> Exchange:
        """The customer makes sure of what was just said."""
        wrong = self.fact(told.topic)
        kind = self.random.choice(("confirm", "again") if wrong == told.fact else ("confirm", "doubt", "again"))
        words = _Words(self, told.words | {"wrong": wrong})
        reply = {"confirm": "confirm_yes", "doubt": "doubt_answer", "again": "again_answer"}[kind]
        return Exchange(kind, self.say(kind, words), self.say(reply, words), told.fact)

    def same_for(self, other: _Known, siblings: Sequence[_Known], main: _Known | None) -> Exchange:
        question = self.say("same_for", other.words)
        if other in siblings:
            return Exchange("known", question, self.answer(other), other.fact)
        return Exchange("missing", question, self.no_answer(other, [main] if main else siblings))

    def also(self, known: _Known) -> str:
        """A further question, joined on to what went before."""
        ask = self.ask(known)
        template = self.random.choice(self.talk["also"])
        joined = template.rpartition("{ask}")[0].strip()
        return template.format(ask=ask if joined.endswith((".", ":")) else _lower_first(ask))

    def any_scene(self) -> list[Exchange]:
        """One of the scenes; those that can begin in more ways come more often."""
        return self.scene(self.random.choices(self.scenes, [len(scene.turns[0]) for scene in self.scenes])[0])

    def scene(self, scene: Scene) -> list[Exchange]:
        """A scene played; its fact is a placeholder of the customer's that the answer repeats."""
        exchanges: list[Exchange] = []
        said = ""
        for asks, answers in zip(scene.turns[::2], scene.turns[1::2], strict=True):
            question = self.words.of(self.random.choice(asks))
            if not exchanges and scene.kind != "small talk":
                question = self.written(question, self.register)
            said += question
            answer = self.words.of(self.random.choice(answers))
            repeated = [match.group() for match in PLACEHOLDER.finditer(answer) if match.group() in said]
            exchanges.append(Exchange(scene.kind, question, answer, repeated[0] if repeated else ""))
        return exchanges


def _terse(maker: _Maker, text: str) -> str:
    return _lower(text).rstrip("?.!")


def _angry(maker: _Maker, text: str) -> str:
    shouted = "".join(part if part.startswith("<") else part.upper() for part in PARTS.split(text))
    return maker.around("angry_lead", "angry_lead", shouted if maker.random.random() < 0.15 else text, "angry_tail")


def _hasty(maker: _Maker, text: str) -> str:
    text = slips(text, maker.random)
    for pattern, words in SHORT:
        text = pattern.sub(words, text)
    return text if maker.random.random() < 0.3 else _lower(text)


def _learner(maker: _Maker, text: str) -> str:
    for pattern, words in LEARNER:
        text = pattern.sub(words, text)
    return maker.around("hello", "lead", text, "tail")


REGISTER: Mapping[str, Callable[[_Maker, str], str]] = {
    "plain": lambda maker, text: text,
    "polite": lambda maker, text: maker.around("hello", "lead", text, "tail"),
    "formal": lambda maker, text: maker.around("formal_hello", "formal_lead", text, "formal_tail"),
    "chatty": lambda maker, text: maker.around("hello", "chatty_lead", text, "chatty_tail"),
    "terse": _terse,
    "angry": _angry,
    "hasty": _hasty,
    "learner": _learner,
}
"""How customers write, by register."""
