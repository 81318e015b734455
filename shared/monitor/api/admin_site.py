"""/api/admin/settings and /api/admin/logs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from shared.monitor.api.answers import caller, success
from shared.monitor.audit import AuditLog, shown_entry
from shared.monitor.errors import MonitorError
from shared.monitor.oauth import PROVIDERS
from shared.monitor.settings import SiteSettings
from shared.monitor.store_settings import DynamoSettings
from shared.web.parameters import query_integer
from shared.web.request_json import json_object
from shared.web.validation import validated

_DEFAULT_LIMIT, _MAX_LIMIT, _MAX_PAGE = 20, 100, 2_000


class ProviderSettings(BaseModel):
    """An OAuth2 client; a secret that is left out or empty stays as it is."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    client_id: str = Field(max_length=256, pattern=r"^[!-~]*$")
    client_secret: str = Field("", max_length=1024, pattern=r"^[!-~]*$", repr=False)


class SiteViews:
    def __init__(self, store: DynamoSettings, audit: AuditLog) -> None:
        self._store = store
        self._audit = audit

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("admin_site", __name__, url_prefix="/api/admin")
        blueprint.get("/settings/")(self.settings)
        blueprint.post("/settings/")(self.change)
        blueprint.get("/settings/oidc")(self.provider)
        blueprint.post("/settings/oidc")(self.change_provider)
        blueprint.get("/logs")(self.logs)
        return blueprint

    def settings(self) -> Response:
        return success(self._store.get().model_dump())

    def change(self) -> Response:
        sent = {name: value for name, value in json_object().items() if value is not None}

        def changed(site: SiteSettings) -> SiteSettings:
            return validated(SiteSettings, {**site.model_dump(), **sent})

        self._store.change(changed)
        names = sorted(set(sent) & set(SiteSettings.model_fields))
        self._audit.note("info", f"update settings: {', '.join(names)}", caller())
        return success()

    def provider(self) -> Response:
        """Whether a secret is set is told, the secret is not."""
        name = _provider_name()
        provider = self._store.provider(name)
        shown: dict[str, Any] = {"provider": name, "client_id": provider.client_id}
        return success({**shown, "client_secret_set": bool(provider.client_secret)})

    def change_provider(self) -> Response:
        name = _provider_name()
        wanted = validated(ProviderSettings, json_object())
        before = self._store.provider(name)
        secret = wanted.client_secret or before.client_secret
        if not self._store.write_provider(name, replace(before, client_id=wanted.client_id, client_secret=secret)):
            raise MonitorError("BUSY")
        self._audit.note("warn", f"update OAuth provider: {name}", caller())
        return success()

    def logs(self) -> Response:
        limit = query_integer("limit", minimum=1, maximum=_MAX_LIMIT) or _DEFAULT_LIMIT
        page = query_integer("page", minimum=1, maximum=_MAX_PAGE) or 1
        entries, total = self._audit.page(page, limit)
        return success({"logs": [shown_entry(entry) for entry in entries], "total": total})


def _provider_name() -> str:
    name = request.args.get("provider", "")
    if name not in PROVIDERS:
        raise MonitorError("UNKNOWN_PROVIDER")
    return name
