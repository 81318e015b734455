"""An account, a bot and a mapping to keep, and what the table then holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.relay.models import Account, Bot, Mapping

if TYPE_CHECKING:
    from tests.dynamodb import DynamoEngine


SECRETS = {"discord": frozenset({"webhook_url"}), "telegram": frozenset({"bot_token"})}
NOW = "2026-01-31T08:00:00.000Z"


def secret_fields(platform: str) -> frozenset[str]:
    return SECRETS.get(platform, frozenset())


def account(account_id: int = 1, **fields: Any) -> Account:
    return Account(**{"id": account_id, "email": f"user{account_id}@example.com", "created_at": NOW, **fields})


def bot(bot_id: int = 1, **fields: Any) -> Bot:
    config = {"webhook_url": "https://discord.com/api/webhooks/1/canary-token", "thread_id": "7"}
    return Bot(**{"id": bot_id, "platform": "discord", "name": "news", "config": config, "created_at": NOW, **fields})


def mapping(mapping_id: int = 1, **fields: Any) -> Mapping:
    values = {
        "id": mapping_id,
        "kook_server_id": "100",
        "kook_channel_id": "200",
        "kook_channel_name": "公告频道",
        "target_platform": "discord",
        "target_bot_id": 1,
        "target_channel_id": f"target-{mapping_id}",
        "created_at": NOW,
    }
    return Mapping(**{**values, **fields})


def raw_items(dynamodb: DynamoEngine, table: str) -> str:
    return repr(dynamodb.client.scan(TableName=table)["Items"])


def claims(dynamodb: DynamoEngine, table: str, kind: str) -> list[str]:
    items = dynamodb.client.scan(TableName=table)["Items"]
    return sorted(item["sk"]["S"] for item in items if item["pk"]["S"] == kind)
