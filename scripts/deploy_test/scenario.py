"""What the deployed stack must do: relay KOOK's events to the platforms, and keep everything through an upgrade."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from local.demo.arrivals import number_of
from local.demo.posts import Post, all_posts, marker
from local.demo.stage import RelayClient, StandIns, configure
from scripts.deploy_test.stack import DeployFailed

_DEADLINE_SECONDS = 90
_POLL_SECONDS = 0.25
# What must be the same after an upgrade, by path, with what is allowed to differ left out.
_KEPT = ("/api/accounts", "/api/bots", "/api/mappings")
_LIVE_FIELDS = frozenset({"connection", "circuit", "destinations", "last_active", "updated_at", "health"})


class Scenario:
    """``say`` is told each step that came out right. Every step raises DeployFailed."""

    def __init__(self, relay: RelayClient, stage: StandIns, say: Callable[[str], None]) -> None:
        self._relay = relay
        self._stage = stage
        self._say = say
        self._next_number = 1
        self._kept: dict[str, Any] = {}

    def configure(self) -> None:
        configure(self._relay)
        self._say("two KOOK accounts, three bots and three mappings were made over the HTTP API")

    def relay_an_event(self) -> None:
        """One KOOK post, encrypted where the account has a key, arrives once on every platform."""
        post = self._accepted(encrypted=True)
        self._arrives([post])
        self._say(f"an encrypted {post.kind} event passed through the deployed stack to {self._platforms()}")

    def hold_an_event(self) -> Post:
        """Stop the relay; what KOOK posts then stays in the queues."""
        self._relay.call("POST", "/api/system/stop")
        held = self._accepted(encrypted=False)
        self._kept = self._configuration()
        self._say("the relay was stopped, and one more event waits in its queues")
        return held

    def survive_the_upgrade(self, held: Post) -> None:
        """The configuration and the log are what they were; the held event is delivered once."""
        for path, before in self._kept.items():
            if not holds(after := self._configuration()[path], before):
                raise DeployFailed(f"{path} changed in the upgrade: {before} became {after}")
        if self._arrivals(held):
            raise DeployFailed("the upgrade started the relay that was stopped")
        self._relay.call("POST", "/api/system/start")
        self._arrives([held])
        rows = self._log()
        if len(rows) != 2 * len(self._stage.platforms) or {status for _, status, _ in rows} != {"success"}:
            raise DeployFailed(f"the log after the upgrade: {rows}")
        self._say("accounts, bots, mappings and the log are as they were; the held event was delivered once")

    # --- inside ---

    def _accepted(self, *, encrypted: bool) -> Post:
        """The next post of that kind, taken by the webhook."""
        made = all_posts(self._next_number)
        post = next(post for post in made if post.is_encrypted is encrypted and post.kind == "text")
        self._next_number = post.number + 1
        path = f"/webhook/{2 if encrypted else 1}?compress=0"
        answer = self._relay.post_webhook(self._relay.base_url + path, post.body)
        if answer.status_code != 200:
            raise DeployFailed(f"POST {path}: {answer.status_code} {answer.text[:500]}")
        return post

    def _arrivals(self, post: Post) -> dict[str, int]:
        """How often a post arrived, by platform; those where it never did are left out."""
        found = {
            name: sum(number_of(message) == post.number for message in stand_in.received())
            for name, stand_in in self._stage.platforms.items()
        }
        return {name: count for name, count in found.items() if count}

    def _arrives(self, posts: Sequence[Post]) -> None:
        deadline = time.monotonic() + _DEADLINE_SECONDS
        once = dict.fromkeys(self._stage.platforms, 1)
        while time.monotonic() < deadline:
            if all(self._arrivals(post).keys() == once.keys() for post in posts) and not self._open_deliveries():
                break
            time.sleep(_POLL_SECONDS)
        for post in posts:
            if (seen := self._arrivals(post)) != once:
                raise DeployFailed(
                    f"event {marker(post.number)} arrived {seen} times instead of {once}; the log: {self._log()}"
                )

    def _log(self) -> list[tuple[str, str, str]]:
        rows = self._relay.call("GET", "/api/logs?limit=100")["data"]
        return [(row["target_platform"], row["status"], str(row.get("error_message", ""))) for row in rows]

    def _open_deliveries(self) -> int:
        total: int = self._relay.call("GET", "/api/logs?limit=1&status=pending")["total"]
        return total

    def _configuration(self) -> dict[str, Any]:
        def settled(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: settled(part) for name, part in value.items() if name not in _LIVE_FIELDS}
            return [settled(part) for part in value] if isinstance(value, list) else value

        return {path: settled(self._relay.call("GET", path)) for path in _KEPT}

    def _platforms(self) -> str:
        return ", ".join(sorted(self._stage.platforms))


def holds(after: Any, before: Any) -> bool:
    """Whether all that was there is there unchanged. A newer version may show fields that the older one did not."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and holds(after[name], value) for name, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(holds, after, before))
    return bool(after == before)
