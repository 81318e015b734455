"""Content accounts and their pools: logging in by QR code, the three answers of a check, taking an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.content_stage import ContentStage, content_stage
from tests.browser.kept_stage import KeptStage
from tests.browser.visitor import Visitor, visiting
from tests.embedded import eventually


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStage[ContentStage]]:
    with KeptStage(lambda: content_stage(tmp_path_factory.mktemp("content"))) as kept:
        yield kept


@pytest.fixture
def stage(stages: KeptStage[ContentStage], request: pytest.FixtureRequest) -> Iterator[ContentStage]:
    with stages.lent_to(request.node) as running:
        yield running


def word(visitor: Visitor, zh: str, en: str) -> str:
    return zh if visitor.language == "zh" else en


@pytest.mark.parametrize(("language", "size", "platform"), [("zh", "desktop", "bilibili"), ("en", "phone", "toutiao")])
def test_a_login_by_qr_code_is_followed_to_its_account(
    stage: ContentStage, browser: Browser, language: str, size: str, platform: str
) -> None:
    codes = getattr(stage.site, platform)
    with visiting(browser, stage.relay.stack.base_url, language=language, size=size) as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/content")
        visitor.button(word(visitor, "扫码登录", "Log in by QR code")).click()
        dialog = page.get_by_role("dialog")
        names = {"bilibili": "哔哩哔哩", "toutiao": "Toutiao"}
        dialog.get_by_label(word(visitor, "平台", "Platform")).select_option(label=names[platform])
        dialog.get_by_role("button", name=word(visitor, "获取二维码", "Get a QR code")).click()
        picture = dialog.locator(".qr-picture img")
        expect(picture).to_be_visible()
        eventually(lambda: picture.evaluate("image => image.complete && image.naturalWidth > 0"))
        steps = dialog.locator(".qr-steps li")
        expect(steps.nth(0)).to_have_class("current")
        visitor.shoot("qr-waiting", whole=False)

        codes.scan(codes.tokens[-1])
        expect(steps.nth(1)).to_have_class("current")
        visitor.shoot("qr-scanned", whole=False)
        codes.confirm(codes.tokens[-1])
        expect(dialog.locator(".notice.good")).to_contain_text("小明")
        expect(dialog.locator(".badge.good")).to_have_text(word(visitor, "已登录", "Logged in"))
        visitor.shoot("qr-done", whole=False)
        visitor.follow(dialog.get_by_role("link", name=word(visitor, "查看账号", "Open the account")), "小明")
        expect(page.locator(".page-head .badge.good")).to_be_visible()
        visitor.expect_within_window()
        visitor.shoot("content-account")


def test_a_code_that_expired_or_was_refused_says_so_and_another_is_had(stage: ContentStage, browser: Browser) -> None:
    codes = stage.site.toutiao
    with visiting(browser, stage.relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/content?platform=toutiao")
        visitor.button("Log in by QR code").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Get a QR code").click()
        expect(dialog.locator(".qr-picture img")).to_be_visible()
        first = codes.tokens[-1]
        codes.refuse(first)
        expect(dialog.get_by_role("alert")).to_contain_text("refused on the phone")
        visitor.shoot("qr-refused", whole=False)
        dialog.get_by_role("button", name="Another code").click()
        expect(dialog.get_by_role("timer")).to_be_visible()
        expect(dialog.get_by_role("alert")).to_have_count(0)
        assert codes.tokens[-1] != first
        codes.expire(codes.tokens[-1])
        expect(dialog.get_by_role("alert")).to_contain_text("expired")


def test_an_account_that_must_log_in_again_gets_its_new_cookie_by_qr_code(
    stage: ContentStage, browser: Browser
) -> None:
    account_id = stage.add_account("bilibili", "renewed", "to renew", is_logged_in=False)
    codes = stage.site.bilibili
    with visiting(browser, stage.relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go(f"/content/{account_id}")
        visitor.button("Check").click()
        expect(page.locator(".page-head .badge.bad")).to_have_text("Expired")
        visitor.button("Log in again").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".qr-picture img")).to_be_visible()
        codes.scan(codes.tokens[-1])
        codes.confirm(codes.tokens[-1])
        expect(dialog.locator(".notice.good")).to_be_visible(timeout=15_000)
        dialog.get_by_role("button", name="Close").last.click()
        expect(page.locator(".page-head .badge.good")).to_have_text("Usable")
        expect(page).to_have_url(f"{stage.relay.stack.base_url}/console/#/content/{account_id}")


def test_a_platform_that_needs_its_own_page_takes_the_cookie_and_says_what_is_wrong_with_it(
    stage: ContentStage, browser: Browser
) -> None:
    with visiting(browser, stage.relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/content?platform=douyin")
        visitor.button("Log in by QR code").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Get a QR code").click()
        link = dialog.locator('a[href*="douyin.com"]')
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        visitor.shoot("qr-by-page", whole=False)
        dialog.get_by_label("Cookie").fill("no cookie at all")
        dialog.get_by_role("button", name="Hand the cookie over").click()
        expect(dialog.locator(".field-error")).to_contain_text("cookie")
        dialog.get_by_label("Cookie").fill(stage.site.issue("douyin", "by-page", "小红"))
        dialog.get_by_role("button", name="Hand the cookie over").click()
        expect(dialog.locator(".notice.good")).to_be_visible()
        dialog.get_by_role("button", name="Close").last.click()
        expect(dialog).to_have_count(0)
        expect(page.locator("tbody tr")).to_have_count(1)


def test_a_check_has_three_answers(stage: ContentStage, browser: Browser) -> None:
    good = stage.add_account("bilibili", "checked-1", "checked good")
    stage.add_account("toutiao", "checked-2", "checked over", is_logged_in=False)
    stage.add_account("xiaohongshu", "checked-3", "checked odd")
    stage.site.behave("xiaohongshu", "risk_control")
    with visiting(browser, stage.relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/content")
        for name, answer in (
            ("checked good", "Logged in"),
            ("checked over", "Must log in again"),
            ("checked odd", "Could not tell"),
        ):
            row = page.locator("tbody tr").filter(has_text=name)
            row.get_by_role("button", name="Check", exact=True).click()
            expect(row.locator(".badge").last).to_have_text(answer)
        expect(page.locator("tbody tr").filter(has_text="checked over")).to_contain_text("Expired")
        expect(page.locator("tbody tr").filter(has_text="checked odd")).to_contain_text("To be checked")
        visitor.shoot("content")
        page.get_by_label("State").select_option(label="Expired")
        expect(page.locator("tbody tr").filter(has_text="checked good")).to_have_count(0)
        expect(page.locator("tbody tr").filter(has_text="checked over")).to_have_count(1)

        visitor.button("Check all").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Start").click()
        expect(dialog.locator(".notice")).to_contain_text("were checked", timeout=40_000)
        # Accounts of other tests that must log in again may be here, too.
        expect(dialog.locator(".tile.bad .tile-value")).to_have_text(re.compile("[1-9]"))
        expect(dialog.locator(".tile.warn .tile-value")).to_have_text("1")
        visitor.shoot("content-check-all", whole=False)
        dialog.get_by_role("button", name="Close").last.click()

        # An account that must log in again gets its new cookie by hand, and is known to be logged in after a check.
        visitor.follow(page.get_by_role("link", name="checked over"), "checked over")
        expect(page.locator(".page-head .badge.bad")).to_be_visible()
        visitor.shoot("content-account-expired")
        visitor.button("Change checked over").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Cookie").fill(stage.site.issue("toutiao", "checked-2-anew"))
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator(".page-head .badge.info")).to_be_visible()
        visitor.button("Check").click()
        expect(page.locator(".notice.good")).to_contain_text("Logged in")
        expect(page.locator(".page-head .badge.good")).to_be_visible()

        # The cookie is shown on demand, and the look at it is on record.
        visitor.go(f"/content/{good}")
        visitor.button("Show the cookie").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("button", name="Show the cookie").click()
        expect(dialog.locator(".copy code")).to_contain_text("SESSDATA=checked-1")
    trail = stage.relay.call("GET", "/api/audit").json()["data"]
    assert [row for row in trail if row["action"] == "accounts.cookies"]


@pytest.mark.parametrize(("language", "size"), [("zh", "desktop"), ("en", "phone")])
def test_a_pool_is_filled_checked_and_gives_an_account_out(
    stage: ContentStage, browser: Browser, language: str, size: str
) -> None:
    names = [f"{language} pool {number}" for number in (1, 2)]
    for number, name in enumerate(names):
        stage.add_account("bilibili", f"{language}-pool-{number}", name, is_logged_in=number == 0)
    with visiting(browser, stage.relay.stack.base_url, language=language, size=size) as visitor:
        page = visitor.page
        # An empty pool has nothing to give out.
        visitor.ignore("Failed to load resource: the server responded with a status of 503")
        visitor.sign_in()
        visitor.go("/content/pools")
        visitor.button(word(visitor, "新建账号池", "Make a pool")).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(word(visitor, "名称", "Name")).fill(f"{language} 发布")
        dialog.get_by_label(word(visitor, "策略", "Strategy")).select_option(
            label=word(visitor, "最少使用", "Least used")
        )
        dialog.get_by_role("button", name=word(visitor, "保存", "Save")).click()
        expect(page.locator("h1")).to_have_text(f"{language} 发布")
        visitor.button(word(visitor, "取一个", "Take one")).click()
        expect(page.get_by_role("alert")).not_to_contain_text("503")
        for name in names:
            visitor.button(word(visitor, "加入账号", "Add an account")).click()
            dialog = page.get_by_role("dialog")
            option = dialog.locator("option").filter(has_text=name)
            dialog.get_by_label(word(visitor, "账号", "Account")).first.select_option(label=option.inner_text())
            dialog.get_by_role("button", name=word(visitor, "加入账号", "Add an account")).click()
            expect(dialog).to_have_count(0)
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(2)
        visitor.button(word(visitor, "检查成员", "Check them")).click()
        expect(rows.filter(has_text=names[0]).locator(".badge.good").first).to_be_visible(timeout=15_000)
        expect(rows.filter(has_text=names[1]).locator(".badge.bad").first).to_be_visible(timeout=15_000)
        visitor.button(word(visitor, "取一个", "Take one")).click()
        expect(page.locator(".notice.good")).to_contain_text(names[0])
        visitor.shoot("pool")
        visitor.expect_within_window()
        page.locator(".notice").get_by_role("button", name=word(visitor, "成功", "Worked")).click()
        expect(page.locator(".notice.good")).to_have_count(0)
        visitor.follow(page.get_by_role("link", name=names[0]), names[0])
        expect(page.locator("tbody tr")).to_contain_text("console")
        visitor.go("/content/pools")
        visitor.shoot("pools")
