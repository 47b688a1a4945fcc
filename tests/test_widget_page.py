"""The widget as it looks, in other words, colours, directions and sizes, and on pages of others."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_core_python.base import AXE_SCRIPT
from hypothesis import given
from hypothesis import strategies as st
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from deskwright.config import Config, Widget
from deskwright.texts import TEXTS
from deskwright.workspace import Workspace
from serve.commands import Running, run
from serve.theme import ENOUGH, contrast, palettes, stylesheet
from serve.widget_pages import ASSETS, MODULES
from tests.conftest import chromium
from tests.desk_server import Desk, create_app
from tests.in_browser import answered, ask, every, focused, look, one, severe, texts, until

ROOT = Path(__file__).resolve().parents[1]
FILES = {file.name: file for file in (ROOT / "serve" / "widget").iterdir()}
GREETING = "Hello! How can I help?"
PHONE = (390, 844)

HOSTILE_PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src {home}; frame-src {home}; img-src data:; "
        "require-trusted-types-for 'script'; sandbox allow-scripts allow-same-origin"
    ),
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}

WORDS = """
const shown = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walk.nextNode()) {
  if (!walk.currentNode.parentElement.closest("noscript")) shown.push(walk.currentNode.data.trim());
}
for (const element of document.querySelectorAll("*")) {
  for (const name of ["aria-label", "title", "placeholder", "alt"]) shown.push(element.getAttribute(name) ?? "");
}
return shown.filter(Boolean);
"""


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def browser(chrome: Any) -> Iterator[Any]:
    """The browser of the whole file, with a light page and the size of its window."""
    look(chrome)
    yield chrome
    faults = severe(chrome)
    chrome.get("about:blank")
    look(chrome)

    assert faults == []


Serve = Callable[..., tuple[Running, Desk]]


@pytest.fixture
def serve(ws: Workspace) -> Iterator[Serve]:
    """Serves a desk with these settings."""
    with ExitStack() as stack:

        def started(**settings: Any) -> tuple[Running, Desk]:
            desk = Desk()
            config = Config.model_validate(settings)
            running = run(create_app(Workspace(ws.root, config, ws.keys), desk), "127.0.0.1", 0)
            stack.callback(running.stop)
            return running, desk

        yield started


@pytest.fixture
def host() -> Iterator[ThreadingHTTPServer]:
    """A web page of somebody else: another origin, with the headers and the body that a test gives it."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **self.server.headers}.items():  # type: ignore[attr-defined]
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(self.server.body.encode())  # type: ignore[attr-defined]

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    server.headers, server.body = {}, ""  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def embed(host: Any, serve: Serve, headers: dict[str, str] | None = None, **widget: Any) -> tuple[str, Desk]:
    """Puts the chat on the page of somebody else, and gives the page's address."""
    address = f"http://localhost:{host.server_port}"
    running, desk = serve(serve={"origins": [address]}, widget=widget)
    host.headers = {name: value.replace("{home}", running.url) for name, value in (headers or {}).items()}
    script = f'<script src="{running.url}/widget.js" async></script>'
    host.body = (
        '<!doctype html><html lang="en"><title>Shop</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<main><h1>Shop</h1><a href="#x">A link</a></main>{script}</html>'
    )
    return address, desk


def in_shadow(browser: Any, selector: str) -> Any:
    root = one(browser, "deskwright-chat").shadow_root
    return until(browser, lambda: root.find_elements("css selector", selector))[0]


# --- Size -----------------------------------------------------------------------------------------------------------


def test_the_whole_widget_is_small(serve: Serve) -> None:
    """Counted as it goes over the wire, but for the page itself, which is made anew for everybody."""
    running, _ = serve()
    paths = ["widget.js", "widget/colours.css", *(f"widget/{name}" for name in ASSETS)]
    answers = {path: httpx.get(f"{running.url}/{path}") for path in paths}
    sizes = {path: answer.num_bytes_downloaded for path, answer in answers.items()}

    assert {answer.headers["content-encoding"] for answer in answers.values()} == {"gzip"}
    assert sum(sizes.values()) + len(gzip.compress(httpx.get(f"{running.url}/widget").content)) < 20_000
    assert sizes["widget.js"] < 3_000


def test_what_a_browser_has_is_not_sent_again(serve: Serve) -> None:
    running, _ = serve()
    url = f"{running.url}/widget/chat.js"
    first = httpx.get(url)
    again = httpx.get(url, headers={"If-None-Match": first.headers["etag"]})
    plain = httpx.get(url, headers={"If-None-Match": 'W/"another"', "Accept-Encoding": "identity"})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cross-origin-resource-policy"] == "cross-origin"
    assert (plain.status_code, plain.text) == (200, first.text)
    assert first.headers["content-type"] == plain.headers["content-type"] == "text/javascript; charset=utf-8"


def test_every_file_of_the_widget_is_served_and_every_module_has_its_reason(serve: Serve) -> None:
    running, _ = serve()
    for name in ASSETS:
        assert httpx.get(f"{running.url}/widget/{name}").text == FILES[name].read_text(encoding="utf-8")

    assert set(FILES) == ASSETS | {"widget.html", "loader.js"}
    assert all(FILES[name].read_text(encoding="utf-8").startswith("// ") for name in (*MODULES, "loader.js"))


# --- Colours --------------------------------------------------------------------------------------------------------

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(accent=COLOURS, dark=st.one_of(st.just(""), COLOURS))
def test_text_can_be_read_whatever_the_accent(accent: str, dark: str) -> None:
    for palette in palettes(Widget(accent=accent, accent_dark=dark)):
        pairs = [
            *((name, ground) for name in ("ink", "soft", "bad", "link") for ground in ("page", "raised")),
            ("accent-ink", "accent"),
        ]
        assert [pair for pair in pairs if contrast(palette[pair[0]], palette[pair[1]]) < ENOUGH] == []


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("scheme", "blocks"), [("auto", 2), ("light", 1), ("dark", 1)])
def test_the_scheme_says_which_palettes_there_are(scheme: Any, blocks: int) -> None:
    css = stylesheet(Widget(scheme=scheme))

    assert css.count(":root") == blocks
    assert ("#14171d" in css, "#ffffff" in css) == (scheme != "light", scheme != "dark")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("scheme", "device", "page"),
    [
        ("auto", "light", "rgb(255, 255, 255)"),
        ("auto", "dark", "rgb(20, 23, 29)"),
        ("light", "dark", "rgb(255, 255, 255)"),
        ("dark", "light", "rgb(20, 23, 29)"),
    ],
)
def test_the_page_is_dark_where_it_should_be(browser: Any, serve: Serve, scheme: str, device: str, page: str) -> None:
    running, _ = serve(widget={"scheme": scheme, "accent": "#0b7a5b"})
    look(browser, scheme=device)
    browser.get(f"{running.url}/widget")
    ask(browser, "hello")
    answered(browser)
    colour = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"

    assert browser.execute_script(colour, "body") == page
    assert (browser.execute_script(colour, ".mine .bubble") == "rgb(11, 122, 91)") == (page == "rgb(255, 255, 255)")


# --- Words ----------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_no_word_of_the_widget_is_out_of_reach_of_the_settings(browser: Any, serve: Serve) -> None:
    """Every text is a mark in Arabic; what is shown without it stands in the script or the page."""
    marked = {name: f"§ {name}" for name in TEXTS}
    running, desk = serve(serve={"title": "§", "greeting": "§ hello"}, widget={"language": "ar", "texts": marked})
    desk.open, shown = False, set()

    def gather() -> None:
        shown.update(browser.execute_script(WORDS))

    browser.get(f"{running.url}/widget")
    gather()
    desk.answer, desk.pause = lambda message: ["§ "] * 8, 0.2
    ask(browser, "§ asked")
    one(browser, "#writing .turn")
    gather()
    one(browser, "#stop").click()
    until(browser, lambda: every(browser, ".note"))
    desk.answer = lambda message: ["§ half", None]
    ask(browser, "§ asked")
    one(browser, ".again")
    desk.failures = [500, 429, 404]
    for count in (2, 3, 4):
        ask(browser, "§ asked")
        until(browser, lambda count=count: len(every(browser, ".again")) == count)
    desk.answer, desk.pause = lambda message: ["§"], 0
    ask(browser, "§ asked")
    answered(browser)
    one(browser, ".up").click()
    one(browser, ".undo")
    gather()
    one(browser, ".down").click()
    one(browser, ".panel")
    gather()
    one(browser, ".panel .main").click()
    one(browser, ".thanks")
    one(browser, "#delete").click()
    one(browser, ".panel")
    gather()
    desk.failures = [500]
    one(browser, ".panel .main").click()
    until(browser, lambda: "not_deleted" in one(browser, ".panel").text)
    gather()
    one(browser, ".panel .actions button").click()
    one(browser, "#person").click()
    one(browser, ".panel input")
    gather()
    one(browser, ".panel .actions button").click()
    desk.write("§ person")
    until(browser, lambda: every(browser, ".turn.human"))
    gather()
    desk.state = "closed"
    until(browser, lambda: "person_gone" in texts(browser, ".note")[-1])
    gather()
    severe(browser)

    assert {words for words in shown if not words.startswith("§")} <= {"…"}


def test_texts_reach_the_page_without_being_read_as_markup(serve: Serve) -> None:
    running, _ = serve(
        serve={"title": "{{greeting}} <i>", "greeting": '"><script>'},
        widget={"texts": {"send": '" onfocus="x', "open": "</script>"}},
    )
    page = httpx.get(f"{running.url}/widget").text
    script = httpx.get(f"{running.url}/widget.js").text

    assert "<i>" not in page
    assert "{{greeting}} &lt;i&gt;" in page
    assert page.count("<script") == 1
    assert 'aria-label="&quot; onfocus=&quot;x"' in page
    assert json.dumps("</script>") in script
    assert script.isascii()


def test_every_text_is_documented_with_its_default() -> None:
    written = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in written.partition("## Texts")[2].splitlines() if line.startswith("| `")]

    assert {name.strip("| `"): text.removesuffix(" |") for name, text in rows} == TEXTS


# --- Directions, sizes, motion --------------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_whole_widget_turns_round(browser: Any, serve: Serve) -> None:
    running, desk = serve(widget={"language": "ar-EG"})
    desk.answer = lambda message: ["An answer in English."]
    browser.get(f"{running.url}/widget")
    ask(browser, "أين طلبي؟ هل تم شحنه؟")
    answered(browser)
    asked, said = one(browser, ".turn.mine .bubble"), one(browser, ".turn.theirs .bubble")
    direction = "return getComputedStyle(arguments[0]).direction"

    assert one(browser, "html").get_attribute("dir") == "rtl"
    assert one(browser, "#send").location["x"] < one(browser, "#message").location["x"]
    assert asked.location["x"] < said.location["x"]
    assert browser.execute_script(direction, asked) == "rtl"
    assert browser.execute_script(direction, said) == "ltr"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "side", "right"), [("en", "end", True), ("en", "start", False), ("he", "end", False)]
)
def test_the_button_is_in_its_corner(
    browser: Any, serve: Serve, host: Any, language: str, side: str, right: bool
) -> None:
    address, _ = embed(host, serve, language=language, side=side)
    browser.get(address)
    middle = browser.execute_script("return innerWidth / 2")
    in_shadow(browser, ".open").click()

    assert (in_shadow(browser, ".open").location["x"] > middle) == right
    assert (in_shadow(browser, ".window").location["x"] > middle) == right


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_chat_fills_the_screen_and_keeps_the_keyboard(
    browser: Any, serve: Serve, host: Any, scheme: str
) -> None:
    address, _ = embed(host, serve)
    look(browser, scheme=scheme, size=PHONE)
    browser.get(address)
    in_shadow(browser, ".open").click()
    frame = in_shadow(browser, "iframe")
    box = in_shadow(browser, ".window")

    assert (frame.rect["x"], frame.rect["y"]) == (0, 0)
    assert (frame.rect["width"], frame.rect["height"]) == PHONE
    assert box.get_attribute("aria-modal") == "true"
    assert not in_shadow(browser, ".open").is_displayed()

    browser.switch_to.frame(frame)
    until(browser, lambda: focused(browser) in ("message", "scroll"))
    browser.switch_to.default_content()
    for _ in range(12):
        ActionChains(browser).send_keys(Keys.TAB).perform()

        assert browser.execute_script("return document.activeElement.tagName") == "DESKWRIGHT-CHAT"

    browser.switch_to.frame(frame)
    one(browser, "#close").click()
    browser.switch_to.default_content()
    until(browser, lambda: in_shadow(browser, ".open").is_displayed())


@pytest.mark.browser
def test_nothing_moves_for_those_who_want_no_motion(browser: Any, serve: Serve) -> None:
    running, desk = serve()
    desk.answer, desk.pause = lambda message: ["slow"], 2
    moving = "return document.getAnimations().length"
    counts = []
    for motion in ("no-preference", "reduce"):
        look(browser, motion=motion)
        browser.get(f"{running.url}/widget")
        ask(browser, "hello")
        one(browser, ".typing")
        counts.append(browser.execute_script(moving))
        until(browser, lambda: every(browser, ".rate"))
        browser.execute_script("sessionStorage.clear()")

    assert counts == [3, 0]


# --- On the page of somebody else -----------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_chat_works_on_a_page_that_allows_nothing_but_its_origin(browser: Any, serve: Serve, host: Any) -> None:
    address, _ = embed(host, serve, HOSTILE_PAGE)
    browser.get(address)
    in_shadow(browser, ".open").click()
    frame = in_shadow(browser, "iframe")
    browser.switch_to.frame(frame)
    until(browser, lambda: focused(browser) == "message")
    ActionChains(browser).send_keys("hello from a strict page", Keys.ENTER).perform()
    answered(browser)

    assert texts(browser, ".turn.theirs .bubble")[-1] == "hello from a strict page"

    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    browser.switch_to.default_content()
    until(browser, lambda: not frame.is_displayed())
    root = "return document.activeElement.shadowRoot.activeElement.className"

    assert browser.execute_script(root) == "open"

    in_shadow(browser, ".open").click()
    browser.switch_to.frame(frame)
    until(browser, lambda: focused(browser) == "message")

    assert texts(browser, ".turn.mine .bubble") == ["hello from a strict page"]


@pytest.mark.browser
def test_the_button_tells_of_news_while_the_chat_is_closed(browser: Any, serve: Serve, host: Any) -> None:
    address, desk = embed(host, serve)
    browser.get(address)
    until(browser, lambda: every(browser, "deskwright-chat"))
    browser.execute_script("document.querySelector('deskwright-chat').open()")
    browser.switch_to.frame(in_shadow(browser, "iframe"))
    one(browser, "#person").click()
    until(browser, lambda: one(browser, "#about").text == "Waiting for a person")
    browser.switch_to.default_content()
    browser.execute_script("document.querySelector('deskwright-chat').close()")
    button = in_shadow(browser, ".open")

    assert button.get_attribute("aria-label") == "Chat with support"

    desk.write("Hello, Mina here.")
    until(browser, lambda: button.get_attribute("aria-label") == "Chat with support (New message)")
    button.click()

    assert button.get_attribute("aria-label") == "Chat with support"


@pytest.mark.browser
def test_escape_elsewhere_on_the_page_leaves_the_chat_open(browser: Any, serve: Serve, host: Any) -> None:
    address, _ = embed(host, serve)
    browser.get(address)
    in_shadow(browser, ".open").click()
    frame = in_shadow(browser, "iframe")
    browser.switch_to.frame(frame)
    until(browser, lambda: focused(browser) == "message")
    browser.switch_to.default_content()
    # Which frame a real key reaches is the browser's affair: here it is pressed on the element itself.
    escape = "arguments[0].dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, composed: true}))"
    browser.execute_script(escape, one(browser, "a"))

    assert frame.is_displayed()

    browser.execute_script(escape, in_shadow(browser, ".open"))

    assert not frame.is_displayed()


# --- Accessibility --------------------------------------------------------------------------------------------------


def violations(browser: Any) -> list[str]:
    """What axe-core finds that is serious or critical."""
    browser.execute_script(AXE_SCRIPT)
    found = browser.execute_async_script("axe.run(document).then(arguments[0])")

    assert len(found["passes"]) > 10

    return [
        f"{fault['id']}: {node['html']}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_axe_finds_nothing_serious_in_any_state(browser: Any, serve: Serve, scheme: str, language: str) -> None:
    running, desk = serve(widget={"language": language, "accent": "#e8b500"})
    desk.answer = lambda message: ["**Yes.**\n\n- [a](https://example.org)\n\n```\ncode\n```\n`b`"]
    look(browser, scheme=scheme)
    browser.get(f"{running.url}/widget")
    one(browser, "#log .turn")
    found = violations(browser)
    ask(browser, "hello")
    answered(browser)
    one(browser, ".down").click()
    one(browser, ".chip").click()
    found += violations(browser)
    one(browser, ".panel .main").click()
    one(browser, ".thanks")
    desk.failures = [500]
    ask(browser, "again")
    one(browser, ".again")
    one(browser, "#delete").click()
    found += violations(browser)
    one(browser, ".panel .actions button").click()
    desk.open = False
    one(browser, "#person").click()
    one(browser, ".panel input")
    found += violations(browser)
    desk.write("Hello, Mina here.")
    until(browser, lambda: every(browser, ".turn.human"))
    found += violations(browser)
    severe(browser)

    assert found == []


@pytest.mark.browser
def test_axe_finds_nothing_serious_on_the_page_around_it(browser: Any, serve: Serve, host: Any) -> None:
    address, _ = embed(host, serve)
    browser.get(address)
    in_shadow(browser, ".open")
    found = violations(browser)
    in_shadow(browser, ".open").click()

    assert found + violations(browser) == []
