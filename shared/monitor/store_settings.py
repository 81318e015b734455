"""The site's settings and the second factor in the monitor table. Secrets are sealed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from shared.monitor.rows import RECORD
from shared.monitor.settings import SECRET_NAMES, SiteSettings
from shared.monitor.table import Item, MonitorTable
from shared.security.sealing import Sealer

_ATTEMPTS = 8


class SettingsBusy(Exception):
    """Other writers were always faster; nothing was written."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What belongs to the one administrator. ``bound`` maps a provider (kook, github) to the id of the account there;
    ``second_factor_step`` is the time step of the code that was taken last, so that none is taken twice."""

    uuid: str = ""
    username: str = ""
    second_factor_secret: str = field(default="", repr=False)
    second_factor_step: int = 0
    bound: dict[str, str] = field(default_factory=dict)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Provider:
    """An OAuth2 client at a provider."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    revision: int = 0


class DynamoSettings:
    """Every method may raise StoreUnavailable; those that open secrets may raise SealBroken."""

    def __init__(self, table: MonitorTable, sealer: Sealer) -> None:
        self._table = table
        self._sealer = sealer

    def get(self) -> SiteSettings:
        return self._site(self._table.get("settings", RECORD))

    def change(self, changed: Callable[[SiteSettings], SiteSettings]) -> SiteSettings:
        """Replace the settings by what ``changed`` makes of them. Raises SettingsBusy."""
        for _ in range(_ATTEMPTS):
            item = self._table.get("settings", RECORD)
            after = changed(self._site(item))
            body = after.model_dump()
            for name in SECRET_NAMES:
                body[name] = self._sealer.seal(body[name], record="monitor/settings", field=name)
            if self._table.write(Item("settings", RECORD, body, 0 if item is None else item.revision)):
                return after
        raise SettingsBusy

    def _site(self, item: Item | None) -> SiteSettings:
        if item is None:
            return SiteSettings()
        body = dict(item.body)
        for name in SECRET_NAMES & set(body):
            body[name] = self._sealer.unseal(body[name], record="monitor/settings", field=name)
        return SiteSettings.model_validate(body)

    def profile(self) -> Profile:
        item = self._table.get("administrator", RECORD)
        if item is None:
            return Profile()
        body = dict(item.body)
        secret = self._sealer.unseal(body["second_factor_secret"], record="monitor/administrator", field="totp")
        return Profile(**{**body, "second_factor_secret": secret}, revision=item.revision)

    def write_profile(self, profile: Profile) -> bool:
        """False when it is not at its revision any more."""
        body: dict[str, Any] = asdict(profile)
        del body["revision"]
        body["second_factor_secret"] = self._sealer.seal(
            profile.second_factor_secret, record="monitor/administrator", field="totp"
        )
        return self._table.write(Item("administrator", RECORD, body, profile.revision))

    def provider(self, name: str) -> Provider:
        item = self._table.get("provider", name)
        if item is None:
            return Provider()
        secret = self._sealer.unseal(item.body["client_secret"], record=f"monitor/provider/{name}", field="secret")
        return Provider(str(item.body["client_id"]), secret, item.revision)

    def write_provider(self, name: str, provider: Provider) -> bool:
        """False when it is not at its revision any more."""
        secret = self._sealer.seal(provider.client_secret, record=f"monitor/provider/{name}", field="secret")
        body = {"client_id": provider.client_id, "client_secret": secret}
        return self._table.write(Item("provider", name, body, provider.revision))
