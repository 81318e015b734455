"""The error body of the relay's control API, with all that its areas add to it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from shared.web.error_bodies import RelayErrorBody


class UnavailableBot(BaseModel):
    """A bot that cannot tell where it could send to, and why."""

    bot_id: int
    bot_name: str
    reason_code: str
    reason: str
    detail: str = Field(description="The platform's own words")
    partly_listed: bool


class Error(RelayErrorBody):
    """Every error of the relay's control API. ``error_code`` is stable; the texts follow Accept-Language."""

    valid: bool = Field(False, description="Always false: the token is no session")
    call: str = Field("", description="KOOK's name of the call that failed", examples=["message/create"])
    kook_code: int = Field(0, description="KOOK's own error code")
    maybe_done: bool = Field(False, description="Whether the call may have taken effect at KOOK")
    allowed: list[str] = Field(default_factory=list, description="The names there are")
    unavailable_bots: list[UnavailableBot] = Field(default_factory=list)
