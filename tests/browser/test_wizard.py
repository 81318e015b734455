"""The wizard: from an empty relay to a delivered message, without touching a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.stage import NAMED_WEBHOOK_URL, challenge, console_stage, write
from tests.browser.visitor import ADMIN_PASSWORD, visiting
from tests.e2e.stage import VERIFY_TOKEN, Relay
from tests.embedded import EmbeddedStack
from tests.standins.kook_gateway import GatewayKookStandIn, KookGatewayStandIn
from tests.standins.kook_world import DEFAULT_BOT_TOKEN


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with console_stage(tmp_path) as running:
        yield running


@pytest.mark.parametrize(("language", "size"), [("zh", "desktop"), ("en", "phone")])
def test_the_wizard_ends_in_a_delivered_message(relay: Relay, browser: Browser, language: str, size: str) -> None:
    def word(zh: str, en: str) -> str:
        return zh if language == "zh" else en

    with visiting(browser, relay.stack.base_url, language=language, size=size) as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.follow(
            page.get_by_role("link", name=word("开始设置", "Start the set-up")), word("设置向导", "Set-up wizard")
        )

        # The account, and the light that waits for KOOK.
        page.get_by_label(word("账号名称（邮箱）", "Name of the account (an e-mail address)")).fill("not an address")
        page.get_by_label(word("机器人 Token", "Bot token"), exact=False).first.fill(DEFAULT_BOT_TOKEN)
        page.get_by_label("Verify Token").first.fill(VERIFY_TOKEN)
        visitor.button(word("保存并继续", "Save and go on")).click()
        expect(page.locator(".field-error").first).to_be_visible()
        visitor.shoot("wizard-account")
        page.get_by_label(word("账号名称（邮箱）", "Name of the account (an e-mail address)")).fill("relay@example.com")
        visitor.button(word("保存并继续", "Save and go on")).click()
        light = page.locator(".big-light")
        expect(light).to_contain_text(word("正在等待 KOOK 的验证", "Waiting for KOOK's challenge"))
        expect(page.locator(".copy code")).to_have_text(f"{relay.stack.base_url}/webhook/1")
        visitor.shoot("wizard-waiting")
        challenge(relay, 1)
        expect(light).to_contain_text(word("验证已收到", "challenge was received"), timeout=30_000)
        visitor.shoot("wizard-challenged")
        visitor.button(word("下一步", "Next")).click()

        # The destination: what is wrong is said at its field, a test that fails says why, and one that works so too.
        url = page.get_by_label(word("Webhook 地址", "Webhook URL")).first
        url.fill("https://example.com/not-discord")
        visitor.button(word("保存并测试", "Save, then test")).click()
        expect(page.locator(".field-error")).to_contain_text("discord.com")
        url.fill("https://discord.com/api/webhooks/1300000000000000009/gone-token")
        visitor.button(word("保存并测试", "Save, then test")).click()
        visitor.button(word("发送测试消息", "Send a test message")).click()
        expect(page.get_by_role("alert")).to_contain_text("Unknown Webhook")
        visitor.shoot("wizard-test-failed")
        visitor.button(word("修改设置", "Change its settings")).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(word("Webhook 地址", "Webhook URL")).first.fill(NAMED_WEBHOOK_URL)
        dialog.get_by_role("button", name=word("保存", "Save"), exact=True).click()
        expect(dialog).to_have_count(0)
        visitor.button(word("发送测试消息", "Send a test message")).click()
        expect(page.locator(".notice.good")).to_be_visible()
        visitor.shoot("wizard-tested")
        visitor.button(word("下一步", "Next")).click()

        # The mapping, by suggestion.
        visitor.button(word("匹配", "Match")).click()
        suggestions = page.locator(".suggestions li")
        expect(suggestions.filter(has_text="公告").first).to_contain_text("100%")
        visitor.shoot("wizard-mapping")
        page.get_by_role("button", name=word("建立选中的", "Map the")).click()

        # The message.
        expect(light).to_contain_text(word("正在等待消息", "Waiting for a message"))
        expect(page.locator(".live-light.good").first).to_be_attached()
        write(relay, "大家好，这是第一条消息")
        expect(light).to_contain_text(word("第一条消息已送达", "The first message has arrived"), timeout=60_000)
        expect(page.locator(".line-content")).to_contain_text("大家好，这是第一条消息")
        visitor.expect_within_window()
        visitor.shoot("wizard-arrived")
    assert any("大家好" in message.text for message in relay.received("discord"))


def test_a_gateway_account_needs_no_address_and_its_light_turns_green(tmp_path: Path, browser: Browser) -> None:
    with ExitStack() as stack:
        gateway = stack.enter_context(KookGatewayStandIn())
        kook = stack.enter_context(GatewayKookStandIn(gateway))
        environment = {
            "KOOK_API_BASE": kook.api_base,
            "OUTBOUND_ALLOW": "127.0.0.1/32",
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
        }
        relay = stack.enter_context(EmbeddedStack(tmp_path / "data", environment=environment))
        with visiting(browser, relay.base_url, language="en") as visitor:
            page = visitor.page
            visitor.sign_in()
            visitor.go("/wizard")
            page.get_by_role("radio", name="Gateway (WebSocket)").click()
            expect(page.get_by_label("Verify Token")).to_have_count(0)
            page.get_by_label("Name of the account (an e-mail address)").fill("home@example.com")
            page.get_by_label("Bot token").first.fill(DEFAULT_BOT_TOKEN)
            visitor.button("Save and go on").click()
            light = page.locator(".big-light")
            expect(light).to_contain_text("Connected to KOOK's gateway", timeout=30_000)
            expect(page.locator(".copy")).to_have_count(0)
            visitor.shoot("wizard-gateway")
