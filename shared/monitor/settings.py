"""The site's settings: their names, types and defaults, and what of them a front end may see. Pure.

Names are those of Komari's settings API, misspellings (``tempory_share_token``) included.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.security.tokens import token_digest

MIN_KEY_CHARACTERS = 12
SECRET_NAMES = frozenset({"api_key", "auto_discovery_key", "tempory_share_token"})
_MAX_HOURS = 87_600

Line = Annotated[str, Field(max_length=500)]
Hours = Annotated[int, Field(ge=1, le=_MAX_HOURS)]


class SiteSettings(BaseModel):
    """All settings. An unknown name is ignored, so that front ends of other versions can save theirs."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    sitename: Line = "Komari Monitor"
    description: Annotated[str, Field(max_length=2_000)] = "A simple server monitor tool."
    allow_cors: bool = False
    private_site: bool = False
    api_key: Annotated[str, Field(max_length=256, repr=False, pattern=r"^$|^.{12,}$")] = ""
    auto_discovery_key: Annotated[str, Field(max_length=256, repr=False, pattern=r"^$|^.{12,}$")] = ""
    script_domain: Line = ""
    send_ip_addr_to_guest: bool = False
    geo_ip_enabled: bool = False
    geo_ip_provider: Line = "empty"
    o_auth_enabled: bool = False
    o_auth_provider: Literal["kook", "github"] = "github"
    disable_password_login: bool = False
    custom_head: Annotated[str, Field(max_length=50_000)] = ""
    custom_body: Annotated[str, Field(max_length=50_000)] = ""
    record_enabled: bool = True
    record_preserve_time: Hours = 720
    ping_record_preserve_time: Hours = 24
    traffic_limit_percentage: Annotated[float, Field(ge=0, le=100)] = 80.0
    theme: Line = "default"
    theme_settings: dict[str, Any] = Field(default_factory=dict)
    tempory_share_token: Annotated[str, Field(max_length=256, repr=False)] = ""
    tempory_share_token_expire_at: Annotated[int, Field(ge=0)] = 0  # epoch seconds


def key_matches(presented: str, configured: str) -> bool:
    """Whether an API or auto-discovery key is the configured one. An unset or short key opens nothing."""
    if len(configured) < MIN_KEY_CHARACTERS:
        return False
    return hmac.compare_digest(token_digest(presented), token_digest(configured))


def public_info(site: SiteSettings, *, private: bool) -> Mapping[str, Any]:
    """What GET /api/public answers."""
    return {
        "allow_cors": site.allow_cors,
        "custom_body": site.custom_body,
        "custom_head": site.custom_head,
        "description": site.description,
        "disable_password_login": site.disable_password_login,
        "oauth_enable": site.o_auth_enabled,
        "oauth_provider": site.o_auth_provider,
        "ping_record_preserve_time": site.ping_record_preserve_time,
        "private_site": private,
        "record_enabled": site.record_enabled,
        "record_preserve_time": site.record_preserve_time,
        "sitename": site.sitename,
        "theme": site.theme,
        "theme_settings": site.theme_settings,
    }
