"""What callers send to have failed deliveries tried again, as a pydantic model. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shared.relay.delivery_replay import ReplayFilter
from shared.relay.requests import ChannelId, PlatformName, RecordId

ErrorCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


def _moment(value: str) -> str:
    try:
        dt.datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("datetime_parsing", "must be an ISO 8601 date and time") from None
    return value


Moment = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_moment)]


class RetryDeliveries(BaseModel):
    """Which failed deliveries, by when they were made (``since`` inclusive, ``until`` exclusive), where they went and
    why they failed. Times without an offset are the operator's. ``dry_run`` only says what would be tried."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    status: Literal["failed"] = "failed"
    platform: PlatformName | None = None
    channel_id: ChannelId | None = None
    bot_id: RecordId | None = None
    mapping_id: RecordId | None = None
    error_code: ErrorCode | None = None
    since: Moment | None = None
    until: Moment | None = None
    dry_run: bool = Field(False)

    def to_filter(self, zone: dt.tzinfo) -> ReplayFilter:
        return ReplayFilter(
            platform=self.platform,
            channel_id=self.channel_id,
            bot_id=self.bot_id,
            mapping_id=self.mapping_id,
            error_code=self.error_code,
            since_ms=_epoch_ms(self.since, zone),
            until_ms=_epoch_ms(self.until, zone),
        )


def _epoch_ms(text: str | None, zone: dt.tzinfo) -> int | None:
    if text is None:
        return None
    moment = dt.datetime.fromisoformat(text)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return max(0, (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1))
