"""The chat in a real browser: what it shows, what it keeps, and what it does when things go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from deskwright.workspace import Workspace
from serve.commands import Running, run
from tests.conftest import chromium
from tests.desk_server import Desk, create_app
from tests.in_browser import answered, ask, every, focused, one, severe, texts, until

pytestmark = pytest.mark.browser

MARKDOWN = {
    "one\ntwo\n\nthree": "<p>one\ntwo</p><p>three</p>",
    "**a** __b__ *c* _d_ `e*f*`": (
        "<p><strong>a</strong> <strong>b</strong> <em>c</em> <em>d</em> <code>e*f*</code></p>"
    ),
    "**bold with `code`**": "<p><strong>bold with <code>code</code></strong></p>",
    "snake_case_name 2 * 3 * 4": "<p>snake_case_name 2 * 3 * 4</p>",
    "## Returns": "<p><strong>Returns</strong></p>",
    "- a\n- b\n  - c\n\n- d": "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>",
    "3. a\n4. b\n   more": '<ol start="3"><li>a</li><li>b\nmore</li></ol>',
    "so:\n1. a\n\nthen": '<p>so:</p><ol start="1"><li>a</li></ol><p>then</p>',
    "```js\na < **b**\n```\nc": '<pre dir="ltr" tabindex="0"><code>a &lt; **b**</code></pre><p>c</p>',
    "```\nnot yet closed": '<pre dir="ltr" tabindex="0"><code>not yet closed</code></pre>',
    "[a](relative) [b](ftp://x.example) [c](JaVaScRiPt:alert(1))": (
        "<p>[a](relative) [b](ftp://x.example) [c](JaVaScRiPt:alert(1))</p>"
    ),
    "| a | b |\n> c": "<p>| a | b |\n&gt; c</p>",
    "": "",
}

HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg/onload=window.hit=1>",
    "<svg><script>window.hit=1</script></svg>",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "<details open ontoggle=window.hit=1>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
    "</p></div></main><script>window.hit=1</script>",
    "<a href='javascript:window.hit=1'>a</a>",
    "[a](javascript:window.hit=1)",
    "[a](JAVASCRIPT:window.hit=1)",
    "[a](java\tscript:window.hit=1)",
    "[a](&#106;avascript:window.hit=1)",
    "[a](\x01javascript:window.hit=1)",
    "[a](data:text/html,<script>window.hit=1</script>)",
    "[a](vbscript:msgbox)",
    "[a](file:///etc/passwd)",
    "[a](blob:https://example.org/x)",
    "[a](//example.org/x)",
    '[a](https://example.org/"onmouseover="window.hit=1)',
    '[a"onclick="window.hit=1](https://example.org)',
    "[**a**<img src=x onerror=window.hit=1>](https://example.org)",
    "![a](https://example.org/track.gif)",
    "<https://example.org/<script>window.hit=1</script>>",
    "https://example.org/'onfocus='window.hit=1' autofocus='",
    "`<img src=x onerror=window.hit=1>`",
    "```html\n<img src=x onerror=window.hit=1>\n```",
    "**<b onmouseover=window.hit=1>x</b>**",
    "- <img src=x onerror=window.hit=1>\n  - <script>window.hit=1</script>",
    "1. [x](javascript:window.hit=1)",
    "{{constructor.constructor('window.hit=1')()}} ${window.hit=1}",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "\u202e<script>window.hit=1</script>",
    "<PERSON_1> <style>*{display:none}</style>",
]

LINKS = """
return [...document.querySelectorAll(".bubble a")].map((a) => [a.href.split(":")[0], a.target, a.rel]);
"""
STRANGE = """
const known = new Set(["P", "UL", "OL", "LI", "STRONG", "EM", "CODE", "PRE", "A"]);
const attributes = new Set(["href", "target", "rel", "start", "dir", "tabindex"]);
const inside = [...document.querySelectorAll(".bubble *")];
return inside.filter((e) => !known.has(e.tagName) || [...e.attributes].some((a) => !attributes.has(a.name)))
  .map((e) => e.outerHTML);
"""


@dataclass
class Site:
    """A desk that is being served."""

    ws: Workspace
    desk: Desk
    running: Running

    @property
    def url(self) -> str:
        return f"{self.running.url}/widget"

    def close(self) -> None:
        self.running.stop()

    def reopen(self) -> None:
        self.running = run(create_app(self.ws, self.desk), "127.0.0.1", int(self.running.url.rpartition(":")[2]))


@pytest.fixture(scope="module")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def browser(chrome: Any) -> Iterator[Any]:
    """The browser of the whole file; each test has a server, and so an origin, of its own."""
    yield chrome
    faults = severe(chrome)
    chrome.get("about:blank")

    assert faults == []


@pytest.fixture
def site(ws: Workspace) -> Iterator[Site]:
    desk = Desk()
    site = Site(ws, desk, run(create_app(ws, desk), "127.0.0.1", 0))
    yield site
    site.close()


# --- Text -----------------------------------------------------------------------------------------------------------


def test_markdown_becomes_the_elements_it_means(browser: Any, site: Site) -> None:
    browser.get(site.url)
    shown = browser.execute_async_script(
        """
        const [cases, done] = arguments;
        import("/widget/markdown.js").then(({ render }) => done(cases.map((text) => {
          const element = document.createElement("div");
          render(element, text);
          return element.innerHTML;
        })));
        """,
        list(MARKDOWN),
    )

    assert dict(zip(MARKDOWN, shown, strict=True)) == MARKDOWN


def test_links_open_elsewhere_and_tell_nothing(browser: Any, site: Site) -> None:
    site.desk.answer = lambda message: [
        "[a](https://example.org/a_(b)?c=1), [b](mailto:help@example.org), http://example.org/d."
    ]
    browser.get(site.url)
    ask(browser, "links, please")
    answered(browser)

    assert [link.get_attribute("href") for link in every(browser, ".bubble a")] == [
        "https://example.org/a_(b)?c=1",
        "mailto:help@example.org",
        "http://example.org/d",
    ]
    assert {(target, rel) for _, target, rel in browser.execute_script(LINKS)} == {
        ("_blank", "noopener noreferrer nofollow")
    }


def test_nothing_hostile_becomes_markup_or_runs(browser: Any, site: Site) -> None:
    """Each text comes from the bot in small pieces, from a person at the desk, and from the customer."""
    whole = "\n\n".join(HOSTILE)
    site.desk.answer = lambda message: [whole[at : at + 7] for at in range(0, len(whole), 7)]
    browser.get(site.url)
    ask(browser, HOSTILE[1])
    answered(browser)
    for text in HOSTILE:
        site.desk.write(text)
    one(browser, "#person").click()
    until(browser, lambda: len(every(browser, ".turn.human")) == len(HOSTILE))

    assert HOSTILE[1] in texts(browser, ".turn.mine .bubble")
    assert browser.execute_script(STRANGE) == []
    assert {scheme for scheme, *_ in browser.execute_script(LINKS)} == {"https"}
    assert browser.execute_script("return window.hit ?? null") is None

    browser.refresh()
    until(browser, lambda: len(every(browser, ".turn.human")) == len(HOSTILE))

    assert browser.execute_script(STRANGE) == []
    assert browser.execute_script("return window.hit ?? null") is None


def test_long_texts_of_marks_are_shown_in_proportion_to_their_length(browser: Any, site: Site) -> None:
    browser.get(site.url)
    ratios = browser.execute_async_script(
        """
        const [marks, done] = arguments;
        import("/widget/markdown.js").then(({ render }) => done(marks.map((mark) => {
          const took = [2000, 8000].map((size) => {
            const text = mark.repeat(size / mark.length);
            const times = [...Array(10)].map(() => {
              const start = performance.now();
              render(document.createElement("div"), text);
              return performance.now() - start;
            });
            return Math.max(5, Math.min(...times));
          });
          return [mark, took[1] / took[0]];
        })));
        """,
        ["*", "**a ", "_", "__a ", "`", "[", "[a](", "[a](b(", "(", "https://", "- ", "  - a\n", "1. ", "\n", "> "],
    )

    assert [(mark, ratio) for mark, ratio in ratios if ratio > 12] == []


# --- Streaming ------------------------------------------------------------------------------------------------------


def test_a_screen_reader_hears_an_answer_when_it_is_whole(browser: Any, site: Site) -> None:
    site.desk.answer, site.desk.pause = lambda message: ["The ", "answer ", "grows."], 0.4
    browser.get(site.url)
    ask(browser, "hello")
    until(browser, lambda: "The" in one(browser, "#writing .bubble").text)

    assert one(browser, "#status").get_attribute("textContent") == "The bot is writing"
    assert len(every(browser, "#log .turn.theirs")) == 1

    answered(browser)

    assert texts(browser, "#log .turn.theirs .bubble")[-1] == "The answer grows."
    assert every(browser, "#writing .turn") == []
    assert one(browser, "#status").get_attribute("textContent") == ""
    assert one(browser, "#log").get_attribute("role") == "log"


def test_an_answer_that_breaks_off_can_be_asked_for_again(browser: Any, site: Site) -> None:
    site.desk.answer = lambda message: ["Half an", None]
    browser.get(site.url)
    ask(browser, "hello")
    until(browser, lambda: every(browser, ".again"))

    assert texts(browser, ".turn.theirs .bubble")[-1] == "Half an\nThe answer broke off."

    site.desk.answer = lambda message: ["Half an answer."]
    one(browser, ".again").click()
    answered(browser)

    assert site.desk.asked == ["hello", "hello"]
    assert texts(browser, ".turn.theirs .bubble")[1:] == ["Half an answer."]
    assert texts(browser, ".turn.mine .bubble") == ["hello"]


def test_a_refusal_is_told_in_words_and_can_be_tried_again(browser: Any, site: Site) -> None:
    site.desk.failures = [503]
    browser.get(site.url)
    ask(browser, "hello")
    one(browser, ".fault .again").click()
    answered(browser)

    assert texts(browser, ".turn.theirs .bubble")[1:] == ["hello"]
    assert len(severe(browser)) == 1


def test_a_message_waits_for_the_connection(browser: Any, site: Site) -> None:
    browser.get(site.url)
    site.close()
    ask(browser, "is anybody there?")
    until(browser, lambda: "No connection" in one(browser, "#writing .bubble").text)
    one(browser, "#message").send_keys("typed meanwhile")
    site.reopen()
    answered(browser)

    assert texts(browser, ".turn.mine .bubble") == ["is anybody there?"]
    assert texts(browser, ".turn.theirs .bubble")[-1] == "is anybody there?"
    assert one(browser, "#message").get_attribute("value") == "typed meanwhile"
    assert site.desk.asked == ["is anybody there?"]

    severe(browser)


def test_a_message_that_waits_can_be_taken_back(browser: Any, site: Site) -> None:
    browser.get(site.url)
    site.close()
    ask(browser, "never mind")
    until(browser, lambda: "No connection" in one(browser, "#writing .bubble").text)
    one(browser, "#stop").click()
    until(browser, lambda: one(browser, "#message").get_attribute("value") == "never mind")
    site.reopen()

    assert every(browser, ".turn.mine") == []
    assert every(browser, "#writing .turn") == []

    severe(browser)


# --- A person -------------------------------------------------------------------------------------------------------


def test_a_person_is_asked_for_and_answers(browser: Any, site: Site) -> None:
    browser.get(site.url)
    one(browser, "#person").click()
    until(browser, lambda: texts(browser, ".note") == ["We are looking for a person. You can go on writing."])

    assert one(browser, "#about").text == "Waiting for a person"

    ask(browser, "my order is late")
    until(browser, lambda: site.desk.asked == ["my order is late"])
    site.desk.write("Hello, **Mina** here.")
    until(browser, lambda: texts(browser, ".turn.human .bubble") == ["Hello, Mina here."])

    assert "A person has joined the chat." in texts(browser, ".note")
    assert one(browser, "#about").text == "A person is answering"
    assert texts(browser, ".turn.human .name") == ["Person"]
    assert len(every(browser, ".turn.theirs:not(.human)")) == 1

    browser.refresh()
    site.desk.write("Still there?")
    until(browser, lambda: texts(browser, ".turn.human .bubble") == ["Hello, Mina here.", "Still there?"])
    site.desk.state = "closed"
    until(browser, lambda: "The person has left the chat." in texts(browser, ".note"))
    polls = site.desk.polls
    site.desk.state = "bot"
    ask(browser, "thanks")
    answered(browser)

    assert site.desk.polls - polls <= 1
    assert one(browser, "#person").text == "Talk to a person"


def test_out_of_hours_a_message_can_be_left(browser: Any, site: Site) -> None:
    site.desk.open = False
    browser.get(site.url)
    one(browser, "#person").click()
    one(browser, ".panel textarea").send_keys("Call me")
    one(browser, ".panel .main").click()

    assert len(site.desk.left) == 1

    one(browser, ".panel input").send_keys("0151 496 0123", Keys.ENTER)
    until(browser, lambda: texts(browser, ".note") == ["Thank you. A person will get back to you."])

    assert site.desk.left[1:] == [{"message": "Call me", "contact": "0151 496 0123"}]
    assert every(browser, ".panel") == []

    one(browser, "#person").click()

    assert len(every(browser, ".panel textarea")) == 1


def test_a_chat_without_a_desk_says_so(browser: Any, site: Site) -> None:
    site.desk.staffed = False
    browser.get(site.url)
    one(browser, "#person").click()
    until(browser, lambda: texts(browser, ".note") == ["Nobody can be reached here at the moment."])

    assert one(browser, "#person").text == "Nobody can be reached here at the moment."
    assert len(severe(browser)) == 1


def test_the_bot_hands_over_by_itself(browser: Any, site: Site) -> None:
    site.desk.handover, site.desk.answer = True, lambda message: ["A colleague will take over."]
    browser.get(site.url)
    ask(browser, "I want a human")
    until(browser, lambda: one(browser, "#about").text == "Waiting for a person")

    assert "We are looking for a person. You can go on writing." in texts(browser, ".note")
    assert texts(browser, ".turn.theirs .bubble")[-1] == "A colleague will take over."


def test_what_was_written_of_an_answer_goes_when_a_person_takes_the_chat(browser: Any, site: Site) -> None:
    site.desk.takes, site.desk.answer = True, lambda message: ["I am not"]
    browser.get(site.url)
    ask(browser, "hello")
    until(browser, lambda: one(browser, "#about").text == "A person is answering")

    assert texts(browser, ".turn .bubble")[1:] == ["hello"]


def test_a_person_who_takes_the_chat_from_the_bot_reaches_the_customer(browser: Any, site: Site) -> None:
    browser.get(site.url)
    ask(browser, "hello")
    answered(browser)
    site.desk.write("Mina here, I can do that.")
    browser.execute_script("document.dispatchEvent(new Event('visibilitychange'))")
    until(browser, lambda: texts(browser, ".turn.human .bubble") == ["Mina here, I can do that."])

    assert one(browser, "#about").text == "A person is answering"


def test_a_fresh_token_goes_on_with_the_same_chat(browser: Any, site: Site) -> None:
    site.desk.renews = True
    browser.get(site.url)
    for n in (1, 2):
        ask(browser, "hello")
        answered(browser, n)

    assert site.desk.tokens == {"fresh"}
    assert severe(browser) == []


# --- What is kept ---------------------------------------------------------------------------------------------------


def test_the_chat_goes_on_when_the_page_changes(browser: Any, site: Site) -> None:
    browser.get(site.url)
    ask(browser, "first **words**")
    answered(browser)
    one(browser, ".rate .up").click()
    until(browser, lambda: site.desk.thumbs)
    one(browser, "#message").send_keys("a draft")
    browser.refresh()
    answered(browser)

    assert texts(browser, ".turn .bubble")[1:] == ["first **words**", "first words"]
    assert one(browser, ".rate .up").get_attribute("aria-pressed") == "true"
    assert one(browser, "#message").get_attribute("value") == "a draft"

    one(browser, "#message").clear()
    ask(browser, "second")
    answered(browser, 2)

    assert len(site.desk.tokens) == 1


def test_another_visitor_of_the_same_tab_finds_nothing(browser: Any, site: Site) -> None:
    browser.get(f"{site.url}#ada")
    ask(browser, "private words")
    answered(browser)
    browser.get("about:blank")
    browser.get(f"{site.url}#berta")
    one(browser, "#log .turn")

    assert "private" not in one(browser, "#log").text
    assert browser.execute_script("return sessionStorage.length") == 0


def test_a_question_whose_answer_was_lost_with_the_page_can_be_asked_again(browser: Any, site: Site) -> None:
    site.desk.answer, site.desk.pause = lambda message: ["slow"], 3
    browser.get(site.url)
    ask(browser, "hello")
    until(browser, lambda: site.desk.asked)
    site.desk.pause = 0
    browser.refresh()
    one(browser, ".again").click()
    answered(browser)

    assert texts(browser, ".turn .bubble")[1:] == ["hello", "slow"]


def test_a_chat_is_deleted_here_and_there(browser: Any, site: Site) -> None:
    browser.get(site.url)
    ask(browser, "forget me")
    answered(browser)
    one(browser, "#delete").click()
    one(browser, ".panel .main").click()
    until(browser, lambda: texts(browser, ".note") == ["The chat is deleted."])

    assert site.desk.tokens == set()
    assert len(every(browser, ".turn")) == 1
    assert "forget" not in browser.execute_script("return JSON.stringify(sessionStorage)")

    ask(browser, "anew")
    answered(browser)

    assert len(site.desk.tokens) == 1


def test_a_chat_that_could_not_be_deleted_stays(browser: Any, site: Site) -> None:
    browser.get(site.url)
    ask(browser, "forget me")
    answered(browser)
    site.desk.failures = [500]
    one(browser, "#delete").click()
    one(browser, ".panel .main").click()
    until(browser, lambda: "could not be deleted" in one(browser, ".panel").text)

    assert texts(browser, ".turn.mine .bubble") == ["forget me"]
    assert len(severe(browser)) == 1

    one(browser, ".panel .main").click()
    until(browser, lambda: texts(browser, ".note") == ["The chat is deleted."])


def test_the_chat_works_where_storage_is_blocked(tmp_path: Path, site: Site) -> None:
    with chromium(tmp_path / "profile", {"profile.default_content_setting_values.cookies": 2}) as browser:
        browser.get(site.url)
        blocked = "try { sessionStorage.length; return false } catch { return true }"

        assert browser.execute_script(blocked)

        ask(browser, "hello")
        answered(browser)
        ask(browser, "again")
        answered(browser, 2)

        assert len(site.desk.tokens) == 1


# --- Keys -----------------------------------------------------------------------------------------------------------


def test_enter_sends_and_shift_enter_begins_a_line(browser: Any, site: Site) -> None:
    browser.get(site.url)
    one(browser, "#log .turn")

    assert focused(browser) == "message"

    typed = ActionChains(browser).send_keys("one").key_down(Keys.SHIFT).send_keys(Keys.ENTER).key_up(Keys.SHIFT)
    typed.send_keys("two", Keys.ENTER).perform()
    answered(browser)

    assert site.desk.asked == ["one\ntwo"]
    assert focused(browser) == "message"


def test_everything_can_be_reached_by_tab(browser: Any, site: Site) -> None:
    browser.get(site.url)
    ask(browser, "hello")
    answered(browser)
    browser.execute_script("document.activeElement.blur(); getSelection().removeAllRanges();")
    one(browser, "#delete").send_keys("")
    visited = []
    for _ in range(7):
        visited.append(focused(browser))
        ActionChains(browser).send_keys(Keys.TAB).perform()

    assert [name for name in visited if name][:6] == ["delete", "scroll", "up", "down", "message", "person"]


def test_escape_in_a_question_closes_the_question(browser: Any, site: Site) -> None:
    browser.get(site.url)
    ask(browser, "hello")
    answered(browser)
    one(browser, ".rate .down").click()
    until(browser, lambda: focused(browser) == "chip")
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    until(browser, lambda: not every(browser, ".panel"))

    assert [thumb["value"] for thumb in site.desk.thumbs] == [-1, 0]
    assert focused(browser) == "up"

    one(browser, "#delete").click()
    ActionChains(browser).send_keys(Keys.ESCAPE).perform()
    until(browser, lambda: not every(browser, ".panel"))

    assert focused(browser) == "message"
    assert len(site.desk.tokens) == 1
