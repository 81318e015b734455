"""Signing in and out, by password, by token and by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import ADMIN_PASSWORD, visiting
from tests.embedded import EmbeddedStack

_IS_GROUND_DARK = """getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3)
    .reduce((sum, part) => sum + Number(part), 0) < 120"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    folder = tmp_path_factory.mktemp("console") / "data"
    with EmbeddedStack(folder, environment={"ADMIN_PASSWORD": ADMIN_PASSWORD}) as running:
        yield running


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_root_leads_to_the_console_and_the_password_opens_it(
    stack: EmbeddedStack, browser: Browser, language: str, size: str
) -> None:
    with visiting(browser, stack.base_url, language=language, size=size) as visitor:
        visitor.page.goto(stack.base_url)
        expect(visitor.page).to_have_url(f"{stack.base_url}/console/")
        visitor.page.locator("input[name=password]").wait_for()
        visitor.expect_within_window()
        visitor.shoot("sign-in")
        visitor.sign_in()
        expect(visitor.page.locator(".tiles")).to_be_visible()
        visitor.expect_within_window()
        visitor.shoot("overview-empty")


def test_a_wrong_password_says_so_and_what_to_do(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="en") as visitor:
        visitor.open()
        visitor.button("Sign in").click()
        expect(visitor.text("This is needed")).to_be_visible()
        visitor.page.locator("input[name=password]").fill("not the password")
        visitor.button("Sign in").click()
        expect(visitor.page.get_by_role("alert")).to_contain_text("password")
        expect(visitor.page.locator(".shell")).to_have_count(0)


def test_signing_out_ends_the_session_on_the_server_too(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="en") as visitor:
        visitor.sign_in()
        token = visitor.page.evaluate("JSON.parse(sessionStorage.getItem('kook-relay.session')).token")
        visitor.button("Sign out").click()
        expect(visitor.page.locator("input[name=password]")).to_be_visible()
        assert visitor.page.evaluate("sessionStorage.getItem('kook-relay.session')") is None
        status = visitor.page.evaluate(
            "token => fetch('/api/accounts', {headers: {Authorization: `Bearer ${token}`}}).then(one => one.status)",
            token,
        )
        assert status == 401


def test_a_session_lasts_as_long_as_was_asked_for(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="en") as visitor:
        visitor.sign_in()
        visitor.page.reload()
        expect(visitor.page.locator(".shell")).to_be_visible()
        other = visitor.page.context.new_page()
        other.goto(f"{stack.base_url}/console/")
        expect(other.locator("input[name=password]")).to_be_visible()
        other.get_by_label("Stay signed in on this device").check()
        other.locator("input[name=password]").fill(ADMIN_PASSWORD)
        other.keyboard.press("Enter")
        expect(other.locator(".shell")).to_be_visible()
        third = visitor.page.context.new_page()
        third.goto(f"{stack.base_url}/console/")
        expect(third.locator(".shell")).to_be_visible()


def test_the_api_token_opens_it_and_an_ended_session_is_told(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="en") as visitor:
        visitor.open()
        visitor.page.get_by_role("radio", name="API token").click()
        visitor.page.locator("input[name=token]").fill(stack.api_token)
        visitor.button("Sign in").click()
        expect(visitor.page.locator(".shell")).to_be_visible()
        visitor.page.evaluate(
            "sessionStorage.setItem('kook-relay.session', JSON.stringify({token: 'x'.repeat(43), kind: 'session'}))"
        )
        visitor.page.reload()
        expect(visitor.text("The session has ended")).to_be_visible()


def test_the_keyboard_alone_signs_in_and_reaches_a_page(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.open()
        expect(page.locator("input[name=password]")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("radio", name="Password")).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("radio", name="API token")).to_be_focused()
        expect(page.locator("input[name=token]")).to_be_visible()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("radio", name="Password")).to_be_focused()
        expect(page.locator("input[name=password]")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.locator("input[name=password]")).to_be_focused()
        page.keyboard.type(ADMIN_PASSWORD)
        page.keyboard.press("Tab")
        expect(visitor.button("Show")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_label("Stay signed in on this device")).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        expect(visitor.button("Sign in")).to_be_focused()
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) != "none"
        page.keyboard.press("Enter")
        expect(page.locator(".shell")).to_be_visible()
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()


def test_the_other_language_and_the_other_theme_are_one_press_away_and_kept(
    stack: EmbeddedStack, browser: Browser
) -> None:
    with visiting(browser, stack.base_url, language="zh") as visitor:
        visitor.open()
        expect(visitor.button("登录")).to_be_visible()
        visitor.button("English").click()
        expect(visitor.button("Sign in")).to_be_visible()
        expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
        visitor.button("Dark").click()
        expect(visitor.page.locator("html")).to_have_attribute("data-theme", "dark")
        visitor.page.reload()
        expect(visitor.button("Light")).to_be_visible()
        expect(visitor.button("Sign in")).to_be_visible()


def test_dark_is_dark_from_the_start_where_the_system_is(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, dark=True) as visitor:
        visitor.sign_in()
        expect(visitor.page.locator(".tiles")).to_be_visible()
        visitor.expect_to_be(_IS_GROUND_DARK, True)
        visitor.shoot("overview-dark")
