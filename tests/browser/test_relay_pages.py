"""The pages around relaying: live log, deliveries with their retry, statistics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.kept_stage import KeptStage
from tests.browser.stage import configured_stage, delivered, write
from tests.browser.visitor import Visitor, expect_drawn, visiting
from tests.e2e.stage import Relay
from tests.standins.server import Answer, Fault

_SLOW_DETAILS = """
    const send = window.fetch;
    window.fetch = async (url, options) => {
      if (String(url).startsWith("/api/deliveries/")) await new Promise((resolve) => setTimeout(resolve, 3000));
      options?.signal?.throwIfAborted();
      return send(url, options);
    };
"""


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStage[Relay]]:
    with KeptStage(lambda: configured_stage(tmp_path_factory.mktemp("console"))) as kept:
        yield kept


@pytest.fixture
def relay(stages: KeptStage[Relay], request: pytest.FixtureRequest) -> Iterator[Relay]:
    with stages.lent_to(request.node) as running:
        yield running


def watching(visitor: Visitor) -> None:
    """Wait until the page hears what is pushed."""
    expect(visitor.page.locator(".live-light.good").first).to_be_attached()


def test_the_log_shows_a_message_as_it_arrives_and_its_text_stays_text(relay: Relay, browser: Browser) -> None:
    evil = '<img src=x onerror="window.stolen=1"> & <b>bold</b>'
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/log")
        watching(visitor)
        lines = page.locator(".line").filter(has_text="window.stolen=2")
        first = write(relay, evil, sender='<script>window.stolen=2</script>"')
        # A new account's first events wait until what was said before them was looked for.
        expect(lines).to_have_count(3, timeout=60_000)
        for index in range(3):
            expect(lines.nth(index).locator(".line-content")).to_have_text(evil)
        expect(lines.first.locator("strong")).to_have_text('<script>window.stolen=2</script>"')
        assert page.evaluate("window.stolen") is None
        expect(page.locator(".line img")).to_have_count(0)
        visitor.shoot("log")
        delivered(relay, first)

        page.get_by_label("Platform").select_option(label="Discord")
        expect(lines).to_have_count(1)
        page.get_by_label("Search").fill("nowhere in it")
        expect(lines).to_have_count(0)
        visitor.button("Clear").click()
        expect(lines).to_have_count(3)

        visitor.button("Pause").click()
        expect(page.get_by_role("button", name="Go on (0 new)")).to_be_visible()
        delivered(relay, write(relay, "while paused"))
        expect(page.get_by_role("button", name="Go on (3 new)")).to_be_visible()
        paused = page.locator(".line").filter(has_text="while paused")
        expect(paused).to_have_count(0)
        page.get_by_role("button", name="Go on").click()
        expect(paused).to_have_count(3)
        expect(lines).to_have_count(3)


def test_without_a_socket_the_log_is_polled(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        page.route("**/api/ws/ticket", lambda route: route.fulfill(status=503, json={"error_message": "no"}))
        visitor.ignore("Failed to load resource: the server responded with a status of 503")
        visitor.sign_in()
        visitor.go("/log")
        expect(page.locator(".live-light").first).to_contain_text("Polling")
        written = write(relay, "found by asking")
        expect(page.locator(".line.new .line-content").filter(has_text="found by asking").first).to_be_visible(
            timeout=60_000
        )
        delivered(relay, written)


def test_what_came_before_there_was_a_socket_is_in_the_log(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        held: list[Route] = []
        page.route("**/api/ws/ticket", lambda route: held.append(route))
        visitor.sign_in()
        visitor.go("/log")
        delivered(relay, write(relay, "before the socket"))
        lines = page.locator(".line").filter(has_text="before the socket")
        expect(lines).to_have_count(0)
        # More than one where the page before was gone for a while before the log was there.
        for ticket in held:
            ticket.continue_()
        page.unroute("**/api/ws/ticket")
        expect(lines).to_have_count(3)


def test_answers_slower_than_the_page_asks_are_shown(relay: Relay, browser: Browser) -> None:
    """A delivery's details ask every two seconds."""
    delivered(relay, write(relay, "slowly answered"))
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        page.add_init_script(_SLOW_DETAILS)
        visitor.sign_in()
        visitor.go("/deliveries?status=success")
        row = page.locator("tbody tr").filter(has_text="slowly answered").first
        row.get_by_role("button", name="Details").click()
        expect(page.get_by_role("dialog").locator("blockquote")).to_have_text("slowly answered")


def test_a_failed_delivery_says_why_and_is_tried_again(relay: Relay, browser: Browser) -> None:
    relay.stage.platforms["telegram"].script(
        Fault(answer=Answer.of_json({"ok": False, "error_code": 400, "description": "Bad Request: no"}, status=400))
    )
    delivered(relay, write(relay, "will fail once"))
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/deliveries?status=failed")
        row = page.locator("tbody tr").filter(has_text="will fail once")
        expect(row).to_contain_text("Bad Request: no")
        visitor.shoot("deliveries")
        row.get_by_role("button", name="Details").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Telegram")
        visitor.shoot("delivery", whole=False)
        dialog.get_by_role("button", name="Try this one again").click()
        expect(dialog.locator(".badge.good")).to_be_visible(timeout=30_000)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.locator("tbody tr").filter(has_text="will fail once")).to_have_count(0)
    assert [message for message in relay.received("telegram") if "will fail once" in message.text]


def test_many_are_tried_again_after_a_look_at_them(relay: Relay, browser: Browser) -> None:
    for number in range(3):
        refusal = {"ok": False, "error_code": 400, "description": f"Bad Request: {number}"}
        relay.stage.platforms["telegram"].script(Fault(answer=Answer.of_json(refusal, status=400)))
        delivered(relay, write(relay, f"one of many {number}"))
    with visiting(browser, relay.stack.base_url, language="en", size="phone") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/deliveries?status=failed")
        expect(page.locator("tbody tr").filter(has_text="one of many")).to_have_count(3)
        visitor.expect_within_window()
        visitor.shoot("deliveries")
        visitor.button("Retry failed ones").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Platform").select_option(label="Discord")
        expect(dialog).to_contain_text("No failed delivery matches")
        dialog.get_by_label("Platform").select_option(label="Telegram")
        expect(dialog.locator(".samples li")).to_have_count(3)
        visitor.shoot("retry-many", whole=False)
        dialog.get_by_role("button", name="Retry 3").click()
        expect(dialog).to_contain_text("All are being tried again", timeout=30_000)
        expect(dialog).to_contain_text("3 retried")
        dialog.get_by_role("button", name="Close").last.click()
        expect(page.locator("tbody tr").filter(has_text="one of many")).to_have_count(0)


@pytest.mark.parametrize(("language", "size"), [("zh", "desktop"), ("en", "phone")])
def test_statistics_are_drawn_and_said(
    no_new_day: None, relay: Relay, browser: Browser, language: str, size: str
) -> None:
    delivered(relay, write(relay, "counted"))
    with visiting(browser, relay.stack.base_url, language=language, size=size) as visitor:
        page = visitor.page
        visitor.sign_in()
        expect(page.locator(".line").first).to_be_visible()
        visitor.shoot("overview")
        visitor.go("/statistics")
        expect(page.locator(".chart canvas")).to_have_count(3)
        for index in range(3):
            expect_drawn(page.locator(".chart canvas").nth(index))
        total = int(relay.call("GET", "/api/logs/stats?period=week").json()["total"])
        expect(page.locator(".tile-value").first).to_have_text(str(total))
        visitor.expect_within_window()
        visitor.shoot("statistics")
        page.get_by_role("radio").first.click()
        expect(page).to_have_url(f"{relay.stack.base_url}/console/#/statistics?period=today")
        expect(page.locator(".chart canvas")).to_have_count(3)
