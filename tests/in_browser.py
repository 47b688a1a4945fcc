"""What tests of the widget do in a browser: wait, find, ask, and look as another device would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait


def until(browser: Any, met: Callable[[], Any], seconds: float = 60) -> Any:
    """Waits; an element that went away meanwhile is looked for anew."""
    return WebDriverWait(browser, seconds, 0.05, [StaleElementReferenceException]).until(lambda _: met())


def every(browser: Any, selector: str) -> list[Any]:
    found: list[Any] = browser.find_elements(By.CSS_SELECTOR, selector)
    return found


def one(browser: Any, selector: str) -> Any:
    """The last element of this kind, as soon as there is one."""
    return until(browser, lambda: every(browser, selector))[-1]


def texts(browser: Any, selector: str) -> list[str]:
    return [element.text for element in every(browser, selector)]


def focused(browser: Any) -> str:
    return str(browser.execute_script("return document.activeElement.id || document.activeElement.className"))


def ask(browser: Any, words: str) -> None:
    one(browser, "#message").send_keys(words, Keys.ENTER)


def answered(browser: Any, count: int = 1) -> None:
    """So many answers are whole."""
    until(browser, lambda: len(every(browser, "#log .rate")) == count)


def severe(browser: Any) -> list[str]:
    """The faults that the browser found since it was asked last."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def look(browser: Any, scheme: str = "light", motion: str = "no-preference", size: tuple[int, int] = (0, 0)) -> None:
    """Shows pages as on a device with these settings; a size of 0 is that of the window."""
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": motion}
    pairs = [{"name": name, "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": pairs})
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 0, "mobile": bool(size[0])}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
