"""Writes the sample export to standard output: `python -m connectors.sample.make > FILE`. Same bytes on every run."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from connectors.sample import people
from connectors.sample.content import INTENTS, Intent, texts

SEED = 20250106
START = datetime(2025, 1, 6, 7, 30, tzinfo=UTC)
MONTHS = 14
TICKETS = 890
CUSTOMERS = 420
GROUP = 360012001
BRAND = 360013001
ORDER_FIELD = 360014001
CARE = {"address": "care@example.com", "name": "Copperleaf Care"}
MONEY = {"refund_status", "double_charge", "failed_payment", "payment_methods"}
PARCEL = {"address_change", "lost_parcel", "click_and_collect", "gift_wrap", "wrong_item"}
PICTURED = {"damaged_on_arrival", "wrong_item", "missing_part", "descaling", "double_charge", "price_match"}

Json = dict[str, Any]


@dataclass(slots=True)
class User:
    """A customer or an agent."""

    id: int
    name: str
    email: str
    role: str
    locale: str = "en-US"
    phone: str | None = None
    signature: str | None = None
    suspended: bool = False
    first_seen: datetime = START

    @property
    def first(self) -> str:
        return self.name.split()[0]


@dataclass(slots=True)
class Comment:
    """One comment before it gets its id. `public` None leaves the field out, as some exports do."""

    author: int
    body: str
    at: datetime
    channel: str
    public: bool | None = True
    files: tuple[str, ...] = ()


@dataclass(slots=True)
class Ticket:
    """One ticket while it is being written."""

    requester: User
    agent: User
    subject: str
    tags: list[str]
    channel: str
    at: datetime
    order: str | None = None
    status: str = "closed"
    comments: list[Comment] = field(default_factory=list)
    rating: Json = field(default_factory=lambda: {"score": "unoffered"})


class Deck:
    """Deals the items of a table in shuffled rounds, so that all of them are used about equally often."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.piles: dict[tuple[str, ...], list[str]] = {}

    def deal(self, items: Sequence[str]) -> str:
        key = tuple(items)
        if not self.piles.get(key):
            self.piles[key] = list(key)
            self.rng.shuffle(self.piles[key])
        return self.piles[key].pop()


class Writer:
    """Draws users and tickets from the tables; one random source, hence one result."""

    def __init__(self) -> None:
        self.rng = Random(SEED)
        self.deck = Deck(self.rng)
        self.agents = [
            User(9000 + n, name, f"{_ascii(name)}@example.com", "agent", signature=signature)
            for n, (name, signature) in enumerate(people.AGENTS, 1)
        ]
        names = [f"{f} {s}" for firsts, lasts in people.NAMES for f in firsts.split() for s in lasts.split()]
        self.rng.shuffle(names)
        self.customers = [self._customer(n, name) for n, name in enumerate(names[:CUSTOMERS])]

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _customer(self, number: int, name: str) -> User:
        email = f"{_ascii(name)}@example.{self.rng.choice(('org', 'net'))}"
        locale = self.rng.choice(("en-US", "en-US", "en-GB"))
        phone = self._phone(locale) if self.chance(0.3) else None
        return User(20001 + number, name, email, "end-user", locale, phone)

    def _phone(self, locale: str) -> str:
        """A number from the ranges reserved for fiction: 555-01xx, 01632 960xxx and 07700 900xxx."""
        if locale == "en-US":
            area, last = self.rng.choice(("415", "212", "303", "617")), self.rng.randrange(100)
            shape = self.rng.choice(("({0}) 555-01{1:02}", "+1 {0} 555 01{1:02}", "{0}-555-01{1:02}"))
            return shape.format(area, last)
        shape = self.rng.choice(("01632 960{0:03}", "07700 900{0:03}", "+44 7700 900{0:03}", "+44 1632 960{0:03}"))
        return shape.format(self.rng.randrange(1000))

    def slots(self, customer: User) -> dict[str, str]:
        """What the texts of one ticket are filled with."""
        rng = self.rng
        street = f"{rng.randrange(1, 190)} {rng.choice(people.STREETS)}, {rng.choice(people.TOWNS)}"
        return {
            "order": f"CL-{rng.randrange(210000, 890000)}",
            "product": rng.choice(people.PRODUCTS),
            "day": rng.choice(people.DAYS),
            "phone": customer.phone or self._phone(customer.locale),
            "email": customer.email,
            "street": street,
            "card": rng.choice(people.CARDS),
            "iban": rng.choice(people.IBANS),
        }

    def ask(self, intent: Intent, customer: User, slots: dict[str, str], *, with_order: bool) -> str:
        """The first message: greeting, question, order number, a personal detail now and then, closing."""
        rng, question = self.rng, self.deck.deal(texts(intent.asks))
        casual = not question[0].isupper() or self.chance(0.12)
        if casual:
            question = question[0].lower() + question[1:]
            if self.chance(0.3):
                question = self._typo(question)
        lines = [question]
        if with_order:
            lines.append(rng.choice(people.CASUAL_ORDER_LINES if casual else people.ORDER_LINES))
        if intent.tag in MONEY and self.chance(0.6):
            lines.append(rng.choice(people.CARD_LINES if self.chance(0.75) else people.IBAN_LINES))
        elif intent.tag in PARCEL and self.chance(0.4):
            lines.append(rng.choice(people.STREET_LINES))
        elif self.chance(0.16):
            lines.append(rng.choice(people.PHONE_LINES if self.chance(0.5) else people.EMAIL_LINES))
        if len(lines) > 1 and lines[0][-1].isalnum():
            lines[0] += "."
        text = " ".join(lines).format_map(slots)
        greeted = question.lower().startswith(("hi ", "hi,", "hello", "good "))
        if self.chance(0.55) and not greeted:
            greeting = rng.choice(people.CASUAL_GREETINGS if casual else people.CUSTOMER_GREETINGS)
            text = f"{greeting} {text}" if casual else f"{greeting}\n\n{text}"
        if casual and self.chance(0.3):
            text += f" {rng.choice(people.CASUAL_CLOSINGS)}"
        elif not casual and self.chance(0.5):
            name = customer.name if self.chance(0.5) else customer.first
            text += f"\n\n{rng.choice(people.CUSTOMER_CLOSINGS)}\n{name}"
        return text

    def _typo(self, text: str) -> str:
        """The text with two inner letters of one longer word swapped."""
        words = text.split(" ")
        long = [n for n, word in enumerate(words) if len(word) > 5 and word.isalpha()]
        if long:
            n = self.rng.choice(long)
            at = self.rng.randrange(1, len(words[n]) - 2)
            word = words[n]
            words[n] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return " ".join(words)

    def dress(self, ticket: Ticket, text: str) -> str:
        """An agent's text with greeting and signature; chats have neither after the first answer."""
        if ticket.channel == "chat":
            first = not any(comment.author == ticket.agent.id for comment in ticket.comments)
            return f"Hi {ticket.requester.first}, {text[0].lower() + text[1:]}" if first and self.chance(0.3) else text
        greeting = self.rng.choice(("Hi", "Hi", "Hello", "Dear"))
        return f"{greeting} {ticket.requester.first},\n\n{text}\n\n{ticket.agent.signature}"

    def answer(self, block: str, *, full: bool = True) -> str:
        """One of a block's answers, with an opening or closing sentence around some of them."""
        text = self.deck.deal(texts(block))
        if full and self.chance(0.4):
            text = f"{self.rng.choice(people.AGENT_OPENERS)} {text}"
        if self.chance(0.35):
            text = f"{text} {self.rng.choice(people.AGENT_CLOSERS)}"
        return text

    def turn(self, ticket: Ticket, question: str, answer: str) -> None:
        """Adds one exchange; e-mail replies sometimes quote what they answer."""
        chat = ticket.channel == "chat"
        if ticket.comments:
            last = ticket.comments[-1]
            asked = last.at + timedelta(minutes=self.rng.randrange(1, 6) if chat else self.rng.randrange(15, 1500))
            if ticket.channel == "email" and self.chance(0.3):
                question = f"{question}\n\n{_quote(last)}"
        else:
            asked = ticket.at
        ticket.comments.append(Comment(ticket.requester.id, question, asked, ticket.channel))
        wait = self.rng.randrange(1, 5) if chat else self.rng.randrange(12, 420)
        replied = asked + timedelta(minutes=wait) if chat else _office(asked + timedelta(minutes=wait))
        channel = ticket.channel if chat else "web"
        ticket.comments.append(Comment(ticket.agent.id, self.dress(ticket, answer), replied, channel))

    def ticket(self, intent: Intent, customer: User, at: datetime) -> Ticket:
        """A ticket of one to four exchanges about an intent."""
        slots = self.slots(customer)
        channel = self.rng.choice(("email", "email", "email", "web", "web", "chat"))
        if channel == "chat":
            at = _office(at)
        subject = self.rng.choice(intent.subjects).format_map(slots)
        agent = self.rng.choice(self.agents)
        ticket = Ticket(customer, agent, subject, [intent.tag], channel, at)
        several = self.chance(0.4)
        asks_order = several and intent.about_order and self.chance(0.5)
        gives_order = intent.about_order and not asks_order and self.chance(0.6)
        if asks_order or gives_order:
            ticket.order = slots["order"]
        question = self.ask(intent, customer, slots, with_order=gives_order)
        if asks_order:
            self.turn(ticket, question, self.deck.deal(people.ORDER_REQUESTS))
            reply = self.deck.deal(people.ORDER_REPLIES).format_map(slots)
            found = self.deck.deal(people.ORDER_FOUND).format_map(slots)
            self.turn(ticket, reply, f"{found} {self.answer(intent.answers, full=False)}")
        else:
            self.turn(ticket, question, self.answer(intent.answers))
        followed = bool(several and intent.follow_ups and self.chance(0.35 if asks_order else 0.75))
        if followed:
            more = self.rng.choice(intent.follow_ups)
            self.turn(ticket, self.deck.deal(texts(more.asks)), self.answer(more.answers, full=False))
        if several and (self.chance(0.35) or not (asks_order or followed)):
            self.turn(ticket, self.deck.deal(people.THANKS), self.deck.deal(people.WELCOMES))
        if intent.tag in PICTURED and self.chance(0.5):
            ticket.comments[0].files = ("photo.jpg", "box.jpg") if self.chance(0.5) else ("screenshot.png",)
        if self.chance(0.1):
            ticket.tags.append(self.rng.choice(("vip", "copper_club", "first_order", "phone_callback")))
        self._rate(ticket)
        return ticket

    def _rate(self, ticket: Ticket) -> None:
        drawn = self.rng.random()
        if drawn < 0.3:
            ticket.rating = {"score": "good", "comment": self.rng.choice(people.GOOD_COMMENTS)}
        elif drawn < 0.37:
            ticket.rating = {"score": "bad", "comment": self.rng.choice(people.BAD_COMMENTS)}
        elif drawn < 0.55:
            ticket.rating = {"score": "offered"}

    def dirt(self, ticket: Ticket) -> None:
        """What surrounds the talk in a real export: notes, receipts, triggers, absence messages."""
        first, end = ticket.comments[0].at, ticket.comments[-1].at
        other = self.rng.choice(self.agents)
        if self.chance(0.2):
            note = self.deck.deal(people.NOTES)
            ticket.comments.append(Comment(other.id, note, first + timedelta(minutes=1, seconds=20), "web", False))
        if self.chance(0.03):
            text = self.deck.deal(people.UNMARKED)
            ticket.comments.append(Comment(other.id, text, first + timedelta(seconds=50), "web", None))
        if ticket.channel == "email" and self.chance(0.2):
            receipt = Comment(-1, people.RECEIPT, first + timedelta(seconds=5), "rule")
            ticket.comments.append(receipt)
        if self.chance(0.08):
            text = self.deck.deal(people.TRIGGERS).replace("{tag}", ticket.tags[0])
            channel = self.rng.choice(("rule", "system"))
            ticket.comments.append(Comment(-1, text, end + timedelta(hours=4), channel, False))
        if ticket.channel == "email" and self.chance(0.015):
            text = self.deck.deal(people.AWAY).replace("{day}", self.rng.choice(people.DAYS))
            ticket.comments.append(Comment(ticket.requester.id, text, end + timedelta(minutes=1), "email"))

    def tickets(self) -> list[Ticket]:
        """All tickets in the order of their creation; the position gives the id."""
        about_order = [intent for intent in INTENTS if intent.about_order]
        plan = [*INTENTS] * 13
        plan += [self.rng.choice(about_order) for _ in range(TICKETS - len(plan))]
        callers = self.customers + [self.rng.choice(self.customers[:150]) for _ in range(TICKETS - CUSTOMERS)]
        self.rng.shuffle(plan)
        self.rng.shuffle(callers)
        step = timedelta(days=MONTHS * 30.4) / TICKETS
        found: list[Ticket] = []
        for n, (intent, customer) in enumerate(zip(plan, callers, strict=True)):
            ticket = self.ticket(intent, customer, START + step * (n + self.rng.random()))
            self.dirt(ticket)
            found.append(ticket)
        found += [self._duplicate(original) for original in found[40::110]]
        found += self._foreign()
        found.append(self._spam())
        found.sort(key=lambda ticket: ticket.at)
        for n, ticket in enumerate(found[-70:]):
            ticket.status = "solved" if n < 45 else self.rng.choice(("open", "pending", "solved"))
        return found

    def _duplicate(self, original: Ticket) -> Ticket:
        """A second ticket by an impatient customer, merged into the first by an agent."""
        at = original.at + timedelta(minutes=self.rng.randrange(9, 50))
        text = self.deck.deal(people.NUDGES)
        subject, agent = f"Re: {original.subject}", original.agent
        ticket = Ticket(original.requester, agent, subject, [*original.tags[:1], "closed_by_merge"], "email", at)
        ticket.comments.append(Comment(original.requester.id, text, at, "email"))
        merged = at + timedelta(minutes=4)
        notice = f'This request was closed and merged into request #{{into}} "{original.subject}".'
        ticket.comments.append(Comment(agent.id, notice, merged, "web", False))
        notice = f'Request #{{from}} "{subject}" was closed and merged into this request. Last comment: {text}'
        original.comments.append(Comment(agent.id, notice, merged, "web", False))
        return ticket

    def _foreign(self) -> Iterator[Ticket]:
        greetings = {"de": ("Guten Tag", "Beste Grüße"), "fr": ("Bonjour", "Cordialement")}
        for n, (locale, name, subject, tag, talk) in enumerate(people.FOREIGN, 1):
            customer = User(29000 + n, name, f"{_ascii(name)}@example.org", "end-user", locale)
            self.customers.append(customer)
            agent = self.agents[n % len(self.agents)]
            ticket = Ticket(customer, agent, subject, [tag], "email", START + timedelta(days=61 * n, hours=2))
            at, (hello, bye) = ticket.at, greetings[locale]
            for turn, text in enumerate(talk):
                body = (
                    f"{hello} {customer.first},\n\n{text}\n\n{bye}\n{agent.name}\nCopperleaf Care" if turn % 2 else text
                )
                author = agent if turn % 2 else customer
                ticket.comments.append(Comment(author.id, body, at, "web" if turn % 2 else "email"))
                at = _office(at + timedelta(hours=3))
            yield ticket

    def _spam(self) -> Ticket:
        subject, text = people.SPAM
        sender = User(29999, "Ranking Offers", "offers@example.net", "end-user", suspended=True)
        self.customers.append(sender)
        at = START + timedelta(days=200, hours=19)
        ticket = Ticket(sender, self.agents[0], subject, ["spam"], "email", at)
        ticket.comments.append(Comment(sender.id, text, at, "email"))
        return ticket


def _ascii(name: str) -> str:
    """A name as the local part of an address."""
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("ı", "i").replace("ł", "l"))
    return plain.encode("ascii", "ignore").decode().lower().replace(" ", ".")


def _office(at: datetime) -> datetime:
    """The time itself inside working hours, else shortly after the next opening."""
    while at.weekday() == 6 or not 8 <= at.hour < (13 if at.weekday() == 5 else 18):
        opening = at.replace(hour=8, minute=at.minute // 2, second=at.second)
        at = opening if at.hour < 8 and at.weekday() < 6 else opening + timedelta(days=1)
    return at


def _quote(comment: Comment) -> str:
    lines = "\n".join(f"> {line}".rstrip() for line in comment.body.splitlines() if not line.startswith(">"))
    return f"On {comment.at:%a, %d %b %Y at %H:%M}, {CARE['name']} <{CARE['address']}> wrote:\n{lines}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _via(channel: str, sender: User | None) -> Json:
    mail = channel == "email" and sender is not None
    source = {"address": sender.email, "name": sender.name} if mail and sender else {}
    return {"channel": channel, "source": {"from": source, "to": CARE if mail else {}, "rel": None}}


def user_row(user: User) -> Json:
    """A user as the export writes it."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "role": user.role,
        "locale": user.locale,
        "active": True,
        "suspended": user.suspended,
        "signature": user.signature,
        "created_at": _time(user.first_seen),
    }


def comment_row(comment: Comment, number: int, ticket: Ticket) -> Json:
    """A comment as the export writes it."""
    sender = ticket.requester if comment.author == ticket.requester.id else None
    row: Json = {
        "id": number,
        "type": "Comment",
        "author_id": comment.author,
        "body": comment.body,
        "public": comment.public,
        "audit_id": number + 1,
        "via": _via(comment.channel, sender),
        "created_at": _time(comment.at),
        "attachments": [
            {"id": number + 2 + n, "file_name": name, "content_type": f"image/{name[-3:].replace('jpg', 'jpeg')}"}
            for n, name in enumerate(comment.files)
        ],
    }
    if comment.public is None:
        del row["public"]
    if sender and comment.channel == "web":
        row["metadata"] = {"system": {"client": "Mozilla/5.0", "ip_address": f"192.0.2.{number // 10 % 250}"}}
    return row


def ticket_row(ticket: Ticket, number: int, first_comment: int) -> Json:
    """A ticket with its comments as the export writes it."""
    comments = [comment_row(comment, first_comment + 10 * n, ticket) for n, comment in enumerate(ticket.comments)]
    waiting = ticket.status in ("open", "pending")
    return {
        "id": number,
        "url": f"https://copperleaf.example/api/v2/tickets/{number}.json",
        "external_id": None,
        "via": _via(ticket.channel, ticket.requester),
        "created_at": _time(ticket.at),
        "updated_at": comments[-1]["created_at"],
        "type": "question",
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.comments[0].body,
        "priority": "high" if "vip" in ticket.tags else "normal",
        "status": ticket.status,
        "recipient": CARE["address"] if ticket.channel == "email" else None,
        "requester_id": ticket.requester.id,
        "submitter_id": ticket.requester.id,
        "assignee_id": ticket.agent.id,
        "organization_id": None,
        "group_id": GROUP,
        "brand_id": BRAND,
        "is_public": True,
        "tags": sorted(ticket.tags),
        "custom_fields": [{"id": ORDER_FIELD, "value": ticket.order}],
        "satisfaction_rating": {"score": "unoffered"} if waiting else ticket.rating,
        "comment_count": len(comments),
        "comments": comments,
    }


def rows() -> Iterator[Json]:
    """Every line of the export: first the users, then the tickets."""
    writer = Writer()
    tickets = writer.tickets()
    merged: dict[tuple[int, str], int] = {(t.requester.id, t.subject): n for n, t in enumerate(tickets, 10001)}
    for number, ticket in enumerate(tickets, 10001):
        ticket.comments.sort(key=lambda comment: comment.at)
        customer = ticket.requester
        if customer.first_seen == START:
            customer.first_seen = ticket.at
        again, before = f"Re: {ticket.subject}", ticket.subject.removeprefix("Re: ")
        for comment in ticket.comments:
            body = comment.body.replace("{ticket}", str(number))
            body = body.replace("{from}", str(merged.get((customer.id, again), number)))
            comment.body = body.replace("{into}", str(merged.get((customer.id, before), number)))
    yield from ({"user": user_row(user)} for user in writer.agents + writer.customers)
    first = 7400000000
    for number, ticket in enumerate(tickets, 10001):
        yield ticket_row(ticket, number, first)
        first += 10 * len(ticket.comments)


def lines() -> Iterator[str]:
    """The export's lines, each with its line break."""
    return (json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows())


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    sys.stdout.writelines(lines())
