"""An operator at a browser: real Chromium on the console, watched for everything that must not happen."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

from tests.embedded import eventually

ADMIN_PASSWORD = "browser-test-password-9f2c"
PICTURES = Path(__file__).resolve().parents[2] / "build" / "browser"
# How long is waited for anything on a page.
WAIT_MS = 15_000
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
# Debian's package brings its own Chromium; nothing is downloaded.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NO_CHROMIUM = "NOT RUN: Chromium is missing (on Debian and Ubuntu: apt-get install -y chromium fonts-noto-cjk)"
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_REPORT_VIOLATIONS = """
    window.addEventListener("securitypolicyviolation", (event) =>
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
_FIRST_LANGUAGE = "localStorage['kook-relay.language'] ??= '%s'"
# Chromium's own line for an answer of 4xx: a refusal that the page shows its reader is no fault of the page.
_IS_DRAWN = (
    "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part)"
)
# The page of another address is drawn in the frame after the browser has told of the address.
_GO = """path => new Promise((resolve) => {
    const drawn = () => requestAnimationFrame(() => requestAnimationFrame(resolve));
    if (window.location.hash === `#${path}`) {
        drawn();
        return;
    }
    window.addEventListener("hashchange", drawn, { once: true });
    window.location.hash = path;
})"""
_REFUSED_REQUEST = "Failed to load resource: the server responded with a status of 4"


@contextmanager
def chromium() -> Iterator[Browser]:
    assert CHROMIUM is not None, NO_CHROMIUM
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One browser window on the console of the relay at ``base_url``. Texts of the page are found as the reader of
    ``language`` ("zh" or "en") sees them."""

    def __init__(self, page: Page, base_url: str, language: str, size: str) -> None:
        self.page = page
        self.base_url = base_url
        self.language = language
        self.size = size
        self.faults: list[str] = []
        self._host = urlsplit(base_url).netloc
        self._expected = [_REFUSED_REQUEST]
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))
        page.on("request", self._note_request)
        page.on("requestfailed", self._note_failure)

    def open(self, path: str = "/") -> None:
        """Show the page at that path of the console, such as "/log"."""
        self.page.goto(f"{self.base_url}/console/#{path}")

    def sign_in(self, password: str = ADMIN_PASSWORD) -> None:
        self.open()
        field = self.page.locator("input[name=password]")
        field.fill(password)
        field.press("Enter")
        self.page.locator(".shell main h1").wait_for()

    def go(self, path: str) -> None:
        """To another page without loading the console anew, until that page is there with what it shows."""
        self.page.evaluate(_GO, path)
        self._settled()

    def follow(self, link: Locator, heading: str) -> None:
        """Press what leads to the page with that heading, until that page is there with what it shows.

        Nothing of the next page is to be looked for before: the page that is left may have some of it, too, and a
        locator that finds two things where one is meant fails at once.
        """
        link.click()
        expect(self.page.locator(".shell main h1")).to_have_text(heading)
        self._settled()

    def _settled(self) -> None:
        expect(self.page.locator(".shell main h1")).to_have_count(1)
        expect(self.page.locator("main .loading")).to_have_count(0)

    def text(self, text: str) -> Locator:
        return self.page.get_by_text(text)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def shoot(self, name: str, *, whole: bool = True) -> Path:
        """Keep a picture in build/browser; ``whole`` is the page beyond the window as well."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}-{self.size}-{self.language}.png"
        if whole:  # what sticks to the window's edge would stand in the middle of the picture
            self.page.evaluate("window.scrollTo(0, 0)")
        self.page.screenshot(path=path, full_page=whole, animations="disabled")
        return path

    def ignore(self, beginning: str) -> None:
        """A line on the browser's console that begins so is what the test provokes."""
        self._expected.append(beginning)

    def expect_within_window(self) -> None:
        """The page is no wider than its window. Charts are fitted to their place a frame after they are drawn."""
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        self.expect_to_be(wider, 0)

    def expect_to_be(self, expression: str, wanted: object) -> None:
        """The JavaScript ``expression`` is ``wanted``, now or before long."""
        found: list[object] = []

        def is_so() -> bool:
            found[:] = [self.page.evaluate(expression)]
            return found == [wanted]

        try:
            eventually(is_so, WAIT_MS / 1000)
        except AssertionError:
            raise AssertionError(f"{expression} is {found[0]!r}, not {wanted!r}") from None

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(tuple(self._expected)):
            self.faults.append(f"console {message.type}: {message.text}")

    def _note_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.faults.append(f"request to another host: {parts.netloc}")

    def _note_failure(self, request: Request) -> None:
        # A request that the page itself gave up, as it does when it is left.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed request: {urlsplit(request.url).path}: {request.failure}")


def running_test() -> str:
    """Of the test that runs, as a part of a file's name."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[2].partition(" ")[0]
    return re.sub(r"[^\w-]+", "-", test)


def expect_drawn(canvas: Locator) -> None:
    """Something is on the canvas, now or before long."""
    eventually(lambda: canvas.evaluate(_IS_DRAWN), WAIT_MS / 1000)


@contextmanager
def visiting(
    browser: Browser, base_url: str, *, language: str = "zh", size: str = "desktop", dark: bool = False
) -> Iterator[Visitor]:
    """A fresh window without cookies. Leaving fails for anything that must not happen in one: an error on the browser's
    console, a violation of the content security policy, a request to another host."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="zh-CN" if language == "zh" else "en-GB",
        color_scheme="dark" if dark else "light",
        has_touch=size == "phone",
    )
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(_REPORT_VIOLATIONS)
    context.add_init_script(_FIRST_LANGUAGE % language)
    visitor = Visitor(context.new_page(), base_url, language, size)
    try:
        yield visitor
    except BaseException:
        visitor.shoot(f"failure-{running_test()}")
        print("noted in the browser:", visitor.faults)
        raise
    finally:
        context.close()
    assert not visitor.faults, "\n".join(visitor.faults)
