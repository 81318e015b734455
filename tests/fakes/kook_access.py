"""KOOK as the account use cases see it, scripted."""

from __future__ import annotations

from shared.relay.kook_access import KookIdentity


class FakeKookAccess:
    """Every token belongs to user 4242 unless ``failure`` (for user/me) or ``online_failure`` is set. ``calls``
    records (call, token)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.failure: Exception | None = None
        self.online_failure: Exception | None = None

    def identify(self, bot_token: str) -> KookIdentity:
        self._call("user/me", bot_token, self.failure)
        return KookIdentity("4242", "RelayBot")

    def go_online(self, bot_token: str) -> None:
        self._call("user/online", bot_token, self.online_failure)

    def go_offline(self, bot_token: str) -> None:
        self._call("user/offline", bot_token, self.online_failure)

    def _call(self, call: str, bot_token: str, failure: Exception | None) -> None:
        self.calls.append((call, bot_token))
        if failure is not None:
            raise failure
