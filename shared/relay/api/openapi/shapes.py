"""Pieces that answers of several areas have in common."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field

from shared.web.parameters import MAX_ID

RecordId: TypeAlias = Annotated[int, Field(ge=1, le=MAX_ID)]
ShownTime: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$",
        description="In the operator's time zone (TIME_ZONE), to the second",
        examples=["2025-10-19T15:30:00"],
    ),
]


class Succeeded(BaseModel):
    success: Literal[True]


class Confirmed(Succeeded):
    """Done; ``message`` says so in the language of the request."""

    message: str


class Caveat(BaseModel):
    """It was done, but something did not go as it should."""

    code: str = Field(examples=["kook_unreachable"])
    message: str
