"""One Chromium for all browser tests of a process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.kept_stage import FAILED, KeptStage
from tests.browser.visitor import CHROMIUM, NO_CHROMIUM, WAIT_MS, chromium
from tests.embedded import eventually

# A stage may have to be started within a test's time, and a page is drawn as fast as the machine has time for it.
_TEST_SECONDS = 240
_COUNTING_SECONDS = 60
_FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _FOLDER in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_TEST_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    before = call.when != "setup" and item.stash.get(FAILED, False)
    item.stash[FAILED] = before or report.failed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests failed first and then passed, and why they failed; .ci/run takes the line of it."""
    passed = {report.nodeid for report in terminalreporter.stats.get("passed", [])}
    failures = [report for report in terminalreporter.stats.get("rerun", []) if report.nodeid in passed]
    if not failures:
        return
    for report in failures:
        terminalreporter.section(f"failed at first: {report.nodeid}")
        terminalreporter.line(report.longreprtext)
    names = sorted({report.nodeid.removeprefix("tests/browser/") for report in failures})
    terminalreporter.section("passed at a second try")
    terminalreporter.line(f"FLAKY: {len(names)} passed at a second try: {', '.join(names)}")


@pytest.fixture
def no_new_day() -> None:
    """For tests that count what came today: in the last seconds of a day (UTC, as the relay counts) they wait for the
    next one."""

    def seconds_left() -> float:
        now = dt.datetime.now(dt.UTC)
        return (now.replace(hour=23, minute=59, second=59) - now).total_seconds()

    eventually(lambda: seconds_left() > _COUNTING_SECONDS, 2 * _COUNTING_SECONDS, pause_seconds=1)


@pytest.fixture(scope="session")
def browsers() -> Iterator[KeptStage[Browser]]:
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    # Playwright's own five seconds are short for what a relay does on a busy machine; a wait ends when it may.
    expect.set_options(timeout=WAIT_MS)
    with KeptStage(chromium) as kept:
        yield kept


@pytest.fixture
def browser(browsers: KeptStage[Browser], request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Another one after a test that failed: it may have been Chromium that did."""
    with browsers.lent_to(request.node) as running:
        yield running
