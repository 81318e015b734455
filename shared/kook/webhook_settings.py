"""The webhook function's settings. A dataclass, not pydantic: the function answers KOOK within a second, cold too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_CONFIG_TABLE = "kook-relay-config"


class SettingMissing(Exception):
    """A required environment variable is not set. The message names it."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """``data_key_file`` names the embedded stack's key file, ``kms_key_id`` the KMS key on AWS; one of them is set."""

    config_table: str
    events_queue_url: str
    data_key_file: str = ""
    kms_key_id: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> WebhookSettings:
        """Read CONFIG_TABLE, EVENTS_QUEUE_URL, DATA_KEY_FILE and KMS_KEY_ID. Raises SettingMissing."""
        settings = cls(
            config_table=environment.get("CONFIG_TABLE") or DEFAULT_CONFIG_TABLE,
            events_queue_url=environment.get("EVENTS_QUEUE_URL", ""),
            data_key_file=environment.get("DATA_KEY_FILE", ""),
            kms_key_id=environment.get("KMS_KEY_ID", ""),
        )
        if not settings.events_queue_url:
            raise SettingMissing("EVENTS_QUEUE_URL is not set")
        if not settings.data_key_file and not settings.kms_key_id:
            raise SettingMissing("neither DATA_KEY_FILE nor KMS_KEY_ID is set")
        return settings
