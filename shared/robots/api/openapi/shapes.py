"""Pieces that the robots API's answers have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field

from shared.robots.api.answers import MAX_PAGE_SIZE
from shared.web.catalogue import Text
from shared.web.operations import Answer, QueryParameter

Moment: TypeAlias = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$", description="UTC", examples=["2024-12-01T10:30:00Z"]),
]
ExactMoment: TypeAlias = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        description="UTC",
        examples=["2025-01-30T12:00:00.000Z"],
    ),
]
Jwt: TypeAlias = Annotated[str, Field(description="A signed token (JWT, HS256)")]


class MonitorRefusal(BaseModel):
    """In the form of the monitor, which shares the path."""

    status: Literal["error"]
    message: str


class Done(BaseModel):
    """Nothing more to say."""

    code: Literal[0]
    message: str
    data: None


class DeviceSummary(BaseModel):
    deviceId: str
    brand: str
    model: str


def answered(body: type[BaseModel] = Done, text: Text | None = None, status: int = 200) -> tuple[Answer, ...]:
    return (Answer(status, text or Text("成功", "Done"), body),)


def paging(*more: QueryParameter) -> tuple[QueryParameter, ...]:
    page: Any = Annotated[int, Field(ge=1)]
    size: Any = Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)]
    return (
        QueryParameter("page", page, Text("页码，从 1 开始", "Which page, from 1"), default=1),
        QueryParameter("pageSize", size, Text("每页条数", "Entries of a page"), default=20),
        *more,
    )


def period() -> tuple[QueryParameter, ...]:
    day: Any = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", examples=["2024-12-01"])]
    return (
        QueryParameter("startDate", day, Text("第一天（含）", "The first day, included"), required=True),
        QueryParameter("endDate", day, Text("最后一天（含）", "The last day, included"), required=True),
    )
