"""Two bots of one server in a real browser: on one page, and in one tab that goes from page to page."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from deskwright.workspace import Workspace
from serve import people
from serve.bots import host
from serve.commands import run
from tests.in_browser import answered, ask, every, one, severe, texts, until
from tests.server_process import make
from tests.serving import Saying, application

pytestmark = pytest.mark.browser

SIDES = {"shop": "end", "help": "start"}
PASSWORDS = {"shop": "quiet lantern over the harbour", "help": "seven geese and a broken clock"}
KEPT = "return Object.keys(sessionStorage).sort()"


@contextmanager
def page_of(scripts: list[str]) -> Iterator[str]:
    """A web page of somebody else, with these scripts; they may be added later."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            tags = "".join(f'<script src="{script}" async></script>' for script in scripts)
            self.wfile.write(f'<!doctype html><link rel="icon" href="data:,"><h1>Page</h1>{tags}'.encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Site:
    """Where the page and the bots are."""

    page: str
    url: str
    workspaces: dict[str, Workspace]
    scripts: list[str]

    def at(self, name: str, path: str) -> str:
        return f"{self.url}/bots/{name}/{path}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    scripts: list[str] = []
    with ExitStack() as stack:
        page = stack.enter_context(page_of(scripts))
        workspaces = {
            name: make(tmp_path / name, f'[serve]\norigins = ["{page}"]\ntitle = "{name}"\n[widget]\nside = "{side}"')
            for name, side in SIDES.items()
        }
        apps = {name: application(ws, Saying(f"I am {name}.")) for name, ws in workspaces.items()}
        running = run(host(apps), "127.0.0.1", 0)
        stack.callback(running.stop)
        found = Site(page, running.url, workspaces, scripts)
        scripts += [found.at(name, "widget.js") for name in (*SIDES, "shop")]
        yield found


def in_shadow(browser: Any, home: str, selector: str) -> Any:
    root = one(browser, f'deskwright-chat[data-bot="{home}"]').shadow_root
    return until(browser, lambda: root.find_elements("css selector", selector))[0]


def said(browser: Any) -> list[str]:
    return texts(browser, ".turn.theirs .bubble")[1:]


def test_two_widgets_on_one_page_keep_apart(browser: Any, site: Site) -> None:
    browser.get(site.page)
    until(browser, lambda: len(every(browser, "deskwright-chat")) == 2)
    for name in SIDES:
        in_shadow(browser, site.at(name, ""), ".open").click()
        browser.switch_to.frame(in_shadow(browser, site.at(name, ""), "iframe"))
        one(browser, "#log .turn")
        ask(browser, f"a question for {name}")
        answered(browser)

        assert said(browser) == [f"I am {name}."]

        browser.switch_to.default_content()
    browser.refresh()
    for name in SIDES:
        in_shadow(browser, site.at(name, ""), ".open").click()
        browser.switch_to.frame(in_shadow(browser, site.at(name, ""), "iframe"))
        answered(browser)

        assert texts(browser, ".turn.mine .bubble") == [f"a question for {name}"]
        assert said(browser) == [f"I am {name}."]
        assert browser.execute_script(KEPT) == ["deskwright /bots/help/", "deskwright /bots/shop/"]

        browser.switch_to.default_content()
    places = [in_shadow(browser, site.at(name, ""), ".open").rect["x"] for name in SIDES]

    assert places[0] > places[1]
    for name, ws in site.workspaces.items():
        assert [row["text"] for row in rows(ws)] == [f"a question for {name}", f"I am {name}."]


def rows(ws: Workspace) -> list[dict[str, Any]]:
    table = ws.store.tables.chat_messages
    with ws.store.read() as connection:
        return [dict(row) for row in connection.execute(table.select().order_by(table.c.position)).mappings()]


def test_a_tab_that_goes_from_bot_to_bot_finds_each_as_it_left_it(browser: Any, site: Site) -> None:
    browser.get(site.at("shop", "widget"))
    ask(browser, "for the shop")
    answered(browser)
    browser.get(site.at("help", "widget"))
    one(browser, "#log .turn")

    assert said(browser) == []

    ask(browser, "for the help")
    answered(browser)
    browser.get(site.at("shop", "widget"))
    answered(browser)

    assert texts(browser, ".turn.mine .bubble") == ["for the shop"]

    one(browser, "#delete").click()
    one(browser, ".panel .main").click()
    until(browser, lambda: texts(browser, ".note"))
    browser.get(site.at("help", "widget"))
    answered(browser)

    assert [row["text"] for row in rows(site.workspaces["help"])] == ["for the help", "I am help."]
    assert rows(site.workspaces["shop"]) == []


def log_in(browser: Any, password: str) -> None:
    until(browser, lambda: one(browser, "#name").is_displayed())
    one(browser, "#name").send_keys("Mina")
    one(browser, "#password").send_keys(password, Keys.ENTER)
    severe(browser)  # that nobody was logged in


def test_a_reviewer_logs_in_to_each_console_and_sees_its_queue(browser: Any, site: Site) -> None:
    for name in SIDES:
        people.add(site.workspaces[name].store, "Mina", "reviewer", PASSWORDS[name])
        browser.get(site.at(name, "widget"))
        ask(browser, f"a question for {name}")
        answered(browser)
    browser.get(site.at("shop", "console"))
    log_in(browser, PASSWORDS["shop"])
    until(browser, lambda: one(browser, "#conversation").text)
    first = one(browser, "#conversation").text
    one(browser, "header a").click()
    until(browser, lambda: one(browser, "#desk").is_displayed())

    assert browser.current_url == site.at("shop", "console/desk")
    assert "I am shop." in first

    browser.get(site.at("help", "console"))
    log_in(browser, PASSWORDS["help"])
    until(browser, lambda: one(browser, "#conversation").text)

    assert "I am help." in one(browser, "#conversation").text

    browser.get(site.at("shop", "console"))
    until(browser, lambda: one(browser, "#conversation").text)

    assert one(browser, "#conversation").text == first


def test_the_list_leads_to_each_bot(browser: Any, site: Site) -> None:
    browser.get(site.url)
    for name in SIDES:
        one(browser, f'a[href="bots/{name}/"]').click()
        until(browser, lambda name=name: browser.title.startswith(name))
        until(browser, lambda: every(browser, "deskwright-chat"))

        assert browser.current_url == site.at(name, "")

        browser.back()
