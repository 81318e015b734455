"""Error bodies as models, for the OpenAPI document. shared.web.envelopes is what words them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class FieldError(BaseModel):
    """What is wrong with one field of the request."""

    field: str = Field(
        description="Dotted path of the field, empty for the whole body", examples=["mappings.3.enabled"]
    )
    reason: str = Field(description="Stable code of the reason", examples=["missing"])
    message: str = Field(description="The reason in the language of the request", examples=["is missing (required)"])


class RelayErrorBody(BaseModel):
    """Every error of the relay's control API. ``error_code`` is stable; the texts follow Accept-Language."""

    success: Literal[False]
    error_code: str = Field(examples=["INVALID_COOKIE"])
    error_message: str
    solution: str = Field(description="What to do about it")
    timestamp: str = Field(description="In the operator's time zone", examples=["2025-10-19T15:30:00"])
    field: str = Field("", description="The field to blame, when one is")
    errors: list[FieldError] = Field(default_factory=list, description="All fields that are wrong, when fields are")
    reason: str = Field("", description="What a platform or KOOK said")
    reason_code: str = Field("", description="Stable code of that reason")
    latency_ms: int = Field(0, description="How long the platform took to refuse")
    error_id: str = Field("", description="Finds an unexpected failure in the server's log")


class CodeErrorBody(BaseModel):
    """Every error of the robots' API."""

    code: int = Field(description="The HTTP status", examples=[404])
    message: str = Field(description="What is wrong and what to do about it, in the language of the request")
    data: dict[str, Any] | None = Field(description="null, unless the error has figures of its own")
