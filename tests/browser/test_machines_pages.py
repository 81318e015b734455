"""Machines: adding one and seeing it report, charts of load and pings, ping tasks, the monitor's settings."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kept_stage import KeptStage
from tests.browser.machines_stage import Agent, MachinesStage, Monitor, machines_stage
from tests.browser.visitor import Visitor, expect_drawn, visiting
from tests.e2e.stage import Relay
from tests.embedded import API_TOKEN, eventually

# Which part of the canvas' columns between the axes has the accent's colour in it.
COLUMNS_IN_ACCENT = """canvas => {
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    const wanted = [1, 3, 5].map((start) => parseInt(accent.slice(start, start + 2), 16));
    const { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    const left = 60 * devicePixelRatio;
    const hasIt = (x) => {
        for (let y = 0; y < height; y += 1) {
            const at = (y * width + x) * 4;
            const isNear = (part, index) => Math.abs(part - data[at + index]) < 24;
            if (data[at + 3] > 200 && wanted.every(isNear)) return true;
        }
        return false;
    };
    let count = 0;
    for (let x = left; x < width; x += 1) count += hasIt(x) ? 1 : 0;
    return count / (width - left);
}"""
DAY_SECONDS = 86_400
SILENT_HOURS = range(8, 16)


def moment(epoch_seconds: int) -> str:
    return dt.datetime.fromtimestamp(epoch_seconds, dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def played_load(uuid: str, now: int) -> dict[str, Any]:
    """A day's records of five minutes, as the monitor answers, with nothing in the silent hours."""
    gib = 1024**3
    records = []
    for age in range(DAY_SECONDS, 0, -300):
        hour = (DAY_SECONDS - age) / 3600
        if int(hour) in SILENT_HOURS:
            continue
        wave = 1 + math.sin(hour / 2.1)
        records.append(
            {
                "client": uuid,
                "time": moment(now - age),
                "cpu": 22 + 24 * wave + 6 * math.sin(age),
                "ram": int((2.4 + 0.9 * wave) * gib),
                "ram_total": 8 * gib,
                "swap": gib // 5,
                "swap_total": 2 * gib,
                "load": 0.4 + wave / 2,
                "disk": int((60 + hour / 10) * gib),
                "disk_total": 80 * gib,
                "net_in": int(900_000 * wave) + 40_000,
                "net_out": int(220_000 * wave) + 20_000,
                "process": 180 + int(9 * wave),
                "connections": 120 + int(40 * wave),
                "connections_udp": 12,
            }
        )
    data = {"count": len(records), "records": records, "has_gpu_data": False, "load_type": ""}
    return {"status": "success", "message": "", "data": data}


def played_pings(uuid: str, now: int) -> dict[str, Any]:
    """Two tasks, asked at different moments; the second loses every ninth ping."""
    records, tasks = [], []
    for task_id, name, usual_ms in ((1, "北京联通", 28), (2, "洛杉矶", 162)):
        for number, age in enumerate(range(DAY_SECONDS - task_id, 0, -300)):
            value = -1 if task_id == 2 and number % 9 == 0 else usual_ms + int(9 * math.sin(number / 7)) + number % 5
            records.append({"task_id": task_id, "client": uuid, "time": moment(now - age), "value": value})
        figures = {
            "loss": 0.0 if task_id == 1 else 11.1,
            "min": usual_ms - 9,
            "max": usual_ms + 13,
            "avg": usual_ms + 2.0,
        }
        tasks.append(
            {"id": task_id, "name": name, "type": "icmp", "interval": 300, "default_on": True, "total": 288, **figures}
        )
    return {"status": "success", "message": "", "data": {"count": len(records), "records": records, "tasks": tasks}}


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptStage[MachinesStage]]:
    with KeptStage(lambda: machines_stage(tmp_path_factory.mktemp("machines"))) as kept:
        yield kept


@pytest.fixture
def stage(stages: KeptStage[MachinesStage], request: pytest.FixtureRequest) -> Iterator[MachinesStage]:
    with stages.lent_to(request.node) as running:
        yield running


@pytest.fixture
def relay(stage: MachinesStage) -> Relay:
    return stage.relay


@pytest.fixture
def monitor(stage: MachinesStage) -> Monitor:
    return stage.monitor


@pytest.fixture
def drawn(stage: MachinesStage) -> str:
    return stage.drawn


def word(visitor: Visitor, zh: str, en: str) -> str:
    return zh if visitor.language == "zh" else en


@pytest.mark.parametrize(("language", "size"), [("zh", "desktop"), ("en", "phone")])
def test_a_machine_is_added_reports_and_is_watched_live(
    relay: Relay, drawn: str, browser: Browser, language: str, size: str
) -> None:
    name = f"web-{language}"
    with visiting(browser, relay.stack.base_url, language=language, size=size) as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/machines")
        page.get_by_role("button", name=word(visitor, "添加机器", "Add a machine")).first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label(word(visitor, "名称", "Name")).fill(name)
        dialog.get_by_role("button", name=word(visitor, "添加机器", "Add a machine")).click()
        command, token = (dialog.locator(".copy code").nth(index) for index in (0, 1))
        expect(command).to_contain_text(f"-e {relay.stack.base_url} -t {token.inner_text()}")
        visitor.shoot("machine-added", whole=False)
        given = token.inner_text()
        dialog.get_by_role("button", name=word(visitor, "关闭", "Close")).last.click()
        card = page.locator(".machine").filter(has_text=name)
        expect(card).to_contain_text(word(visitor, "等待第一次上报", "Waiting for its first report"))

        agent = Agent(relay, given)
        with agent.reporting():
            expect(card.locator(".badge.good")).to_be_visible(timeout=15_000)
            expect(card.locator(".share-value").first).to_contain_text("37%")
            agent.cpu_percent = 93.0
            expect(card.locator(".share.bad .share-value").first).to_contain_text("93%")
            expect(page.locator("main .live-light.good")).to_be_visible()
            visitor.shoot("machines")
            visitor.expect_within_window()


def test_a_machine_that_falls_silent_is_shown_offline(
    relay: Relay, monitor: Monitor, drawn: str, browser: Browser
) -> None:
    uuid, token = monitor.add_node("silent")
    agent = Agent(relay, token)
    agent.introduce()
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        visitor.sign_in()
        visitor.go("/machines")
        card = visitor.page.locator(".machine").filter(has_text="silent")
        agent.report()
        expect(card.locator(".badge.good")).to_be_visible()
        # A machine that posts counts as online for 35 seconds.
        expect(card.locator(".badge.bad")).to_be_visible(timeout=60_000)
        expect(card).to_contain_text("last report")

        # The health page names it and leads to it.
        visitor.go("/health")
        health = visitor.page.locator(".card").filter(has_text="Monitored machines")
        expect(health.get_by_role("link", name="See the machines")).to_be_visible(timeout=60_000)
        visitor.follow(health.locator(f'a[href="#/machines/{uuid}"]'), "silent")


def test_a_machine_is_changed_its_command_shown_and_it_is_deleted(
    relay: Relay, monitor: Monitor, browser: Browser
) -> None:
    uuid, token = monitor.add_node("to change")
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go(f"/machines/{uuid}")
        visitor.button("Change to change").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill('renamed <img src=x onerror="window.stolen=1">')
        dialog.get_by_label("Group").fill("Web servers")
        dialog.get_by_label("Tags").fill("edge;berlin")
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator("h1")).to_have_text('renamed <img src=x onerror="window.stolen=1">')
        assert page.evaluate("window.stolen") is None
        expect(dialog).to_have_count(0)
        expect(page.locator("main .line-kind").filter(has_text="berlin")).to_be_visible()
        visitor.button("Install command").click()
        expect(dialog.locator(".copy code").first).to_contain_text(f"-t {token}")
        dialog.get_by_role("radio", name="Windows").click()
        expect(dialog.locator(".copy code").first).to_contain_text(f"'-t' '{token}'")
        visitor.shoot("machine-install", whole=False)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        visitor.button("Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page).to_have_url(f"{relay.stack.base_url}/console/#/machines")
        expect(page.locator(".machine").filter(has_text="drawn")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("renamed")


def test_ping_tasks_and_settings(relay: Relay, monitor: Monitor, browser: Browser) -> None:
    monitor.add_node("pinging")
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go("/machines/pings")
        page.get_by_role("button", name="Add a task").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill("the site")
        dialog.get_by_label("Way").select_option(label="TCP")
        dialog.get_by_label("Target").fill("example.com:443")
        expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
        dialog.get_by_label("pinging").check()
        dialog.get_by_role("button", name="Save").click()
        row = page.locator("tbody tr").filter(has_text="the site")
        expect(row).to_contain_text("example.com:443")
        expect(row).to_contain_text("pinging")
        visitor.button("Change the site").click()
        dialog.get_by_label("Interval").fill("30")
        dialog.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("30s")
        visitor.shoot("machine-pings")
        visitor.button("Delete the site").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(row).to_have_count(0)

        visitor.go("/machines/settings")
        page.get_by_label("Auto-discovery key").first.fill("short")
        visitor.button("Save").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Auto-discovery key").first.fill("a-key-that-is-long-enough")
        page.get_by_label("Name of the site").fill("The machines of the shop")
        visitor.button("Save").click()
        expect(page.locator("details summary")).to_be_visible()
        visitor.shoot("machine-settings")
    kept = monitor.call("GET", "/api/admin/settings/")["data"]
    assert (kept["auto_discovery_key"], kept["sitename"]) == ("a-key-that-is-long-enough", "The machines of the shop")


# The first record of a machine's load takes up to two minutes.
@pytest.mark.timeout(360)
@pytest.mark.parametrize(("language", "size"), [("zh", "desktop"), ("en", "phone")])
def test_load_and_pings_are_drawn_by_range(
    relay: Relay, monitor: Monitor, drawn: str, browser: Browser, language: str, size: str
) -> None:
    eventually(lambda: monitor.call("GET", f"/api/records/load?uuid={drawn}&hours=1")["data"]["count"] > 0, 180)
    with visiting(browser, relay.stack.base_url, language=language, size=size) as visitor:
        page = visitor.page
        visitor.sign_in()
        visitor.go(f"/machines/{drawn}")
        expect(page.locator("h1")).to_have_text("drawn")
        expect(page.locator(".tile-value").first).to_contain_text("37%")
        charts = page.locator(".chart canvas")
        expect(charts).to_have_count(7, timeout=30_000)
        for index in range(7):
            expect_drawn(charts.nth(index))
        figures = page.locator(".table-frame tbody tr").filter(has_text="gateway")
        for figure in ("10%", "11 ms", "90 ms"):
            expect(figures).to_contain_text(figure)
        visitor.expect_within_window()
        visitor.shoot("machine")
        page.get_by_role("radio", name=word(visitor, "1 小时", "1 hour")).click()
        expect(charts).to_have_count(7, timeout=30_000)
        longest = page.get_by_role("radio", name=word(visitor, "30 天", "30 days"))
        longest.click()
        expect(longest).to_have_attribute("aria-checked", "true")
        expect(page.locator("main .skeleton")).to_have_count(0)
        expect(page.locator("main .notice.bad")).to_have_count(0)


def test_a_day_with_a_silent_stretch_is_drawn_with_a_gap(relay: Relay, drawn: str, browser: Browser) -> None:
    """The day is played to the page: a real one would take a day."""
    now = int(time.time()) // 300 * 300
    with visiting(browser, relay.stack.base_url, language="zh", dark=True) as visitor:
        page = visitor.page
        page.route("**/api/records/load?*", lambda route: route.fulfill(json=played_load(drawn, now)))
        page.route("**/api/records/ping?*", lambda route: route.fulfill(json=played_pings(drawn, now)))
        visitor.sign_in()
        visitor.go(f"/machines/{drawn}")
        page.get_by_role("radio", name="24 小时").click()
        cpu = page.locator(".chart").first
        expect(cpu.locator("canvas")).to_be_visible()
        # Eight of twenty-four hours are silent. Before, the same day's last four hours were shown, in which none is.
        eventually(lambda: 0.5 < cpu.locator("canvas").evaluate(COLUMNS_IN_ACCENT) < 0.75)
        visitor.shoot("machine-day")


def test_without_a_socket_the_machines_are_polled(relay: Relay, monitor: Monitor, browser: Browser) -> None:
    _, token = monitor.add_node("polled")
    agent = Agent(relay, token)
    with agent.reporting(), visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        page.route_web_socket("**/api/clients", lambda socket: socket.close())
        visitor.sign_in()
        visitor.go("/machines")
        expect(page.locator("main .live-light.warn")).to_contain_text("Polling")
        card = page.locator(".machine").filter(has_text="polled")
        expect(card.locator(".badge.good")).to_be_visible(timeout=15_000)
        expect(card.locator(".share-value").first).to_contain_text("37%")


def test_an_api_token_is_told_what_it_cannot_open(relay: Relay, browser: Browser) -> None:
    with visiting(browser, relay.stack.base_url, language="en") as visitor:
        page = visitor.page
        visitor.open()
        page.get_by_role("radio", name="API token").click()
        page.locator("input[name=token]").fill(API_TOKEN)
        page.keyboard.press("Enter")
        page.locator(".shell main h1").wait_for()
        visitor.go("/machines")
        expect(page.locator("main .notice")).to_contain_text("Sign in with the administrator's password")
