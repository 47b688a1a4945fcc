"""The chat and the review console in a real browser, with keyboard and mouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from deskwright.workspace import Workspace
from instruct.passages import Passage
from privacy.gate import Gate
from serve import access
from serve.app import create_app
from serve.chat import build_chat
from serve.commands import Running, run
from serve.engines.echo import Echo
from serve.live import Live, Served

pytestmark = pytest.mark.browser


class Index:
    """One passage for every question."""

    def search(self, question: str, k: int) -> list[Passage]:
        return [Passage("zendesk/7/1", "Where is the parcel of <PERSON_1>?", "On its way.", 0.71)][:k]


@pytest.fixture
def server(ws: Workspace) -> Iterator[Running]:
    """A server whose model says every message again, slowly enough to watch."""
    gate, engine = Gate.of(ws), Echo("echo-1", "0123456789abcdef", pause=0.15)
    chat = build_chat(gate, engine, Index(), "Help.", 1)
    live = Live(ws.store, lambda model: Served(engine.model, engine.digest, chat), untuned=True)
    running = run(create_app(ws, live, gate), "127.0.0.1", 0)
    yield running
    running.stop()


def until(browser: Any, met: Callable[[], Any], seconds: float = 60) -> Any:
    return WebDriverWait(browser, seconds, 0.05).until(lambda _: met())


def one(browser: Any, selector: str) -> Any:
    return until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, selector))[-1]


def ask(browser: Any, words: str) -> None:
    one(browser, "#message").send_keys(words, Keys.ENTER)


def answers(browser: Any) -> list[str]:
    return [bubble.text for bubble in browser.find_elements(By.CSS_SELECTOR, ".turn.theirs .bubble")]


def finished(browser: Any) -> None:
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".turn:last-child .rate .down"))


def open_console(browser: Any, server: Running, ws: Workspace) -> None:
    key = access.create(ws.store, "reviewer", "Mina")
    browser.get(f"{server.url}/console#key={key}")


def test_an_answer_streams_in_word_by_word(browser: Any, server: Running) -> None:
    browser.get(f"{server.url}/widget")
    ask(browser, "we can also see the new shop page right there")
    seen = set()
    until(browser, lambda: (seen.add(answers(browser)[-1]), browser.find_elements(By.CSS_SELECTOR, ".rate"))[1])

    assert answers(browser)[-1] == "we can also see the new shop page right there"
    assert len(seen) >= 4


def test_a_stopped_answer_stays_stopped(browser: Any, server: Running) -> None:
    browser.get(f"{server.url}/widget")
    ask(browser, "word " * 60)
    until(browser, lambda: "word word" in answers(browser)[-1])
    one(browser, "#stop").click()
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".note"))
    said = answers(browser)[-1]
    time.sleep(0.5)

    assert answers(browser)[-1] == said
    assert len(said.split()) < 60


def test_markup_in_a_message_stays_text(browser: Any, server: Running) -> None:
    browser.get(f"{server.url}/widget")
    ask(browser, "<img src=x onerror=alert(1)> **bold** [site](https://example.org/a) [bad](javascript:alert(1))")
    finished(browser)
    bubble = one(browser, ".turn.theirs:last-child .bubble")

    assert bubble.find_elements(By.CSS_SELECTOR, "img") == []
    assert [b.text for b in bubble.find_elements(By.CSS_SELECTOR, "strong")] == ["bold"]
    assert all(a.get_attribute("href").startswith("https:") for a in bubble.find_elements(By.CSS_SELECTOR, "a"))


def test_a_thumb_down_reaches_the_reviewer_who_corrects_it(browser: Any, server: Running, ws: Workspace) -> None:
    browser.get(f"{server.url}/widget")
    ask(browser, "My name is Anna Schmidt, where is my parcel?")
    finished(browser)

    assert answers(browser)[-1] == "My name is Anna Schmidt, where is my parcel?"

    one(browser, ".rate .down").click()
    one(browser, '.chip[data-reason="wrong"]').click()
    one(browser, ".panel textarea").send_keys("Not what I asked")
    one(browser, ".panel .main").click()
    until(browser, lambda: "a person will read this" in one(browser, ".thanks").text)

    open_console(browser, server, ws)
    until(browser, lambda: "Thumb down: wrong" in one(browser, "#about").text)

    assert "Not what I asked" in one(browser, "#about").text
    assert "echo-1" in one(browser, "#about").text
    assert "Anna" not in one(browser, "#case").text

    body = one(browser, "body")
    body.send_keys("2")
    body.send_keys("c")
    field = one(browser, "#corrected")
    field.clear()
    field.send_keys("Hello <PERSON_1>, your parcel arrives tomorrow.", Keys.CONTROL + Keys.ENTER)
    until(browser, lambda: one(browser, "#empty").is_displayed())
    with ws.store.read() as connection:
        rows = connection.execute(ws.store.tables.feedback.select().order_by("id")).mappings().all()

    assert [(row["source"], row["kind"], row["value"]) for row in rows] == [
        ("end_user", "thumb", -1),
        ("end_user", "thumb", -1),
        ("reviewer", "correction", 2),
    ]
    assert rows[-1]["corrected"] == "Hello <PERSON_1>, your parcel arrives tomorrow."


def test_a_thumb_can_be_taken_back(browser: Any, server: Running, ws: Workspace) -> None:
    browser.get(f"{server.url}/widget")
    ask(browser, "hello there")
    finished(browser)
    one(browser, ".rate .up").click()
    one(browser, ".undo").click()
    until(browser, lambda: not browser.find_elements(By.CSS_SELECTOR, ".thanks"))
    open_console(browser, server, ws)
    until(browser, lambda: one(browser, "#case").is_displayed())

    assert "liked" not in one(browser, "#about").text


def test_the_console_asks_for_a_key_and_refuses_a_wrong_one(browser: Any, server: Running) -> None:
    browser.get(f"{server.url}/console")
    one(browser, "#login summary").click()
    one(browser, "#key").send_keys("dw_wrong", Keys.ENTER)
    until(browser, lambda: "not known" in one(browser, "#login-fault").text)
    browser.get_log("browser")


def test_the_button_on_a_page_opens_the_chat_in_a_frame_and_escape_closes_it(browser: Any, server: Running) -> None:
    browser.get(server.url)
    host = one(browser, "deskwright-chat").shadow_root
    host.find_element(By.CSS_SELECTOR, "button").click()
    frame = host.find_element(By.CSS_SELECTOR, "iframe")
    browser.switch_to.frame(frame)
    ask(browser, "hello from a frame")
    finished(browser)

    assert answers(browser)[-1] == "hello from a frame"

    one(browser, "#message").send_keys(Keys.ESCAPE)
    browser.switch_to.default_content()
    until(browser, lambda: not frame.is_displayed())
