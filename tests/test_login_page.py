"""The console's pages in a real browser: logging in and out, and a log-in that ends in the middle of something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.base import AXE_SCRIPT
from selenium.webdriver.common.keys import Keys

from deskwright.workspace import Workspace
from serve import access, people
from serve.commands import run
from serve.engines.echo import Echo
from serve.record import Said
from tests.in_browser import every, focused, look, one, severe, until
from tests.server_process import make, serving
from tests.serving import application
from tests.test_access import certificate

pytestmark = pytest.mark.browser

PASSWORD = "kettle-river-42-moss"


@dataclass
class Console:
    url: str
    ws: Workspace
    app: Any

    def end(self) -> None:
        """Whoever is logged in is so no more."""
        with self.ws.store.begin() as connection:
            connection.execute(self.ws.store.tables.logins.delete())

    def rows(self, name: str) -> list[dict[str, Any]]:
        with self.ws.store.read() as connection:
            return [dict(row) for row in connection.execute(getattr(self.ws.store.tables, name).select()).mappings()]


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    """Two answers that wait for a review, a chat that waits for a person, and two people who may log in."""
    ws = make(tmp_path / "ws")
    app = application(ws, Echo("echo-1", "d1"))
    parts = app.state.parts
    for n in (1, 2):
        asked = [{"role": "user", "content": f"Where is parcel {n}?"}]
        parts.record.keep(f"chat_{n}", "widget", asked, Said(f"msg_{n}", f"It is on its way ({n}).", "echo-1", "d1"))
    parts.desk.move("chat_1", "ask", by="visitor")
    people.add(ws.store, "Mina Berger", "reviewer", PASSWORD)
    people.add(ws.store, "Zoë", "admin", PASSWORD)
    running = run(app, "127.0.0.1", 0)
    yield Console(running.url, ws, app)
    running.stop()


def log_in(browser: Any, name: str = "Mina Berger", password: str = PASSWORD) -> None:
    until(browser, lambda: one(browser, "#login").is_displayed())
    one(browser, "#name").clear()
    one(browser, "#name").send_keys(name, Keys.TAB, password, Keys.ENTER)


def entered(browser: Any, who: str = "Mina Berger") -> None:
    until(browser, lambda: not one(browser, "#login").is_displayed() and who in one(browser, "#who").text)


def gone(browser: Any) -> None:
    """The form is there, and the browser has said why: refused requests are in its log."""
    until(browser, lambda: one(browser, "#login").is_displayed())
    severe(browser)


def test_to_log_in_to_review_and_to_log_out(browser: Any, console: Console) -> None:
    browser.get(f"{console.url}/console")
    gone(browser)

    assert focused(browser) == "name"
    assert "parcel" not in one(browser, "body").text

    log_in(browser, password="something else entirely")
    until(browser, lambda: "wrong" in one(browser, "#login-fault").text)

    assert one(browser, "#password").get_attribute("value") == ""
    assert focused(browser) == "password"

    one(browser, "#password").send_keys(PASSWORD, Keys.ENTER)
    entered(browser)
    until(browser, lambda: "parcel 1" in one(browser, "#conversation").text)
    one(browser, "body").send_keys("4", Keys.ENTER)
    until(browser, lambda: "parcel 2" in one(browser, "#conversation").text)
    mina = people.find(console.ws.store, "Mina Berger")

    assert [(row["value"], row["reviewer"]) for row in console.rows("feedback")] == [(4, mina.id)]
    assert (
        browser.execute_script("return document.cookie + JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
        == "{}{}"
    )

    browser.refresh()
    entered(browser)
    one(browser, "#who button").click()
    gone(browser)

    assert console.rows("logins") == []
    assert browser.get_cookies() == []
    assert "parcel" not in one(browser, "body").text
    severe(browser)


def test_a_log_in_that_ended_loses_nothing_that_was_written(browser: Any, console: Console) -> None:
    browser.get(f"{console.url}/console")
    log_in(browser)
    entered(browser)
    until(browser, lambda: "parcel 1" in one(browser, "#conversation").text)
    one(browser, "body").send_keys("2", "c")
    field = one(browser, "#corrected")
    field.clear()
    field.send_keys("It arrives on Monday.")
    console.end()
    field.send_keys(Keys.CONTROL + Keys.ENTER)
    gone(browser)

    assert "has ended" in one(browser, "#login-fault").text
    assert field.get_attribute("value") == "It arrives on Monday."
    assert console.rows("feedback") == []

    one(browser, "#name").send_keys(Keys.ESCAPE, Keys.ESCAPE)

    assert one(browser, "#login").is_displayed()

    log_in(browser)
    entered(browser)
    until(browser, lambda: "parcel 2" in one(browser, "#conversation").text)

    assert [(row["value"], row["corrected"]) for row in console.rows("feedback")] == [(2, "It arrives on Monday.")]


def test_somebody_else_does_not_send_what_was_being_written(browser: Any, console: Console) -> None:
    browser.get(f"{console.url}/console")
    log_in(browser)
    entered(browser)
    until(browser, lambda: "parcel 1" in one(browser, "#conversation").text)
    one(browser, "body").send_keys("c")
    one(browser, "#corrected").send_keys("Mina's words")
    console.end()
    one(browser, "#corrected").send_keys(Keys.CONTROL + Keys.ENTER)
    gone(browser)
    log_in(browser, "Zoë")
    entered(browser, "Zoë")
    until(browser, lambda: "parcel 1" in one(browser, "#conversation").text)

    assert one(browser, "#corrected").get_attribute("value") == ""
    assert console.rows("feedback") == []


def test_the_desk_with_a_log_in_that_ends_while_a_reply_is_written(browser: Any, console: Console) -> None:
    browser.get(f"{console.url}/console/desk")
    log_in(browser)
    entered(browser)
    until(browser, lambda: every(browser, "#chats button"))
    one(browser, "#chats li:first-child button").send_keys(Keys.ENTER)
    until(browser, lambda: one(browser, '[data-move="take"]').is_displayed())

    assert browser.execute_script("return document.activeElement.dataset.chat")

    one(browser, '[data-move="take"]').click()
    until(browser, lambda: "you have it" in one(browser, "#about").text)
    reply = one(browser, "#reply")
    reply.send_keys("Hello, I am looking")
    console.end()
    gone(browser)

    assert reply.get_attribute("value") == "Hello, I am looking"

    log_in(browser)
    entered(browser)
    until(browser, lambda: focused(browser) == "reply")
    reply.send_keys(" into it.")
    one(browser, "#reply-form button").click()
    until(browser, lambda: "Hello, I am looking into it." in one(browser, "#turns").text)

    assert [row["agent"] for row in console.rows("handovers")] == [people.find(console.ws.store, "Mina Berger").id]

    one(browser, "#who button").click()
    gone(browser)
    log_in(browser, "Zoë")
    entered(browser, "Zoë")
    until(browser, lambda: "Mina Berger has it" in one(browser, "#chats").text)


def test_two_pages_of_a_browser_share_a_log_in_and_its_renewal(browser: Any, console: Console) -> None:
    """The second log-in has another token against forged requests; the first page finds that out by itself."""
    browser.get(f"{console.url}/console")
    log_in(browser)
    entered(browser)
    until(browser, lambda: "parcel 1" in one(browser, "#conversation").text)
    first = browser.current_window_handle
    console.end()
    browser.switch_to.new_window("tab")
    browser.get(f"{console.url}/console/desk")
    log_in(browser)
    entered(browser)
    severe(browser)
    browser.switch_to.window(first)
    one(browser, "body").send_keys("5", Keys.ENTER)
    until(browser, lambda: "parcel 2" in one(browser, "#conversation").text)
    severe(browser)

    assert len(console.rows("feedback")) == 1


def test_a_key_does_as_ever_from_a_link_and_from_the_form(browser: Any, console: Console) -> None:
    key = access.create(console.ws.store, "reviewer", "nightly")
    browser.get(f"{console.url}/console#key={key}")
    entered(browser, "nightly")

    assert "key" not in browser.current_url

    one(browser, "#who button").click()
    gone(browser)
    one(browser, "#login summary").click()
    one(browser, "#key").send_keys("dw_wrong", Keys.ENTER)
    until(browser, lambda: "not known" in one(browser, "#login-fault").text)
    one(browser, "#key").send_keys(key, Keys.ENTER)
    entered(browser, "nightly")
    severe(browser)

    assert console.rows("logins") == []


def test_a_server_that_does_not_answer_is_no_log_in_that_ended(browser: Any, console: Console) -> None:
    browser.get(f"{console.url}/console")
    log_in(browser)
    entered(browser)
    until(browser, lambda: "parcel 1" in one(browser, "#conversation").text)
    severe(browser)
    browser.set_network_conditions(offline=True, latency=0, throughput=1)
    one(browser, "body").send_keys("4", Keys.ENTER)
    until(browser, lambda: "did not answer" in one(browser, "#fault").text)

    assert not one(browser, "#login").is_displayed()

    browser.delete_network_conditions()
    one(browser, "#submit").click()
    until(browser, lambda: "parcel 2" in one(browser, "#conversation").text)
    severe(browser)


def test_a_page_that_finds_no_server_says_so_and_goes_on_by_itself(browser: Any, console: Console) -> None:
    browser.get(f"{console.url}/console/desk")
    log_in(browser)
    entered(browser)
    browser.execute_cdp_cmd("Network.enable", {})
    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["*/console/api/*"]})
    browser.refresh()
    until(browser, lambda: "did not answer" in one(browser, "#load-fault").text)

    assert not one(browser, "#login").is_displayed()

    browser.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    entered(browser)
    until(browser, lambda: every(browser, "#chats button"))

    assert one(browser, "#load-fault").text == ""
    severe(browser)


def test_a_browser_keeps_the_cookie_over_tls_for_this_host_only(browser: Any, tmp_path: Path) -> None:
    ws = make(tmp_path / "ws")
    people.add(ws.store, "Mina Berger", "reviewer", PASSWORD)
    cert, secret = certificate(tmp_path)
    browser.execute_cdp_cmd("Security.setIgnoreCertificateErrors", {"ignore": True})
    with serving(ws, "--ssl-certfile", str(cert), "--ssl-keyfile", str(secret)) as url:
        browser.get(f"{url}/console")
        log_in(browser)
        entered(browser)
        (cookie,) = browser.get_cookies()
        one(browser, "#who button").click()
        gone(browser)

        assert browser.get_cookies() == []

    severe(browser)
    assert cookie["name"].startswith("__Host-deskwright_login_")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, True, "Strict", "/")
    assert "expiry" not in cookie


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["console", "console/desk"])
def test_axe_finds_nothing_serious_before_and_after_log_in(
    browser: Any, console: Console, page: str, scheme: str
) -> None:
    look(browser, scheme)
    browser.get(f"{console.url}/{page}")
    gone(browser)
    one(browser, "#login summary").click()
    before = found(browser)
    log_in(browser)
    entered(browser)
    until(browser, lambda: every(browser, "#chats button, #conversation .turn"))

    assert before == []
    assert found(browser) == []


def found(browser: Any) -> list[str]:
    """What axe-core finds that is serious or critical."""
    browser.execute_script(AXE_SCRIPT)
    results = browser.execute_async_script("axe.run(document).then(arguments[0])")
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in results["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
