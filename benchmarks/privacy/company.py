"""A seed -> the support conversations of an invented maker of garden and home devices, and all that is planted in them.

Thirty and more cultures write to it, by mail, through a help desk and in a chat. The source knows the customer and the
agent; colleagues, neighbours and family are only in the words. Every name, number and address that is put into a
message is noted beside it, exactly as it is written there, and so is the message without them.

Nothing here comes from the product: it must not be measured on the sentences that its own parts were made with.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from faker import Faker

from deskwright.conversation import Conversation, Identifier, Kind, Message, Participant, Visibility
from deskwright.terminal import progress

CONVERSATIONS = 5000
SEED = 20240611

LOCALES = (
    "en_US", "en_GB", "en_IE", "en_IN", "en_NG", "en_PK", "en_KE", "en_AU", "de_DE", "fr_FR", "es_ES", "es_MX",
    "it_IT", "pt_BR", "pt_PT", "nl_NL", "pl_PL", "cs_CZ", "sv_SE", "no_NO", "da_DK", "fi_FI", "tr_TR", "hu_HU",
    "ro_RO", "hr_HR", "id_ID", "fil_PH", "yo_NG", "zu_ZA", "fr_DZ", "et_EE", "lt_LT", "is_IS", "ga_IE", "az_AZ",
    "ja_JP", "zh_CN",
)  # fmt: skip
"""Names in Latin letters; Japanese and Chinese ones are romanised."""
OTHER_SCRIPTS = ("ru_RU", "uk_UA", "el_GR", "ar_AA", "hi_IN", "ko_KR", "he_IL")
SHARE_OF_OTHER_SCRIPTS = 0.03
ADDRESSES = ("en_US", "en_GB", "en_AU", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "sv_SE", "pt_BR")

COMPANY = (
    "Brightfern", "Fernbox", "Sprout Mini", "Tendril Pro", "Meadow Hub", "Rainwell", "Loam Sensor", "Petalbot",
    "Care Plus", "Greenhouse Cloud", "Quick Start Guide", "Billing Portal", "Bluetooth", "WiFi", "Settings",
    "Firmware", "iPhone", "Android", "PayPal", "Black Friday", "Early Bird", "Juno Lamp", "Oscar Mower",
    "Marley Feeder",
)  # fmt: skip
"""Words of the company and its trade, none of which is anybody's name here; three products sound like one."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody: how they are called, and what else is theirs."""

    id: str
    first: str
    last: str
    locale: str
    email: str
    phone: str
    handle: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Planted:
    """Something put into a message, as it is written there. `sort` is `participant`, `third person`, `address`, or the
    kind of a structured identifier; `who` is the person's id; `how` names the sentence or place it stands in."""

    sort: str
    value: str
    who: str = ""
    locale: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One text of a message: as it is, what is planted in it, and itself without that."""

    text: str
    planted: tuple[Planted, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation and, for its subject and each text, signature and quoted part of it, what is planted."""

    conversation: Conversation
    texts: tuple[Written, ...]


Piece = str | Planted

OPENINGS = (
    "Hi {agent},", "Hello,", "Dear {agent_full},", "Good morning,", "Hi there,", "Hello Brightfern team,", "{agent},",
    "Dear Sir or Madam,", "Hey {agent}!", "", "",
)  # fmt: skip
ANSWERS = (
    "Hi {customer},", "Dear {customer_full},", "Hello {customer},", "Good afternoon {customer},", "{customer}, hello!",
    "Thanks for your patience, {customer}.", "", "Dear customer,",
)  # fmt: skip
CLOSINGS = (
    "Best,\n{author}", "Kind regards\n{author_full}", "Thanks!\n{author}", "Cheers, {author}", "{author_full}", "",
    "Many thanks and have a nice week\n\n{author}", "- {author}", "Sent from my iPhone", "Regards,\n{author_initial}",
)  # fmt: skip

ISSUES = (
    "My Fernbox does not water the tomatoes any more since the last Firmware update.",
    "The Sprout Mini blinks red three times and then goes off.",
    "I cannot pair the Tendril Pro with my iPhone over Bluetooth.",
    "The Meadow Hub loses the WiFi connection every night at about two.",
    "How do I cancel Care Plus before it renews?",
    "The discount from Black Friday was not taken off in the Billing Portal.",
    "Is the Juno Lamp waterproof enough for the balcony?",
    "The Oscar Mower stops half way up the slope and beeps.",
    "I was charged twice for the Loam Sensor on my last bill.",
    "The page under Settings does not load in Greenhouse Cloud.",
    "I paid with PayPal and never got a receipt for the Petalbot.",
    "The Marley Feeder spills seed all over the terrace.",
    "Does the Early Bird price still apply if I take two Rainwell tanks?",
    "The Quick Start Guide says to hold the button for ten seconds, but nothing happens.",
    "We moved house and the Rainwell was not on the truck.",
    "One of the two nozzles was missing from the box, and the lid is cracked.",
    "Nothing works since I changed my phone to an Android one.",
    "It has rained for a week here, so watering should have paused by itself.",
    "Please tell me when the spare pump will be back in stock.",
    "I would rather have my money back than a third repair.",
    "Can two households share one Greenhouse Cloud account?",
    "Will the warranty still hold if I open the housing to clean it?",
    "May I return the lamp without its carton?",
    "In April the soil was dry, in June it drowned: the sensor cannot be right.",
)
REPLIES = (
    "I am sorry to hear about the trouble with your Fernbox.",
    "Please open Settings, choose Devices and remove the Sprout Mini once.",
    "Hold the button of the Meadow Hub until the light turns blue, then join the WiFi again.",
    "We have sent a new nozzle today; it takes three to five working days.",
    "The refund goes back to PayPal within a week.",
    "Care Plus can be paused for up to three months in the Billing Portal.",
    "The Firmware 4.2 that came out on Monday repairs exactly this.",
    "Could you send a photo of the label on the back of the Tendril Pro?",
    "The Oscar Mower needs its blade changed once a year, as the Quick Start Guide says.",
    "I have added the Early Bird price to your next invoice.",
    "The Juno Lamp is rated for rain but not for a pond.",
    "There was an outage of Greenhouse Cloud last night, and it is over now.",
    "Our warehouse will pick up the Rainwell free of charge.",
    "Your warranty runs for two years from the day it arrived.",
    "Let me know if that helps, I am here until six.",
    "I have asked a colleague in the workshop and will write again tomorrow.",
)
THIRD = (
    "My neighbour {x} took the parcel in but says the box was open.",
    "{x_full} from our office will be at the door to receive it.",
    "It was a present for my daughter {x}, who is furious by now.",
    "I spoke to {x} on the phone last week and was promised a new one.",
    "Please talk to {x_full}, she is the one who pays for all this.",
    "My husband {x} already tried turning it off and on again.",
    "According to {x_full} the part is no longer made.",
    "When {x} came by to repair it, the pump was fine.",
    "Could you put {x_full} in copy from now on?",
    "The account runs on my late mother, {x_full}.",
    "{x} and {y} have the same one and theirs works.",
    "Your driver {x} left it in the rain.",
    "Ask {x}.",
    "I am writing on behalf of {x_full}, who is eighty and does not like computers.",
    "We were told by {x_title} that it would be free.",
    "It is {x_possessive} account, I only set it up.",
    "{x_full} signed for it at 14:05, says the tracking page.",
    "Deliver it to {x_full}, second floor, if nobody opens.",
    "My landlord {x_full} does not allow drilling, so what now?",
    "the kids, {x} and {y}, dropped it down the stairs",
    "Both {x_full} and {y_full} were there when it happened.",
    "{x} told me you would be able to help, you did so for her in May.",
    "I had the same conversation with {x} in the chat yesterday!",
    "Last time it was {x_full} who dealt with it, and very kindly too.",
    "My boss {x} needs the invoice by Friday.",
    "That is what {x_last} wrote in the first mail.",
    "Contact person on site: {x_full}",
    "Recipient: {x_full}",
    "The card belongs to {x_full}, not to me.",
    "Has {x} seen this?",
    "Tell {x} thanks from me, the trick with the magnet worked.",
    "{x} (my flatmate) thinks the fuse is gone.",
    "Mr {x_last} at the garden centre sold us the wrong hose.",
    "We bought it together with {x_full} and split the bill.",
    "I gave mine to {x} and bought another.",
    "our gardener, {x}, swears by it",
    "You can reach {x_full} instead of me while I am in hospital.",
    "Is {x} still working for you?",
    "It stopped right after {x} mowed over the cable.",
    "My mother-in-law {x_full} would like one as well.",
    "{x_inverted} is what your letter says, but that is misspelt.",
    "the installer was called {x} i think",
)
NOTES = (
    "{x_full} from the workshop will look at it on Thursday.",
    "I have handed this over to my colleague {x}.",
    "{x} in accounting has released the refund.",
    "Our technician {x_full} will ring your bell between 9 and 11.",
    "As {x} explained, the pump is not covered.",
    "The parcel was handed to {x_full}.",
    "My team lead {x} approved a voucher.",
    "I could only find an account under {x_full}, is that you?",
)
STRUCTURED = (
    ("EMAIL", "Write to {v} instead, the other address is closed."),
    ("EMAIL", "my mail is {v}"),
    ("EMAIL", "Please send the label to {v}."),
    ("PHONE", "You can call me on {v} after five."),
    ("PHONE", "My number is {v}."),
    ("PHONE", "Mobile: {v}"),
    ("CREDIT_CARD", "The card {v} was charged twice."),
    ("CREDIT_CARD", "card number {v}"),
    ("IBAN", "Please refund to {v}."),
    ("IBAN", "IBAN: {v}"),
    ("ORDER", "My order number is {v}."),
    ("ORDER", "It is about order {v}."),
    ("ORDER", "Invoice {v} is wrong."),
    ("IP", "The log shows the address {v} all the time."),
    ("SSN", "The form wants my social security number, it is {v}."),
    ("SECRET", "my password is {v} if you need to get in"),
    ("DATE_OF_BIRTH", "Date of birth: {v}"),
    ("DATE_OF_BIRTH", "I was born on {v}."),
    ("PASSPORT", "My passport number is {v}."),
)
WHERE = (
    "Please send it to {v}.",
    "My new address is {v}.",
    "We live at {v}, the bell is broken.",
    "Delivery address:\n{v}\n",
    "it went to {v} but i moved out in march",
)
SUBJECTS = (
    "Fernbox broken", "Question about Care Plus", "Refund", "Order from {customer_full}", "Sprout Mini blinks",
    "Complaint", "{x_full} - delivery", "WiFi lost again", "Invoice", "Re: Tendril Pro and Bluetooth",
)  # fmt: skip
SLOT = re.compile(r"\{(\w+)\}")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def cases(conversations: int = CONVERSATIONS, seed: int = SEED) -> Iterator[Case]:
    """That many conversations, the same ones for the same seed."""
    rng = random.Random(seed)
    for number in progress(range(conversations), "writing conversations", "conversations", conversations):
        yield _Writer(rng, number).case()


class _Writer:
    """Writes one conversation."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self._rng = rng
        self._number = number
        self._form = rng.choice(("mail", "zendesk", "slack"))
        self._customer = person(rng, f"{number}-customer")
        self._agent = person(rng, f"{number}-agent")
        self._thirds = [person(rng, f"{number}-third-{n}") for n in range(2)]
        self._known = {self._customer.id, self._agent.id}
        self._low = rng.random() < 0.15
        self._texts: list[Written] = []

    def case(self) -> Case:
        rng = self._rng
        subject = "" if self._form == "slack" else self._write([rng.choice(SUBJECTS)], self._customer, "subject")
        messages: list[Message] = []
        before = ""
        for n in range(rng.choice((2, 2, 3, 3, 4, 5))):
            ours = n % 2 == 1
            author = self._agent if ours else self._customer
            text = self._write(self._body(ours), author, "message", low=self._low and not ours)
            quoted = self._quote(before) if before and self._form == "mail" and rng.random() < 0.5 else ""
            signature = self._sign(author) if self._form == "mail" and rng.random() < 0.4 else ""
            messages.append(
                Message(f"m{n}", author.id, text, visibility=Visibility.PUBLIC, quoted=quoted, signature=signature)
            )
            before = text
        participants = (
            Participant(self._customer.id, Kind.CUSTOMER, self._identifiers(self._customer)),
            Participant(self._agent.id, Kind.AGENT, self._identifiers(self._agent)),
        )
        conversation = Conversation(
            self._form, str(self._number), participants, tuple(messages), subject=subject, language="en"
        )
        return Case(conversation, tuple(self._texts))

    def _identifiers(self, who: Person) -> tuple[tuple[Identifier, str], ...]:
        if self._form == "slack":
            return (Identifier.NAME, who.name), (Identifier.HANDLE, who.handle)
        phone = ((Identifier.PHONE, who.phone),) if self._rng.random() < 0.3 else ()
        return (Identifier.NAME, who.name), (Identifier.EMAIL, who.email), *phone

    def _body(self, ours: bool) -> list[str]:
        rng = self._rng
        parts = [rng.choice(REPLIES if ours else ISSUES) for _ in range(rng.choice((1, 1, 2, 3)))]
        if rng.random() < (0.2 if ours else 0.55):
            parts.append(rng.choice(NOTES if ours else THIRD))
        if not ours and rng.random() < 0.4:
            kind, sentence = rng.choice(STRUCTURED)
            parts.append(sentence.replace("{v}", f"{{structured_{kind}}}"))
        if not ours and rng.random() < 0.12:
            parts.append(rng.choice(WHERE).replace("{v}", "{address}"))
        if self._form == "slack" and rng.random() < 0.2:
            parts.insert(0, "@{handle_customer}" if ours else "@{handle_agent}")
        rng.shuffle(parts)
        if self._form == "slack" and rng.random() < 0.7:
            return _between(parts, " ")
        body = _between(parts, rng.choice((" ", "\n\n", "\n")))
        opening, closing = rng.choice(ANSWERS if ours else OPENINGS), rng.choice(CLOSINGS)
        return [*([opening, "\n\n"] if opening else []), *body, *(["\n\n", closing] if closing else [])]

    def _write(self, parts: Sequence[str], author: Person, place: str, low: bool = False) -> str:
        """The parts with their slots filled, as one text, which is noted with what was planted."""
        return self._note([piece for part in parts for piece in self._fill(part, author, place)], low)

    def _fill(self, template: str, author: Person, place: str) -> Iterator[Piece]:
        at = 0
        for slot in SLOT.finditer(template):
            yield template[at : slot.start()]
            yield self._slot(slot.group(1), author, template if place == "message" else place)
            at = slot.end()
        yield template[at:]

    def _slot(self, slot: str, author: Person, how: str) -> Planted:
        who, _, form = slot.partition("_")
        if who == "structured":
            owner = self._customer
            value = owner.email if form == "EMAIL" and self._form != "slack" else STRUCTURED_VALUES[form](self._rng)
            return Planted(form, value, how=how)
        if who == "address":
            return Planted("address", address(self._rng), how=how)
        if who == "handle":
            return Planted("HANDLE", (self._customer if form == "customer" else self._agent).handle, how=how)
        people = {"customer": self._customer, "agent": self._agent, "author": author}
        whom = people.get(who) or self._thirds["xy".index(who)]
        sort = "participant" if whom.id in self._known else "third person"
        value = FORMS[form](whom)
        if sort == "participant" and self._rng.random() < 0.04:
            value, sort = misspelt(self._rng, value), "participant, misspelt"
        return Planted(sort, value, whom.id, whom.locale, how)

    def _note(self, pieces: Sequence[Piece], low: bool) -> str:
        written: list[str] = []
        rest: list[str] = []
        planted: list[Planted] = []
        for piece in pieces:
            if isinstance(piece, str):
                piece = self._typos(piece)
                written.append(piece.lower() if low else piece)
                rest.append(written[-1])
                continue
            names = piece.who or piece.sort == "address"
            value = piece.value.lower() if low and names else piece.value
            planted.append(
                Planted(piece.sort, value, piece.who, piece.locale, piece.how + (" (lower case)" if low else ""))
            )
            written.append(value)
            rest.append(" \x1f ")
        text = "".join(written)
        self._texts.append(Written(text, tuple(planted), "".join(rest)))
        return text

    def _typos(self, text: str) -> str:
        """A letter changes places with the next in one word of a hundred, but not in the company's own words."""
        words = text.split(" ")
        for n, word in enumerate(words):
            if len(word) > 4 and word.isalpha() and word.islower() and self._rng.random() < 0.01:
                words[n] = misspelt(self._rng, word)
        return " ".join(words)

    def _quote(self, before: str) -> str:
        """The message before, as mail programs quote it; what is planted there is planted again."""
        source = next(written for written in reversed(self._texts) if written.text == before)
        writer = self._agent if self._rng.random() < 0.5 else self._customer
        head: list[Piece] = [
            "On Tue, 4 Jun 2024 at 10:12, ",
            Planted("participant", writer.name, writer.id, writer.locale, "quoted head"),
            " wrote:\n",
        ]
        self._note(head, low=False)
        first = self._texts.pop()
        quoted = "\n".join(f"> {line}" for line in before.split("\n"))
        rest = "\n".join(f"> {line}" for line in source.rest.split("\n"))
        inside = tuple(
            Planted(p.sort, p.value.replace("\n", "\n> "), p.who, p.locale, f"{p.how} (quoted)") for p in source.planted
        )
        self._texts.append(Written(first.text + quoted, (*first.planted, *inside), first.rest + rest))
        return first.text + quoted

    def _sign(self, author: Person) -> str:
        """A signature; two in five carry an assistant's or a partner's name."""
        rng = self._rng
        pieces: list[Piece] = [
            "-- \n",
            Planted("participant", author.name, author.id, author.locale, "signature"),
            "\n" + rng.choice(("Head of Gardens", "Customer Care", "Sales", "Facility Manager", "")) + "\n",
            rng.choice(("T ", "Tel. ", "Phone: ", "Mobile ")),
            Planted("PHONE", author.phone, how="signature"),
            "\n",
            Planted("EMAIL", author.email, how="signature"),
        ]
        if rng.random() < 0.4:
            other = self._thirds[1]
            pieces += ["\nAssistant: ", Planted("third person", other.name, other.id, other.locale, "signature")]
        if rng.random() < 0.3:
            pieces += ["\n", Planted("address", address(rng).replace("\n", ", "), how="signature")]
        return self._note(pieces, low=False)


def _between(parts: Sequence[str], between: str) -> list[str]:
    """The parts with something between each two."""
    return [piece for part in parts for piece in (between, part)][1:]


def texts(case: Case) -> list[str]:
    """The texts of a case in the order of its `Written`s."""
    return [written.text for written in case.texts]


def person(rng: random.Random, key: str) -> Person:
    """Somebody of a culture taken by chance."""
    other = rng.random() < SHARE_OF_OTHER_SCRIPTS
    locale = rng.choice(OTHER_SCRIPTS if other else LOCALES)
    firsts, lasts = _names(locale)
    first, last = rng.choice(firsts), rng.choice(lasts)
    plain = re.sub(r"[^a-z]", "", f"{first}.{last}".lower()) or "user"
    local = rng.choice((f"{plain}{rng.randrange(100)}", f"{_letters(rng, 6)}{rng.randrange(1000)}"))
    host = rng.choice(("example.com", "example.org", "mail.example.net", "example.co.uk"))
    handle = f"{_letters(rng, 5)}_{_letters(rng, 4)}{rng.randrange(100)}"
    return Person(key, first, last, locale, f"{local}@{host}", phone(rng), handle)


def misspelt(rng: random.Random, value: str) -> str:
    """`value` with two letters that stand beside each other exchanged, not the first."""
    places = [at for at in range(1, len(value) - 1) if value[at : at + 2].isalpha() and value[at] != value[at + 1]]
    if not places:
        return value
    at = rng.choice(places)
    return value[:at] + value[at + 1] + value[at] + value[at + 2 :]


def address(rng: random.Random) -> str:
    return rng.choice(_addresses(rng.choice(ADDRESSES)))


def phone(rng: random.Random) -> str:
    """Numbers reserved for fiction, in the ways in which they are written."""
    line = rng.randrange(100, 200)
    return rng.choice(
        (
            f"(415) 555-0{line}",
            f"+1 212 555 0{line}",
            f"212-555-0{line}",
            f"07700 900{rng.randrange(100, 1000)}",
            f"+44 7700 900{rng.randrange(100, 1000)}",
            f"020 7946 0{rng.randrange(100, 1000)}",
            f"+33 1 99 00 {rng.randrange(10, 100)} {rng.randrange(10, 100)}",
            f"+49 30 23125 {rng.randrange(100, 1000)}",
        )
    )


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(count))


def _card(rng: random.Random) -> str:
    start = rng.choice(("4", "51", "2221", "6011")) + _digits(rng, 20)
    body = start[:15]
    total = sum(sum(divmod(int(digit) * (2 if n % 2 == 0 else 1), 10)) for n, digit in enumerate(body))
    number = body + str(-total % 10)
    return rng.choice(
        (
            number,
            " ".join(number[n : n + 4] for n in range(0, 16, 4)),
            "-".join(number[n : n + 4] for n in range(0, 16, 4)),
        )
    )


def _iban(rng: random.Random) -> str:
    country, bank = rng.choice(
        (
            ("DE", _digits(rng, 18)),
            ("GB", "WEST" + _digits(rng, 14)),
            ("FR", _digits(rng, 23)),
            ("NL", "ABNA" + _digits(rng, 10)),
        )
    )
    rest = int("".join(str(int(char, 36)) for char in f"{bank}{country}00"))
    number = f"{country}{98 - rest % 97:02}{bank}"
    return rng.choice((number, " ".join(number[n : n + 4] for n in range(0, len(number), 4))))


def _date(rng: random.Random) -> str:
    day, month, year = rng.randrange(1, 29), rng.randrange(1, 13), rng.randrange(1940, 2006)
    named = ("January February March April May June July August September October November December".split())[month - 1]
    return rng.choice(
        (
            f"{day:02}/{month:02}/{year}",
            f"{day} {named} {year}",
            f"{year}-{month:02}-{day:02}",
            f"{named} {day}, {year}",
        )
    )


STRUCTURED_VALUES: dict[str, Callable[[random.Random], str]] = {
    "EMAIL": lambda rng: f"{_letters(rng, 7)}.{_letters(rng, 4)}@example.com",
    "PHONE": phone,
    "CREDIT_CARD": _card,
    "IBAN": _iban,
    "ORDER": lambda rng: rng.choice(("BF-", "7", "2024-")) + _digits(rng, 6),
    "IP": lambda rng: rng.choice(("192.0.2.", "198.51.100.", "2001:db8::")) + str(rng.randrange(10, 255)),
    "SSN": lambda rng: f"{rng.randrange(100, 600)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
    "SECRET": lambda rng: f"{_letters(rng, 5).title()}{_digits(rng, 3)}!",
    "DATE_OF_BIRTH": _date,
    "PASSPORT": lambda rng: f"{_letters(rng, 1).upper()}{_digits(rng, 8)}",
}  # fmt: skip

FORMS: dict[str, Callable[[Person], str]] = {
    "": lambda who: who.first,
    "full": lambda who: who.name,
    "last": lambda who: who.last,
    "initial": lambda who: f"{who.first[0]}. {who.last}",
    "inverted": lambda who: f"{who.last}, {who.first}",
    "possessive": lambda who: f"{who.first}'s",
    "title": lambda who: f"Ms. {who.last}",
}


@cache
def _names(locale: str) -> tuple[list[str], list[str]]:
    """First and last names of a culture."""
    faker = Faker(locale)
    faker.seed_instance(SEED)
    if locale in ("ja_JP", "zh_CN"):
        pairs = [faker.romanized_name().split(" ", 1) for _ in range(300)]
    else:
        pairs = [[faker.first_name(), faker.last_name()] for _ in range(300)]
    return sorted({first for first, _ in pairs}), sorted({last for _, last in pairs})


@cache
def _addresses(locale: str) -> list[str]:
    faker = Faker(locale)
    faker.seed_instance(SEED)
    return [faker.address() for _ in range(300)]
