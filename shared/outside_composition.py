"""The part of the composition root that joins the outside world: the clock, AWS, the guarded HTTP client, KOOK, the
platforms, and the vault with its data key."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from shared.aws.settings import settings
from shared.once import once

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from shared.aws.queues import SqsQueue
    from shared.kook.client.client import KookClients
    from shared.platforms.base import Platform
    from shared.platforms.http import HttpClient
    from shared.platforms.media import MediaFetcher
    from shared.platforms.media_keys import MediaKeys
    from shared.platforms.registry import PlatformRegistry
    from shared.security.vault import Vault

PLATFORM_NAMES = ("discord", "telegram", "feishu", "webhook", "kook", "wecom")


def clock_ms() -> int:
    return time.time_ns() // 1_000_000


@once
def dynamodb_connection() -> Connection:
    from shared.aws.tables import shared_connection

    return shared_connection()


@once
def queue(name: str) -> SqsQueue:
    """A platform's queue, or ``events``."""
    from shared.aws import clients
    from shared.aws.queues import SqsQueue

    return SqsQueue(clients.client("sqs"), settings().queue_url(name), settings().dead_letters_url(name))


@once
def vault() -> Vault:
    """Seals and opens what is kept. Making it asks for the data key, on AWS KMS."""
    from shared.aws import clients
    from shared.security.vault import Vault, load_data_key

    data_key = load_data_key(
        data_key_file=settings().data_key_file,
        kms_key_id=settings().kms_key_id,
        config_table=settings().config_table,
        dynamodb=clients.client("dynamodb"),
        kms=None if settings().data_key_file else clients.client("kms"),
    )
    return Vault(data_key)


@once
def http_client() -> HttpClient:
    from shared.platforms.http import RequestsHttpClient
    from shared.security.outbound import OutboundGuard, guarded_session

    guard = OutboundGuard(settings().outbound_allow)
    return RequestsHttpClient(guarded_session(guard, settings().outbound_proxy))


@once
def media_fetcher() -> MediaFetcher:
    from shared.platforms.media import KookMediaFetcher
    from shared.platforms.media_cache import CachingMediaFetcher

    return CachingMediaFetcher(KookMediaFetcher(http_client(), settings().kook_asset_base))


@once
def media_keys() -> MediaKeys:
    from shared.aws.media_keys import DynamoMediaKeys, MediaKeyRow
    from shared.aws.tables import bind

    bind(MediaKeyRow, settings().pacing_table, dynamodb_connection())
    return DynamoMediaKeys(time.time)


@once
def kook_clients() -> KookClients:
    from shared.kook.client.client import KookClients

    return KookClients(http_client(), settings().kook_api_base, language=settings().language)


@once
def platform(name: str) -> Platform:
    """Raises LookupError for a name without a platform."""
    if name == "discord":
        from shared.platforms.discord import DiscordPlatform

        return DiscordPlatform(http_client(), media_fetcher(), settings().discord_api_base)
    if name == "telegram":
        from shared.platforms.telegram import TelegramPlatform

        return TelegramPlatform(http_client(), media_fetcher(), settings().telegram_api_base, media_keys())
    if name == "feishu":
        from shared.platforms.feishu import FeishuPlatform

        return FeishuPlatform(http_client(), media_fetcher(), settings().feishu_api_base, media_keys=media_keys())
    if name == "webhook":
        from shared.platforms.webhook import WebhookPlatform

        return WebhookPlatform(http_client(), settings().outbound_allow)
    if name == "kook":
        from shared.platforms.kook import KookPlatform

        return KookPlatform(kook_clients().of_bot, media_fetcher())
    if name == "wecom":
        from shared.platforms.wecom import WecomPlatform
        from shared.robots_live_composition import relay_commands

        return WecomPlatform(relay_commands)
    raise LookupError(f"no platform {name!r}")


@once
def platforms(*names: str) -> PlatformRegistry:
    """The registry of these platforms, of all without a name."""
    from shared.platforms.registry import PlatformRegistry

    return PlatformRegistry([platform(name) for name in names or PLATFORM_NAMES])


def secret_fields(platform_name: str) -> frozenset[str]:
    """A platform's secret settings, none for an unknown one."""
    return platform(platform_name).secret_fields if platform_name in PLATFORM_NAMES else frozenset()
