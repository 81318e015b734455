"""What callers send for smart mapping, as pydantic models. Pure."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.relay.channel_matching import DEFAULT_MINIMUM_CONFIDENCE
from shared.relay.requests import (
    MAX_BATCH,
    ChannelId,
    ChannelName,
    Flag,
    PlatformName,
    RecordId,
    ServerId,
    TargetId,
)

Threshold = Annotated[float, Field(ge=0.0, le=1.0)]


class _Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class AutoMatch(_Request):
    """Without ``server_id`` the channels of all servers are matched. Suggestions below ``threshold`` are left out."""

    account_id: RecordId
    platform: PlatformName
    server_id: ServerId | None = None
    threshold: Threshold | None = None

    @property
    def minimum_confidence(self) -> float:
        return DEFAULT_MINIMUM_CONFIDENCE if self.threshold is None else self.threshold


class ChosenMapping(_Request):
    """A suggestion to be carried out, with the fields it was made with; those that only explain it are ignored."""

    kook_server_id: ServerId
    kook_channel_id: ChannelId
    kook_channel: ChannelName
    target: TargetId
    bot_id: RecordId
    enabled: Flag = 1


class ChosenMappings(_Request):
    """Rows are checked one by one, so that one bad row does not cost the others."""

    mappings: Annotated[list[Any], Field(min_length=1, max_length=MAX_BATCH)]
