"""The page at /docs: every operation of the four documents, in both languages, under the console's strict policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import ADMIN_PASSWORD, visiting
from tests.embedded import REPOSITORY_ROOT, EmbeddedStack

AREAS = {"relay": "消息转发", "robots": "机器人", "accounts": "内容账号", "monitor": "机器监控"}
# Swagger UI puts more than a hundred operations on a page.
_DEADLINE_MS = 60_000


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    folder = tmp_path_factory.mktemp("documents") / "data"
    with EmbeddedStack(folder, environment={"ADMIN_PASSWORD": ADMIN_PASSWORD}) as running:
        yield running


def operations(area: str) -> list[dict[str, Any]]:
    name = "relay.openapi" if area == "relay" else area
    document = json.loads((REPOSITORY_ROOT / "docs" / "api" / f"{name}.json").read_text("utf-8"))
    return [
        operation for item in document["paths"].values() for method, operation in item.items() if method != "parameters"
    ]


@pytest.mark.parametrize("area", AREAS)
def test_every_operation_of_an_area_is_shown(stack: EmbeddedStack, browser: Browser, area: str) -> None:
    expected = operations(area)
    with visiting(browser, stack.base_url, language="zh") as visitor:
        visitor.page.goto(f"{stack.base_url}/docs")
        visitor.page.get_by_role("link", name=AREAS[area], exact=True).click()
        blocks = visitor.page.locator(".opblock")
        expect(blocks).to_have_count(len(expected), timeout=_DEADLINE_MS)
        expect(visitor.text(expected[0]["x-summary-zh"]).first).to_be_visible()
        visitor.page.locator("#language").click()
        expect(visitor.text(expected[0]["summary"]).first).to_be_visible(timeout=_DEADLINE_MS)
        expect(blocks).to_have_count(len(expected), timeout=_DEADLINE_MS)
        visitor.shoot(f"api-{area}", whole=False)


def test_a_call_can_be_made_from_the_page(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="en", dark=True) as visitor:
        visitor.page.goto(f"{stack.base_url}/console/docs/index.html?area=monitor")
        block = visitor.page.locator(".opblock", has=visitor.page.locator("[data-path='/api/version']"))
        block.locator(".opblock-summary-control").click(timeout=_DEADLINE_MS)
        block.get_by_role("button", name="Try it out").click()
        block.get_by_role("button", name="Execute").click()
        answer = block.locator(".live-responses-table")
        expect(answer).to_contain_text("200", timeout=_DEADLINE_MS)
        expect(answer).to_contain_text('"status"')
        expect(block.locator(".request-url")).to_contain_text(f"{stack.base_url}/api/version")
        visitor.shoot("api-call", whole=False)


def test_a_phone_is_wide_enough(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="zh", size="phone") as visitor:
        visitor.page.goto(f"{stack.base_url}/console/docs/index.html?area=accounts")
        expect(visitor.page.locator(".opblock")).to_have_count(len(operations("accounts")), timeout=_DEADLINE_MS)
        visitor.expect_within_window()
        visitor.shoot("api-accounts", whole=False)


def test_a_document_that_cannot_be_loaded_is_told(stack: EmbeddedStack, browser: Browser) -> None:
    with visiting(browser, stack.base_url, language="en") as visitor:
        visitor.page.route("**/openapi/relay.json", lambda route: route.fulfill(status=404, body="gone"))
        visitor.page.goto(f"{stack.base_url}/console/docs/index.html")
        expect(visitor.page.get_by_role("alert")).to_have_text(
            "The API document could not be loaded: openapi/relay.json: 404"
        )
