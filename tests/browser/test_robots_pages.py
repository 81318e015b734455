"""Robots: activation codes, owners, a robot with its messages, commands, settings and callbacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kept_stage import KeptStage
from tests.browser.robots_stage import Device, login_code
from tests.browser.stage import console_stage
from tests.browser.visitor import Visitor, visiting
from tests.e2e.stage import Relay
from tests.embedded import API_TOKEN, eventually

PHONE = "13800001234"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStage[Relay]]:
    with KeptStage(lambda: console_stage(tmp_path_factory.mktemp("console"))) as kept:
        yield kept


@pytest.fixture
def relay(stages: KeptStage[Relay], request: pytest.FixtureRequest) -> Iterator[Relay]:
    with stages.lent_to(request.node) as running:
        yield running


def word(visitor: Visitor, zh: str, en: str) -> str:
    return zh if visitor.language == "zh" else en


def sign_in_as_owner(visitor: Visitor, relay: Relay, phone: str) -> None:
    page = visitor.page
    visitor.go("/robots")
    page.get_by_label(word(visitor, "手机号", "Phone number")).fill(phone)
    visitor.button(word(visitor, "发送验证码", "Send a code")).click()
    code = page.get_by_label(word(visitor, "验证码", "Code"), exact=True)
    code.fill(login_code(relay, phone))
    code.press("Enter")
    expect(page.locator(".bar")).to_be_visible()


def make_code(visitor: Visitor, owner: str) -> str:
    """An activation code for the owner with that phone number, made on the page."""
    page = visitor.page
    visitor.go("/robots/codes")
    visitor.button(word(visitor, "生成激活码", "Make codes")).click()
    dialog = page.get_by_role("dialog")
    choice = dialog.locator("select option").filter(has_text=owner)
    expect(choice).to_have_count(1)
    dialog.get_by_label(word(visitor, "主人", "Owner")).select_option(label=choice.inner_text())
    dialog.get_by_role("button", name=word(visitor, "生成激活码", "Make codes")).click()
    code = dialog.locator(".copy code").inner_text()
    dialog.get_by_role("button", name=word(visitor, "关闭", "Close")).last.click()
    expect(page.locator("tbody")).to_contain_text(code)
    return code


@pytest.mark.parametrize(("language", "size"), [("zh", "desktop"), ("en", "phone")])
def test_a_robot_from_its_code_to_a_message_that_was_sent(
    relay: Relay, browser: Browser, language: str, size: str
) -> None:
    phone = PHONE if language == "zh" else "13800005678"
    with visiting(browser, relay.stack.base_url, language=language, size=size) as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/robots")
        visitor.shoot("robots-owner")
        sign_in_as_owner(visitor, relay, phone)
        expect(page.locator(".empty")).to_be_visible()
        device = Device(relay, make_code(visitor, phone), f"device-{language}")
        visitor.shoot("robots-codes")
        visitor.expect_within_window()

        visitor.go("/robots")
        row = page.locator("tbody tr")
        expect(row).to_contain_text("Xiaomi Mi 10")
        visitor.shoot("robots")
        visitor.expect_within_window()
        link = row.get_by_role("link")
        visitor.follow(link, link.inner_text())
        expect(page.locator(".records, .empty").first).to_be_visible()

        # What it hears shows by itself, and stays text.
        evil = '<img src=x onerror="window.stolen=1">'
        device.report(evil)
        lines = page.locator(".records .line")
        expect(lines.first.locator(".line-content")).to_have_text(evil)
        assert page.evaluate("window.stolen") is None

        # A command, handed out to the device and reported on.
        page.get_by_label(word(visitor, "发给（群名或联系人）", "To (groups or contacts)")).fill("客户群，李四")
        page.get_by_label(word(visitor, "内容", "Text"), exact=True).fill("您好，货已发出")
        visitor.button(word(visitor, "发送", "Send")).click()
        expect(lines.first).to_contain_text("您好，货已发出")
        (command,) = eventually(device.commands)
        assert command["commandParams"]["titleList"] == ["客户群", "李四"]
        device.result(command["commandId"])
        expect(lines.first.locator(".badge.good")).to_be_visible(timeout=15_000)
        visitor.shoot("robot")
        visitor.expect_within_window()


def test_a_failed_command_says_why(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        sign_in_as_owner(visitor, relay, "13800003333")
        device = Device(relay, make_code(visitor, "13800003333"), "device-failing")
        visitor.go(f"/robots/{device.robot_id}")
        page.get_by_role("radio", name="File").click()
        page.get_by_label("To (groups or contacts)").fill("nobody")
        page.get_by_label("Address of the file").fill("https://example.com/reports/report.pdf?x=1")
        visitor.button("Send").click()
        for _ in range(3):  # it is tried three times in all
            (command,) = eventually(device.commands)
            assert command["commandParams"]["objectName"] == "report.pdf"
            device.result(command["commandId"], error_code=404, reason="no such group")
        line = page.locator(".records .line").filter(has_text="report.pdf")
        expect(line.locator(".badge.bad")).to_be_visible(timeout=30_000)
        expect(line.locator(".line-reason")).to_have_text("no such group")


def test_settings_and_callbacks_are_kept_and_refusals_shown(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        sign_in_as_owner(visitor, relay, "13800004444")
        visitor.button("Make a robot").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("Shop desk")
        dialog.get_by_role("button", name="Make a robot").click()
        expect(page.locator("h1")).to_have_text("Shop desk")

        settings = page.locator(".card").filter(has_text="Settings and answers")
        settings.get_by_label("Name").fill("Front desk")
        settings.get_by_label("Provider").select_option(label="deepseek")
        settings.get_by_label("Shortest delay (s)").fill("9")
        settings.get_by_label("Longest delay (s)").fill("3")
        settings.get_by_role("button", name="Save").click()
        expect(settings.get_by_role("alert")).to_contain_text("replyDelayMin")
        settings.get_by_label("Longest delay (s)").fill("12")
        settings.get_by_role("button", name="Save").click()
        expect(page.locator("h1")).to_have_text("Front desk")

        callbacks = page.locator(".card").filter(has_text="Callbacks")
        callbacks.get_by_label("Address for messages").fill("https://shop.example.com/heard")
        callbacks.get_by_label("Sign them").check()
        callbacks.get_by_role("button", name="Save").click()
        expect(callbacks.get_by_role("alert")).to_contain_text("secretKey")
        callbacks.get_by_label("Signing key").first.fill("a-signing-key-of-the-shop")
        callbacks.get_by_role("button", name="Save").click()
        expect(page.locator(".toast").filter(has_text="The callbacks were saved")).to_be_visible()
        # As the server has it, which a reload shows.
        page.reload()
        expect(page.locator("h1")).to_have_text("Front desk")
        callbacks = page.locator(".card").filter(has_text="Callbacks")
        expect(callbacks.get_by_label("Address for messages")).to_have_value("https://shop.example.com/heard")
        expect(callbacks.get_by_label("Signing key").first).to_have_value("")
        settings = page.locator(".card").filter(has_text="Settings and answers")
        expect(settings.get_by_label("Provider")).to_have_value("2")
        visitor.shoot("robot-settings")

        visitor.button("Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.locator("h1")).to_have_text("Robots")
        expect(page.locator(".empty")).to_be_visible()
        page.get_by_role("radio", name="Deleted").click()
        expect(page.locator("tbody tr")).to_contain_text("Front desk")


def test_the_administrator_unbinds_disables_and_reads_the_log(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        sign_in_as_owner(visitor, relay, "13800006666")
        code = make_code(visitor, "13800006666")
        Device(relay, code, "device-unbound")
        visitor.button("Refresh").click()
        row = page.locator("tbody tr").filter(has_text=code)
        row.get_by_role("button", name="Unbind").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("a new phone")
        dialog.get_by_role("button", name="Unbind").click()
        expect(row).to_contain_text("no device")
        row.get_by_role("button", name="Disable").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        expect(row.locator(".badge.bad")).to_be_visible()

        visitor.go("/robots/users")
        user = page.locator("tbody tr").filter(has_text="13800006666")
        visitor.shoot("robots-users")
        user.get_by_role("button", name="Disable").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        expect(user.locator(".badge.bad")).to_be_visible()

        visitor.go("/robots/activity")
        page.get_by_label("Kind").select_option(label="Audit")
        expect(page.locator("tbody tr").filter(has_text="a new phone")).to_have_count(1)
        visitor.shoot("robots-activity")
        # The owner who was disabled is out.
        visitor.go("/robots")
        expect(page.get_by_label("Phone number")).to_be_visible()


def test_an_api_token_is_told_what_it_cannot_open(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.open()
        page.get_by_role("radio", name="API token").click()
        page.locator("input[name=token]").fill(API_TOKEN)
        page.keyboard.press("Enter")
        page.locator(".shell main h1").wait_for()
        visitor.go("/robots/codes")
        expect(page.locator("main .notice")).to_contain_text("Sign in with the administrator's password")
