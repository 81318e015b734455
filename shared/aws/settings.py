"""Every setting of the software, typed, in one place. docs/configuration.md documents each.

Operators set the upper-case name in the environment or, for the embedded stack, in ``.env``. The second group is
set by template.yaml (or by the embedded runner in its place) and never by hand. The webhook function has a small
dataclass of its own (shared/kook/webhook_settings.py) because pydantic would cost it a third of its cold start.
"""

from __future__ import annotations

import ipaddress
import zoneinfo
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    # --- the operator's ---
    port: Annotated[int, Field(ge=1, le=65535)] = 9527
    data_dir: str = ".data"
    function_processes: Annotated[int, Field(ge=0, le=16)] | None = None
    api_token: str = Field("", repr=False)
    admin_username: Annotated[str, Field(min_length=1, max_length=64)] = "admin"
    admin_phone: Annotated[str, Field(pattern=r"^(1[3-9][0-9]{9})?$", repr=False)] = ""
    admin_password: str = Field("", repr=False)
    vault_passphrase: str = Field("", repr=False)
    vault_passphrase_previous: str = Field("", repr=False)
    account_check_hours: Annotated[int, Field(ge=0, le=720)] = 24
    robots_rate_limit_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 60
    robots_max_open_commands: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    ai_providers: str = Field("", repr=False)
    public_url: str = ""
    kook_api_base: str = "https://www.kookapp.cn/api/v3"
    kook_asset_base: str = ""
    discord_api_base: str = "https://discord.com/api/v10"
    telegram_api_base: str = "https://api.telegram.org"
    feishu_api_base: str = "https://open.feishu.cn"
    content_platforms_folder: str = ""
    content_platform_bases: Annotated[tuple[str, ...], NoDecode] = ()
    outbound_allow: Annotated[tuple[str, ...], NoDecode] = ()
    outbound_proxy: str = ""
    language: Literal["zh", "en"] = "zh"
    time_zone: str = "Asia/Shanghai"
    log_retention_days: Annotated[int, Field(ge=1, le=3650)] = 90
    update_feed_url: str = ""
    delivery_give_up_hours: Annotated[float, Field(gt=0, le=336)] = 24.0
    monitor_pull_seconds: Annotated[float, Field(ge=0, le=25)] = 25.0
    monitor_theme_dir: str = ""
    monitor_remote_commands: Literal["on", "off"] = "off"
    backfill_interval_minutes: Annotated[float, Field(ge=0, le=1440)] = 10.0
    backfill_max_hours: Annotated[float, Field(gt=0, le=720)] = 72.0

    # --- the template's ---
    config_table: str = "kook-relay-config"
    deliveries_table: str = "kook-relay-deliveries"
    counters_table: str = "kook-relay-counters"
    pacing_table: str = "kook-relay-pacing"
    connections_table: str = "kook-relay-connections"
    accounts_table: str = "kook-relay-accounts"
    monitor_table: str = "kook-relay-monitor"
    robots_table: str = "kook-relay-robots"
    events_queue_url: str = ""
    discord_queue_url: str = ""
    telegram_queue_url: str = ""
    feishu_queue_url: str = ""
    webhook_queue_url: str = ""
    kook_queue_url: str = ""
    wecom_queue_url: str = ""
    push_queue_url: str = ""
    tasks_queue_url: str = ""
    events_dead_letters_url: str = ""
    discord_dead_letters_url: str = ""
    telegram_dead_letters_url: str = ""
    feishu_dead_letters_url: str = ""
    webhook_dead_letters_url: str = ""
    kook_dead_letters_url: str = ""
    wecom_dead_letters_url: str = ""
    push_dead_letters_url: str = ""
    tasks_dead_letters_url: str = ""
    websocket_endpoint: str = ""
    event_source_mappings: Annotated[tuple[str, ...], NoDecode] = ()
    backups_bucket: str = ""
    robot_pictures_bucket: str = ""
    data_key_file: str = ""
    kms_key_id: str = ""
    deployment: Literal["embedded", "aws"] = "embedded"

    @field_validator("language", mode="before")
    @classmethod
    def _language_of_locale(cls, value: object) -> object:
        # Many systems set LANGUAGE for their own messages, as a list of locales: "en_US:en", "zh_CN:zh".
        if not isinstance(value, str) or value in ("zh", "en"):
            return value
        return "en" if value.lower().startswith(("en_", "en:", "en-")) else "zh"

    @field_validator("outbound_allow", "event_source_mappings", "content_platform_bases", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            value = tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("content_platform_bases")
    @classmethod
    def _check_platform_bases(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            platform, _, base = entry.partition("=")
            if not platform or not base.startswith(("http://", "https://")):
                raise ValueError("must be like bilibili=https://proxy.example.com, separated by commas")
        return value

    @field_validator("outbound_allow")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value

    @field_validator(
        "public_url",
        "kook_api_base",
        "kook_asset_base",
        "discord_api_base",
        "telegram_api_base",
        "feishu_api_base",
        "outbound_proxy",
        "update_feed_url",
        "websocket_endpoint",
    )
    @classmethod
    def _check_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("time_zone")
    @classmethod
    def _check_time_zone(cls, value: str) -> str:
        try:
            zoneinfo.ZoneInfo(value)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("must be the name of a time zone, such as Asia/Shanghai") from error
        return value

    def queue_url(self, name: str) -> str:
        """The queue of a platform (or ``events``). Raises AttributeError for a name without one."""
        url: str = getattr(self, f"{name}_queue_url")
        return url

    def dead_letters_url(self, name: str) -> str:
        """Its dead-letter queue. Raises AttributeError for a name without one."""
        url: str = getattr(self, f"{name}_dead_letters_url")
        return url


@cache
def settings() -> Settings:
    """The process's settings, read from the environment once."""
    return Settings()
