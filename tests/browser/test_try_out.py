"""`make standins`, followed by a person: the wizard ends in a delivered message, with nothing but what was printed."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.visitor import visiting
from tests.integration.test_try_out import printed, standins


def test_the_wizard_between_stand_ins_ends_in_a_delivered_message(browser: Browser) -> None:
    with standins() as lines:
        base_url = printed(lines, r"(http://127\.0\.0\.1:\d+)/console/")
        with visiting(browser, base_url, language="zh") as visitor:
            page = visitor.page
            visitor.sign_in(printed(lines, r"Password +(\S+)"))
            page.get_by_role("link", name="开始设置").click()
            page.get_by_label("账号名称（邮箱）").fill("me@example.com")
            page.get_by_label("机器人 Token").first.fill(printed(lines, r"Token +(1/\S+)"))
            page.get_by_label("Verify Token").first.fill(printed(lines, r"Verify Token +(\S+)"))
            visitor.button("保存并继续").click()
            expect(page.locator(".big-light")).to_contain_text("验证已收到", timeout=30_000)
            visitor.button("下一步").click()
            page.get_by_label("Webhook 地址").first.fill(printed(lines, r"(https://discord\.com/\S+)"))
            visitor.button("保存并测试").click()
            visitor.button("发送测试消息").click()
            expect(page.locator(".notice.good")).to_be_visible()
            visitor.button("下一步").click()
            visitor.button("匹配").click()
            page.get_by_role("button", name="建立选中的").click()
            expect(page.locator(".big-light")).to_contain_text("第一条消息已送达", timeout=60_000)
