"""The pages that configure and look after the relay: accounts, destinations, mappings, health, backups, system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kept_stage import KeptStage
from tests.browser.stage import ANNOUNCEMENTS, CHANNELS, configured_stage
from tests.browser.visitor import ADMIN_PASSWORD, visiting
from tests.e2e.stage import Relay
from tests.embedded import eventually

PAGES = ["/", "/log", "/deliveries", "/statistics", "/wizard", "/accounts", "/bots", "/mappings", "/health", "/backups"]
PAGES += ["/system", "/robots", "/robots/codes", "/robots/users", "/robots/activity", "/content", "/content/pools"]
PAGES += ["/machines", "/machines/pings", "/machines/settings"]
# A key that no dictionary has shows as itself, and a value that nobody gave as its name.
_NAMELESS = """() => [...document.querySelectorAll("button, a, input, select, textarea")]
    .filter((one) => !one.closest("[aria-hidden=true]") && one.getAttribute("aria-hidden") !== "true")
    .filter((one) => !one.textContent.trim() && !one.getAttribute("aria-label") && !(one.labels?.length > 0)
        && !one.querySelector("img[alt]"))
    .map((one) => one.outerHTML)"""
_UNFILLED = re.compile(r"\b[a-z]\w+\.[a-z]\w+\.\w+\b|\{\w+\}")


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStage[Relay]]:
    with KeptStage(lambda: configured_stage(tmp_path_factory.mktemp("console"))) as kept:
        yield kept


@pytest.fixture
def relay(stages: KeptStage[Relay], request: pytest.FixtureRequest) -> Iterator[Relay]:
    with stages.lent_to(request.node) as running:
        yield running


@pytest.mark.parametrize(
    ("language", "size", "dark"), [("zh", "desktop", False), ("en", "phone", False), ("zh", "phone", True)]
)
def test_every_page_shows_itself_within_its_window(
    relay: Relay, browser: Browser, language: str, size: str, dark: bool
) -> None:
    with visiting(browser, relay.stack.base_url, language=language, size=size, dark=dark) as visitor:
        visitor.sign_in()
        for path in PAGES:
            visitor.go(path)
            expect(visitor.page.locator("main .notice.bad")).to_have_count(0)
            visitor.expect_within_window()
            texts = visitor.page.locator("main").inner_text()
            assert _UNFILLED.findall(texts.replace("developer.kookapp.cn", "")) == [], path
            assert visitor.page.evaluate(_NAMELESS) == [], path
            visitor.shoot(f"page-{path.strip('/').replace('/', '-') or 'overview'}{'-dark' if dark else ''}")


def test_the_menu_of_a_phone_opens_closes_and_leads_on(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en", size="phone") as visitor:
        page = visitor.page
        visitor.sign_in()
        link = page.get_by_role("link", name="Health")
        expect(link).to_be_hidden()
        visitor.button("Open the menu").click()
        expect(link).to_be_visible()
        visitor.shoot("menu", whole=False)
        page.keyboard.press("Escape")
        expect(link).to_be_hidden()
        visitor.button("Open the menu").click()
        visitor.follow(link, "Health")
        expect(page.get_by_role("link", name="Backups")).to_be_hidden()


def test_an_account_is_changed_stopped_started_and_deleted(relay: Relay, browser: Browser) -> None:
    relay.add_account("second@example.com")
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/accounts")
        visitor.button("Change second@example.com").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name of the account (an e-mail address)").fill("renamed@example.com")
        dialog.get_by_role("button", name="Save").click()
        card = page.locator(".card").filter(has_text="renamed@example.com")
        expect(card).to_be_visible()
        card.get_by_role("button", name="Stop", exact=True).click()
        expect(card.locator(".connection")).to_contain_text("Stopped")
        card.get_by_role("button", name="Start", exact=True).click()
        expect(card.locator(".connection")).not_to_contain_text("Stopped")
        visitor.button("Delete renamed@example.com").click()
        dialog.get_by_role("button", name="Cancel").click()
        expect(card).to_be_visible()
        visitor.button("Delete renamed@example.com").click()
        dialog.get_by_role("button", name="Delete").click()
        expect(card).to_have_count(0)
    assert [one["email"] for one in relay.call("GET", "/api/accounts").json()["data"]] == ["relay@example.com"]


def test_what_was_missed_is_fetched_and_how_far_is_shown(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/accounts")
        page.get_by_role("button", name="Fetch what was missed").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Fetch now").click()
        expect(page.locator(".toast")).to_be_visible()
        expect(dialog.locator("tbody tr").filter(has_text="聊天大厅")).to_have_count(1, timeout=30_000)
        visitor.shoot("backfill", whole=False)


def test_a_destination_that_the_relay_switches_off_shows_so_at_once(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        visitor.sign_in()
        visitor.go("/bots")
        row = visitor.page.locator("tbody tr").filter(has_text="demo feishu")
        expect(row.locator(".badge.good")).to_be_visible()
        expect(visitor.page.locator(".live-light.good").first).to_be_attached()
        bot_id = next(bot["id"] for bot in relay.call("GET", "/api/bots").json()["data"] if bot["platform"] == "feishu")
        assert relay.call("PUT", f"/api/bots/{bot_id}", {"status": "disabled"}).status_code == 200
        expect(row).to_contain_text("switched off by the administrator")
        assert relay.call("PUT", f"/api/bots/{bot_id}", {"status": "active"}).status_code == 200
        expect(row.locator(".badge.good")).to_be_visible()


def test_a_secret_of_a_destination_is_shown_once_or_masked_and_kept(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/bots")
        page.get_by_role("button", name="Add a destination").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Platform").select_option(label="Feishu")
        visitor.shoot("bot-form", whole=False)
        dialog.get_by_label("Platform").select_option(label="Signed webhook")
        dialog.get_by_label("Name").fill("Archive")
        dialog.get_by_label("Receiver's address").fill("https://hooks.example.com/kook")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.locator(".copy code")).to_contain_text("whsec_")
        dialog.get_by_role("button", name="Close").last.click()
        row = page.locator("tbody tr").filter(has_text="Archive")
        page.get_by_role("button", name="Change Archive").click()
        expect(dialog.get_by_label("Signing secret")).to_have_value("***")
        dialog.get_by_label("Name").fill("Archive 2")
        dialog.get_by_role("button", name="Save").click()
        expect(row.filter(has_text="Archive 2")).to_be_visible()
        row.get_by_role("switch").click()
        expect(row).to_contain_text("Off")
        page.get_by_role("button", name="Delete Archive 2").click()
        dialog.get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)


def test_a_mapping_is_made_from_kooks_list_changed_and_switched_off(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/mappings")
        visitor.button("Add a mapping").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Server").select_option(label="小红的服务器")
        dialog.get_by_label("Channel", exact=True).select_option(label="信息 / 游戏攻略")
        dialog.get_by_label("Destination").select_option(label="demo telegram · Telegram")
        dialog.get_by_text("Filters").click()
        dialog.get_by_label("Not with these words").fill("secret\n private ")
        dialog.get_by_label("Picture", exact=True).check()
        visitor.shoot("mapping-form", whole=False)
        dialog.get_by_role("button", name="Save").click()
        row = page.locator("tbody tr").filter(has_text="游戏攻略")
        expect(row).to_contain_text("2 filter(s)")
        page.get_by_role("button", name="Change 游戏攻略").click()
        dialog.get_by_label("When a message is deleted").select_option(label="Leave alone")
        dialog.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("no deletions")
        row.get_by_role("switch").click()
        expect(row.get_by_role("switch")).to_have_attribute("aria-checked", "false")
        with page.expect_download() as download:
            visitor.button("Export").click()
        exported = json.loads(Path(download.value.path()).read_text("utf-8"))
    kept = [one for one in exported["mappings"] if one["kook_channel_id"] == CHANNELS["游戏攻略"]]
    assert [(one["enabled"], one["delete_policy"], one["filters"]) for one in kept] == [
        (0, "ignore", {**kept[0]["filters"], "exclude_keywords": ["secret", "private"], "message_kinds": ["image"]})
    ]
    assert sum(one["kook_channel_id"] == ANNOUNCEMENTS for one in exported["mappings"]) == 3


def test_a_backup_is_made_downloaded_and_put_back(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/backups")
        page.get_by_role("button", name="Make a backup").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Passphrase").fill("a passphrase of many words")
        dialog.get_by_role("button", name="Make a backup").click()
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(1)
        with page.expect_download() as download:
            rows.get_by_role("button", name="Download").click()
        archive = Path(download.value.path()).read_bytes()
        assert archive.startswith(b"PK")
        rows.get_by_role("button", name="Restore").click()
        dialog.get_by_label("Passphrase").fill("not the passphrase")
        dialog.get_by_role("button", name="Replace the configuration").click()
        expect(dialog.locator(".notice.bad, .field-error").first).to_be_visible()
        dialog.get_by_label("Passphrase").fill("a passphrase of many words")
        dialog.get_by_role("button", name="Replace the configuration").click()
        expect(dialog.locator(".notice.good")).to_contain_text("1 account(s)")
        dialog.get_by_role("button", name="Close").last.click()
        expect(rows).to_have_count(2)  # what was there before is kept, too


def test_the_service_is_stopped_and_health_says_what_to_do(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/system")
        visitor.button("Stop the service").click()
        page.get_by_role("dialog").get_by_role("button", name="Stop the service").click()
        eventually(lambda: relay.call("GET", "/api/system/status").json()["service_state"] == "stopped")
        visitor.go("/health")
        worker = page.locator(".card").filter(has_text="Message queues")
        expect(worker.locator(".notice")).to_contain_text("What to do")
        visitor.shoot("health-stopped")
        worker.get_by_role("button", name="Start the service").click()
        expect(worker.locator(".badge.good")).to_be_visible(timeout=30_000)


def test_the_documents_of_the_api_are_a_press_away(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        visitor.sign_in()
        visitor.go("/system")
        visitor.page.get_by_role("link", name="API documents").click()
        expect(visitor.page.locator("#document")).to_contain_text("/api/accounts", timeout=30_000)


def test_a_new_password_ends_the_session(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/system")
        page.get_by_label("Present password").fill(ADMIN_PASSWORD)
        page.get_by_label("New password").fill("another-password-77")
        page.get_by_label("Once more").fill("another-password-78")
        visitor.button("Change the password").click()
        expect(visitor.text("The two differ")).to_be_visible()
        page.get_by_label("Once more").fill("another-password-77")
        visitor.button("Change the password").click()
        expect(page.locator("input[name=password]")).to_be_visible()
        visitor.sign_in("another-password-77")
    answer = relay.call("POST", "/api/auth/reset-password", {"new_password": ADMIN_PASSWORD})
    assert answer.status_code == 200, answer.text
