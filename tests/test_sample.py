"""The shipped sample export: reproducible, free of real addresses and numbers, and as untidy as it promises to be."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from connectors.sample import make
from connectors.sample.content import INTENTS, texts

SAMPLE = Path(make.__file__).with_name("copperleaf_zendesk.ndjson")
RESERVED = re.compile(
    r"(?:\(\d{3}\) |\+1 \d{3} |\d{3}-)555[- ]01\d\d$|(?:0|\+44 )(?:1632 960|7700 900)\d{3}$",
)


@pytest.fixture(scope="module")
def text() -> str:
    return SAMPLE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def users(text: str) -> list[dict[str, Any]]:
    return [row["user"] for row in map(json.loads, text.splitlines()) if "user" in row]


@pytest.fixture(scope="module")
def tickets(text: str) -> list[dict[str, Any]]:
    return [row for row in map(json.loads, text.splitlines()) if "user" not in row]


def comments(tickets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [comment for ticket in tickets for comment in ticket["comments"]]


def test_the_generator_writes_the_shipped_bytes() -> None:
    assert "".join(make.lines()).encode() == SAMPLE.read_bytes()


def test_every_mail_domain_is_reserved(text: str) -> None:
    assert set(re.findall(r"[\w.+-]+@([\w.-]*\w)", text)) == {"example.com", "example.net", "example.org"}


def test_every_phone_number_is_reserved(users: list[dict[str, Any]], tickets: list[dict[str, Any]]) -> None:
    bodies = "\n".join(comment["body"] for comment in comments(tickets))
    found = re.findall(r"\+\d[\d ]{8,}\d|\(\d{3}\) \d{3}-\d{4}|\b\d{3}-\d{3}-\d{4}\b|\b0\d{4} \d{6}\b", bodies)
    found += [user["phone"] for user in users if user["phone"]]
    assert len(found) > 100
    assert [number for number in found if not RESERVED.match(number)] == []


def test_cards_are_the_published_test_numbers(tickets: list[dict[str, Any]]) -> None:
    bodies = "\n".join(comment["body"] for comment in comments(tickets))
    found = {re.sub(r"\D", "", card) for card in re.findall(r"\b(?:\d{4} ){3}\d{4}\b(?! \d)|\b\d{15,16}\b", bodies)}
    assert found == {"4111111111111111", "5555555555554444", "378282246310005"}


def test_comment_counts_are_kept_and_ids_and_times_rise(tickets: list[dict[str, Any]]) -> None:
    assert all(ticket["comment_count"] == len(ticket["comments"]) for ticket in tickets)
    ids = [ticket["id"] for ticket in tickets]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    created = [ticket["created_at"] for ticket in tickets]
    assert created == sorted(created)
    assert all(
        [c["created_at"] for c in t["comments"]] == sorted(c["created_at"] for c in t["comments"]) for t in tickets
    )
    numbers = [comment["id"] for comment in comments(tickets)]
    assert numbers == sorted(set(numbers))


def test_every_author_is_a_user_or_the_automation(users: list[dict[str, Any]], tickets: list[dict[str, Any]]) -> None:
    known = {user["id"] for user in users} | {-1}
    assert {comment["author_id"] for comment in comments(tickets)} <= known
    assert Counter(user["role"] for user in users) == {"end-user": 426, "agent": 8}
    assert len({user["email"] for user in users}) == len(users)


def test_the_dirt_of_a_real_export_is_there(users: list[dict[str, Any]], tickets: list[dict[str, Any]]) -> None:
    every = comments(tickets)
    assert len(tickets) >= 900
    assert len([c for c in every if c.get("public") is False and c["author_id"] > 0]) >= 120
    assert len([c for c in every if c["author_id"] == -1]) >= 100
    assert len([c for c in every if "public" not in c]) >= 10
    assert len([t for t in tickets if "closed_by_merge" in t["tags"]]) >= 5
    assert len([c for c in every if c["attachments"]]) >= 30
    assert len([c for c in every if c["body"].startswith(("Automatic reply", "Out of office"))]) >= 3
    assert len([u for u in users if u["suspended"]]) == 1
    assert Counter(u["locale"] for u in users if u["locale"] in ("de", "fr")) == {"de": 3, "fr": 2}
    assert {t["status"] for t in tickets} == {"open", "pending", "solved", "closed"}
    assert {t["satisfaction_rating"]["score"] for t in tickets} == {"good", "bad", "offered", "unoffered"}


def test_no_slot_is_left_unfilled(tickets: list[dict[str, Any]]) -> None:
    written = [ticket["subject"] for ticket in tickets] + [comment["body"] for comment in comments(tickets)]
    assert [body for body in written if "{" in body or "}" in body] == []


@pytest.mark.parametrize("intent", INTENTS, ids=lambda intent: intent.tag)
def test_every_intent_has_many_questions_and_answers_of_fair_length(intent: Any) -> None:
    assert len(set(texts(intent.asks))) >= 8
    answers = texts(intent.answers)
    assert len(set(answers)) >= 3
    assert all(35 <= len(answer.split()) <= 90 for answer in answers)
