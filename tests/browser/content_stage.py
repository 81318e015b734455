"""A relay whose content platforms are a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.visitor import ADMIN_PASSWORD
from tests.e2e.stage import Relay, running_relay
from tests.standins.content_platforms import PLATFORMS, ContentPlatformsStandIn


@dataclass(frozen=True, slots=True)
class ContentStage:
    relay: Relay
    site: ContentPlatformsStandIn

    def add_account(self, platform: str, session: str, name: str, *, is_logged_in: bool = True) -> str:
        """An account with that session's cookie; its id."""
        cookie = self.site.issue(platform, session)
        if not is_logged_in:
            self.site.revoke(platform, session)
        body = {"platform": platform, "cookie_data": cookie, "account_name": name}
        answer = self.relay.call("POST", "/api/v1/accounts", body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["account_id"])


@contextmanager
def content_stage(folder: Path) -> Iterator[ContentStage]:
    with ContentPlatformsStandIn() as site:
        bases = ",".join(f"{name}={site.base_url}" for name in PLATFORMS)
        environment = {
            "ADMIN_PASSWORD": ADMIN_PASSWORD,
            "OUTBOUND_ALLOW": "127.0.0.0/8",
            "CONTENT_PLATFORM_BASES": bases,
        }
        with running_relay(folder, environment) as relay:
            yield ContentStage(relay, site)
