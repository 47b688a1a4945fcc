"""A count and a seed -> that many labelled support texts, for training and testing a detector of names.

The texts are drawn from the templates in `lists/<language>.txt`: `{slot}` is filled by `SLOTS`, `{@group}` by a template of
that group, and the words of a group serve as fillers too. Each template and each name falls by its hash on one of two
sides, so that what `held_out` draws from is never trained on. E-mail addresses are labelled, @handles are not.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random

LABELS = ("PER", "LOC", "ORG", "ADDR", "NUM")
LANGUAGES = {"en": 0.55, "de": 0.075, "fr": 0.075, "es": 0.075, "it": 0.075, "nl": 0.075, "pt": 0.075}

SHARE_WITHOUT_NAMES = 0.35
SHARE_LOWER = 0.20
SHARE_UPPER = 0.04
SHARE_NAMES_LOWER = 0.06
SHARE_TYPOS = 0.10
SHARE_REDACTED = 0.08
HELD_OUT_TEMPLATES = 5
HELD_OUT_NAMES = 6
"""One in so many is held out."""

LISTS = Path(__file__).parent / "lists"
SLOT = re.compile(r"\{(@?[a-z_0-9]+)\}")
PLACEHOLDERS = {
    "PER": ("PERSON",),
    "LOC": ("LOCATION",),
    "ORG": ("ORGANIZATION", "COMPANY"),
    "ADDR": ("ADDRESS",),
    "NUM": ("PHONE", "EMAIL", "ORDER_ID", "ID", "ACCOUNT"),
}

HOME = {
    "en": "en_US en_GB en_IE en_AU en_CA en_NZ",
    "de": "de_DE de_AT de_CH",
    "fr": "fr_FR fr_BE fr_CA",
    "es": "es_ES es_MX es_AR es_CO",
    "it": "it_IT it_CH",
    "nl": "nl_NL nl_BE",
    "pt": "pt_BR pt_PT",
}
ABROAD = (
    "pl_PL cs_CZ sk_SK tr_TR sv_SE da_DK fi_FI no_NO hu_HU ro_RO hr_HR sl_SI et_EE lt_LT lv_LV is_IS ga_IE sq_AL az_AZ en_IN "
    "en_KE en_NG ha_NG yo_NG ig_NG tw_GH sw zu_ZA fr_DZ vi_VN id_ID fil_PH en_PH en_TH en_PK en_BD uz_UZ"
)
CULTURES = (
    "arabic chinese japanese korean indian westafrican eastafrican persian russian ukrainian vietnamese greek hebrew thai "
    "pakistani ethiopian"
)
SCRIPTS = "ar_AA he_IL fa_IR ru_RU uk_UA bg_BG el_GR hy_AM ka_GE hi_IN bn_BD ta_IN ne_NP th_TH ko_KR ja_JP zh_CN zh_TW"
"""Names in their own letters, as their bearers sign with them under a mail in another language."""
FAMILY_FIRST = frozenset(("ko_KR", "ja_JP", "zh_CN", "zh_TW"))
SHARE_OF_SCRIPTS = 0.04
DRAWS = 500

CITIES_HOME = {
    "en": "us us gb gb au ca in",
    "de": "de",
    "fr": "fr be",
    "es": "es",
    "it": "it",
    "nl": "nl be",
    "pt": "pt br",
}
ADDRESSES_HOME = {
    "en": "us us us us gb gb gb au ca in",
    "de": "de",
    "fr": "fr fr fr be",
    "es": "es",
    "it": "it",
    "nl": "nl nl nl be",
    "pt": "pt br br",
}
ADDRESSES = "us gb de fr es it nl be pt br pl se in au ca"

Piece = tuple[str, str]
"""A text and its label; the label of plain words is empty."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, its labelled spans as half-open character offsets, and what it was made of."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    language: str
    template: str = ""


def generate(count: int, seed: int, *, held_out: bool = False) -> Iterator[Example]:
    """Yields `count` examples; the same arguments give the same examples. Needs Faker (the extra `train`)."""
    random = Random(f"{seed}/{held_out}")
    makers = [_Maker(language, held_out, random) for language in LANGUAGES]
    cumulative = list(accumulate(LANGUAGES.values()))
    for _ in range(count):
        yield random.choices(makers, cum_weights=cumulative)[0].example()


def held_out_templates(texts: Sequence[str]) -> frozenset[str]:
    """Those templates of a group that are kept for the test sets: the lowest hashes, so that no group is left empty."""
    ranked = sorted(texts, key=lambda text: zlib.crc32(text.encode()))
    return frozenset(ranked[: max(1, len(ranked) // HELD_OUT_TEMPLATES)])


def held_out_name(name: str) -> bool:
    """Whether a name is kept for the test sets: the same for "Anna" in every list that has her."""
    return zlib.crc32(b"name/" + name.casefold().encode()) % HELD_OUT_NAMES == 0


@cache
def read_list(name: str) -> Mapping[str, tuple[str, ...]]:
    """The groups of a file: `== group`, then one entry a line, `\\n` for a line break."""
    groups: dict[str, list[str]] = {}
    for line in (LISTS / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("== "):
            entries = groups.setdefault(line[3:].strip(), [])
        elif line.strip():
            entries.append(line.strip().replace("\\n", "\n"))
    return {group: tuple(dict.fromkeys(entries)) for group, entries in groups.items()}


def _words(file: str, group: str, separator: str | None = ";") -> list[str]:
    return [word.strip() for line in read_list(file)[group] for word in line.split(separator)]


@dataclass(frozen=True, slots=True)
class Pools:
    """The names of one side: per culture the first and last names, and by kind everything else."""

    people: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    kinds: Mapping[str, tuple[str, ...]]


@cache
def pools(held_out: bool) -> Pools:
    """All names of one side. Faker is asked once, because it is slow."""

    def ours(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in dict.fromkeys(names) if held_out_name(name) == held_out)

    people = {culture: (ours(firsts), ours(lasts)) for culture, (firsts, lasts) in _people().items()}
    kinds = {group: ours(_words("names", group, None)) for group in ("everyday", "everyday_last", "nicknames")}
    for file in ("places", "organisations"):
        kinds |= {
            group: ours(_words(file, group))
            for group in read_list(file)
            if not group.startswith(("suffixes", "coined"))
        }
    for group in ("trades", "states_us", "states_au", "states_ca", "states_br", "states_in", "provinces_it"):
        file = "organisations" if group == "trades" else "places"
        kinds[group] = tuple(_words(file, group))
    for group in read_list("organisations"):
        if group.startswith(("suffixes", "trades_")):
            kinds[group] = tuple(_words("organisations", group))
    kinds["invented"] = ours(_invented(4000))
    kinds["coined"] = ours(
        [
            start + end
            for start in _words("organisations", "coined_starts")
            for end in _words("organisations", "coined_ends")
        ]
    )
    return Pools({culture: both for culture, both in people.items() if all(both)}, kinds)


@cache
def _people() -> dict[str, tuple[list[str], list[str]]]:
    from faker import Faker

    people = {}
    for locale in " ".join([*HOME.values(), ABROAD]).split():
        fake = Faker(locale)
        fake.seed_instance(1)
        draws = ([fake.first_name() for _ in range(DRAWS)], [fake.last_name() for _ in range(DRAWS)])
        people[locale] = tuple([name.strip() for name in dict.fromkeys(names) if _is_latin(name)] for names in draws)
    for locale in SCRIPTS.split():
        fake = Faker(locale)
        fake.seed_instance(1)
        draws = ([fake.first_name() for _ in range(DRAWS)], [fake.last_name() for _ in range(DRAWS)])
        people[locale] = tuple(
            [name.strip() for name in dict.fromkeys(names) if not _is_latin(name)] for names in draws
        )
    for culture in CULTURES.split():
        people[culture] = (_words("names", f"{culture}_first", None), _words("names", f"{culture}_last", None))
    return people  # type: ignore[return-value]


def _is_latin(name: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in name if letter.isalpha())


def _invented(count: int) -> list[str]:
    random = Random(1)
    starts = "Zyn Kor Vel Lum Nex Bri Tra Quo Syn Ver Mon Fin Clo Data Pay Soft Med Opti Info Eco Agri Bio Cy Dro Ex Flo".split()
    middles = "tre li va no ra mi xo du be ga pi la fy ri so".split()
    ends = "x ta lo ly ify ra nt on ex is io via core hub sys tech lab soft net ware pay quest ix um ora".split()
    return [random.choice(starts) + random.choice([*middles, "", ""]) + random.choice(ends) for _ in range(count)]


class _Maker:
    """Makes the examples of one language and one side."""

    def __init__(self, language: str, held_out: bool, random: Random) -> None:
        self.language = language
        self.held_out = held_out
        self.random = random
        self.pools = pools(held_out)
        self.groups = {**read_list("common"), **read_list(language)}
        self.parsed = {
            group: [
                (f"{language}/{group}/{zlib.crc32(text.encode()):08x}", _parse(text))
                for text in texts
                if group not in STRUCTURES or (text in held_out_templates(texts)) == held_out
            ]
            for group, texts in self.groups.items()
        }
        self.used: list[str] = []
        self.home = [locale for locale in HOME[language].split() if locale in self.pools.people]
        self.scripts = [locale for locale in SCRIPTS.split() if locale in self.pools.people]
        self.abroad = [culture for culture in self.pools.people if culture not in (*self.home, *self.scripts)]

    def example(self) -> Example:
        """One text of a random shape, with the noise that real texts have."""
        self.used = []
        random = self.random
        shapes = NEGATIVE if random.random() < SHARE_WITHOUT_NAMES else POSITIVE
        shape = random.choices([shape for shape, _ in shapes], [weight for _, weight in shapes])[0]
        pieces = self.expand(shape)
        if random.random() < SHARE_REDACTED:
            pieces = self.redact(pieces)
        pieces = self.roughen(pieces)
        text, spans = "", []
        for words, label in pieces:
            if label:
                spans.append((len(text), len(text) + len(words), label))
            text += words
        return Example(text, tuple(spans), self.language, "+".join(dict.fromkeys(self.used)))

    def expand(self, shape: str) -> list[Piece]:
        pieces: list[Piece] = []
        for separator, group in SHAPE.findall(shape):
            if separator and pieces:
                stop = "." if separator == " " and pieces[-1][0][-1].isalnum() and self.random.random() < 0.7 else ""
                pieces.append((stop + self.random.choice(SEPARATORS[separator]), ""))
            pieces += self.group(group)
        return pieces

    def group(self, name: str) -> list[Piece]:
        """A random template of a group, filled."""
        template, parts = self.random.choice(self.parsed[name])
        if name in STRUCTURES:
            self.used.append(template)
        pieces: list[Piece] = []
        for part, is_slot in parts:
            if not is_slot:
                pieces.append((part, ""))
            elif part.startswith("@"):
                pieces += self.group(part[1:])
            else:
                pieces += self.fill(part)
        return pieces

    def fill(self, slot: str) -> list[Piece]:
        label, make = SLOTS[slot]
        if slot == "titled":
            title = self.random.choice(self.groups["titles"])
            return [(title + " ", ""), (self.random.choice([self.last, self.last, self.full])(), "PER")]
        return [(make(self), label)]

    def redact(self, pieces: list[Piece]) -> list[Piece]:
        """Some values are already placeholders, as in a text that another detector has seen."""
        share = self.random.choice((0.4, 1.0))
        numbers: dict[str, int] = {}
        found = []
        for words, label in pieces:
            if label and self.random.random() < share:
                kind = self.random.choice(PLACEHOLDERS[label])
                numbers[kind] = numbers.get(kind, 0) + 1
                found.append((f"<{kind}_{numbers[kind]}>", ""))
            else:
                found.append((words, label))
        return found

    def roughen(self, pieces: list[Piece]) -> list[Piece]:
        random = self.random
        if random.random() < SHARE_TYPOS:
            pieces = [(words if label or "<" in words else self.slips(words), label) for words, label in pieces]
            if random.random() < 0.4:
                pieces.append((" " + random.choice(self.groups["emoji"]), ""))
        chance = random.random()
        if chance < SHARE_LOWER:
            return [(words if PLACEHOLDER.fullmatch(words) else words.lower(), label) for words, label in pieces]
        if chance < SHARE_LOWER + SHARE_UPPER:
            return [(words.upper(), label) for words, label in pieces]
        if chance < SHARE_LOWER + SHARE_UPPER + SHARE_NAMES_LOWER:
            return [(words.lower() if label not in ("", "NUM") else words, label) for words, label in pieces]
        if chance < SHARE_LOWER + SHARE_UPPER + SHARE_NAMES_LOWER + 0.03:
            return [(words.upper() if label == "PER" else words, label) for words, label in pieces]
        return pieces

    def slips(self, text: str) -> str:
        """Slips of the finger in plain words; the letters at either end stay, so that no name grows or shrinks."""
        random = self.random
        chance = random.random()
        if chance < 0.3:
            text = re.sub(r"[,.!?](?=\s)", "", text)
        if chance > 0.8:
            text = text.replace(" ", "  ", 1)
        for _ in range(len(text) // 30 + 1):
            at = random.randrange(len(text)) if text else 0
            if 1 <= at < len(text) - 2 and text[at - 1 : at + 2].isalpha():
                swapped, dropped, doubled = text[at + 1] + text[at], text[at + 1], text[at] * 2 + text[at + 1]
                text = text[:at] + random.choice((swapped, dropped, doubled)) + text[at + 2 :]
        return text

    # --- names -------------------------------------------------------------------------------------------------------

    def pick(self, kind: str) -> str:
        return self.random.choice(self.pools.kinds[kind])

    def culture(self) -> str:
        if self.random.random() < SHARE_OF_SCRIPTS:
            return self.random.choice(self.scripts)
        home = self.random.random() < (0.35 if self.language == "en" else 0.55)
        return self.random.choice(self.home if home and self.home else self.abroad)

    def first(self) -> str:
        chance = self.random.random()
        if chance < 0.05 and self.language == "en":
            return self.pick("everyday")
        if chance < 0.10:
            return self.pick("nicknames")
        return self._first(self.culture())

    def _first(self, culture: str) -> str:
        return self.random.choice(self.pools.people[culture][0])

    def _last(self, culture: str) -> str:
        name = self.random.choice(self.pools.people[culture][1])
        chance = self.random.random()
        if chance < 0.04:
            return f"{self.random.choice(PARTICLES)}{name}"
        if chance < 0.07:
            return f"{name}-{self.random.choice(self.pools.people[culture][1])}"
        if culture in SPANISH and chance < 0.4:
            return f"{name} {self.random.choice(self.pools.people[culture][1])}"
        return name

    def last(self) -> str:
        return self._last(self.culture())

    def full(self) -> str:
        random, culture = self.random, self.culture()
        first, last, chance = self._first(culture), self._last(culture), random.random()
        if culture in FAMILY_FIRST:
            return f"{last}{first}"
        initial = random.choice("ABCDEFGHJKLMNPRSTW")
        if chance < 0.76:
            return f"{first} {last}"
        if chance < 0.82:
            return f"{first} {initial}. {last}"
        if chance < 0.87:
            return f"{first} {self._first(culture)} {last}"
        if chance < 0.91:
            return f"{first[0]}. {last}"
        if chance < 0.93:
            return f"{first[0]}.{initial}. {last}"
        if chance < 0.97:
            return f"{first}-{self._first(culture)} {last}" if "-" not in first else f"{first} {last}"
        return (
            f"{first} {last} {random.choice(('Jr.', 'Jr', 'III', 'II'))}"
            if self.language == "en"
            else f"{first} {last}"
        )

    def person(self) -> str:
        chance = self.random.random()
        return self.first() if chance < 0.55 else self.full()

    def last_first(self) -> str:
        culture = self.culture()
        first = self._first(culture)
        return f"{self._last(culture)}, {self.random.choice((first, first, f'{first[0]}.'))}"

    # --- places ------------------------------------------------------------------------------------------------------

    def city(self) -> str:
        if self.random.random() < 0.5:
            return self.pick("cities_" + self.random.choice(CITIES_HOME[self.language].split()))
        return self.pick(self.random.choice(CITY_KINDS))

    def country(self) -> str:
        own = self.groups.get("countries")
        if own:
            return self.random.choice([name for name in own if held_out_name(name) == self.held_out])
        return self.pick("countries")

    def place(self) -> str:
        chance = self.random.random()
        if chance < 0.5:
            return self.city()
        if chance < 0.75:
            return self.country()
        return self.pick("regions" if chance < 0.88 and self.language == "en" else "landmarks")

    def address(self) -> str:
        return self._address(self.random.choice((", ", ", ", ", ", " ", "\n")))

    def address_lines(self) -> str:
        return self._address("\n")

    def street(self) -> str:
        return STREETS[self.land()](self)

    def land(self) -> str:
        home = self.random.random() < 0.75
        return self.random.choice((ADDRESSES_HOME[self.language] if home else ADDRESSES).split())

    def _address(self, separator: str) -> str:
        land = self.land()
        parts = [STREETS[land](self)]
        if self.random.random() < 0.18:
            parts.insert(self.random.choice((0, 1, 1)), self.unit(land))
        city = self.pick(f"cities_{land}")
        chance = self.random.random()
        if chance < 0.15:
            parts.append(city)
        else:
            towns = TOWNS[land](self, city)
            parts += [part.strip() for part in towns.split("|")]
            if chance > 0.82:
                parts.append(self.random.choice(NATIONS[land]))
        return separator.join(parts)

    def unit(self, land: str) -> str:
        n = self.random.randint(1, 40)
        return self.random.choice(UNITS.get(land, UNITS["us"])).format(n=n, a=self.random.choice("ABCD"))

    def po_box(self) -> str:
        box = self.random.choice(BOXES[self.language]).format(n=self.random.randint(10, 9999))
        land = self.random.choice(ADDRESSES_HOME[self.language].split())
        town = TOWNS[land](self, self.pick(f"cities_{land}")).replace("|", ", ")
        return f"{box}, {town}" if self.random.random() < 0.7 else box

    # --- organisations -----------------------------------------------------------------------------------------------

    def organisation(self) -> str:
        random, language = self.random, self.language
        suffix = random.choice(self.pools.kinds[f"suffixes_{language if random.random() < 0.7 else 'en'}"])
        chance = random.random()
        if chance < 0.24:
            return self.pick("brands" if chance < 0.16 else "institutions")
        if chance < 0.40:
            return self.pick("invented")
        if chance < 0.50:
            return f"{self.pick('invented')} {suffix}"
        if chance < 0.56:
            return self.pick("words" if chance < 0.53 else "coined")
        if chance < 0.68:
            trade = random.choice(self.pools.kinds["trades"])
            return f"{self.pick('words')} {trade}" + (f" {suffix}" if random.random() < 0.2 else "")
        if chance < 0.74:
            return f"{self.pick('words')} {suffix}"
        name = self._plain_last()
        if chance < 0.82:
            return f"{name} {suffix}"
        if chance < 0.88:
            return f"{name} {random.choice(('&', 'and', '&', '+'))} {self._plain_last()}"
        if chance < 0.93 or language == "en":
            return f"{name} {random.choice(self.pools.kinds['trades'])}"
        return f"{random.choice(self.pools.kinds[f'trades_{language}'])} {name}"

    def _plain_last(self) -> str:
        return self.random.choice(self.pools.people[self.culture()][1])

    def product(self) -> str:
        """Half of them called as makers call them: by a coined word or somebody's first name, and what it is."""
        if self.random.random() < 0.5:
            return self.filler("products")
        chance = self.random.random()
        words, kinds = self.groups["product_words"], self.groups["product_kinds"]
        if chance < 0.25:
            return self.pick("coined")
        if chance < 0.40:
            return f"{self.pick('coined')} {self.random.choice(kinds)}"
        if chance < 0.80:
            return f"{self.random.choice(words)} {self.random.choice(kinds)}"
        return f"{self._first(self.random.choice(self.home))} {self.random.choice(kinds)}"

    # --- numbers -----------------------------------------------------------------------------------------------------

    def shape(self, *shapes: str) -> str:
        """Fills one of the shapes: # a digit, @ a capital, ? a small letter."""
        random = self.random
        fill = {"#": "0123456789", "@": "ABCDEFGHJKLMNPQRSTUVWXYZ", "?": "abcdefghkmnprstuvwxyz"}
        return "".join(random.choice(fill[sign]) if sign in fill else sign for sign in random.choice(shapes))

    def spelled(self) -> str:
        digits = self.groups["digits_spelled"]
        return " ".join(self.random.choice(digits) for _ in range(self.random.choice((4, 5, 6, 7, 9, 10))))

    def email(self) -> str:
        culture = self.culture()
        first, last = _ascii(self._first(culture)), _ascii(self._plain_last())
        n = self.random.randint(1, 999)
        local = self.random.choice(
            (f"{first}.{last}", f"{first}{n}", f"{first[0]}{last}", f"{last}_{first}", f"{first}")
        )
        return f"{local}@{self.random.choice(MAIL_HOSTS)}"

    def email_spoken(self) -> str:
        at, dot = self.random.choice(SPOKEN_AT[self.language]), self.random.choice(SPOKEN_DOT[self.language])
        local, host = self.email().split("@")
        name, _, end = host.rpartition(".")
        chance = self.random.random()
        if chance < 0.5:
            local = re.sub(r"(\d+)", r" \1", local.replace("_", " underscore ").replace(".", f" {dot} "))
            return f"{local} {at} {name} {dot} {end}".replace("  ", " ")
        return re.sub(r"(\d+)", r" \1", local.replace(".", " ")) + f" {name}{self.random.choice(('', ' '))}{end}"

    def user(self) -> str:
        name = _ascii(self.first())
        return self.random.choice(
            (
                f"{name}{self.shape('##', '####')}",
                f"{name}_{self.shape('??', '##')}",
                f"{name[0]}{_ascii(self._plain_last())}",
            )
        )

    def password(self) -> str:
        word = self.random.choice(
            ("Sunshine", "tiger", "Passw0rd", "blue", "qwerty", "Dragon", "summer", "hello", "Kitten")
        )
        return self.random.choice(
            (word + self.shape("##", "####!", "!#", "_##"), self.shape("@?#?@#!?", "??##??##", "?@?@##$?"))
        )

    def filler(self, kind: str) -> str:
        return self.random.choice(self.groups[kind])

    def number(self, low: int, high: int) -> str:
        return str(self.random.randint(low, high))

    def price(self) -> str:
        whole, cents = self.random.randint(1, 900), self.random.randint(0, 99)
        english = (
            "${w}.{c:02d}",
            "${w}",
            "£{w}.{c:02d}",
            "€{w}",
            "{w} dollars",
            "{w} bucks",
            "{w} EUR",
            "USD {w}.{c:02d}",
        )
        other = ("{w},{c:02d} €", "{w} €", "{w} euro", "{w},{c:02d} EUR", "€ {w}", "{w}€")
        return self.random.choice(english if self.language == "en" else other).format(w=whole, c=cents)

    def date(self) -> str:
        day, month, year = self.random.randint(1, 28), self.random.randint(1, 12), self.random.randint(2019, 2025)
        name = self.groups["months"][month - 1]
        forms = (
            f"{day:02d}/{month:02d}/{year}",
            f"{year}-{month:02d}-{day:02d}",
            f"{day}.{month}.{year}",
            f"{day:02d}.{month:02d}",
        )
        words: tuple[str, ...] = (
            (f"{name} {day}", f"{name} {day}, {year}", f"{day} {name} {year}", f"{day} {name}")
            if self.language == "en"
            else (f"{day}. {name}" if self.language == "de" else f"{day} {name}", f"{name} {year}")
        )
        return self.random.choice((*forms, *words))

    def time(self) -> str:
        hour, minute = self.random.randint(0, 23), self.random.choice((0, 5, 15, 20, 30, 45))
        english = (
            f"{hour:02d}:{minute:02d}",
            f"{hour % 12 + 1} pm",
            f"{hour % 12 + 1}:{minute:02d} am",
            f"{hour % 12 + 1}pm",
        )
        return self.random.choice(
            english if self.language == "en" else (f"{hour:02d}:{minute:02d}", f"{hour}:{minute:02d}", f"{hour}h")
        )


def _parse(text: str) -> tuple[tuple[str, bool], ...]:
    """A template -> its parts, each with whether it is a slot."""
    return tuple((part, number % 2 == 1) for number, part in enumerate(SLOT.split(text)) if part)


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", plain) or "me"


def _us(m: _Maker) -> str:
    kind = m.random.choice("St;Street;Ave;Avenue;Rd;Road;Blvd;Dr;Drive;Ln;Lane;Ct;Way;Place;Pkwy;St.;Ave.".split(";"))
    name = m.pick("street_en") if m.random.random() < 0.8 else m._plain_last()
    side = m.random.choice(("N ", "S ", "West ", "E. ", "NW ")) if m.random.random() < 0.1 else ""
    if m.random.random() < 0.06:
        spelled = m.random.choice(
            ("one twenty three", "forty two", "seventeen", "nine hundred", "twenty one fifty", "one oh five")
        )
        return f"{spelled} {name} {kind.rstrip('.')}".lower()
    return f"{m.random.choice((m.number(1, 99), m.number(100, 9999), m.number(100, 1999)))} {side}{name} {kind}"


def _gb(m: _Maker) -> str:
    kind = m.random.choice("Road;Street;Lane;Avenue;Close;Drive;Way;Gardens;Rd;St;Terrace;Court;Crescent".split(";"))
    name = m.pick("street_gb") if m.random.random() < 0.8 else m._plain_last()
    flat = (
        m.random.choice(("Flat {}, ", "Flat {} ", "flat {}, ", "Unit {}, ")).format(m.number(1, 30))
        if m.random.random() < 0.2
        else ""
    )
    return f"{flat}{m.number(1, 250)}{m.random.choice(('', '', '', 'a', 'B'))} {name} {kind}"


def _de(m: _Maker) -> str:
    if m.random.random() < 0.25:
        name = m.pick("street_de_whole")
    else:
        base = m.pick("street_de").rstrip("-")
        name = base + m.random.choice(("straße", "str.", "weg", "straße", "strasse", "gasse", "allee", "platz", "ring"))
    return f"{name} {m.number(1, 180)}{m.random.choice(('', '', '', 'a', ' b', 'c'))}"


def _fr(m: _Maker) -> str:
    kind = m.random.choice("rue;rue;rue;avenue;boulevard;place;impasse;chemin;allée;bd;quai;cours".split(";"))
    return f"{m.number(1, 180)}{m.random.choice(('', '', '', ' bis', ',', ' ter'))} {kind} {m.pick('street_fr')}"


def _es(m: _Maker) -> str:
    kind = m.random.choice("Calle;Calle;C/;Avenida;Av.;Plaza;Paseo;Avda.;calle".split(";"))
    return f"{kind} {m.pick('street_es')}{m.random.choice((' ', ', ', ', nº ', ' nº '))}{m.number(1, 300)}"


def _it(m: _Maker) -> str:
    kind = m.random.choice("Via;Via;via;Viale;Piazza;Corso;Vicolo;Largo".split(";"))
    return f"{kind} {m.pick('street_it')}{m.random.choice((' ', ', ', ', n. '))}{m.number(1, 200)}{m.random.choice(('', '', '/A', '/b'))}"


def _nl(m: _Maker) -> str:
    base = m.pick("street_nl")
    name = (
        base
        if base.endswith("straat")
        else base.replace(" ", " ")
        + m.random.choice(("straat", "straat", "weg", "laan", "plein", "gracht", "kade", "dijk"))
    )
    return f"{name} {m.number(1, 300)}{m.random.choice(('', '', '', 'a', '-2', ' bis', ' hs'))}"


def _pt(m: _Maker) -> str:
    kind = m.random.choice("Rua;Rua;Av.;Avenida;Travessa;Praça;R.;Largo;rua".split(";"))
    return f"{kind} {m.pick('street_pt')}{m.random.choice((', ', ' ', ', nº ', ' n.º '))}{m.number(1, 2500)}"


def _pl(m: _Maker) -> str:
    return (
        f"{m.random.choice(('ul. ', 'ul. ', '', 'al. '))}{m.pick('street_pl')} {m.number(1, 150)}{m.random.choice(('', '/', ' m. '))}".rstrip(
            "/ m."
        )
        + m.random.choice(("", f"/{m.number(1, 60)}"))
    )


def _se(m: _Maker) -> str:
    base = m.pick("street_se")
    return f"{base if base.endswith('en') else base + m.random.choice(('gatan', 'vägen'))} {m.number(1, 120)}{m.random.choice(('', '', ' B'))}"


def _in(m: _Maker) -> str:
    house = m.random.choice(
        ("{}/{}", "Flat {}, Tower {}", "#{}, {}th Cross", "Plot No. {}, Block {}", "H.No. {}-{}", "{}-B, {}th Floor")
    ).format(m.number(1, 400), m.number(2, 20))
    return f"{house}, {m.pick('street_in')}"


STREETS: Mapping[str, Callable[[_Maker], str]] = {
    "us": _us, "gb": _gb, "de": _de, "fr": _fr, "es": _es, "it": _it, "nl": _nl, "be": lambda m: m.random.choice((_nl, _be))(m),
    "pt": _pt, "br": _pt, "pl": _pl, "se": _se, "in": _in, "au": _gb, "ca": _us,
}  # fmt: skip


def _be(m: _Maker) -> str:
    return f"{m.random.choice(('Rue', 'Avenue', 'Chaussée', 'Place'))} {m.pick('street_fr')} {m.number(1, 300)}"


TOWNS: Mapping[str, Callable[[_Maker, str], str]] = {
    "us": lambda m, city: m.random.choice(("{c}, {s} {z}", "{c} {s} {z}", "{c}, {s}, {z}", "{c}, {s}")).format(c=city, s=m.pick("states_us"), z=m.shape("#####", "#####", "#####-####")),
    "gb": lambda m, city: f"{city}{m.random.choice(('|', ' ', '|'))}{m.shape('@# #@@', '@@# #@@', '@@## #@@', '@## #@@', '@@##@@')}",
    "de": lambda m, city: f"{m.shape('#####', '#####', 'D-#####')} {city}",
    "fr": lambda m, city: f"{m.shape('#####', '##0##')} {city}" + m.random.choice(("", "", "", " CEDEX")),
    "es": lambda m, city: f"{m.shape('#####', '#####')} {city}",
    "it": lambda m, city: f"{m.shape('#####', '00###')} {city}" + m.random.choice(("", f" ({m.pick('provinces_it')})", f" {m.pick('provinces_it')}")),
    "nl": lambda m, city: f"{m.shape('#### @@', '####@@')} {city}",
    "be": lambda m, city: f"{m.shape('####', 'B-####')} {city}",
    "pt": lambda m, city: f"{m.shape('####-###')} {city}",
    "br": lambda m, city: m.random.choice((f"{city} - {m.pick('states_br')}|{m.shape('#####-###')}", f"{city}/{m.pick('states_br')}", f"{city}, {m.pick('states_br')}, {m.shape('#####-###', '########')}")),
    "pl": lambda m, city: f"{m.shape('##-###')} {city}",
    "se": lambda m, city: f"{m.shape('### ##', '#####')} {city}",
    "in": lambda m, city: m.random.choice((f"{city} {m.shape('######')}", f"{city} - {m.shape('######', '### ###')}", f"{city}, {m.pick('states_in')} {m.shape('######')}")),
    "au": lambda m, city: f"{city} {m.pick('states_au')} {m.shape('####')}",
    "ca": lambda m, city: f"{city}, {m.pick('states_ca')} {m.shape('@#@ #@#', '@#@ #@#', '@#@#@#')}",
}  # fmt: skip
NATIONS = {
    "us": ("USA", "US", "United States"), "gb": ("UK", "United Kingdom", "England"), "de": ("Germany", "Deutschland"),
    "fr": ("France",), "es": ("Spain", "España"), "it": ("Italy", "Italia"), "nl": ("Netherlands", "Nederland"),
    "be": ("Belgium", "Belgique", "België"), "pt": ("Portugal",), "br": ("Brazil", "Brasil"), "pl": ("Poland", "Polska"),
    "se": ("Sweden", "Sverige"), "in": ("India",), "au": ("Australia",), "ca": ("Canada",),
}  # fmt: skip
UNITS = {
    "us": ("Apt {n}", "Apt. {n}{a}", "Unit {n}", "Suite {n}00", "#{n}", "Ste {n}", "apartment {n}", "Floor {n}"),
    "gb": ("Flat {n}", "Flat {a}", "Unit {n}", "Apartment {n}", "flat {n}"),
    "de": ("2. OG", "Hinterhaus", "Wohnung {n}", "c/o Büro {n}", "{n}. Stock"),
    "fr": ("Appt {n}", "Bât. {a}", "apt {n}", "Résidence {a}", "{n}e étage"),
    "es": ("{n}º {a}", "piso {n}", "{n}º izq.", "Depto. {n}", "portal {n}"),
    "it": ("int. {n}", "scala {a}", "interno {n}", "piano {n}"),
    "nl": ("bus {n}", "{n}e verdieping", "unit {n}"),
    "be": ("bus {n}", "bte {n}", "boîte {n}"),
    "pt": ("{n}º Esq.", "{n}º {a}", "apto {n}", "Apto. {n}", "bloco {a}"),
    "br": ("apto {n}", "Apto. {n}0{n}", "bloco {a}", "casa {n}", "sala {n}"),
}
BOXES = {
    "en": ("PO Box {n}", "P.O. Box {n}", "po box {n}", "GPO Box {n}"),
    "de": ("Postfach {n}",),
    "fr": ("BP {n}", "Boîte postale {n}"),
    "es": ("Apartado de Correos {n}", "Apdo. {n}"),
    "it": ("Casella Postale {n}", "C.P. {n}"),
    "nl": ("Postbus {n}",),
    "pt": ("Apartado {n}", "Caixa Postal {n}"),
}
MAIL_HOSTS = "gmail.com yahoo.com hotmail.com outlook.com example.com web.de gmx.net orange.fr libero.it ziggo.nl example.org icloud.com mail.example proton.me".split()
SPOKEN_AT = {
    "en": ("at", "at"),
    "de": ("ät", "at"),
    "fr": ("arobase",),
    "es": ("arroba",),
    "it": ("chiocciola",),
    "nl": ("apenstaartje", "at"),
    "pt": ("arroba",),
}
SPOKEN_DOT = {
    "en": ("dot",),
    "de": ("punkt",),
    "fr": ("point",),
    "es": ("punto",),
    "it": ("punto",),
    "nl": ("punt",),
    "pt": ("ponto",),
}
PARTICLES = (
    "van der ",
    "van ",
    "de ",
    "de la ",
    "O'",
    "al-",
    "von ",
    "Di ",
    "De ",
    "Mc",
    "le ",
    "da ",
    "dos ",
    "El ",
    "bin ",
    "D'",
)
SPANISH = frozenset("es_ES es_MX es_AR es_CO pt_BR pt_PT".split())
CITY_KINDS = [f"cities_{land}" for land in ADDRESSES.split()] + ["cities_world"] * 12
PLACEHOLDER = re.compile(r"<[A-Z_]+_\d+>")

STRUCTURES = frozenset(("hello", "open", "bye", "close", "short", "body", "block", "neg"))
"""The groups that are templates; the entries of all others are fillers, which both sides share."""

SHAPE = re.compile(r"([ ,/]?)(\w+)")
SEPARATORS = {" ": (" ", " ", " ", "\n"), "/": ("\n", "\n\n"), ",": ("\n\n", "\n", " ")}
NEGATIVE = (
    ("neg", 46), ("neg neg", 14), ("hello neg", 8), ("hello,neg neg,bye", 8), ("neg neg bye", 6), ("hello,neg neg neg,bye", 4),
    ("neg bye", 6), ("bye", 1), ("hello", 1), ("neg neg neg neg neg", 1.5), ("hello/neg neg neg/neg neg neg neg/bye", 1.5),
)  # fmt: skip
POSITIVE = (
    ("short", 13), ("body", 27), ("neg body", 6), ("body neg", 6), ("body body", 5), ("open neg", 5), ("open body", 3),
    ("open,body neg,close", 4), ("hello,body neg,close", 4), ("hello,neg neg,close", 3), ("neg close", 4), ("block", 22),
    ("open,neg,close", 3), ("hello body bye", 3), ("open/neg body neg/body/close", 1.5), ("hello/body neg neg body neg neg/close", 1),
    ("body/block", 1), ("hello/neg neg neg body neg body neg neg/bye/block", 0.6),
)  # fmt: skip

PHONES: Mapping[str, tuple[str, ...]] = {
    "en": ("### ### ####", "(###) ###-####", "###-###-####", "+1 ### ### ####", "07### ######", "+44 7### ######", "020 #### ####", "##########", "+91 ##### #####", "04## ### ###", "555 01##"),
    "de": ("0### #######", "01## ########", "+49 ### ######", "+49 1## ### ## ##", "0##/######", "030 ######", "0043 ### ######"),
    "fr": ("06 ## ## ## ##", "01 ## ## ## ##", "+33 6 ## ## ## ##", "07########", "04.##.##.##.##"),
    "es": ("6## ### ###", "6########", "+34 6## ## ## ##", "91 ### ## ##", "+52 55 #### ####", "9## ## ## ##"),
    "it": ("3## #######", "3## ### ####", "+39 3## ### ####", "06 #######", "02/#######", "347#######"),
    "nl": ("06 ########", "06-########", "06 ## ## ## ##", "+31 6 ########", "020-#######", "0## ### ## ##"),
    "pt": ("9## ### ###", "+351 9## ### ###", "21 ### ####", "(11) 9####-####", "+55 11 9#### ####", "9########"),
}  # fmt: skip
ZIPS: Mapping[str, tuple[str, ...]] = {
    "en": ("#####", "#####", "@@# #@@", "@## #@@", "####", "@#@ #@#"), "de": ("#####",), "fr": ("#####",), "es": ("#####",),
    "it": ("#####",), "nl": ("#### @@", "####@@"), "pt": ("####-###", "#####-###"),
}  # fmt: skip

SLOTS: Mapping[str, tuple[str, Callable[[_Maker], str]]] = {
    "per": ("PER", _Maker.person),
    "first": ("PER", _Maker.first),
    "full": ("PER", _Maker.full),
    "last": ("PER", _Maker.last),
    "last_only": ("PER", _Maker.last),
    "lastfirst": ("PER", _Maker.last_first),
    "titled": ("", _Maker.last),
    "word": ("PER", lambda m: m.pick("everyday")),
    "word_last": ("PER", lambda m: m.pick("everyday_last")),
    "word_full": ("PER", lambda m: f"{m.pick('everyday')} {m.random.choice((m.pick('everyday_last'), m.last()))}"),
    "city": ("LOC", _Maker.city),
    "state": ("LOC", lambda m: m.pick("states_us")),
    "country": ("LOC", _Maker.country),
    "loc": ("LOC", _Maker.place),
    "landmark": ("LOC", lambda m: m.pick("landmarks")),
    "org": ("ORG", _Maker.organisation),
    "addr": ("ADDR", lambda m: m.po_box() if m.random.random() < 0.05 else m.address()),
    "addrlines": ("ADDR", _Maker.address_lines),
    "street": ("ADDR", _Maker.street),
    "pobox": ("ADDR", _Maker.po_box),
    "digits": (
        "NUM",
        lambda m: m.shape(
            "####", "######", "#######", "### ###", "# # # #", "## ## ##", "##########", "#### ####", "@@####"
        ),
    ),
    "phone": ("NUM", lambda m: m.shape(*PHONES[m.language if m.random.random() < 0.8 else "en"])),
    "ssn": ("NUM", lambda m: m.shape("# # # #", "###-##-####", "### ## ####", "#########", "####", "## ####")),
    "last4": ("NUM", lambda m: m.shape("####", "####", "# # # #", "## ##")),
    "card": (
        "NUM",
        lambda m: m.shape("#### #### #### ####", "################", "####-####-####-####", "#### ###### #####"),
    ),
    "order": (
        "NUM",
        lambda m: m.shape(
            "######",
            "#####",
            "##########",
            "## ## ?#",
            "@@-#####",
            "#@@-####",
            "###-#######-#######",
            "@#####",
            "?? ####",
            "#@#",
            "@@@########",
        ),
    ),
    "booking": ("NUM", lambda m: m.shape("@@@@@@", "@#@#@#", "?# ?# ?#", "??####", "@@# @##", "######", "#@@##@")),
    "account": (
        "NUM",
        lambda m: m.shape(
            "00###", "########", "#### ####", "##########", "@######", "##-##-## ########", "###-####", "@@ ####"
        ),
    ),
    "policy": (
        "NUM",
        lambda m: m.shape(
            "@@@-######", "@@#######", "####/####/##", "?# ## ##", "@-####-@@", "########", "@@ ### ###", "###-@@@-##"
        ),
    ),
    "passport": (
        "NUM",
        lambda m: m.shape("@########", "@@#######", "#########", "@# ### ###", "@###-####-####", "@@@@@######@@"),
    ),
    "iban": (
        "NUM",
        lambda m: m.shape(
            "DE## #### #### #### #### ##",
            "FR## #### #### #### #### #### ###",
            "ES## #### #### #### #### ####",
            "IT## @### #### #### #### #### ###",
            "NL## @@@@ #### #### ##",
            "PT## #### #### #### #### #### #",
            "GB##@@@@##############",
            "DE####################",
        ),
    ),
    "tracking": (
        "NUM",
        lambda m: m.shape(
            "1Z###@@###########", "@@#########@@", "############", "#### #### #### ####", "@@##@@##@@", "SN-########"
        ),
    ),
    "dob": (
        "NUM",
        lambda m: (
            f"{m.random.randint(1, 28):02d}{(sign := m.random.choice('/-.'))}{m.random.randint(1, 12):02d}{sign}{m.random.randint(1940, 2006)}"
        ),
    ),
    "zip": ("NUM", lambda m: m.shape(*ZIPS[m.language])),
    "spelled": ("NUM", _Maker.spelled),
    "email": ("NUM", _Maker.email),
    "emailspoken": ("NUM", _Maker.email_spoken),
    "user": ("NUM", _Maker.user),
    "password": ("NUM", _Maker.password),
    "job": ("", lambda m: m.filler("job")),
    "title": ("", lambda m: m.filler("titles")),
    "product": ("", _Maker.product),
    "plan": ("", lambda m: m.filler("plans")),
    "feature": ("", lambda m: m.filler("features")),
    "button": ("", lambda m: m.filler("buttons")),
    "month": ("", lambda m: m.filler("months")),
    "day": ("", lambda m: m.filler("days")),
    "duration": ("", lambda m: m.filler("durations")),
    "color": ("", lambda m: m.filler("colors")),
    "lang": ("", lambda m: m.filler("languages")),
    "currency": ("", lambda m: m.filler("currencies")),
    "error": ("", lambda m: m.filler("errors")),
    "file": ("", lambda m: m.filler("files")),
    "code": ("", lambda m: m.filler("codes")),
    "model": ("", lambda m: m.filler("models")),
    "promo": ("", lambda m: m.filler("promos")),
    "tag": ("", lambda m: m.filler("tags")),
    "at": ("", lambda m: m.filler("handles")),
    "price": ("", _Maker.price),
    "date": ("", _Maker.date),
    "time": ("", _Maker.time),
    "n": ("", lambda m: m.number(1, 60)),
    "qty": ("", lambda m: m.number(1, 300)),
    "size": ("", lambda m: m.random.choice(("S", "M", "XL", "42", "38", "9.5", "XXL"))),
    "percent": ("", lambda m: f"{m.random.randint(1, 100)}{'%' if m.language == 'en' else ' %'}"),
    "version": ("", lambda m: m.shape("#.#", "#.#.#", "v#.##", "1#.#.#", "#.0 beta")),
}
